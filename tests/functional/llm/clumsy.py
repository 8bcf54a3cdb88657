"""A clumsy model: knows what to do, and says it in every way in which small models get it wrong."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from tests.functional.llm.competent import STEPS, Stuck, next_call
from tests.functional.llm.exchange import Call, Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tests.functional.llm.exchange import Request


def trailing_comma(request: Request, meant: Call) -> Reply:
    return Reply(calls=(replace(meant, arguments=meant.text[:-1] + ", }"),))


def single_quotes(request: Request, meant: Call) -> Reply:
    return Reply(calls=(replace(meant, arguments=repr(meant.values)),))


def cut_off(request: Request, meant: Call) -> Reply:
    """The closing brace is missing, and nothing says that the limit was reached."""
    return Reply(calls=(replace(meant, arguments=meant.text[:-1]),))


def cut_off_in_a_string(request: Request, meant: Call) -> Reply:
    return Reply(calls=(replace(meant, arguments=meant.text[: len(meant.text) // 2]),), finish="length")


def fenced_arguments(request: Request, meant: Call) -> Reply:
    return Reply(calls=(replace(meant, arguments=f"```json\n{meant.text}\n```"),))


def call_as_text(request: Request, meant: Call) -> Reply:
    spoken = json.dumps({"name": meant.name, "arguments": meant.values})
    return Reply(f"Sure! I will call the tool now.\n\n```json\n{spoken}\n```\nLet me know how it goes.")


def call_in_tags(request: Request, meant: Call) -> Reply:
    return Reply(f"<tool_call>\n{json.dumps({'name': meant.name, 'arguments': meant.values})}\n</tool_call>")


def code_as_text(request: Request, meant: Call) -> Reply:
    """Bash and Python as a fenced block, as chat models do; anything else as a call in text."""
    language = {"bash": "bash", "python": "python"}.get(meant.name)
    if language is None:
        return call_as_text(request, meant)
    return Reply(f"Run this:\n```{language}\n{next(iter(meant.values.values()))}\n```")


def misspelt(request: Request, meant: Call) -> Reply:
    return Reply(calls=(replace(meant, name=f"{meant.name.replace('_', '')}_tool"),))


def namespaced(request: Request, meant: Call) -> Reply:
    return Reply(calls=(replace(meant, name=f"functions-{meant.name}"),))


def other_argument_names(request: Request, meant: Call) -> Reply:
    names = {"command": "cmd", "source": "code", "text": "content", "path": "filename", "name": "recipe_name"}
    values = {names.get(name, name.capitalize()): value for name, value in meant.values.items()}
    return Reply(calls=(replace(meant, arguments=values),))


def wrapped_arguments(request: Request, meant: Call) -> Reply:
    return Reply(calls=(replace(meant, arguments={"arguments": meant.text}),))


def empty_answer(request: Request, meant: Call) -> Reply:
    return Reply()


def only_words(request: Request, meant: Call) -> Reply:
    return Reply("Of course! I would be happy to help you with your machine-learning task. Shall I begin?")


def answer_for_another_step(request: Request, meant: Call) -> Reply:
    other = {"idea": "x", "reason": "y"} if request.step != "plan" else {"strategy": "random", "reason": "y"}
    return Reply(calls=(Call("finish", other),))


def finish_without_files(request: Request, meant: Call) -> Reply:
    *_, last = _all_moves(request)
    return Reply(calls=(last,))


def unknown_tool(request: Request, meant: Call) -> Reply:
    return Reply(calls=(Call("browse_the_web", {"url": "https://example.org"}),))


def missing_arguments(request: Request, meant: Call) -> Reply:
    return Reply(calls=(replace(meant, arguments={}),))


def thinks_first(request: Request, meant: Call) -> Reply:
    return Reply("<think>\nThe user wants me to act. {not: json}\n</think>\n\n", calls=(meant,), reasoning="Hmm.")


def several_at_once(request: Request, meant: Call) -> Reply:
    return Reply(calls=(Call("bash", {"command": "true"}), meant))


UNDERSTANDABLE: tuple[Callable[[Request, Call], Reply], ...] = (
    trailing_comma,
    single_quotes,
    cut_off,
    fenced_arguments,
    call_as_text,
    call_in_tags,
    code_as_text,
    misspelt,
    namespaced,
    other_argument_names,
    wrapped_arguments,
    thinks_first,
    several_at_once,
)
"""What it means can be told; the call should be carried out as it was meant, without another request."""
HOPELESS: tuple[Callable[[Request, Call], Reply], ...] = (
    empty_answer,
    only_words,
    answer_for_another_step,
    finish_without_files,
    unknown_tool,
    missing_arguments,
    cut_off_in_a_string,
)
"""Nothing can be done but to say so."""


def clumsy(*, every: int = 2, slips: Sequence[Callable[[Request, Call], Reply]] = ()) -> Callable[[Request], Reply]:
    """Return a player that means what the competent one does, and gets it wrong in all ways, one after the other.

    Parameters
    ----------
    every : int
        Every so many requests it slips; in between it does well. 1: it always does.
    slips : sequence of callable, optional
        The ways; all of them otherwise.
    """
    ways = slips or (*UNDERSTANDABLE, *HOPELESS)
    meant: dict[str, Call] = {}

    def play(request: Request) -> Reply:
        move = meant_by(request, meant)
        if request.number % every:
            return Reply(calls=(move,))
        way = ways[request.number // every % len(ways)]
        reply = way(request, move)
        if way in UNDERSTANDABLE:
            meant[f"call_{request.number}_{len(reply.calls) - 1}"] = move  # the last one, where there are several
        return reply

    return play


def meant_by(request: Request, meant: Mapping[str, Call]) -> Call:
    """Return what a competent model would do now; at the end of its wits it finishes once more."""
    try:
        return next_call(request, STEPS[request.step or ""](request, "centroids"), meant)
    except Stuck:
        *_, last = _all_moves(request)
        return last


def _all_moves(request: Request) -> list[Call]:
    moves = STEPS[request.step or ""](request, "centroids")
    made = [next(moves)]
    said = {"recipe": "x: the only one", "bash": "train accuracy 1"}
    while made[-1].name != "finish":
        made.append(moves.send(said.get(made[-1].name, "")))
    return made
