"""What every view shows of a run at one moment, as plain values: computed once, drawn three ways."""

from __future__ import annotations

import os
import shlex
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from agentomics_nb.evaluation.metrics import METRICS
from agentomics_nb.experiment.steps import Step
from agentomics_nb.markdown import number
from agentomics_nb.views.scores import Baseline, Score, baselines, score_of

if TYPE_CHECKING:
    from pathlib import Path

    from agentomics_nb.journal.directory import RunRecord
    from agentomics_nb.journal.state import CellState, IterationState, RunState

MOST_NOTICES = 3
MOST_DIAGNOSES = 5
_COMMAND_WIDTH = 90

Progress = Literal["done", "now", "todo"]

WORDS = {
    None: "starting",
    "running": "running",
    "paused": "paused",
    "finished": "finished",
    "failed": "failed: no model",
    "stopped": "stopped",
    "time_limit": "time is up",
    "budget": "budget spent",
    "interrupted": "interrupted",
    "disk_full": "disk full",
}
MARKS = {
    None: "○",
    "running": "●",
    "paused": "‖",
    "finished": "✓",
    "failed": "✗",
    "stopped": "■",
    "time_limit": "◷",
    "budget": "◷",
    "interrupted": "⚠",
    "disk_full": "⚠",
}
RESUMABLE = frozenset({"stopped", "interrupted", "disk_full"})


@dataclass(frozen=True)
class Row:
    """One iteration as a line of a table.

    Parameters
    ----------
    number : int
        From 0.
    idea : str
        In one line; from data or a planner, so untrusted.
    status : str
        ``running``, ``ok``, ``failed`` or ``skipped``.
    reason : str or None
        Why it failed or was skipped.
    train : float or None
        The run's metric on the training rows.
    validation : Score or None
        The same on the validation rows.
    seconds : float or None
        Wall time; None while running.
    best : bool
        Whether it is the best so far.
    """

    number: int
    idea: str
    status: str
    reason: str | None
    train: float | None
    validation: Score | None
    seconds: float | None
    best: bool

    @property
    def gap(self) -> float | None:
        """Train minus validation."""
        if self.train is None or self.validation is None or self.validation.value is None:
            return None
        return self.train - self.validation.value


@dataclass(frozen=True)
class Review:
    """The newest reflection: which iteration, what it says in one line, its findings, and what comes next."""

    iteration: int
    headline: str
    diagnoses: tuple[tuple[str, str], ...]
    next_idea: str | None


@dataclass(frozen=True)
class Snapshot:
    """A run at one moment. All texts are untrusted: each view escapes them in its own way."""

    run: str
    data: str
    planner: str
    metric: str
    greater_is_better: bool
    status: str | None
    reason: str | None
    iteration: int | None
    iterations: int
    steps: tuple[tuple[str, Progress], ...]
    command: str | None
    command_seconds: float
    waiting: bool
    """Whether the command stands there and waits for the person's decision."""
    seconds: float
    time_limit: float | None
    rows: tuple[Row, ...]
    baseline: Baseline | None
    review: Review | None
    notices: tuple[tuple[str, str], ...]
    hints: tuple[str, ...]
    test: Score | None
    test_error: str | None
    has_test: bool
    path: str
    meter: str | None = None
    """What the language model has taken so far; None for the offline planner."""
    waits: str | None = None
    """What the run waits for, and until when."""
    guarded: str | None = None
    """What keeps the agent from the test file and the person's files, and who opened the test file."""
    training: str | None = None
    """How far the training script is that runs now, and its losses."""

    @property
    def word(self) -> str:
        """The status in one or two words."""
        return WORDS.get(self.status, str(self.status))

    @property
    def mark(self) -> str:
        """A sign that stands for the status where colour does not."""
        return MARKS.get(self.status, "●")

    @property
    def at_work(self) -> bool:
        """Whether something may still change by itself."""
        return self.status in (None, "running", "paused")

    @property
    def resumable(self) -> bool:
        """Whether the run can go on."""
        return self.status in RESUMABLE

    @property
    def best(self) -> Row | None:
        """The best iteration so far."""
        return next((row for row in self.rows if row.best), None)

    @property
    def step(self) -> str | None:
        """The step at work."""
        return next((title for title, progress in self.steps if progress == "now"), None)

    @property
    def done(self) -> int:
        """Number of iterations that are over."""
        return sum(row.status != "running" for row in self.rows)

    @property
    def activity(self) -> str:
        """What is happening now, in a few words."""
        if not self.at_work:
            return self.reason or ""
        if self.status is None:
            return "the engine starts"
        if self.status == "paused":
            return "waits for resume"
        if self.waiting:
            return "waits for your decision"
        if self.step is None:
            scoring = self.done and self.has_test and self.test is None
            return "the test rows are scored" if scoring else "the next iteration begins"
        return f"{self.step.lower()} · {self.waits}" if self.waits else self.step.lower()


