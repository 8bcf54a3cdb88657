"""The scripted server speaks the two APIs as the real client expects them, and its faults are those of providers."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Any, get_args

import openai
import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import BaseModel, TypeAdapter

from tests.functional.llm.exchange import Call, Reply, Request, call
from tests.functional.llm.faults import KINDS, Fault
from tests.functional.llm.server import ScriptedServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CHAT_TOOL: Any = {
    "type": "function",
    "function": {
        "name": "weigh",
        "description": "Weigh a thing.",
        "parameters": {"type": "object", "properties": {"thing": {"type": "string"}}, "required": ["thing"]},
    },
}
RESPONSES_TOOL: Any = {"type": "function", "strict": None, **CHAT_TOOL["function"]}
PROMPT = "Step: training\nIteration: 2\nWorkspace: runs/trial/workspace\nGo."


class Weight(BaseModel):
    grams: int


def client(server: ScriptedServer, *, retries: int = 0, timeout: float = 20.0, key: str = "none") -> openai.OpenAI:
    """Return a client; without certificates, which it would read anew each time."""
    plain = openai.DefaultHttpx2Client(verify=False, timeout=timeout)
    return openai.OpenAI(base_url=server.base_url, api_key=key, max_retries=retries, timeout=timeout, http_client=plain)


def says(text: str) -> Callable[[Request], Reply]:
    return lambda _: Reply(text)


def weighs(request: Request) -> Reply:
    """Call the tool twice at once, then tell what it said."""
    results = [result for _, result in request.exchanges]
    if results:
        return Reply(f"It said {', '.join(map(str, results))}.")
    return Reply("Wait.", calls=(Call("weigh", {"thing": "ship"}), Call("weigh", {"thing": "straw, “dry”"})))


def ask(api: str, server: ScriptedServer, *, stream: bool, timeout: float = 5.0) -> str:
    """Ask once through one API; return the text."""
    with client(server, timeout=timeout) as asking:
        if api == "chat":
            messages: Any = [{"role": "user", "content": PROMPT}]
            if not stream:
                return asking.chat.completions.create(model="m", messages=messages).choices[0].message.content or ""
            chunks = asking.chat.completions.create(model="m", messages=messages, stream=True)
            return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
        if not stream:
            return asking.responses.create(model="m", input=PROMPT).output_text
        with asking.responses.stream(model="m", input=PROMPT) as events:
            return events.get_final_response().output_text


APIS = pytest.mark.parametrize("api", ["chat", "responses"])
STREAMS = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])


def raw(server: ScriptedServer, path: str, body: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the name and the data of each event, unparsed."""
    import http.client
    import json
    from urllib.parse import urlsplit

    place = urlsplit(server.base_url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=10)
    connection.request("POST", f"/v1/{path}", json.dumps(body), {"Content-Type": "application/json"})
    answer = connection.getresponse()
    name = ""
    for line in answer.read().decode().splitlines():
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, line.removeprefix("data: ")
    connection.close()


@APIS
@STREAMS
def test_text_comes_whole(api: str, stream: bool) -> None:
    text = "Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich. " * 9
    with ScriptedServer(says(text)) as server:
        assert ask(api, server, stream=stream) == text
    (request,) = server.requests
    assert (request.step, request.iteration, request.workspace) == ("training", 2, "runs/trial/workspace")
    assert (request.api, request.streamed, request.delivered) == (api, stream, True)


