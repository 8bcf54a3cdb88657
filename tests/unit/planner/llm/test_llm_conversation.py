from __future__ import annotations

import json

import pytest

from agentomics_nb.errors import RunError
from agentomics_nb.planner.llm.conversation import Asked, Call, Conversation, Done, Opened, Said, Told, Usage, replies

OPENED = Opened(iteration=0, step="plan", workspace="w", model="m", instructions="You are …")
CALLS = (Call(id="a", name="bash", arguments='{"command": "ls"}'), Call(id="b", name="finish", arguments="{}"))


def plain(text):
    return text


def written(path, *lines):
    kept = Conversation(path, plain)
    for line in (OPENED, Told(text="go"), *lines):
        kept.add(line)
    return Conversation(path, plain)


def done(call, outcome="ok", cells=1):
    return Done(call=call, name="bash", text="…", outcome=outcome, cells=cells)


def test_a_conversation_goes_on_where_it_stood(tmp_path):
    said = Said(request="0", calls=CALLS, usage=Usage(tokens_in=7, tokens_out=3))
    again = written(tmp_path / "c.jsonl", Asked(request="0", tokens_in=9), said, done("a", cells=4))
    assert again.opened == OPENED
    assert again.last_said == said
    assert [call.id for call in again.open_calls] == ["b"]
    assert (again.cells, again.requests) == (4, 1)


def test_an_answer_accepted_just_before_a_crash_is_delivered_again(tmp_path):
    again = written(tmp_path / "c.jsonl", Said(request="0", calls=CALLS), done("a", cells=2), done("b", "accepted", 3))
    assert [call.id for call in again.open_calls] == ["b"]
    assert again.cells == 2


def test_a_half_written_line_is_cut_off(tmp_path):
    path = tmp_path / "c.jsonl"
    written(path, Said(request="0", calls=CALLS))
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"kind": "done", "call": "a"')
    again = Conversation(path, plain)
    assert path.read_bytes() == whole
    again.add(done("a"))
    assert [call.id for call in Conversation(path, plain).open_calls] == ["b"]


def test_secrets_do_not_reach_the_file(tmp_path):
    path = tmp_path / "c.jsonl"
    kept = Conversation(path, lambda text: text.replace("hunter2", "[secret]"))
    kept.add(OPENED)
    kept.add(Said(request="0", text="it is hunter2", calls=(Call(id="a", name="bash", arguments='{"x": "hunter2"}'),)))
    assert "hunter2" not in path.read_text()
    assert "hunter2" not in str(kept.turns)


def test_a_newer_form_is_refused_in_one_sentence(tmp_path):
    path = tmp_path / "c.jsonl"
    written(path)
    first, rest = path.read_text().split("\n", 1)
    path.write_text(json.dumps(json.loads(first) | {"format": 99}) + "\n" + rest)
    with pytest.raises(RunError, match="newer version"):
        Conversation(path, plain)


def test_reading_a_recording_changes_nothing(tmp_path):
    path = tmp_path / "c.jsonl"
    written(path, Said(request="0", text="one"), Said(request="1", text="two"))
    path.write_bytes(path.read_bytes() + b"{")
    before = path.read_bytes()
    opened, said = replies(path)
    assert opened == OPENED
    assert [one.text for one in said] == ["one", "two"]
    assert path.read_bytes() == before
