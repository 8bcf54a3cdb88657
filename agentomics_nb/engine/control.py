"""What reaches a running engine from outside: commands, the time limit, the end of whoever started it."""

from __future__ import annotations

import os
import select
import signal
import time
from typing import TYPE_CHECKING

import psutil

from agentomics_nb.experiment.bench import Decision, Interruption, StepSkipped
from agentomics_nb.experiment.steps import Step
from agentomics_nb.journal import events as ev
from agentomics_nb.journal.inbox import waiting
from agentomics_nb.options import read_limit

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from agentomics_nb.journal.inbox import Command
    from agentomics_nb.journal.journal import Journal
    from agentomics_nb.journal.state import Limits
    from agentomics_nb.options import RunOptions

_LOOK_INTERVAL = 0.1


class Control:
    """Looks at the inbox and the clock; raises `Interruption` when the run must end, `StepSkipped` when a step must.

    Parameters
    ----------
    inbox : Path
        Where commands arrive.
    journal : Journal
        Where they are recorded before they act.
    options : RunOptions
        Limits that the run began with: the time limit counts work, pauses and interruptions left out.
    parent : Parent or None
        The process that started the engine; the run ends between two cells when it has ended.
    observe : callable, optional
        Called at each look.
    """

    def __init__(
        self,
        inbox: Path,
        journal: Journal,
        *,
        options: RunOptions,
        parent: Parent | None,
        observe: Callable[[], None] | None = None,
    ) -> None:
        self._inbox = inbox
        self._journal = journal
        self._options = options
        self._parent = parent
        self._observe = observe
        self._next_look = 0.0
        self._paused = False
        self._terminated = False
        self._asked: str | None = None
        self._decision: Decision | None = None
        self.concluding = False
        """Whether the time limit no longer counts, since only the last scores are outstanding."""
        signal.signal(signal.SIGTERM, self._note_termination)

    def poll(self) -> None:
        """Look, at most ten times a second; call this while something runs.

        Raises
        ------
        Interruption
            On a stop command, at the time limit, or when the system asks the engine to end.
        """
        now = time.monotonic()
        if now < self._next_look:
            return
        self._next_look = now + _LOOK_INTERVAL
        if self._observe is not None:
            self._observe()
        for path, command in waiting(self._inbox):
            if command is not None:
                self._take(command)
            path.unlink(missing_ok=True)
            if command is not None and command.command == "stop":
                raise Interruption("stopped", f"Stopped by {command.sender or 'the person'}.")
            if command is not None and command.command == "skip" and self._may_skip():
                raise StepSkipped(command.sender)
        if self._terminated:
            raise Interruption("interrupted", "The system asked the engine to end.")
        if not self.concluding and (left := self.seconds_left()) is not None and left <= 0:
            raise Interruption("time_limit", f"The time limit of {self._limits().time_limit:g} s is used up.")

    def checkpoint(self) -> None:
        """Stand between two cells: also wait here while paused, and end if the parent has.

        Raises
        ------
        Interruption
            As `poll`, and when the notebook's kernel or the terminal that started the run has ended.
        """
        self._next_look = 0.0
        self.poll()
        if self._paused:
            self._journal.write(ev.Paused())
            while self._paused:
                time.sleep(_LOOK_INTERVAL)
                self._look_while_paused()
            self._journal.write(ev.Resumed())
        self._check_parent()

    def await_decision(self, cell: str) -> Decision:
        """Wait until a person approves or rejects the cell.

        Raises
        ------
        Interruption
            As `checkpoint`.
        """
        self._asked, self._decision = cell, None
        try:
            while self._decision is None:
                self._look_while_paused()
                time.sleep(_LOOK_INTERVAL)
            return self._decision
        finally:
            self._asked = None

    def seconds_left(self) -> float | None:
        """Return the seconds left under the time limit; None without one."""
        limit = self._limits().time_limit
        return None if limit is None else limit - self._journal.state.seconds(time.time())

    def _limits(self) -> Limits:
        return self._journal.state.limits(self._options)

    def _may_skip(self) -> bool:
        """Whether a planner's step is at work; our own evaluation is no one's to skip."""
        if self._journal.state.step not in (None, Step.EVALUATION):
            return True
        self._journal.write(ev.Notice(level="info", text="There was no step to skip; the run goes on as it was."))
        return False

    def _look_while_paused(self) -> None:
        self._next_look = 0.0
        self.poll()
        self._check_parent()

    def _check_parent(self) -> None:
        if self._parent is not None and self._parent.has_ended():
            raise Interruption(
                "interrupted",
                "The notebook's kernel or the terminal that started the run has ended; resume it.",
            )

    def _take(self, command: Command) -> None:
        self._journal.write(ev.CommandReceived(command=command.command, text=command.text, sender=command.sender))
        if command.command in ("pause", "resume"):
            self._paused = command.command == "pause"
        if command.command == "set" and (changed := read_limit(command.text or "")) is not None:
            self._journal.write(ev.LimitChanged(name=changed[0], value=changed[1], by=command.sender))
        if command.command in ("approve", "reject") and self._asked is not None and command.cell in (None, self._asked):
            self._decision = Decision(run=command.command == "approve", source=command.text, by=command.sender)

    def _note_termination(self, *_: object) -> None:
        self._terminated = True


class Parent:
    """The process that started the engine.

    Parameters
    ----------
    pid : int
        Its process id. On Linux a pidfd tells of its end, whatever process gets the number next; elsewhere
        the time of its start does.
    """

    def __init__(self, pid: int) -> None:
        self._ended = False
        self._handle: int | None = None
        self._process: psutil.Process | None = None
        open_handle: Callable[[int], int] | None = getattr(os, "pidfd_open", None)
        try:
            if open_handle is not None:
                self._handle = open_handle(pid)
            else:
                self._process = psutil.Process(pid)
        except (ProcessLookupError, psutil.NoSuchProcess):
            self._ended = True

    def has_ended(self) -> bool:
        """Return whether the process is gone."""
        if self._handle is not None:
            self._ended = self._ended or bool(select.select([self._handle], [], [], 0)[0])
        elif self._process is not None:
            self._ended = self._ended or not self._process.is_running()
        return self._ended
