"""A DataFrame of the notebook becomes a file that a run can keep and read again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentomics_nb.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd


def write_frame(frame: pd.DataFrame, name: str, directory: Path) -> Path:
    """Write a DataFrame as ``<name>.parquet`` and return the file's path; the frame is not changed.

    The index is left out, as it is when pandas writes csv without one; columns that mix types are written as
    text, missing values staying missing.

    Raises
    ------
    InputError
        If the frame's columns have several levels, share a name, or cannot be written.
    """
    import pandas as pd

    if frame.columns.nlevels > 1:
        raise InputError(f"The columns of {name} have {frame.columns.nlevels} levels; flatten them to one.")
    table = frame.set_axis([str(column) for column in frame.columns], axis="columns")
    repeated = table.columns[table.columns.duplicated()].unique()
    if len(repeated):
        raise InputError(f"{name} has several columns named {', '.join(map(repr, repeated))}; rename them.")
    mixed = {
        column: table[column].astype(object).where(table[column].isna(), table[column].astype(str))
        for column in table.columns
        if _is_mixed(table[column])
    }
    plain = {
        column: table[column].astype(table[column].cat.categories.dtype)
        for column in table.columns
        if isinstance(table[column].dtype, pd.CategoricalDtype)
    }
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{name}.parquet"
    try:
        table.assign(**mixed, **plain).to_parquet(path, index=False)
    except (ValueError, TypeError, NotImplementedError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"{name} cannot be written as a table: {reason}; change that column's type.") from None
    return path


def _is_mixed(column: pd.Series) -> bool:
    """Tell a column of Python objects that are not all text."""
    import pandas as pd

    return column.dtype == object and pd.api.types.infer_dtype(column, skipna=True) not in {
        "string",
        "boolean",
        "integer",
        "floating",
        "empty",
        "date",
        "datetime",
    }
