"""The split contract: which division of the rows is honest, and why; or why none is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict

from agentomics_nb.audit.relation import LARGEST_COMPONENT, LEAST_RELATED, Relation
from agentomics_nb.dataset.target import listed
from agentomics_nb.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from agentomics_nb.audit.entities import GroupCandidate
    from agentomics_nb.audit.finding import Finding
    from agentomics_nb.audit.relation import Related
    from agentomics_nb.audit.tables import Tables

FEWEST_GROUPS = 10
FEWEST_GROUPS_PER_CLASS = 3
_KNOWN = ("shared_rows", "opposite_strands", "related_across_files", "overlap_across_files")
"""Findings of rows that training knows."""
_AGREE = 0.1
"""By how much more than by chance, of what is possible, labels agree within groups that a random split may not tear."""


class SplitContract(BaseModel):
    """What every split of a run must hold.

    Parameters
    ----------
    strategy : {"random", "group", "homology", "time", "given"}
        ``given``: a validation file came with the data.
    column : str or None
        The column of ``group`` and ``time``.
    relation : Relation or None
        What makes rows related, for ``homology``.
    reason : str
        Why, in a sentence.
    doubt : str or None
        Why no split of these rows can be honest, or this one is not; None where nothing speaks against it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    strategy: Literal["random", "group", "homology", "time", "given"]
    column: str | None = None
    relation: Relation | None = None
    reason: str
    doubt: str | None = None


def choose(
    tables: Tables,
    candidates: Sequence[GroupCandidate],
    relations: Sequence[Related],
    findings: Sequence[Finding],
    requested: str | None = None,
) -> SplitContract:
    """Return the contract for the split, asked for or found.

    Parameters
    ----------
    tables : Tables
        The rows.
    candidates : sequence of GroupCandidate
        Columns that may hold entities, the most decisive first.
    relations : sequence of Related
        Components of related rows, the most decisive first.
    findings : sequence of Finding
        What the checks have found.
    requested : str, optional
        ``random``, ``group=COL``, ``homology`` or ``time=COL``.

    Raises
    ------
    InputError
        If the wish cannot be granted; the sentence names the column.
    """
    if tables.dataset.validation is not None:
        if requested is not None:
            raise InputError(f"--split {requested} cannot be kept, since a validation file is given; leave one out.")
        return SplitContract(strategy="given", reason="A validation file is given.", doubt=_doubt_of_given(findings))
    found = _found(tables, candidates, relations)
    if requested is None:
        return found
    wished = _requested(tables, relations, requested)
    if found.strategy in ("group", "homology") and wished.strategy == "random":
        doubt = f"Rows that belong together will stand on both sides: scores may mislead. {found.reason}"
        return wished.model_copy(update={"doubt": doubt})
    return wished


def _found(tables: Tables, candidates: Sequence[GroupCandidate], relations: Sequence[Related]) -> SplitContract:
    named = [candidate for candidate in candidates if candidate.priority is not None]
    for candidate in named:
        if _splittable(tables, candidate):
            reason = f"Rows of one {candidate.column} stay together: {candidate.reason}"
            return SplitContract(strategy="group", column=candidate.column, reason=reason)
    for related in relations:
        if related.related >= LEAST_RELATED and _divisible(tables, related):
            reason = (
                f"Rows that share {related.relation.in_words} stay together: {related.related:.0%} of the rows share "
                "one with another row."
            )
            return SplitContract(strategy="homology", relation=related.relation, reason=reason)
    return SplitContract(
        strategy="random",
        reason="No column names an entity that repeats across rows, and few rows are related."
        if relations
        else "No column names an entity that repeats across rows.",
        doubt=_doubt(named, relations),
    )


def _doubt_of_given(findings: Sequence[Finding]) -> str | None:
    """Return why the validation file that is given does not judge honestly."""
    for finding in findings:
        if finding.severity == "severe" and finding.code in _KNOWN and finding.files == ("train", "validation"):
            return f"The validation file flatters: {finding.text}"
    return None


