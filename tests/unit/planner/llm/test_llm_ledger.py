from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentomics_nb.journal import events as ev
from agentomics_nb.journal.state import RunState
from agentomics_nb.journal.summary import summary
from agentomics_nb.planner.llm.ledger import BudgetSpentError, Ledger
from agentomics_nb.planner.llm.model import Price

PRICE = Price(input=2.0, cached=0.5, output=8.0)


def spent(usd):
    state = RunState()
    state.apply(ev.RequestEnded(request="x", cost_usd=usd, seq=0, time=1.0))
    return state


@settings(deadline=None)
@given(st.floats(0.001, 5), st.floats(0, 5), st.integers(1, 200_000), st.integers(1, 20_000))
def test_no_allowed_request_can_exceed_the_budget(budget, before, tokens_in, most):
    ledger = Ledger(PRICE, lambda: budget, spent(before))
    try:
        tokens = ledger.affordable(tokens_in, most)
    except BudgetSpentError:
        return
    assert 0 < tokens <= most
    assert before + PRICE.of(tokens_in, 0, tokens) <= budget + 1e-9


def test_what_an_ended_engine_left_open_counts_as_spent():
    state = RunState()
    state.apply(ev.RequestStarted(request="x", model="m", tokens_in=10, cost_limit=0.99, seq=0, time=1.0))
    with pytest.raises(BudgetSpentError, match=r"\$1"):
        Ledger(PRICE, lambda: 1.0, state).affordable(10_000, 4000)
    assert Ledger(PRICE, lambda: None, state).affordable(10_000, 4000) == 4000


def test_tokens_read_from_a_cache_are_cheaper():
    assert PRICE.of(1_000_000, 0, 0) == 2.0
    assert PRICE.of(1_000_000, 1_000_000, 0) == 0.5


def test_a_cost_that_is_not_known_is_said_to_be_unknown():
    from types import SimpleNamespace

    state = RunState()
    state.apply(ev.RequestEnded(request="x", tokens_in=5, cost_usd=None, seq=0, time=1.0))
    record = SimpleNamespace(run="r", planner="llm", metric="auroc", dataset=SimpleNamespace(task="classification"))
    assert summary(record, state, "p")["cost_usd"] is None
