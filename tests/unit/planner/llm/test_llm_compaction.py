from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentomics_nb.planner.llm.compaction import fit, size
from agentomics_nb.planner.llm.conversation import Call, Done, Said, Told
from agentomics_nb.planner.llm.tokens import Calibration, estimate


def exchange(number, argument, result):
    call = Call(id=f"c{number}", name="bash", arguments=json.dumps({"command": argument}))
    return [
        Said(request=str(number), text="", calls=(call,)),
        Done(call=call.id, name="bash", text=result, outcome="ok", cells=number),
    ]


def conversation(exchanges, length=400):
    turns = [Told(text="Step: training\nIteration: 0\nWorkspace: w\n\nTrain.")]
    for number in range(exchanges):
        turns += exchange(number, f"echo {number}", "word " * (length // 5))
    return turns


def fitted(turns, limit, upto=1):
    return fit(turns, upto=upto, limit=limit, corrected=lambda tokens: tokens)


def paired(turns):
    """Whether every result follows its call, and every call has its result."""
    called = [call.id for turn in turns if isinstance(turn, Said) for call in turn.calls]
    done = [turn.call for turn in turns if isinstance(turn, Done)]
    return called == done


def test_what_fits_is_left_as_it_is():
    turns = conversation(3)
    assert fitted(turns, 100_000).turns == tuple(turns)


def test_old_turns_are_told_in_a_few_words_and_the_brief_stays():
    turns = conversation(60)
    found = fitted(turns, 2000)
    assert found.fits
    assert found.tokens <= 2000
    assert found.turns[0].text.startswith(turns[0].text)
    assert "echo 3" not in str(found.turns[1:])
    assert "bash" in found.turns[0].text
    assert found.turns[-1] == turns[-1]
    assert paired(found.turns)


def test_a_compaction_leaves_room_so_that_the_beginning_stays_the_same_for_a_while():
    turns = conversation(60)
    first = fitted(turns, 4000)
    later = fitted([*turns, *exchange(60, "echo more", "word " * 80)], 4000, upto=first.upto)
    assert later.upto == first.upto
    assert later.turns[: len(first.turns)] == first.turns


def test_one_long_output_does_not_push_out_what_came_before_it():
    before = conversation(3)
    turns = [*before, *exchange(9, "cat long.txt", "word " * 3500)]
    found = fitted(turns, 3000)
    assert found.fits
    assert found.turns[: len(before)] == tuple(before)
    assert "characters left out" in found.turns[-1].text
    later = fitted([*turns, *exchange(10, "echo", "word")], 3000)
    assert later.turns[: len(found.turns)] == found.turns


def test_one_exchange_that_is_too_long_by_itself_is_shortened():
    turns = [*conversation(1), *exchange(9, "cat > train.py " + "x = 1; " * 4000, "word " * 20_000)]
    found = fitted(turns, 3000)
    assert found.fits
    assert paired(found.turns)
    for turn in found.turns:
        if isinstance(turn, Said):
            assert all(isinstance(json.loads(call.arguments), dict) for call in turn.calls)


@settings(deadline=None)
@given(st.integers(1, 40), st.integers(10, 3000), st.integers(900, 20_000))
def test_whatever_comes_nothing_above_the_limit_is_called_fitting(exchanges, length, limit):
    found = fitted(conversation(exchanges, length), limit)
    assert found.fits
    assert sum(map(size, found.turns)) <= limit
    assert paired(found.turns)


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [("The quick brown fox jumps over the lazy dog.", 9, 14), ("ACGTACGTACGTACGT", 6, 12), ("3.14159, 2.71828", 5, 12)],
)
def test_estimates_are_near_what_tokenizers_count(text, low, high):
    assert low <= estimate(text) <= high


def test_estimates_follow_what_the_model_reports():
    calibration = Calibration()
    calibration.learn(1000, 1600)
    assert calibration.of(1000) == 1600
    for _ in range(60):
        calibration.learn(1000, 900)
    assert 900 <= calibration.of(1000) < 950
    calibration.learn(1000, 50_000)
    assert calibration.of(1000) <= 2000
