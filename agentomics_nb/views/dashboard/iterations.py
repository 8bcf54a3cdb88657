"""All iterations in columns: what they are, what they scored, and how each differs from the one it builds on."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from agentomics_nb.evaluation.metrics import METRICS, of_task
from agentomics_nb.experiment.steps import Step
from agentomics_nb.views.scores import baselines

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agentomics_nb.evaluation.metrics import Task
    from agentomics_nb.journal.directory import RunRecord
    from agentomics_nb.journal.state import IterationState, RunState


def iterations(record: RunRecord, state: RunState) -> dict[str, Any]:
    """Return the iterations as JSON, one list a column; every text in it is untrusted."""
    found = list(state.iterations.values())
    headings = _heading_cells(state)
    return {
        "number": [each.number for each in found],
        "idea": [each.idea for each in found],
        "status": [each.status for each in found],
        "reason": [each.reason for each in found],
        "representation": [_answer(each, Step.REPRESENTATION, "encoding") for each in found],
        "model": [_answer(each, Step.ARCHITECTURE, "model") for each in found],
        "parent": [parent_of(each) for each in found],
        "changes": [changes(each, state.iterations) for each in found],
        "seconds": [None if each.status == "running" else each.seconds for each in found],
        "files": [_files(each) for each in found],
        "cell": [headings.get(each.number) for each in found],
        "best": state.best,
        "metrics": {
            metric.name: _columns(metric.name, found, record.dataset.task)
            for metric in _chosen_first(record)
            if _has(metric.name, found)
        },
    }


def changes(iteration: IterationState, others: Mapping[int, IterationState]) -> str:
    """Return what differs from the iteration that this one builds on, in one line; empty where there is none."""
    parent = parent_of(iteration)
    before = others.get(parent) if parent is not None else None
    if before is None:
        return ""
    parts = []
    for step, name, word in (
        (Step.REPRESENTATION, "encoding", "representation"),
        (Step.ARCHITECTURE, "model", "model"),
    ):
        old, new = _answer(before, step, name), _answer(iteration, step, name)
        if new and old != new:
            parts.append(f"{word}: {old or '–'} → {new}")
    old_settings = (before.answer(Step.ARCHITECTURE) or {}).get("hyperparameters") or {}
    new_settings = (iteration.answer(Step.ARCHITECTURE) or {}).get("hyperparameters") or {}
    if old_settings and new_settings and not any(part.startswith("model") for part in parts):
        for name in sorted({*old_settings, *new_settings}):
            was, now = old_settings.get(name), new_settings.get(name)
            if was != now:
                parts.append(f"{name}: {_word(was)} → {_word(now)}")
    return "; ".join(parts)


def parent_of(iteration: IterationState) -> int | None:
    """Return the iteration that this one builds on, None where its plan names none."""
    parent = (iteration.answer(Step.PLAN) or {}).get("parent")
    return parent if isinstance(parent, int) else None


def _columns(metric: str, found: list[IterationState], task: Task) -> dict[str, Any]:
    intervals = [_interval(each, metric) for each in found]
    last = next((each.scores for each in reversed(found) if each.scores), None)
    return {
        "label": METRICS[metric].label,
        "greater_is_better": METRICS[metric].greater_is_better,
        "train": [each.value("train", metric) for each in found],
        "value": [each.value("validation", metric) for each in found],
        "low": [interval.get("low") for interval in intervals],
        "high": [interval.get("high") for interval in intervals],
        "baselines": [asdict(baseline) for baseline in baselines(last, metric, task)],
    }


def _interval(iteration: IterationState, metric: str) -> Mapping[str, Any]:
    validation = (iteration.scores or {}).get("validation") or {}
    return (validation.get("intervals") or {}).get(metric) or {}


def _chosen_first(record: RunRecord) -> list[Any]:
    metrics = of_task(record.dataset.task)
    return sorted(metrics, key=lambda metric: metric.name != record.metric)


def _has(metric: str, found: list[IterationState]) -> bool:
    return any(each.value("validation", metric) is not None for each in found)


def _answer(iteration: IterationState, step: Step, name: str) -> str:
    return str((iteration.answer(step) or {}).get(name) or "")


def _files(iteration: IterationState) -> str:
    names = [
        _answer(iteration, Step.TRAINING, "script"),
        _answer(iteration, Step.TRAINING, "artefact"),
        _answer(iteration, Step.INFERENCE, "script"),
    ]
    return ", ".join(dict.fromkeys(name for name in names if name))


def _heading_cells(state: RunState) -> dict[int, str]:
    """Return the first text cell of each iteration, which is its heading."""
    found: dict[int, str] = {}
    for cell in state.cells.values():
        if cell.iteration is not None and cell.cell_type == "markdown" and cell.source.startswith("## "):
            found.setdefault(cell.iteration, cell.id)
    return found


def _word(value: object) -> str:
    return "–" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
