"""Which columns, and which parts of sequences, a model's predictions hang on: permutation sensitivity.

A column's values are exchanged between rows (Breiman 2001), or one window of a sequence is, and the model predicts
again. What is measured is how far the predictions move, not how much worse they get: it needs few rows, and no
labels. Columns that say the same share their importance: each of them may then look unimportant.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from agentomics_nb.dataset import Column, Dataset
    from agentomics_nb.evaluation.predictions import Predictions

MOST_ROWS = 2000
"""Rows that are predicted again, over all columns."""
FEWEST_ROWS = 12
MOST_ROWS_EACH = 100
MOST_COLUMNS = 60
"""Of tables with more, no column is tried: one gene of thousands hardly moves a prediction."""
WINDOWS = 20
_SHORTEST = 8
_SEQUENCES = ("nucleotide", "protein")


class Importance(BaseModel):
    """How far predictions move when a column, or a window of a sequence, is exchanged between rows.

    Parameters
    ----------
    column : str
        The column.
    window : tuple of float or None
        Beginning and end of the part that was exchanged, as shares of the sequence's length; None for all of it.
    moved : float
        Classification with probabilities: mean total variation distance, 0 to 1; without: share of rows that change
        their class. Regression: mean absolute change in standard deviations of the predictions.
    error : float
        Standard error of `moved` over rows.
    rows : int
        Rows on which it was measured.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    column: str
    window: tuple[float, float] | None = None
    moved: float
    error: float
    rows: int


@dataclass(frozen=True)
class Exchange:
    """One column, or window, whose values are exchanged, on which rows."""

    column: str
    window: tuple[float, float] | None
    rows: NDArray[np.int64]


@dataclass(frozen=True)
class Exchanges:
    """Rows to predict again.

    Parameters
    ----------
    frame : DataFrame
        The rows of all exchanges, one after another.
    exchanges : tuple of Exchange
        What was exchanged in them; `rows` are places in the original frame.
    """

    frame: pd.DataFrame
    exchanges: tuple[Exchange, ...]


def exchanges(dataset: Dataset, rows: pd.DataFrame, *, seed: int) -> Exchanges | None:
    """Exchange the values of each column between rows, and of windows along each sequence.

    Parameters
    ----------
    rows : DataFrame, shape (rows, columns)
        Label-less rows as text.

    Returns
    -------
    Exchanges or None
        At most `MOST_ROWS` rows; None where there are too few rows or nothing to exchange.
    """
    import pandas as pd

    wanted = [(column.name, None) for column in _columns(dataset)] + [
        (column.name, (k / WINDOWS, (k + 1) / WINDOWS)) for column in dataset.columns for k in _windows(column)
    ]
    if not wanted or len(rows) < FEWEST_ROWS:
        return None
    each = min(MOST_ROWS_EACH, len(rows), MOST_ROWS // len(wanted))
    if each < FEWEST_ROWS:
        return None
    random = np.random.default_rng(seed)
    parts, made = [], []
    for name, window in wanted:
        chosen = random.choice(len(rows), each, replace=False)
        others = rows[name].to_numpy(dtype=object)[random.permutation(len(rows))[:each]]
        part = rows.iloc[chosen].copy()
        own = part[name].to_numpy(dtype=object)
        part[name] = others if window is None else [_spliced(a, b, window) for a, b in zip(own, others, strict=True)]
        parts.append(part)
        made.append(Exchange(name, window, chosen))
    return Exchanges(pd.concat(parts, ignore_index=True), tuple(made))


def importance(before: Predictions, after: Predictions, made: Exchanges) -> tuple[Importance, ...]:
    """Return how far each exchange moved the predictions, whole columns first, the furthest first.

    Parameters
    ----------
    before : Predictions
        Of the original rows.
    after : Predictions
        Of `made.frame`.
    """
    found, start = [], 0
    for one in made.exchanges:
        moved = _moved(before, one.rows, after, np.arange(start, start + len(one.rows)))
        start += len(one.rows)
        found.append(
            Importance(
                column=one.column,
                window=one.window,
                moved=float(moved.mean()),
                error=float(moved.std(ddof=1) / np.sqrt(len(moved))),
                rows=len(moved),
            )
        )
    return tuple(
        sorted(
            found,
            key=lambda each: (each.window is not None, (each.column, each.window) if each.window else -each.moved),
        )
    )


def _moved(
    before: Predictions, old: NDArray[np.int64], after: Predictions, new: NDArray[np.int64]
) -> NDArray[np.float64]:
    if before.task == "regression":
        spread = float(before.numbers.std()) or 1.0
        return np.asarray(np.abs(after.numbers[new] - before.numbers[old]) / spread, dtype=np.float64)
    if before.probabilities is None or after.probabilities is None:
        return np.asarray(after.codes[new] != before.codes[old], dtype=np.float64)
    return np.asarray(np.abs(after.probabilities[new] - before.probabilities[old]).sum(axis=1) / 2, dtype=np.float64)


def _columns(dataset: Dataset) -> list[Column]:
    """Return the columns that a model can have learned from; none where there are too many to try each."""
    usable = [column for column in dataset.columns if column.kind not in ("constant", "identifier")]
    return usable if len(usable) <= MOST_COLUMNS else []


def _windows(column: Column) -> range:
    long_enough = column.kind in _SEQUENCES and (column.length_median or 0) >= _SHORTEST
    return range(WINDOWS if long_enough else 0)


def _spliced(own: object, other: object, window: tuple[float, float]) -> str:
    """Return a sequence with one window from another; both are cut at the same shares of their length."""
    mine, theirs = str(own), str(other)
    begin, end = (round(share * len(mine)) for share in window)
    first, last = (round(share * len(theirs)) for share in window)
    return f"{mine[:begin]}{theirs[first:last]}{mine[end:]}"