def snapshot(record: RunRecord, state: RunState, path: Path, *, now: float | None = None) -> Snapshot:
    """Return what the views show.

    Parameters
    ----------
    record : RunRecord
        ``run.json``.
    state : RunState
        The events, folded.
    path : Path
        The run directory; shown relative to where the run was asked for.
    now : float, optional
        Seconds since 1970, to let the clocks run between events.
    """
    metric, limits = METRICS[record.metric], state.limits(record.options)
    at_work = state.status in ("running", "paused")
    cell = state.running_cell or state.waiting_cell
    code = cell if cell is not None and cell.cell_type == "code" and at_work else None
    clock = now if at_work else None
    rows = tuple(_row(each, record.metric, state.best) for each in state.iterations.values())
    return Snapshot(
        run=record.run,
        data=_data(record),
        planner=f"{record.planner} · {record.model.name}" if record.model is not None else record.planner,
        metric=metric.label,
        greater_is_better=metric.greater_is_better,
        status=state.status,
        reason=state.reason,
        iteration=state.iteration,
        iterations=limits.iterations,
        steps=_steps(state) if at_work else (),
        command=command_line(code) if code else None,
        command_seconds=max(0.0, (clock or state.updated or code.started) - code.started) if code else 0.0,
        waiting=code is not None and code.status == "waiting",
        seconds=state.seconds(clock),
        time_limit=limits.time_limit,
        rows=rows,
        baseline=_baseline(state, record),
        review=_review(state),
        notices=tuple((notice.level, notice.text) for notice in state.notices[-MOST_NOTICES:]),
        hints=tuple(state.hints),
        test=score_of(state.test, record.metric) if state.test else None,
        test_error=state.test_error,
        has_test=record.dataset.test is not None,
        path=_relative(path, record.origin.directory),
        meter=_meter(record, state) if record.model is not None else None,
        waits=_waits(state) if at_work else None,
        training=_training(state) if at_work else None,
        guarded=_guarded(record, state),
    )


def clock(seconds: float) -> str:
    """Return a time as a stopwatch shows it: ``0:41``, ``4:12``, ``1:02:03``."""
    whole = int(seconds)
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02d}:{whole % 60:02d}" if hours else f"{minutes}:{whole % 60:02d}"


def command_line(cell: CellState) -> str:
    """Return a code cell in one line: the command it runs, the file it writes, or its first line of code."""
    lines = [line.strip() for line in cell.source.splitlines() if line.strip()]
    if cell.role == "file" and lines:
        return f"write {os.path.basename(_unquoted(lines[0].removeprefix('%%writefile')))}"  # noqa: PTH119
    wanted = [line for line in lines if not line.startswith(("%%", "cd ", "#", "set -"))]
    text = wanted[-1] if cell.role == "bash" and wanted else (wanted or lines or [""])[0]
    return text if len(text) <= _COMMAND_WIDTH else text[: _COMMAND_WIDTH - 1] + "…"


def _unquoted(text: str) -> str:
    try:
        return " ".join(shlex.split(text))
    except ValueError:
        return text.strip()


def _data(record: RunRecord) -> str:
    dataset = record.dataset
    if dataset.task == "regression":
        task = "regression"
    else:
        classes = len(dataset.target.classes or ())
        task = "2 classes" if classes == 2 else f"{classes} classes"
    return f"{dataset.n_rows:,} rows · {len(dataset.columns):,} columns · {dataset.target.name}: {task}"


def _meter(record: RunRecord, state: RunState) -> str:
    """Return requests, tokens and money so far, and what the whole run may come to."""
    spend, limits = state.spend, state.limits(record.options)
    about = "about " if spend.estimated else ""
    text = f"{spend.requests} requests · {_thousands(spend.tokens_in)} tokens in"
    if spend.tokens_cached:
        text += f" ({_thousands(spend.tokens_cached)} cached)"
    text += f", {_thousands(spend.tokens_out)} out"
    if spend.unpriced:
        return f"{text} · cost unknown"
    text += f" · {about}${spend.cost_usd:.4f}" + (f" of ${limits.budget:.2f}" if limits.budget is not None else "")
    done = [i for i in state.iterations.values() if i.status != "running"]
    left = limits.iterations - len(done)
    if done and left and spend.cost_usd and state.status in ("running", "paused"):
        text += f" · about ${spend.cost_usd + left * sum(i.cost_usd for i in done) / len(done):.2f} in the end"
    return text


