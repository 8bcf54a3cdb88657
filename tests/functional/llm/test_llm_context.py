"""A long step against a small model: what is sent always fits, and the step gets done."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from agentomics_nb.experiment.steps import Step
from agentomics_nb.journal import events as ev
from tests.conftest import write_small_table
from tests.functional.llm.competent import competent
from tests.functional.llm.exchange import Call, Reply
from tests.functional.llm.in_process import trial
from tests.functional.llm.server import ScriptedServer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.functional.llm.exchange import Request

pytestmark = pytest.mark.xdist_group("llm-context")

CONTEXT = 8192
TURNS = 200


def talkative(turns: int) -> Callable[[Request], Reply]:
    """Return a player that makes so many calls with long outputs in the exploration step, then does its work."""
    made = 0
    competently = competent()

    def play(request: Request) -> Reply:
        nonlocal made
        if request.step != "exploration" or made == turns:
            return competently(request) if request.step != "exploration" else done()
        made += 1
        command = f"for i in $(seq 40); do echo 'turn {made}, line' $i of a rather long and wordy output; done"
        return Reply(f"Turn {made}.", calls=(Call("bash", {"command": command}),))

    def done() -> Reply:
        return Reply(calls=(Call("finish", {"description": f"Seen in {turns} turns.", "features": []}),))

    return play


@pytest.fixture
def tumours(tmp_path: Path) -> Path:
    return write_small_table(tmp_path)


def test_two_hundred_turns_fit_a_context_of_8k(tumours: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedServer(talkative(TURNS), context=CONTEXT) as server:
        run = trial(
            tumours,
            tmp_path / "run",
            server,
            monkeypatch,
            context=CONTEXT,
            requests_per_step=TURNS + 20,
            max_output=1024,
        )
        state = run.carry_out()
    assert state.status == "finished"
    assert state.best == 0
    assert [step for step in state.iterations[0].steps.values() if step.fell_back] == []
    assert state.iterations[0].steps["exploration"].answer["description"] == "Seen in 200 turns."  # type: ignore[index]
    assert sum(request.step == "exploration" for request in server.requests) == TURNS + 1
    assert [request.refused for request in server.requests if request.refused] == []
    assert max(request.tokens + (request.prompt.most_tokens or 0) for request in server.requests) <= CONTEXT
    assert max(request.tokens for request in server.requests) > CONTEXT / 2, "no more is left out than need be"


@pytest.mark.parametrize(
    ("dialect", "characters", "api"), [("openai", 4.0, "responses"), ("llama.cpp", 2.5, "chat"), ("vllm", 3.0, "chat")]
)
def test_an_unknown_limit_is_learnt_from_the_first_refusal(
    dialect: str, characters: float, api: str, tumours: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where a token has fewer characters than anyone would think."""
    served = ScriptedServer(talkative(25), context=CONTEXT, dialect=dialect, characters=characters)  # type: ignore[arg-type]
    with served as server:
        run = trial(tumours, tmp_path / "run", server, monkeypatch, api=api, requests_per_step=60)
        state = run.carry_out()
    assert state.status == "finished"
    assert [step for step in state.iterations[0].steps.values() if step.fell_back] == []
    assert 1 <= sum(request.refused is not None for request in server.requests) <= 2
    refused_last = max(request.number for request in server.requests if request.refused)
    assert len(server.requests) - refused_last > 20, "nothing is refused once the limit is known"


def test_the_beginning_of_a_prompt_stays_the_same_so_that_it_is_cached(
    tumours: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ScriptedServer(competent()) as server:
        trial(tumours, tmp_path / "run", server, monkeypatch).carry_out()
    later = [request for request in server.requests if any(message.role == "tool" for message in request.messages)]
    assert sum(request.cached for request in later) > 0.8 * sum(request.tokens for request in later)


@pytest.mark.parametrize("api", ["chat", "responses"])
def test_a_reflection_is_seen_while_it_is_written(
    tumours: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, api: str
) -> None:
    monkeypatch.setattr("agentomics_nb.planner.llm.planner._WRITING_INTERVAL", 0.05)
    words = " ".join(f"Thought {number}." for number in range(40))
    competently = competent()

    def play(request: Request) -> Reply:
        if request.step != "reflection":
            return competently(request)
        answer = {"headline": "All is well.", "text": words, "diagnoses": [], "next_idea": None}
        return Reply(calls=(Call("finish", answer),))

    with ScriptedServer(play, pauses={"reflection": 0.08}) as server:
        made = trial(tumours, tmp_path / "run", server, monkeypatch, api=api)
        state = made.finish()
    grown = [event.text for event in made.events if isinstance(event, ev.ReflectionGrew)]
    assert len(grown) >= 2
    assert all(later.startswith(earlier) for earlier, later in pairwise(grown))
    assert words.startswith(grown[-1])
    assert state.iterations[0].reflection_so_far is None, "the whole reflection has taken its place"
    assert state.iterations[0].answer(Step.REFLECTION)["text"] == words
