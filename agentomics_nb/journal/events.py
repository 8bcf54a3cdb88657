"""The events of a run: everything that a view, a report or a resume can know.

Events are appended to ``events.jsonl``, one JSON object a line, and flushed to disk before anyone acts on them.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from agentomics_nb.experiment.steps import Step
from agentomics_nb.isolation.confinement import Isolation

CellRole = Literal["heading", "bash", "file", "python", "reflection", "report"]
CellStatus = Literal["waiting", "running", "ok", "error", "timeout", "memory", "killed", "skipped"]
RunStatus = Literal[
    "running", "paused", "finished", "failed", "stopped", "time_limit", "budget", "interrupted", "disk_full"
]


class BaseEvent(BaseModel):
    """What all events have: place in the sequence, time, and where in the experiment."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    seq: int = -1
    """Place in the sequence, from 0; given by the writer."""
    time: float = 0.0
    """Seconds since 1970, UTC; given by the writer."""
    iteration: int | None = None
    step: Step | None = None


class RunStarted(BaseEvent):
    """An engine took up the run, for the first time or to resume it."""

    kind: Literal["run_started"] = "run_started"
    pid: int
    attempt: int
    planner: str
    isolation: Isolation | None = None
    """What keeps the agent's programs from what is not theirs; None in runs of older versions."""


class RunEnded(BaseEvent):
    """The engine let go of the run."""

    kind: Literal["run_ended"] = "run_ended"
    status: RunStatus
    reason: str


class IterationStarted(BaseEvent):
    """An iteration began."""

    kind: Literal["iteration_started"] = "iteration_started"


class IterationEnded(BaseEvent):
    """An iteration was completed and frozen, or failed, or (the last one) not needed."""

    kind: Literal["iteration_ended"] = "iteration_ended"
    status: Literal["ok", "failed", "skipped"]
    reason: str | None = None
    seconds: float


class StepStarted(BaseEvent):
    """A step began."""

    kind: Literal["step_started"] = "step_started"


class StepRejected(BaseEvent):
    """A check refused a step's answer; the planner gets the same text."""

    kind: Literal["step_rejected"] = "step_rejected"
    error: str
    attempt: int


class StepEnded(BaseEvent):
    """A step's answer was accepted."""

    kind: Literal["step_ended"] = "step_ended"
    answer: dict[str, Any]
    seconds: float


class CellProposed(BaseEvent):
    """A code cell stands there and waits for the person's decision."""

    kind: Literal["cell_proposed"] = "cell_proposed"
    cell: str
    role: CellRole
    source: str


class CellReviewed(BaseEvent):
    """The person decided about a proposed cell."""

    kind: Literal["cell_reviewed"] = "cell_reviewed"
    cell: str
    decision: Literal["run", "edit", "skip"]
    by: str | None = None


class CellStarted(BaseEvent):
    """A cell came into being; a code cell starts to run. A known id begins anew."""

    kind: Literal["cell_started"] = "cell_started"
    cell: str
    cell_type: Literal["code", "markdown"]
    role: CellRole
    source: str


class CellChanged(BaseEvent):
    """Outputs of a running cell changed; each change is an `agentomics_nb.journal.outputs.OutputChange`."""

    kind: Literal["cell_changed"] = "cell_changed"
    cell: str
    changes: list[dict[str, Any]]


class CellEnded(BaseEvent):
    """A cell is done."""

    kind: Literal["cell_ended"] = "cell_ended"
    cell: str
    status: CellStatus
    execution_count: int | None = None
    seconds: float
    error: str | None = None
    peak_memory: int | None = None


class TrainingLogged(BaseEvent):
    """A training script noted how far it is; each point as `agentomics_nb.journal.training` reads it."""

    kind: Literal["training_logged"] = "training_logged"
    points: list[dict[str, Any]]


class Evaluated(BaseEvent):
    """The iteration's metrics, computed by us from the predictions of its ``inference.py``."""

    kind: Literal["evaluated"] = "evaluated"
    scores: dict[str, Any]
    """`agentomics_nb.evaluation.Evaluation` as JSON."""
    diagnostics: dict[str, Any]
    """`agentomics_nb.evaluation.Diagnostics` of the validation rows as JSON."""
    difference: dict[str, Any] | None = None
    """Improvement over the best iteration before: `agentomics_nb.evaluation.Interval` as JSON."""
    compared_with: int | None = None
    """That iteration's number."""
    importance: list[dict[str, Any]] = []
    """What its predictions hang on: `agentomics_nb.evaluation.importance.Importance` as JSON."""
    hardest: list[dict[str, str]] = []
    """The validation rows predicted worst, cut to what a person takes in."""


class ReflectionGrew(BaseEvent):
    """A language model writes its reflection; the text so far, for those who watch."""

    kind: Literal["reflection_grew"] = "reflection_grew"
    text: str


class Retrained(BaseEvent):
    """The training script of a finished iteration ran again, in an empty directory, to see what its score is worth."""

    kind: Literal["retrained"] = "retrained"
    seed: int
    """The run's own for the check; another one for a repetition."""
    blind: bool
    """Whether this is the check: the recorded training repeated without the validation labels."""
    score: dict[str, Any] | None = None
    """`agentomics_nb.evaluation.SplitScore` of the validation rows as JSON; None where it could not be had."""
    seconds: float
    """Of the training."""
    verdict: Literal["agrees", "differs", "unknown"]
    """Whether the check scores as the iteration did; ``unknown`` for another seed."""
    text: str
    """One sentence."""


