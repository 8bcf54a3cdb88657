"""Sequences that are alike without being equal: shared stretches, within the training file and across files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from agentomics_nb.audit.finding import Finding, figures, shortened
from agentomics_nb.audit.relation import LARGEST_COMPONENT, LEAST_RELATED, Related, Relation, as_words, components_of
from agentomics_nb.dataset.model import ColumnKind
from agentomics_nb.dataset.names import words

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from agentomics_nb.audit.finding import Severity
    from agentomics_nb.audit.tables import Part, Tables
    from agentomics_nb.dataset.model import Column, Dataset

MOST_LETTERS = 20_000_000
"""Letters up to which every stretch is looked at."""
_NUCLEOTIDES, _RESIDUES = (15, 25), (7, 10)
"""Shortest and longest stretch: 15 and 7 letters are seldom shared by chance among short words, 25 and 10 hardly ever.

Of pairs of 200 nucleotides that agree in 90 % of their positions, 81 % share 25 in a row; of pairs of proteins of 300
residues that agree in 70 %, 94 % share 10 (simulated). A link is homology; no link is no proof of none."""
_LONGER = (1.0, 1.5, 2.0, 3.0)
_JUDGED_SEVERE, _JUDGED_WARNING = 0.3, 0.05


def sequence_column(dataset: Dataset) -> Column | None:
    """Return the column by which sequences are compared: the longest of the kind that has the longest."""
    found = [c for c in dataset.columns_of(ColumnKind.NUCLEOTIDE, ColumnKind.PROTEIN) if (c.length_median or 0) >= 7]
    return max(found, key=lambda column: column.length_median or 0, default=None)


def relate(dataset: Dataset, frame: pd.DataFrame) -> Related | None:
    """Return which rows share stretches of the sequence column; None without one.

    The stretch is lengthened while one component holds more than 30 % of the rows, since a few common elements chain
    everything together; if none helps, the shortest is kept and says so by its `largest`.
    """
    column = sequence_column(dataset)
    if column is None:
        return None
    first: Related | None = None
    values = as_words(frame[column.name])
    median = float(np.median([len(value) for value in values if value] or [0]))
    relation = _relation(dataset, column, median, sum(map(len, values)))
    for factor in _LONGER:
        k = round(relation.k * factor)
        if first is not None and k > 0.75 * median:
            break
        longer = relation.model_copy(update={"k": k})
        found = Related(longer, components_of(longer, frame))
        if found.largest <= LARGEST_COMPONENT:
            return found
        first = first or found
    return first


def _relation(dataset: Dataset, column: Column, median: float, letters: int) -> Relation:
    nucleotides = column.kind == ColumnKind.NUCLEOTIDE
    shortest, longest = _NUCLEOTIDES if nucleotides else _RESIDUES
    stranded = column.alphabet == "RNA" or any("strand" in words(c.name) for c in dataset.columns)
    return Relation(
        kind="stretch",
        columns=(column.name,),
        k=int(np.clip(round(median / 2), shortest, longest)),
        both_strands=nucleotides and not stranded,
        scale=max(1, letters // MOST_LETTERS),
    )


def find(tables: Tables, related: Related | None) -> Iterator[Finding]:
    """Yield what is alike, within the training file and across files."""
    if related is None:
        return
    yield from _within(tables, related)
    for part in tables.others:
        yield from _across(tables, part, related)


def _within(tables: Tables, related: Related) -> Iterator[Finding]:
    share, train, relation = related.related, tables.train, related.relation
    if share < LEAST_RELATED:
        return
    sizes = np.bincount(related.components)
    rows, largest = round(share * len(train)), int(sizes.max())
    split = related.largest <= LARGEST_COMPONENT
    row = int(np.argmax(related.components == int(sizes.argmax())))
    yield Finding(
        code="related_sequences",
        severity="warning" if split else "severe",
        text=f"{rows:,} of {len(train):,} rows of {train.file} ({share:.0%}) share {relation.in_words} with another "
        f"row; the largest of {int((sizes > 1).sum()):,} such families has {largest:,} rows.",
        rows=rows,
        of=len(train),
        columns=relation.columns,
        example=shortened(train.frame[relation.columns[0]].iloc[row]),
        effect="On a random split the score is that of relatives of known sequences, not that of new ones.",
        remedy="Keep families on one side: --split homology."
        if split
        else "No split can keep families apart: one holds too many of the rows. Remove near copies first.",
        figures=figures(share=share, families=int((sizes > 1).sum()), largest=related.largest, k=relation.k),
    )


def _across(tables: Tables, part: Part, related: Related) -> Iterator[Finding]:
    from agentomics_nb.audit.shared_stretches import stretches

    relation, train = related.relation, tables.train
    name = relation.columns[0]
    known = as_words(train.frame[name])
    keys, rows = stretches(known + as_words(part.frame[name]), relation.k, relation.both_strands, relation.scale)
    inside = rows < len(known)
    of_train = np.sort(keys[inside])  # np.isin would hash, which takes several times as long
    asked, whose = keys[~inside], rows[~inside] - len(known)
    place = np.minimum(np.searchsorted(of_train, asked), max(0, len(of_train) - 1))
    alike = np.flatnonzero(np.bincount(whose[of_train[place] == asked], minlength=len(part)) if len(of_train) else [])
    share = len(alike) / len(part)
    if share < _JUDGED_WARNING:
        return
    expected = related.related
    yield Finding(
        code="related_across_files",
        severity=_judged(share),
        text=f"{len(alike):,} of {len(part):,} rows of {part.file} ({share:.1%}) share {relation.in_words} with a row "
        f"of {train.file}.",
        rows=len(alike),
        of=len(part),
        files=("train", part.role),
        columns=relation.columns,
        example=shortened(part.frame[name].iloc[int(alike[0])]),
        effect=f"The score on {part.file} is partly that of relatives of training rows: memory helps there.",
        remedy=f"Judge by the other {len(part) - len(alike):,} rows too, or take relatives out of {part.file}.",
        figures=figures(share=share, within_train=expected, k=relation.k),
    )


def _judged(share: float) -> Severity:
    return "severe" if share >= _JUDGED_SEVERE else "warning"
