"""Where a run stands, as the status bar, the marks and the toolbar show it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agentomics_nb.views.snapshot import MARKS, WORDS

if TYPE_CHECKING:
    from agentomics_nb.journal.directory import RunRecord
    from agentomics_nb.journal.state import RunState


def standing(record: RunRecord, state: RunState) -> dict[str, Any]:
    """Return it as JSON; equal as long as nothing a person would notice has changed."""
    running = state.running_cell
    best = state.iterations[state.best].value("validation", record.metric) if state.best is not None else None
    return {
        "status": state.status or "starting",
        "word": WORDS[state.status],
        "mark": MARKS[state.status],
        "alive": state.status in (None, "running", "paused"),
        "iteration": state.iteration,
        "iterations": state.limits(record.options).iterations,
        "step": state.step.heading if state.step else None,
        "best": state.best,
        "metric": record.metric,
        "score": best,
        "cell": running.id if running else None,
        "waiting": state.waiting_cell.id if state.waiting_cell else None,
    }
