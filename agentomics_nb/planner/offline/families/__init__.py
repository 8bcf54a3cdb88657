"""What the offline planner knows, one module for each kind of data."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentomics_nb.dataset import Dataset
    from agentomics_nb.planner.offline.recipe import Family


def choose(dataset: Dataset) -> Family:
    """Return the family that fits the data set: the most specific one first, tables last, since they fit anything."""
    from agentomics_nb.planner.offline.families.interaction import INTERACTION
    from agentomics_nb.planner.offline.families.matrix import MATRIX
    from agentomics_nb.planner.offline.families.nucleotide import NUCLEOTIDE
    from agentomics_nb.planner.offline.families.protein import PROTEIN
    from agentomics_nb.planner.offline.families.table import TABLE

    for family in (INTERACTION, NUCLEOTIDE, PROTEIN, MATRIX):
        if family.fits(dataset):
            return family
    return TABLE
