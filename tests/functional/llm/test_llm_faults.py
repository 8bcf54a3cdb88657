"""Whatever a provider does to a run, at whatever step: it ends with a model, and nothing ran twice."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from agentomics_nb.journal import events as ev
from tests.conftest import write_small_table
from tests.functional.llm.competent import STEPS, competent
from tests.functional.llm.faults import KINDS, LASTING, Fault, Kind
from tests.functional.llm.in_process import trial
from tests.functional.llm.server import ScriptedServer

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from agentomics_nb.journal.state import RunState
    from tests.functional.llm.in_process import Trial

pytestmark = pytest.mark.xdist_group("llm-faults")

REQUESTS = {
    "plan": 2,
    "exploration": 3,
    "split": 2,
    "representation": 3,
    "architecture": 1,
    "training": 4,
    "inference": 4,
    "prediction_analysis": 2,
    "reflection": 1,
}
"""How often the competent model is asked in each step."""
IN_A_ROW: tuple[tuple[Kind, ...], ...] = (
    ("rate_limit", "stall_in_stream", "wrong_type"),
    ("rate_limit_wait", "reset", "no_usage"),
    ("server_error", "reset_in_stream", "overflow"),
    ("bad_gateway", "truncated", "error_event"),
    ("stall", "html_page", "other_model"),
)
"""All that passes, three in a row, so that a few runs suffice; whatever is an answer after all comes last."""
TURNS = range(len(STEPS))
SECONDS = {"rate_limit_wait": 0.2}
TIMEOUT = 1.0


@dataclass(frozen=True)
class Undisturbed:
    """A run that no fault met."""

    cells: list[str]
    scores: object
    requests: int


@pytest.fixture(scope="module")
def tumours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_small_table(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def undisturbed(tumours: Path, tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    with ScriptedServer(competent()) as server, pytest.MonkeyPatch.context() as patch:
        calm = trial(tumours, tmp_path_factory.mktemp("undisturbed"), server, patch)
        state = calm.carry_out()
    assert calm.ends == [("finished", "All iterations are done.")]
    assert Counter(request.step for request in server.requests) == REQUESTS
    assert all(request.refused is None and request.delivered for request in server.requests)
    assert state.best == 0
    return Undisturbed(without_run(calm), state.iterations[0].scores, len(server.requests))


def without_run(ended: Trial) -> list[str]:
    """Return the cells that ran, in order, without what differs between any two runs."""
    run = ended.run.path.name
    return [re.sub(r"[./][\w./-]*tumours\.csv", "DATA", source.replace(run, "RUN")) for source in ended.bench.ran]


def test_every_kind_of_fault_is_injected_here() -> None:
    assert sorted([kind for row in IN_A_ROW for kind in row] + [*LASTING]) == sorted(KINDS)


def test_an_undisturbed_run_is_paid_for_to_the_token(
    tumours: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ScriptedServer(competent(), key="sk-proj-Vd83kfLq0ZmXw7Tn2RbY5sHc9JpA4uGe") as server:
        calm = trial(tumours, tmp_path / "calm", server, monkeypatch, price={"input": 2, "cached": 1, "output": 8})
        spend = calm.carry_out().spend
    tokens = [(request.tokens, request.cached, request.answer_tokens) for request in server.requests]
    assert (spend.requests, spend.tokens_in, spend.tokens_cached, spend.tokens_out) == (
        len(tokens),
        *(sum(column) for column in zip(*tokens, strict=True)),
    )
    cost = sum(2 * (sent - cached) + cached + 8 * said for sent, cached, said in tokens) / 1e6
    assert spend.cost_usd == pytest.approx(cost, rel=1e-6)
    assert not spend.estimated


def plan_of(turn: int) -> dict[str, tuple[Kind, ...]]:
    """Return which faults meet which step in one run; over `TURNS` runs each meets each.

    A model's limit is learnt for good, so that a run can have one overflow only.
    """
    steps = list(STEPS)
    if turn >= len(IN_A_ROW):
        return {steps[turn]: ("overflow",)}
    rows = {step: IN_A_ROW[(turn + place) % len(IN_A_ROW)] for place, step in enumerate(steps)}
    late = steps[len(IN_A_ROW) :]
    return {step: tuple(k for k in row if step not in late or k != "overflow") for step, row in rows.items()}


def test_each_passing_fault_meets_each_step() -> None:
    met = {(step, kind) for turn in TURNS for step, row in plan_of(turn).items() for kind in row}
    assert met == {(step, kind) for step in STEPS for kind in KINDS if kind not in LASTING}


@pytest.mark.parametrize("turn", TURNS)
def test_every_passing_fault_at_every_step(
    turn: int, tumours: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, undisturbed: Undisturbed
) -> None:
    """At a step's first request or in the midst of it, through either protocol."""
    kinds = plan_of(turn)
    faults = [
        Fault(kind, step=step, occurrence=place + min(2, REQUESTS[step]), seconds=SECONDS.get(kind, 60))
        for step, row in kinds.items()
        for place, kind in enumerate(row)
    ]
    api = ("chat", "responses")[turn % 2]
    with ScriptedServer(competent(), faults=faults) as server:
        disturbed = trial(tumours, tmp_path / "disturbed", server, monkeypatch, api=api, timeout=TIMEOUT)
        state = disturbed.carry_out()

    met = {step: tuple(r.fault for r in server.requests if r.fault and r.step == step) for step in kinds}
    assert met == kinds
    assert all(request.refused is None for request in server.requests)
    assert without_run(disturbed) == undisturbed.cells, "a tool ran twice, or not at all"
    assert_each_cell_ran_once(disturbed)
    assert (state.status, state.best) == ("finished", 0)
    assert state.iterations[0].scores == undisturbed.scores
    assert fallen_back(state) == {}
    assert_every_request_ended(disturbed.events)
    assert_every_wait_was_told(disturbed.events, server)
    assert state.spend.tokens_in >= sum(request.tokens for request in server.requests if request.reply)
    assert state.spend.estimated == (turn < len(IN_A_ROW))


