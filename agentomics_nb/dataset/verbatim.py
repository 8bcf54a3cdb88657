"""Columns of text kept as they are written, so that the labels 01, True, 1.0 and None survive."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd

MISSING = ("", "NA", "N/A", "NaN", "nan", "null", "NULL", "#N/A")
"""What counts as missing in columns kept as text; "None" is a label like any other."""

MARKS_OF_MISSING = frozenset(
    {
        "?", "-", "--", ".", "..", "*", "na", "n/a", "n.a.", "nd", "n.d.", "none", "nil", "missing", "unknown",
        "not available", "not determined", "<na>", "#n/a", "#div/0!", "#value!", "#ref!", "#num!", "#name?", "#null!",
    }
)  # fmt: skip
"""What people write for a missing number, in lower case; among numbers these words are no values."""


def read_csv(
    opened: Callable[[], IO[bytes]], columns: Sequence[str], text: Sequence[str] = (), **arguments: Any
) -> pd.DataFrame:
    """Read columns of a csv file with pandas, some of them as they are written.

    The columns of text are read in a pass of their own: with missing values per column, pandas builds a table of
    words for each, a third of a millisecond that 20,000 columns turn into seconds.

    Parameters
    ----------
    opened : callable
        Opens the file, once a pass.
    columns : sequence of str
        The columns to read, in the order wanted.
    text : sequence of str
        Those to keep as they are written.
    **arguments
        For ``pd.read_csv``.
    """
    import pandas as pd

    words = set(text)
    kept = [name for name in columns if name in words]
    typed = [name for name in columns if name not in words]
    parts: list[pd.DataFrame] = []
    if typed:
        with opened() as file:
            parts.append(pd.read_csv(file, usecols=typed, low_memory=False, **arguments))
    if kept:
        with opened() as file:
            parts.append(
                pd.read_csv(
                    file, usecols=kept, dtype="str", keep_default_na=False, na_values=list(MISSING), **arguments
                )
            )
    frame = parts[0] if len(parts) == 1 else pd.concat(parts, axis=1)
    return frame if list(frame.columns) == list(columns) else frame[list(columns)]


def written(values: pd.Series[Any]) -> pd.Series[Any]:
    """Return typed values as they would be written to csv; missing ones stay missing."""
    import pandas as pd

    words = values.astype("str").where(values.notna())
    return words.mask(words.isin(MISSING)) if pd.api.types.is_string_dtype(values.dtype) else words
