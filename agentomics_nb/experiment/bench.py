"""Where the experiment's work is carried out: a port that the engine fills."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from agentomics_nb.journal.outputs import OutputChange


@dataclass(frozen=True)
class Decision:
    """What the person decided about a cell that waited.

    Parameters
    ----------
    run : bool
        Whether it may run.
    source : str or None
        The source to run in place of the agent's; None to run that.
    by : str or None
        Who decided.
    """

    run: bool
    source: str | None = None
    by: str | None = None


class CellOutcome(Protocol):
    """How the running of a cell ended."""

    @property
    def status(self) -> Literal["ok", "error", "timeout", "memory", "killed"]:
        """How it ended; ``killed`` if the kernel died by itself."""
        ...

    @property
    def execution_count(self) -> int | None:
        """As the kernel counted."""
        ...

    @property
    def seconds(self) -> float:
        """Wall time."""
        ...

    @property
    def error(self) -> str | None:
        """What went wrong, for the planner."""
        ...

    @property
    def peak_memory(self) -> int | None:
        """Bytes, the kernel and all it started."""
        ...


class ProcessOutcome(Protocol):
    """How a process of our own ended."""

    @property
    def status(self) -> str:
        """``ok``, ``error``, ``timeout`` or ``memory``."""
        ...

    @property
    def returncode(self) -> int | None:
        """Exit code."""
        ...

    @property
    def stderr(self) -> str:
        """The tail of what it wrote to stderr."""
        ...

    @property
    def seconds(self) -> float:
        """Wall time."""
        ...


@dataclass(frozen=True)
class Job:
    """A process of our own: program and arguments, the directory it works in, and the files that it comes with.

    `time_limit`, in seconds, is a shorter one than that of every cell and process; None for none.
    """

    argv: Sequence[str]
    cwd: Path
    files: Path
    time_limit: float | None = None


class Bench(Protocol):
    """Runs cells and processes, and lets the person's commands in between and during them.

    Any method may raise `Interruption` or `StepSkipped`; whatever ran has then ended, with all it had started.
    """

    def run_cell(
        self,
        source: str,
        *,
        text_file: Path,
        on_update: Callable[[list[OutputChange]], None],
        meanwhile: Callable[[], None] | None = None,
    ) -> CellOutcome:
        """Run one cell in the agent kernel; `meanwhile` is called some ten times a second."""
        ...

    def run_processes(self, jobs: Sequence[Job]) -> Sequence[ProcessOutcome]:
        """Run processes of our own side by side, under the same limits, without secrets in their environment."""
        ...

    def checkpoint(self) -> None:
        """Stand between two actions: take commands, wait while paused, raise when it is time to end."""
        ...

    def await_decision(self, cell: str) -> Decision:
        """Wait until the person has decided about a cell; raise when it is time to end."""
        ...

    def seconds_left(self) -> float | None:
        """Return the seconds left under the time limit; None without one."""
        ...


class StepSkipped(Exception):
    """The person wants to go on without the step at work.

    Parameters
    ----------
    by : str or None
        Who.
    """

    def __init__(self, by: str | None) -> None:
        super().__init__(f"Skipped by {by or 'the person'}.")


class Interruption(Exception):
    """The run ends here, on purpose; it can be resumed unless its time is up.

    Parameters
    ----------
    status : str
        ``stopped``, ``time_limit``, ``budget`` or ``interrupted``.
    reason : str
        One sentence for the person.
    """

    def __init__(self, status: str, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
