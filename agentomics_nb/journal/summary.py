"""A run in one JSON object: what ``--json`` prints and ``metrics.json`` keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from agentomics_nb.journal.directory import RunRecord
    from agentomics_nb.journal.state import RunState

EXIT_CODES = {"finished": 0, "stopped": 3, "time_limit": 3, "budget": 3, "interrupted": 3, "disk_full": 3}

_LOOK = {"time", "by", "sha256", "rows", "text"}


def summary(record: RunRecord, state: RunState, path: str) -> dict[str, Any]:
    """Return the run's outcome in the form that the design promises for ``--json``."""
    best = None
    if state.best is not None and (scores := state.iterations[state.best].scores) is not None:
        best = {
            "iteration": state.best,
            "train": scores["train"]["metrics"],
            "validation": with_intervals(scores["validation"]),
            "test": None if state.test is None else with_intervals(state.test),
            "test_error": state.test_error,
        }
    return {
        "run": record.run,
        "path": path,
        "status": state.status,
        "planner": record.planner,
        "task": record.dataset.task,
        "metric": record.metric,
        "iterations": sum(1 for i in state.iterations.values() if i.status != "running"),
        "seconds": round(state.seconds(), 1),
        "isolation": state.isolation,
        "test_looks": [look.model_dump(mode="json", include=_LOOK) for look in state.looks],
        "cost_usd": None if state.spend.unpriced else round(state.spend.cost_usd, 6),
        "best": best,
    }


def with_intervals(score: dict[str, Any]) -> dict[str, Any]:
    """Return ``{metric: {value, low, high}}`` of a split's score."""
    intervals = score.get("intervals") or {}
    return {
        metric: {
            "value": value,
            "low": (intervals.get(metric) or {}).get("low"),
            "high": (intervals.get(metric) or {}).get("high"),
        }
        for metric, value in score["metrics"].items()
    }


def exit_code(state: RunState) -> int:
    """Return 0 finished with a model, 1 without one, 3 stopped or out of budget with a model kept."""
    if state.best is None:
        return 1
    return EXIT_CODES.get(state.status or "", 1)
