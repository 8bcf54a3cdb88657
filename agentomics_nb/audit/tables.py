"""The files of a data set in memory, as the checks read them: bounded, and with labels as numbers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agentomics_nb.dataset.model import ColumnKind
from agentomics_nb.dataset.reading import read, read_sample
from agentomics_nb.dataset.target import to_series

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from agentomics_nb.audit.finding import Role
    from agentomics_nb.dataset.model import Dataset, TableFile

MOST_CELLS = 60_000_000
"""Values of one file that are held in memory; of larger ones a random sample of the rows is."""
MOST_BYTES = 240_000_000
"""The same for the bytes of a text file: sequences take up to twelve times their letters while they are compared."""
_BESIDE = 3
"""Validation and test files may have this part of it."""
_PACKED = 4
"""So many times as many bytes a compressed file may hold."""
FEWEST_ROWS = 1_000
TEXT = (
    ColumnKind.NUCLEOTIDE,
    ColumnKind.PROTEIN,
    ColumnKind.SMILES,
    ColumnKind.CATEGORICAL,
    ColumnKind.TEXT,
    ColumnKind.DATETIME,
    ColumnKind.IDENTIFIER,
)
"""Kinds that are read as they are written."""
NUMBERS = (ColumnKind.NUMERIC, ColumnKind.COUNT)
"""Kinds that are numbers; words among them count as missing."""


@dataclass(frozen=True, eq=False)
class Part:
    """The labelled rows of one file.

    Parameters
    ----------
    role : {"train", "validation", "test"}
        Which file.
    file : str
        Its name.
    frame : DataFrame
        Features, index from 0 in the order of the file.
    labels : ndarray of float64, shape (rows,)
        Class codes from 0, or values.
    sampled : bool
        Whether it holds a random sample of the rows only.
    """

    role: Role
    file: str
    frame: pd.DataFrame
    labels: NDArray[np.float64]
    sampled: bool

    def __len__(self) -> int:
        return len(self.frame)


@dataclass(frozen=True, eq=False)
class Tables:
    """All files of a data set."""

    dataset: Dataset
    train: Part
    others: tuple[Part, ...]

    @property
    def parts(self) -> tuple[Part, ...]:
        """All files, train first."""
        return (self.train, *self.others)

    @property
    def classification(self) -> bool:
        """Whether labels are class codes."""
        return self.dataset.task == "classification"


def load(dataset: Dataset) -> Tables:
    """Read all files of a data set.

    Raises
    ------
    InputError
        If one has gone or changed its form since the inspection.
    """
    others: tuple[tuple[Role, TableFile | None], ...] = (
        ("validation", dataset.validation),
        ("test", dataset.test),
    )
    return Tables(
        dataset,
        _part(dataset, "train", dataset.train),
        tuple(_part(dataset, role, table) for role, table in others if table is not None),
    )


def _part(dataset: Dataset, role: Role, table: TableFile) -> Part:
    target = dataset.target.name
    names = [column.name for column in dataset.columns]
    text = tuple(column.name for column in dataset.columns if column.kind in TEXT)
    packed = table.compression != "none" or table.format == "parquet"
    bytes_most = MOST_BYTES if role == "train" else MOST_BYTES / _BESIDE
    bytes_a_row = max(1.0, table.bytes * (_PACKED if packed else 1) / max(1, table.rows))
    most = max(FEWEST_ROWS, min(MOST_CELLS // (len(names) + 1), int(bytes_most / bytes_a_row)))
    wanted, kept = [*names, target], (*text, target)
    frame = read(table, wanted, text=kept) if table.rows <= most else read_sample(table, wanted, most, text=kept)
    words = [c.name for c in dataset.columns_of(*NUMBERS) if frame[c.name].dtype.kind not in "iufb"]
    frame = frame.assign(**{name: to_series(frame[name].astype("str"), table.marks) for name in words})
    labels = _labels(frame[target], dataset, table)
    known = labels >= 0 if dataset.task == "classification" else labels == labels
    if not known.all():
        frame = frame[known]
    return Part(
        role,
        Path(table.path).name,
        frame.drop(columns=target).reset_index(drop=True),
        labels[known],
        table.rows > most,
    )


def _labels(words: pd.Series[Any], dataset: Dataset, table: TableFile) -> NDArray[np.float64]:
    """Return class codes, -1 where missing; or the values of a regression."""
    import numpy as np
    import pandas as pd

    if dataset.task == "classification":
        return np.asarray(pd.Categorical(words, categories=dataset.target.classes).codes, dtype=np.float64)
    return np.asarray(to_series(words, table.marks), dtype=np.float64)
