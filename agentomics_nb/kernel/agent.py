"""The agent kernel: an IPython kernel of the engine's own, in which every cell of a run is executed."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from typing import TYPE_CHECKING

from agentomics_nb.environment import thread_variables
from agentomics_nb.isolation import private
from agentomics_nb.kernel import attempts
from agentomics_nb.kernel.errors import KernelError
from agentomics_nb.kernel.execution import Execution
from agentomics_nb.kernel.outputs import Displays, Outputs
from agentomics_nb.kernel.processes import MemoryWatch, ProcessTree

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from agentomics_nb.isolation import Confinement
    from agentomics_nb.journal.outputs import OutputChange
    from agentomics_nb.kernel.cell import CellResult
    from agentomics_nb.kernel.connection import Connection

_START_LIMIT = 60.0
_TICK = 0.05


class AgentKernel:
    """Runs cells one after another in a kernel that is started when it is needed.

    Whatever ends a kernel (a limit, a request to stop, its own death) ends every process that its cells
    started, and the next cell gets a new kernel: cells talk to each other through files, so nothing is lost
    with the old one.

    Parameters
    ----------
    cwd
        Working directory of the kernel: the folder of the person's notebook.
    connection_dir
        Where the connection file (mode 0600) and the kernel's log go.
    environment
        The kernel's whole environment, as `agentomics_nb.environment.scrubbed` makes it.
    threads
        Threads that each numeric library may use; None leaves it to them.
    secrets
        Values that must not appear in outputs; ``[secret]`` takes their place.
    confinement
        What the kernel may reach, besides a home and a temporary folder of its own; None for all that this process
        may.
    """

    def __init__(
        self,
        *,
        cwd: Path,
        connection_dir: Path,
        environment: Mapping[str, str],
        threads: int | None = None,
        secrets: Sequence[str] = (),
        confinement: Confinement | None = None,
    ) -> None:
        self._cwd = cwd
        self._folder = connection_dir
        self._environment = dict(environment) | thread_variables(threads)
        self._secrets = tuple(secrets)
        self._confinement = confinement
        self._tree: ProcessTree | None = None
        self._connection: Connection | None = None
        self._displays = Displays()
        self._cells = 0

    @property
    def alive(self) -> bool:
        """Whether a kernel process runs."""
        return self._tree is not None and self._tree.alive

    @property
    def pid(self) -> int | None:
        """Process id of the kernel; None if none runs."""
        return self._tree.pid if self._tree is not None and self._tree.alive else None

    def start(self, poll: Callable[[], None] | None = None) -> None:
        """Start the kernel, or a new one in place of the one that runs.

        Parameters
        ----------
        poll
            Called at least every 100 ms; what it raises ends the kernel and is raised here.

        Raises
        ------
        KernelError
            If the kernel does not answer within 60 s, or ends; the message holds the last lines it wrote.
        """
        from agentomics_nb.kernel.connection import Connection

        self.shutdown()
        self._displays = Displays()
        self._connection = Connection(self._folder)
        log = self._folder / "kernel.log"
        launch = [
            sys.executable,
            "-m",
            "agentomics_nb.kernel.launch",
            "-f",
            str(self._connection.file.resolve()),
        ]
        environment, confinement, scratch = self._environment, self._confinement, self._connection.scratch
        if confinement is not None:
            environment = private(environment, scratch)
            confinement = confinement.with_writable(scratch).with_readable(self._connection.file)
            if confinement.isolation != "none":
                environment |= attempts.told(confinement)
        try:
            with log.open("wb") as file:
                self._tree = ProcessTree(
                    [*launch, f"--ipython-dir={self._connection.ipython}"],
                    cwd=self._cwd,
                    environment=environment,
                    stdout=file,
                    stderr=file,
                    scratch=scratch,
                    confinement=confinement,
                )
            self._connection.watch(self._tree.report)
            self._await_answer(self._connection, self._tree, poll or _nothing)
        except KernelError as error:
            self.shutdown()
            raise KernelError(f"{error} It wrote last:\n{_last_lines(log)}") from error
        except BaseException:
            self.shutdown()
            raise

    def _await_answer(self, connection: Connection, tree: ProcessTree, poll: Callable[[], None]) -> None:
        """Wait until both channels carry messages: output that nobody has subscribed to yet is lost."""
        deadline = time.monotonic() + _START_LIMIT
        answered = heard = False
        next_request = 0.0
        while not (answered and heard):
            poll()
            now = time.monotonic()
            if now > deadline or not tree.alive:
                state = "did not answer within 60 s" if tree.alive else "ended while it started"
                raise KernelError(f"The agent kernel {state}.")
            if now > next_request:
                connection.ask()
                next_request = now + 0.5
            connection.wait(_TICK)
            answered |= bool(connection.replies())
            heard |= bool(connection.outputs())

    def run(
        self,
        source: str,
        *,
        time_limit: float,
        memory_limit: int | None = None,
        on_update: Callable[[list[OutputChange]], None] | None = None,
        poll: Callable[[], None] | None = None,
        text_file: Path | None = None,
    ) -> CellResult:
        """Run a cell to its end, or to the first limit that it passes.

        Parameters
        ----------
        source
            Python, with IPython's magics.
        time_limit
            Seconds until the cell is interrupted; 3 s later it is killed.
        memory_limit
            Bytes that the kernel and all that it started may use together; None for no limit.
        on_update
            Called with changes to the outputs, at most ten times a second, and once after the end. Applied to
            an empty list one after another they give the outputs of the result.
        poll
            Called at least every 100 ms. What it raises ends the kernel and all that it started, and is
            raised here.
        text_file
            Where the full text goes if the cell prints more than its outputs keep.

        Raises
        ------
        KernelError
            If no kernel runs and none can be started.
        """
        poll, on_update = poll or _nothing, on_update or _nothing
        if self._tree is None or self._connection is None or not self._tree.alive:
            self.start(poll)
        assert self._tree is not None and self._connection is not None  # noqa: S101, PT018 (for mypy)
        self._cells += 1
        outputs = Outputs(
            displays=self._displays,
            cell=self._cells,
            secrets=self._secrets,
            text_file=text_file,
            text_name=None if text_file is None else os.path.relpath(text_file, self._cwd),
        )
        cell = Execution(self._tree, self._connection, outputs, MemoryWatch(self._tree, memory_limit))
        try:
            result = cell.run(source, time_limit, on_update, poll)
        except BaseException:
            self._tree.end()
            with contextlib.suppress(Exception):  # the first exception is the one that matters
                cell.drain()
                outputs.close()
                on_update(outputs.changes(live=False))
            self.shutdown()
            raise
        if result.status in ("timeout", "memory", "killed") or cell.asked_to_exit:
            self.shutdown()
        return result

    def shutdown(self) -> None:
        """End the kernel and everything that it started. May be called again."""
        tree, connection = self._tree, self._connection
        self._tree = self._connection = None
        if tree is not None:
            tree.end()
        if connection is not None:
            connection.close()


def _nothing(*_: object) -> None:
    """Stand in for a callback that was not given."""


def _last_lines(log: Path, most: int = 20) -> str:
    try:
        text = log.read_bytes()[-20_000:].decode(errors="replace")
    except OSError:
        text = ""
    return "\n".join(text.splitlines()[-most:]) or "(nothing)"
