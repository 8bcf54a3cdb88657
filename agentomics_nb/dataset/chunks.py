"""A table in chunks of rows, as words: memory holds one chunk, however long the file is."""

from __future__ import annotations

from itertools import chain, repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agentomics_nb.dataset.files import locate
from agentomics_nb.dataset.reading import csv_arguments
from agentomics_nb.dataset.verbatim import MISSING, written
from agentomics_nb.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import pandas as pd
    import pyarrow as pa

    from agentomics_nb.dataset.files import Source
    from agentomics_nb.dataset.model import TableFile

_MOST_ROWS = 50_000
_MOST_CELLS, _MOST_BYTES, _LEAST_ROWS = 10_000_000, 1 << 28, 100
_FIRST = 25
"""The first chunk is so many times smaller: what fails fails soon, and soon it is known how long the rest takes."""
_PACKED = 4
"""How much longer a packed file may be than its bytes say; a guess that only sets the size of chunks."""
_BATCH = 10_000


def most_rows(columns: int, length: float = 0.0) -> int:
    """Return how many rows a chunk has at most.

    Parameters
    ----------
    columns : int
        How many are read.
    length : float
        Bytes of a row, as far as they are known.
    """
    most = min(_MOST_ROWS, _MOST_CELLS // max(1, columns), int(_MOST_BYTES / max(1.0, length)))
    return max(_LEAST_ROWS, most)


def chunk_sizes(most: int) -> Iterator[int]:
    """Yield the rows of each chunk, without end; the same table is always divided alike."""
    yield from chain([max(_LEAST_ROWS, most // _FIRST)], repeat(most))


def divided(rows: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Yield rows that are in memory in chunks."""
    start = 0
    for size in chunk_sizes(most_rows(rows.shape[1])):
        if start >= len(rows):
            return
        yield rows.iloc[start : start + size]
        start += size


def read_chunks(table: TableFile, columns: Sequence[str]) -> Iterator[pd.DataFrame]:
    """Yield the rows of a table in order, as they are written; only the usual marks of a missing value are NaN.

    Text stays text: ``01``, ``True`` and ``1.0`` survive. Numbers of parquet stay numbers.

    Parameters
    ----------
    table : TableFile
        How the file is to be read, with the number of its rows.
    columns : sequence of str
        Those to read, in the order wanted.

    Raises
    ------
    InputError
        If the file cannot be read to its end.
    """
    import pandas as pd

    source, wanted = locate(Path(table.path)), list(columns)
    packed = _PACKED if table.format == "parquet" or table.compression != "none" else 1
    most = most_rows(len(wanted), packed * table.bytes / max(1, table.rows))
    # What fits into one is read at once, since pandas takes a while for each of many columns.
    sizes = repeat(most) if table.rows <= most else chunk_sizes(most)
    try:
        parts = _parquet_parts(source, wanted, sizes) if source.parquet else _text_parts(source, table, wanted, sizes)
        for part in parts:
            part.index = pd.RangeIndex(len(part))
            yield part if list(part.columns) == wanted else part[wanted]
    except (ValueError, KeyError) as error:
        raise InputError(f"{source.name} cannot be read to its end: {str(error).splitlines()[0][:200]}") from error


def _text_parts(source: Source, table: TableFile, columns: list[str], sizes: Iterable[int]) -> Iterator[pd.DataFrame]:
    import pandas as pd

    with (
        source.open() as file,
        pd.read_csv(
            file,
            usecols=columns,
            dtype=object,  # half the time that pandas' own words take, where there are 20,000 columns
            keep_default_na=False,
            na_values=list(MISSING),
            iterator=True,
            **csv_arguments(table),
        ) as reader,
    ):
        for size in sizes:
            try:
                yield reader.get_chunk(size)
            except StopIteration:
                return


def _parquet_parts(source: Source, columns: list[str], sizes: Iterable[int]) -> Iterator[pd.DataFrame]:
    import pyarrow as pa

    from agentomics_nb.dataset.parquet import open_parquet

    file = open_parquet(source)
    held = file.schema_arrow.empty_table().select(columns)
    batches = None
    for size in sizes:
        batches = batches or file.iter_batches(batch_size=min(size, _BATCH), columns=columns)
        while held.num_rows < size and (batch := next(batches, None)) is not None:
            held = pa.concat_tables([held, pa.Table.from_batches([batch]).select(columns)])
        if not held.num_rows:
            return
        yield _as_frame(held.slice(0, size))
        held = held.slice(size)


def _as_frame(table: pa.Table) -> pd.DataFrame:
    """Return a table of arrow as it would be written; numbers stay numbers."""
    import pandas as pd
    import pyarrow as pa

    # Whole numbers stay whole beside a gap: else a chunk with one would be written otherwise than one without.
    gaps = [name for name in table.column_names if pa.types.is_integer(table[name].type) and table[name].null_count]
    whole = {kind: pd.Int64Dtype() for kind in (pa.int8(), pa.int16(), pa.int32(), pa.int64())}
    frame: pd.DataFrame = table.drop_columns(gaps).to_pandas(ignore_metadata=True)
    if gaps:
        frame = pd.concat([frame, table.select(gaps).to_pandas(types_mapper=whole.get, ignore_metadata=True)], axis=1)
    words = [name for name, kind in frame.dtypes.items() if not _is_quantity(kind)]
    return frame.assign(**{str(name): written(frame[name]) for name in words}) if words else frame


def _is_quantity(kind: Any) -> bool:
    import pandas as pd

    return pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_bool_dtype(kind)
