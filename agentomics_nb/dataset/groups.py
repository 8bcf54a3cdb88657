"""Entities that repeat across rows, and the contract that keeps each on one side of a split."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict

from agentomics_nb.dataset.model import Column, ColumnKind, Dataset
from agentomics_nb.dataset.names import words
from agentomics_nb.dataset.reading import read
from agentomics_nb.dataset.target import listed, to_series
from agentomics_nb.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

FEWEST_GROUPS = 10
FEWEST_GROUPS_PER_CLASS = 3
LARGEST_GROUP = 0.3
"""Share of the rows above which a group would leave too little on the other side."""
NUMBERED_ALIKE = 3
"""So many columns whose names differ by a number only are measurements of one kind; two may be partners of a pair."""
LEAST_REPEATED = 0.05
"""Share of rows in groups of two or more below which grouping changes nothing."""

_SUFFIXES = {
    "id",
    "ids",
    "identifier",
    "name",
    "code",
    "number",
    "no",
    "nr",
    "accession",
    "barcode",
    "key",
    "label",
    "index",
}
_CHOSEN: tuple[frozenset[str], ...] = (
    frozenset({"patient", "subject", "donor", "individual", "participant", "person", "volunteer", "case"}),
    frozenset({"mouse", "animal", "rat", "cow", "strain", "isolate", "clone", "colony"}),
    frozenset({"cluster", "family", "scaffold", "cdhit", "mmseqs", "homology", "component"}),
    frozenset({"specimen", "biosample", "sample", "biopsy", "tumor", "cellline"}),
    frozenset({"gene", "transcript", "protein", "locus", "contig", "read", "molecule", "compound", "drug", "ligand"}),
)
"""Last words of the names of entities, the most decisive first."""
_MENTIONED = frozenset(
    {
        "batch",
        "plate",
        "site",
        "center",
        "centre",
        "study",
        "cohort",
        "hospital",
        "fam",
        "group",
        "run",
        "lane",
    }
)
"""Words of groups that a person may choose; no split is made by them unasked."""


class GroupCandidate(BaseModel):
    """A column whose values may be entities that repeat across rows.

    Parameters
    ----------
    column : str
        Its name.
    n_groups : int
        Distinct values; each row without one is a group of its own and not counted.
    repeated : float
        Share of the rows that share their value with another row, 0 to 1.
    largest : float
        Share of the rows in the largest group, 0 to 1.
    homogeneity : float
        How much the labels within a group agree, 0 to 1. Classification: probability that two rows of a group
        have one class. Regression: share of the variance that lies between groups.
    expected : float
        The same if labels were independent of the groups.
    priority : int or None
        Place in the order of choice, 0 first; None if its name names no entity.
    reason : str
        All this in a sentence.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    column: str
    n_groups: int
    repeated: float
    largest: float
    homogeneity: float
    expected: float
    priority: int | None
    reason: str


