"""A command with everything it starts, as one thing that can be watched, measured and ended."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

import psutil

from agentomics_nb.isolation import confined
from agentomics_nb.kernel.errors import KernelError
from agentomics_nb.kernel.guard import become_subreaper, descendants, kill

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from agentomics_nb.isolation import Confinement

__all__ = ["MemoryWatch", "ProcessTree", "become_subreaper", "readable_size"]

_START_LIMIT = 30.0
_GUARD_LIMIT = 6.0
_guards: set[int] = set()


class ProcessTree:
    """A running command, the guard above it, and all that the command started.

    Parameters
    ----------
    argv
        Program and arguments; nothing goes through a shell.
    cwd
        Working directory.
    environment
        The whole environment; nothing of ours is added.
    stdout, stderr
        Where the command writes: an open file, a file descriptor, or `subprocess.DEVNULL`.
    scratch
        A folder that is removed when all has ended, even if this process no longer lives then.
    confinement
        What the command may reach; None for all that this process may.

    Raises
    ------
    KernelError
        If the program or the working directory does not exist.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        cwd: Path,
        environment: Mapping[str, str],
        stdout: IO[bytes] | int = subprocess.DEVNULL,
        stderr: IO[bytes] | int = subprocess.DEVNULL,
        scratch: Path | None = None,
        confinement: Confinement | None = None,
    ) -> None:
        become_subreaper()
        # Bubblewrap stands between the guard and the command, as two processes: itself, and the first one inside.
        self._wrapped = confinement is not None and confinement.isolation == "bubblewrap"
        command = argv if confinement is None else confined(argv, confinement, cwd)
        self._older = {process.pid for process in psutil.Process().children()}
        self.report, write = os.pipe()
        self._unread = b""
        self._said: dict[str, str] = {}
        guard = [sys.executable, "-P", "-m", "agentomics_nb.kernel.guard", str(os.getpid()), str(write)]
        try:
            self._guard = subprocess.Popen(
                [*guard, str(scratch or ""), *command],
                cwd=cwd,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                pass_fds=(write,),
                start_new_session=True,
            )
        except OSError as error:
            os.close(self.report)
            raise KernelError(f"Cannot start {argv[0]} in {cwd}: {error.strerror}.") from error
        finally:
            os.close(write)
        _guards.add(self._guard.pid)
        try:
            self._await_start(argv[0])
        except BaseException:
            self.end()
            raise

    def _await_start(self, program: str) -> None:
        deadline = time.monotonic() + _START_LIMIT
        while "pid" not in self._said and time.monotonic() < deadline:
            if "failed" in self._said or not self._listen(wait=0.1):
                break
        if "pid" not in self._said:
            raise KernelError(f"Cannot start {program}: {self._said.get('failed', 'its guard process ended')}.")

    @property
    def pid(self) -> int:
        """Process id of the command; it has a session and a process group of its own."""
        return self._line()[-1]

    def _line(self) -> list[int]:
        """Return the process ids from the guard down to the command; shorter where these have ended."""
        line = [self._guard.pid, int(self._said["pid"])]
        for _ in range(2 if self._wrapped else 0):
            try:
                children = psutil.Process(line[-1]).children()
            except psutil.NoSuchProcess:
                break
            if not children:
                break
            line.append(min(children, key=lambda child: (child.create_time(), child.pid)).pid)
        return line

    @property
    def alive(self) -> bool:
        """Whether the command, or anything it started, is left. Never waits."""
        return self.report >= 0 and self._listen(wait=0) and "exit" not in self._said

    @property
    def returncode(self) -> int | None:
        """Exit status of the command, negative for a signal; None while it runs."""
        if "exit" in self._said:
            code = int(self._said["exit"])
            # Bubblewrap tells of a signal as a shell does.
            return 128 - code if self._wrapped and 128 < code <= 128 + signal.SIGRTMAX else code
        return None if self.alive else -signal.SIGKILL

    def _listen(self, wait: float) -> bool:
        """Read what the guard wrote; return whether the guard still is there to write."""
        if self.report < 0:
            return False
        poller = select.poll()
        poller.register(self.report, select.POLLIN)
        while poller.poll(wait * 1000):
            chunk = os.read(self.report, 4096)
            if not chunk:
                return False
            *lines, self._unread = (self._unread + chunk).split(b"\n")
            for line in lines:
                key, _, value = line.decode(errors="replace").partition(" ")
                self._said[key] = value
            wait = 0
        return True

    def interrupt(self) -> None:
        """Send SIGINT to the command's process group, as Ctrl-C in a terminal does."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(os.getpgid(self.pid), signal.SIGINT)

    def memory(self, *, exact: bool = False) -> int:
        """Return the memory of the command and all its descendants, in bytes.

        Parameters
        ----------
        exact
            Count pages that processes share once (Linux: the proportional set size), instead of once for
            each.
        """
        total = 0
        for process in descendants(self._guard.pid):
            with contextlib.suppress(psutil.Error):
                total += process.memory_full_info().pss if exact else process.memory_info().rss
        return total

    def detached(self) -> list[psutil.Process]:
        """Return the processes that the command let go of: what stands above it adopts them (Linux only)."""
        *_, adopter, command = self._line()
        with contextlib.suppress(psutil.NoSuchProcess):
            children = psutil.Process(adopter).children()
            return [child for child in children if child.pid != command and _is_running(child)]
        return []

    def end_detached(self) -> list[str]:
        """Kill what the command let go of, with all below it; return their command lines, shortened."""
        ended: dict[int, str] = {}
        for _ in range(100):
            orphans = self.detached()
            if not orphans:
                break
            for orphan in orphans:
                ended.setdefault(orphan.pid, command_line(orphan))
                kill([orphan, *descendants(orphan.pid)])
            time.sleep(0.002)
        return list(ended.values())

    def end(self) -> None:
        """Kill the command and everything it started; return when nothing is left. May be called again."""
        if self.report < 0:
            return
        with contextlib.suppress(ProcessLookupError):
            self._guard.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + _GUARD_LIMIT
        while self._listen(wait=0.05) and time.monotonic() < deadline:
            pass
        os.close(self.report)
        self.report = -1
        if "exit" not in self._said and "failed" not in self._said:
            self._sweep()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._guard.wait(timeout=1)
        _guards.discard(self._guard.pid)

    def _sweep(self) -> None:
        """End what is left after the guard itself was killed: its orphans are our children now."""
        deadline = time.monotonic() + _GUARD_LIMIT
        while time.monotonic() < deadline:
            doomed = [*descendants(self._guard.pid)]
            if self._guard.poll() is None:
                self._guard.kill()
            for child in psutil.Process().children():
                if child.pid not in self._older and child.pid not in _guards:
                    doomed += [child, *descendants(child.pid)]
                    with contextlib.suppress(ChildProcessError):
                        os.waitpid(child.pid, os.WNOHANG)
            if not doomed:
                return
            kill(doomed)
            time.sleep(0.005)


@dataclass
class MemoryWatch:
    """Looks at the memory of a tree four times a second.

    Parameters
    ----------
    tree
        What to measure.
    limit
        Bytes that the tree may use together; None for no limit.
    """

    tree: ProcessTree
    limit: int | None
    peak: int = 0
    _next: float = field(default=0.0, repr=False)

    def exceeded(self) -> bool:
        """Measure, if it is time to; return whether the tree uses more than it may."""
        now = time.monotonic()
        if now < self._next:
            return False
        self._next = now + 0.25
        return self.measure()

    def measure(self) -> bool:
        """Measure now; return whether the tree uses more than it may."""
        used = self.tree.memory()
        # Forked workers share most of their pages: only a sum that seems too large is worth the slower, exact
        # one.
        if self.limit is not None and used > self.limit and sys.platform.startswith("linux"):
            used = self.tree.memory(exact=True)
        self.peak = max(self.peak, used)
        return self.limit is not None and used > self.limit

    def sentence(self) -> str:
        """Return the sentence for a person about the limit that was passed."""
        return (
            f"Used {readable_size(self.peak)} of memory where {readable_size(self.limit or 0)} is the limit: "
            "work on parts of the data, or raise the memory limit."
        )


def readable_size(size: int) -> str:
    """Return a number of bytes in the decimal unit that suits it, such as ``1.5 GB``."""
    value = float(size)
    for unit in ("bytes", "kB", "MB"):
        if value < 1000:
            return f"{value:.0f} {unit}"
        value /= 1000
    return f"{value:.1f} GB"


def command_line(process: psutil.Process) -> str:
    """Return what a process runs, in at most 80 characters; its name if that cannot be read."""
    with contextlib.suppress(psutil.Error):
        text = " ".join(process.cmdline()) or process.name()
        return text if len(text) <= 80 else text[:79] + "…"
    return "unknown"


def _is_running(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.Error):
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    return False