@STREAMS
def test_chat_carries_tool_calls_and_their_results(stream: bool) -> None:
    messages: list[Any] = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": PROMPT}]
    with ScriptedServer(weighs) as server, client(server) as asking:
        if stream:
            with asking.chat.completions.stream(model="m", messages=messages, tools=[CHAT_TOOL]) as events:
                message: Any = events.get_final_completion().choices[0].message
        else:
            message = asking.chat.completions.create(model="m", messages=messages, tools=[CHAT_TOOL]).choices[0].message
        made = message.tool_calls
        assert message.content == "Wait."
        assert [(c.function.name, c.function.arguments) for c in made] == [
            ("weigh", '{"thing": "ship"}'),
            ("weigh", '{"thing": "straw, \\u201cdry\\u201d"}'),
        ]
        calls = [
            {"id": c.id, "type": "function", "function": c.function.model_dump(include={"name", "arguments"})}
            for c in made
        ]
        messages += [
            {"role": "assistant", "content": message.content, "tool_calls": calls},
            {"role": "tool", "tool_call_id": made[0].id, "content": "9 t"},
            {"role": "tool", "tool_call_id": made[1].id, "content": "2 g"},
        ]
        answer = asking.chat.completions.create(model="m", messages=messages, tools=[CHAT_TOOL])
        assert answer.choices[0].message.content == "It said 9 t, 2 g."
    assert [m.role for m in server.requests[1].messages] == ["system", "user", "assistant", "tool", "tool"]
    assert server.requests[1].tools["weigh"]["required"] == ["thing"]


@STREAMS
def test_responses_carry_tool_calls_and_their_results(stream: bool) -> None:
    given: list[Any] = [{"role": "user", "content": [{"type": "input_text", "text": PROMPT}]}]
    with ScriptedServer(weighs) as server, client(server) as asking:
        if stream:
            with asking.responses.stream(
                model="m", input=given, instructions="Brief.", tools=[RESPONSES_TOOL]
            ) as events:
                response: Any = events.get_final_response()
        else:
            response = asking.responses.create(model="m", input=given, instructions="Brief.", tools=[RESPONSES_TOOL])
        made = [item for item in response.output if item.type == "function_call"]
        assert response.output_text == "Wait."
        assert [c.arguments for c in made] == ['{"thing": "ship"}', '{"thing": "straw, \\u201cdry\\u201d"}']
        for c, result in zip(made, ("9 t", "2 g"), strict=True):
            given += [
                {"type": "function_call", "call_id": c.call_id, "name": c.name, "arguments": c.arguments},
                {"type": "function_call_output", "call_id": c.call_id, "output": result},
            ]
        answer = asking.responses.create(model="m", input=given, instructions="Brief.", tools=[RESPONSES_TOOL])
        assert answer.output_text == "It said 9 t, 2 g."
    assert server.requests[1].messages[0].text == "Brief."
    assert [result for _, result in server.requests[1].exchanges] == ["9 t", "2 g"]


@APIS
def test_a_json_schema_reaches_the_player_and_its_answer_parses(api: str) -> None:
    with ScriptedServer(says('{"grams": 12}')) as server, client(server) as asking:
        if api == "chat":
            completion = asking.chat.completions.parse(
                model="m", messages=[{"role": "user", "content": PROMPT}], response_format=Weight
            )
            parsed = completion.choices[0].message.parsed
        else:
            parsed = asking.responses.parse(model="m", input=PROMPT, text_format=Weight).output_parsed
    assert parsed == Weight(grams=12)
    schema = server.requests[0].prompt.output_schema
    assert schema is not None
    assert list(schema["properties"]) == ["grams"]