def fallen_back(state: RunState) -> dict[tuple[int, str], str]:
    """Return why which step of which iteration went to the recipes."""
    return {
        (iteration.number, step.step.value): step.fell_back
        for iteration in state.iterations.values()
        for step in iteration.steps.values()
        if step.fell_back is not None
    }


def test_a_lasting_fault_at_every_step_stops_the_run_which_then_goes_on(
    tumours: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is a model already, so that nothing is done without the language model."""
    steps = [step for step in STEPS if step not in ("exploration", "split")]  # these are kept from iteration 0
    faults = [
        Fault(kind, iteration=1, step=step, occurrence=place)
        for step in steps
        for place, kind in enumerate(LASTING, start=1)
    ]
    with ScriptedServer(competent(), faults=faults) as server:
        run = trial(tumours, tmp_path / "run", server, monkeypatch, options={"iterations": 2})
        states = [run.carry_out() for _ in range(len(faults) + 1)]
    assert [state.status for state in states] == ["interrupted"] * len(faults) + ["finished"]
    assert all("resume" in reason for status, reason in run.ends if status == "interrupted")
    assert len(server.requests) == 22 + 18 + len(faults)
    assert_each_cell_ran_once(run)
    assert fallen_back(states[-1]) == {}
    assert [iteration.status for iteration in states[-1].iterations.values()] == ["ok", "ok"]


@pytest.mark.parametrize(("kind", "step"), [("quota", "exploration"), ("bad_key", "inference")])
def test_a_lasting_fault_before_there_is_a_model_still_ends_with_one(
    kind: Any, step: str, tumours: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ScriptedServer(competent(), faults=[Fault(kind, step=step, times=99)]) as server:
        run = trial(tumours, tmp_path / "run", server, monkeypatch, options={"iterations": 2})
        state = run.carry_out()
        asked = len(server.requests)
        assert (state.status, state.best) == ("interrupted", 0)
        assert (run.run.best / "inference.py").is_file()
        assert next(iter(fallen_back(state))) == (0, step)
        assert server.requests[-1].fault == kind, "nothing is asked once it is of no use"
        server.faults.clear()
        assert run.carry_out().status == "finished"
    assert len(server.requests) > asked
    assert_each_cell_ran_once(run)


def assert_each_cell_ran_once(run: Trial) -> None:
    ended = [event.cell for event in run.events if isinstance(event, ev.CellEnded)]
    assert len(ended) == len(set(ended))
    assert len(run.bench.ran) == sum(cell.cell_type == "code" for cell in run.state.cells.values())


def assert_every_request_ended(events: Iterable[ev.Event]) -> None:
    started = [event.request for event in events if isinstance(event, ev.RequestStarted)]
    ended = [event.request for event in events if isinstance(event, ev.RequestEnded)]
    assert len(started) == len(set(started))
    assert sorted(ended) == sorted(started)


def assert_every_wait_was_told(events: list[ev.Event], server: ScriptedServer) -> None:
    """Each request and each wait says until when; there is no silence."""
    assert all(event.until for event in events if isinstance(event, ev.RequestStarted))
    told = [event for event in events if isinstance(event, ev.Waiting)]
    failed = [event for event in events if isinstance(event, ev.RequestEnded) and event.error]
    assert all(event.reason and event.until for event in told)
    assert len(told) == len(failed) - sum(request.fault == "overflow" for request in server.requests)
