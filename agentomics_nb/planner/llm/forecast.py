"""What a run will likely ask of a language model, said before the first request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentomics_nb.planner.llm.model import Price

_STEPS_FIRST, _STEPS_LATER = 9, 7
_REQUESTS_A_STEP = 5
_TOOLS_TOKENS = 1200
_HISTORY_TOKENS = 2500
_ANSWER_TOKENS = 500
_CACHED_SHARE = 0.5
LOW, HIGH = 0.4, 2.5
"""Runs of real models lie this far below and above the middle: some finish a step in two requests, some in twelve."""


@dataclass(frozen=True)
class Forecast:
    """The middle of what is to be expected.

    Parameters
    ----------
    requests, tokens_in, tokens_out : int
        In the whole run.
    cost_usd : float or None
        None where no price is known.
    source : str
        Where the price comes from.
    """

    requests: int
    tokens_in: int
    tokens_out: int
    cost_usd: float | None
    source: str

    def in_words(self, budget: float | None) -> str:
        """Return the forecast as a sentence."""
        tokens = (self.tokens_in + self.tokens_out) / 1e6
        text = f"Forecast: about {self.requests} requests, {tokens * LOW:.1f} to {tokens * HIGH:.1f} million tokens"
        if self.cost_usd is None:
            return f"{text}; no price is known, so costs are not counted."
        if self.cost_usd == 0:
            return f"{text}, at no cost ({self.source})."
        limit = f"; the run ends at ${budget:.2f}" if budget is not None else "; no budget is set"
        return f"{text}, ${self.cost_usd * LOW:.2f} to ${self.cost_usd * HIGH:.2f} ({self.source}){limit}."


def forecast(iterations: int, system_tokens: int, price: Price | None) -> Forecast:
    """Return what a run of so many iterations will likely take.

    Parameters
    ----------
    iterations : int
        How many are allowed.
    system_tokens : int
        Length of the system prompt, which goes with every request.
    price : Price or None
        USD per million tokens.
    """
    requests = (_STEPS_FIRST + _STEPS_LATER * (iterations - 1)) * _REQUESTS_A_STEP
    tokens_in = requests * (system_tokens + _TOOLS_TOKENS + _HISTORY_TOKENS)
    tokens_out = requests * _ANSWER_TOKENS
    cost = None if price is None else price.of(tokens_in, int(_CACHED_SHARE * tokens_in), tokens_out)
    return Forecast(requests, tokens_in, tokens_out, cost, price.source if price is not None else "")
