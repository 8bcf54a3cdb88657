"""What the inspection of a data set finds: frozen models that survive a round trip through JSON."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict

from agentomics_nb.dataset.number_marks import Decimal, NumberMarks, Thousands

Task = Literal["classification", "regression"]
Format = Literal["csv", "tsv", "parquet"]
Compression = Literal["none", "gzip", "zstd"]


class ColumnKind(StrEnum):
    """What the values of a column are, seen by a biologist rather than by a parser."""

    NUCLEOTIDE = "nucleotide"
    PROTEIN = "protein"
    SMILES = "smiles"
    NUMERIC = "numeric"
    COUNT = "count"
    CATEGORICAL = "categorical"
    TEXT = "text"
    DATETIME = "datetime"
    IDENTIFIER = "identifier"
    CONSTANT = "constant"
    TARGET_COPY = "target_copy"


class Column(BaseModel):
    """One feature column, described from the rows that were looked at.

    Parameters
    ----------
    name : str
        As in the file.
    kind : ColumnKind
        What its values are.
    reason : str
        Why, in a short phrase.
    missing, unique : int
        Missing values and distinct values among the rows that were looked at.
    examples : tuple of str
        Up to three different values, cut to 60 characters.
    length_min, length_max : int or None
        Characters of the shortest and the longest value of a text column.
    length_median : float or None
        Median number of characters.
    alphabet : str or None
        Of sequences: ``DNA``, ``RNA``, ``DNA/RNA``, ``IUPAC`` or ``amino acids``.
    minimum, maximum, mean : float or None
        Of the finite values of a numeric column.
    integer : bool
        Whether all values are whole numbers.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    kind: ColumnKind
    reason: str
    missing: int
    unique: int
    examples: tuple[str, ...] = ()
    length_min: int | None = None
    length_median: float | None = None
    length_max: int | None = None
    alphabet: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    mean: float | None = None
    integer: bool = False


class Target(BaseModel):
    """The column to predict, described from all rows.

    Parameters
    ----------
    name : str
        As in the file.
    reason : str
        How it was found.
    classes : tuple of str or None
        Labels as they stand in the file, in natural order; None for a regression.
    counts : dict of str to int
        Rows of each class; empty for a regression.
    missing : int
        Rows without a value; they are left out.
    minimum, maximum, mean, std : float or None
        Of a regression target; `std` divides by the number of rows less one.
    quantiles : dict of str to float
        Of a regression target: ``5%``, ``25%``, ``50%``, ``75%``, ``95%``.
    histogram : tuple of int
        Of a regression target: rows between each two of the equally spaced `edges`; empty for classes.
    edges : tuple of float
        One more than bins.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    reason: str
    classes: tuple[str, ...] | None = None
    counts: dict[str, int] = {}
    missing: int = 0
    minimum: float | None = None
    maximum: float | None = None
    mean: float | None = None
    std: float | None = None
    quantiles: dict[str, float] = {}
    histogram: tuple[int, ...] = ()
    edges: tuple[float, ...] = ()


class TableFile(BaseModel):
    """One file, and how it is to be read.

    Parameters
    ----------
    path : str
        Absolute.
    format : {"csv", "tsv", "parquet"}
        Any separator but the tab counts as csv.
    compression : {"none", "gzip", "zstd"}
        Around the whole file.
    encoding : str
        Name of a Python codec; ``utf-8`` for parquet.
    separator : str
        One character; empty for parquet.
    decimal : {".", ","}
        Decimal mark.
    thousands : {"", ",", ".", "'"}
        What parts thousands.
    preamble : int
        Lines above the header, such as comments.
    row_names : bool
        Whether the header names one column less than the rows have, as ``write.table`` of R writes it; pandas
        then takes the first column as index.
    rows : int
        Without the header.
    columns : tuple of str
        In the order of the file, with the target.
    sha256 : str
        Of the file as it is on disk.
    bytes : int
        Size on disk.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    format: Format
    compression: Compression = "none"
    encoding: str = "utf-8"
    separator: str = ","
    decimal: Decimal = "."
    thousands: Thousands = ""
    preamble: int = 0
    row_names: bool = False
    rows: int
    columns: tuple[str, ...]
    sha256: str
    bytes: int

    @property
    def needs_pyarrow(self) -> bool:
        """Whether `pandas_source` needs ``import pyarrow as pa``: pandas alone does not open such a file."""
        return self.compression == "zstd" or (self.format == "parquet" and self.compression != "none")

    def pandas_imports(self) -> tuple[str, ...]:
        """Return the import lines that the expression of `pandas_source` needs."""
        return ("import pandas as pd", *(("import pyarrow as pa",) if self.needs_pyarrow else ()))

    def pandas_source(self, path_literal: str) -> str:
        """Return a Python expression that reads the file with pandas; default arguments are left out.

        Parameters
        ----------
        path_literal : str
            Source of the path, such as ``'"../data.csv"'`` or ``'DATA'``.

        Returns
        -------
        str
            Such as ``pd.read_csv("../data.csv", sep=";", encoding="latin-1")``.
        """
        opened = f"pa.input_stream({path_literal})" if self.needs_pyarrow else path_literal
        if self.format == "parquet":
            return f"pd.read_parquet({f'pa.BufferReader({opened}.read())' if self.needs_pyarrow else opened})"
        arguments = [opened]
        arguments += [f"{name}={_quoted(value)}" for name, value in self.pandas_arguments().items()]
        return f"pd.read_csv({', '.join(arguments)})"

    @property
    def marks(self) -> NumberMarks:
        """How numbers are written."""
        return NumberMarks(self.decimal, self.thousands)

    def pandas_arguments(self) -> dict[str, str | int]:
        """Return the arguments of ``pd.read_csv`` that differ from its defaults."""
        wanted: dict[str, str | int] = {
            "sep": self.separator,
            "skiprows": self.preamble,
            "decimal": self.decimal,
            "thousands": self.thousands,
            "encoding": self.encoding.removesuffix("-sig"),  # pandas drops a byte order mark by itself
        }
        defaults = {"sep": ",", "skiprows": 0, "decimal": ".", "thousands": "", "encoding": "utf-8"}
        return {name: value for name, value in wanted.items() if value != defaults[name]}


