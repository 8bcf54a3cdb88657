"""A baseline that only remembers: the labels of the most similar training rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from agentomics_nb.dataset.model import ColumnKind
from agentomics_nb.evaluation.plain_features import Measurements, has_measurements, kmers, sequence_columns

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from agentomics_nb.dataset.model import Dataset

NEIGHBOURS = 5
MOST_PAIRS = 400_000_000
"""Pairs of a training and a validation row that are compared in some seconds."""
MOST_NUMBERS = 20_000_000
"""Numbers of the training rows that are held in memory."""
_AT_ONCE = 2_000_000
_K = {ColumnKind.NUCLEOTIDE: 8, ColumnKind.PROTEIN: 4}
_PRIOR = 1e-3
"""Weight of the average label: it decides where nothing is similar."""


def can_look_up(dataset: Dataset) -> bool:
    """Say whether there is a column by which rows can be similar."""
    return bool(sequence_columns(dataset)) or has_measurements(dataset)


def look_up(
    train: pd.DataFrame, answers: NDArray[np.float64], rows: pd.DataFrame, dataset: Dataset
) -> NDArray[np.float64]:
    """Return the mean answer of the five most similar training rows, weighted by how similar they are.

    Sequences are similar by the k-mers that they share (8 nucleotides or 4 residues, cosine of the sets); where there
    are no sequences, rows are by the distance of their standardised numbers and categories.

    Parameters
    ----------
    train, rows : DataFrame
        Known and asked rows, as text.
    answers : ndarray of float64, shape (training rows, outputs)
        One column a class, or the value.

    Returns
    -------
    ndarray of float64, shape (rows, outputs)
    """
    usual = answers.mean(axis=0)
    found = []
    for nearest, weights in _neighbours(train, rows, dataset):
        total = weights.sum(axis=1, keepdims=True) + _PRIOR
        found.append(((weights[:, :, None] * answers[nearest]).sum(axis=1) + _PRIOR * usual) / total)
    return np.concatenate(found)


def nearness(train: pd.DataFrame, rows: pd.DataFrame, dataset: Dataset) -> NDArray[np.float64]:
    """Return how similar each row is to the most similar training row, by the measure of `look_up`; shape (rows,).

    Only its order has a meaning; more is more similar.
    """
    return np.concatenate([weights.max(axis=1) for _, weights in _neighbours(train, rows, dataset)])


def most_rows(asked: int, dataset: Dataset) -> int:
    """Return with how many training rows so many rows can be compared."""
    return max(500, min(MOST_PAIRS // max(asked, 1), MOST_NUMBERS // len(dataset.columns)))


def _neighbours(
    train: pd.DataFrame, rows: pd.DataFrame, dataset: Dataset
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.float64]]]:
    """Yield the nearest training rows of some rows at a time, and their weights, both of shape (rows, neighbours)."""
    step = max(1, _AT_ONCE // len(train))
    wanted = min(NEIGHBOURS, len(train))
    if sequence_columns(dataset):
        known, asked = _sets(train, dataset), _sets(rows, dataset)
        transposed = known.T.tocsr()
        for start in range(0, len(rows), step):
            likeness = (asked[start : start + step] @ transposed).toarray()
            nearest = np.argpartition(-likeness, wanted - 1, axis=1)[:, :wanted]
            yield nearest, np.take_along_axis(likeness, nearest, axis=1) ** 4
        return
    measurements = Measurements(dataset, train)
    points = measurements.of(train)
    lengths = (points**2).sum(axis=1)
    step = min(step, max(1, MOST_NUMBERS // max(points.shape[1], 1)))
    for start in range(0, len(rows), step):
        some = measurements.of(rows.iloc[start : start + step])
        squared = np.maximum(lengths + (some**2).sum(axis=1)[:, None] - 2 * some @ points.T, 0.0)
        nearest = np.argpartition(squared, wanted - 1, axis=1)[:, :wanted]
        yield nearest, 1 / (1e-6 + np.take_along_axis(squared, nearest, axis=1) / max(points.shape[1], 1))


def _sets(rows: pd.DataFrame, dataset: Dataset) -> csr_array:
    """Return which k-mers each row has, as vectors of length one: their products are cosines, averaged over columns."""
    from scipy.sparse import csr_array, hstack

    columns = sequence_columns(dataset)
    parts = []
    for column in columns:
        found = kmers(rows[column.name].tolist(), column.kind, _K[column.kind])
        found.data[:] = 1.0
        counts = np.maximum(found.sum(axis=1), 1.0)
        found.data /= np.sqrt(np.repeat(counts * len(columns), np.diff(found.indptr)))
        parts.append(found)
    return csr_array(hstack(parts))
