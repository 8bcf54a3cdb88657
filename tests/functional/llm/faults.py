"""What providers do to a long run, to be injected at a request of one's choice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from tests.functional.llm.exchange import Request

Kind = Literal[
    "rate_limit",  # 429 without Retry-After
    "rate_limit_wait",  # 429 with Retry-After
    "server_error",  # 500 with a JSON error
    "bad_gateway",  # 502 with an HTML page
    "quota",  # 429 insufficient_quota: no waiting helps
    "bad_key",  # 401, and the message quotes the whole key
    "stall",  # nothing comes, not even headers
    "stall_in_stream",  # half of the answer comes, then nothing
    "reset",  # the connection is reset before the answer
    "reset_in_stream",  # and in the middle of it
    "truncated",  # the answer ends early, in good order, with no reason given
    "no_usage",  # a good answer that says nothing of tokens
    "wrong_type",  # a good answer under another content type
    "html_page",  # 200 with an HTML page, as a proxy or a portal sends it
    "overflow",  # 400 context_length_exceeded
    "error_event",  # 200, and an error in the stream
    "other_model",  # a good answer from another model
]
KINDS: tuple[Kind, ...] = get_args(Kind)
LASTING: tuple[Kind, ...] = ("quota", "bad_key")
"""Faults that no second try mends."""


@dataclass(frozen=True)
class Fault:
    """A fault and when it happens; whatever is None matches everything.

    Parameters
    ----------
    kind : str
        What happens.
    request : int, optional
        Number of the request, from 1.
    step, iteration : optional
        The step and iteration that the prompt names.
    occurrence : int
        At which matching request it happens first, from 1.
    times : int
        At how many matching requests in a row.
    seconds : float
        How long a stall lasts at most, or what Retry-After says.
    """

    kind: Kind
    request: int | None = None
    step: str | None = None
    iteration: int | None = None
    occurrence: int = 1
    times: int = 1
    seconds: float = 1.0

    def concerns(self, request: Request) -> bool:
        """Return whether the request is one of those that are counted for this fault."""
        return (
            self.request in (None, request.number)
            and self.step in (None, request.step)
            and self.iteration in (None, request.iteration)
        )
