"""Processes of our own run under the limits of the run, or shorter ones of their own."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from agentomics_nb.engine.bench import LocalBench
from agentomics_nb.environment import scrubbed
from agentomics_nb.experiment.bench import Job
from agentomics_nb.isolation import reach_of_scripts

if TYPE_CHECKING:
    from pathlib import Path


class Nobody:
    """A person who says nothing."""

    def poll(self) -> None:
        """Find no command."""


def test_a_job_with_a_shorter_limit_is_ended_and_the_one_beside_it_is_not(tmp_path: Path) -> None:
    bench = LocalBench(
        None,  # type: ignore[arg-type] - no cell runs here
        Nobody(),  # type: ignore[arg-type]
        directory=tmp_path,
        environment=scrubbed(os.environ, threads=1),
        cell_time_limit=120.0,
        memory_limit=1 << 30,
        reach=reach_of_scripts("none"),
    )
    argv = [sys.executable, "-c", "import sys, time; time.sleep(float(sys.argv[1]))"]
    endless, short = bench.run_processes(
        [Job([*argv, "100"], tmp_path, tmp_path, time_limit=0.3), Job([*argv, "0.8"], tmp_path, tmp_path)]
    )
    assert (endless.status, short.status) == ("timeout", "ok")
    assert endless.seconds < 60
