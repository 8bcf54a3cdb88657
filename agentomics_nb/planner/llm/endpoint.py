"""Ask a language model over HTTP: the only module that knows the client libraries, which it imports when asked.

Both protocols, chat completions and responses, are streamed. The work goes on in a thread of its own; the
caller's thread looks at the person's commands meanwhile, and can break off at any moment.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import re
import threading
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from agentomics_nb.planner.llm.conversation import Call, Done, Form, Said, Told, Turn, Usage
from agentomics_nb.planner.llm.faults import Fault, Final, Overflow, Passing, Turned, UnknownModel
from agentomics_nb.planner.llm.tokens import estimate

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence

    from pydantic_ai.messages import ModelMessage, ModelResponse
    from pydantic_ai.models import Model

    from agentomics_nb.planner.llm.model import ModelChoice

OPENAI_HOST = "api.openai.com"
_TICK = 0.05
_CONNECT_LIMIT = 20.0
_LONGEST_ANSWER = 10
"""An answer may take so many times as long as silence may, if it keeps coming."""
_CLOSE_LIMIT = 5.0
_SHOWN = 300


@dataclass(frozen=True)
class ToolSpec:
    """A tool as the model is told of it: name, purpose, and the JSON schema of its arguments."""

    name: str
    description: str
    schema: Mapping[str, Any]


@dataclass(frozen=True)
class Request:
    """All that one request sends.

    Parameters
    ----------
    number : str
        Its name in the events.
    instructions : str
        The system prompt.
    turns : sequence of Turn
        The conversation, as far as it is sent.
    tools : sequence of ToolSpec
        The tools on offer.
    max_output : int
        Tokens that the answer may have.
    stream : bool
        Whether the answer is to come piece by piece.
    form : {"tools", "schema", "text"}
        How calls are asked for; ``schema`` and ``text`` are for models or endpoints that know no tools, which the
        prompt tells of then.
    answered : int
        Answers that this conversation has had so far.
    """

    number: str
    instructions: str
    turns: Sequence[Turn]
    tools: Sequence[ToolSpec]
    max_output: int
    stream: bool = True
    form: Form = "tools"
    answered: int = 0


class Endpoint(Protocol):
    """Where answers come from."""

    def ask(self, request: Request, poll: Callable[[], None], heard: Callable[[str], None] | None = None) -> Said:
        """Send a request and return the answer.

        Parameters
        ----------
        request : Request
            What to send.
        poll : callable
            Called at least every 50 ms; what it raises breaks the request off and is raised here.
        heard : callable, optional
            Called now and then with what has come so far, words and arguments as they are.

        Raises
        ------
        Fault
            If no whole answer came.
        """
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...


@dataclass
class _Progress:
    """How far an answer has come when it breaks off."""

    begun: bool = False
    text: list[str] = field(default_factory=list)

    @property
    def tokens(self) -> int | None:
        return estimate("".join(self.text)) if self.begun else None


class HttpEndpoint:
    """An OpenAI-compatible endpoint.

    Parameters
    ----------
    choice : ModelChoice
        Model, address, protocol, and time limit.
    key : str or None
        Stays in this process.
    """

    def __init__(self, choice: ModelChoice, key: str | None) -> None:
        self._choice = choice
        self._key = key
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._model: Model | None = None
        self._client: Any = None

    def ask(self, request: Request, poll: Callable[[], None], heard: Callable[[str], None] | None = None) -> Said:
        """Send a request and return the answer; see `Endpoint`."""
        progress = _Progress()
        future = asyncio.run_coroutine_threadsafe(self._ask(request, progress), self._started())
        try:
            while True:
                try:
                    return future.result(_TICK)
                except FutureTimeout:
                    if future.done():
                        raise
                    poll()
                    if heard is not None and progress.text:
                        heard("".join(progress.text))
        finally:
            future.cancel()

    def close(self) -> None:
        """Let go of connections and end the thread."""
        loop, thread = self._loop, self._thread
        if loop is None or thread is None:
            return
        with contextlib.suppress(TimeoutError, RuntimeError, OSError):
            asyncio.run_coroutine_threadsafe(self._close(), loop).result(_CLOSE_LIMIT)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(_CLOSE_LIMIT)
        if not thread.is_alive():
            loop.close()
        self._loop = self._thread = self._model = self._client = None

    async def _close(self) -> None:
        if self._client is not None:
            await self._client.close()
        loop = asyncio.get_running_loop()
        await loop.shutdown_asyncgens()
        await loop.shutdown_default_executor()

    def _started(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._thread = threading.Thread(target=self._loop.run_forever, name="language model", daemon=True)
            self._thread.start()
        return self._loop

    async def _ask(self, request: Request, progress: _Progress) -> Said:
        try:
            return await self._answer(request, progress)
        except Fault:
            raise
        except TimeoutError:
            where = "in the midst of its answer" if progress.begun else "at all"
            raise Passing(
                f"{self._choice.host} did not answer {where} for {self._choice.timeout:g} s.",
                tokens_out=progress.tokens or 0,
                in_stream=progress.begun,
            ) from None
        except Exception as error:
            raise _as_fault(error, self._choice, progress) from error

    async def _answer(self, request: Request, progress: _Progress) -> Said:
        from pydantic_ai import direct

        model = self._connected()
        messages = _messages(request)
        settings: Any = {"max_tokens": request.max_output, "timeout": self._choice.timeout}
        parameters = _parameters(request)
        if request.form == "schema" and self._choice.api == "responses" and self._choice.host != OPENAI_HOST:
            # llama.cpp takes the schema of its responses endpoint from the field that chat completions have.
            form = {"type": "json_schema", "json_schema": {"name": "call", "schema": call_schema(request.tools)}}
            settings["extra_body"] = {"response_format": form}
        if not request.stream:
            response = await asyncio.wait_for(
                direct.model_request(model, messages, model_settings=settings, model_request_parameters=parameters),
                _LONGEST_ANSWER * self._choice.timeout,
            )
            progress.begun = True
            return _said(request, response)
        stream = direct.model_request_stream(
            model, messages, model_settings=settings, model_request_parameters=parameters
        )
        # Silence is noticed by the connection, which also hears what keeps a stream alive while a model thinks.
        async with asyncio.timeout(_LONGEST_ANSWER * self._choice.timeout):
            async with stream as response_stream:
                async for event in _events(response_stream):
                    progress.begun = True
                    progress.text.append(_delta(event))
                response = response_stream.get()
        if response.finish_reason is None:
            raise Passing(
                f"The answer of {self._choice.host} broke off.", tokens_out=progress.tokens or 0, in_stream=True
            )
        return _said(request, response)

    def _connected(self) -> Model:
        if self._model is None:
            self._model, self._client = _model(self._choice, self._key)
        return self._model


async def _events(stream: Any) -> AsyncIterator[Any]:
    async for event in stream:
        yield event


def _model(choice: ModelChoice, key: str | None) -> tuple[Model, Any]:
    import openai
    from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
    from pydantic_ai.providers.openai import OpenAIProvider

    client = openai.AsyncOpenAI(
        base_url=choice.base_url,
        api_key=key or "none",
        max_retries=0,  # we wait ourselves, so that a person sees why and until when
        timeout=openai.Timeout(choice.timeout, connect=min(_CONNECT_LIMIT, choice.timeout)),
        default_headers={"X-Title": "agentomics-nb"},
    )
    provider = OpenAIProvider(openai_client=client)
    own = choice.host == OPENAI_HOST
    traits: Any = dict(provider.model_profile(choice.name) or {})
    traits["openai_chat_streaming_requires_finish_reason"] = True
    if not own:
        # Other servers know the older field, and not all of them schemas that must be kept strictly.
        traits |= {"supports_json_schema_output": True, "openai_responses_supports_json_schema_output": True}
        traits |= {"openai_chat_supports_max_completion_tokens": False, "openai_supports_strict_tool_definition": False}
    if choice.api == "responses":
        return OpenAIResponsesModel(choice.name, provider=provider, profile=traits), client
    return OpenAIChatModel(choice.name, provider=provider, profile=traits), client


def _parameters(request: Request) -> Any:
    from pydantic_ai.models import ModelRequestParameters
    from pydantic_ai.output import OutputObjectDefinition
    from pydantic_ai.tools import ToolDefinition

    if request.form == "text":
        return ModelRequestParameters()
    if request.form == "schema":
        wanted = OutputObjectDefinition(json_schema=call_schema(request.tools), name="call", strict=False)
        return ModelRequestParameters(output_mode="native", output_object=wanted, allow_text_output=True)
    tools = [
        ToolDefinition(
            name=tool.name,
            description=tool.description,
            parameters_json_schema=dict(tool.schema),
            strict=False,
        )
        for tool in request.tools
    ]
    return ModelRequestParameters(function_tools=tools, allow_text_output=True)


def call_schema(tools: Sequence[ToolSpec]) -> dict[str, Any]:
    """Return the schema of one call of any tool: what a grammar can force on a model that knows no tools."""
    return {
        "anyOf": [
            {
                "type": "object",
                "properties": {
                    "tool": {"const": tool.name},
                    "arguments": {**tool.schema, "additionalProperties": False},
                },
                "required": ["tool", "arguments"],
                "additionalProperties": False,
            }
            for tool in tools
        ]
    }


def _messages(request: Request) -> list[ModelMessage]:
    """Return the conversation as the client library wants it; what follows an answer goes into one message."""
    from pydantic_ai.messages import (
        BinaryContent,
        ModelRequest,
        ModelResponse,
        SystemPromptPart,
        TextPart,
        ToolCallPart,
        ToolReturnPart,
        UserPromptPart,
    )

    messages: list[ModelMessage] = []
    parts: list[Any] = [SystemPromptPart(request.instructions)]
    called: set[str] = set()
    for turn in request.turns:
        match turn:
            case Said():
                messages.append(ModelRequest(parts=parts))
                parts = []
                kept = _raw_response(turn)
                if kept is None:
                    words = turn.text if request.form == "tools" else _as_text(turn)
                    answer: list[Any] = [TextPart(words)] if words else []
                    if request.form == "tools":
                        answer += [ToolCallPart(call.name, call.arguments, call.id) for call in turn.calls]
                    kept = ModelResponse(parts=answer or [TextPart("…")])
                messages.append(kept)
                called = {call.id for call in turn.calls}
            case Done():
                if request.form != "tools" or turn.call not in called:
                    parts.append(UserPromptPart(f"Result of {turn.name}:\n{turn.text}"))
                else:
                    parts.append(ToolReturnPart(turn.name, turn.text, turn.call))
                if turn.picture is not None:
                    picture = BinaryContent(base64.b64decode(turn.picture), media_type="image/png")
                    parts.append(UserPromptPart(["The figure:", picture]))
            case Told():
                parts.append(UserPromptPart(turn.text))
    messages.append(ModelRequest(parts=parts))
    return messages


def _as_text(said: Said) -> str:
    calls = "".join(f'\n```json\n{{"tool": "{call.name}", "arguments": {call.arguments}}}\n```' for call in said.calls)
    return f"{said.text}{calls}".strip()


def _raw_response(said: Said) -> ModelResponse | None:
    """Return an answer that carried reasoning as it came; None if this version cannot read it."""
    if said.raw is None:
        return None
    from pydantic import ValidationError
    from pydantic_ai.messages import ModelMessagesTypeAdapter, ModelResponse

    try:
        message = ModelMessagesTypeAdapter.validate_python([said.raw])[0]
    except ValidationError:
        return None
    return message if isinstance(message, ModelResponse) else None


def _said(request: Request, response: ModelResponse) -> Said:
    from pydantic_ai.messages import ModelMessagesTypeAdapter, TextPart, ThinkingPart, ToolCallPart

    text = "".join(part.content for part in response.parts if isinstance(part, TextPart))
    calls = tuple(
        Call(id=part.tool_call_id, name=part.tool_name, arguments=_arguments(part))
        for part in response.parts
        if isinstance(part, ToolCallPart)
    )
    reasoned = any(isinstance(part, ThinkingPart) for part in response.parts)
    usage = response.usage
    return Said(
        request=request.number,
        text=text,
        calls=calls,
        usage=_usage(usage.input_tokens, usage.cache_read_tokens, usage.output_tokens, text, calls),
        model=response.model_name,
        # llama.cpp's responses endpoint gives no reason; an answer as long as was allowed has none other.
        cut_off=response.finish_reason == "length" or usage.output_tokens >= request.max_output,
        raw=ModelMessagesTypeAdapter.dump_python([response], mode="json")[0] if reasoned else None,
    )


def _usage(tokens_in: int, cached: int, tokens_out: int, text: str, calls: Sequence[Call]) -> Usage:
    """Return what the endpoint reported; nothing of the input means that it reported nothing."""
    if tokens_in > 0:
        return Usage(tokens_in=tokens_in, cached=min(cached, tokens_in), tokens_out=tokens_out)
    written = estimate(text) + sum(estimate(call.arguments) + estimate(call.name) for call in calls)
    return Usage(tokens_out=max(written, tokens_out), estimated=True)


def _arguments(part: Any) -> str:
    return part.args if isinstance(part.args, str) else part.args_as_json_str()


def _delta(event: Any) -> str:
    """Return the text that an event of a stream brings, be it words or arguments."""
    part = getattr(event, "delta", None) or getattr(event, "part", None)
    if getattr(event, "event_kind", "") == "part_end":
        return ""
    for name in ("content_delta", "args_delta", "content", "args"):
        value = getattr(part, name, None)
        if isinstance(value, str):
            return value
    return ""


def _as_fault(error: Exception, choice: ModelChoice, progress: _Progress) -> Fault:
    """Sort an error of the client library by what is to be done about it."""
    from pydantic_ai import exceptions as of

    host, said = choice.host, _shown(error)
    text = str(getattr(error, "body", None) or error).lower()
    out = progress.tokens
    match error:
        case of.ModelContextWindowExceededError():
            return Overflow(f"{host}: the request is too long for {choice.name}.", limit=_limit(str(error)))
        case of.ModelQuotaExceededError():
            return Final(f"{host}: the account's quota or credit is used up ({said}); top it up, then resume the run.")
        case of.ModelRateLimitError():
            if "insufficient_quota" in text:
                return Final(f"{host}: the account's quota is used up; top it up, then resume the run.")
            return Passing(f"{host} allows no more requests just now.", after=error.retry_after)
        case of.ModelAuthenticationError():
            what = f"the key in {choice.key_name}" if choice.key_name else "a request without a key"
            return Final(f"{host} refuses {what} ({said}); mend it, then resume the run.")
        case of.ModelNotFoundError():
            return UnknownModel(f"{host} has no model {choice.name} ({said}).")
        case of.ModelUnavailableError() | of.ModelServerError():
            return Passing(
                f"{host} has trouble ({said}).", after=error.retry_after, tokens_out=out, in_stream=progress.begun
            )
        case of.ModelConnectionError():
            # What broke off after the request was on its way may have been read, and will be paid then.
            sent = error.phase not in ("pool", "connect")
            return Passing(
                f"{host} cannot be reached ({said}).", tokens_out=out or 0 if sent else None, in_stream=progress.begun
            )
        case of.ModelHTTPError() if error.status_code in (408, 409, 425) or error.status_code >= 500:
            return Passing(f"{host} has trouble ({said}).", after=error.retry_after, tokens_out=out)
        case of.ModelRequestRejectedError() | of.ModelHTTPError():
            if _speaks_of_length(text):
                return Overflow(f"{host}: the request is too long for {choice.name}.", limit=_limit(str(error)))
            return Turned(f"{host} turns the request down ({said}).")
        case _:
            return Passing(f"{host} answered what cannot be read ({said}).", tokens_out=out or 0, in_stream=True)


def _speaks_of_length(text: str) -> bool:
    return bool(
        re.search(r"context (length|window|size)|maximum context|too many tokens|n_ctx|prompt is too long", text)
    )


def _limit(text: str) -> int | None:
    found = re.search(
        r"(?:context (?:length|window|size)|maximum|limit|n_ctx)\D{0,40}?(\d{3,7})", text.replace(",", "")
    )
    return int(found[1]) if found else None


def _shown(error: BaseException) -> str:
    """Return the heart of an error in one short line: the innermost cause where the client only says "connection"."""
    body = getattr(error, "body", None)
    if isinstance(body, dict):
        inner = body.get("error", body)
        text = str(inner.get("message") if isinstance(inner, dict) else inner)
    else:
        cause: BaseException = error
        while cause.__cause__ is not None:
            cause = cause.__cause__
        status = getattr(error, "status_code", None)
        text = f"HTTP {status}" if status else (str(cause) or type(cause).__name__)
    text = " ".join(re.sub(r"<[^>]*>", " ", text).split())
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
