"""Whether a table lies on its side: genes in rows and samples in columns, as expression matrices are often kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agentomics_nb.dataset.target import USUAL_NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

_FEWEST_SAMPLES = 6
_MOSTLY = 0.9


def transposed_target(row_names: pd.Series[Any], wanted: str | None) -> str | None:
    """Return the name of the row that is the target; None if there is none.

    Parameters
    ----------
    row_names : Series of str, shape (rows,)
        The first column.
    wanted : str or None
        The target that a person named and no column has; by default one of the usual names.
    """
    names = {wanted} if wanted is not None else set(USUAL_NAMES)
    found = row_names[row_names.str.strip().isin(names) | row_names.str.strip().str.lower().isin(names)]
    return str(found.iloc[0]) if len(found) == 1 and row_names.is_unique else None


def may_be_transposed(columns: Sequence[str], row_names: pd.Series[Any], sample: pd.DataFrame) -> bool:
    """Say whether a table without a target looks like a matrix of samples in columns.

    Parameters
    ----------
    columns : sequence of str
        All columns, the first of which holds the names of the rows unless they stand apart.
    row_names : Series of str, shape (rows,)
        The names of the rows.
    sample : DataFrame
        Some rows, typed.
    """
    import pandas as pd

    if len(columns) < _FEWEST_SAMPLES or row_names.isna().any() or not row_names.is_unique:
        return False
    if pd.to_numeric(row_names, errors="coerce").notna().any():
        return False
    numeric = sum(pd.api.types.is_numeric_dtype(dtype) for dtype in sample.dtypes)
    return numeric >= _MOSTLY * (len(columns) - 1)
