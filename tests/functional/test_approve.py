"""``--approve``: what must wait waits, and runs, changes or is skipped as the person decides."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from agentomics_nb import commands
from agentomics_nb.errors import RunError
from agentomics_nb.experiment.steps import Step
from agentomics_nb.journal.directory import Origin, RunDirectory
from agentomics_nb.journal.state import CellState, read_state
from agentomics_nb.launch import prepare, resume, start_engine
from agentomics_nb.options import RunOptions
from agentomics_nb.watching import has_engine

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow


def started(directory: Path, approve: str) -> RunDirectory:
    options = RunOptions(data=str(directory / "tumours.csv"), iterations=1, threads=1, approve=approve, out=directory)
    run = prepare(options, origin=Origin(directory=str(directory), door="cli"))
    start_engine(run, parent=os.getpid())
    return run


def next_waiting(run: RunDirectory, after: str | None = None) -> CellState | None:
    """The next cell that waits; None if the run ended."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        state = read_state(run)
        waiting = state.waiting_cell
        if waiting is not None and waiting.id != after:
            return waiting
        if state.status not in (None, "running") and not has_engine(run):
            return None
        time.sleep(0.1)
    raise AssertionError("nothing happens")


def test_the_first_cell_of_each_step_waits_and_the_person_may_change_it(small_table: Path) -> None:
    run = started(small_table.parent, "step")
    with pytest.raises(RunError, match="No cell"):
        commands.approve(run, cell="some-other-cell")
    first = next_waiting(run)
    assert first is not None
    seconds = read_state(run).seconds(time.time() + 3600)
    assert seconds < 60, "the clock stands still while the run waits"
    commands.approve(run, source=f"{first.source}\nprint('seen by me')")
    last = first.id
    while (waiting := next_waiting(run, last)) is not None:
        commands.approve(run, cell=waiting.id)
        last = waiting.id
    state = read_state(run)
    assert state.status == "finished"
    reviewed = [cell for cell in state.cells.values() if cell.review is not None]
    assert [cell.review["decision"] for cell in reviewed] == ["edit"] + ["run"] * (len(reviewed) - 1)
    assert len({cell.step for cell in reviewed}) == len(reviewed) >= 4
    assert "seen by me" in str(state.cells[first.id].outputs)
    assert state.cells[first.id].source.endswith("print('seen by me')")


def test_after_the_plan_one_cell_waits_also_across_a_stop_and_a_skipped_one_is_not_run(small_table: Path) -> None:
    run = started(small_table.parent, "plan")
    waiting = next_waiting(run)
    assert waiting is not None
    assert waiting.step is not Step.PLAN
    commands.stop(run)
    assert next_waiting(run, waiting.id) is None
    assert read_state(run).status == "stopped"
    resume(run, parent=os.getpid())
    again = next_waiting(run)
    assert again is not None
    assert (again.id, again.source) == (waiting.id, waiting.source)
    commands.reject(run)
    deadline = time.monotonic() + 60
    while (cell := read_state(run).cells[again.id]).ended is None:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert (cell.status, cell.outputs, cell.execution_count) == ("skipped", [], None)
    assert next_waiting(run, again.id) is None
