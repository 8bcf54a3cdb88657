"""Intervals on a genome that overlap: the same positions under two names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from agentomics_nb.audit.duplicates import graded
from agentomics_nb.audit.finding import Finding, figures
from agentomics_nb.audit.relation import LEAST_RELATED, Related, Relation, as_words, components_of
from agentomics_nb.dataset.names import words

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    from numpy.typing import NDArray

    from agentomics_nb.audit.tables import Part, Tables
    from agentomics_nb.dataset.model import Dataset

_CHROMOSOMES = {"chr", "chrom", "chromosome", "chromosomes", "seqname", "seqnames", "contig", "region", "scaffold"}
_STARTS = {"start", "begin", "chromstart", "txstart"}
_ENDS = {"end", "stop", "chromend", "txend"}
_LEAST_OVERLAP = 0.01
"""Share of overlapping rows below which chance explains it: genomes are finite."""


def interval_columns(dataset: Dataset) -> tuple[str, str, str] | None:
    """Return the columns of chromosome, start and end, by their names; None if one is absent."""
    found = []
    for wanted in (_CHROMOSOMES, _STARTS, _ENDS):
        names = [c.name for c in dataset.columns if _named(c.name, wanted)]
        if wanted is not _CHROMOSOMES:
            names = [name for name in names if dataset.column(name).minimum is not None]
        if not names:
            return None
        found.append(names[0])
    return found[0], found[1], found[2]


def _named(name: str, wanted: set[str]) -> bool:
    parts = words(name)
    return bool(parts) and (parts[-1] in wanted or "".join(parts) in wanted)


def relate(dataset: Dataset, frame: pd.DataFrame) -> Related | None:
    """Return which rows overlap; None without interval columns."""
    columns = interval_columns(dataset)
    if columns is None:
        return None
    relation = Relation(kind="overlap", columns=columns)
    return Related(relation, components_of(relation, frame))


def overlapped(train: pd.DataFrame, rows: pd.DataFrame, columns: tuple[str, str, str]) -> NDArray[np.int64]:
    """Return for each row the place of a training interval that it overlaps, -1 where there is none.

    Parameters
    ----------
    train, rows : DataFrame
        With the columns.
    columns : tuple of str
        Chromosome, start, end.
    """
    known, asked = (_intervals(frame, columns) for frame in (train, rows))
    hit = np.full(len(rows), -1, dtype=np.int64)
    places = dict(iter(known.groupby("chromosome")))
    for name, group in asked.groupby("chromosome"):
        others = places.get(name)
        if others is None:
            continue
        others = others.sort_values(["start", "end"], kind="stable")
        starts, ends = others["start"].to_numpy(), others["end"].to_numpy()
        # Of all intervals that start before a place the one that reaches furthest decides.
        reach = np.maximum.accumulate(ends)
        furthest = np.maximum.accumulate(np.where(ends == reach, np.arange(len(ends)), 0))
        last = np.searchsorted(starts, group["end"].to_numpy(), side="left") - 1
        found = (last >= 0) & (reach[np.maximum(last, 0)] > group["start"].to_numpy())
        hit[group.index.to_numpy()[found]] = others.index.to_numpy()[furthest[last[found]]]
    return hit


def _intervals(frame: pd.DataFrame, columns: tuple[str, str, str]) -> pd.DataFrame:
    import pandas as pd

    chromosome, start, end = columns
    table = pd.DataFrame(
        {
            "chromosome": as_words(frame[chromosome]),
            "start": pd.to_numeric(frame[start], errors="coerce").to_numpy(dtype=float),
            "end": pd.to_numeric(frame[end], errors="coerce").to_numpy(dtype=float),
        }
    )
    return table[(table["chromosome"] != "") & table["start"].notna() & table["end"].notna()]


def find(tables: Tables, related: Related | None) -> Iterator[Finding]:
    """Yield which intervals overlap, within the training file and across files."""
    if related is None:
        return
    train, columns = tables.train, related.relation.columns
    if related.related >= LEAST_RELATED:
        rows = round(related.related * len(train))
        sizes = np.bincount(related.components)
        row = int(np.argmax(related.components == int(sizes.argmax())))
        yield Finding(
            code="overlapping_intervals",
            severity="warning",
            text=f"{rows:,} of {len(train):,} intervals of {train.file} ({related.related:.0%}) overlap another one.",
            rows=rows,
            of=len(train),
            columns=columns,
            example=_place(train, columns, row),
            effect="On a random split, the same stretch of the genome stands on both sides.",
            remedy="Keep overlapping intervals on one side: --split homology, or group by chromosome.",
            figures=figures(share=related.related, largest=related.largest),
        )
    for part in tables.others:
        yield from _across(tables, part, related)


def _across(tables: Tables, part: Part, related: Related) -> Iterator[Finding]:
    train = tables.train
    chromosome, start, end = related.relation.columns
    hit = overlapped(train.frame, part.frame, (chromosome, start, end))
    rows, share = int((hit >= 0).sum()), float((hit >= 0).mean())
    numbers = figures(share=share)
    effect = "The score is partly that of places in the genome that training has seen."
    if tables.classification:
        value = looked_up(tables, part, related, hit)
        numbers |= figures(lookup_accuracy=value)
        numbers |= {f"share_of_class_{label}": share for label, share in _by_class(tables, part, hit).items()}
        effect += f" A lookup of overlaps, which reads no sequence, has an accuracy of {value:.3f}."
    numbers |= figures(identical=_identical(train, part, (chromosome, start, end)))
    if rows == 0:
        return
    yield Finding(
        code="overlap_across_files",
        severity=graded(share) if share >= _LEAST_OVERLAP else "info",
        text=f"{rows:,} of {len(part):,} intervals of {part.file} ({share:.1%}) overlap one of {train.file}.",
        rows=rows,
        of=len(part),
        files=("train", part.role),
        columns=(chromosome, start, end),
        example=_place(part, (chromosome, start, end), int(np.argmax(hit >= 0))),
        effect=effect,
        remedy=f"Take overlapping intervals out of {part.file}, or hold out whole chromosomes.",
        figures=numbers,
    )


def looked_up(tables: Tables, part: Part, related: Related, hit: NDArray[np.int64]) -> float:
    """Return the accuracy of a lookup: the class of the training interval that a row overlaps.

    A row that overlaps none gets the class that is most frequent among training intervals that overlap no other.
    """
    labels = tables.train.labels.astype(np.int64)
    alone = np.bincount(related.components)[related.components] == 1
    usual = int(np.bincount(labels[alone] if alone.any() else labels).argmax())
    return float((np.where(hit >= 0, labels[hit], usual) == part.labels).mean())


def _by_class(tables: Tables, part: Part, hit: NDArray[np.int64]) -> dict[str, float]:
    """Return which share of each class overlaps a training interval."""
    classes = tables.dataset.target.classes or ()
    shares = {}
    for code, label in enumerate(classes):
        chosen = part.labels == code
        if chosen.any():
            shares[label] = float(f"{(hit[chosen] >= 0).mean():.6g}")
    return shares


def _identical(train: Part, part: Part, columns: tuple[str, str, str]) -> float:
    """Return which share of the rows is the very interval of a training row."""
    import pandas as pd

    known, asked = (_intervals(frame, columns) for frame in (train.frame, part.frame))
    index = pd.MultiIndex.from_frame(known)
    return float(pd.MultiIndex.from_frame(asked).isin(index).sum() / max(1, len(part)))


def _place(part: Part, columns: tuple[str, ...], row: int) -> str:
    chromosome, start, end = (part.frame[name].iloc[row] for name in columns)
    return f"{chromosome}:{start}-{end}"
