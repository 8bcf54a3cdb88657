"""Which of a run's cells the person took out of a notebook: they do not come back."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING

from agentomics_nb.journal.directory import write_json

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path

    from agentomics_nb.journal.state import RunState


class Removals:
    """The cells that the person took out of one notebook.

    They are kept in the run directory rather than in the notebook, where a rejected run leaves nothing behind.

    Parameters
    ----------
    path : Path
        The run's ``removed_cells.json``.
    anchor : str or None
        Id of the cell with the magic; it tells one notebook from another, whatever they are called.
    """

    def __init__(self, path: Path, anchor: str | None) -> None:
        self._path = path
        self._anchor = anchor or ""
        self._cells = frozenset(self._read().get(self._anchor, ()))

    @property
    def cells(self) -> frozenset[str]:
        """Ids of the cells."""
        return self._cells

    def take(self, gone: Iterable[str], back: Iterable[str]) -> None:
        """Note what the person took out, and what they put back."""
        self._keep((self._cells | frozenset(gone)) - frozenset(back))

    def compare(self, state: RunState, known: Collection[str]) -> None:
        """See what was taken out while nobody watched.

        Cells arrive in order; so one that the notebook lacks, although it holds a later one, was there once.
        """
        last = max((cell.seq for cell in state.cells.values() if cell.id in known), default=-1)
        gone = {cell.id for cell in state.cells.values() if cell.seq < last and cell.id not in known}
        self._keep((self._cells | gone) - frozenset(known))

    def _keep(self, cells: frozenset[str]) -> None:
        if cells != self._cells:
            self._cells = cells
            with contextlib.suppress(OSError):  # a full disk may forget it, and must not end the feed
                write_json(self._path, self._read() | {self._anchor: sorted(cells)})

    def _read(self) -> dict[str, list[str]]:
        try:
            found = json.loads(self._path.read_bytes())
        except (FileNotFoundError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}
