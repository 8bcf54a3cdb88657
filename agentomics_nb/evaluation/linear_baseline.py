"""A baseline that learns a straight line: a linear model on the plainest features."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from agentomics_nb.dataset.model import ColumnKind
from agentomics_nb.evaluation.plain_features import Measurements, kmers, positions, sequence_columns

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from agentomics_nb.dataset.model import Column, Dataset

MOST_NUMBERS = 8_000_000
"""Numbers that the training rows may have, so that the fit takes some seconds."""
_K = {ColumnKind.NUCLEOTIDE: (1, 2, 3, 4), ColumnKind.PROTEIN: (1, 2)}
_LETTERS = {ColumnKind.NUCLEOTIDE: 4, ColumnKind.PROTEIN: 20}
_MOST_POSITIONS = 1_200
"""Positions times letters up to which sequences of one length are also read position by position."""


def width(dataset: Dataset) -> int:
    """Return about how many features a row has."""
    columns = sequence_columns(dataset)
    sequences = sum(int(_LETTERS[c.kind] ** k) for c in columns for k in _K[c.kind])
    return sequences + sum(_LETTERS[c.kind] * _aligned(c) for c in columns) + len(dataset.columns)


def _aligned(column: Column) -> int:
    """Return the length of the sequences if all have the same, and it is short; else 0."""
    length = column.length_max or 0
    same = column.length_min == length and length * _LETTERS[column.kind] <= _MOST_POSITIONS
    return length if same else 0


def most_rows(dataset: Dataset) -> int:
    """Return how many rows are turned into numbers at once, and the model may be fitted to."""
    return max(500, MOST_NUMBERS // max(1, width(dataset)))


def fit_and_predict(
    train: pd.DataFrame,
    labels: NDArray[np.float64],
    rows: pd.DataFrame,
    dataset: Dataset,
    *,
    classes: int,
) -> NDArray[np.float64]:
    """Return probabilities of classes, or values, from standardised k-mer counts, numbers and categories.

    Parameters
    ----------
    train, rows : DataFrame
        Known and asked rows, as text.
    labels : ndarray of float64, shape (training rows,)
        Class codes, or values.
    classes : int
        How many classes there are; 0 for a regression.

    Returns
    -------
    ndarray of float64, shape (rows, classes or 1)
    """
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.preprocessing import StandardScaler

    measurements = Measurements(dataset, train)
    scaler = StandardScaler()
    known = scaler.fit_transform(_features(train, dataset, measurements))
    model = LogisticRegression(C=0.1, max_iter=500) if classes else Ridge(alpha=10.0)
    model.fit(known, labels.astype(int) if classes else labels)
    parts, step = [], most_rows(dataset)
    for start in range(0, len(rows), step):
        asked = scaler.transform(_features(rows.iloc[start : start + step], dataset, measurements))
        if classes:
            probabilities = np.zeros((len(asked), classes))
            probabilities[:, model.classes_] = model.predict_proba(asked)
            parts.append(probabilities)
        else:
            parts.append(model.predict(asked)[:, None])
    return np.concatenate(parts)


def _features(rows: pd.DataFrame, dataset: Dataset, measurements: Measurements) -> NDArray[np.float64]:
    """Return shares of k-mers in each sequence, its length, its letters if all are aligned, and what else there is."""
    parts = [measurements.of(rows)]
    for column in sequence_columns(dataset):
        words = rows[column.name].tolist()
        parts.append(np.log1p([[len(word)] for word in words]))
        if length := _aligned(column):
            parts.append(positions(words, column.kind, length))
        for k in _K[column.kind]:
            counts = kmers(words, column.kind, k).toarray()
            parts.append(np.sqrt(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1.0)))
    return np.hstack(parts)
