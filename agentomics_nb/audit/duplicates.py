"""Rows that repeat: within a file, across files, on the other strand, and with another label."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agentomics_nb.audit.finding import Finding, figures, shortened
from agentomics_nb.dataset.model import ColumnKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from agentomics_nb.audit.finding import Severity
    from agentomics_nb.audit.tables import Part, Tables

BY_CHANCE = 3
"""So many times as often as with shuffled columns must rows repeat to count: tables of few categories do by chance."""
_SEVERE, _WARNING = 0.05, 0.005
_FEWEST = 3
_LEAST_CEILING = 0.98
_LEFT_OUT = (ColumnKind.IDENTIFIER, ColumnKind.CONSTANT, ColumnKind.TARGET_COPY)
_RICH = (ColumnKind.NUCLEOTIDE, ColumnKind.PROTEIN, ColumnKind.SMILES, ColumnKind.TEXT)
_COMPLEMENT = str.maketrans("ACGT", "TGCA")
_SHORTEST = 15
"""Letters from which equal sequences are no coincidence."""


def find(tables: Tables) -> Iterator[Finding]:
    """Yield what repeats."""
    names = [c.name for c in tables.dataset.columns if c.kind not in _LEFT_OUT]
    if names:
        hashes = {part.role: _hashes(part.frame[names]) for part in tables.parts}
        if _meaningful(tables, names, _later(hashes["train"])):
            yield _within(tables, names, hashes["train"])
            yield from _conflicts(tables, names, hashes["train"])
        for part in tables.others:
            yield from _across(tables, part, names, hashes["train"], hashes[part.role])
    for column in tables.dataset.columns_of(ColumnKind.NUCLEOTIDE):
        if column.alphabet != "RNA" and (column.length_median or 0) >= _SHORTEST:
            yield from _opposite_strands(tables, column.name)


def _hashes(frame: pd.DataFrame, *, shuffled: bool = False) -> NDArray[np.uint64]:
    """Return a number for each row, equal for equal rows; `shuffled` as if columns were independent."""
    import numpy as np
    import pandas as pd

    generator = np.random.default_rng(0)
    numeric = [place for place, dtype in enumerate(frame.dtypes) if dtype.kind in "iufb"]
    numbered = set(numeric)
    total = np.zeros(len(frame), dtype=np.uint64)
    if numeric:  # by rows, since there may be thousands of columns
        numbers = frame.iloc[:, numeric].to_numpy(dtype=np.float64, na_value=np.nan) + 0.0
        numbers = generator.permuted(numbers, axis=0) if shuffled else np.ascontiguousarray(numbers)
        total = np.fromiter((hash(row.tobytes()) for row in numbers), dtype=np.int64, count=len(frame)).view(np.uint64)
    for place, name in enumerate(frame.columns):
        if place in numbered:
            continue
        hashed = pd.util.hash_array(frame[name].astype("str").fillna("").to_numpy(dtype=object), categorize=False)
        if shuffled:
            hashed = generator.permutation(hashed)
        total = (total ^ hashed) * np.uint64(0x9E3779B97F4A7C15)
        total ^= total >> np.uint64(29)
    return total


def _later(hashes: NDArray[np.uint64]) -> int:
    """Return how many rows repeat an earlier one."""
    import numpy as np

    return int((np.diff(np.sort(hashes)) == 0).sum())


def _meaningful(tables: Tables, names: list[str], found: int) -> bool:
    """Say whether rows repeat more often than they would if the columns were independent."""
    if found < _FEWEST:
        return False
    if len(names) == 1:
        return _is_rich(tables, names[0])
    return found > BY_CHANCE * _later(_hashes(tables.train.frame[names], shuffled=True))


def _is_rich(tables: Tables, name: str) -> bool:
    """Say whether values of a lone column are seldom equal by chance: sequences, words, measurements with decimals."""
    column = tables.dataset.column(name)
    return column.kind in _RICH or (column.kind == ColumnKind.NUMERIC and not column.integer)


def _within(tables: Tables, names: list[str], hashes: NDArray[np.uint64]) -> Finding:
    import pandas as pd

    rows, train = _later(hashes), tables.train
    share = rows / len(train)
    first = int(pd.Series(hashes).duplicated().to_numpy().argmax())
    return Finding(
        code="repeated_rows",
        severity="warning" if share >= _SEVERE else "info",
        text=f"{rows:,} of {len(train):,} rows of {train.file} repeat an earlier row in every feature.",
        rows=rows,
        of=len(train),
        example=example_of(train, names, first),
        effect="If copies stand in both parts of a split, the score measures memory.",
        remedy="Remove them where they are copies; in a run, equal rows stay on one side.",
        figures=figures(share=share),
    )


def _conflicts(tables: Tables, names: list[str], hashes: NDArray[np.uint64]) -> Iterator[Finding]:
    """Find the same input with different labels: no model can be right on all of these."""
    import numpy as np

    train = tables.train
    groups = np.unique(hashes, return_inverse=True)[1]
    sizes = np.bincount(groups)
    if tables.classification:
        codes = train.labels.astype(np.int64)
        classes = int(codes.max()) + 1
        cells, counts = np.unique(groups.astype(np.int64) * classes + codes, return_counts=True)
        most = np.zeros(len(sizes), dtype=np.int64)
        np.maximum.at(most, cells // classes, counts)
        mixed = (most < sizes)[groups]
        ceiling = float(most.sum()) / len(train)
        limit = f"no model of these columns can exceed an accuracy of {ceiling:.3f} here"
    else:
        means = np.bincount(groups, weights=train.labels) / sizes
        off = (train.labels - means[groups]) ** 2
        mixed = (sizes > 1)[groups] & (off > 1e-12 * train.labels.var())
        total = float(((train.labels - train.labels.mean()) ** 2).sum())
        ceiling = 1 - float(off.sum()) / total if total else 1.0
        limit = f"no model of these columns can exceed an R² of {ceiling:.3f} here"
    rows = int(mixed.sum())
    if rows < max(_FEWEST, 0.005 * len(train)):
        return
    yield Finding(
        code="conflicting_labels",
        severity="warning" if ceiling < _LEAST_CEILING else "info",
        text=f"{rows:,} of {len(train):,} rows of {train.file} have the same features as a row with another label.",
        rows=rows,
        of=len(train),
        example=example_of(train, names, int(mixed.argmax())),
        effect=f"Labels are noisy: {limit}.",
        remedy="Find out which label is right, or keep the ceiling in mind when reading scores.",
        figures=figures(ceiling=ceiling, share=rows / len(train)),
    )


def _across(
    tables: Tables, part: Part, names: list[str], known: NDArray[np.uint64], found: NDArray[np.uint64]
) -> Iterator[Finding]:
    import numpy as np

    shared = np.isin(found, known)
    rows = int(shared.sum())
    if rows == 0 or not _more_than_chance(tables, part, names, rows):
        return
    share = rows / len(part)
    yield Finding(
        code="shared_rows",
        severity=graded(share),
        text=f"{rows:,} of {len(part):,} rows of {part.file} also stand in {tables.train.file}.",
        rows=rows,
        of=len(part),
        files=("train", part.role),
        example=example_of(part, names, int(shared.argmax())),
        effect=f"A model that has memorised its training rows knows {share:.1%} of the answers.",
        remedy=f"Remove these rows from {part.file}, or from {tables.train.file}, before trusting the score.",
        figures=figures(share=share),
    )


def _more_than_chance(tables: Tables, part: Part, names: list[str], rows: int) -> bool:
    import numpy as np

    if len(names) == 1:
        return _is_rich(tables, names[0])
    shuffled = np.isin(
        _hashes(part.frame[names], shuffled=True), _hashes(tables.train.frame[names], shuffled=True)
    ).sum()
    return rows > BY_CHANCE * int(shuffled)


def _opposite_strands(tables: Tables, name: str) -> Iterator[Finding]:
    """Find sequences that are the reverse complement of another one."""
    import pandas as pd

    train = _spelt(tables.train, name)
    known = set(train)
    for part in tables.parts:
        words = train if part.role == "train" else _spelt(part, name)
        opposite = words.map(_reverse_complement)
        hit = opposite.isin(known) & (opposite != words) & (words != "")
        if part.role != "train":
            hit &= ~words.isin(known)  # those are shared as they stand
        rows = int(hit.sum())
        share = rows / max(1, len(part))
        if rows < _FEWEST or share < _WARNING:
            continue
        within = part.role == "train"
        place = int(pd.Series(hit).to_numpy().argmax())
        yield Finding(
            code="opposite_strands",
            severity=("warning" if share >= _SEVERE else "info") if within else graded(share),
            text=f"{rows:,} of {len(part):,} rows of {part.file} hold the reverse complement of a sequence of "
            f"{tables.train.file} in {name}.",
            rows=rows,
            of=len(part),
            files=("train",) if within else ("train", part.role),
            columns=(name,),
            example=shortened(words.iloc[place]),
            effect="The same molecule, read from its other end, stands on both sides of a split.",
            remedy="Split by homology, which counts both strands."
            if within
            else f"Remove these rows from {part.file}.",
            figures=figures(share=share),
        )


def _spelt(part: Part, name: str) -> pd.Series[Any]:
    return part.frame[name].fillna("").astype("str").str.upper().str.replace("U", "T", regex=False)


def _reverse_complement(word: str) -> str:
    return word.translate(_COMPLEMENT)[::-1]


def graded(share: float) -> Severity:
    """Return how grave it is that this share of the judged rows is known from training."""
    return "severe" if share >= _SEVERE else "warning" if share >= _WARNING else "info"


def example_of(part: Part, names: list[str], row: int) -> str:
    """Return a row in a few words."""
    return ", ".join(f"{shortened(name, 24)} = {shortened(part.frame[name].iloc[row], 30)}" for name in names[:3])
