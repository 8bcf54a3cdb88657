"""What the kernel and the labextension say to each other about one run, over one comm.

The kernel is told by a run's events what the notebook should hold; the labextension is told what to insert or
change, by cell id, and says what it has. Both halves carry `PROTOCOL`: halves that do not match refuse each other.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

PROTOCOL = 1
TARGET = "agentomics-nb"
"""Name of the comm target that the labextension registers."""


CONTROL_MESSAGE = "agentomics_msg"
"""Type of the labextension's messages on the control channel."""


class _Incoming(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    client: str
    """Made up by each page for itself; tells two tabs apart."""


class Who(_Incoming):
    """A page found the comm of a run that began before it was there, and asks which run that is."""

    type: Literal["who"]


class KnownCell(BaseModel):
    """What a notebook holds of one of the run's cells."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    status: str | None = None
    source_sha256: str | None = None


class Hello(_Incoming):
    """A page is there; it says what its notebook holds."""

    type: Literal["hello"]
    protocol: int
    version: str
    known: dict[str, KnownCell] = {}


class Ack(_Incoming):
    """Everything up to a number has arrived."""

    type: Literal["ack"]
    n: int


class Taken(_Incoming):
    """The person took cells of the run out of the notebook, or put them back."""

    type: Literal["taken"]
    gone: list[str] = []
    back: list[str] = []


class Take(_Incoming):
    """The person wants the cells in this page rather than in another one."""

    type: Literal["take"]


class Bye(_Incoming):
    """The page closes."""

    type: Literal["bye"]


class Ask(_Incoming):
    """The person asks something of the run, such as to stop."""

    type: Literal["ask"]
    request: str
    command: str
    text: str | None = None
    cell: str | None = None


Incoming = Annotated[Who | Hello | Ack | Taken | Take | Bye | Ask, Field(discriminator="type")]
_ADAPTER: TypeAdapter[Incoming] = TypeAdapter(Incoming)


def parse_incoming(data: Any) -> Incoming | None:
    """Return a message of the labextension; None for what is no message, such as one of a later version."""
    try:
        return _ADAPTER.validate_python(data)
    except ValidationError:
        return None
