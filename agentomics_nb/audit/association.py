"""How strongly a column goes with the label, and whether chance explains it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

FEWEST = 10
"""Rows of a class below which its ranks say nothing."""
_MOST_BINS, _ROWS_A_BIN = 32, 40
_AT_ONCE = 4_000_000


@dataclass(frozen=True)
class Association:
    """How numbers go with labels.

    Parameters
    ----------
    strength : float
        0 to 1. Classification: twice the distance of the AUROC from one half, of the class against the others that
        stands out most. Regression: absolute rank correlation (Spearman).
    z : float
        The same in standard errors of independent labels.
    """

    strength: float
    z: float

    @property
    def auroc(self) -> float:
        """The area under the ROC curve that the strength stands for."""
        return 0.5 + self.strength / 2


NONE = Association(0.0, 0.0)


def of_ranks(
    values: NDArray[Any], labels: NDArray[np.float64], *, classification: bool, units: int | None = None
) -> Association:
    """Return how numbers go with labels, by ranks.

    Parameters
    ----------
    values : ndarray, shape (rows,)
        Numbers; NaN rows are left out.
    labels : ndarray of float64, shape (rows,)
        Class codes, or values.
    classification : bool
        Which of the two.
    units : int, optional
        How many of the rows are independent, if not all are.
    """
    from scipy.stats import rankdata

    known = np.isfinite(values)
    values, labels = values[known], labels[known]
    rows = len(values)
    if rows < 2 * FEWEST or values.min() == values.max():
        return NONE
    ranks = rankdata(values)
    shrink = math.sqrt(min(1.0, (units or rows) / rows))
    if not classification:
        other = rankdata(labels)
        if other.min() == other.max():
            return NONE
        rho = float(np.corrcoef(ranks, other)[0, 1])
        return Association(abs(rho), abs(rho) * math.sqrt(rows - 1) * shrink)
    # With ties the U statistic varies less than without: the standard error takes that into account.
    _, ties = np.unique(values, return_counts=True)
    tied = 1 - float((ties.astype(float) ** 3 - ties).sum()) / (rows**3 - rows)
    best = NONE
    for code in np.unique(labels):
        positive = labels == code
        inside, outside = int(positive.sum()), int((~positive).sum())
        if inside < FEWEST or outside < FEWEST:
            continue
        area = (ranks[positive].sum() - inside * (inside + 1) / 2) / (inside * outside)
        error = math.sqrt((rows + 1) / (12 * inside * outside) * max(tied, 1e-12))
        strength = 2 * abs(area - 0.5)
        found = Association(strength, strength / 2 / error * shrink)
        best = found if found.strength > best.strength else best
    return best


def of_groups(groups: NDArray[Any], labels: NDArray[np.float64], *, classification: bool) -> Association:
    """Return how categories go with labels.

    The strength is Cramér's V with the bias correction of Bergsma (2013), or the root of the share of the variance
    between categories (epsilon squared); both are about 0 for independent labels.

    Parameters
    ----------
    groups : ndarray of int, shape (rows,)
        Codes from 0; -1 is left out.
    """
    known = groups >= 0
    groups, labels = groups[known].astype(np.int64), labels[known]
    rows, levels = len(groups), len(np.unique(groups))
    if rows < 2 * FEWEST or levels < 2 or levels > rows / 3:
        return NONE
    if not classification:
        sizes = np.bincount(groups)
        means = np.bincount(groups, weights=labels) / np.maximum(sizes, 1)
        total = float(((labels - labels.mean()) ** 2).sum())
        between = float((sizes * (means - labels.mean()) ** 2).sum())
        if not total or rows <= levels:
            return NONE
        ratio = between / total
        epsilon = 1 - (1 - ratio) * (rows - 1) / (rows - levels)
        f = (ratio / (levels - 1)) / max((1 - ratio) / (rows - levels), 1e-12)
        return Association(math.sqrt(max(0.0, epsilon)), (f - 1) * math.sqrt((levels - 1) / 2))
    codes = np.unique(labels, return_inverse=True)[1]
    classes = int(codes.max()) + 1
    places = np.unique(groups, return_inverse=True)[1]
    counts = np.bincount(places * classes + codes, minlength=levels * classes).reshape(levels, classes).astype(float)
    expected = counts.sum(axis=1, keepdims=True) * counts.sum(axis=0, keepdims=True) / rows
    chi2 = float(((counts - expected) ** 2 / expected).sum())
    freedom = (levels - 1) * (classes - 1)
    if not freedom:
        return NONE
    phi2 = max(0.0, chi2 / rows - freedom / (rows - 1))
    width = min(levels - (levels - 1) ** 2 / (rows - 1), classes - (classes - 1) ** 2 / (rows - 1)) - 1
    return Association(min(1.0, math.sqrt(phi2 / max(width, 1e-9))), (chi2 - freedom) / math.sqrt(2 * freedom))


def told_by_numbers(matrix: NDArray[np.float64], labels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return for each column how well its value alone tells the class: 0 as well as no column, 1 without an error.

    Values are put into up to 32 bins of equal counts, each bin gets the class that prevails in every other row, and the
    rows between judge.

    Parameters
    ----------
    matrix : ndarray of float64, shape (rows, columns)
        Missing values are NaN, and a bin of their own.
    labels : ndarray of float64, shape (rows,)
        Class codes.
    """
    rows, columns = matrix.shape
    count = int(np.clip(rows // _ROWS_A_BIN, 4, _MOST_BINS))
    told = np.zeros(columns)
    width = max(1, _AT_ONCE // max(rows, 1))
    for start in range(0, columns, width):
        block = matrix[:, start : start + width]
        edges = np.nanquantile(
            np.where(np.isnan(block).all(axis=0), 0.0, block), np.linspace(0, 1, count + 1)[1:-1], axis=0
        )
        for place in range(block.shape[1]):
            values = block[:, place]
            bins = np.searchsorted(edges[:, place], values, side="left")
            bins[np.isnan(values)] = count
            told[start + place] = told_by_groups(bins, labels)
    return told


def told_by_groups(groups: NDArray[Any], labels: NDArray[np.float64]) -> float:
    """Return how well categories tell the class, learned on every other row and judged on the rows between.

    Returns
    -------
    float
        0 as well as the most frequent class does, 1 without an error; below 0 where it is worse.
    """
    codes, groups = labels.astype(np.int64), groups.astype(np.int64) + 1
    if len(codes) < 4 * FEWEST:
        return 0.0
    order = np.argsort(codes, kind="stable")  # every other row of each class, whatever the order of the file
    learn, judge = order[::2], order[1::2]
    classes = int(codes.max()) + 1
    counts = np.bincount(groups[learn] * classes + codes[learn], minlength=(int(groups.max()) + 1) * classes)
    counts = counts.reshape(-1, classes)
    usual = int(np.bincount(codes[learn]).argmax())
    guess = np.where(counts.sum(axis=1) > 0, counts.argmax(axis=1), -1)
    right = float((guess[groups[judge]] == codes[judge]).mean())
    floor = float((codes[judge] == usual).mean())
    return (right - floor) / (1 - floor) if floor < 1 else 0.0
