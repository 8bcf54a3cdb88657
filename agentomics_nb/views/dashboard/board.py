"""Where a run stands now: status, step, command, clocks, limits, and what the person was told."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Any

from agentomics_nb.experiment.steps import Step
from agentomics_nb.views.snapshot import snapshot

if TYPE_CHECKING:
    from pathlib import Path

    from agentomics_nb.journal.directory import RunRecord
    from agentomics_nb.journal.state import RunState, StepState


def board(
    record: RunRecord, state: RunState, path: Path, *, now: float, complaint: str | None = None
) -> dict[str, Any]:
    """Return where a run stands, as JSON; every text in it is untrusted.

    Parameters
    ----------
    now : float
        Seconds since 1970; the clocks of the dashboard go on from here by themselves.
    complaint : str, optional
        Why no cells appear in the notebook.
    """
    shot = snapshot(record, state, path, now=now)
    limits = state.limits(record.options)
    step = _step_at_work(state)
    cell = state.running_cell or state.waiting_cell
    return {
        "run": shot.run,
        "data": shot.data,
        "planner": shot.planner,
        "metric": shot.metric,
        "metric_key": record.metric,
        "status": shot.status,
        "word": shot.word,
        "mark": shot.mark,
        "at_work": shot.at_work,
        "waiting": shot.waiting,
        "iteration": shot.iteration,
        "iterations": shot.iterations,
        "done": shot.done,
        "step": shot.step,
        "steps": [
            {"key": key.value, "title": title, "progress": progress}
            for key, (title, progress) in zip(Step, shot.steps, strict=False)
        ],
        "activity": shot.activity,
        "command": shot.command,
        "command_started": cell.started if cell is not None and shot.command else None,
        "step_started": step.started if step is not None else None,
        "step_expected": expected_seconds(state, state.step) if state.step else None,
        "seconds": shot.seconds,
        "now": now,
        "ticking": shot.status == "running" and not shot.waiting,
        "time_limit": limits.time_limit,
        "cost_usd": None if record.model is None or state.spend.unpriced else state.spend.cost_usd,
        "budget": limits.budget,
        "meter": shot.meter,
        "notices": [list(notice) for notice in shot.notices],
        "hints": list(shot.hints),
        "path": shot.path,
        "current_cell": next(reversed(state.cells), None),
        "complaint": complaint,
        "guarded": shot.guarded,
    }


def expected_seconds(state: RunState, step: Step) -> float | None:
    """Return how long a step took in the iterations before, in seconds (median); None the first time."""
    before = [
        iteration.steps[step].seconds
        for iteration in state.iterations.values()
        if step in iteration.steps and iteration.steps[step].answer is not None
    ]
    return statistics.median(before) if before else None


def _step_at_work(state: RunState) -> StepState | None:
    iteration = None if state.iteration is None else state.iterations.get(state.iteration)
    step = None if iteration is None or state.step is None else iteration.steps.get(state.step)
    return step if step is not None and step.answer is None else None
