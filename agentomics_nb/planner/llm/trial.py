"""One cheap call to an endpoint that shows what works there: text, tools, structured answers, streaming, usage."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from agentomics_nb.planner.llm import prompting
from agentomics_nb.planner.llm.conversation import Told
from agentomics_nb.planner.llm.endpoint import Endpoint, Request, ToolSpec
from agentomics_nb.planner.llm.faults import Fault, Passing, Turned
from agentomics_nb.planner.llm.planner import understood
from agentomics_nb.planner.llm.repair import match_tool

if TYPE_CHECKING:
    from agentomics_nb.planner.llm.conversation import Said

_MOST_TOKENS = 400
_TOOL = ToolSpec(
    "finish",
    "Deliver the answer.",
    {
        "type": "object",
        "properties": {"count": {"type": "integer"}, "word": {"type": "string"}},
        "required": ["count", "word"],
    },
)
_ASKED = "How many letters has the word gene? Call the tool finish with count (a number) and word (the word itself)."


@dataclass(frozen=True)
class Trial:
    """What an endpoint turned out to be able to do.

    Parameters
    ----------
    error : str or None
        Why there was no answer at all; the rest says nothing then.
    streams : bool
        Whether the answer came as a stream.
    calls_tools : bool
        Whether the model called the tool, rather than writing text.
    understood : bool
        Whether the call could be made out at all, if need be from text.
    structured : bool
        Whether its arguments were valid JSON of the schema, without repair; if it calls no tools, whether its answer
        was, when a schema forced it.
    counts : bool
        Whether it said how many tokens it took.
    text : str
        The beginning of what the model said.
    tokens_in, tokens_out : int
        Of the call.
    model : str or None
        As the endpoint names it.
    """

    error: str | None = None
    streams: bool = False
    calls_tools: bool = False
    understood: bool = False
    structured: bool = False
    counts: bool = False
    text: str = ""
    tokens_in: int = 0
    tokens_out: int = 0
    model: str | None = None


def try_endpoint(endpoint: Endpoint) -> Trial:
    """Make one call; another one only if streams or tools do not work."""
    request = Request(
        number="doctor",
        instructions="You answer by calling the tool finish.",
        turns=[Told(text=_ASKED)],
        tools=[_TOOL],
        max_output=_MOST_TOKENS,
    )
    forced = replace(request, form="schema", instructions=prompting.tools_in_text([_TOOL]))
    try:
        trial = _trial(endpoint.ask(request, _nothing), request)
    except Turned:
        return _second(endpoint, forced)
    except Passing as fault:
        return _second(endpoint, replace(request, stream=False)) if fault.in_stream else Trial(error=str(fault))
    except Fault as fault:
        return Trial(error=str(fault))
    if trial.calls_tools:
        return trial
    again = _second(endpoint, forced)
    return replace(trial, understood=trial.understood or again.understood, structured=again.understood)


def _second(endpoint: Endpoint, request: Request) -> Trial:
    try:
        return _trial(endpoint.ask(request, _nothing), request)
    except Fault as fault:
        return Trial(error=str(fault))


def _trial(said: Said, request: Request) -> Trial:
    called = [call for call in said.calls if match_tool(call.name, ("finish",))]
    made_out = understood(said, {"finish": _TOOL.schema}).calls
    return Trial(
        streams=request.stream,
        calls_tools=bool(called),
        understood=bool(made_out),
        structured=bool(called) and _is_valid(called[0].arguments),
        counts=not said.usage.estimated,
        text=(said.text or "; ".join(f"{call.name}({call.arguments})" for call in said.calls))[:120],
        tokens_in=said.usage.tokens_in,
        tokens_out=said.usage.tokens_out,
        model=said.model,
    )


def _is_valid(arguments: str) -> bool:
    try:
        found = json.loads(arguments)
    except ValueError:
        return False
    return isinstance(found, dict) and isinstance(found.get("count"), int) and isinstance(found.get("word"), str)


def _nothing() -> None:
    """Nothing is to be looked at meanwhile."""
