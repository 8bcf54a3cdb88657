"""The plainest numbers of a table, for baselines: k-mers, standardised measurements, one column a category."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from agentomics_nb.dataset.model import ColumnKind
from agentomics_nb.dataset.target import to_series

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from agentomics_nb.dataset.model import Column, Dataset

SEQUENCES = (ColumnKind.NUCLEOTIDE, ColumnKind.PROTEIN)
MOST_LEVELS = 50
_ALPHABETS = {ColumnKind.NUCLEOTIDE: "ACGT", ColumnKind.PROTEIN: "ACDEFGHIKLMNPQRSTVWY"}


def kmers(words: Sequence[str], kind: ColumnKind, k: int) -> csr_array:
    """Return how often each k-mer occurs in each sequence; k-mers with other letters are left out.

    Parameters
    ----------
    words : sequence of str
        Sequences; U counts as T, capitals do not matter.
    kind : ColumnKind
        Nucleotides or protein.
    k : int
        Letters.

    Returns
    -------
    csr_array of float64, shape (sequences, letters of the alphabet ** k)
    """
    from scipy.sparse import coo_array

    alphabet = _ALPHABETS[kind]
    code = np.full(256, -1, dtype=np.int64)
    for place, letter in enumerate(alphabet):
        code[[ord(letter), ord(letter.lower())]] = place
    if kind == ColumnKind.NUCLEOTIDE:
        code[[ord("U"), ord("u")]] = alphabet.index("T")
    size = len(alphabet) ** k
    shape = (len(words), size)
    letters = code[np.frombuffer("".join(words).encode("latin-1", "replace"), dtype=np.uint8)]
    row = np.repeat(np.arange(len(words)), [len(word) for word in words])
    windows = len(letters) - k + 1
    if windows < 1:
        return coo_array(shape).tocsr()
    number, known = np.zeros(windows, dtype=np.int64), row[:windows] == row[k - 1 :]
    for step in range(k):
        part = letters[step : step + windows]
        known &= part >= 0
        number = number * len(alphabet) + part
    chosen = np.flatnonzero(known)
    return coo_array((np.ones(len(chosen)), (row[chosen], number[chosen])), shape=shape).tocsr()


def positions(words: Sequence[str], kind: ColumnKind, length: int) -> NDArray[np.float64]:
    """Return which letter stands at each position: one column for each position and letter of the alphabet."""
    alphabet = np.frombuffer(_ALPHABETS[kind].encode(), dtype=np.uint8)
    spelt = [word.upper().replace("U", "T") if kind == ColumnKind.NUCLEOTIDE else word.upper() for word in words]
    text = "".join(word[:length].ljust(length, "-") for word in spelt).encode("latin-1", "replace")
    letters = np.frombuffer(text, dtype=np.uint8).reshape(len(words), length)
    here = letters[:, :, None] == alphabet
    return np.asarray(here.reshape(len(words), -1), dtype=np.float64)


def sequence_columns(dataset: Dataset) -> tuple[Column, ...]:
    """Return the columns of sequences."""
    return dataset.columns_of(*SEQUENCES)


def has_measurements(dataset: Dataset) -> bool:
    """Say whether there are numbers or categories."""
    return bool(dataset.columns_of(ColumnKind.NUMERIC, ColumnKind.COUNT, ColumnKind.CATEGORICAL))


class Measurements:
    """Numbers and categories of a table as standardised numbers, as the training rows define them.

    Parameters
    ----------
    dataset : Dataset
        Its columns.
    train : DataFrame
        Training rows as text.
    """

    def __init__(self, dataset: Dataset, train: pd.DataFrame) -> None:
        self._marks = dataset.train.marks
        self._numbers = [c.name for c in dataset.columns_of(ColumnKind.NUMERIC, ColumnKind.COUNT)]
        self._levels = {
            c.name: train[c.name].value_counts().index[:MOST_LEVELS].tolist()
            for c in dataset.columns_of(ColumnKind.CATEGORICAL)
        }
        matrix = self._numeric(train)
        known = np.isfinite(matrix)
        count = np.maximum(known.sum(axis=0), 1)
        self._mean = np.where(known, matrix, 0.0).sum(axis=0) / count
        spread = np.sqrt((np.where(known, matrix - self._mean, 0.0) ** 2).sum(axis=0) / count)
        self._spread = np.where(spread > 0, spread, 1.0)

    def of(self, rows: pd.DataFrame) -> NDArray[np.float64]:
        """Return one line of numbers for each row; missing ones are the mean."""
        matrix = (self._numeric(rows) - self._mean) / self._spread
        parts = [np.clip(np.where(np.isfinite(matrix), matrix, 0.0), -10, 10)]
        for name, levels in self._levels.items():
            parts.append((rows[name].to_numpy(dtype=object)[:, None] == np.array(levels, dtype=object)).astype(float))
        return np.hstack(parts)

    def _numeric(self, rows: pd.DataFrame) -> NDArray[np.float64]:
        if not self._numbers:
            return np.zeros((len(rows), 0))
        columns: list[Any] = [to_series(rows[name], self._marks).to_numpy() for name in self._numbers]
        return np.column_stack(columns)
