"""Entities that repeat across rows: which column names them, and what their labels and their number tell."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from agentomics_nb.audit.finding import Finding, figures, shortened
from agentomics_nb.dataset.model import Column, ColumnKind
from agentomics_nb.dataset.names import words

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from agentomics_nb.audit.finding import Severity
    from agentomics_nb.audit.tables import Tables
    from agentomics_nb.dataset.model import Dataset

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
MENTIONED = frozenset(
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


_ORDER_INFO = 0.3
_TELLS, _TELLS_MUCH = 0.2, 0.5
_SURE = 4.0
"""Standard errors beyond which chance is ruled out, however many columns were looked at."""
_AGREE, _AGREE_MUCH = 0.1, 0.4
_OFTEN = 0.2


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


def find_groups(tables: Tables) -> tuple[GroupCandidate, ...]:
    """Return the columns that may hold repeating entities, the most decisive first."""
    found = [_candidate(tables.train.frame[name], tables) for name in grouping_columns(tables.dataset)]
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


def grouping_columns(dataset: Dataset) -> list[str]:
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
    named = entity_priority(column.name) is not None or not MENTIONED.isdisjoint(words(column.name))
    return named and (column.kind == ColumnKind.COUNT or (column.kind == ColumnKind.NUMERIC and column.integer))


def _candidate(values: pd.Series[Any], tables: Tables) -> GroupCandidate:
    import numpy as np
    import pandas as pd

    codes, distinct = pd.factorize(values)
    present = codes >= 0
    sizes = np.bincount(codes[present], minlength=len(distinct)) if present.any() else np.zeros(0, dtype=int)
    rows = max(1, len(values))
    classification, labels = tables.classification, tables.train.labels
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


def find(tables: Tables, candidates: tuple[GroupCandidate, ...]) -> Iterator[Finding]:
    """Yield what entities and the order of the rows tell about the label."""
    for candidate in candidates:
        if candidate.priority is not None:
            yield _repeats(tables, candidate)
    names = [c.column for c in candidates]
    sequences = tables.dataset.columns_of(ColumnKind.NUCLEOTIDE, ColumnKind.PROTEIN)
    if len(tables.dataset.columns) > 1:  # a lone sequence that repeats is a repeated row
        for column in sequences:
            candidate = _candidate(tables.train.frame[column.name], tables)
            if candidate.repeated >= _OFTEN and candidate.n_groups > 1:
                names.append(column.name)
                yield _repeats(tables, candidate)
    for name in names:
        yield from _counts(tables, name)
    yield from _order(tables)


def _repeats(tables: Tables, candidate: GroupCandidate) -> Finding:
    train = tables.train
    values = train.frame[candidate.column]
    lift = (candidate.homogeneity - candidate.expected) / max(1 - candidate.expected, 1e-9)
    severity: Severity = "severe" if lift >= _AGREE_MUCH else "warning"
    if lift < _AGREE and candidate.repeated < _OFTEN:
        severity = "info"
    return Finding(
        code="repeated_entities",
        severity=severity,
        text=candidate.reason,
        rows=round(candidate.repeated * len(train)),
        of=len(train),
        columns=(candidate.column,),
        example=shortened(values.value_counts().index[0]),
        effect="A random split puts rows of one entity on both sides: the score is that of known entities.",
        remedy=f"Keep each {candidate.column} on one side: --split group={candidate.column}.",
        figures=figures(
            share=candidate.repeated,
            groups=candidate.n_groups,
            largest=candidate.largest,
            homogeneity=candidate.homogeneity,
            expected=candidate.expected,
        ),
    )


def _counts(tables: Tables, name: str) -> Iterator[Finding]:
    """Find out whether it tells the label how often an entity occurs in the file."""
    import numpy as np
    import pandas as pd

    from agentomics_nb.audit.association import of_ranks

    train = tables.train
    codes, distinct = pd.factorize(train.frame[name])
    sizes = np.bincount(codes[codes >= 0], minlength=len(distinct))
    if len(distinct) < 2 or sizes.min() == sizes.max():
        return
    counts = np.where(codes >= 0, sizes[codes], np.nan)
    found = of_ranks(counts, train.labels, classification=tables.classification, units=len(distinct))
    if found.strength < _TELLS or found.z < _SURE:
        return
    rarest = int(np.nanargmin(counts))
    yield Finding(
        code="entity_count",
        severity="severe" if found.strength >= _TELLS_MUCH else "warning",
        text=f"How often a {name} occurs in {train.file} tells the label: {_told(tables, found.strength)}.",
        rows=int((codes >= 0).sum()),
        of=len(train),
        columns=(name,),
        example=f"{shortened(train.frame[name].iloc[rarest])} occurs {int(counts[rarest]):,}×",
        effect="A model that counts, or memorises entities, scores high here and fails where each row comes alone.",
        remedy="Make no feature of how often values occur in a file, and leave this column out of the features.",
        figures=figures(strength=found.strength, auroc=found.auroc),
    )


def _order(tables: Tables) -> Iterator[Finding]:
    """Find out whether the order of the rows tells the label."""
    import numpy as np

    from agentomics_nb.audit.association import of_ranks

    train = tables.train
    labels, rows = train.labels, len(train)
    found = of_ranks(np.arange(rows, dtype=float), labels, classification=tables.classification)
    strength, z = found.strength, found.z
    if tables.classification:
        same = float((labels[1:] == labels[:-1]).mean())
        shares = np.bincount(labels.astype(np.int64)) / rows
        chance = float((shares**2).sum())
        runs = (same - chance) / max(1 - chance, 1e-9)
        runs_z = (same - chance) / max((chance * (1 - chance) / rows) ** 0.5, 1e-9)
        if runs > strength:
            strength, z = runs, runs_z
    if strength < _ORDER_INFO or z < _SURE:
        return
    yield Finding(
        code="row_order",
        severity="info",
        text=f"The order of the rows of {train.file} tells the label: rows with one label stand together.",
        rows=rows,
        of=rows,
        effect="A split by position, or a row number as a feature, would be worthless.",
        remedy="Divide rows at random or by groups, never by their place; use no row number as a feature.",
        figures=figures(strength=strength),
    )


def _told(tables: Tables, strength: float) -> str:
    return (
        f"alone it has an AUROC of {0.5 + strength / 2:.2f}"
        if tables.classification
        else f"the rank correlation is {strength:.2f}"
    )
