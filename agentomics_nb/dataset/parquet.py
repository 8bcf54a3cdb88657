"""Parquet files: opened, and the columns that pandas would show."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from agentomics_nb.dataset.dialect import check_names
from agentomics_nb.errors import InputError

if TYPE_CHECKING:
    import pyarrow.parquet as pq

    from agentomics_nb.dataset.files import Source


def open_parquet(source: Source) -> pq.ParquetFile:
    """Open a parquet file; a compressed one is unpacked in memory, since parquet is read from its end.

    Raises
    ------
    InputError
        If it is damaged, or holds nested columns.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        if source.compression == "none":
            file = pq.ParquetFile(source.path)
        else:
            with source.open() as packed:
                file = pq.ParquetFile(pa.BufferReader(packed.read()))
    except (pa.ArrowException, OSError, EOFError):
        raise InputError(f"{source.name} is damaged or no parquet file; write it again.") from None
    check_names(source.name, tuple(file.schema_arrow.names))
    nested = [field.name for field in file.schema_arrow if pa.types.is_nested(field.type)]
    if nested:
        raise InputError(f"{source.name} has lists or records in column {nested[0]!r}; give one value a cell.")
    binary = [field.name for field in file.schema_arrow if _is_binary(field.type)]
    if binary:
        raise InputError(f"{source.name} has bytes in column {binary[0]!r}; write them as text, or leave it out.")
    return file


def _is_binary(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind))


def column_names(file: pq.ParquetFile) -> tuple[str, ...]:
    """Return the columns without those that pandas takes as index."""
    schema = file.schema_arrow
    stored: dict[str, Any] = json.loads((schema.metadata or {}).get(b"pandas", b"{}"))
    index = {name for name in stored.get("index_columns", []) if isinstance(name, str)}
    return tuple(name for name in schema.names if name not in index)
