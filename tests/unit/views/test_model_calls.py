"""What the views show of a language model: what it has cost, what the run waits for, who did a step."""

from __future__ import annotations

import re

import pytest

from agentomics_nb.experiment.steps import Step
from agentomics_nb.journal import events as ev
from agentomics_nb.journal.state import fold
from agentomics_nb.record.notebook import cell_metadata
from agentomics_nb.views import html, terminal
from agentomics_nb.views.snapshot import snapshot
from tests.unit.views.simulated_run import STARTED, iteration, make_run


@pytest.fixture
def run(tmp_path):
    return make_run(tmp_path, llm="scripted", base_url="http://127.0.0.1:9/v1", budget=2.5, iterations=3)


def asked(number, **ended):
    yield ev.RequestStarted(request=number, model="scripted", tokens_in=900, until=STARTED + 120)
    if ended:
        yield ev.RequestEnded(request=number, **ended)


def shown(run, *events):
    stamped = [
        event.model_copy(update={"seq": place, "time": STARTED + place, "iteration": event.iteration or 0})
        for place, event in enumerate([ev.RunStarted(pid=1, attempt=1, planner="llm"), *events])
    ]
    return snapshot(run.read_record(), fold(stamped), run.path, now=STARTED + 60)


def test_the_meter_adds_requests_up(run):
    shot = shown(
        run,
        *iteration(0, upto=Step.TRAINING),
        *asked("a", tokens_in=20_000, tokens_cached=15_000, tokens_out=800, cost_usd=0.02),
        *asked("b", tokens_in=1_000, tokens_out=200, cost_usd=0.005, estimated=True),
    )
    assert shot.meter == "2 requests · 21 k tokens in (15 k cached), 1,000 out · about $0.0250 of $2.50"
    for view in (html.text(shot), html.markdown(shot)):
        assert "2 requests" in view
        assert "0.0250" in view


def test_an_unknown_price_is_not_shown_as_nothing(run):
    shot = shown(run, *iteration(0, upto=Step.PLAN), *asked("a", tokens_in=100, tokens_out=10))
    assert shot.meter is not None
    assert shot.meter.endswith("cost unknown")


def test_a_request_under_way_says_since_when_and_until_when(run):
    shot = shown(run, *iteration(0, upto=Step.PLAN), *asked("a"))
    assert re.fullmatch(
        r"plan · asks scripted since \d\d:\d\d:\d\d, gives up at \d\d:\d\d:\d\d if it stays silent", shot.activity
    )


def test_a_wait_says_why_and_until_when(run):
    wait = ev.Waiting(reason="127.0.0.1 allows no more requests just now.", until=STARTED + 90)
    shot = shown(run, *iteration(0, upto=Step.PLAN), *asked("a", error="429"), wait)
    assert shot.activity.startswith("plan · 127.0.0.1 allows no more requests just now. Tries again at ")
    assert terminal.event_line(wait, shot) is not None
    over = shown(run, *iteration(0, upto=Step.PLAN), wait, *asked("b", tokens_in=1))
    assert over.activity == "plan"


def test_a_step_that_fell_back_says_who_did_it(run):
    cell = ev.CellStarted(cell="c-0", cell_type="code", role="bash", source="ls", step=Step.TRAINING, iteration=0)
    before = cell.model_copy(update={"cell": "c-1"})
    events = [
        ev.RunStarted(pid=1, attempt=1, planner="llm"),
        *iteration(0, upto=Step.TRAINING),
        before,
        ev.FellBack(reason="8 answers in a row led nowhere.", step=Step.TRAINING, iteration=0),
        cell,
    ]
    state = fold(event.model_copy(update={"seq": n, "time": STARTED + n}) for n, event in enumerate(events))
    record = run.read_record()
    assert cell_metadata(record, state.cells["c-1"])["planner"] == "llm"
    assert cell_metadata(record, state.cells["c-0"])["planner"] == "offline"
    assert state.iterations[0].steps[Step.TRAINING].fell_back == "8 answers in a row led nowhere."
