"""What the notebook in the browser holds of a run, and what it is still owed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agentomics_nb.journal.outputs import changes_between
from agentomics_nb.record.notebook import notebook_cell

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from agentomics_nb.journal.directory import RunRecord
    from agentomics_nb.journal.state import CellState, RunState
    from agentomics_nb.views.cells.messages import KnownCell
    from agentomics_nb.views.cells.removals import Removals

Entry = dict[str, Any]
"""One cell's share of a message: ``cell`` (all of it) or ``outputs``, ``metadata``, ``execution_count`` (changes)."""


@dataclass(frozen=True)
class _Shown:
    """What was sent of a cell; None for outputs that came from the file and were not seen here."""

    started: float
    source: str
    outputs: list[dict[str, Any]] | None
    status: str
    review: object


class Mirror:
    """Compares the state of a run with what was sent.

    The state decides, not the events between: a cell that printed ten thousand lines since the last look is
    owed one change, and a page that comes back is owed what it lacks.

    Parameters
    ----------
    record : RunRecord
        The run's ``run.json``.
    removals : Removals
        The cells that are owed no more, since the person took them out.
    """

    def __init__(self, record: RunRecord, removals: Removals) -> None:
        self._record = record
        self._removals = removals
        self._shown: dict[str, _Shown] = {}

    def begin(self, state: RunState, known: Mapping[str, KnownCell]) -> None:
        """Start with a notebook that holds `known` cells.

        A cell that had ended when the notebook was saved is complete there; all others are sent again.
        """
        self._shown = {}
        for cell in state.cells.values():
            there = known.get(cell.id)
            complete = there is not None and there.status == cell.status and cell.status not in ("running", "waiting")
            metadata = notebook_cell(self._record, cell)["metadata"]["agentomics"]
            if there is not None and complete and there.source_sha256 == metadata["source_sha256"]:
                self._shown[cell.id] = self._now(cell, outputs=None if cell.updated_late else cell.outputs)

    def owed(self, state: RunState) -> Iterator[Entry]:
        """Yield what each cell is owed, the oldest first; what was yielded counts as sent."""
        for cell in sorted(state.cells.values(), key=lambda cell: cell.seq):
            if cell.id in self._removals.cells:
                continue
            shown, now = self._shown.get(cell.id), self._now(cell, outputs=cell.outputs)
            if shown is not None and shown.outputs is cell.outputs and shown == now:
                continue
            self._shown[cell.id] = now
            entry = self._entry(cell, shown)
            if entry is not None:
                yield entry

    def _entry(self, cell: CellState, shown: _Shown | None) -> Entry | None:
        whole = notebook_cell(self._record, cell)
        anew = shown is None or (shown.started, shown.source) != (cell.started, cell.source)
        if shown is None or anew or shown.outputs is None:
            return {"id": cell.id, "cell": whole}
        changes = changes_between(shown.outputs, cell.outputs)
        entry: Entry = {"id": cell.id, "outputs": changes}
        if shown.status != cell.status or shown.review != cell.review:
            return entry | {"metadata": whole["metadata"], "execution_count": cell.execution_count}
        return entry if changes else None

    @staticmethod
    def _now(cell: CellState, *, outputs: list[dict[str, Any]] | None) -> _Shown:
        return _Shown(cell.started, cell.source, outputs, cell.status, cell.review)