def _thousands(tokens: int) -> str:
    return f"{tokens:,}" if tokens < 10_000 else f"{tokens / 1000:,.0f} k"


def _waits(state: RunState) -> str | None:
    """Return what the run waits for, and until when."""
    if state.waiting is not None:
        return f"{state.waiting.reason} Tries again at {_time_of_day(state.waiting.until)}"
    request = next(reversed(state.open_requests.values()), None)
    if request is None:
        return None
    until = f", gives up at {_time_of_day(request.until)}" if request.until is not None else ""
    return f"asks {request.model} since {_time_of_day(request.time)}{until} if it stays silent"


def _guarded(record: RunRecord, state: RunState) -> str | None:
    """Return isolation and ledger in one line, such as ``isolated by bubblewrap; test file opened by the engine``."""
    parts = []
    if state.isolation is not None:
        parts.append("not isolated" if state.isolation == "none" else f"isolated by {state.isolation}")
    if state.refused:
        parts.append(f"{len(state.refused)} attempts of the agent refused")
    if state.outside:
        parts.append(f"places outside named by {len(state.outside)} cell{'s' * (len(state.outside) > 1)}")
    if record.dataset.test is not None:
        who = Counter(look.by for look in state.looks)
        times = [f"{by} ({n} times)" if n > 1 else by for by, n in who.items()]
        parts.append(f"test file opened by {', '.join(times)}" if times else "test file not opened")
    return "; ".join(parts) or None


def _training(state: RunState) -> str | None:
    """Return where the training at work stands, such as ``epoch 9 of 12: train loss .281, held-out loss .485``."""
    iteration = state.iterations.get(state.iteration) if state.iteration is not None else None
    if iteration is None or state.step is not Step.TRAINING or not iteration.training:
        return None
    curves = iteration.training[-1]
    of = f" of {curves.of}" if curves.of is not None else ""
    values = [f"{name.replace('_', ' ')} {number(found[-1])}" for name, found in curves.series.items() if found]
    model = f"{curves.model}, " if curves.model else ""
    return f"{model}{curves.unit} {curves.x[-1]}{of}: {', '.join(values)}"


def _time_of_day(seconds: float) -> str:
    return time.strftime("%H:%M:%S", time.localtime(seconds))


def _steps(state: RunState) -> tuple[tuple[str, Progress], ...]:
    iteration = state.iterations.get(state.iteration) if state.iteration is not None else None
    marks: list[tuple[str, Progress]] = []
    for step in Step:
        done = iteration is not None and iteration.answer(step) is not None
        marks.append((step.heading, "done" if done else "now" if step is state.step else "todo"))
    return tuple(marks)


def _row(iteration: IterationState, metric: str, best: int | None) -> Row:
    return Row(
        number=iteration.number,
        idea=iteration.idea,
        status=iteration.status,
        reason=iteration.reason,
        train=iteration.value("train", metric),
        validation=score_of(iteration.scores["validation"], metric) if iteration.scores else None,
        seconds=None if iteration.status == "running" else iteration.seconds,
        best=iteration.number == best,
    )


def _baseline(state: RunState, record: RunRecord) -> Baseline | None:
    """Return the best of the predictors without an idea."""
    last = next((each.scores for each in reversed(state.iterations.values()) if each.scores), None)
    found = baselines(last, record.metric, record.dataset.task)
    if not found:
        return None
    sign = 1 if METRICS[record.metric].greater_is_better else -1
    return max(found, key=lambda baseline: sign * baseline.value)


def _review(state: RunState) -> Review | None:
    for iteration in reversed(state.iterations.values()):
        answer = iteration.answer(Step.REFLECTION)
        if answer is not None:
            return Review(
                iteration=iteration.number,
                headline=answer["headline"],
                diagnoses=tuple((d["code"], d["evidence"]) for d in answer["diagnoses"][:MOST_DIAGNOSES]),
                next_idea=answer["next_idea"],
            )
    return None


def _relative(path: Path, base: str) -> str:
    relative = os.path.relpath(path, base)
    return str(path) if relative.startswith("..") else relative