class BestChanged(BaseEvent):
    """The iteration is the best so far, on validation."""

    kind: Literal["best_changed"] = "best_changed"
    reason: str


class Judged(BaseEvent):
    """What the validation score of the best iteration is worth, before the test file is opened."""

    kind: Literal["judged"] = "judged"
    worth: dict[str, Any]
    """`agentomics_nb.evaluation.worth.Worth` as JSON."""


class TestOpened(BaseEvent):
    """An entry of the ledger of the test file: somebody or something opened it."""

    __test__ = False
    kind: Literal["test_opened"] = "test_opened"
    by: Literal["engine", "person", "process"]
    """The engine, once, at the end; the person, afterwards; a process that was noticed while the run was at work."""
    sha256: str | None = None
    """Of the file as it was then; None if it was not read by us."""
    rows: int | None = None
    """Labelled rows that were scored; None if none were."""
    text: str
    """One sentence."""


class AccessRefused(BaseEvent):
    """A cell tried what it may not, and was refused, as far as that shows."""

    kind: Literal["access_refused"] = "access_refused"
    cell: str | None = None
    """None for a cell that did not run for its text alone."""
    text: str


class OutsideNamed(BaseEvent):
    """The text of a cell names places outside of what its work needs; whether it found anything, this does not say."""

    kind: Literal["outside_named"] = "outside_named"
    cell: str
    text: str


class TestEvaluated(BaseEvent):
    """The test file was opened, once, and the best iteration was scored on it."""

    __test__ = False
    kind: Literal["test_evaluated"] = "test_evaluated"
    scores: dict[str, Any] | None
    error: str | None = None


class CommandReceived(BaseEvent):
    """The engine took a command from the inbox."""

    kind: Literal["command_received"] = "command_received"
    command: str
    text: str | None = None
    sender: str | None = None


class LimitChanged(BaseEvent):
    """The person changed a limit on the way."""

    kind: Literal["limit_changed"] = "limit_changed"
    name: Literal["iterations", "time_limit", "budget"]
    value: float
    """Iterations in all, seconds in all, or USD in all."""
    by: str | None = None


class Paused(BaseEvent):
    """The engine waits, between two cells."""

    kind: Literal["paused"] = "paused"


class Resumed(BaseEvent):
    """The engine goes on after a pause."""

    kind: Literal["resumed"] = "resumed"


class RequestStarted(BaseEvent):
    """A request goes to the language model; nothing else happens until it has ended."""

    kind: Literal["request_started"] = "request_started"
    request: str
    """``<iteration>-<step>-<number>``; a repeated attempt has a number of its own."""
    model: str
    tokens_in: int
    """Estimated."""
    cost_limit: float | None = None
    """USD that it may cost at most, by estimate; None where no price is known."""
    until: float | None = None
    """When it is given up if the endpoint says nothing, in seconds since 1970."""


class RequestEnded(BaseEvent):
    """The language model answered, or the request failed; either way it may have cost something."""

    kind: Literal["request_ended"] = "request_ended"
    request: str
    model: str | None = None
    """As the endpoint names it."""
    tokens_in: int = 0
    tokens_cached: int = 0
    """Of `tokens_in`, those that were read from a cache."""
    tokens_out: int = 0
    cost_usd: float | None = None
    estimated: bool = False
    """Whether the endpoint said nothing of tokens, so that they were estimated."""
    seconds: float = 0.0
    error: str | None = None


class Waiting(BaseEvent):
    """Nothing goes on until a moment, because of what an endpoint said; the next request ends the wait."""

    kind: Literal["waiting"] = "waiting"
    reason: str
    until: float
    """Seconds since 1970."""


class FellBack(BaseEvent):
    """The language model did not get through this step; the offline planner's recipes take it over."""

    kind: Literal["fell_back"] = "fell_back"
    reason: str
    cells: int = 0
    """Cells that the step had made by then."""


class Notice(BaseEvent):
    """Something a person should know."""

    kind: Literal["notice"] = "notice"
    level: Literal["info", "warning", "error"]
    text: str


Event = Annotated[
    RunStarted
    | RunEnded
    | IterationStarted
    | IterationEnded
    | StepStarted
    | StepRejected
    | StepEnded
    | CellProposed
    | CellReviewed
    | CellStarted
    | CellChanged
    | CellEnded
    | TrainingLogged
    | Evaluated
    | ReflectionGrew
    | Retrained
    | BestChanged
    | Judged
    | TestOpened
    | AccessRefused
    | OutsideNamed
    | TestEvaluated
    | CommandReceived
    | LimitChanged
    | Paused
    | Resumed
    | RequestStarted
    | RequestEnded
    | Waiting
    | FellBack
    | Notice,
    Field(discriminator="kind"),
]
_ADAPTER: TypeAdapter[Event] = TypeAdapter(Event)


def parse_event(line: str | bytes) -> Event:
    """Return the event of one line of ``events.jsonl``.

    Raises
    ------
    pydantic.ValidationError
        If the line is no event.
    """
    return _ADAPTER.validate_json(line)
