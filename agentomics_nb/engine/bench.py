"""The bench of the engine: cells run in the agent kernel, processes of our own under the same limits."""

from __future__ import annotations

import shutil
import threading
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Any

from agentomics_nb.experiment.bench import Interruption
from agentomics_nb.journal.writer import DiskFullError
from agentomics_nb.kernel import AgentKernel, KernelError, run_isolated

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from agentomics_nb.engine.control import Control
    from agentomics_nb.experiment.bench import Decision, Job
    from agentomics_nb.isolation import Confinement
    from agentomics_nb.kernel import CellResult, ProcessResult

LEAST_ROOM = 4 * 1024 * 1024
"""Bytes that must be free on the run's disk for work to go on."""


class LocalBench:
    """Runs everything on this machine.

    Parameters
    ----------
    kernel : AgentKernel
        Where cells run.
    control : Control
        Looked at while anything runs.
    directory : Path
        The run directory, whose disk must not fill up.
    environment : mapping
        Environment of our own processes, without secrets.
    cell_time_limit : float
        Seconds for one cell or process.
    memory_limit : int
        Bytes for one cell or process with all it starts.
    reach : Confinement
        What a process of our own may reach, besides its working directory and the files that it comes with.
    """

    def __init__(
        self,
        kernel: AgentKernel,
        control: Control,
        *,
        directory: Path,
        environment: Mapping[str, str],
        cell_time_limit: float,
        memory_limit: int,
        reach: Confinement,
    ) -> None:
        self._kernel = kernel
        self._control = control
        self._directory = directory
        self._environment = environment
        self._time_limit = cell_time_limit
        self._memory_limit = memory_limit
        self._reach = reach

    def run_cell(
        self,
        source: str,
        *,
        text_file: Path,
        on_update: Callable[[list[Any]], None],
        meanwhile: Callable[[], None] | None = None,
    ) -> CellResult:
        """Run one cell in the agent kernel."""

        def poll() -> None:
            self._control.poll()
            if meanwhile is not None:
                meanwhile()

        text_file.parent.mkdir(parents=True, exist_ok=True)
        self._start_kernel()
        result = self._kernel.run(
            source,
            time_limit=self._time_limit,
            memory_limit=self._memory_limit,
            on_update=on_update,
            poll=poll,
            text_file=text_file,
        )
        if result.status != "ok":
            self._check_room()
        return result

    def _start_kernel(self) -> None:
        """Start the kernel if none runs; once more if it was killed while it started."""
        if self._kernel.alive:
            return
        try:
            self._kernel.start(self._control.poll)
        except KernelError:
            self._check_room()
            self._kernel.start(self._control.poll)

    def run_processes(self, jobs: Sequence[Job]) -> list[ProcessResult]:
        """Run processes of our own side by side; what the control raises ends them all."""
        ended = threading.Event()

        def stop_when_ended() -> None:
            if ended.is_set():
                raise Interruption("stopped", "Another process was ended.")

        def run(job: Job) -> ProcessResult:
            return run_isolated(
                job.argv,
                cwd=job.cwd,
                environment=self._environment,
                time_limit=min(self._time_limit, job.time_limit or self._time_limit),
                memory_limit=self._memory_limit,
                poll=stop_when_ended,
                confinement=self._reach.with_readable(job.files).with_writable(job.cwd),
            )

        with ThreadPoolExecutor(len(jobs)) as pool:
            running = [pool.submit(run, job) for job in jobs]
            try:
                while not all(future.done() for future in running):
                    self._control.poll()
                    wait(running, timeout=0.05)
            except BaseException:
                ended.set()
                raise
        results = [future.result() for future in running]
        if any(result.status != "ok" for result in results):
            self._check_room()
        return results

    def checkpoint(self) -> None:
        """Stand between two actions."""
        self._check_room()
        self._control.checkpoint()

    def await_decision(self, cell: str) -> Decision:
        """Wait for the person."""
        return self._control.await_decision(cell)

    def seconds_left(self) -> float | None:
        """Return the seconds left under the time limit."""
        return self._control.seconds_left()

    def _check_room(self) -> None:
        if shutil.disk_usage(self._directory).free < LEAST_ROOM:
            raise DiskFullError(f"The disk of {self._directory} is full.")