class SplitContract(BaseModel):
    """What every split of a run must hold.

    Parameters
    ----------
    strategy : {"random", "group", "time", "given"}
        ``given``: a validation file came with the data.
    column : str or None
        The column of ``group`` and ``time``.
    reason : str
        Why, in a sentence.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    strategy: Literal["random", "group", "time", "given"]
    column: str | None = None
    reason: str


def find_groups(dataset: Dataset) -> tuple[GroupCandidate, ...]:
    """Return the columns that may hold repeating entities, the most decisive first.

    Reads these columns and the target from the training file, nothing else.
    """
    names = _grouping_columns(dataset)
    return _find_groups(dataset, _labelled(dataset, names)) if names else ()


def choose_split(dataset: Dataset, requested: str | None = None) -> SplitContract:
    """Return the contract for the split, asked for or found.

    Parameters
    ----------
    dataset : Dataset
        From `inspect`.
    requested : str, optional
        ``random``, ``group=COL`` or ``time=COL``.

    Raises
    ------
    InputError
        If the wish cannot be granted; the sentence names the column.
    """
    if dataset.validation is not None:
        if requested is not None:
            raise InputError(f"--split {requested} cannot be kept, since a validation file is given; leave one out.")
        return SplitContract(strategy="given", reason="A validation file is given.")
    if requested is not None:
        return _requested(dataset, requested)
    names = _grouping_columns(dataset)
    if names:
        frame = _labelled(dataset, names)
        for candidate in _find_groups(dataset, frame):
            if candidate.priority is not None and _splittable(dataset, candidate, frame):
                reason = f"Rows of one {candidate.column} stay together: {candidate.reason}"
                return SplitContract(strategy="group", column=candidate.column, reason=reason)
    return SplitContract(strategy="random", reason="No column names an entity that repeats across rows.")


def _labelled(dataset: Dataset, names: Sequence[str]) -> pd.DataFrame:
    """Return columns of the training rows that have a label, as they are written; the target is the last."""
    target = dataset.target.name
    frame = read(dataset.train, [*names, target], text=(*names, target))
    return frame[frame[target].notna()]


def _find_groups(dataset: Dataset, frame: pd.DataFrame) -> tuple[GroupCandidate, ...]:
    *names, target = frame.columns
    labels = _labels(frame[target], dataset)
    found = [_candidate(frame[name], labels, dataset) for name in names]
    kept = [c for c in found if c.repeated >= LEAST_REPEATED and c.n_groups > 1]
    return tuple(sorted(kept, key=lambda c: (c.priority is None, c.priority or 0, -c.n_groups)))


def entity_priority(name: str) -> int | None:
    """Return the place of the entity that a column name names in the order of choice, None if it names none.

    The last word counts, endings such as ``id`` aside: ``patient_id`` names patients, ``patient_age`` none.
    """
    parts = list(words(name))
    while len(parts) > 1 and (parts[-1] in _SUFFIXES or parts[-1].isdigit()):
        parts.pop()
    if not parts:
        return None
    last = {parts[-1], parts[-1].removesuffix("s"), "".join(parts[-2:])}
    return next((place for place, entities in enumerate(_CHOSEN) if last & entities), None)


def _grouping_columns(dataset: Dataset) -> list[str]:
    """Return the columns that may hold entities: of GENE1 to GENE2000 none does, they are measurements of one kind."""
    numbered = Counter(stem for column in dataset.columns if (stem := _numbered_stem(column.name)))
    return [
        column.name
        for column in dataset.columns
        if _may_group(column) and numbered[_numbered_stem(column.name)] < NUMBERED_ALIKE
    ]


def _numbered_stem(name: str) -> str:
    """Return a name without the number at its end; nothing if it has none."""
    stem = name.rstrip("0123456789")
    return stem if stem != name else ""


def _may_group(column: Column) -> bool:
    if column.kind in (ColumnKind.IDENTIFIER, ColumnKind.CATEGORICAL):
        return column.reason != "numbers the rows"
    named = entity_priority(column.name) is not None or not _MENTIONED.isdisjoint(words(column.name))
    return named and (column.kind == ColumnKind.COUNT or (column.kind == ColumnKind.NUMERIC and column.integer))


def _requested(dataset: Dataset, requested: str) -> SplitContract:
    strategy, _, column = requested.partition("=")
    if strategy == "random" and not column:
        return SplitContract(strategy="random", reason="A random split was asked for.")
    if strategy == "homology":
        raise InputError("--split homology is not available yet; name a column of clusters with --split group=COL.")
    if strategy not in ("group", "time") or not column:
        raise InputError(f"--split {requested} is unknown; give random, group=COLUMN or time=COLUMN.")
    names = [c.name for c in dataset.columns]
    if column not in names:
        if column == dataset.target.name:
            raise InputError(f"--split {requested} names the target; name a feature column.")
        raise InputError(f"--split {requested} names no column; the columns are {listed(names)}.")
    if strategy == "time":
        _check_times(dataset, column)
        return SplitContract(strategy="time", column=column, reason=f"A split by time in {column} was asked for.")
    groups = _groups_per_class(dataset, _labelled(dataset, [column]), column)
    if not groups or min(groups.values()) < 2:
        poor = min(groups, key=lambda label: groups[label]) if groups else None
        which = f"class {poor!r} is in one group only" if poor and len(groups) > 1 else "there is one group only"
        raise InputError(f"--split {requested} cannot be kept, since {which}; name another column.")
    return SplitContract(strategy="group", column=column, reason=f"A split by groups of {column} was asked for.")


def _check_times(dataset: Dataset, column: str) -> None:
    import pandas as pd

    values = read(dataset.train, [column], text=(column,))[column].dropna()
    times = pd.to_numeric(values, errors="coerce")
    if times.isna().any():
        times = pd.to_datetime(values, errors="coerce", format="mixed", utc=True)
    if times.isna().any() or times.nunique() < 2:
        raise InputError(f"--split time={column} cannot be kept, since {column} holds no times or numbers in order.")


def _splittable(dataset: Dataset, candidate: GroupCandidate, frame: pd.DataFrame) -> bool:
    if candidate.n_groups < FEWEST_GROUPS or candidate.largest > LARGEST_GROUP:
        return False
    return min(_groups_per_class(dataset, frame, candidate.column).values()) >= FEWEST_GROUPS_PER_CLASS


def _groups_per_class(dataset: Dataset, frame: pd.DataFrame, column: str) -> dict[str, int]:
    """Return in how many groups each class occurs; a regression counts as one class."""
    frame = frame[frame[column].notna()]
    if dataset.task == "regression":
        return {"": int(frame[column].nunique())}
    found = frame.groupby(dataset.target.name)[column].nunique()
    return {label: int(found.get(label, 0)) for label in dataset.target.classes or ()}


def _labels(words: pd.Series[Any], dataset: Dataset) -> NDArray[np.float64]:
    """Return class codes, or the values of a regression."""
    import numpy as np
    import pandas as pd

    if dataset.task == "classification":
        return np.asarray(pd.factorize(words)[0], dtype=float)
    return np.asarray(to_series(words, dataset.train.marks), dtype=np.float64)


def _candidate(values: pd.Series[Any], labels: NDArray[np.float64], dataset: Dataset) -> GroupCandidate:
    import numpy as np
    import pandas as pd

    codes, distinct = pd.factorize(values)
    present = codes >= 0
    sizes = np.bincount(codes[present], minlength=len(distinct)) if present.any() else np.zeros(0, dtype=int)
    rows = max(1, len(values))
    classification = dataset.task == "classification"
    measure = same_class if classification else variance_between
    homogeneity, expected = measure(codes[present], labels[present])
    name = str(values.name)
    share = float(sizes[sizes > 1].sum()) / rows
    what = (
        f"two rows of a group have one class in {homogeneity:.0%} of cases ({expected:.0%} by chance)"
        if classification
        else f"{homogeneity:.0%} of the target's variance lies between groups ({expected:.0%} by chance)"
    )
    return GroupCandidate(
        column=name,
        n_groups=len(distinct),
        repeated=share,
        largest=float(sizes.max(initial=0)) / rows,
        homogeneity=homogeneity,
        expected=expected,
        priority=entity_priority(name),
        reason=f"{name} has {len(distinct):,} values, {share:.0%} of the rows share theirs with others, and {what}.",
    )


def same_class(groups: NDArray[Any], labels: NDArray[np.float64]) -> tuple[float, float]:
    """Return the probability that two rows have one class: rows of one group, and any two rows.

    Parameters
    ----------
    groups : ndarray of int, shape (rows,)
        Codes from 0.
    labels : ndarray, shape (rows,)
        Class codes from 0.
    """
    import numpy as np

    if len(groups) < 2:
        return 0.0, 0.0
    classes = labels.astype(np.int64)
    sizes = np.bincount(groups).astype(float)
    cells = np.unique(groups.astype(np.int64) * (classes.max() + 1) + classes, return_counts=True)[1].astype(float)
    totals = np.bincount(classes).astype(float)
    pairs, all_pairs = (sizes * (sizes - 1)).sum(), len(groups) * (len(groups) - 1.0)
    within = (cells * (cells - 1)).sum() / pairs if pairs else 0.0
    return float(within), float((totals * (totals - 1)).sum() / all_pairs)


def variance_between(groups: NDArray[Any], values: NDArray[np.float64]) -> tuple[float, float]:
    """Return the share of the variance that lies between groups (eta squared), and its expectation by chance.

    With G groups and n rows, independent values give (G - 1) / (n - 1) on average.
    """
    import numpy as np

    if len(groups) < 2:
        return 0.0, 0.0
    sizes = np.maximum(np.bincount(groups), 1)
    means = np.bincount(groups, weights=values) / sizes
    total = ((values - values.mean()) ** 2).sum()
    between = (sizes * (means - values.mean()) ** 2).sum()
    return float(between / total) if total else 0.0, (len(np.unique(groups)) - 1) / (len(groups) - 1)
