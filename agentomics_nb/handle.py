"""A run in the person's hands: look at it, steer it, use its model."""

from __future__ import annotations

import os
import sys
import threading
import time
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agentomics_nb import commands
from agentomics_nb import markdown as md
from agentomics_nb.journal.directory import RunDirectory, find_run
from agentomics_nb.model.folder import model_of
from agentomics_nb.trained_model import TrainedModel, predict_with
from agentomics_nb.views.snapshot import Snapshot, snapshot
from agentomics_nb.watching import Watch

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator, Sequence

    import pandas as pd

    from agentomics_nb.audit import Audit
    from agentomics_nb.journal.directory import RunRecord
    from agentomics_nb.journal.state import CellState, RunState
    from agentomics_nb.views.portrait import Portrait

INTERVAL = 0.25


class RunHandle:
    """A run, whether at work or ended.

    Parameters
    ----------
    run : RunDirectory
        The run.
    process : Popen, optional
        Its engine, if it was started in this process.

    Notes
    -----
    The notebook's kernel stays free while a run works. In a notebook that is executed without a person
    (nbconvert, papermill, ``jupyter execute``) the kernel ends after the last cell, and the run with it; end
    the cell with ``run.wait()`` there.
    """

    def __init__(self, run: RunDirectory, process: subprocess.Popen[bytes] | None = None) -> None:
        self._run = run
        self._watch = Watch(run, process)
        self._lock = threading.Lock()
        self.on_change: Callable[[], None] | None = None
        """Called in the waiting thread when `wait` returns; the magic draws the final status with it."""
        self.on_resume: Callable[[], None] | None = None
        """Called when the run goes on with a new engine."""
        self.shown_in: int | None = None
        """Number of the notebook execution that shows the status already."""

    @property
    def name(self) -> str:
        """The run's name."""
        return self._watch.record.run

    @property
    def directory(self) -> RunDirectory:
        """The run directory with the names of its files."""
        return self._run

    @property
    def path(self) -> Path:
        """The run directory."""
        return self._run.path

    @cached_property
    def audit(self) -> Audit | None:
        """What the audit found before the run; None for a run from before there was one."""
        return self._run.read_audit()

    @property
    def log(self) -> Path:
        """``log.ipynb``: every cell with its outputs."""
        return self._run.log

    @property
    def state(self) -> RunState:
        """Everything the events say, up to now."""
        self.refresh()
        return self._watch.state

    @property
    def status(self) -> str:
        """One of starting, running, paused, finished, failed, stopped, time_limit, budget, interrupted, disk_full."""
        return self.state.status or "starting"

    @property
    def ended(self) -> bool:
        """Whether nobody is at work on it."""
        self.refresh()
        return self._watch.ended

    @property
    def cells(self) -> list[CellState]:
        """All cells in the order in which they were made."""
        return sorted(self.state.cells.values(), key=lambda cell: cell.seq)

    @property
    def metrics(self) -> pd.DataFrame:
        """One row per iteration: idea, status, whether it is the best, seconds, and every metric.

        ``train_<metric>``, ``validation_<metric>``, and the ends of its 95 % interval,
        ``validation_<metric>_low`` and ``_high``; missing where an iteration has none.
        """
        import pandas as pd

        state = self.state
        rows = []
        for iteration in state.iterations.values():
            row: dict[str, Any] = {
                "iteration": iteration.number,
                "idea": iteration.idea,
                "status": iteration.status,
                "best": iteration.number == state.best,
                "seconds": None if iteration.status == "running" else iteration.seconds,
            }
            if iteration.scores is not None:
                row |= {f"train_{name}": value for name, value in iteration.scores["train"]["metrics"].items()}
                for name, score in iteration.scores["validation"]["intervals"].items():
                    row[f"validation_{name}"] = score["value"]
                    row[f"validation_{name}_low"] = score["low"]
                    row[f"validation_{name}_high"] = score["high"]
            rows.append(row)
        columns = ["iteration", "idea", "status", "best", "seconds"]
        return (pd.DataFrame(rows) if rows else pd.DataFrame(columns=columns)).set_index("iteration")

    @property
    def best(self) -> TrainedModel:
        """The best model so far.

        Raises
        ------
        RunError
            If no iteration has ended with one.
        """
        return TrainedModel(model_of(self._run))

    def predict(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Score the rows of a DataFrame with the best model so far; see `TrainedModel.predict`."""
        return predict_with(model_of(self._run), frame, stacklevel=3)

    def stop(self) -> None:
        """End the run cleanly, with its best so far."""
        commands.stop(self._run)

    def pause(self) -> None:
        """Let the run wait after the cell that runs now."""
        commands.pause(self._run)

    def hint(self, text: str) -> None:
        """Tell the agent something for its next step."""
        commands.hint(self._run, text)

    def skip(self) -> None:
        """Go on without the step at work; an iteration that cannot do without it ends."""
        commands.skip(self._run)

    def set(self, limit: str) -> None:
        """Change a limit on the way, such as ``iterations=8``, ``time_limit=30m`` or ``budget=2.50``."""
        commands.change_limit(self._run, limit)

    def resume(self, *, detach: bool = False) -> None:
        """Go on after a pause, a stop or an interruption.

        Parameters
        ----------
        detach : bool
            Whether the engine goes on when this process ends.

        Raises
        ------
        RunError
            If the run has ended for good.
        """
        from agentomics_nb.launch import resume

        process = resume(self._run, parent=None if detach else os.getpid())
        if process is not None:
            watch = Watch(self._run, process)
            watch.refresh()
            with self._lock:
                self._watch = watch
            if self.on_resume is not None:
                self.on_resume()

    def wait(self, timeout: float | None = None) -> str:
        """Wait until the run has ended; an interrupt ends the waiting, not the run.

        Parameters
        ----------
        timeout : float, optional
            Seconds to wait at most.

        Returns
        -------
        str
            The status then.
        """
        if timeout is None and _in_terminal():
            from agentomics_nb.foreground import stay_with

            stay_with(self._watch, sys.stdout, stop_on_interrupt=False)
            return self.status
        deadline = None if timeout is None else time.monotonic() + timeout
        while not self.ended and (deadline is None or time.monotonic() < deadline):
            time.sleep(INTERVAL)
        if self.on_change is not None:
            self.on_change()
        return self.status

    def refresh(self) -> bool:
        """Take in new events; return whether there were any."""
        with self._lock:
            return bool(self._watch.refresh())

    @contextmanager
    def looking(self) -> Iterator[tuple[RunRecord, RunState]]:
        """Look at the record and the state, as of the last refresh, while no other thread changes them."""
        with self._lock:
            yield self._watch.record, self._watch.state

    def snapshot(self) -> Snapshot:
        """Return what the views show, as of the last refresh."""
        with self._lock:
            return snapshot(self._watch.record, self._watch.state, self.path, now=time.time())

    def portrait(self, *, notices: Sequence[tuple[str, str]] = ()) -> Portrait:
        """Return all that a page shows, as of the last refresh; `notices` are told beside the run's own."""
        from agentomics_nb.views.portrait import portrait

        with self._lock:
            return portrait(
                self._watch.record, self._watch.state, self.path, self.audit, now=time.time(), notices=notices
            )

    def __repr__(self) -> str:
        self.refresh()
        shot = self.snapshot()
        text = f"<agentomics run {shot.run}: {shot.word}, {shot.done} of {shot.iterations} iterations"
        if shot.best is not None and shot.best.validation is not None:
            text += f", best validation {shot.metric} {md.number(shot.best.validation.value)}"
        return text + ">"

    def _ipython_display_(self) -> None:
        """Show the status, unless the same execution shows it already."""
        from IPython.core.getipython import get_ipython

        shell = get_ipython()
        if shell is None or not hasattr(shell, "kernel"):
            print(repr(self))
        elif shell.execution_count != self.shown_in:
            from agentomics_nb.views.html import bundle

            self.refresh()
            shell.display_pub.publish(data=bundle(self.portrait()), metadata={})


def open_run(name: str | Path | None = None) -> RunHandle:
    """Return a run by its directory or name; without one, the newest of ``agentomics_runs``.

    Raises
    ------
    RunError
        If there is no such run.
    """
    handle = RunHandle(find_run(None if name is None else str(name), Path.cwd()))
    handle.refresh()
    return handle


def _in_terminal() -> bool:
    """Whether this is a program or shell in a terminal, rather than a notebook's kernel."""
    return "ipykernel" not in sys.modules and sys.stdout.isatty()
