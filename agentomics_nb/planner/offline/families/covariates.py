"""Columns beside the sequences: which of them describe the molecule, and which only say where it came from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentomics_nb.planner.offline.families.table_insights import listed
from agentomics_nb.planner.offline.recipe import Call

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agentomics_nb.dataset import Column, Dataset
    from agentomics_nb.planner.offline.recipe import Findings

_CHROMOSOME = re.compile(r"^(chr|chrom|chromosome|seqname|contig|scaffold)$", re.IGNORECASE)
_PLACE = re.compile(r"(^|_)(chr|chrom|chromosome|start|end|stop|strand|pos|position|locus|coord\w*)$", re.IGNORECASE)
_NAME = re.compile(
    r"(^|_)(id|ids|name|names|accession|symbol|fam|family|cluster|clade|gene|transcript|fold|split|set|source)$",
    re.IGNORECASE,
)
_FEW = 30
"""Categories above this number are names rather than conditions."""
_SAMPLED = 20_000
"""The inspection describes columns from about this many rows."""
_MOSTLY_DISTINCT = 0.5
"""A whole number that differs between more than half of the rows is a coordinate or a key."""


@dataclass(frozen=True)
class Covariates:
    """The columns that are no sequences.

    Parameters
    ----------
    numbers, categories : tuple of str
        Measurements and conditions that a model may use.
    left_out : tuple of str
        Names, places and keys: they identify a row, so that a model would learn rows by heart.
    """

    numbers: tuple[str, ...]
    categories: tuple[str, ...]
    left_out: tuple[str, ...]

    @classmethod
    def of(cls, dataset: Dataset, findings: Findings) -> Covariates:
        """Sort the columns of a data set; the group column of the split counts as a key."""
        group = findings.get("group_column")
        sequences = {column.name for column in dataset.columns_of("nucleotide", "protein")}
        others = [column for column in dataset.columns if column.name not in sequences]
        from_a_genome = any(_CHROMOSOME.match(column.name) for column in others)
        numbers, categories, left_out = [], [], []
        for column in others:
            if column.name == group or _identifies(column, dataset.n_rows):
                left_out.append(column.name)
            elif column.kind in ("numeric", "count"):
                numbers.append(column.name)
            elif column.kind == "categorical" and column.unique <= _FEW and not from_a_genome:
                categories.append(column.name)
            elif column.kind not in ("constant", "target_copy"):
                left_out.append(column.name)
        return cls(tuple(numbers), tuple(categories), tuple(left_out))

    def calls(self, *, scaled: bool) -> tuple[Call, ...]:
        """Return the feature calls; numbers `scaled` for linear models and kernels, as measured for trees."""
        calls = []
        if self.numbers:
            function = "numeric" if scaled else "numeric_as_is"
            calls.append(Call("table", function, {"columns": list(self.numbers)}))
        if self.categories:
            calls.append(Call("table", "categorical", {"columns": list(self.categories)}))
        return tuple(calls)

    @property
    def words(self) -> str:
        """A sentence for the representation; empty if nothing beside the sequences is used."""
        used = self.numbers + self.categories
        return f"Beside them: {listed(used)}." if used else ""

    @property
    def left_out_words(self) -> str:
        """A sentence for the exploration; empty if every column is used."""
        return (
            f"Not used: {listed(self.left_out)}, which name a row or its place in the genome; a model could learn rows "
            "by heart from them."
            if self.left_out
            else ""
        )


def _identifies(column: Column, rows: int) -> bool:
    if column.kind == "identifier":
        return True
    if column.kind in ("numeric", "count") and not column.integer:
        return False
    if _PLACE.search(column.name) or _NAME.search(column.name):
        return True
    return column.integer and column.unique > _MOSTLY_DISTINCT * max(1, min(rows, _SAMPLED))


def together(*sentences: str) -> str:
    """Join sentences; empty ones are passed over."""
    return " ".join(sentence for sentence in sentences if sentence)


def width_of(columns: Sequence[Column], limit: int = 2_000) -> int:
    """Return the positions that hold the longest of some columns, `limit` at most."""
    return min(limit, max((column.length_max or 1) for column in columns))
