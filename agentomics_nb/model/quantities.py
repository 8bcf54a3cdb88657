"""Numbers of rows that are to be scored: words among them, and values far from those of training."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentomics_nb.dataset.target import to_series
from agentomics_nb.dataset.verbatim import MARKS_OF_MISSING
from agentomics_nb.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from agentomics_nb.dataset.number_marks import NumberMarks
    from agentomics_nb.model.description import ModelColumn

_FEWEST = 5
"""Values of a column below which they say nothing about its range."""
_MOST_TOLD = 3
"""Columns up to which each has a sentence of its own."""


class Quantities:
    """Counts words and ranges of columns of numbers, all columns at once: there may be 20,000 of them.

    Parameters
    ----------
    columns : sequence of ModelColumn
        Of numbers, as training knows them.
    marks : NumberMarks
        How numbers are written.
    """

    def __init__(self, columns: Sequence[ModelColumn], marks: NumberMarks) -> None:
        import numpy as np

        self._columns = list(columns)
        self._marks = marks
        self._names = [column.name for column in columns]
        low = np.array([np.nan if c.minimum is None else c.minimum for c in columns], dtype=float)
        high = np.array([np.nan if c.maximum is None else c.maximum for c in columns], dtype=float)
        self._low, self._high, self._width = low, high, high - low
        self._values, self._outside, self._far = (np.zeros(len(columns), dtype=np.int64) for _ in range(3))
        self._least, self._most = np.full(len(columns), np.inf), np.full(len(columns), -np.inf)
        self._words: dict[str, str] = {}

    def look(self, rows: pd.DataFrame) -> None:
        """Take in the next rows."""
        import numpy as np

        if not self._columns or rows.empty:
            return
        values = self._numbers(rows)
        present = np.isfinite(values)
        with np.errstate(invalid="ignore"):
            outside = (values < self._low) | (values > self._high)
            far = (values < self._low - self._width) | (values > self._high + self._width)
        self._values += present.sum(axis=0)
        self._outside += (outside & present).sum(axis=0)
        self._far += (far & present).sum(axis=0)
        self._least = np.minimum(self._least, np.where(present, values, np.inf).min(axis=0))
        self._most = np.maximum(self._most, np.where(present, values, -np.inf).max(axis=0))

    def about_words(self, file: str) -> list[str]:
        """Return a sentence for each column that holds some words.

        Raises
        ------
        InputError
            If a column holds nothing but words.
        """
        notes = []
        for place, column in enumerate(self._columns):
            if column.name not in self._words:
                continue
            word = self._words[column.name]
            if not self._values[place]:
                raise InputError(
                    f"{file} holds words such as {word!r} in column {column.name!r}, which holds numbers in the "
                    "training table; give numbers there."
                )
            notes.append(f"{file} holds words such as {word!r} in column {column.name!r}; these count as missing.")
        return notes

    def about_ranges(self, file: str) -> list[str]:
        """Return sentences about columns that lie elsewhere than in training, as other units make them."""
        elsewhere = (self._outside == self._values) | (2 * self._far > self._values)
        places = [int(i) for i in (elsewhere & (self._values >= _FEWEST)).nonzero()[0]]
        if len(places) > _MOST_TOLD:
            first = places[0]
            return [
                f"{file} has {len(places):,} columns of other numbers than in training, such as "
                f"{self._names[first]!r} ({self._compared(first)}); check units and normalisation."
            ]
        return [f"{file} holds {self._compared(i)} in column {self._names[i]!r}; check its unit." for i in places]

    def _compared(self, place: int) -> str:
        return (
            f"{self._least[place]:g} to {self._most[place]:g} where training had "
            f"{self._low[place]:g} to {self._high[place]:g}"
        )

    def _numbers(self, rows: pd.DataFrame) -> NDArray[np.float64]:
        """Return the values as a matrix, NaN where there is none; note words."""
        import numpy as np

        if self._marks.plain:
            try:  # one look at all of them
                return rows[self._names].to_numpy(dtype="float64", na_value=np.nan)
            except (ValueError, TypeError):
                pass
        return np.column_stack([self._column(rows[name]) for name in self._names])

    def _column(self, values: pd.Series[Any]) -> NDArray[np.float64]:
        import numpy as np
        import pandas as pd

        if pd.api.types.is_numeric_dtype(values.dtype):
            return np.asarray(values.to_numpy(dtype="float64", na_value=np.nan))
        words = values.astype("str").where(values.notna())
        numbers = to_series(words, self._marks)
        strange = words[numbers.isna() & words.notna()]
        strange = strange[~strange.str.strip().str.lower().isin(MARKS_OF_MISSING)]
        if len(strange):
            self._words.setdefault(str(values.name), str(strange.iloc[0])[:40])
        return np.asarray(numbers, dtype=np.float64)


def with_plain_numbers(rows: pd.DataFrame, columns: Sequence[ModelColumn], marks: NumberMarks) -> pd.DataFrame:
    """Return rows in which numbers are written as scripts read them, whatever the marks of their file."""
    if marks.plain:
        return rows
    names = [column.name for column in columns if column.name in rows]
    return rows.assign(**{name: to_series(rows[name], marks) for name in names})
