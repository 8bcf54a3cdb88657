"""Running a program of the agent's for the engine's own checks, with nothing left behind."""

from __future__ import annotations

import os
import select
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from agentomics_nb.isolation import private
from agentomics_nb.kernel.processes import MemoryWatch, ProcessTree

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from agentomics_nb.isolation import Confinement

MOST_KEPT = 1_000_000
"""Bytes kept from the end of each of the two streams."""
_TICK_MS = 50


@dataclass(frozen=True)
class ProcessResult:
    """How a program ended.

    Parameters
    ----------
    returncode
        Exit status, negative for the signal that ended it.
    stdout, stderr
        What it wrote; the last `MOST_KEPT` bytes of it.
    status
        ``ok``: exit status 0; ``error``: another one; ``killed``: a signal from elsewhere; ``timeout`` and
        ``memory``: a limit was passed and everything was ended.
    error
        One sentence if a limit was passed; else None.
    seconds
        Wall time.
    peak_memory
        Most memory that the program and its descendants used together, in bytes, looked at four times a
        second.
    """

    returncode: int
    stdout: str
    stderr: str
    status: Literal["ok", "error", "killed", "timeout", "memory"]
    error: str | None
    seconds: float
    peak_memory: int


def run_isolated(
    argv: Sequence[str],
    *,
    cwd: Path,
    environment: Mapping[str, str],
    time_limit: float,
    memory_limit: int | None = None,
    poll: Callable[[], None] | None = None,
    confinement: Confinement | None = None,
) -> ProcessResult:
    """Run a program until it ends; end with it all that it started.

    Parameters
    ----------
    argv
        Program and arguments; nothing goes through a shell.
    cwd
        Working directory.
    environment
        The whole environment, as `agentomics_nb.environment.scrubbed` makes it.
    time_limit
        Seconds until everything is killed.
    memory_limit
        Bytes that the program and its descendants may use together; None for no limit.
    poll
        Called at least every 100 ms; what it raises ends everything and is raised here.
    confinement
        What the program may reach, besides a home and a temporary folder of its own; None for all that this process
        may.

    Raises
    ------
    KernelError
        If the program or the working directory does not exist.
    """
    start = time.monotonic()
    scratch = None
    if confinement is not None:
        scratch = Path(tempfile.mkdtemp(prefix="agentomics-"))
        environment, confinement = private(environment, scratch), confinement.with_writable(scratch)
    with _Pipes() as pipes:
        tree = ProcessTree(
            argv,
            cwd=cwd,
            environment=environment,
            stdout=pipes.stdout.write,
            stderr=pipes.stderr.write,
            scratch=scratch,
            confinement=confinement,
        )
        pipes.handed_over()
        memory = MemoryWatch(tree, memory_limit)
        status: Literal["timeout", "memory"] | None = None
        error = None
        try:
            while tree.alive and status is None:
                if poll is not None:
                    poll()
                pipes.read(_TICK_MS, tree.report)
                if memory.exceeded():
                    status, error = "memory", memory.sentence()
                elif time.monotonic() - start > time_limit:
                    status, error = "timeout", f"Took longer than its time limit of {time_limit:g} s."
        finally:
            tree.end()
        pipes.read_rest()
        code = tree.returncode
        assert code is not None  # noqa: S101 (for mypy: the tree has ended)
        return ProcessResult(
            returncode=code,
            stdout=pipes.stdout.text(),
            stderr=pipes.stderr.text(),
            status=status or ("ok" if code == 0 else "error" if code > 0 else "killed"),
            error=error,
            seconds=time.monotonic() - start,
            peak_memory=memory.peak,
        )


class _Pipe:
    """A pipe and the last of what came through it."""

    def __init__(self) -> None:
        self.read, self.write = os.pipe()
        self._kept = bytearray()

    def take(self) -> bool:
        """Read what there is, at most a megabyte; return False at the end of it all."""
        chunk = os.read(self.read, 1 << 20)
        self._kept += chunk
        if len(self._kept) > 2 * MOST_KEPT:
            del self._kept[:-MOST_KEPT]
        return bool(chunk)

    def text(self) -> str:
        """Return what was kept."""
        return self._kept[-MOST_KEPT:].decode("utf-8", "replace")


class _Pipes:
    """The two streams of a program; both are read all the time, so that the program never waits for us."""

    def __init__(self) -> None:
        self.stdout, self.stderr = _Pipe(), _Pipe()
        self._open = {pipe.read: pipe for pipe in (self.stdout, self.stderr)}
        self._writing = [self.stdout.write, self.stderr.write]

    def __enter__(self) -> _Pipes:
        return self

    def __exit__(self, *_: object) -> None:
        self.handed_over()
        for pipe in (self.stdout, self.stderr):
            os.close(pipe.read)

    def handed_over(self) -> None:
        """Close our own writing ends: the streams end when the program's are closed."""
        while self._writing:
            os.close(self._writing.pop())

    def read(self, milliseconds: int, *others: int) -> bool:
        """Read what comes within some time, or until another descriptor is ready; return if anything came."""
        poller = select.poll()
        for descriptor in (*self._open, *others):
            poller.register(descriptor, select.POLLIN)
        ready = [self._open[descriptor] for descriptor, _ in poller.poll(milliseconds) if descriptor in self._open]
        for pipe in ready:
            if not pipe.take():
                del self._open[pipe.read]
        return bool(ready)

    def read_rest(self) -> None:
        """Read what is left in the pipes of a program that has ended."""
        while self.read(0):
            pass
