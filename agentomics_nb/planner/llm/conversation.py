"""What is said in one step between us and a language model: kept line by line, so that a crash loses nothing."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from agentomics_nb.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

FORMAT = 1


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Opened(_Line):
    """The first line: which step it is about, and in which form the rest is written."""

    kind: Literal["opened"] = "opened"
    format: int = FORMAT
    iteration: int
    step: str
    workspace: str
    model: str
    instructions: str
    """The system prompt."""


class Told(_Line):
    """What we say: the brief of the step, or a word on an answer that was none."""

    kind: Literal["told"] = "told"
    text: str
    nudge: bool = False
    """Whether it answers a reply that called no tool."""


class Call(_Line):
    """A tool that the model calls; the arguments are as it wrote them, JSON or nearly so."""

    id: str
    name: str
    arguments: str


class Usage(_Line):
    """Tokens of one request."""

    tokens_in: int = 0
    cached: int = 0
    tokens_out: int = 0
    estimated: bool = False


class Asked(_Line):
    """A request is about to be sent."""

    kind: Literal["asked"] = "asked"
    request: str
    tokens_in: int


class Said(_Line):
    """What the model answers."""

    kind: Literal["said"] = "said"
    request: str
    text: str = ""
    calls: tuple[Call, ...] = ()
    usage: Usage = Usage()
    model: str | None = None
    cut_off: bool = False
    """Whether the answer ended at the limit of its length."""
    raw: dict[str, Any] | None = None
    """The message as the client library holds it, where it carries reasoning that must go back unchanged."""


Outcome = Literal["ok", "error", "misuse", "accepted"]


class Done(_Line):
    """What came of a call. ``misuse``: it could not be carried out; ``accepted``: the step's answer stands."""

    kind: Literal["done"] = "done"
    call: str
    name: str
    text: str
    outcome: Outcome
    cells: int
    """Cells that the step had made by then."""
    picture: str | None = None
    """A figure shown with it: PNG in base64."""


class Compacted(_Line):
    """From now on everything before a place is told in a few words only."""

    kind: Literal["compacted"] = "compacted"
    upto: int
    """Turns before this one are left out, but for the first."""


Form = Literal["tools", "schema", "text"]
"""How calls are asked for: as tool calls, as JSON that a schema forces, or as JSON in plain text."""


class Learnt(_Line):
    """What endpoint and model turned out to be able to do."""

    kind: Literal["learnt"] = "learnt"
    context: int | None = None
    form: Form | None = None
    no_pictures: bool = False


Turn = Told | Said | Done
Line = Annotated[Opened | Told | Asked | Said | Done | Compacted | Learnt, Field(discriminator="kind")]
_LINES: TypeAdapter[Line] = TypeAdapter(Line)


class Conversation:
    """One step's conversation; every line is on disk before anyone acts on it.

    Parameters
    ----------
    path : Path
        Its file; lines that stand there already are taken up.
    redact : callable
        Takes secrets out of a text.

    Raises
    ------
    RunError
        If the file was written by a newer version.
    """

    def __init__(self, path: Path, redact: Callable[[str], str]) -> None:
        self._path = path
        self._redact = redact
        self.opened: Opened | None = None
        self.turns: list[Turn] = []
        self.upto = 1
        self.context: int | None = None
        self.form: Form = "tools"
        self.no_pictures = False
        self.requests = 0
        """Requests that were sent, answered or not."""
        for line in _read(path):
            self._take(line)
        # An answer that was accepted just before a crash is delivered once more: nobody else remembers it.
        while self.turns and isinstance(self.turns[-1], Done) and self.turns[-1].outcome == "accepted":
            self.turns.pop()

    def add(self, line: Opened | Told | Asked | Said | Done | Compacted | Learnt) -> None:
        """Write a line to disk, then take it in."""
        kept = line.model_dump(mode="json", exclude_defaults=True) | {"kind": line.kind}
        if isinstance(line, Opened):
            kept["format"] = line.format
        clean = _LINES.validate_python(_redacted(kept, self._redact))
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("ab") as file:
            file.write(json.dumps(_redacted(kept, self._redact), ensure_ascii=False).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        self._take(clean)

    def compact(self, upto: int) -> None:
        """Tell everything before a place in a few words from now on."""
        self.add(Compacted(upto=upto))

    @property
    def last_said(self) -> Said | None:
        """The last answer of the model."""
        return next((turn for turn in reversed(self.turns) if isinstance(turn, Said)), None)

    def said_before(self, said: Said) -> Said | None:
        """Return the model's answer before this one."""
        earlier = [turn for turn in self.turns if isinstance(turn, Said)]
        place = next(place for place, turn in enumerate(earlier) if turn is said)
        return earlier[place - 1] if place else None

    @property
    def open_calls(self) -> tuple[Call, ...]:
        """Calls of the last answer that nothing has come of yet, in their order."""
        said = self.last_said
        if said is None:
            return ()
        place = max(place for place, turn in enumerate(self.turns) if turn is said)
        done = {turn.call for turn in self.turns[place:] if isinstance(turn, Done)}
        return tuple(call for call in said.calls if call.id not in done)

    @property
    def cells(self) -> int:
        """Cells that the step had made when the last call was done."""
        return next((turn.cells for turn in reversed(self.turns) if isinstance(turn, Done)), 0)

    def _take(self, line: Any) -> None:
        match line:
            case Opened():
                if line.format > FORMAT:
                    raise RunError(f"{self._path} was written by a newer version of agentomics-nb.")
                self.opened = line
            case Told() | Said() | Done():
                self.turns.append(line)
            case Asked():
                self.requests += 1
            case Compacted():
                self.upto = line.upto
            case Learnt():
                self.context = line.context or self.context
                self.form = line.form or self.form
                self.no_pictures |= line.no_pictures


def replies(path: Path) -> tuple[Opened | None, list[Said]]:
    """Return how a recorded conversation was opened, and all that the model said in it."""
    lines = list(_read(path, mend=False))
    return next((line for line in lines if isinstance(line, Opened)), None), [
        line for line in lines if isinstance(line, Said)
    ]


def _read(path: Path, *, mend: bool = True) -> Iterable[Any]:
    """Yield the whole lines of a file; `mend` cuts a half-written last one off, so that the next begins well."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return
    end = 0
    for line in data.splitlines(keepends=True):
        if not line.endswith(b"\n"):
            break
        try:
            yield _LINES.validate_json(line)
        except ValidationError:
            break
        end += len(line)
    if mend and end < len(data):
        with path.open("r+b") as file:
            file.truncate(end)


def _redacted(value: Any, redact: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, list):
        return [_redacted(item, redact) for item in value]
    if isinstance(value, dict):
        # What the client library must send back unchanged, such as encrypted reasoning, is no text of anyone's.
        return {key: item if key in ("raw", "picture") else _redacted(item, redact) for key, item in value.items()}
    return value