class Dataset(BaseModel):
    """A labelled table, inspected.

    Parameters
    ----------
    name : str
        Short name for runs: lower case letters, digits, ``_`` and ``-``.
    train, validation, test : TableFile
        The files; the last two may be None.
    description : str or None
        What the person wrote about the data. Untrusted text.
    target : Target
        The column to predict.
    task : {"classification", "regression"}
        What to learn.
    task_reason : str
        Why, in a sentence.
    columns : tuple of Column
        The features in the order of the file; the target is not among them.
    duplicate_rows : int
        Training rows that repeat an earlier row exactly, among all rows.
    sampled_rows : int or None
        How many rows `columns` was described from; None if it was all of them.
    warnings : tuple of str
        What a person should know before believing any score: one sentence each.
    test_warnings : tuple of str
        The same about the test file: for the person only, since the agent is never told of it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    train: TableFile
    validation: TableFile | None = None
    test: TableFile | None = None
    description: str | None = None
    target: Target
    task: Task
    task_reason: str
    columns: tuple[Column, ...]
    duplicate_rows: int = 0
    sampled_rows: int | None = None
    warnings: tuple[str, ...] = ()
    test_warnings: tuple[str, ...] = ()

    @property
    def n_rows(self) -> int:
        """Number of training rows that have a target."""
        return self.train.rows - self.target.missing

    @property
    def tables(self) -> tuple[TableFile, ...]:
        """The files that there are: train, then validation and test."""
        return tuple(table for table in (self.train, self.validation, self.test) if table is not None)

    def columns_of(self, *kinds: ColumnKind | str) -> tuple[Column, ...]:
        """Return the columns of the given kinds, in the order of the file."""
        wanted = {ColumnKind(kind) for kind in kinds}
        return tuple(column for column in self.columns if column.kind in wanted)

    def column(self, name: str) -> Column:
        """Return the column of that name.

        Raises
        ------
        KeyError
            If there is none.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)


def _quoted(value: str | int) -> str:
    if isinstance(value, int):
        return str(value)
    return '"\\t"' if value == "\t" else f'"{value}"'
