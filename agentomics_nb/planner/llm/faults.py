"""What can go wrong with an endpoint, sorted by what is to be done about it."""

from __future__ import annotations

from agentomics_nb.errors import AgentomicsError


class Fault(AgentomicsError):
    """A request that brought no answer.

    Parameters
    ----------
    text : str
        One sentence for the person.
    tokens_out : int or None
        Tokens that had arrived by then, which may have to be paid; None if the request was turned down.
    """

    def __init__(self, text: str, *, tokens_out: int | None = None) -> None:
        super().__init__(text)
        self.tokens_out = tokens_out


class Passing(Fault):
    """It may well work in a moment.

    Parameters
    ----------
    text : str
        One sentence.
    after : float or None
        Seconds that the endpoint asks to wait.
    tokens_out : int or None
        As `Fault`.
    in_stream : bool
        Whether it happened in the midst of a stream; another way of asking may help.
    """

    def __init__(
        self, text: str, *, after: float | None = None, tokens_out: int | None = None, in_stream: bool = False
    ) -> None:
        super().__init__(text, tokens_out=tokens_out)
        self.after = after
        self.in_stream = in_stream


class Overflow(Fault):
    """The request is longer than the model can read.

    Parameters
    ----------
    text : str
        One sentence.
    limit : int or None
        Tokens that it can read, if it says so.
    """

    def __init__(self, text: str, *, limit: int | None = None) -> None:
        super().__init__(text)
        self.limit = limit


class Turned(Fault):
    """The endpoint cannot take the request as it is, and would take it without its tools or its pictures."""


class Final(Fault):
    """Trying again does not help before a person has done something: the key, the account, the model's name."""


class UnknownModel(Final):
    """The endpoint has no model of this name."""
