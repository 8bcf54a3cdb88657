"""Which class is taken for which, and how well each class is found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from agentomics_nb.evaluation.predictions import Predictions
    from agentomics_nb.evaluation.truth import Truth

MOST_CLASSES = 50
"""A larger matrix is left out: nobody reads it, and it grows with the square."""
_MOST_MISTAKES = 10


class ClassReport(BaseModel):
    """How well one class is found.

    Parameters
    ----------
    support, predicted
        Rows of this class in truth, and rows predicted to be of it.
    precision, recall, f1
        From 0 to 1; None where the class is never predicted, not in truth, or neither.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: str
    support: int
    predicted: int
    precision: float | None
    recall: float | None
    f1: float | None


class Mistake(BaseModel):
    """How many rows of one class were taken for another."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    truth: str
    predicted: str
    rows: int


class Confusion(BaseModel):
    """Truth against prediction.

    Parameters
    ----------
    classes
        Names of the rows (truth) and columns (prediction) of ``counts``.
    counts
        Number of rows for each pair; None for more than 50 classes.
    reports
        One for each class, in the same order.
    mistakes
        The most frequent mistakes, most frequent first, at most ten.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    classes: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...] | None
    reports: tuple[ClassReport, ...]
    mistakes: tuple[Mistake, ...]


def confusion(truth: Truth, predictions: Predictions) -> Confusion:
    """Count each pair of true and predicted class."""
    size = len(truth.classes)
    support = np.bincount(truth.codes, minlength=size)
    predicted = np.bincount(predictions.codes, minlength=size)
    hits = np.bincount(truth.codes[truth.codes == predictions.codes], minlength=size)
    pairs, counts = np.unique(truth.codes * size + predictions.codes, return_counts=True)
    matrix = None
    if size <= MOST_CLASSES:
        dense = np.bincount(pairs, weights=counts, minlength=size * size).astype(int).reshape(size, size)
        matrix = tuple(tuple(row) for row in dense.tolist())
    wrong = pairs // size != pairs % size
    most = np.argsort(-counts[wrong], kind="stable")[:_MOST_MISTAKES]
    return Confusion(
        classes=truth.classes,
        counts=matrix,
        reports=tuple(
            ClassReport(
                label=label,
                support=int(support[code]),
                predicted=int(predicted[code]),
                precision=_share(hits[code], predicted[code]),
                recall=_share(hits[code], support[code]),
                f1=_share(2 * hits[code], support[code] + predicted[code]),
            )
            for code, label in enumerate(truth.classes)
        ),
        mistakes=tuple(
            Mistake(truth=truth.classes[pair // size], predicted=truth.classes[pair % size], rows=int(count))
            for pair, count in zip(pairs[wrong][most], counts[wrong][most], strict=True)
        ),
    )


def _share(part: int, whole: int) -> float | None:
    return float(part / whole) if whole else None
