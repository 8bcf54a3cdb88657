"""Numeric columns, described all at once: a table may have 20,000 of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agentomics_nb.dataset.model import Column, ColumnKind
from agentomics_nb.dataset.names import says_chromosome, says_identifier, says_place

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

_BLOCK = 1000
_COUNT_DISTINCT = 10
_MOST_CHROMOSOMES = 100
_COUNT_SPREAD = 5.0
_TABLE_OF_COUNTS = 10
_MATRIX_OF_COUNTS = 50
_MATRIX_SHARE = 0.9
_MATRIX_DISPERSION = 2.0
_MATRIX_MAXIMUM = 20


@dataclass(frozen=True)
class Figures:
    """Figures of several columns, each an array with one entry a column."""

    missing: NDArray[np.intp]
    unique: NDArray[np.intp]
    minimum: NDArray[np.float64]
    maximum: NDArray[np.float64]
    mean: NDArray[np.float64]
    median: NDArray[np.float64]
    variance: NDArray[np.float64]
    integer: NDArray[np.bool_]
    consecutive: NDArray[np.bool_]


def describe_numbers(names: Sequence[str], matrix: NDArray[np.float64]) -> list[Column]:
    """Describe numeric columns.

    Parameters
    ----------
    names : sequence of str
        Of the columns.
    matrix : ndarray of float64, shape (rows looked at, columns)
        Missing values are NaN.

    Returns
    -------
    list of Column
        In the same order; kinds numeric, count, identifier, constant, or categorical for chromosomes.
    """
    described: list[Column] = []
    variances: list[float] = []
    for start in range(0, len(names), _BLOCK):
        values = matrix[:, start : start + _BLOCK]
        figures = figures_of(values)
        described += [_describe(name, i, values[:, i], figures) for i, name in enumerate(names[start : start + _BLOCK])]
        variances += figures.variance.tolist()
    return _counts_by_company(described, variances)


def figures_of(values: NDArray[np.float64]) -> Figures:
    """Return the figures of each column of a matrix; infinite values count as missing."""
    import numpy as np

    values = np.where(np.isinf(values), np.nan, values)
    rows, columns = values.shape
    ordered = np.sort(values, axis=0)  # NaN last
    missing = np.isnan(values).sum(axis=0)
    present = rows - missing
    steps = np.diff(ordered, axis=0)
    unique = (steps > 0).sum(axis=0) + (present > 0)
    safe = np.maximum(present, 1)
    last = np.maximum(present - 1, 0)
    each = np.arange(columns)
    with np.errstate(invalid="ignore", over="ignore"):
        mean = np.nansum(values, axis=0) / safe
        variance = np.nansum((values - mean) ** 2, axis=0) / safe
        integer = (np.isnan(values) | (values == np.floor(values))).all(axis=0) & (present > 0)
        follows = np.diff(values, axis=0)
    consecutive = (follows == 1).all(axis=0) if rows > 1 else np.zeros(columns, dtype=bool)
    return Figures(
        missing,
        unique,
        ordered[0],
        ordered[last, each],
        np.where(present > 0, mean, np.nan),
        (ordered[last // 2, each] + ordered[(last + 1) // 2, each]) / 2,
        variance,
        integer,
        consecutive,
    )


def _describe(name: str, i: int, values: NDArray[np.float64], figures: Figures) -> Column:
    integer = bool(figures.integer[i])
    kind, reason = _kind(name, len(values), i, figures)
    return Column(
        name=name,
        kind=kind,
        reason=reason,
        missing=int(figures.missing[i]),
        unique=int(figures.unique[i]),
        examples=_examples(values, integer=integer),
        minimum=_finite(figures.minimum[i]),
        maximum=_finite(figures.maximum[i]),
        mean=_finite(figures.mean[i]),
        integer=integer,
    )


def _kind(name: str, rows: int, i: int, figures: Figures) -> tuple[ColumnKind, str]:
    unique, missing = int(figures.unique[i]), int(figures.missing[i])
    if unique == 0:
        return ColumnKind.CONSTANT, "no values"
    if unique == 1:
        return ColumnKind.CONSTANT, "one value" + (", else missing" if missing else "")
    if not figures.integer[i]:
        return ColumnKind.NUMERIC, "numbers"
    if figures.consecutive[i]:
        return ColumnKind.IDENTIFIER, "numbers the rows"
    if says_identifier(name):
        return ColumnKind.IDENTIFIER, "whole numbers, named as an identifier"
    if says_chromosome(name) and unique <= _MOST_CHROMOSOMES and not says_place(name):
        return ColumnKind.CATEGORICAL, "numbers of chromosomes"
    if figures.minimum[i] >= 0 and unique > _COUNT_DISTINCT and not says_place(name):
        median, mean = float(figures.median[i]), float(figures.mean[i])
        spread = float(figures.maximum[i]) > _COUNT_SPREAD * max(median, 1.0)
        if spread and figures.variance[i] > mean and unique < rows:
            return ColumnKind.COUNT, "whole numbers from zero up, with a long tail"
    if unique == 2:
        return ColumnKind.NUMERIC, "two whole numbers"
    return ColumnKind.NUMERIC, "whole numbers"


def _counts_by_company(columns: list[Column], variances: list[float]) -> list[Column]:
    """Among many counts, a column of whole numbers without a tail is a rare taxon or gene, no other thing."""
    whole = [
        (column, variance)
        for column, variance in zip(columns, variances, strict=True)
        if column.integer
        and (column.minimum or 0.0) >= 0
        and column.kind in (ColumnKind.NUMERIC, ColumnKind.COUNT)
        and not says_place(column.name)
    ]
    counts = sum(column.kind == ColumnKind.COUNT for column, _ in whole)
    if _is_count_matrix(whole, len(columns)):
        company = {column.name for column, _ in whole}
    elif counts >= _TABLE_OF_COUNTS and counts >= len(whole) / 2:
        company = {column.name for column, _ in whole if column.minimum == 0}
    else:
        return columns
    update: dict[str, Any] = {
        "kind": ColumnKind.COUNT,
        "reason": "whole numbers from zero up, among many counts",
    }
    return [c.model_copy(update=update) if c.name in company and c.kind == ColumnKind.NUMERIC else c for c in columns]


def _is_count_matrix(whole: list[tuple[Column, float]], columns: int) -> bool:
    """Say whether nearly all columns are reads or cells counted: they scatter far more than independent events would.

    The variance of genotypes, grades and of zeros and ones stays below their mean; that of reads grows with its square.
    """
    if len(whole) < max(_MATRIX_OF_COUNTS, _MATRIX_SHARE * columns):
        return False
    means = sum(column.mean or 0.0 for column, _ in whole)
    highest = max(column.maximum or 0.0 for column, _ in whole)
    return highest > _MATRIX_MAXIMUM and sum(variance for _, variance in whole) > _MATRIX_DISPERSION * means


def _examples(values: NDArray[np.float64], *, integer: bool) -> tuple[str, ...]:
    shown = dict.fromkeys(value for value in values[:6].tolist() if value == value)
    return tuple(f"{value:.0f}" if integer and abs(value) < 1e15 else f"{value:.6g}" for value in list(shown)[:3])


def _finite(value: np.float64) -> float | None:
    import math

    return float(value) if math.isfinite(value) else None
