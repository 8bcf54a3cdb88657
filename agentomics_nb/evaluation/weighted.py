"""Sums over rows that count several times.

A bootstrap resample is the same rows with whole-number weights. A metric written for weights is therefore its
own bootstrap: rows are sorted and matched once, and thousands of resamples become a few array operations.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
Weighted = Callable[[Floats], Floats]
"""From weights of shape (replicates, rows) to one value for each replicate, NaN where undefined."""


LARGEST = 1e150
"""Beyond this, squares of numbers and sums of them overflow."""


def usable(numbers: Floats) -> NDArray[np.bool_]:
    """Tell for each number whether it is finite and may be squared."""
    return np.abs(numbers) <= LARGEST


def ratio(numerator: Floats, denominator: Floats) -> Floats:
    """Divide element by element; NaN where the denominator is 0."""
    out = np.full(np.broadcast_shapes(numerator.shape, denominator.shape), np.nan)
    np.divide(numerator, denominator, out=out, where=denominator != 0)
    return out


def mean_of(values: Floats) -> Weighted:
    """Return the weighted mean of one value per row."""
    return lambda weights: ratio(weights @ values, weights.sum(axis=1))


def mean_of_defined(values: Floats) -> Floats:
    """Average the defined entries of each row of a (replicates, classes) array; NaN where none is."""
    defined = ~np.isnan(values)
    return ratio(np.where(defined, values, 0.0).sum(axis=1), defined.sum(axis=1).astype(np.float64))


def tally(codes: Codes, classes: int) -> Weighted:
    """Return the total weight of each class.

    Parameters
    ----------
    codes
        Class of each row, shape (rows,), from 0 to ``classes`` - 1; rows with -1 count nowhere.

    Returns
    -------
    Weighted
        To shape (replicates, classes).
    """
    order = np.argsort(codes, kind="stable")
    order = order[np.searchsorted(codes[order], 0) :]
    present, starts = np.unique(codes[order], return_index=True)

    def totals(weights: Floats) -> Floats:
        out = np.zeros((len(weights), classes))
        if len(order):
            out[:, present] = np.add.reduceat(weights[:, order], starts, axis=1)
        return out

    return totals


def tie_starts(ordered: Floats) -> Codes:
    """Return where each run of equal values begins in a sorted array."""
    return np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
