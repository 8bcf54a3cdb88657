"""Money: what a request may cost, what it did cost, and whether the next one is still within the budget."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentomics_nb.errors import AgentomicsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from agentomics_nb.journal.state import RunState
    from agentomics_nb.planner.llm.conversation import Usage
    from agentomics_nb.planner.llm.model import Price

LEAST_OUTPUT = 512
"""An answer with fewer tokens than this is of no use."""
SAFETY = 1.15
"""By this factor an estimate of the input may be too low."""


class BudgetSpentError(AgentomicsError):
    """The next request could cost more than is left."""


class Ledger:
    """Keeps the budget of a run.

    Parameters
    ----------
    price : Price or None
        None where it is not known; costs are then unknown, too, and no budget can be kept.
    budget : callable
        Returns the USD for the whole run as it stands now, None for no limit.
    state : RunState
        Says what has been spent, in all attempts of the run.
    """

    def __init__(self, price: Price | None, budget: Callable[[], float | None], state: RunState) -> None:
        self._price = price
        self._budget = budget
        self._state = state

    def affordable(self, tokens_in: int, most: int) -> int:
        """Return how many tokens an answer may have, at most `most`, so that the budget holds whatever happens.

        Raises
        ------
        BudgetSpentError
            If not even a short answer can be paid.
        """
        budget = self._budget()
        if budget is None or self._price is None or self._price.output + self._price.input == 0:
            return most
        left = budget - self._state.spend.cost_usd - self._outstanding
        left -= self._price.of(int(tokens_in * SAFETY), 0, 0)
        tokens = most if self._price.output == 0 else int(left / self._price.output * 1e6)
        if left < 0 or tokens < min(LEAST_OUTPUT, most):
            raise BudgetSpentError(
                f"The budget of ${budget:g} is used up: ${self._state.spend.cost_usd:.4f} are spent, and the "
                "next request could cost more than is left."
            )
        return min(most, tokens)

    def most(self, tokens_in: int, tokens_out: int) -> float | None:
        """Return what a request may cost at most, in USD."""
        return None if self._price is None else self._price.of(int(tokens_in * SAFETY), 0, tokens_out)

    def cost(self, usage: Usage) -> float | None:
        """Return what a request has cost, in USD."""
        return None if self._price is None else self._price.of(usage.tokens_in, usage.cached, usage.tokens_out)

    @property
    def _outstanding(self) -> float:
        """What requests may still cost that were cut off by the end of an engine."""
        return sum(request.cost_limit or 0.0 for request in self._state.open_requests.values())
