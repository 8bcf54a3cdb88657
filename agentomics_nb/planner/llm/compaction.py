"""Keep a conversation below the model's limit: old turns are told in a few words, long ones shortened.

The stable beginning stays word for word, so that the provider's cache of it keeps working; what is left out
changes seldom, in large steps.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentomics_nb.experiment.tools import cut
from agentomics_nb.planner.llm.conversation import Call, Done, Said, Told, Turn
from agentomics_nb.planner.llm.tokens import MESSAGE_OVERHEAD, estimate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SETTLE = 0.6
"""Part of the limit down to which a conversation is compacted, so that it need not be again at once."""
LARGEST_SHARE = 1 / 3
"""Part of the limit that one output may take once room is short."""
MOST_DIGEST_LINES = 30
_ARGUMENT_SHOWN = 70
_SHORTENED = (4000, 1500, 500, 160)
_CALL_OVERHEAD = 12
_PICTURE = 1200


@dataclass(frozen=True)
class Fitted:
    """A conversation as it is sent.

    Parameters
    ----------
    turns : tuple of Turn
        The first one is the brief of the step.
    tokens : int
        Estimated.
    upto : int
        Turns before this one are told in the digest only.
    fits : bool
        Whether it is below the limit.
    """

    turns: tuple[Turn, ...]
    tokens: int
    upto: int
    fits: bool


def fit(turns: Sequence[Turn], *, upto: int, limit: int, corrected: Callable[[int], int]) -> Fitted:
    """Return a conversation that fits.

    Parameters
    ----------
    turns : sequence of Turn
        All of them; the first is the brief.
    upto : int
        Where the last compaction cut.
    limit : int
        Tokens for the turns together.
    corrected : callable
        Corrects an estimate by what the model has reported.
    """
    shown = _view(turns, upto)
    tokens = corrected(sum(map(size, shown)))
    if tokens <= limit:
        return Fitted(tuple(shown), tokens, upto, True)
    # A single output that is longer than its share would push out all that came before it.
    share = int(LARGEST_SHARE * limit)
    turns = [_within(turn, share, corrected) if isinstance(turn, Done) else turn for turn in turns]
    for place in [upto, *_cuts(turns, upto)]:
        shown = _view(turns, place)
        tokens = corrected(sum(map(size, shown)))
        if tokens <= (SETTLE * limit if place > upto else limit):
            return Fitted(tuple(shown), tokens, place, True)
    upto = place
    # The last exchange alone is too long: its texts get shorter, the longest first.
    for most in _SHORTENED:
        short = [_shortened(turn, most) for turn in shown]
        tokens = corrected(sum(map(size, short)))
        if tokens <= limit:
            return Fitted(tuple(short), tokens, upto, True)
    return Fitted(tuple(short), tokens, upto, False)


def size(turn: Turn) -> int:
    """Return about how many tokens a turn has."""
    match turn:
        case Said():
            calls = sum(estimate(call.arguments) + _CALL_OVERHEAD for call in turn.calls)
            return estimate(turn.text) + calls + MESSAGE_OVERHEAD + (estimate(json.dumps(turn.raw)) if turn.raw else 0)
        case Done():
            return estimate(turn.text) + MESSAGE_OVERHEAD + (_PICTURE if turn.picture else 0)
        case _:
            return estimate(turn.text) + MESSAGE_OVERHEAD


def _cuts(turns: Sequence[Turn], upto: int) -> list[int]:
    """Return where a conversation may be cut: before an answer of the model, never between a call and its result."""
    return [place for place, turn in enumerate(turns) if place > upto and isinstance(turn, Said)]


def _view(turns: Sequence[Turn], upto: int) -> list[Turn]:
    if upto <= 1 or not turns:
        return list(turns)
    first = turns[0]
    brief = first.text if isinstance(first, Told) else ""
    return [Told(text=f"{brief}\n\n{digest(turns[1:upto])}"), *turns[upto:]]


def digest(turns: Sequence[Turn]) -> str:
    """Return what happened in turns that are left out: one line a call."""
    calls = {call.id: call for turn in turns if isinstance(turn, Said) for call in turn.calls}
    lines = [f"- {_in_words(calls.get(turn.call), turn)}" for turn in turns if isinstance(turn, Done)]
    left_out = len(lines) - MOST_DIGEST_LINES
    if left_out > 0:
        lines = [f"- … {left_out} earlier calls …", *lines[left_out:]]
    return "Done in this step so far (older outputs are left out; read files again if you need them):\n" + "\n".join(
        lines
    )


def _in_words(call: Call | None, done: Done) -> str:
    shown = ""
    if call is not None:
        text = " ".join(call.arguments.split())
        shown = text if len(text) <= _ARGUMENT_SHOWN else f"{text[:_ARGUMENT_SHOWN]}…"
    last = done.text.strip().splitlines()[-1][:100] if done.outcome != "ok" and done.text.strip() else ""
    return f"{done.name} {shown} → {done.outcome}{f': {last}' if last else ''}"


def _within(turn: Done, share: int, corrected: Callable[[int], int]) -> Done:
    """Return a result whose text is cut to its share of tokens."""
    tokens = corrected(estimate(turn.text))
    if tokens <= share:
        return turn
    return turn.model_copy(update={"text": cut(turn.text, len(turn.text) * share // tokens)})


def _shortened(turn: Turn, most: int) -> Turn:
    match turn:
        case Told():
            return turn.model_copy(update={"text": cut(turn.text, max(most, 2500))})
        case Done():
            return turn.model_copy(update={"text": cut(turn.text, most), "picture": None})
        case Said():
            calls = tuple(_short_call(call, most) for call in turn.calls)
            return turn.model_copy(update={"text": cut(turn.text, most), "calls": calls, "raw": None})


def _short_call(call: Call, most: int) -> Call:
    """Shorten the long values of a call's arguments; they stay JSON."""
    if len(call.arguments) <= most:
        return call
    try:
        values = json.loads(call.arguments)
    except ValueError:
        values = None
    if not isinstance(values, dict):
        return call.model_copy(update={"arguments": "{}"})
    short = {name: cut(value, most) if isinstance(value, str) else value for name, value in values.items()}
    return call.model_copy(update={"arguments": json.dumps(short, ensure_ascii=False)})
