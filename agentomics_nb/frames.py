"""A DataFrame of the notebook becomes a file that a run can keep and read again."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from agentomics_nb.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

_SEVERAL_VALUES = (list, tuple, set, frozenset, dict)


def write_frame(frame: pd.DataFrame, name: str, directory: Path) -> Path:
    """Write a DataFrame as ``<name>.parquet`` and return the file's path; the frame is not changed.

    Parameters
    ----------
    frame : DataFrame
        As it stands in the notebook. Its index is left out, but for levels that `with_entities` keeps.
    name : str
        Its name, for the file and for messages.
    directory : Path
        Where to write.

    Raises
    ------
    InputError
        If the frame has no rows, its columns have several levels or share a name, or one cannot be written.
    """
    if frame.columns.nlevels > 1:
        raise InputError(
            f"The columns of {name} have {frame.columns.nlevels} levels; flatten them to one, such as with "
            f"{name}.columns = ['_'.join(map(str, column)) for column in {name}.columns]."
        )
    if frame.empty:
        lacking = "rows" if len(frame.columns) else "columns"
        raise InputError(f"{name} has no {lacking}; give a DataFrame with features and labels.")
    table = plain_table(with_entities(frame), name)
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{name}.parquet"
    try:
        table.to_parquet(path, index=False)
    except (ValueError, TypeError, NotImplementedError, OverflowError) as error:
        reason = str(error.args[-1] if error.args else error).splitlines()[0]
        raise InputError(f"{name} cannot be written as a table ({reason}); change that column's type.") from None
    return path


def plain_table(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return a table in types that every file format and the inspection know.

    Categories become what they stand for, durations seconds, periods their first moment, and Python objects numbers
    or text; missing values stay missing.

    Raises
    ------
    InputError
        If two columns share a name, or a cell holds several values.
    """
    import pandas as pd

    repeated = table.columns[table.columns.duplicated()].unique()
    if len(repeated):
        raise InputError(f"{name} has several columns named {', '.join(map(repr, repeated))}; rename them.")
    columns = {column: table[column] for column in table.columns}
    plain = {column: _plain(values, name) for column, values in columns.items()}
    if all(plain[column] is columns[column] for column in columns):
        return table
    return pd.DataFrame(plain, index=table.index)


def with_entities(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with names as text, and with the named levels of its index whose values repeat as columns.

    An index of sample names says nothing that could be learned; one of patients says which rows belong together.
    """
    table = frame.set_axis([str(column) for column in frame.columns], axis="columns")
    entities = {}
    for place, level in enumerate(frame.index.names):
        if level is not None and str(level) not in table.columns:
            values = frame.index.get_level_values(place)
            if values.has_duplicates:
                entities[str(level)] = values
    table = table.reset_index(drop=True)
    for place, (level, values) in enumerate(entities.items()):
        table.insert(place, level, values.to_numpy())
    return table


def _plain(values: pd.Series[Any], name: str) -> pd.Series[Any]:
    """Return a column in a type that parquet and the inspection know; the same object where nothing is to be done."""
    import pandas as pd

    dtype = values.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return _plain(values.astype(dtype.categories.dtype), name)
    if isinstance(dtype, pd.SparseDtype):
        return values.astype(dtype.subtype)
    if isinstance(dtype, pd.PeriodDtype):
        return values.astype("datetime64[ns]")
    if isinstance(dtype, pd.IntervalDtype):
        return values.astype("str")
    if pd.api.types.is_timedelta64_dtype(dtype):
        seconds: pd.Series[Any] = values.dt.total_seconds()
        return seconds
    if pd.api.types.is_complex_dtype(dtype):
        raise InputError(f"Column {values.name!r} of {name} holds complex numbers; give their parts as columns.")
    return _plain_objects(values, name) if pd.api.types.is_object_dtype(dtype) else values


def _plain_objects(values: pd.Series[Any], name: str) -> pd.Series[Any]:
    """Return a column of Python objects as numbers or text; missing values stay missing."""
    import numpy as np
    import pandas as pd

    present = values.dropna()
    several = next((value for value in present if isinstance(value, (*_SEVERAL_VALUES, np.ndarray))), None)
    if several is not None:
        raise InputError(
            f"Column {values.name!r} of {name} holds {type(several).__name__}s; give one value a cell, such as by "
            f"{name}.explode({values.name!r}) or columns of their own."
        )
    if len(present) and all(isinstance(value, (Decimal, Fraction)) for value in present):
        return values.astype("float64")
    kind = pd.api.types.infer_dtype(values, skipna=True)
    if kind == "bytes":
        try:
            return values.map(lambda value: value.decode("utf-8"), na_action="ignore")
        except UnicodeDecodeError:
            raise InputError(
                f"Column {values.name!r} of {name} holds bytes that are no text; decode them, or leave it out."
            ) from None
    small = kind != "integer" or all(-(2**63) <= int(value) < 2**63 for value in present)
    if kind in {"string", "boolean", "integer", "floating", "empty", "date", "datetime"} and small:
        return values
    return values.astype(object).where(values.isna(), values.astype(str))
