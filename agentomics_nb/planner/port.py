"""The planner port: what decides sits behind it, be it a language model or rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from agentomics_nb.audit import Finding, SplitContract
    from agentomics_nb.dataset import Dataset
    from agentomics_nb.evaluation import Diagnostics, Evaluation, Interval
    from agentomics_nb.experiment.steps import Answer, Step
    from agentomics_nb.experiment.tools import Tools


@dataclass(frozen=True)
class PastIteration:
    """What a planner may know of an iteration that has ended.

    Parameters
    ----------
    number : int
        From 0.
    ok : bool
        Whether it was evaluated; a failed one has a `reason`.
    reason : str or None
        Why it failed.
    answers : mapping
        The accepted answers.
    evaluation : Evaluation or None
        Its scores.
    training_seconds : float or None
        How long its training step took, for estimates under a time limit.
    files : Path
        Its frozen files, to read only.
    """

    number: int
    ok: bool
    reason: str | None
    answers: Mapping[Step, Answer]
    evaluation: Evaluation | None
    training_seconds: float | None
    files: Path


@dataclass(frozen=True)
class Brief:
    """What a planner is told before it works on a step.

    Parameters
    ----------
    dataset : Dataset
        What the inspection found.
    metric : str
        The metric that chooses the best iteration.
    contract : SplitContract
        How rows may be divided.
    findings : tuple of Finding
        What the audit found, but for what concerns the test file.
    instructions : str or None
        What the person wrote in the cell of the magic.
    hints : tuple of str
        What the person said since.
    iteration, iterations : int
        Number of this one, from 0, and how many are allowed.
    step : Step
        The step to work on.
    answers : mapping
        Accepted answers of this iteration's earlier steps.
    past : tuple of PastIteration
        All earlier iterations, oldest first.
    best : int or None
        Number of the best one.
    evaluation : Evaluation or None
        This iteration's scores, once its evaluation is done.
    diagnostics : Diagnostics or None
        Where this iteration's validation predictions fail.
    difference : Interval or None
        This iteration's improvement over the best one before it.
    data, validation : str
        Path of the training (and the given validation) file, relative to the notebook; `validation` is empty
        where none was given.
    workspace : str
        Path of the workspace, relative to the notebook.
    workspace_directory : Path
        The same, absolute, to read what cells have left there.
    seed, threads : int
        For every script.
    seconds_left : float or None
        Until the time limit.
    """

    dataset: Dataset
    metric: str
    contract: SplitContract
    findings: tuple[Finding, ...]
    instructions: str | None
    hints: tuple[str, ...]
    iteration: int
    iterations: int
    step: Step
    answers: Mapping[Step, Answer]
    past: tuple[PastIteration, ...]
    best: int | None
    evaluation: Evaluation | None
    diagnostics: Diagnostics | None
    difference: Interval | None
    data: str
    validation: str
    workspace: str
    workspace_directory: Path
    seed: int
    threads: int
    seconds_left: float | None


class NothingLeft(Exception):
    """The planner has no further idea; raised in the plan step, it ends the run early and well."""


class Planner(Protocol):
    """Decides what to do, step by step."""

    name: str

    def work(self, brief: Brief, tools: Tools) -> None:
        """Work on one step until ``tools.finish`` accepts an answer.

        Raises
        ------
        StepFailed
            To give the step up; the iteration then counts as failed, and the run goes on.
        NothingLeft
            In the plan step only, when no further iteration is worth its time.
        """
        ...
