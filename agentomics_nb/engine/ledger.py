"""The ledger of the test file: what opened it while the run was at work."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from agentomics_nb.engine.watch import FileWatch
from agentomics_nb.journal import events as ev

if TYPE_CHECKING:
    from agentomics_nb.isolation import Isolation
    from agentomics_nb.journal.directory import RunRecord
    from agentomics_nb.journal.journal import Journal


class Ledger:
    """Watches the test file where nothing isolates the agent's programs, and records each access.

    Parameters
    ----------
    record : RunRecord
        Names the test file.
    journal : Journal
        Gets the entries.
    isolation : Isolation
        With anything but ``none`` the file is out of reach, and whoever else opens it does no harm.
    """

    def __init__(self, record: RunRecord, journal: Journal, isolation: Isolation) -> None:
        test = record.dataset.test
        self._journal = journal
        self._open = isolation == "none"
        self._path = Path(test.path) if test is not None else None
        self._watch = FileWatch([self._path]) if self._open and self._path is not None else None

    def begin(self) -> None:
        """Say, once a run, that nothing isolates it."""
        text = (
            "Nothing isolates the agent's programs: they have your rights over files and network. "
            "`agentomics doctor` says what would."
        )
        if self._open:
            self._journal.notice_once(text)

    def observe(self) -> None:
        """Record an access, if there was one since the last look."""
        if self._watch is None or self._path is None or not self._watch.noticed():
            return
        text = (
            f"A process opened {self._path.name} while the run was at work and nothing isolated the agent's programs: "
            "whether it was yours or the agent's cannot be told."
        )
        first = self._journal.state.seen_by is None
        self._journal.write(ev.TestOpened(by="process", text=text))
        if first:
            self._journal.write(ev.Notice(level="warning", text=f"{text} The test score is void."))

    def close(self) -> None:
        """Record what happened until now, and watch no longer."""
        self.observe()
        if self._watch is not None:
            self._watch.close()
