"""Follow what a training script notes while it runs, and journal it: often enough to watch, never without bound."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from agentomics_nb.journal import events as ev
from agentomics_nb.journal.training import read_point

if TYPE_CHECKING:
    from pathlib import Path

    from agentomics_nb.journal.journal import Journal
    from agentomics_nb.journal.training import TrainingPoint

INTERVAL = 0.5
"""Seconds between two looks at the file."""
_MOST_BYTES = 1_000_000
"""What one look reads at most; a line longer than this is passed over."""
_DENSE = 400
"""Points that are journalled before every other one is left out, and again after as many more."""


class TrainingWatch:
    """Journals the points of a training log as they are written.

    Parameters
    ----------
    file : Path
        The log; need not exist. One that shrinks has begun anew.
    journal : Journal
        Gets ``training_logged`` events, at most two a second.
    """

    def __init__(self, file: Path, journal: Journal) -> None:
        self._file = file
        self._journal = journal
        self._offset = 0
        self._rest = b""
        self._next_look = 0.0
        self._seen = 0
        self._stride = 1
        self._kept = 0
        self._last: TrainingPoint | None = None
        self._owed: TrainingPoint | None = None
        self._skip_what_is_there()

    def look(self) -> None:
        """Look whether the script has noted more; cheap enough to call ten times a second."""
        now = time.monotonic()
        if now >= self._next_look:
            self._next_look = now + INTERVAL
            self._journalise(self._new_points())

    def end(self) -> None:
        """Take the rest, the last point among it."""
        points = self._new_points()
        if self._rest and (last := self._thinned([read_point(self._rest)])):
            points += last
        if self._owed is not None:
            points.append(self._owed)
        self._owed, self._rest = None, b""
        self._journalise(points)

    def _journalise(self, points: list[TrainingPoint]) -> None:
        if points:
            self._journal.write(ev.TrainingLogged(points=[point.as_json() for point in points]))

    def _skip_what_is_there(self) -> None:
        """Begin behind what an earlier cell, or an earlier engine, has left."""
        try:
            self._offset = self._file.stat().st_size
        except OSError:
            self._offset = 0

    def _new_points(self) -> list[TrainingPoint]:
        try:
            if self._file.is_symlink() or not self._file.is_file():
                return []
            if self._file.stat().st_size < self._offset:
                self._offset, self._rest = 0, b""
            with self._file.open("rb") as file:
                file.seek(self._offset)
                block = file.read(_MOST_BYTES)
        except OSError:
            return []
        self._offset += len(block)
        *lines, self._rest = (self._rest + block).split(b"\n")
        if len(self._rest) > _MOST_BYTES:
            self._rest = b""
        return self._thinned([read_point(line) for line in lines])

    def _thinned(self, points: list[TrainingPoint | None]) -> list[TrainingPoint]:
        """Leave out ever more of a long curve; a new curve begins densely again."""
        kept = []
        for point in points:
            if point is None:
                continue
            if self._last is not None and (
                (point.unit, point.model) != (self._last.unit, self._last.model) or point.x <= self._last.x
            ):
                if self._owed is not None:
                    kept.append(self._owed)
                self._seen = self._kept = 0
                self._stride, self._owed = 1, None
            self._last = point
            if self._seen % self._stride == 0:
                kept.append(point)
                self._kept, self._owed = self._kept + 1, None
                if self._kept % _DENSE == 0:
                    self._stride *= 2
            else:
                self._owed = point
            self._seen += 1
        return kept
