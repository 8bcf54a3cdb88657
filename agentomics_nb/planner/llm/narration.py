"""What a reader of the notebook gets to know of a model's thoughts: its words between cells, its answer at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentomics_nb import markdown as md
from agentomics_nb.experiment.steps import (
    Architecture,
    Exploration,
    Inference,
    Plan,
    PredictionAnalysis,
    Representation,
    Split,
    Step,
    Training,
)

if TYPE_CHECKING:
    from agentomics_nb.experiment.steps import Answer
    from agentomics_nb.experiment.tools import Tools
    from agentomics_nb.planner.llm.conversation import Said
    from agentomics_nb.planner.port import Brief

_MOST_WORDS = 1200


def asks_for(brief: Brief, step: Step) -> bool:
    """Return whether the plan asks for a step that could be skipped."""
    plan = brief.answers.get(Step.PLAN)
    return isinstance(plan, Plan) and bool(plan.instructions.get(step))


def say_words(said: Said, before: Said | None, tools: Tools) -> None:
    """Write the words of an answer that goes on with cells; those beside the step's answer repeat it.

    Parameters
    ----------
    said, before : Said
        The answer, and the one before it in this step: nobody wants to read the same words twice.
    tools : Tools
        Writes text cells.
    """
    text = said.text.strip()
    new = bool(text) and (before is None or before.text.strip() != text)
    if new and not said.cut_off and any(call.name != "finish" for call in said.calls):
        tools.say(md.quote(md.escape(text if len(text) <= _MOST_WORDS else f"{text[:_MOST_WORDS]}…")))


def tell(step: Step, tools: Tools) -> None:
    """Write the step's answer, as far as no other cell tells it."""
    lines = _told(tools.answer) if tools.answer is not None else []
    if lines:
        tools.say("\n".join(lines))


def _told(answer: Answer) -> list[str]:
    match answer:
        case Exploration():
            points = [*answer.features, *answer.insights]
            return [md.escape(answer.description), "", *(f"- {md.escape(point)}" for point in points)]
        case Split():
            return [md.quote(md.escape(f"{answer.strategy}. {answer.reason}"))]
        case Representation():
            return [md.quote(md.escape(f"{answer.encoding}. {answer.reason}"))]
        case Architecture():
            settings = ", ".join(f"{name} {value}" for name, value in answer.hyperparameters.items())
            return [
                md.quote(
                    md.escape(" ".join(filter(None, [f"{answer.model}.", settings and f"{settings}.", answer.reason])))
                )
            ]
        case Training() | Inference():
            return [md.quote(md.escape(answer.summary))]
        case PredictionAnalysis():
            return [f"- {md.escape(point)}" for point in (*answer.errors, *answer.biases)]
        case _:
            return []
