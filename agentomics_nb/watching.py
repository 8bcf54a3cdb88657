"""Watch a run from outside: its events as they come, and whether anyone is still at work on it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from agentomics_nb.journal import events as ev
from agentomics_nb.journal.state import RunState

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

    from agentomics_nb.journal.directory import RunDirectory, RunRecord
    from agentomics_nb.journal.events import Event

ENDED = frozenset({"finished", "failed", "stopped", "time_limit", "budget", "interrupted", "disk_full"})
GRACE = 5.0
"""Seconds in which an engine that was started must have taken its lock."""


class Watch:
    """The state of a run, brought up to date on demand.

    Parameters
    ----------
    run : RunDirectory
        The run.
    process : Popen, optional
        Its engine, if it was started here; without it, the run's lock tells whether an engine lives.
    """

    def __init__(self, run: RunDirectory, process: subprocess.Popen[bytes] | None = None) -> None:
        self.run = run
        self.process = process
        self.record: RunRecord = run.read_record()
        self.state = RunState()
        self.ended = False
        """Whether nobody is at work any more; all events have been read then."""
        self._reader = run.reader()

    def refresh(self) -> list[Event]:
        """Take in what has happened since the last call, and return it."""
        gone = self._engine_is_gone()  # looked at first, so that the last events are not missed
        events = list(self._reader.new_events())
        for event in events:
            self.state.apply(event)
        self.ended = gone
        if gone and self.state.status not in ENDED:
            end = ev.RunEnded(status="interrupted", reason=self._last_words())
            self.state.apply(end.model_copy(update={"seq": self.state.last_seq, "time": self.state.updated or 0.0}))
        return events

    def follow(self, interval: float) -> Iterator[list[Event]]:
        """Yield new events, possibly none, every `interval` seconds until the run has ended."""
        while True:
            yield self.refresh()
            if self.ended:
                return
            time.sleep(interval)

    def _engine_is_gone(self) -> bool:
        if self.process is not None:
            return self.process.poll() is not None
        if self.run.has_living_engine():
            return False
        started = last_start(self.run)
        silent = (self.state.updated or 0.0) < started
        return not (silent and time.time() - started < GRACE)

    def _last_words(self) -> str:
        """Return why the engine ended without a word of its own."""
        try:
            lines = self.run.engine_log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        except OSError:
            lines = []
        if lines and self.state.last_seq < 0:
            return f"The engine could not start ({lines[-1][:200]}); see engine.log."
        return "The engine ended without a word (killed, or the machine went down); resume the run."


def last_start(run: RunDirectory) -> float:
    """Return when an engine was last started, in seconds since 1970; 0 if never."""
    try:
        return run.engine_log.stat().st_mtime
    except OSError:
        return 0.0


def has_engine(run: RunDirectory) -> bool:
    """Return whether an engine is at work; one that was just started gets a moment to take its lock."""
    while not run.has_living_engine():
        if time.time() - last_start(run) > GRACE:
            return False
        time.sleep(0.05)
    return True
