"""Runs that no engine made: their events are written as an engine writes them, their figures are invented."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agentomics_nb.experiment.steps import Step
from agentomics_nb.journal import events as ev
from agentomics_nb.journal.directory import Origin, RunDirectory
from agentomics_nb.journal.state import RunState, fold
from agentomics_nb.journal.writer import JournalWriter
from agentomics_nb.launch import prepare
from agentomics_nb.options import RunOptions
from agentomics_nb.views.portrait import Portrait, portrait
from agentomics_nb.views.snapshot import Snapshot, snapshot

if TYPE_CHECKING:
    from pathlib import Path

STARTED = 1_800_000_000.0
IDEAS = (
    ("k-mers of each strand, logistic regression", 0.612, 0.531, 0.510, 0.552),
    ("3-mer × 3-mer cross features, logistic regression", 0.865, 0.785, 0.766, 0.804),
    ("stems and seed diagonal of the pair matrix, boosting", 0.905, 0.862, 0.848, 0.876),
)


def make_run(directory: Path, **options: Any) -> RunDirectory:
    """A run directory with ``run.json`` and no events."""
    data = directory / "genes.csv"
    rows = [f"{i % 7},{(i * i) % 11},{'case' if i % 3 else 'control'}" for i in range(60)]
    data.write_text("\n".join(["reads,length,label", *rows]) + "\n")
    return prepare(RunOptions(data="genes.csv", **options), origin=Origin(directory=str(directory), door="cli"))


def iteration(
    number: int, *, metric: str = "auroc", idea: str | None = None, upto: Step | None = None
) -> list[ev.Event]:
    """The events of one iteration; only up to the start of a step, if one is given."""
    words, train, value, low, high = IDEAS[number % len(IDEAS)]
    answers: dict[Step, dict[str, Any]] = {
        Step.PLAN: {
            "idea": idea or words,
            "reason": "It may help.",
            "instructions": {},
            "parent": None,
            "recipe": None,
        },
        Step.REFLECTION: {
            "headline": f"Iteration {number} leaves a gap of {train - value:.3f}.",
            "diagnoses": [{"code": "overfitting", "evidence": "Train and validation are apart."}],
            "text": "It says so.",
            "next_idea": "try the pair matrix",
            "instructions": {},
        },
    }
    found: list[ev.Event] = [ev.IterationStarted(iteration=number)]
    for step in Step:
        found.append(ev.StepStarted(iteration=number, step=step))
        if step is upto:
            return found
        if step is Step.EVALUATION:
            found.append(evaluated(number, train, value, low, high, metric))
        found.append(ev.StepEnded(iteration=number, step=step, answer=answers.get(step, {}), seconds=1.0))
    return [
        *found,
        ev.BestChanged(iteration=number, reason="better"),
        ev.IterationEnded(iteration=number, status="ok", seconds=12.0),
    ]


def evaluated(
    number: int, train: float, value: float, low: float | None, high: float | None, metric: str = "auroc"
) -> ev.Event:
    """The figures of an iteration."""
    return ev.Evaluated(
        iteration=number,
        step=Step.EVALUATION,
        scores={
            "train": score(train, None, None, metric),
            "validation": score(value, low, high, metric),
            "baselines": {"constant": score(0.5, None, None, metric)},
        },
        diagnostics={
            "rows": 50,
            "confusion": {
                "classes": ["case", "control"],
                "counts": [[20, 5], [4, 21]],
                "reports": [
                    {"label": "case", "support": 25, "predicted": 24, "precision": 0.83, "recall": 0.8, "f1": 0.82},
                    {"label": "control", "support": 25, "predicted": 26, "precision": 0.81, "recall": 0.84, "f1": 0.82},
                ],
                "mistakes": [],
            },
        },
        importance=[
            {"column": "reads", "window": None, "moved": 0.21, "error": 0.02, "rows": 40},
            {"column": "length", "window": None, "moved": 0.001, "error": 0.001, "rows": 40},
        ],
        hardest=[{"row": "7", "true": "case", "predicted": "control (0.93)", "column reads": "<b>3</b>"}],
    )


def score(value: float, low: float | None, high: float | None, metric: str = "auroc") -> dict[str, Any]:
    """A split's score."""
    interval = {"value": value, "low": low, "high": high}
    return {"rows": 50, "metric": metric, "metrics": {metric: value}, "intervals": {metric: interval}}


def started() -> ev.Event:
    """The engine takes up the run."""
    return ev.RunStarted(pid=1, attempt=1, planner="offline")


def running_cell(source: str, role: ev.CellRole = "bash", iteration: int = 0) -> ev.Event:
    """A cell that has not ended."""
    return ev.CellStarted(
        cell="c-1", cell_type="code", role=role, source=source, iteration=iteration, step=Step.TRAINING
    )


def write(run: RunDirectory, events: list[ev.Event]) -> None:
    """Append events on disk."""
    with JournalWriter(run.events) as writer:
        for event in events:
            writer.write(event)


def timed(events: list[ev.Event]) -> list[ev.Event]:
    """The events one second apart."""
    return [event.model_copy(update={"seq": i, "time": STARTED + i}) for i, event in enumerate(events)]


def portrait_of(run: RunDirectory, events: list[ev.Event], **facts: Any) -> Portrait:
    """What a page gets."""
    return portrait(run.read_record(), fold(timed(events)), run.path, run.read_audit(), **facts)


def shot_of(run: RunDirectory, events: list[ev.Event], **facts: Any) -> Snapshot:
    """What the views get."""
    state: RunState = fold(timed(events))
    return snapshot(run.read_record(), state, run.path, **facts)
