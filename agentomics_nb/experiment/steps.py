"""The steps of one iteration and the typed answer of each."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class Step(StrEnum):
    """The steps, in the order in which an iteration takes them."""

    PLAN = "plan"
    EXPLORATION = "exploration"
    SPLIT = "split"
    REPRESENTATION = "representation"
    ARCHITECTURE = "architecture"
    TRAINING = "training"
    INFERENCE = "inference"
    ANALYSIS = "prediction_analysis"
    EVALUATION = "evaluation"
    REFLECTION = "reflection"

    @property
    def heading(self) -> str:
        """The step's name in headings."""
        return self.value.replace("_", " ").capitalize()


class Answer(BaseModel):
    """What a planner delivers at the end of a step."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Plan(Answer):
    """What this iteration will do."""

    idea: str = Field(min_length=1, description="The iteration in one line, for tables and headings.")
    reason: str = Field(min_length=1, description="Why this, now: one or two sentences.")
    instructions: dict[Step, str] = Field(default_factory=dict, description="What each later step should do.")
    parent: int | None = Field(default=None, ge=0, description="The iteration this one varies, if any.")
    recipe: str | None = Field(default=None, description="The recipe of the offline planner, where one is used.")


class Exploration(Answer):
    """What the data are."""

    description: str = Field(min_length=1, description="Rows, columns and target in plain words.")
    features: tuple[str, ...] = Field(default=(), description="What stands out in the features.")
    insights: tuple[str, ...] = Field(default=(), description="What it means in the field's terms.")
    findings: dict[str, str | int | float | bool | None] = Field(default_factory=dict, description="Figures found.")


class Split(Answer):
    """How the rows were divided."""

    train: str = Field(default="train.csv", description="File in the workspace.")
    validation: str = Field(default="validation.csv", description="File in the workspace.")
    strategy: str = Field(min_length=1, description="random, group or time, with its parameters.")
    reason: str = Field(min_length=1, description="Why this strategy is honest for these data.")


class Representation(Answer):
    """How a row becomes numbers."""

    encoding: str = Field(min_length=1, description="What the model sees.")
    reason: str = Field(min_length=1)


class Architecture(Answer):
    """Which model, with which hyperparameters."""

    model: str = Field(min_length=1)
    hyperparameters: dict[str, str | int | float | bool | None] = Field(default_factory=dict)
    reason: str = Field(min_length=1)


class Training(Answer):
    """What was trained."""

    script: str = Field(default="train.py", description="File in the workspace.")
    artefact: str = Field(default="model.joblib", description="The trained model, a file in the workspace.")
    summary: str = Field(min_length=1)


class Inference(Answer):
    """The script that scores new rows."""

    script: str = Field(default="inference.py", description="File in the workspace.")
    summary: str = Field(min_length=1)


class PredictionAnalysis(Answer):
    """Where the validation predictions fail."""

    errors: tuple[str, ...] = Field(default=(), description="Where predictions fail, one finding each.")
    biases: tuple[str, ...] = Field(default=(), description="What the model leans to.")


class Diagnosis(Answer):
    """One finding of the reflection, with the figures that led to it."""

    code: str = Field(description="overfitting, underfitting, imbalance, instability, leakage, converged …")
    evidence: str = Field(description="The figures, in one sentence.")


class Reflection(Answer):
    """What the figures say, and what to do next."""

    headline: str = Field(min_length=1)
    diagnoses: tuple[Diagnosis, ...] = ()
    text: str = Field(min_length=1, description="The reflection in Markdown, as the person reads it.")
    next_idea: str | None = Field(default=None, description="The next iteration in one line; None at the end.")
    instructions: dict[Step, str] = Field(default_factory=dict, description="For the next iteration, per step.")


ANSWERS: dict[Step, type[Answer]] = {
    Step.PLAN: Plan,
    Step.EXPLORATION: Exploration,
    Step.SPLIT: Split,
    Step.REPRESENTATION: Representation,
    Step.ARCHITECTURE: Architecture,
    Step.TRAINING: Training,
    Step.INFERENCE: Inference,
    Step.ANALYSIS: PredictionAnalysis,
    Step.REFLECTION: Reflection,
}
"""The answer of each step; `evaluation` has none, since it is ours."""
