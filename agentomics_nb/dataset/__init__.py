"""The data set: files, columns, target and task."""

from __future__ import annotations

from agentomics_nb.dataset.inspection import inspect
from agentomics_nb.dataset.model import Column, ColumnKind, Dataset, TableFile, Target
from agentomics_nb.dataset.reading import read

__all__ = [
    "Column",
    "ColumnKind",
    "Dataset",
    "TableFile",
    "Target",
    "inspect",
    "read",
]
