"""Finished runs that no engine made: their events are written as an engine writes them, their figures are invented."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agentomics_nb.evaluation import Interval, SplitScore
from agentomics_nb.experiment.steps import Step
from agentomics_nb.journal import events as ev
from agentomics_nb.journal.directory import Origin, RunDirectory, RunRecord
from agentomics_nb.journal.state import RunState, fold
from agentomics_nb.launch import prepare
from agentomics_nb.options import RunOptions

if TYPE_CHECKING:
    from pathlib import Path

    from agentomics_nb.audit import Audit

STARTED = 1_800_000_000.0
"""15 January 2027, UTC."""


@dataclass
class Finished:
    """A run with what is read from it; tests change what they are about."""

    run: RunDirectory
    record: RunRecord
    events: list[ev.Event]
    audit: Audit | None

    @property
    def state(self) -> RunState:
        """The events, one second apart, folded."""
        return fold(e.model_copy(update={"seq": i, "time": STARTED + i}) for i, e in enumerate(self.events))


def finished(directory: Path, *, task: str = "classification", test: bool = True, **options: Any) -> Finished:
    """Return a run of two iterations on sixty rows, the second the best; its test file is scored once."""
    label = (lambda i: "case" if i % 3 else "control") if task == "classification" else (lambda i: i * 1.5 + 0.25)
    write(directory / "genes.csv", [f"{i % 7},{(i * i) % 11},{label(i)}" for i in range(60)])
    if test:
        write(directory / "held_out.csv", [f"{i % 5},{(i * i) % 13},{label(i)}" for i in range(24)])
        options["test"] = "held_out.csv"
    asked = RunOptions(data="genes.csv", target="label", task=task, name="genes-1", iterations=2, **options)
    run = prepare(asked, origin=Origin(directory=str(directory), door="cli"))
    record = run.read_record()
    events: list[ev.Event] = [
        ev.RunStarted(pid=1, attempt=1, planner=record.planner, isolation="landlock"),
        *iteration(0, 0.71, record.metric, "class shares of words, a line"),
        *iteration(1, 0.83, record.metric, "trees on reads and length", before=0),
        judged(0.83, 0.81, record.metric),
    ]
    if test:
        events += [
            ev.TestOpened(by="engine", sha256="0" * 64, rows=24, text="Opened by the engine, once."),
            ev.TestEvaluated(scores=score(24, 0.79, record.metric)),
        ]
    events.append(ev.RunEnded(status="finished", reason="All iterations are done."))
    return Finished(run, record, events, run.read_audit())


def write(path: Path, rows: list[str]) -> None:
    """Write a table."""
    path.write_text("\n".join(["reads,length,label", *rows]) + "\n", encoding="utf-8")


def iteration(number: int, value: float, metric: str, model: str, *, before: int | None = None) -> list[ev.Event]:
    """Return the events of an iteration that ends with a model, and is the best so far."""
    answers: dict[Step, dict[str, Any]] = {
        Step.PLAN: {"idea": model, "reason": "It may help.", "instructions": {}, "parent": before, "recipe": None},
        Step.REPRESENTATION: {"encoding": "Both columns as they are.", "reason": "There is no more."},
        Step.ARCHITECTURE: {"model": model, "hyperparameters": {"trees": 20, "rate": 0.05}, "reason": "Small trees."},
        Step.TRAINING: {"script": "train.py", "artefact": "model.joblib", "summary": "Trained."},
        Step.INFERENCE: {"script": "inference.py", "summary": "Predicts."},
        Step.REFLECTION: {"headline": "Better.", "diagnoses": [], "text": "Better.", "next_idea": None},
    }
    found: list[ev.Event] = [ev.IterationStarted(iteration=number)]
    for step in Step:
        found.append(ev.StepStarted(iteration=number, step=step))
        if step is Step.EVALUATION:
            found.append(evaluated(number, value, metric))
        found.append(ev.StepEnded(iteration=number, step=step, answer=answers.get(step, {}), seconds=1.0))
    return [
        *found,
        ev.BestChanged(iteration=number, reason="better"),
        ev.IterationEnded(iteration=number, status="ok", seconds=12.0),
    ]


def evaluated(number: int, value: float, metric: str) -> ev.Event:
    """Return the figures of an iteration."""
    return ev.Evaluated(
        iteration=number,
        step=Step.EVALUATION,
        scores={
            "task": "",
            "metric": metric,
            "train": score(48, 0.92, metric),
            "validation": score(12, value, metric),
            "baselines": {"constant": score(12, 0.5, metric), "linear": score(12, 0.76, metric)},
            "gain": {"over": "linear", "interval": interval(0.07, 0.01, 0.12)},
        },
        diagnostics={"rows": 12},
        importance=[{"column": "reads", "window": None, "moved": 0.21, "error": 0.02, "rows": 12}],
    )


def judged(apparent: float, corrected: float, metric: str) -> ev.Event:
    """Return what the best is worth: chosen from two, and worse where a name from the data tries to be markup."""
    slices = [
        {
            "by": "category",
            "column": "tissue",
            "level": "<b>lung</b>",
            "rows": 4,
            "error": interval(0.5, 0.2, 0.8),
            "rest": 0.1,
            "p": 0.01,
            "differs": True,
        }
    ]
    optimism = {
        "chosen_from": 2,
        "apparent": apparent,
        "corrected": interval(corrected, corrected - 0.05, corrected + 0.05),
        "optimism": apparent - corrected,
    }
    return ev.Judged(
        worth={
            "optimism": optimism,
            "threshold": None,
            "slices": {"measure": "error_rate", "rows": 12, "of_rows": 12, "slices": slices},
        }
    )


def score(rows: int, value: float, metric: str) -> dict[str, Any]:
    """Return a split's score."""
    found = Interval.model_validate(interval(value, value - 0.05, value + 0.04))
    return SplitScore(rows=rows, metric=metric, metrics={metric: value}, intervals={metric: found}).model_dump(
        mode="json"
    )


def interval(value: float, low: float, high: float) -> dict[str, Any]:
    """Return an interval from a thousand resamples."""
    return Interval(value=value, low=low, high=high, replicates=1000).model_dump(mode="json")
