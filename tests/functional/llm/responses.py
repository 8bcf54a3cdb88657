"""``/v1/responses``: read a request as a real server does, write an answer whole or as a stream of events."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.functional.llm.chat import call_problem, text_of, tools_problem
from tests.functional.llm.exchange import Call, Message, Prompt, Result, pieces

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.functional.llm.exchange import Reply, Role, Usage

PATH = "/v1/responses"
_ROLES: dict[str, Role] = {"developer": "system"}


def read(body: Mapping[str, Any]) -> Prompt:
    """Return what a request asks."""
    instructions = [Message("system", body["instructions"])] if body.get("instructions") else []
    given = body["input"]
    items = [{"role": "user", "content": given}] if isinstance(given, str) else given
    shape = (body.get("text") or {}).get("format") or {}
    return Prompt(
        messages=(*instructions, *(message for item in items if (message := _message(item)) is not None)),
        tools={tool["name"]: tool.get("parameters", {}) for tool in _functions(body)},
        output_schema=shape.get("schema") if shape.get("type") == "json_schema" else None,
        most_tokens=body.get("max_output_tokens"),
    )


def _functions(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [tool for tool in body.get("tools") or () if tool["type"] == "function"]


def _message(item: Mapping[str, Any]) -> Message | None:
    match item.get("type", "message"):
        case "function_call":
            return Message("assistant", tool_calls=(Call(item["name"], item["arguments"], item["call_id"]),))
        case "function_call_output":
            text, images = text_of(item["output"])
            return Message("tool", text, tool_results=(Result(item["call_id"], text),), images=images)
        case "message":
            text, images = text_of(item["content"])
            return Message(_ROLES.get(item["role"], item["role"]), text, images=images)
        case _:  # reasoning and the like, of no interest to a player
            return None


def refusal(body: Mapping[str, Any]) -> str | None:
    """Return why a real server would refuse the request with status 400; None if it would not."""
    if isinstance(body["input"], str):
        return None
    made: set[str] = set()
    answered: set[str] = set()
    for item in body["input"]:
        if item.get("type") == "function_call":
            if (problem := call_problem(item["name"], item["arguments"])) is not None:
                return problem
            made.add(item["call_id"])
        elif item.get("type") == "function_call_output":
            if item["call_id"] not in made:
                return f"No tool call found for function call output with call_id {item['call_id']}."
            answered.add(item["call_id"])
    if made - answered:
        return f"No tool output found for function call {min(made - answered)}."
    return tools_problem(_functions(body))


def answer(reply: Reply, *, number: int, model: str, usage: Usage | None) -> dict[str, Any]:
    """Return the whole answer as one JSON object."""
    return _response(reply, number=number, model=model, usage=usage, body={}, output=_items(reply, number))


def _response(
    reply: Reply,
    *,
    number: int,
    model: str,
    usage: Usage | None,
    body: Mapping[str, Any],
    output: list[dict[str, Any]] | None,
) -> dict[str, Any]:
    """Return the response object: in progress without an `output`, at its end with one."""
    cut = reply.reason in ("length", "content_filter")
    reason = {"length": "max_output_tokens"}.get(reply.reason, reply.reason)
    return {
        "id": f"resp_{number}",
        "object": "response",
        "created_at": 1_790_000_000 + number,
        "status": "in_progress" if output is None else "incomplete" if cut else "completed",
        "error": None,
        "incomplete_details": {"reason": reason} if cut and output is not None else None,
        "instructions": None,
        "metadata": {},
        "model": model,
        "output": output or [],
        "parallel_tool_calls": True,
        "temperature": 1.0,
        "tool_choice": body.get("tool_choice") or "auto",
        "tools": [],
        "top_p": 1.0,
        "text": {"format": {"type": "text"}},
        "usage": None if usage is None or output is None else _usage(usage),
    }


def _items(reply: Reply, number: int) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    if reply.reasoning:
        summary = [{"type": "summary_text", "text": reply.reasoning}]
        items.append({"type": "reasoning", "id": f"rs_{number}", "summary": summary})
    if reply.text or not reply.calls:
        part = {"type": "output_text", "text": reply.text, "annotations": [], "logprobs": []}
        message = {"type": "message", "id": f"msg_{number}", "role": "assistant", "status": "completed"}
        items.append({**message, "content": [part]})
    for place, made in enumerate(reply.calls):
        ids = {"type": "function_call", "id": f"fc_{number}_{place}", "call_id": made.id}
        items.append({**ids, "name": made.name, "arguments": made.text, "status": "completed"})
    return items


def events(
    reply: Reply, *, number: int, model: str, usage: Usage | None, body: Mapping[str, Any], broken_off: bool = False
) -> Iterator[bytes]:
    """Yield the answer as a stream; `broken_off` leaves out everything that says that it is over."""
    count = 0

    def event(kind: str, **fields: Any) -> bytes:
        nonlocal count
        data = {"type": kind, "sequence_number": count, **fields}
        count += 1
        return _event(data)

    def response(output: list[dict[str, Any]] | None) -> dict[str, Any]:
        return _response(reply, number=number, model=model, usage=usage, body=body, output=output)

    yield event("response.created", response=response(None))
    yield event("response.in_progress", response=response(None))
    items = _items(reply, number)
    for place, item in enumerate(items):
        at = {"output_index": place, "item_id": item["id"]}
        match item["type"]:
            case "message":
                part = item["content"][0]
                yield event("response.output_item.added", output_index=place, item=_begun(item, content=[]))
                yield event("response.content_part.added", **at, content_index=0, part={**part, "text": ""})
                for piece in pieces(reply.text):
                    yield event("response.output_text.delta", **at, content_index=0, delta=piece, logprobs=[])
                if broken_off:
                    return
                yield event("response.output_text.done", **at, content_index=0, text=reply.text, logprobs=[])
                yield event("response.content_part.done", **at, content_index=0, part=part)
            case "function_call":
                yield event("response.output_item.added", output_index=place, item=_begun(item, arguments=""))
                for piece in pieces(item["arguments"]):
                    yield event("response.function_call_arguments.delta", **at, delta=piece)
                if broken_off:
                    return
                yield event("response.function_call_arguments.done", **at, arguments=item["arguments"])
            case "reasoning":
                text = item["summary"][0]
                where = {**at, "summary_index": 0}
                yield event("response.output_item.added", output_index=place, item={**item, "summary": []})
                yield event("response.reasoning_summary_part.added", **where, part={**text, "text": ""})
                for piece in pieces(reply.reasoning):
                    yield event("response.reasoning_summary_text.delta", **where, delta=piece)
                yield event("response.reasoning_summary_text.done", **where, text=reply.reasoning)
                yield event("response.reasoning_summary_part.done", **where, part=text)
        yield event("response.output_item.done", output_index=place, item=item)
    ended = response(items)
    yield event(f"response.{ended['status']}", response=ended)


def error_event(message: str, number: int) -> bytes:
    """Return what the API sends inside a stream when it fails."""
    return _event({"type": "error", "code": "server_error", "message": message, "param": None, "sequence_number": 2})


def _begun(item: Mapping[str, Any], **empty: Any) -> dict[str, Any]:
    return {**item, "status": "in_progress", **empty}


def _event(data: Mapping[str, Any]) -> bytes:
    return f"event: {data['type']}\ndata: {json.dumps(data)}\n\n".encode()


def _usage(usage: Usage) -> dict[str, Any]:
    return {
        "input_tokens": usage.prompt,
        "input_tokens_details": {"cached_tokens": usage.cached, "cache_write_tokens": 0},
        "output_tokens": usage.answer,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": usage.prompt + usage.answer,
    }
