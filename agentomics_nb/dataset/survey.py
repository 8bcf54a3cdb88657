"""One pass over all rows: how many there are, which repeat, and a random sample of them.

Memory holds the sample and eight bytes a row, never the table.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agentomics_nb.dataset.encoding import utf8_chunks
from agentomics_nb.dataset.verbatim import read_csv, written
from agentomics_nb.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from agentomics_nb.dataset.dialect import Dialect
    from agentomics_nb.dataset.files import Source

SAMPLE_ROWS = 20_000
SAMPLE_ROWS_LEAST = 200
SAMPLE_CELLS = 4_000_000
_BATCH_CELLS, _BLOCK_COLUMNS, _RANKED_ROWS = 1_000_000, 1000, 1_000_000


def sample_size(columns: int) -> int:
    """Return how many rows of a table of so many columns are looked at in detail."""
    return max(SAMPLE_ROWS_LEAST, min(SAMPLE_ROWS, SAMPLE_CELLS // max(1, columns)))


@dataclass(frozen=True)
class Survey:
    """What one pass over a table leaves.

    Parameters
    ----------
    rows : int
        Number of rows without the header.
    hashes : ndarray of int64, shape (rows,)
        Equal for rows that are written alike; comparable between files of one format within one process.
    sample : DataFrame
        Rows in the order of the file, typed as pandas reads them; the named text columns stay text.
    sampled : bool
        Whether `sample` holds less than all rows.
    """

    rows: int
    hashes: NDArray[np.int64]
    sample: pd.DataFrame
    sampled: bool

    @property
    def duplicates(self) -> int:
        """Number of rows that repeat an earlier one."""
        import numpy as np

        return int((np.diff(np.sort(self.hashes)) == 0).sum())  # np.unique hashes, and takes far longer


class Thinning:
    """Keeps a uniform random subset of a stream of rows whose length is not known before.

    Row i has a fixed pseudo-random rank; the rows of lowest rank stay. Half of them go whenever they exceed
    the limit, so between half the limit and the limit remain. Regular patterns in the order of the rows
    (classes in turn, say) cannot bias it, and the same file always gives the same rows.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.seen = 0
        self.ranks: list[int] = []
        self.kept: list[Any] = []
        self._bound = 1 << 64

    def choose(self, count: int) -> NDArray[np.intp]:
        """Return which of the next `count` rows are to be kept, as positions among them."""
        import numpy as np

        ranks = _ranks(self.seen, count)
        self.seen += count
        chosen = np.flatnonzero(ranks < np.uint64(self._bound - 1)) if self._bound < 1 << 64 else np.arange(count)
        self.ranks += ranks[chosen].tolist()
        return chosen

    def keep(self, rows: list[Any]) -> None:
        """Take the chosen rows in; some of all rows kept may go."""
        self.kept += rows
        while len(self.kept) > self.limit:
            self._bound >>= 1
            staying = [i for i, rank in enumerate(self.ranks) if rank < self._bound - 1]
            self.ranks = [self.ranks[i] for i in staying]
            self.kept = [self.kept[i] for i in staying]


def survey_text(
    source: Source,
    dialect: Dialect,
    *,
    text: tuple[str, ...] = (),
    limit: int | None = None,
    join_lines: bool = False,
) -> Survey:
    """Survey a csv or tsv file.

    Parameters
    ----------
    source, dialect
        The file, and how it is written.
    text : tuple of str
        Columns of the sample that stay as they are written.
    limit : int, optional
        Most rows in the sample; by default as many as `sample_size` says.
    join_lines : bool
        Whether a line with an odd number of quotation marks goes on in the next one. Without it each line is a
        row, which is right for nearly all files and for those with inches (``5"``) in words.
    """
    import numpy as np

    thinning = Thinning(limit if limit is not None else sample_size(len(dialect.header)))
    hashes: list[NDArray[np.int64]] = []
    for records in _records(source, dialect, join_lines=join_lines):
        hashes.append(np.fromiter(map(hash, records), dtype=np.int64, count=len(records)))
        thinning.keep([records[i] for i in thinning.choose(len(records))])
    if not thinning.seen:
        raise InputError(f"{source.name} holds a header and no rows; give a file with labelled rows.")
    sample = parse_records(thinning.kept, dialect, text)
    return Survey(thinning.seen, np.concatenate(hashes), sample, thinning.seen > len(thinning.kept))


