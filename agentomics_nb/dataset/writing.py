"""Write a table as csv, wide ones in as few passes over their columns as memory allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

_CELLS_AT_ONCE = 4_000_000
_WIDE = 1000


def rows_at_once(columns: int) -> int | None:
    """Return how many rows ``DataFrame.to_csv`` should write at once (its ``chunksize``); None for its own choice.

    pandas writes 100,000 cells at once, which are five rows of 20,000 columns, and goes over all columns each time:
    minutes for a matrix that takes seconds to read.
    """
    return _CELLS_AT_ONCE // columns + 1 if columns > _WIDE else None


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Write a frame without its index."""
    frame.to_csv(path, index=False, chunksize=rows_at_once(frame.shape[1]))
