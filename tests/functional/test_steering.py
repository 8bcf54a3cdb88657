"""Steering on the way: a step is skipped, limits change, and the training is seen while it goes on."""

from __future__ import annotations

import contextlib
import os
import time
from typing import TYPE_CHECKING

import pytest

from agentomics_nb import commands
from agentomics_nb.errors import InputError, RunError
from agentomics_nb.experiment.steps import Step
from agentomics_nb.journal.directory import Origin, RunDirectory
from agentomics_nb.journal.state import RunState, read_state
from agentomics_nb.launch import prepare, start_engine
from agentomics_nb.options import RunOptions

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.slow


def started(table: Path) -> RunDirectory:
    options = RunOptions(data=str(table), iterations=5, threads=1, approve="step", out=table.parent)
    run = prepare(options, origin=Origin(directory=str(table.parent), door="cli"))
    start_engine(run, parent=os.getpid())
    return run


def wait_until(run: RunDirectory, condition: Callable[[RunState], bool]) -> RunState:
    """Approve whatever waits until the condition holds."""
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        state = read_state(run)
        if condition(state):
            return state
        if state.waiting_cell is not None:
            with contextlib.suppress(RunError):  # it may have been approved a moment ago
                commands.approve(run, cell=state.waiting_cell.id)
        time.sleep(0.1)
    raise AssertionError("it does not come to that")


def waits_in(step: Step, iteration: int) -> Callable[[RunState], bool]:
    return lambda state: (
        state.waiting_cell is not None and (state.waiting_cell.step, state.waiting_cell.iteration) == (step, iteration)
    )


def test_steps_are_skipped_and_limits_changed_on_the_way(small_table: Path) -> None:
    run = started(small_table)
    with pytest.raises(InputError, match="sets no limit"):
        commands.change_limit(run, "iterations=none")
    with pytest.raises(InputError, match="no language model"):
        commands.change_limit(run, "budget=2")

    wait_until(run, waits_in(Step.EXPLORATION, 0))
    commands.skip(run)
    state = wait_until(run, lambda state: state.iterations[0].answer(Step.EXPLORATION) is not None)
    assert state.iterations[0].answer(Step.EXPLORATION)["description"] == "Skipped by the person."

    wait_until(run, waits_in(Step.ANALYSIS, 0))
    assert state.limits(run.read_record().options).iterations == 5
    commands.change_limit(run, "iterations=2")
    wait_until(run, waits_in(Step.TRAINING, 1))
    asked = time.monotonic()
    commands.skip(run)
    state = wait_until(run, lambda state: state.iterations[1].status != "running")
    assert time.monotonic() - asked < 5
    assert state.iterations[1].status == "skipped"
    assert "Skipped by" in (state.iterations[1].reason or "")

    state = wait_until(run, lambda state: state.status == "finished")
    assert list(state.iterations) == [0, 1]
    assert state.best == 0
    assert not (run.path / "iterations" / "1").exists()
    with pytest.raises(RunError, match="No engine"):
        commands.skip(run)
