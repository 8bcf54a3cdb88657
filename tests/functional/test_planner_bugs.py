"""A bug in a planner costs the iteration in which it shows, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentomics_nb.experiment.loop import Experiment
from agentomics_nb.experiment.steps import Step
from agentomics_nb.journal import events as ev
from agentomics_nb.journal.directory import Origin
from agentomics_nb.journal.journal import Journal
from agentomics_nb.journal.state import RunState
from agentomics_nb.journal.writer import JournalWriter
from agentomics_nb.launch import prepare
from agentomics_nb.options import RunOptions
from agentomics_nb.planner.offline.planner import OfflinePlanner
from tests.conftest import write_small_table
from tests.functional.llm.quick_bench import QuickBench

if TYPE_CHECKING:
    from pathlib import Path

    from agentomics_nb.experiment.tools import Tools
    from agentomics_nb.planner.port import Brief


class ForgetfulPlanner(OfflinePlanner):
    """Knows what to do but for the second iteration's representation."""

    def work(self, brief: Brief, tools: Tools) -> None:
        if brief.iteration == 1 and brief.step is Step.REPRESENTATION:
            raise KeyError("recipe")
        super().work(brief, tools)


def test_an_iteration_fails_and_the_others_go_on(tmp_path: Path) -> None:
    options = RunOptions(data=str(write_small_table(tmp_path)), name="trial", threads=1, iterations=3)
    run = prepare(options, origin=Origin(directory=str(tmp_path), door="cli"))
    with JournalWriter(run.events) as writer:
        journal = Journal(writer, RunState(), lambda event: None)
        journal.write(ev.RunStarted(pid=1, attempt=1, planner="offline"))
        Experiment(run, run.read_record(), ForgetfulPlanner(), QuickBench(tmp_path), journal).carry_out()
    iterations = journal.state.iterations
    assert [iterations[number].status for number in range(3)] == ["ok", "failed", "ok"]
    assert "KeyError" in (iterations[1].reason or "")
    assert journal.state.best in (0, 2)
