"""The state of a run: what its events add up to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from agentomics_nb.experiment.steps import Step
from agentomics_nb.journal import events as ev
from agentomics_nb.journal.outputs import apply_changes
from agentomics_nb.journal.training import TrainingCurves, add_points

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agentomics_nb.isolation import Isolation
    from agentomics_nb.journal.directory import RunDirectory
    from agentomics_nb.journal.outputs import OutputChange
    from agentomics_nb.options import RunOptions

CONCLUDED = frozenset({"finished", "failed", "time_limit", "budget"})
"""States of a run after which there is nothing to resume."""


@dataclass
class CellState:
    """A cell as it stands now."""

    id: str
    cell_type: str
    role: ev.CellRole
    source: str
    iteration: int | None
    step: Step | None
    seq: int
    started: float
    status: ev.CellStatus = "running"
    outputs: list[dict[str, Any]] = field(default_factory=list)
    execution_count: int | None = None
    ended: float | None = None
    seconds: float = 0.0
    error: str | None = None
    peak_memory: int | None = None
    """Bytes, the kernel and all it started."""
    planner: str | None = None
    """Who made it."""
    asked: str | None = None
    """The source that the agent proposed; None if nobody was asked."""
    review: dict[str, Any] | None = None
    """Who decided what about it before it ran; None if nobody was asked."""
    updated_late: bool = False
    """Whether a later cell changed its outputs: it updated a display shown here."""

    @property
    def ran(self) -> bool:
        """Whether it began to run; a cell that waited for a person's yes when its engine ended did not."""
        return self.asked is None or self.review is not None


@dataclass
class Spend:
    """What a run has asked of the language model, and what that has cost."""

    requests: int = 0
    tokens_in: int = 0
    tokens_cached: int = 0
    tokens_out: int = 0
    cost_usd: float = 0.0
    estimated: bool = False
    """Whether some of the figures are estimates, since the endpoint did not give them."""
    unpriced: bool = False
    """Whether some requests have no known price."""

    def add(self, event: ev.RequestEnded) -> None:
        """Book a request."""
        self.requests += 1
        self.tokens_in += event.tokens_in
        self.tokens_cached += event.tokens_cached
        self.tokens_out += event.tokens_out
        self.cost_usd += event.cost_usd or 0.0
        self.estimated |= event.estimated
        self.unpriced |= event.cost_usd is None


@dataclass(frozen=True)
class Limits:
    """What a run may take at most, as it stands now.

    Parameters
    ----------
    iterations : int
        In all.
    time_limit : float or None
        Seconds of work in all.
    budget : float or None
        USD in all.
    """

    iterations: int
    time_limit: float | None
    budget: float | None


@dataclass
class StepState:
    """A step of one iteration as it stands now."""

    step: Step
    started: float
    worked_before: float
    """Seconds that the run had worked when the step began: interruptions must not count as its work."""
    answer: dict[str, Any] | None = None
    ended: float | None = None
    """When its answer was accepted."""
    seconds: float = 0.0
    rejections: list[str] = field(default_factory=list)
    fell_back: str | None = None
    """Why the offline planner took it over; None if it did not."""
    cells_before: int = 0
    """Cells that it had made when it was taken over."""


@dataclass
class IterationState:
    """An iteration as it stands now."""

    number: int
    started: float
    worked_before: float
    """Seconds that the run had worked when the iteration began."""
    status: str = "running"
    reason: str | None = None
    seconds: float = 0.0
    steps: dict[Step, StepState] = field(default_factory=dict)
    scores: dict[str, Any] | None = None
    diagnostics: dict[str, Any] | None = None
    difference: dict[str, Any] | None = None
    compared_with: int | None = None
    importance: list[dict[str, Any]] = field(default_factory=list)
    hardest: list[dict[str, str]] = field(default_factory=list)
    cost_usd: float = 0.0
    """What its requests to a language model have cost."""
    training: list[TrainingCurves] = field(default_factory=list)
    """What its training scripts noted, one entry for each model trained, the newest last."""
    reflection_so_far: str | None = None
    """What a language model has written of its reflection; None once that stands."""

    def answer(self, step: Step) -> dict[str, Any] | None:
        """Return the accepted answer of a step, or None."""
        state = self.steps.get(step)
        return state.answer if state else None

    @property
    def idea(self) -> str:
        """The iteration in one line; empty before its plan stands."""
        plan = self.answer(Step.PLAN)
        return str(plan["idea"]) if plan else ""

    def value(self, split: str, metric: str) -> float | None:
        """Return the metric on ``train`` or ``validation``, None if there is none."""
        if self.scores is None or self.scores.get(split) is None:
            return None
        value = self.scores[split]["metrics"].get(metric)
        return None if value is None else float(value)