def survey_parquet(source: Source, *, text: tuple[str, ...] = (), limit: int | None = None) -> Survey:
    """Survey a parquet file, some columns at a time: each takes several buffers, however few its rows."""
    import numpy as np
    import pandas as pd

    from agentomics_nb.dataset.parquet import column_names, open_parquet

    file = open_parquet(source)
    columns, rows = list(column_names(file)), file.metadata.num_rows
    if not rows:
        raise InputError(f"{source.name} holds no rows; give a file with labelled rows.")
    thinning = Thinning(limit if limit is not None else sample_size(len(columns)))
    for start in range(0, rows, _RANKED_ROWS):
        thinning.keep([start + int(i) for i in thinning.choose(min(_RANKED_ROWS, rows - start))])
    kept = np.array(thinning.kept, dtype=np.int64)
    hashes = np.zeros(rows, dtype=np.int64)
    parts: list[pd.DataFrame] = []
    for first in range(0, len(columns), _BLOCK_COLUMNS):
        block, start, chosen = columns[first : first + _BLOCK_COLUMNS], 0, []
        for batch in file.iter_batches(batch_size=max(64, _BATCH_CELLS // len(block)), columns=block):
            frame = batch.to_pandas(ignore_metadata=True)
            stop = start + len(frame)
            hashes[start:stop] = _mixed(hashes[start:stop], _hash_rows(frame))
            chosen.append(frame.iloc[kept[(kept >= start) & (kept < stop)] - start])
            start = stop
        parts.append(pd.concat(chosen, ignore_index=True))
    sample = parts[0] if len(parts) == 1 else pd.concat(parts, axis=1)
    sample = sample.assign(**{name: written(sample[name]) for name in text if name in sample})
    return Survey(rows, hashes, sample, rows > len(kept))


def parse_records(records: list[bytes], dialect: Dialect, text: tuple[str, ...]) -> pd.DataFrame:
    """Return records as a DataFrame, typed as pandas types them; the named columns stay text."""
    names = list(dialect.header)
    packed = b"\n".join(records) + b"\n"
    return read_csv(
        lambda: io.BytesIO(packed),
        names,
        text,
        sep=dialect.separator,
        decimal=dialect.marks.decimal,
        thousands=dialect.marks.thousands or None,
        header=None,
        names=["", *names] if dialect.row_names else names,
        index_col=False,
    )


def _records(source: Source, dialect: Dialect, *, join_lines: bool) -> Iterator[list[bytes]]:
    """Yield the records below the header as they are written, in UTF-8, some megabytes at a time."""
    skip, rest = dialect.header_lines, b""
    for chunk in utf8_chunks(source, dialect.encoding):
        block = (rest + chunk).replace(b"\r\n", b"\n")
        if b"\r" in block[:-1]:
            block = block[:-1].replace(b"\r", b"\n") + block[-1:]
        *lines, rest = block.split(b"\n")
        taken = min(skip, len(lines))
        skip -= taken
        records = lines[taken:]
        if join_lines:
            records, open_record = _join_quoted(records)
            rest = open_record + rest
        if records := [record for record in records if record]:
            yield records
    if skip == 0 and rest.strip(b"\r\n"):
        yield [rest.rstrip(b"\r")]


def _join_quoted(lines: list[bytes]) -> tuple[list[bytes], bytes]:
    """Join lines that a quoted line break parts; what is still open at the end comes back apart."""
    records: list[bytes] = []
    pending: list[bytes] = []
    for line in lines:
        odd = line.count(b'"') % 2 == 1
        if not pending and not odd:
            records.append(line)
            continue
        pending.append(line)
        if odd and len(pending) > 1:
            records.append(b"\n".join(pending))
            pending = []
    return records, b"".join(line + b"\n" for line in pending)


def _mixed(hashes: NDArray[np.int64], others: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the hashes of rows from those of their parts."""
    import numpy as np

    return ((hashes ^ others).view(np.uint64) * np.uint64(0x9E3779B97F4A7C15)).view(np.int64)


def _ranks(start: int, count: int) -> NDArray[np.uint64]:
    """Return pseudo-random ranks of consecutive rows (the finaliser of splitmix64, Steele et al. 2014)."""
    import numpy as np

    x = np.arange(start, start + count, dtype=np.uint64) + np.uint64(1)
    x *= np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(x ^ (x >> np.uint64(31)), dtype=np.uint64)


def _hash_rows(frame: pd.DataFrame) -> NDArray[np.int64]:
    """Return a hash of each row of a typed frame.

    Numbers are hashed by rows and not, as pandas does it, by columns, of which there may be thousands.
    """
    import numpy as np
    import pandas as pd

    places: dict[Any, list[int]] = {}
    for place, dtype in enumerate(frame.dtypes):
        plain = isinstance(dtype, np.dtype) and dtype.kind in "iufb"
        places.setdefault(dtype if plain else None, []).append(place)
    total = np.zeros(len(frame), dtype=np.uint64)
    for dtype, chosen in places.items():
        part = frame if len(chosen) == frame.shape[1] else frame.iloc[:, chosen]
        if dtype is None:
            hashes: NDArray[Any] = pd.util.hash_pandas_object(part, index=False).to_numpy(dtype=np.uint64)
        else:
            numbers = np.ascontiguousarray(part.to_numpy())
            rows = (hash(row.tobytes()) for row in numbers)
            hashes = np.fromiter(rows, dtype=np.int64, count=len(frame)).view(np.uint64)
        total = (total ^ hashes) * np.uint64(0x9E3779B97F4A7C15)
    return total.view(np.int64)
