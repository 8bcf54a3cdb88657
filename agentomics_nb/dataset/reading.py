"""Read a table, or some of its columns, as generated scripts read it."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeVar

from agentomics_nb.dataset.files import locate
from agentomics_nb.dataset.verbatim import MISSING, read_csv, written
from agentomics_nb.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from agentomics_nb.dataset.dialect import Dialect
    from agentomics_nb.dataset.files import Source
    from agentomics_nb.dataset.model import TableFile

_Parsed = TypeVar("_Parsed")
_BLOCK_LEAST, _BLOCK_MOST = 1 << 20, 1 << 30


def read(
    table: TableFile, columns: Sequence[str] | None = None, rows: int | None = None, text: Sequence[str] = ()
) -> pd.DataFrame:
    """Read a table that was inspected.

    Parameters
    ----------
    table : TableFile
        From `Dataset`.
    columns : sequence of str, optional
        Only these, in this order; by default all.
    rows : int, optional
        Only the first rows.
    text : sequence of str
        Columns that stay as they are written: ``01``, ``True``, ``1.0`` and ``None`` survive; only the usual
        marks of a missing value become NaN. Name the target of a classification here.

    Raises
    ------
    InputError
        If the file has gone or changed its form since the inspection.
    """
    source = locate(Path(table.path))
    wanted = list(table.columns if columns is None else columns)
    try:
        if source.parquet:
            return _read_parquet(source, wanted, rows, tuple(text))
        return _read_text(source, table, wanted, rows, tuple(text))
    except (ValueError, KeyError) as error:
        raise InputError(f"{source.name} can no longer be read as it was inspected: {error}") from error


def read_sample(table: TableFile, columns: Sequence[str], rows: int, text: Sequence[str] = ()) -> pd.DataFrame:
    """Read a random sample of a table's rows, the same each time, in the order of the file.

    Parameters
    ----------
    table, columns, text
        As for `read`.
    rows : int
        How many rows.

    Raises
    ------
    InputError
        If the file has gone or changed its form since the inspection.
    """
    import numpy as np

    chosen = np.sort(np.random.default_rng(table.rows).permutation(table.rows)[:rows])
    source = locate(Path(table.path))
    try:
        if source.parquet:
            return _sample_parquet(source, list(columns), chosen, tuple(text))
        kept = np.zeros(table.rows + 1, dtype=bool)
        kept[chosen] = True
        header = table.preamble + 1
        return _read_text(
            source,
            table,
            list(columns),
            None,
            tuple(text),
            leave_out=lambda line: (
                line < table.preamble or (line >= header and not kept[min(line - header, table.rows)])
            ),
        )
    except (ValueError, KeyError) as error:
        raise InputError(f"{source.name} can no longer be read as it was inspected: {error}") from error


def read_labels(source: Source, dialect: Dialect | None, name: str) -> pd.Series[Any]:
    """Return one column of all rows as it is written; no other column is converted.

    Parameters
    ----------
    source : Source
        The file.
    dialect : Dialect or None
        How it is written; None for parquet.
    name : str
        The column.

    Returns
    -------
    Series of str, shape (rows,)
        Missing values are NaN.

    Raises
    ------
    InputError
        If a row has more or fewer fields than the header.
    """
    if dialect is not None:
        return _text_column(source, dialect, dialect.header.index(name) + dialect.row_names)
    from agentomics_nb.dataset.parquet import open_parquet

    return written(open_parquet(source).read(columns=[name]).to_pandas().reset_index(drop=True)[name])


def read_row_names(source: Source, dialect: Dialect | None, columns: Sequence[str]) -> pd.Series[Any]:
    """Return the first field of each row: the names of the rows, if they have any."""
    return read_labels(source, None, columns[0]) if dialect is None else _text_column(source, dialect, 0)


def count_rows(source: Source, dialect: Dialect) -> int:
    """Return how many rows a text table has; memory holds some megabytes of it at a time.

    Raises
    ------
    InputError
        If a row has more or fewer fields than the header.
    """
    from pyarrow import csv

    def count(file: IO[bytes], **options: Any) -> int:
        with csv.open_csv(file, **options) as batches:
            return sum(int(batch.num_rows) for batch in batches)

    return _parsed(source, dialect, 0, count)


def _text_column(source: Source, dialect: Dialect, place: int) -> pd.Series[Any]:
    from pyarrow import csv

    words: pd.Series[Any] = _parsed(source, dialect, place, csv.read_csv)[0].to_pandas().astype("str")
    return words.mask(words.isin(MISSING))


def _parsed(source: Source, dialect: Dialect, place: int, parse: Callable[..., _Parsed]) -> _Parsed:
    """Return what comes of parsing all columns and converting one, whatever the length of the rows."""
    import pyarrow as pa

    block = max(_BLOCK_LEAST, 4 * dialect.longest_line)
    while True:
        try:
            return _parse_column(source, dialect, place, parse, block=block)
        except pa.ArrowInvalid as error:
            if "straddl" not in str(error) or block >= _BLOCK_MOST:
                raise InputError(_diagnosis(source, dialect, place, error, block=block)) from None
            block = min(_BLOCK_MOST, 16 * block)  # a row further down is longer than a block


def _parse_column(
    source: Source,
    dialect: Dialect,
    place: int,
    parse: Callable[..., _Parsed],
    *,
    block: int,
    on_invalid: Any = None,
) -> _Parsed:
    """Parse all columns of a text table, convert one."""
    import pyarrow as pa
    from pyarrow import csv

    places = [str(i) for i in range(len(dialect.header) + dialect.row_names)]
    wanted = str(place)
    with source.open() as file:
        return parse(
            file,
            read_options=csv.ReadOptions(
                use_threads=False,  # as fast for one column, and no blocks of text wait in memory
                block_size=block,
                skip_rows=dialect.header_lines,
                column_names=places,
                encoding=dialect.encoding,
            ),
            parse_options=csv.ParseOptions(
                delimiter=dialect.separator, newlines_in_values=True, invalid_row_handler=on_invalid
            ),
            convert_options=csv.ConvertOptions(
                include_columns=[wanted], column_types={wanted: pa.string()}, strings_can_be_null=False
            ),
        )


def _diagnosis(source: Source, dialect: Dialect, place: int, error: Exception, *, block: int) -> str:
    """Say which row does not fit the header."""
    import pyarrow as pa
    from pyarrow import csv

    found: list[Any] = []

    def note(row: Any) -> str:
        found.append(row)
        return "error"

    with contextlib.suppress(pa.ArrowInvalid):
        _parse_column(source, dialect, place, csv.read_csv, block=block, on_invalid=note)
    if not found:
        return f"{source.name} cannot be read as a table: {str(error).splitlines()[0][:200]}"
    row = found[0]
    fields = "1 field" if row.actual_columns == 1 else f"{row.actual_columns} fields"
    return (
        f"{source.name} has {fields} in line {row.number} where the header has "
        f"{len(dialect.header)} columns; mend that line."
    )


def _read_text(
    source: Source,
    table: TableFile,
    columns: list[str],
    rows: int | None,
    text: tuple[str, ...],
    leave_out: Callable[[int], bool] | None = None,
) -> pd.DataFrame:
    """Read a csv file; `leave_out` says which of its lines are passed over, those above the header among them."""
    return read_csv(source.open, columns, text, nrows=rows, **csv_arguments(table, leave_out))


def csv_arguments(table: TableFile, leave_out: Callable[[int], bool] | None = None) -> dict[str, Any]:
    """Return what ``pd.read_csv`` must be told to read a text table; `leave_out` names lines to pass over."""
    arguments: dict[str, Any] = dict(table.pandas_arguments())
    if leave_out is not None:
        arguments["skiprows"] = leave_out
    if table.row_names:
        above = table.preamble + 1
        wanted = above if leave_out is None else lambda line: line < above or leave_out(line)
        arguments |= {"header": None, "skiprows": wanted, "names": ["", *table.columns]}
    return arguments


def _sample_parquet(
    source: Source, columns: list[str], chosen: NDArray[np.intp], text: tuple[str, ...]
) -> pd.DataFrame:
    import pandas as pd

    from agentomics_nb.dataset.parquet import open_parquet

    start, parts = 0, []
    for batch in open_parquet(source).iter_batches(batch_size=10_000, columns=columns):
        inside = chosen[(chosen >= start) & (chosen < start + batch.num_rows)] - start
        parts.append(batch.take(inside).to_pandas(ignore_metadata=True))
        start += batch.num_rows
    frame: pd.DataFrame = pd.concat(parts, ignore_index=True)
    return frame.assign(**{name: written(frame[name]) for name in text})


def _read_parquet(source: Source, columns: list[str], rows: int | None, text: tuple[str, ...]) -> pd.DataFrame:
    from agentomics_nb.dataset.parquet import open_parquet

    file = open_parquet(source)
    if rows is None:
        arrow = file.read(columns=columns)
    else:
        import pyarrow as pa

        schema = pa.schema([file.schema_arrow.field(name) for name in columns])
        batches = file.iter_batches(batch_size=max(1, rows), columns=columns)
        first = next(iter(batches), None)
        arrow = pa.Table.from_batches([] if first is None else [first], schema=first.schema if first else schema)
    frame: pd.DataFrame = arrow.to_pandas(ignore_metadata=True)
    return frame.assign(**{name: written(frame[name]) for name in text})