@dataclass
class RunState:
    """Everything the events of a run say, folded.

    Apply events in their order; nothing here reads a file or a clock.
    """

    status: ev.RunStatus | None = None
    reason: str | None = None
    planner: str | None = None
    pid: int | None = None
    attempts: int = 0
    iteration: int | None = None
    step: Step | None = None
    started: float | None = None
    updated: float | None = None
    active_seconds: float = 0.0
    """Seconds in which an engine was at work, pauses and interruptions left out."""
    cells: dict[str, CellState] = field(default_factory=dict)
    iterations: dict[int, IterationState] = field(default_factory=dict)
    best: int | None = None
    worth: dict[str, Any] | None = None
    """What the validation score of the best is worth: `agentomics_nb.evaluation.worth.Worth` as JSON."""
    retrained: list[ev.Retrained] = field(default_factory=list)
    """What came of running training scripts again at the end, without the validation labels or with other seeds."""
    test: dict[str, Any] | None = None
    test_opened: bool = False
    test_error: str | None = None
    test_ended: float | None = None
    """When the test rows had been scored, or could not be."""
    looks: list[ev.TestOpened] = field(default_factory=list)
    """The ledger of the test file."""
    refused: list[ev.AccessRefused] = field(default_factory=list)
    outside: list[ev.OutsideNamed] = field(default_factory=list)
    isolation: Isolation | None = None
    """What isolates the agent's programs, in the latest attempt."""
    notices: list[ev.Notice] = field(default_factory=list)
    hints: list[str] = field(default_factory=list)
    spend: Spend = field(default_factory=Spend)
    open_requests: dict[str, ev.RequestStarted] = field(default_factory=dict)
    """Requests without an end: one that is under way, or one that was cut off when an engine died."""
    waiting: ev.Waiting | None = None
    changed_limits: dict[str, float] = field(default_factory=dict)
    """Limits that the person changed on the way, by name."""
    last_seq: int = -1
    _working_since: float | None = None

    @property
    def running_cell(self) -> CellState | None:
        """The cell that runs now."""
        last = next(reversed(self.cells.values()), None)
        return last if last is not None and last.status == "running" else None

    @property
    def waiting_cell(self) -> CellState | None:
        """The cell that waits for the person's decision."""
        last = next(reversed(self.cells.values()), None)
        return last if last is not None and last.status == "waiting" else None

    @property
    def seen_by(self) -> ev.TestOpened | None:
        """The first access to the test file that makes its score void; None if there was none."""
        return next((look for look in self.looks if look.by == "process"), None)

    def limits(self, options: RunOptions) -> Limits:
        """Return the limits: those the run started with, but for what the person changed since."""
        changed = self.changed_limits
        return Limits(
            iterations=int(changed.get("iterations", options.iterations)),
            time_limit=changed.get("time_limit", options.time_limit),
            budget=changed.get("budget", options.budget),
        )

    def seconds(self, now: float | None = None) -> float:
        """Return the seconds worked so far; `now` counts the time since the last event in."""
        if self._working_since is None:
            return self.active_seconds
        return self.active_seconds + max(0.0, (now or self.updated or 0.0) - self._working_since)

    def apply(self, event: ev.Event) -> None:
        """Take one event in."""
        self.last_seq, self.updated = event.seq, event.time
        match event:
            case ev.RunStarted():
                self._begin_attempt(event)
            case ev.RunEnded():
                self._stop_clock(event.time)
                self.status, self.reason, self.waiting = event.status, event.reason, None
                self._give_up_running_cells()
            case ev.Paused():
                self._stop_clock(event.time)
                self.status = "paused"
            case ev.Resumed():
                self.status, self._working_since = "running", event.time
            case ev.Notice():
                self.notices.append(event)
            case ev.CommandReceived():
                if event.command == "hint" and event.text:
                    self.hints.append(event.text)
            case ev.LimitChanged():
                self.changed_limits[event.name] = event.value
            case ev.Judged():
                self.worth = event.worth
            case ev.Retrained():
                self.retrained.append(event)
            case ev.TestOpened():
                self.looks.append(event)
            case ev.AccessRefused():
                self.refused.append(event)
            case ev.OutsideNamed():
                self.outside.append(event)
            case ev.TestEvaluated():
                self.test_opened, self.test_ended = True, event.time
                self.test, self.test_error = event.scores, event.error
            case ev.CellProposed() | ev.CellReviewed():
                self._apply_review(event)
            case ev.CellStarted() | ev.CellChanged() | ev.CellEnded():
                self._apply_to_cell(event)
            case ev.RequestStarted() | ev.RequestEnded() | ev.Waiting():
                self._apply_to_requests(event)
            case _:
                self._apply_to_iteration(event)

    def _begin_attempt(self, event: ev.RunStarted) -> None:
        if self._working_since is not None and self.updated is not None:
            self._stop_clock(self._last_sign)  # the engine before died without a word
        self.status, self.reason, self.planner, self.pid = "running", None, event.planner, event.pid
        self.attempts, self.waiting, self.isolation = event.attempt, None, event.isolation
        self.started = self.started if self.started is not None else event.time
        self._working_since = event.time
        self._give_up_running_cells()

    def _give_up_running_cells(self) -> None:
        for cell in self.cells.values():
            if cell.status in ("waiting", "running"):
                cell.status = "killed"

    def _stop_clock(self, at: float) -> None:
        if self._working_since is not None:
            self.active_seconds += max(0.0, at - self._working_since)
            self._working_since = None

    @property
    def _last_sign(self) -> float:
        """Time of the last thing known of an engine that died."""
        times = [cell.ended or cell.started for cell in self.cells.values()]
        return max([self._working_since or 0.0, *times])

    def _apply_review(self, event: ev.CellProposed | ev.CellReviewed) -> None:
        """Take in what waits for the person; the clock of the run stands still meanwhile."""
        known = self.cells.get(event.cell)
        if isinstance(event, ev.CellProposed):
            self._stop_clock(event.time)
            self.cells[event.cell] = CellState(
                id=event.cell,
                cell_type="code",
                role=event.role,
                source=event.source,
                iteration=event.iteration,
                step=event.step,
                seq=known.seq if known else event.seq,
                started=event.time,
                status="waiting",
                asked=event.source,
            )
        elif known is not None:
            self._working_since = event.time
            known.review = {"decision": event.decision, "by": event.by, "time": event.time}

    def _apply_to_cell(self, event: ev.CellStarted | ev.CellChanged | ev.CellEnded) -> None:
        match event:
            case ev.CellStarted():
                known = self.cells.get(event.cell)
                self.cells[event.cell] = CellState(
                    id=event.cell,
                    cell_type=event.cell_type,
                    role=event.role,
                    source=event.source,
                    iteration=event.iteration,
                    step=event.step,
                    seq=known.seq if known else event.seq,
                    started=event.time,
                    planner=self._planner_of(event.iteration, event.step),
                    asked=known.asked if known else None,
                    review=known.review if known else None,
                )
            case ev.CellChanged():
                cell = self.cells[event.cell]
                changes = cast("list[OutputChange]", event.changes)
                cell.outputs = apply_changes(cell.outputs, changes)
                self._update_earlier(cell, changes)
            case ev.CellEnded():
                cell = self.cells[event.cell]
                cell.status, cell.error, cell.peak_memory = event.status, event.error, event.peak_memory
                cell.execution_count, cell.seconds, cell.ended = (
                    event.execution_count,
                    event.seconds,
                    event.time,
                )
                # New objects, since those who compare outputs do so by identity first.
                if any(output["output_type"] == "execute_result" for output in cell.outputs):
                    count = {"execution_count": event.execution_count}
                    cell.outputs = [o | count if o["output_type"] == "execute_result" else o for o in cell.outputs]

    def _apply_to_requests(self, event: ev.RequestStarted | ev.RequestEnded | ev.Waiting) -> None:
        match event:
            case ev.RequestStarted():
                self.open_requests[event.request], self.waiting = event, None
            case ev.RequestEnded():
                self.open_requests.pop(event.request, None)
                self.spend.add(event)
                if event.iteration in self.iterations:
                    self.iterations[event.iteration].cost_usd += event.cost_usd or 0.0
            case ev.Waiting():
                self.waiting = event

    def _planner_of(self, iteration: int | None, step: Step | None) -> str | None:
        state = self.iterations[iteration].steps.get(step) if iteration in self.iterations and step else None
        return "offline" if state is not None and state.fell_back is not None else self.planner

    def _update_earlier(self, cell: CellState, changes: list[OutputChange]) -> None:
        """Update a display that an earlier cell had shown."""
        for change in changes:
            if change["op"] == "update_earlier":
                run = [other for other in self.cells.values() if other.cell_type == "code"]
                place = run.index(cell) - change["cells_back"]
                if place >= 0 and change["index"] < len(run[place].outputs):
                    run[place].outputs = [*run[place].outputs]
                    run[place].outputs[change["index"]] = change["output"]
                    run[place].updated_late = True

    def _apply_to_iteration(self, event: ev.Event) -> None:
        if event.iteration is None:
            return
        if isinstance(event, ev.IterationStarted):
            begun = IterationState(event.iteration, event.time, self.seconds(event.time))
            self.iterations.setdefault(event.iteration, begun)
            self.iteration, self.step = event.iteration, None
            return
        iteration = self.iterations[event.iteration]
        match event:
            case ev.IterationEnded():
                iteration.status, iteration.reason, iteration.seconds = (
                    event.status,
                    event.reason,
                    event.seconds,
                )
                self.step = None
            case ev.StepStarted() if event.step is not None:
                iteration.steps.setdefault(event.step, StepState(event.step, event.time, self.seconds(event.time)))
                self.step = event.step
            case ev.StepRejected() if event.step is not None:
                iteration.steps[event.step].rejections.append(event.error)
            case ev.FellBack() if event.step is not None:
                step = iteration.steps[event.step]
                step.fell_back, step.cells_before = event.reason, event.cells
            case ev.StepEnded() if event.step is not None:
                state = iteration.steps[event.step]
                state.answer, state.seconds, state.ended = event.answer, event.seconds, event.time
                if event.step is Step.REFLECTION:
                    iteration.reflection_so_far = None
            case ev.TrainingLogged():
                add_points(iteration.training, event.points)
            case ev.ReflectionGrew():
                iteration.reflection_so_far = event.text
            case ev.Evaluated():
                iteration.scores, iteration.diagnostics = event.scores, event.diagnostics
                iteration.difference, iteration.compared_with = event.difference, event.compared_with
                iteration.importance, iteration.hardest = event.importance, event.hardest
            case ev.BestChanged():
                self.best, self.worth = event.iteration, None


def fold(events: Iterable[ev.Event]) -> RunState:
    """Return the state that `events` add up to."""
    state = RunState()
    for event in events:
        state.apply(event)
    return state


def read_state(run: RunDirectory) -> RunState:
    """Return the state of a run from its events on disk."""
    return fold(run.reader().new_events())
