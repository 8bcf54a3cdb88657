"""What goes back and forth between a planner and the scripted server, the same for both APIs."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_RESULT = re.compile(r"^Result of \w+:\n", re.MULTILINE)
_BLOCK = re.compile(r"^```json\n(.*?)\n```", re.MULTILINE | re.DOTALL)
Api = Literal["chat", "responses"]
Role = Literal["system", "user", "assistant", "tool"]
Finish = Literal["stop", "length", "tool_calls", "content_filter"]


@dataclass(frozen=True)
class Call:
    """A tool call; `arguments` may be text, to be sent as it is, however malformed."""

    name: str
    arguments: Mapping[str, Any] | str
    id: str = ""

    @property
    def text(self) -> str:
        return self.arguments if isinstance(self.arguments, str) else json.dumps(self.arguments)

    @property
    def values(self) -> dict[str, Any]:
        """The arguments; empty where they are no JSON object."""
        try:
            values = json.loads(self.text)
        except ValueError:
            return {}
        return values if isinstance(values, dict) else {}


@dataclass(frozen=True)
class Result:
    """What a tool call gave, as the planner tells it."""

    call: str
    text: str


@dataclass(frozen=True)
class Message:
    """One message or input item; `images` counts pictures."""

    role: Role
    text: str = ""
    tool_calls: tuple[Call, ...] = ()
    tool_results: tuple[Result, ...] = ()
    images: int = 0


@dataclass(frozen=True)
class Prompt:
    """What the model is asked, whichever API brought it."""

    messages: tuple[Message, ...]
    tools: Mapping[str, Mapping[str, Any]]
    """Parameter schema of each tool."""
    output_schema: Mapping[str, Any] | None
    """The JSON schema that the answer's text must follow, if one was asked for."""
    most_tokens: int | None
    """How many tokens the answer may have, if it was limited."""


@dataclass
class Request:
    """A request as it came in, and what became of it.

    Parameters
    ----------
    number : int
        From 1, in the order of arrival.
    api : str
        Which of the two APIs was used.
    headers : mapping
        Names in lower case.
    body : mapping
        The JSON as received.
    prompt : Prompt
        The same, independent of the API.
    tokens, cached : int
        Size of the prompt, and how much of it began like an earlier request.
    """

    number: int
    api: Api
    headers: Mapping[str, str]
    body: Mapping[str, Any]
    prompt: Prompt
    tokens: int = 0
    cached: int = 0
    fault: str | None = None
    """Kind of the fault that was injected."""
    refused: str | None = None
    """Why the server, of itself, refused the request."""
    reply: Reply | None = None
    """What the player said; None if it was not asked."""
    delivered: bool = False
    """Whether the whole answer was written, from its first byte to its last."""
    answer_tokens: int = 0
    """Tokens of the answer that a provider would put on the bill; what was cut off counts, too."""
    received: float = field(default=0.0, repr=False)
    """Monotonic clock."""

    @property
    def messages(self) -> tuple[Message, ...]:
        return self.prompt.messages

    @property
    def tools(self) -> Mapping[str, Mapping[str, Any]]:
        return self.prompt.tools

    @property
    def model(self) -> str:
        return str(self.body.get("model"))

    @property
    def streamed(self) -> bool:
        return bool(self.body.get("stream"))

    @property
    def step(self) -> str | None:
        """The step at work, from a line ``Step: training`` of the prompt; None without one."""
        return self.said("Step")

    @property
    def iteration(self) -> int | None:
        said = self.said("Iteration")
        number = re.match(r"\d+", said) if said else None
        return int(number[0]) if number else None

    @property
    def workspace(self) -> str | None:
        return self.said("Workspace")

    def said(self, label: str) -> str | None:
        """Return what stands after ``<label>:`` at the last line of the prompt that begins so."""
        line = re.compile(rf"^[\s>*\-#`]*{label}[*`]*:[\s*`]*([^\n`*]+)", re.MULTILINE)
        for message in reversed(self.messages):
            if message.role in ("system", "user") and (found := line.findall(message.text)):
                return str(found[-1]).strip().removesuffix(".")
        return None

    @property
    def exchanges(self) -> list[tuple[Call, str | None]]:
        """The calls made in this conversation so far, each with its result; also those made in words."""
        results = {result.call: result.text for message in self.messages for result in message.tool_results}
        made: list[tuple[Call, str | None]] = []
        for message in self.messages:
            if message.role == "assistant":
                made += [(call, results.get(call.id)) for call in message.tool_calls]
                made += [(call, None) for call in _calls_in_words(message.text)]
            elif message.role == "user":
                for told in _RESULT.split(message.text)[1:]:
                    place = next((i for i, (_, result) in enumerate(made) if result is None), None)
                    if place is not None:
                        made[place] = made[place][0], told
        return made

    @property
    def text(self) -> str:
        """Everything that was sent, headers too."""
        return json.dumps([dict(self.headers), self.body], ensure_ascii=False)


@dataclass(frozen=True)
class Usage:
    """Tokens as a provider counts them."""

    prompt: int
    cached: int
    answer: int


@dataclass(frozen=True)
class Reply:
    """What a player answers.

    Parameters
    ----------
    text : str
        Text of the answer.
    calls : tuple of Call
        Tool calls; several at once are allowed.
    finish : str, optional
        Why the answer ends; otherwise ``tool_calls`` where there are calls, else ``stop``.
    model : str, optional
        Name to answer under, in place of the one asked for.
    reasoning : str
        Thoughts, as reasoning models send them beside the answer.
    """

    text: str = ""
    calls: tuple[Call, ...] = ()
    finish: Finish | None = None
    model: str | None = None
    reasoning: str = ""

    @property
    def reason(self) -> Finish:
        return self.finish or ("tool_calls" if self.calls else "stop")

    @property
    def tokens(self) -> int:
        return estimate(self.text + self.reasoning + "".join(call.name + call.text for call in self.calls))


def in_words(calls: Sequence[Call]) -> str:
    """Return calls as a model writes them that is offered no tools."""
    return "\n".join(f'{{"tool": "{made.name}", "arguments": {made.text}}}' for made in calls)


def _calls_in_words(text: str) -> list[Call]:
    found = []
    for block in _BLOCK.findall(text):
        try:
            spoken = json.loads(block)
            found.append(Call(spoken["tool"], spoken["arguments"]))
        except (ValueError, KeyError, TypeError):
            continue
    return found


def call(name: str, **arguments: Any) -> Reply:
    """Return an answer that calls one tool."""
    return Reply(calls=(Call(name, arguments),))


def estimate(text: str) -> int:
    """Return how many tokens a text has, at four characters a token."""
    return -(-len(text) // 4)


def pieces(text: str, count: int = 4) -> list[str]:
    """Return a text in a few pieces, as streams bring them."""
    width = max(1, -(-len(text) // count))
    return [text[place : place + width] for place in range(0, len(text), width)]
