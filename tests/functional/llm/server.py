"""A scripted OpenAI-compatible server on loopback: real HTTP, both APIs, streams, and every fault of a provider."""

from __future__ import annotations

import contextlib
import json
import math
import socket
import struct
import threading
import time
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Literal

from tests.functional.llm import chat, responses
from tests.functional.llm.exchange import Request, Usage, in_words
from tests.functional.llm.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from types import TracebackType
    from typing import Self

    from tests.functional.llm.exchange import Api, Reply

__all__ = ["Fault", "ScriptedServer"]

_APIS = {chat.PATH: ("chat", chat), responses.PATH: ("responses", responses)}
_CACHE_BLOCK = 128
_HTML = "<!DOCTYPE html><html><head><title>{0}</title></head><body><h1>{0}</h1><hr>nginx</body></html>"


class ScriptedServer:
    """Serves a player's answers at `base_url`.

    Parameters
    ----------
    player : callable
        Takes a request, returns the reply. Requests are answered one after the other.
    api : str
        Which of the APIs exist; the other one answers 404.
    faults : sequence of Fault
        The first one that is due is injected.
    key : str, optional
        Without this key a request gets 401.
    context : int, optional
        Tokens that prompt and answer may have together; more is refused as real servers do.
    dialect : str
        Whose words the refusal uses.
    models : sequence of str
        What ``/v1/models`` lists.
    characters : float
        Characters that this model's tokens have, on average.
    knows : sequence of str
        Which ways of calling tools the endpoint takes: it refuses offered tools, or a schema for the answer, as
        some do that serve models without them.
    pauses : mapping of str to float, optional
        Seconds between the pieces of an answer in a step.
    """

    def __init__(
        self,
        player: Callable[[Request], Reply],
        *,
        api: Api | Literal["both"] = "both",
        faults: Sequence[Fault] = (),
        key: str | None = None,
        context: int | None = None,
        dialect: Literal["openai", "llama.cpp", "vllm"] = "openai",
        models: Sequence[str] = ("scripted",),
        characters: float = 4.0,
        knows: Sequence[str] = ("tools", "schema"),
        pauses: Mapping[str, float] | None = None,
    ) -> None:
        self.player = player
        self.pauses = dict(pauses or {})
        self.faults = list(faults)
        self.requests: list[Request] = []
        """Requests for answers, in the order of arrival; also those refused."""
        self.looked_up = 0
        """How often `/v1/models` was read."""
        self.errors: list[BaseException] = []
        """What went wrong in the player or in here; raised when the server is left."""
        self._api = api
        self._key = key
        self._context = context
        self._dialect = dialect
        self._models = models
        self._characters = characters
        self._knows = knows
        self._met: list[int] = [0] * len(self.faults)
        self._prompts: list[str] = []
        self._turn = threading.Lock()
        self._closing = threading.Event()
        self._open: set[socket.socket] = set()
        self._http = _Http(("127.0.0.1", 0), self)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), name="scripted-server")

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._closing.set()
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()
        for connection in tuple(self._open):  # a client that keeps its connection alive would hold a thread
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        if self.errors:  # whatever else failed, failed because of this
            raise self.errors[0] from error

    # What follows is called by the handler, in a thread for each connection.

    def take(self, path: str, headers: dict[str, str], body: dict[str, Any]) -> tuple[Request, Fault | None]:
        """Record a request; return it, with the fault that is due."""
        api, wire = _APIS[path]
        with self._turn:
            request = Request(len(self.requests) + 1, api, headers, body, wire.read(body))  # type: ignore[arg-type]
            text = json.dumps([body.get("tools"), body.get("instructions"), body.get("messages") or body.get("input")])
            request.tokens = math.ceil(len(text) / self._characters)
            common = max((_alike(text, earlier) for earlier in self._prompts), default=0)
            request.cached = int(common / self._characters) // _CACHE_BLOCK * _CACHE_BLOCK
            request.received = time.monotonic()
            self._prompts = [*self._prompts[-4:], text]
            self.requests.append(request)
            fault = self._due(request)
            request.fault = fault.kind if fault else None
            return request, fault

    def _due(self, request: Request) -> Fault | None:
        due = None
        for place, fault in enumerate(self.faults):
            if fault.concerns(request):
                self._met[place] += 1
                if due is None and fault.occurrence <= self._met[place] < fault.occurrence + fault.times:
                    due = fault
        return due

    def refusal(self, path: str, request: Request) -> tuple[int, dict[str, Any]] | None:
        """Return status and body of what the server refuses without having been told to."""
        if self._api not in ("both", request.api):
            return 404, _error(f"Unknown request URL: POST {path}.", "invalid_request_error", "unknown_url")
        if self._key is not None and request.headers.get("authorization") != f"Bearer {self._key}":
            return 401, self.bad_key(request)
        if (request.tools and "tools" not in self._knows) or (
            request.prompt.output_schema and "schema" not in self._knows
        ):
            return 400, _error(f"{request.model} does not support this.", "invalid_request_error", None)
        if (problem := _APIS[path][1].refusal(request.body)) is not None:
            return 400, _error(problem, "invalid_request_error", None)
        asked = request.tokens + (request.prompt.most_tokens or 0 if self._dialect == "vllm" else 0)
        if self._context is not None and asked > self._context:
            return 400, self.overflow(request, self._context)
        return None

    def bad_key(self, request: Request) -> dict[str, Any]:
        """Return the error for a key that does not open; careless providers quote it."""
        sent = request.headers.get("authorization", "").removeprefix("Bearer ")
        return _error(f"Incorrect API key provided: {sent}.", "invalid_request_error", "invalid_api_key")

    def overflow(self, request: Request, limit: int) -> dict[str, Any]:
        """Return the error for a prompt that is too long."""
        words = f"This model's maximum context length is {limit} tokens. However, your messages resulted in "
        match self._dialect:
            case "openai":
                message = f"{words}{request.tokens} tokens. Please reduce the length of the messages."
                return _error(message, "invalid_request_error", "context_length_exceeded")
            case "vllm":
                message = f"{words}{request.tokens} tokens."
                return {"error": {"message": message, "type": "BadRequestError", "param": None, "code": 400}}
            case _:
                message = (
                    f"request ({request.tokens} tokens) exceeds the available context size ({limit} tokens), "
                    "try increasing it"
                )
                error = {"code": 400, "message": message, "type": "exceed_context_size_error"}
                return {"error": {**error, "n_prompt_tokens": request.tokens, "n_ctx": limit}}

    def ask(self, request: Request) -> Reply:
        """Return the player's reply, its calls with ids."""
        with self._turn:
            reply = self.player(request)
        if reply.calls and not request.tools:  # what it was not offered it can only write down
            reply = replace(reply, calls=(), text=in_words(reply.calls), finish=None)
        calls = tuple(replace(made, id=f"call_{request.number}_{place}") for place, made in enumerate(reply.calls))
        request.reply = replace(reply, calls=calls)
        request.answer_tokens = reply.tokens
        return request.reply

    def wait(self, seconds: float) -> None:
        """Do nothing for so long, unless the server is left."""
        self._closing.wait(seconds)

    def model_list(self) -> dict[str, Any]:
        self.looked_up += 1
        entries = [
            {"id": name, "object": "model", "created": 1_790_000_000, "owned_by": "tests"} for name in self._models
        ]
        return {"object": "list", "data": entries}

    def connected(self, connection: socket.socket, *, open: bool) -> None:
        (self._open.add if open else self._open.discard)(connection)


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], scripted: ScriptedServer) -> None:
        super().__init__(address, _Handler)
        self.scripted = scripted

    def handle_error(self, request: object, client_address: object) -> None:
        import sys

        error = sys.exc_info()[1]
        if error is not None and not isinstance(error, OSError):  # a client that hangs up is no error here
            self.scripted.errors.append(error)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Http

    def setup(self) -> None:
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.server.scripted.connected(self.connection, open=True)

    def finish(self) -> None:
        self.server.scripted.connected(self.connection, open=False)
        with contextlib.suppress(OSError, ValueError):
            super().finish()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        if self.path.rstrip("/") == "/v1/models":
            self._json(200, self.server.scripted.model_list())
        else:
            self._json(404, _error(f"Unknown request URL: GET {self.path}.", "invalid_request_error", "unknown_url"))

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
        if self.path not in _APIS:
            self._json(404, _error(f"Unknown request URL: POST {self.path}.", "invalid_request_error", "unknown_url"))
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        request, fault = self.server.scripted.take(self.path, headers, body)
        if fault is not None and self._instead(request, fault):
            return
        refused = self.server.scripted.refusal(self.path, request)
        if refused is not None:
            request.refused = refused[1]["error"]["message"]
            self._json(*refused)
            return
        self._answer(request, fault)

    def _instead(self, request: Request, fault: Fault) -> bool:
        """Do what happens in place of an answer; return False if the fault lies within the answer."""
        scripted = self.server.scripted
        match fault.kind:
            case "rate_limit" | "rate_limit_wait":
                after = {"Retry-After": f"{fault.seconds:g}"} if fault.kind == "rate_limit_wait" else {}
                self._json(429, _error("Rate limit reached for requests.", "requests", "rate_limit_exceeded"), after)
            case "server_error":
                self._json(500, _error("The server had an error while processing your request.", "server_error", None))
            case "bad_gateway":
                self._send(502, "text/html", _HTML.format("502 Bad Gateway").encode())
            case "quota":
                message = "You exceeded your current quota, please check your plan and billing details."
                self._json(429, _error(message, "insufficient_quota", "insufficient_quota"))
            case "bad_key":
                self._json(401, scripted.bad_key(request))
            case "overflow":
                self._json(400, scripted.overflow(request, 8192))
            case "html_page":
                self._send(200, "text/html; charset=utf-8", _HTML.format("Please log in").encode())
            case "stall":
                scripted.wait(fault.seconds)
                self.close_connection = True
            case "reset":
                self._reset()
            case _:
                return False
        return True

    def _answer(self, request: Request, fault: Fault | None) -> None:
        kind = fault.kind if fault else None
        wire = _APIS[self.path][1]
        try:
            reply = self.server.scripted.ask(request)
        except Exception as error:
            self.server.scripted.errors.append(error)
            self._json(401, _error("The player is at its wits' end.", "invalid_request_error", "invalid_api_key"))
            return
        model = "another-model-2026" if kind == "other_model" else reply.model or request.model
        usage = None if kind == "no_usage" else Usage(request.tokens, request.cached, reply.tokens)
        if request.streamed:
            events = wire.events(
                reply,
                number=request.number,
                model=model,
                usage=usage,
                body=request.body,
                broken_off=kind == "truncated",
            )
            if kind == "error_event":
                events = _failing(events, wire.error_event("The provider returned an error.", request.number))
            mime = "text/plain; charset=utf-8" if kind == "wrong_type" else "text/event-stream; charset=utf-8"
            self._stream(mime, events, fault, pause=self.server.scripted.pauses.get(request.step or "", 0.0))
        else:
            whole = wire.answer(reply, number=request.number, model=model, usage=usage)
            if kind == "error_event":  # some routers answer 200 with an error inside
                whole = _error("The provider returned an error.", "server_error", "502")
            self._whole(whole, fault)
        request.delivered = kind not in ("truncated", "error_event")

    def _whole(self, answer: dict[str, Any], fault: Fault | None) -> None:
        kind = fault.kind if fault else None
        data = json.dumps(answer).encode()
        mime = "text/plain; charset=utf-8" if kind == "wrong_type" else "application/json"
        if kind == "truncated":
            data = data[: len(data) // 2]
        if fault is None or kind not in ("stall_in_stream", "reset_in_stream"):
            self._send(200, mime, data)
            return
        self._head(200, mime, {"Content-Length": str(len(data))})
        self.wfile.write(data[: len(data) // 2])
        self._break_off(fault)

    def _stream(self, mime: str, events: Iterable[bytes], fault: Fault | None, *, pause: float) -> None:
        self._head(200, mime, {"Transfer-Encoding": "chunked", "Cache-Control": "no-cache"})
        parts = list(events)
        breaks = fault is not None and fault.kind in ("stall_in_stream", "reset_in_stream")
        for part in parts[: max(1, len(parts) // 2)] if breaks else parts:
            self.wfile.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")
            self.wfile.flush()
            time.sleep(pause)
        if fault is not None and breaks:
            self._break_off(fault)
        self.wfile.write(b"0\r\n\r\n")

    def _break_off(self, fault: Fault) -> None:
        if fault.kind == "stall_in_stream":
            self.server.scripted.wait(fault.seconds)
        self._reset()
        raise ConnectionResetError

    def _reset(self) -> None:
        """Make the connection end with a reset rather than in good order."""
        self.wfile.flush()
        time.sleep(0.02)  # what was written shall arrive before the reset drops it
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def _json(self, status: int, data: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        self._send(status, "application/json", json.dumps(data).encode(), headers)

    def _send(self, status: int, mime: str, data: bytes, headers: dict[str, str] | None = None) -> None:
        self._head(status, mime, {"Content-Length": str(len(data)), **(headers or {})})
        self.wfile.write(data)

    def _head(self, status: int, mime: str, headers: dict[str, str]) -> None:
        self.send_response(status)
        self.send_header("Content-Type", mime)
        self.send_header("x-request-id", f"req-{len(self.server.scripted.requests)}")
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()


def _alike(one: str, other: str) -> int:
    """Return how many characters two texts have in common at their beginning."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if one[:middle] == other[:middle] else (low, middle - 1)
    return low


def _failing(events: Iterator[bytes], error: bytes) -> Iterator[bytes]:
    """Yield the first half of a stream, then an error."""
    parts = list(events)
    yield from parts[: max(1, len(parts) // 2)]
    yield error


def _error(message: str, kind: str, code: str | None) -> dict[str, Any]:
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}