@pytest.mark.parametrize(
    "reply",
    [
        Reply("Some text.", reasoning="Let me think."),
        Reply(calls=(Call("weigh", {"thing": "ship"}), Call("weigh", '{"thing": "sh'))),
        Reply("Cut off in the", finish="length"),
        Reply(),
    ],
    ids=["text", "calls", "length", "empty"],
)
def test_streams_hold_what_the_clients_types_promise(reply: Reply) -> None:
    """Every event is valid, numbered without a gap, and the sequence ends as the protocol says."""
    import json

    with ScriptedServer(lambda _: reply) as server:
        body = {"model": "m", "input": PROMPT, "stream": True, "tools": [RESPONSES_TOOL]}
        events = [(name, json.loads(data)) for name, data in raw(server, "responses", body)]
        messages = [{"role": "user", "content": PROMPT}]
        body = {"model": "m", "messages": messages, "stream": True, "tools": [CHAT_TOOL]}
        chunks = [
            data for _, data in raw(server, "chat/completions", {**body, "stream_options": {"include_usage": True}})
        ]
        silent = [data for _, data in raw(server, "chat/completions", body)]
    known = {
        literal: model
        for model in get_args(get_args(ResponseStreamEvent)[0])
        for literal in get_args(model.model_fields["type"].annotation)
    }
    for name, event in events:
        assert name == event["type"]
        TypeAdapter(known[name]).validate_python(event)
    assert [event["sequence_number"] for _, event in events] == list(range(len(events)))
    assert events[-1][0] == ("response.incomplete" if reply.finish == "length" else "response.completed")
    assert events[-1][1]["response"]["usage"]["output_tokens"] == reply.tokens

    assert chunks[-1] == silent[-1] == "[DONE]"
    parsed = [ChatCompletionChunk.model_validate_json(data) for data in chunks[:-1]]
    assert parsed[-1].usage is not None
    assert (parsed[-1].choices, parsed[-1].usage.completion_tokens) == ([], reply.tokens)
    assert parsed[-2].choices[0].finish_reason == reply.reason
    assert all("usage" not in json.loads(data) for data in silent[:-1])


@APIS
def test_whole_answers_hold_what_the_clients_types_promise(api: str) -> None:
    import httpx2

    reply = Reply("Text.", calls=(Call("weigh", {"thing": "ship"}),), reasoning="Think.")
    messages = [{"role": "user", "content": PROMPT}]
    with ScriptedServer(lambda _: reply) as server:
        path, body = {
            "chat": ("chat/completions", {"messages": messages, "tools": [CHAT_TOOL]}),
            "responses": ("responses", {"input": PROMPT, "tools": [RESPONSES_TOOL]}),
        }[api]
        answer = httpx2.post(f"{server.base_url}/{path}", json={"model": "m", **body}).json()
    (ChatCompletion if api == "chat" else Response).model_validate(answer)
    assert answer["usage"]["total_tokens"] == server.requests[0].tokens + reply.tokens


def test_models_are_listed() -> None:
    with ScriptedServer(says(""), models=["small", "large"]) as server, client(server) as asking:
        assert [model.id for model in asking.models.list()] == ["small", "large"]
    assert (server.looked_up, server.requests) == (1, [])


def test_one_api_only_answers_404_to_the_other() -> None:
    with ScriptedServer(says("x"), api="chat") as server:
        assert ask("chat", server, stream=False) == "x"
        with pytest.raises(openai.NotFoundError):
            ask("responses", server, stream=False)


EXPECTED: dict[
    str,
    tuple[type[Exception] | tuple[type[Exception], ...] | None, type[Exception] | tuple[type[Exception], ...] | None],
] = {
    "rate_limit": (openai.RateLimitError, openai.RateLimitError),
    "rate_limit_wait": (openai.RateLimitError, openai.RateLimitError),
    "server_error": (openai.InternalServerError, openai.InternalServerError),
    "bad_gateway": (openai.InternalServerError, openai.InternalServerError),
    "quota": (openai.RateLimitError, openai.RateLimitError),
    "bad_key": (openai.AuthenticationError, openai.AuthenticationError),
    "stall": (openai.APITimeoutError, openai.APITimeoutError),
    "stall_in_stream": (openai.APITimeoutError, openai.APITimeoutError),
    "reset": (openai.APIConnectionError, openai.APIConnectionError),
    "reset_in_stream": (openai.APIConnectionError, openai.APIConnectionError),
    "overflow": (openai.BadRequestError, openai.BadRequestError),
}
"""What the client raises on a whole and on a streamed answer; the other faults it does not see for what they are."""


@pytest.mark.parametrize("kind", sorted(EXPECTED))
@APIS
@STREAMS
def test_a_fault_is_one_to_the_real_client_and_the_next_request_works(kind: Any, api: str, stream: bool) -> None:
    with ScriptedServer(says("fine " * 50), faults=[Fault(kind, seconds=5)]) as server:
        with pytest.raises(EXPECTED[kind][stream]):  # type: ignore[arg-type]
            ask(api, server, stream=stream, timeout=0.5)
        assert ask(api, server, stream=stream).startswith("fine")
    assert [request.fault for request in server.requests] == [kind, None]
    assert server.requests[0].delivered is False


