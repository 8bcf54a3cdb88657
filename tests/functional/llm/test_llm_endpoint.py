"""One request to an endpoint, through both protocols: what comes of every fault, and what is sent."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from agentomics_nb.experiment.bench import Interruption
from agentomics_nb.planner.llm.conversation import Call as Made
from agentomics_nb.planner.llm.conversation import Done, Said, Told
from agentomics_nb.planner.llm.endpoint import HttpEndpoint, ToolSpec
from agentomics_nb.planner.llm.endpoint import Request as Sent
from agentomics_nb.planner.llm.faults import Fault as Failed
from agentomics_nb.planner.llm.faults import Final, Overflow, Passing
from agentomics_nb.planner.llm.model import ModelChoice
from tests.functional.llm.exchange import Call, Reply, Request
from tests.functional.llm.server import Fault, ScriptedServer

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = "sk-test-5eCr3tV4lu3"
WEIGH = ToolSpec(
    "weigh",
    "Weigh a thing.",
    {"type": "object", "properties": {"thing": {"type": "string"}}, "required": ["thing"]},
)
HISTORY = (
    Told(text="Weigh it."),
    Said(request="a", text="I do.", calls=(Made(id="c1", name="weigh", arguments='{"thing": "x", }'),)),
    Done(call="c1", name="weigh", text="9 t", outcome="ok", cells=1),
    Told(text="And now the other."),
)
APIS = pytest.mark.parametrize("api", ["chat", "responses"])
STREAMS = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])


def answers(_: Request) -> Reply:
    return Reply("Wait a moment, please.", (Call("weigh", {"thing": "ship"}),))


def sent(*, stream: bool = True) -> Sent:
    return Sent("00-plan-001", "Be brief.", HISTORY, (WEIGH,), 1000, stream=stream)


class Asked:
    """Endpoints that are closed at the end of the test."""

    def __init__(self) -> None:
        self._open: list[HttpEndpoint] = []

    def at(self, base_url: str, api: Any, *, timeout: float = 5.0) -> HttpEndpoint:
        choice = ModelChoice(name="m", base_url=base_url, api=api, timeout=timeout, key_name="TEST_API_KEY")
        self._open.append(HttpEndpoint(choice, KEY))
        return self._open[-1]

    def close(self) -> None:
        for endpoint in self._open:
            endpoint.close()


@pytest.fixture
def endpoints() -> Iterator[Asked]:
    asked = Asked()
    yield asked
    asked.close()


def nothing() -> None:
    """Look at no command."""


@APIS
@STREAMS
def test_an_answer_comes_whole_with_its_usage(endpoints: Asked, api: str, stream: bool) -> None:
    with ScriptedServer(answers, key=KEY) as server:
        said = endpoints.at(server.base_url, api).ask(sent(stream=stream), nothing)
    (request,) = server.requests
    assert (said.text, [(call.name, call.arguments) for call in said.calls]) == (
        "Wait a moment, please.",
        [("weigh", '{"thing": "ship"}')],
    )
    assert (said.usage.tokens_in, said.usage.tokens_out) == (request.tokens, request.answer_tokens)
    assert (said.model, said.cut_off, request.streamed) == ("m", False, stream)


@APIS
def test_what_is_sent_is_what_real_servers_take(endpoints: Asked, api: str) -> None:
    """Also after a call whose arguments were no JSON: the history that goes back must be."""
    with ScriptedServer(answers) as server:
        endpoints.at(server.base_url, api).ask(sent(), nothing)
    (request,) = server.requests
    assert request.refused is None
    assert [message.text for message in request.messages if message.role == "user"] == [
        "Weigh it.",
        "And now the other.",
    ]
    assert [result for _, result in request.exchanges] == ["9 t"]
    assert request.tools["weigh"]["required"] == ["thing"]
    assert request.prompt.most_tokens == 1000
    assert request.body["stream"] is True


SORTED: dict[str, type[Failed] | None] = {
    "rate_limit": Passing,
    "rate_limit_wait": Passing,
    "server_error": Passing,
    "bad_gateway": Passing,
    "quota": Final,
    "bad_key": Final,
    "stall": Passing,
    "stall_in_stream": Passing,
    "reset": Passing,
    "reset_in_stream": Passing,
    "truncated": Passing,
    "no_usage": None,
    "wrong_type": None,
    "html_page": Passing,
    "overflow": Overflow,
    "error_event": Passing,
    "other_model": None,
}
"""What each fault is taken for; None for an answer that is as good as any."""


@pytest.mark.parametrize("kind", sorted(SORTED))
@APIS
@STREAMS
def test_each_fault_is_sorted_by_what_is_to_be_done(endpoints: Asked, kind: Any, api: str, stream: bool) -> None:
    expected = SORTED[kind]
    with ScriptedServer(answers, faults=[Fault(kind, seconds=30)]) as server:
        endpoint = endpoints.at(server.base_url, api, timeout=1.0)
        began = time.monotonic()
        if expected is None:
            said = endpoint.ask(sent(stream=stream), nothing)
            assert [call.arguments for call in said.calls] == ['{"thing": "ship"}']
            assert said.usage.estimated == (kind == "no_usage")
        else:
            with pytest.raises(Failed) as failed:
                endpoint.ask(sent(stream=stream), nothing)
            assert type(failed.value) is expected
            assert str(failed.value).endswith(".")
            assert "\n" not in str(failed.value)
            if kind == "rate_limit_wait":
                assert isinstance(failed.value, Passing)
                assert failed.value.after == 30
            if kind == "overflow":
                assert isinstance(failed.value, Overflow)
                assert failed.value.limit == 8192
        assert time.monotonic() - began < 10
        again = endpoint.ask(sent(stream=stream), nothing)  # the same endpoint, after a fault
        assert again.calls
    assert [request.fault for request in server.requests] == [kind, None], "one attempt is one request"


@pytest.mark.parametrize("dialect", ["openai", "llama.cpp", "vllm"])
@APIS
def test_a_prompt_that_is_too_long_tells_the_limit(endpoints: Asked, dialect: Any, api: str) -> None:
    with ScriptedServer(answers, context=100, dialect=dialect) as server, pytest.raises(Overflow) as failed:
        endpoints.at(server.base_url, api).ask(sent(), nothing)
    assert failed.value.limit == 100


@pytest.mark.parametrize(
    "address", ["http://no-such-host.invalid/v1", "http://127.0.0.1:9/v1"], ids=["dns", "closed-port"]
)
def test_an_address_that_nobody_answers_at_may_come_back(endpoints: Asked, address: str) -> None:
    with pytest.raises(Passing, match="cannot be reached") as failed:
        endpoints.at(address, "chat").ask(sent(), nothing)
    assert failed.value.tokens_out is None, "nothing was sent, so that nothing costs"


@pytest.mark.parametrize("kind", ["stall", "stall_in_stream"])
@APIS
def test_a_command_breaks_a_request_off_at_once(endpoints: Asked, kind: Any, api: str) -> None:
    looks = 0

    def stop_at_the_third_look() -> None:
        nonlocal looks
        looks += 1
        if looks == 3:
            raise Interruption("stopped", "Stopped by the test.")

    with ScriptedServer(answers, faults=[Fault(kind, seconds=60)]) as server:
        began = time.monotonic()
        with pytest.raises(Interruption):
            endpoints.at(server.base_url, api, timeout=60).ask(sent(), stop_at_the_third_look)
        assert time.monotonic() - began < 20


@APIS
def test_an_answer_that_ends_at_its_limit_says_so(endpoints: Asked, api: str) -> None:
    cut_off = Reply("Once upon a", finish="length")
    with ScriptedServer(lambda _: cut_off) as server:
        assert endpoints.at(server.base_url, api).ask(sent(), nothing).cut_off


@APIS
@STREAMS
def test_thoughts_go_back_or_not_but_are_never_the_answer(endpoints: Asked, api: str, stream: bool) -> None:
    thinks = Reply("It is heavy.", reasoning="A ship is heavy, a straw is not.")
    with ScriptedServer(lambda _: thinks) as server:
        endpoint = endpoints.at(server.base_url, api)
        said = endpoint.ask(sent(stream=stream), nothing)
        assert said.text == "It is heavy."
        endpoint.ask(Sent("00-plan-002", "Be brief.", (*HISTORY, said, Told(text="Sure?")), (WEIGH,), 1000), nothing)
    assert server.requests[1].refused is None


@APIS
def test_an_empty_answer_is_an_answer_or_a_passing_fault(endpoints: Asked, api: str) -> None:
    with ScriptedServer(lambda _: Reply()) as server:
        try:
            said = endpoints.at(server.base_url, api).ask(sent(), nothing)
        except Passing:
            return
        assert (said.text, said.calls) == ("", ())
