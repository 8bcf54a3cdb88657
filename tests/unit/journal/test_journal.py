"""Events survive what crashes leave behind, and their fold is what they say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agentomics_nb.experiment.steps import Step
from agentomics_nb.journal import events as ev
from agentomics_nb.journal.inbox import send, waiting
from agentomics_nb.journal.state import fold
from agentomics_nb.journal.writer import JournalReader, JournalWriter

if TYPE_CHECKING:
    from pathlib import Path


def written(path: Path, *events: ev.Event) -> list[ev.Event]:
    with JournalWriter(path) as writer:
        return [writer.write(event) for event in events]


def test_events_come_back_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    wrote = written(path, ev.RunStarted(pid=1, attempt=1, planner="offline"), ev.Notice(level="info", text="ä\n✓"))
    assert list(JournalReader(path).new_events()) == wrote
    assert [event.seq for event in wrote] == [0, 1]


def test_a_half_written_line_is_cut_and_the_count_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    written(path, ev.Notice(level="info", text="whole"))
    with path.open("ab") as file:
        file.write(b'{"seq":1,"kind":"notice","level":"in')
    assert [event.seq for event in JournalReader(path).new_events()] == [0]
    assert written(path, ev.Notice(level="info", text="next"))[0].seq == 1
    assert [event.text for event in JournalReader(path).new_events() if isinstance(event, ev.Notice)] == [
        "whole",
        "next",
    ]


def test_a_reader_sees_each_event_once_as_they_come(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    reader = JournalReader(path)
    assert list(reader.new_events()) == []
    with JournalWriter(path) as writer:
        for count in range(3):
            writer.write(ev.Notice(level="info", text=str(count)))
            assert [event.seq for event in reader.new_events()] == [count]


def test_the_inbox_keeps_order_and_never_shows_half_a_command(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    send(inbox, "pause")
    send(inbox, "hint", text="mind the batch")
    (inbox / "0-broken.json").write_text("{")
    (inbox / ".draft.part").write_text("{")
    commands = [command for _, command in waiting(inbox)]
    assert commands[0] is None
    assert [c.command for c in commands[1:] if c is not None] == ["pause", "hint"]
    assert commands[2] is not None
    assert commands[2].text == "mind the batch"


def at(time: float, event: ev.Event, **place: object) -> ev.Event:
    return event.model_copy(update={"time": time, **place})


def test_the_clock_counts_work_and_not_pauses_or_interruptions() -> None:
    state = fold(
        [
            at(0, ev.RunStarted(pid=1, attempt=1, planner="offline")),
            at(10, ev.Paused()),
            at(110, ev.Resumed()),
            at(115, ev.RunEnded(status="stopped", reason="")),
            at(900, ev.RunStarted(pid=2, attempt=2, planner="offline")),
        ]
    )
    assert state.seconds(905) == pytest.approx(20)


def test_a_cell_that_ran_when_the_engine_died_is_killed_and_begins_anew_under_its_id() -> None:
    begin = ev.CellStarted(cell="a-00-training-01", cell_type="code", role="bash", source="x")
    events: list[ev.Event] = [
        at(0, ev.RunStarted(pid=1, attempt=1, planner="offline")),
        at(1, ev.IterationStarted(), iteration=0),
        at(2, begin, iteration=0, step=Step.TRAINING),
        at(3, ev.CellChanged(cell="a-00-training-01", changes=[{"op": "add", "output": stream("half")}])),
        at(9, ev.RunStarted(pid=2, attempt=2, planner="offline")),
    ]
    assert fold(events).cells["a-00-training-01"].status == "killed"
    state = fold([*events, at(10, begin, iteration=0, step=Step.TRAINING)])
    assert list(state.cells) == ["a-00-training-01"]
    assert state.cells["a-00-training-01"].outputs == []
    assert state.running_cell is not None


def test_a_display_is_updated_in_the_cell_that_showed_it() -> None:
    first = {"output_type": "display_data", "data": {"text/plain": "old"}, "metadata": {}}
    state = fold(
        [
            at(0, ev.RunStarted(pid=1, attempt=1, planner="offline")),
            at(1, ev.CellStarted(cell="a", cell_type="code", role="python", source="")),
            at(1, ev.CellChanged(cell="a", changes=[{"op": "add", "output": first}])),
            at(1, ev.CellEnded(cell="a", status="ok", seconds=0)),
            at(2, ev.CellStarted(cell="b", cell_type="code", role="python", source="")),
            at(
                2,
                ev.CellChanged(
                    cell="b",
                    changes=[
                        {
                            "op": "update_earlier",
                            "cells_back": 1,
                            "index": 0,
                            "output": {**first, "data": {"text/plain": "new"}},
                        }
                    ],
                ),
            ),
        ]
    )
    assert state.cells["a"].outputs[0]["data"] == {"text/plain": "new"}
    assert state.cells["b"].outputs == []


def stream(text: str) -> dict[str, str]:
    return {"output_type": "stream", "name": "stdout", "text": text}