def test_every_fault_that_the_client_cannot_see_is_known_here() -> None:
    unseen = {"truncated", "no_usage", "wrong_type", "html_page", "error_event", "other_model"}
    assert set(KINDS) == set(EXPECTED) | unseen


@APIS
def test_an_error_inside_a_stream_is_no_answer(api: str) -> None:
    with (
        ScriptedServer(says("a " * 50), faults=[Fault("error_event")]) as server,
        pytest.raises((openai.APIError, RuntimeError), match=r"The provider returned an error|response\.completed"),
    ):
        ask(api, server, stream=True)
    assert server.requests[0].delivered is False


def test_a_truncated_chat_stream_looks_like_a_good_one_to_the_client() -> None:
    with ScriptedServer(says("0123456789" * 4), faults=[Fault("truncated")]) as server, client(server) as asking:
        messages: Any = [{"role": "user", "content": PROMPT}]
        chunks = list(asking.chat.completions.create(model="m", messages=messages, stream=True))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == "0123456789" * 4
    assert all(chunk.choices[0].finish_reason is None for chunk in chunks)


def test_a_truncated_responses_stream_never_completes() -> None:
    seen = pytest.raises(RuntimeError, match=r"response\.completed")
    with ScriptedServer(says("x"), faults=[Fault("truncated")]) as server, seen:
        ask("responses", server, stream=True)


@APIS
@pytest.mark.parametrize(
    ("kind", "model", "counted"),
    [("no_usage", "m", False), ("other_model", "another-model-2026", True), ("wrong_type", "m", True)],
)
def test_odd_answers_are_odd_in_one_way_only(api: str, kind: Any, model: str, counted: bool) -> None:
    import json

    with ScriptedServer(says("x"), faults=[Fault(kind)]) as server:
        options: dict[str, Any] = {"model": "m", "stream": True, "stream_options": {"include_usage": True}}
        if api == "chat":
            body = {**options, "messages": [{"role": "user", "content": PROMPT}]}
            last = json.loads(list(raw(server, "chat/completions", body))[-2][1])
        else:
            last = json.loads(list(raw(server, "responses", {**options, "input": PROMPT}))[-1][1])["response"]
    assert (last["model"], bool(last.get("usage"))) == (model, counted)


def test_faults_are_counted_per_step() -> None:
    faults = [Fault("server_error", step="training", occurrence=2, times=2), Fault("overflow", request=5)]
    with ScriptedServer(says("x"), faults=faults) as server, client(server) as asking:
        for step in ("plan", "training", "training", "training", "training", "training"):
            with contextlib.suppress(openai.APIStatusError):
                asking.responses.create(model="m", input=f"Step: {step}")
    assert [request.fault for request in server.requests] == [
        None,
        None,
        "server_error",
        "server_error",
        "overflow",
        None,
    ]


def test_retry_after_is_what_the_client_waits_for() -> None:
    faults = [Fault("rate_limit_wait", seconds=1)]
    with ScriptedServer(says("x"), faults=faults) as server, client(server, retries=1) as asking:
        asking.responses.create(model="m", input=PROMPT)
    first, second = server.requests
    assert second.received - first.received > 0.9


def test_a_bad_key_is_refused_and_quoted() -> None:
    with ScriptedServer(says("x"), key="sk-right") as server:
        with client(server, key="sk-wrong") as asking, pytest.raises(openai.AuthenticationError, match="sk-wrong"):
            asking.responses.create(model="m", input=PROMPT)
        with client(server, key="sk-right") as asking:
            assert asking.responses.create(model="m", input=PROMPT).output_text == "x"


@pytest.mark.parametrize("dialect", ["openai", "llama.cpp", "vllm"])
def test_a_prompt_beyond_the_context_is_refused(dialect: Any) -> None:
    with ScriptedServer(says("x"), context=1000, dialect=dialect) as server, client(server) as asking:
        assert asking.responses.create(model="m", input="word " * 500).output_text == "x"
        with pytest.raises(openai.BadRequestError, match=r"context"):
            asking.responses.create(model="m", input="word " * 1000)
    assert server.requests[1].refused is not None