def _doubt(named: Sequence[GroupCandidate], relations: Sequence[Related]) -> str | None:
    """Return why a random split, the only one left, is not honest."""
    for candidate in named:
        lift = (candidate.homogeneity - candidate.expected) / max(1 - candidate.expected, 1e-9)
        if lift >= _AGREE:
            return (
                f"No split is honest here: labels go with {candidate.column}, but its {candidate.n_groups:,} values "
                "are too few, or too unequal, to keep each on one side. Scores hold for new rows of these only."
            )
    for related in relations:
        if related.related >= LEAST_RELATED and related.largest > LARGEST_COMPONENT:
            return (
                f"No split is honest here: {related.largest:.0%} of the rows hang together through "
                f"{related.relation.in_words}. Scores hold for relatives of these rows only."
            )
    return None


def _requested(tables: Tables, relations: Sequence[Related], requested: str) -> SplitContract:
    dataset = tables.dataset
    strategy, _, column = requested.partition("=")
    if strategy == "random" and not column:
        return SplitContract(strategy="random", reason="A random split was asked for.")
    if strategy == "homology" and not column:
        return _homology(tables, relations)
    if strategy not in ("group", "time") or not column:
        raise InputError(f"--split {requested} is unknown; give random, group=COLUMN, homology or time=COLUMN.")
    names = [c.name for c in dataset.columns]
    if column not in names:
        if column == dataset.target.name:
            raise InputError(f"--split {requested} names the target; name a feature column.")
        raise InputError(f"--split {requested} names no column; the columns are {listed(names)}.")
    if strategy == "time":
        _check_times(tables, column)
        return SplitContract(strategy="time", column=column, reason=f"A split by time in {column} was asked for.")
    groups = _groups_per_class(tables, _codes(tables, column))
    if not groups or min(groups.values()) < 2:
        poor = min(groups, key=lambda label: groups[label]) if groups else None
        which = f"class {poor!r} is in one group only" if poor and len(groups) > 1 else "there is one group only"
        raise InputError(f"--split {requested} cannot be kept, since {which}; name another column.")
    return SplitContract(strategy="group", column=column, reason=f"A split by groups of {column} was asked for.")


def _homology(tables: Tables, relations: Sequence[Related]) -> SplitContract:
    if not relations:
        raise InputError(
            "--split homology needs a column of sequences, or of chromosome, start and end; there is none: name a "
            "column of clusters with --split group=COL."
        )
    related = next((r for r in relations if _divisible(tables, r)), None)
    if related is None:
        first = relations[0]
        raise InputError(
            f"--split homology cannot be kept, since {first.largest:.0%} of the rows hang together through "
            f"{first.relation.in_words}; remove near copies, or use --split random."
        )
    reason = f"A split by homology was asked for: rows that share {related.relation.in_words} stay together."
    return SplitContract(strategy="homology", relation=related.relation, reason=reason)


def _check_times(tables: Tables, column: str) -> None:
    import pandas as pd

    values = tables.train.frame[column].dropna()
    times = pd.to_numeric(values, errors="coerce")
    if times.isna().any():
        times = pd.to_datetime(values, errors="coerce", format="mixed", utc=True)
    if times.isna().any() or times.nunique() < 2:
        raise InputError(f"--split time={column} cannot be kept, since {column} holds no times or numbers in order.")


def _splittable(tables: Tables, candidate: GroupCandidate) -> bool:
    if candidate.n_groups < FEWEST_GROUPS or candidate.largest > LARGEST_COMPONENT:
        return False
    return min(_groups_per_class(tables, _codes(tables, candidate.column)).values()) >= FEWEST_GROUPS_PER_CLASS


def _divisible(tables: Tables, related: Related) -> bool:
    if related.largest > LARGEST_COMPONENT:
        return False
    return min(_groups_per_class(tables, related.components).values()) >= FEWEST_GROUPS_PER_CLASS


def _codes(tables: Tables, column: str) -> NDArray[np.int64]:
    import numpy as np
    import pandas as pd

    return np.asarray(pd.factorize(tables.train.frame[column])[0], dtype=np.int64)


def _groups_per_class(tables: Tables, groups: NDArray[np.int64]) -> dict[str, int]:
    """Return in how many groups each class occurs; a regression counts as one class."""
    import numpy as np

    if not tables.classification:
        return {"": len(np.unique(groups[groups >= 0]))}
    labels = tables.train.labels
    return {
        label: len(np.unique(groups[(labels == code) & (groups >= 0)]))
        for code, label in enumerate(tables.dataset.target.classes or ())
    }
