"""``/v1/chat/completions``: read a request as a real server does, write an answer whole or as a stream."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from tests.functional.llm.exchange import Call, Message, Prompt, Result, pieces

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tests.functional.llm.exchange import Reply, Role, Usage

PATH = "/v1/chat/completions"
_ROLES: dict[str, Role] = {"developer": "system", "function": "tool"}


def read(body: Mapping[str, Any]) -> Prompt:
    """Return what a request asks."""
    shape = body.get("response_format") or {}
    return Prompt(
        messages=tuple(_message(message) for message in body["messages"]),
        tools={tool["function"]["name"]: tool["function"].get("parameters", {}) for tool in body.get("tools") or ()},
        output_schema=shape["json_schema"]["schema"] if shape.get("type") == "json_schema" else None,
        most_tokens=body.get("max_completion_tokens") or body.get("max_tokens"),
    )


def _message(message: Mapping[str, Any]) -> Message:
    text, images = text_of(message.get("content"))
    role = message["role"]
    result = (Result(message["tool_call_id"], text),) if role == "tool" else ()
    calls = tuple(
        Call(made["function"]["name"], made["function"]["arguments"], made["id"])
        for made in message.get("tool_calls") or ()
    )
    return Message(_ROLES.get(role, role), text, calls, result, images)


def text_of(content: str | Sequence[Mapping[str, Any]] | None) -> tuple[str, int]:
    """Return the text of a message's content, and how many pictures it has."""
    if content is None or isinstance(content, str):
        return content or "", 0
    texts = [part.get("text") or part.get("refusal") or "" for part in content]
    return "\n".join(text for text in texts if text), sum("image" in part["type"] for part in content)


def refusal(body: Mapping[str, Any]) -> str | None:
    """Return why a real server would refuse the request with status 400; None if it would not."""
    waiting: list[str] = []
    for place, message in enumerate(body["messages"]):
        if message["role"] == "tool":
            if message.get("tool_call_id") not in waiting:
                return "messages with role 'tool' must be a response to a preceding message with 'tool_calls'."
            waiting.remove(message["tool_call_id"])
            continue
        if waiting:
            return _unanswered(waiting)
        if message["role"] == "assistant":
            calls = message.get("tool_calls") or ()
            if not calls and not message.get("content"):
                return f"Invalid value for 'content' of messages[{place}]: expected a string, got null."
            for made in calls:
                if (problem := call_problem(made["function"]["name"], made["function"]["arguments"])) is not None:
                    return problem
                waiting.append(made["id"])
    if waiting:
        return _unanswered(waiting)
    return tools_problem([tool["function"] for tool in body.get("tools") or ()])


def _unanswered(waiting: list[str]) -> str:
    return (
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
        f"'tool_call_id'. The following tool_call_ids did not have response messages: {', '.join(waiting)}"
    )


def call_problem(name: str, arguments: object) -> str | None:
    """Return why a call in the history cannot be rendered into a prompt: llama.cpp and vLLM parse its arguments."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name):
        return f"Invalid tool name in the history: {name!r}."
    try:
        parsed = json.loads(arguments) if isinstance(arguments, str) else None
    except ValueError:
        parsed = None
    return None if isinstance(parsed, dict) else f"Failed to parse tool call arguments as JSON: {str(arguments)[:200]}"


def tools_problem(tools: Sequence[Mapping[str, Any]]) -> str | None:
    """Return what is wrong with the offered tools."""
    names = [tool["name"] for tool in tools]
    for tool in tools:
        schema = tool.get("parameters") or {"type": "object"}
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", tool["name"]) or names.count(tool["name"]) > 1:
            return f"Invalid tool name: {tool['name']!r}."
        if schema.get("type") != "object":
            return f"Invalid schema for function {tool['name']!r}: schema must be of type 'object'."
        if tool.get("strict") and (problem := _strict_problem(schema, tool["name"])) is not None:
            return problem
    return None


def _strict_problem(schema: object, name: str) -> str | None:
    """Return what OpenAI's strict mode forbids in a schema, looked for at every depth."""
    if isinstance(schema, list):
        return next((found for part in schema if (found := _strict_problem(part, name)) is not None), None)
    if not isinstance(schema, dict):
        return None
    if schema.get("type") == "object":
        if schema.get("additionalProperties") is not False:
            return f"Invalid schema for function {name!r}: 'additionalProperties' is required to be false."
        if sorted(schema.get("required", ())) != sorted(schema.get("properties", {})):
            return f"Invalid schema for function {name!r}: 'required' must name every key of 'properties'."
    return next((found for part in schema.values() if (found := _strict_problem(part, name)) is not None), None)


def answer(reply: Reply, *, number: int, model: str, usage: Usage | None) -> dict[str, Any]:
    """Return the whole answer as one JSON object."""
    message: dict[str, Any] = {"role": "assistant", "content": reply.text or None, "refusal": None}
    if reply.reasoning:
        message["reasoning_content"] = reply.reasoning
    if reply.calls:
        message["tool_calls"] = [
            {"id": made.id, "type": "function", "function": {"name": made.name, "arguments": made.text}}
            for made in reply.calls
        ]
    choice = {"index": 0, "message": message, "finish_reason": reply.reason, "logprobs": None}
    whole = {**_head(number, model, "chat.completion"), "choices": [choice]}
    return whole if usage is None else {**whole, "usage": _usage(usage)}


def events(
    reply: Reply, *, number: int, model: str, usage: Usage | None, body: Mapping[str, Any], broken_off: bool = False
) -> Iterator[bytes]:
    """Yield the answer as a stream; `broken_off` leaves out everything that says that it is over."""
    head = _head(number, model, "chat.completion.chunk")
    if (body.get("stream_options") or {}).get("include_usage"):
        head["usage"] = None

    def chunk(delta: dict[str, Any], finish: str | None = None) -> bytes:
        return line({**head, "choices": [{"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}]})

    yield chunk({"role": "assistant", "content": None if reply.calls and not reply.text else ""})
    for piece in pieces(reply.reasoning):
        yield chunk({"reasoning_content": piece})
    for piece in pieces(reply.text):
        yield chunk({"content": piece})
    for place, made in enumerate(reply.calls):
        begin = {"index": place, "id": made.id, "type": "function", "function": {"name": made.name, "arguments": ""}}
        yield chunk({"tool_calls": [begin]})
        for piece in pieces(made.text):
            yield chunk({"tool_calls": [{"index": place, "function": {"arguments": piece}}]})
    if broken_off:
        return
    yield chunk({}, reply.reason)
    if usage is not None and "usage" in head:
        yield line({**head, "choices": [], "usage": _usage(usage)})
    yield b"data: [DONE]\n\n"


def error_event(message: str, number: int) -> bytes:
    """Return what a router sends inside a stream when the provider behind it fails."""
    failed = {"message": message, "code": 502, "type": "server_error"}
    choice = {"index": 0, "delta": {"content": ""}, "finish_reason": "error"}
    return line({**_head(number, "unknown", "chat.completion.chunk"), "error": failed, "choices": [choice]})


def line(data: Mapping[str, Any]) -> bytes:
    return b"data: " + json.dumps(data).encode() + b"\n\n"


def _head(number: int, model: str, kind: str) -> dict[str, Any]:
    return {"id": f"chatcmpl-{number}", "object": kind, "created": 1_790_000_000 + number, "model": model}


def _usage(usage: Usage) -> dict[str, Any]:
    return {
        "prompt_tokens": usage.prompt,
        "completion_tokens": usage.answer,
        "total_tokens": usage.prompt + usage.answer,
        "prompt_tokens_details": {"cached_tokens": usage.cached},
    }