def test_a_prompt_that_begins_like_an_earlier_one_is_cached_as_far_as_it_does() -> None:
    with ScriptedServer(says("x")) as server, client(server) as asking:
        for end in ("one", "two"):
            answer = asking.responses.create(model="m", instructions="word " * 1000, input=end)
    assert answer.usage is not None
    assert 1000 < answer.usage.input_tokens_details.cached_tokens <= answer.usage.input_tokens
    assert server.requests[0].cached == 0


MADE = {
    "role": "assistant",
    "tool_calls": [{"id": "c", "type": "function", "function": {"name": "weigh", "arguments": "{}"}}],
}
TORN = {
    "role": "assistant",
    "tool_calls": [{"id": "c", "type": "function", "function": {"name": "weigh", "arguments": "{"}}],
}
GOT = {"role": "tool", "tool_call_id": "c", "content": "1"}


@pytest.mark.parametrize(
    ("messages", "complaint"),
    [
        ([MADE], "must be followed by tool messages"),
        ([MADE, {"role": "user", "content": "go on"}], "must be followed by tool messages"),
        ([GOT], "must be a response to a preceding message"),
        ([MADE, GOT, GOT], "must be a response to a preceding message"),
        ([TORN, GOT], "Failed to parse tool call arguments"),
        ([{"role": "assistant", "content": None}], "expected a string, got null"),
    ],
    ids=["no-result", "result-late", "no-call", "result-twice", "torn-arguments", "empty-assistant"],
)
def test_a_history_that_real_servers_refuse_is_refused(messages: Any, complaint: str) -> None:
    with ScriptedServer(says("x")) as server, client(server) as asking:
        with pytest.raises(openai.BadRequestError, match=complaint):
            asking.chat.completions.create(model="m", messages=[{"role": "user", "content": "go"}, *messages])
        asking.chat.completions.create(model="m", messages=[{"role": "user", "content": "go"}, MADE, GOT])


@pytest.mark.parametrize(
    ("items", "complaint"),
    [
        ([{"type": "function_call", "call_id": "c", "name": "weigh", "arguments": "{}"}], "No tool output found"),
        ([{"type": "function_call_output", "call_id": "c", "output": "1"}], "No tool call found"),
    ],
)
def test_items_that_the_responses_api_refuses_are_refused(items: Any, complaint: str) -> None:
    refused = pytest.raises(openai.BadRequestError, match=complaint)
    with ScriptedServer(says("x")) as server, client(server) as asking, refused:
        asking.responses.create(model="m", input=[{"role": "user", "content": "go"}, *items])


def test_a_strict_tool_must_be_strict_at_every_depth() -> None:
    loose: Any = {"type": "function", "function": {**CHAT_TOOL["function"], "strict": True}}
    refused = pytest.raises(openai.BadRequestError, match="additionalProperties")
    with ScriptedServer(says("x")) as server, client(server) as asking, refused:
        asking.chat.completions.create(model="m", messages=[{"role": "user", "content": "go"}], tools=[loose])


def test_a_player_that_fails_fails_the_test() -> None:
    def breaks(_: Request) -> Reply:
        raise ZeroDivisionError("in the player")

    with pytest.raises(ZeroDivisionError), ScriptedServer(breaks) as server, pytest.raises(openai.APIConnectionError):
        ask("chat", server, stream=False)


def test_leaving_the_server_ends_its_stalls_at_once() -> None:
    began = time.monotonic()
    seen = pytest.raises(openai.APITimeoutError)
    with ScriptedServer(says("x"), faults=[Fault("stall", seconds=600)]) as server, seen:
        ask("chat", server, stream=True, timeout=0.2)
    assert time.monotonic() - began < 30


def test_call_makes_a_reply_with_one_call() -> None:
    assert call("bash", command="ls").calls[0].values == {"command": "ls"}
