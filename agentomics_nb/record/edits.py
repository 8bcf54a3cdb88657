"""What the person changed in an agent's cells after these had run, as the notebook shows them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agentomics_nb.errors import InputError

if TYPE_CHECKING:
    from agentomics_nb.journal.directory import RunRecord
    from agentomics_nb.journal.state import RunState

_LARGEST = 200_000_000
"""Bytes of a notebook that is looked at without having been named."""


def edited_cells(notebook: Path, record: RunRecord, state: RunState) -> dict[str, str]:
    """Return by id the source of each code cell of a run that the person changed in a notebook.

    Raises
    ------
    InputError
        If the notebook cannot be read, or holds no cell of the run.
    """
    own = _cells(notebook, record.run)
    if not own:
        raise InputError(f"{notebook.name} holds no cell of {record.run}; name the notebook in which the run is.")
    changed = {}
    for cell in own:
        known = state.cells.get(str(cell.get("id")))
        source = _text(cell.get("source"))
        if known is not None and known.cell_type == "code" and source.rstrip() != known.source.rstrip():
            changed[known.id] = source
    return changed


def notebook_of(record: RunRecord) -> Path | None:
    """Return the notebook in which a run was started, the newest if it was copied; None if none is found."""
    folder = Path(record.origin.directory)
    if not folder.is_dir():
        return None
    found = [
        path
        for path in folder.glob("*.ipynb")
        if path.stat().st_size < _LARGEST and record.run.encode() in path.read_bytes() and _holds(path, record)
    ]
    return max(found, key=lambda path: path.stat().st_mtime, default=None)


def _holds(path: Path, record: RunRecord) -> bool:
    try:
        return bool(_cells(path, record.run))
    except InputError:
        return False


def _cells(path: Path, run: str) -> list[dict[str, Any]]:
    try:
        cells = json.loads(path.read_bytes())["cells"]
        marks = [(cell, cell.get("metadata", {}).get("agentomics")) for cell in cells]
    except OSError as error:
        raise InputError(f"{path} cannot be read ({(error.strerror or str(error)).lower()}).") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise InputError(f"{path.name} is no notebook that can be read.") from None
    return [cell for cell, mark in marks if isinstance(mark, dict) and mark.get("run") == run]


def _text(source: object) -> str:
    return "".join(map(str, source)) if isinstance(source, list) else str(source or "")
