"""The data set: files, columns, target and task, and how its rows may be split."""

from __future__ import annotations

from agentomics_nb.dataset.groups import GroupCandidate, SplitContract, choose_split, find_groups
from agentomics_nb.dataset.inspection import inspect
from agentomics_nb.dataset.model import Column, ColumnKind, Dataset, TableFile, Target
from agentomics_nb.dataset.reading import read

__all__ = [
    "Column",
    "ColumnKind",
    "Dataset",
    "GroupCandidate",
    "SplitContract",
    "TableFile",
    "Target",
    "choose_split",
    "find_groups",
    "inspect",
    "read",
]
