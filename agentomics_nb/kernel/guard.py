"""The guard: a small process between the engine and a command, so that nothing outlives either of them.

On Linux the guard is the subreaper of everything that the command starts, so that ``nohup``, ``setsid`` and
double forks stay among its descendants. When the command ends, when the engine ends (even by ``kill -9``) or
when the engine says so (SIGTERM), the guard kills all of them and then goes itself. A thread inside the
command could not do that: it stands still while an extension module holds the interpreter's lock, and it dies
with the process it should survive.

Run as ``python -P -m agentomics_nb.kernel.guard ENGINE_PID REPORT_FD SCRATCH COMMAND...``. The guard writes
lines to the file descriptor REPORT_FD: ``pid N`` once the command runs, or ``failed REASON``; ``exit N`` once
it has ended and nothing it started is left (N is negative for a signal, as in `subprocess`). SCRATCH is a
folder to remove at the end, or an empty string.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import subprocess
import sys
import time

import psutil

_PR_SET_CHILD_SUBREAPER = 36
_SWEEP_LIMIT = 5.0
_TICK_MS = 250


def become_subreaper() -> bool:
    """Make this process the new parent of its orphaned descendants; return whether it worked (Linux)."""
    if not sys.platform.startswith("linux"):
        return False
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    return bool(libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0)


def descendants(pid: int) -> list[psutil.Process]:
    """Return all living descendants of a process, zombies included; none if the process is gone."""
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def kill(processes: list[psutil.Process]) -> None:
    """Send SIGKILL to each process that still is the one it was (psutil compares the start time)."""
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            process.kill()


class _Guard:
    """One command and all that it starts.

    Parameters
    ----------
    engine
        Process id of the parent whose death ends everything.
    report
        File descriptor for the lines the engine reads.
    scratch
        Folder to remove at the end; empty for none.
    """

    def __init__(self, engine: int, report: int, scratch: str) -> None:
        self._engine = engine
        self._report = report
        self._scratch = scratch
        self._stop = False
        self._status: int | None = None
        self._adopts = become_subreaper()
        self._known: set[psutil.Process] = set()

    def run(self, command: list[str]) -> None:
        """Start the command, wait for the first of the three ends, and leave nothing behind."""
        waker, wake = os.pipe()
        os.set_blocking(wake, False)
        os.set_blocking(waker, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        # Handlers, not SIG_IGN: the command would inherit a signal that is ignored, but not one that is
        # handled.
        for number in (signal.SIGCHLD, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: None)
        signal.signal(signal.SIGTERM, self._on_stop)
        try:
            child = subprocess.Popen(command, start_new_session=True)
        except OSError as error:
            self._tell(f"failed {error}")
        else:
            self._tell(f"pid {child.pid}")
            self._watch(child.pid, waker)
            self._sweep(child.pid)
            child.returncode = self._status if self._status is not None else -signal.SIGKILL
            self._tell(f"exit {child.returncode}")
        finally:
            if self._scratch:
                shutil.rmtree(self._scratch, ignore_errors=True)

    def _on_stop(self, *_: object) -> None:
        self._stop = True

    def _tell(self, line: str) -> None:
        with contextlib.suppress(OSError):  # the engine may be gone
            os.write(self._report, (line.replace("\n", " ") + "\n").encode())

    def _watch(self, child: int, waker: int) -> None:
        poller = select.poll()
        poller.register(waker, select.POLLIN)
        with contextlib.suppress(AttributeError, OSError):  # no pidfd: the tick below looks at the parent instead
            poller.register(os.pidfd_open(self._engine), select.POLLIN)
        while not self._stop and os.getppid() == self._engine:
            self._reap(child)
            if self._status is not None:
                return
            if not self._adopts:
                self._known.update(descendants(os.getpid()))
            poller.poll(_TICK_MS)
            with contextlib.suppress(BlockingIOError):
                os.read(waker, 4096)

    def _reap(self, child: int) -> bool:
        """Collect the dead; return whether any child is left."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return False
            if pid == 0:
                return True
            if pid == child:
                self._status = os.waitstatus_to_exitcode(status)

    def _sweep(self, child: int) -> None:
        """Kill until there is nothing left: what forks while it is killed appears in the next round."""
        deadline = time.monotonic() + _SWEEP_LIMIT
        while time.monotonic() < deadline:
            rest = [process for process in self._known if process.is_running()]
            kill(descendants(os.getpid()) + rest)
            if not self._reap(child) and not rest:
                return
            time.sleep(0.002)


def main(arguments: list[str]) -> None:
    """Run the guard with the arguments of its command line."""
    engine, report, scratch, *command = arguments
    _Guard(int(engine), int(report), scratch).run(command)


if __name__ == "__main__":
    main(sys.argv[1:])
