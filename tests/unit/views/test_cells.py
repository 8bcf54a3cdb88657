"""What the notebook is owed of a run, which page writes it, and how fast it goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from agentomics_nb.experiment.steps import Step
from agentomics_nb.journal import events as ev
from agentomics_nb.journal.outputs import apply_changes
from agentomics_nb.journal.state import RunState, fold
from agentomics_nb.record.notebook import notebook_cell
from agentomics_nb.views.cells.lease import SILENCE, Lease
from agentomics_nb.views.cells.messages import KnownCell, parse_incoming
from agentomics_nb.views.cells.mirror import Mirror
from agentomics_nb.views.cells.pacing import RATE, WINDOW, Pace
from agentomics_nb.views.cells.removals import Removals
from tests.unit.views.simulated_run import make_run, started, timed

if TYPE_CHECKING:
    from pathlib import Path

    from agentomics_nb.journal.directory import RunRecord


def add(text: str) -> dict[str, Any]:
    return {"op": "add", "output": {"output_type": "stream", "name": "stdout", "text": text}}


def append(text: str) -> dict[str, Any]:
    return {"op": "append_text", "index": 0, "text": text}


def cell(name: str, source: str = "%%bash\nls") -> ev.Event:
    return ev.CellStarted(cell=name, cell_type="code", role="bash", source=source, iteration=0, step=Step.TRAINING)


def changed(name: str, *changes: dict[str, Any]) -> ev.Event:
    return ev.CellChanged(cell=name, changes=list(changes))


def ended(name: str) -> ev.Event:
    return ev.CellEnded(cell=name, status="ok", execution_count=1, seconds=1.0)


class Notebook:
    """Takes entries in as the labextension does."""

    def __init__(self) -> None:
        self.cells: dict[str, dict[str, Any]] = {}

    def take(self, entries: list[dict[str, Any]]) -> None:
        for entry in entries:
            if "cell" in entry:
                self.cells[entry["id"]] = dict(entry["cell"])
                continue
            there = self.cells[entry["id"]]
            there["outputs"] = apply_changes(there["outputs"], entry["outputs"])
            if "metadata" in entry:
                there |= {"metadata": entry["metadata"], "execution_count": entry["execution_count"]}


@pytest.fixture
def record(tmp_path: Path) -> RunRecord:
    return make_run(tmp_path).read_record()


@pytest.fixture
def removals(tmp_path: Path) -> Removals:
    return Removals(tmp_path / "removed_cells.json", "magic")


def expected(record: RunRecord, state: RunState) -> dict[str, dict[str, Any]]:
    return {cell.id: notebook_cell(record, cell) for cell in state.cells.values()}


def test_whatever_is_sent_in_between_the_notebook_ends_up_as_the_log(record: RunRecord, removals: Removals) -> None:
    result = {"output_type": "execute_result", "execution_count": None, "data": {"text/plain": "4"}, "metadata": {}}
    earlier = {"op": "update_earlier", "cells_back": 1, "index": 1, "output": {"output_type": "display_data"}}
    story = [
        started(), cell("a"), changed("a", add("one\n")), changed("a", append("two\n"), append("three\n")),
        changed("a", {"op": "add", "output": result}), ended("a"), cell("b"), changed("b", add("x"), earlier),
        changed("b", {"op": "clear"}, add("y")), ended("b"), cell("c"), cell("c", "%%bash\nagain"), ended("c"),
    ]  # fmt: skip
    for stride in (1, 2, 5, len(story)):
        mirror, notebook, state = Mirror(record, removals), Notebook(), RunState()
        for number, event in enumerate(timed(story), 1):
            state.apply(event)
            if number % stride == 0 or number == len(story):
                notebook.take(list(mirror.owed(state)))
                assert list(mirror.owed(state)) == [], "nothing is owed twice"
        assert notebook.cells == expected(record, state)


def test_ten_thousand_lines_since_the_last_look_are_one_change(record: RunRecord, removals: Removals) -> None:
    state = fold(timed([started(), cell("a"), changed("a", add("line\n"))]))
    mirror = Mirror(record, removals)
    list(mirror.owed(state))
    for event in timed([changed("a", append("line\n"))] * 10_000):
        state.apply(event)
    (entry,) = mirror.owed(state)
    assert entry["outputs"] == [{"op": "append_text", "index": 0, "text": "line\n" * 10_000}]


def test_a_page_that_comes_back_is_owed_what_it_lacks_and_not_what_the_person_removed(
    record: RunRecord, removals: Removals
) -> None:
    story = [started()]
    for name in "abcd":
        story += [cell(name), changed(name, add("x")), ended(name)]
    state = fold(timed([*story, cell("e")]))
    digest = notebook_cell(record, state.cells["a"])["metadata"]["agentomics"]["source_sha256"]
    known = {
        "a": KnownCell(status="ok", source_sha256=digest),
        "b": KnownCell(status="running", source_sha256=digest),
        "e": KnownCell(status="running", source_sha256=digest),
    }
    removals.take(["c"], [])
    mirror = Mirror(record, removals)
    mirror.begin(state, known)
    assert [entry["id"] for entry in mirror.owed(state)] == ["b", "d", "e"]
    state.apply(ended("e"))
    assert [set(entry) for entry in mirror.owed(state)] == [{"id", "outputs", "metadata", "execution_count"}]


def test_what_the_person_takes_out_stays_out_until_they_put_it_back(tmp_path: Path) -> None:
    state = fold(timed([started(), cell("a"), ended("a"), cell("b"), ended("b"), cell("c"), ended("c")]))
    file = tmp_path / "removed_cells.json"
    here = Removals(file, "magic")
    here.compare(state, {"a", "b", "c"})
    assert not file.exists()
    here.take(["c", "b"], [])
    assert Removals(file, "magic").cells == {"b", "c"}
    assert Removals(file, "elsewhere").cells == set()
    here.compare(state, {"a", "b"})
    assert here.cells == {"c"}, "undone while nobody watched"
    here.take([], ["c"])
    here.compare(state, {"b", "c"})
    assert here.cells == {"a"}, "taken out while nobody watched: a later one is there"
    Removals(file, None).take(["b"], [])
    assert Removals(file, "magic").cells == {"a"}
    file.write_text("[")
    assert Removals(file, "magic").cells == set()


def test_one_page_writes_and_the_next_one_follows_when_it_is_silent() -> None:
    lease = Lease()
    lease.sign("one", 0.0)
    assert lease.settle(0.0)
    assert lease.holder == "one"
    lease.sign("two", 1.0)
    assert not lease.settle(1.0)
    lease.sign("two", SILENCE + 0.5)
    assert lease.settle(SILENCE + 0.5)
    assert lease.holder == "two"
    lease.sign("one", SILENCE + 1)
    assert not lease.settle(SILENCE + 1), "one who comes back waits in line"
    lease.take("one")
    assert lease.holder == "one"
    lease.drop("one")
    assert lease.settle(SILENCE + 1)
    assert lease.holder == "two"


def test_no_more_goes_out_than_the_server_lets_through_or_the_page_takes_in() -> None:
    pace, sent, arrived, now = Pace(), 0, 0, 0.0
    while now < 20:
        while pace.may_send(now):
            sent += 1
            pace.sent(sent, 100_000)
        now += 0.05
        arrived = sent
        pace.arrived(arrived)
    assert sent * 100_000 <= RATE * 21 + 100_000
    assert sent * 100_000 >= RATE * 19
    for _ in range(100):
        now += 1.0
        if pace.may_send(now):
            sent += 1
            pace.sent(sent, 100_000)
    assert (sent - arrived) * 100_000 <= WINDOW + 100_000, "a page that does not answer gets a window, no more"


def test_what_is_no_message_is_passed_over() -> None:
    for data in (
        None,
        3,
        {},
        {"type": "hello"},
        {"type": "later", "client": "x"},
        {"type": "ack", "client": "x", "n": "y"},
    ):
        assert parse_incoming(data) is None
