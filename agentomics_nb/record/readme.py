"""``README.md`` of a record: what stands in it, how to run it, and how to check it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentomics_nb import markdown as md
from agentomics_nb.evaluation.metrics import METRICS
from agentomics_nb.experiment.steps import Inference, Step
from agentomics_nb.record.replay import environment

if TYPE_CHECKING:
    from agentomics_nb.journal.state import IterationState, RunState
    from agentomics_nb.record.claims import Claims


def readme(claims: Claims, best: IterationState, state: RunState) -> str:
    """Return the text.

    Parameters
    ----------
    claims : Claims
        What the record claims, and which files it holds.
    best, state
        The iteration that is recorded, and the run it belongs to.
    """
    known = {"validation": (best.scores or {}).get("validation"), "test": state.test}
    results = []
    for part, scores in known.items():
        if part in claims.metrics:
            interval = ((scores or {}).get("intervals") or {}).get(claims.metric) or {}
            value = claims.metrics[part].get(claims.metric)
            results.append((part, md.with_interval({**interval, "value": value})))
    absent = [file for file in claims.data if not file.included]
    idea = best.idea.rstrip(".")
    return (
        environment()
        .get_template("readme.md.j2")
        .render(
            name=md.escape(claims.run),
            idea=md.escape(f"{idea[:1].upper()}{idea[1:]}."),
            target=md.code(claims.target),
            version=claims.version,
            planner=md.escape(claims.planner),
            created=claims.created[:10],
            metric=METRICS[claims.metric].label,
            results=results,
            inference=Inference.model_validate(best.answer(Step.INFERENCE)).script,
            data_words="what must be put there, see below" if absent else "the data as they were",
            absent=absent,
        )
    )
