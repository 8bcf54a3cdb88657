"""``log.ipynb``: every cell of a run with its outputs, in the order run."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from agentomics_nb.journal.directory import write_json

if TYPE_CHECKING:
    from pathlib import Path

    from agentomics_nb.journal.directory import RunRecord
    from agentomics_nb.journal.state import CellState, RunState

TAG = "agentomics"


def cell_metadata(record: RunRecord, cell: CellState) -> dict[str, Any]:
    """Return ``cell.metadata.agentomics``."""
    return {
        "run": record.run,
        "seq": cell.seq,
        "iteration": cell.iteration,
        "step": cell.step.value if cell.step else None,
        "role": cell.role,
        "planner": cell.planner or record.planner,
        "source_sha256": hashlib.sha256(cell.source.encode()).hexdigest(),
        "status": cell.status,
        "started": _iso(cell.started),
        "ended": _iso(cell.ended),
        "review": cell.review and cell.review | {"time": _iso(cell.review["time"])},
    }


def notebook_cell(record: RunRecord, cell: CellState) -> dict[str, Any]:
    """Return one cell as nbformat 4.5 wants it."""
    entry: dict[str, Any] = {
        "cell_type": cell.cell_type,
        "id": cell.id,
        "metadata": {"tags": [TAG], "agentomics": cell_metadata(record, cell)},
        "source": cell.source,
    }
    if cell.cell_type == "code":
        entry["execution_count"] = cell.execution_count
        entry["outputs"] = cell.outputs
        if cell.status in {"error", "timeout", "memory", "killed"}:
            entry["metadata"]["tags"].append("raises-exception")
    return entry


def notebook(record: RunRecord, state: RunState) -> dict[str, Any]:
    """Return the whole log as a notebook, cells in the order in which they were first made."""
    cells = sorted(state.cells.values(), key=lambda cell: cell.seq)
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {
            "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
            "language_info": {"name": "python", "version": record.versions.get("python", "")},
            "agentomics": {"run": record.run, "planner": record.planner, "status": state.status},
        },
        "cells": [notebook_cell(record, cell) for cell in cells],
    }


def write_notebook(path: Path, record: RunRecord, state: RunState) -> None:
    """Write the log atomically: whoever opens it finds a valid notebook.

    Notes
    -----
    Cells run from the directory of the person's notebook; opened from the run directory, the log's paths
    hold only from there. The first cell says so.
    """
    write_json(path, notebook(record, state))


def _iso(seconds: float | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
