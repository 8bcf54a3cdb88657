"""Inspect a data set: read it once, find out what it is, and refuse what cannot be used."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agentomics_nb.dataset.columns import describe_columns
from agentomics_nb.dataset.comparison import about_types, check_labels
from agentomics_nb.dataset.dialect import Dialect, find_dialect
from agentomics_nb.dataset.encoding import find_encoding
from agentomics_nb.dataset.files import Source, locate
from agentomics_nb.dataset.folder import dataset_name, find_paths, read_description
from agentomics_nb.dataset.model import Column, ColumnKind, Dataset, TableFile, Target, Task
from agentomics_nb.dataset.number_marks import PLAIN, NumberMarks
from agentomics_nb.dataset.orientation import may_be_transposed, transposed_target
from agentomics_nb.dataset.reading import count_rows, read_labels, read_row_names
from agentomics_nb.dataset.survey import Survey, sample_size, survey_parquet, survey_text
from agentomics_nb.dataset.target import (
    about_labels,
    describe_target,
    find_target,
    infer_task,
    listed,
    other_candidates,
    regression_values,
)
from agentomics_nb.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

_ORIENTATION_ROWS = 50
_TYPE_ROWS = 2000
_SAYS_LITTLE = {ColumnKind.IDENTIFIER, ColumnKind.CONSTANT, ColumnKind.TARGET_COPY, ColumnKind.DATETIME}


@dataclass(frozen=True)
class _Table:
    """One file with what is known of it before its rows are read."""

    source: Source
    dialect: Dialect | None
    columns: tuple[str, ...]

    @property
    def marks(self) -> NumberMarks:
        return self.dialect.marks if self.dialect is not None else PLAIN

    def survey(self, target: str, *, limit: int | None = None, join_lines: bool = False) -> Survey:
        if self.dialect is None:
            return survey_parquet(self.source, text=(target,), limit=limit)
        return survey_text(self.source, self.dialect, text=(target,), limit=limit, join_lines=join_lines)

    def labels(self, target: str) -> pd.Series[Any]:
        return read_labels(self.source, self.dialect, target)

    def describe(self, rows: int) -> TableFile:
        dialect = self.dialect
        return TableFile(
            path=str(self.source.path),
            format="parquet" if dialect is None else "tsv" if dialect.separator == "\t" else "csv",
            compression=self.source.compression,
            rows=rows,
            columns=self.columns,
            **({"separator": ""} if dialect is None else dialect.facts()),
            sha256=self.source.sha256(),
            bytes=self.source.path.stat().st_size,
        )


def inspect(
    data: Path,
    *,
    target: str | None = None,
    task: Task | None = None,
    validation: Path | None = None,
    test: Path | None = None,
    description: Path | None = None,
    shown_as: str = "",
) -> Dataset:
    """Inspect a labelled table, or a folder of them.

    Rows, labels and repeats are counted over the whole file; columns are described from a random sample of
    20,000 rows, fewer where there are more than 200 columns.

    Parameters
    ----------
    data : Path
        A csv, tsv or parquet file, also compressed with gzip or zstd, or a folder with a train file.
    target : str, optional
        The column to predict; by default found by name.
    task : {"classification", "regression"}, optional
        By default inferred from the target.
    validation, test, description : Path, optional
        Files that take the place of those in the folder.
    shown_as : str
        What messages call the training table; by default its file's name.

    Raises
    ------
    InputError
        If the data cannot be used; one sentence says why and what to do.
    """
    paths = find_paths(data)
    text = description or paths.description
    train = _open(paths.train, shown_as=shown_as)
    name, reason = _find_target(train, target)
    if len(train.columns) == 1:
        raise InputError(f"{train.source.name} has no column besides the target {name!r}; add features.")
    survey, labels = _survey(train, name)
    task, task_reason = infer_task(name, labels, task, marks=train.marks)
    found = describe_target(train.source.name, name, reason, labels, task, marks=train.marks)
    table = train.describe(survey.rows)
    sample, labelled = survey.sample, survey.sample[name].notna()
    columns, about_columns = describe_columns(
        sample if labelled.all() else sample[labelled], target=name, task=task, marks=train.marks
    )
    warnings = [
        *_about_encoding(train),
        *_about_target(train, found, named=target is not None),
        *_about_rows(train, survey, found),
        *about_columns,
    ]
    if all(c.kind in (ColumnKind.CONSTANT, ColumnKind.TARGET_COPY) for c in columns):
        raise InputError(f"{train.source.name} has no column to learn from: all are constant or repeat the target.")
    if all(c.kind in _SAYS_LITTLE for c in columns):
        warnings.append(
            f"{train.source.name} has no column of measurements, categories or sequences; a model can only read the "
            "letters of its identifiers."
        )
    others: dict[str, TableFile | None] = {"validation": None, "test": None}
    about: dict[str, list[str]] = {"validation": warnings, "test": []}
    for role, path in (("validation", validation or paths.validation), ("test", test or paths.test)):
        if path is not None:
            others[role], found_there = _beside(role, path, train, table, found, task, columns)
            about[role] += found_there
    return Dataset(
        name=dataset_name(data),
        train=table,
        validation=others["validation"],
        test=others["test"],
        description=read_description(text) or None if text is not None else None,
        target=found,
        task=task,
        task_reason=task_reason,
        columns=columns,
        duplicate_rows=survey.duplicates,
        sampled_rows=len(sample) if survey.sampled else None,
        warnings=tuple(warnings),
        test_warnings=tuple(about["test"]),
    )


def describe_file(path: Path) -> TableFile:
    """Return how a file is to be read; its rows are not counted.

    Raises
    ------
    InputError
        If it is no table.
    """
    return _open(path).describe(0)


def describe_rows(source: Source) -> TableFile:
    """Return how a file is to be read, with the number of its rows once all are known to fit the header.

    Raises
    ------
    InputError
        If it is no table, or a row does not fit.
    """
    table = _opened(source)
    if table.dialect is not None:
        return table.describe(count_rows(source, table.dialect))
    from agentomics_nb.dataset.parquet import open_parquet

    return table.describe(open_parquet(source).metadata.num_rows)


def _find_target(table: _Table, wanted: str | None) -> tuple[str, str]:
    """Find the target column; say so if the table lies on its side."""
    try:
        return find_target(table.source.name, table.columns, wanted)
    except InputError as error:
        if len(table.columns) > 1:
            _check_orientation(table, wanted, error)
        raise


def _check_orientation(table: _Table, wanted: str | None, error: InputError) -> None:
    file = table.source.name
    names = read_row_names(table.source, table.dialect, table.columns)
    remedy = f"pd.read_csv({file!r}, index_col=0).T" if table.dialect is not None else f"pd.read_parquet({file!r}).T"
    if table.source.shown_as:
        remedy = f"{file}.T"
    if found := transposed_target(names, wanted):
        raise InputError(
            f"{file} has its samples in columns, since {found!r} names a row; transpose it so that each row is a "
            f"sample, such as with {remedy}."
        ) from None
    if may_be_transposed(table.columns, names, table.survey("", limit=_ORIENTATION_ROWS).sample):
        raise InputError(
            f"{file} has no column of labels; add one and name it with --target, and if its rows are genes and its "
            f"columns samples, transpose it first ({remedy})."
        ) from None


def _open(path: Path, *, shown_as: str = "") -> _Table:
    return _opened(locate(path, shown_as=shown_as))


def _opened(source: Source) -> _Table:
    if source.parquet:
        from agentomics_nb.dataset.parquet import column_names, open_parquet

        return _Table(source, None, column_names(open_parquet(source)))
    try:
        dialect = find_dialect(source, find_encoding(source))
    except (OSError, EOFError, zlib.error):
        raise InputError(f"{source.name} is damaged or cut short; copy or compress it again.") from None
    return _Table(source, dialect, dialect.header)


def _survey(table: _Table, target: str, *, limit: int | None = None) -> tuple[Survey, pd.Series[Any]]:
    """Return rows and labels; labels first, since reading them finds rows that do not fit the header."""
    labels = table.labels(target)
    if labels.empty:
        raise InputError(f"{table.source.name} holds a header and no rows; give a file with labelled rows.")
    survey = table.survey(target, limit=limit)
    if survey.rows != len(labels):
        survey = table.survey(target, limit=limit, join_lines=True)
    if survey.rows != len(labels):
        raise InputError(
            f"{table.source.name} has quotation marks that do not match ({survey.rows:,} or {len(labels):,} "
            "rows); "
            "write it again with quoted fields closed."
        )
    return survey, labels


def _about_target(table: _Table, target: Target, *, named: bool) -> list[str]:
    file, warnings = table.source.name, about_labels(table.source.name, target)
    others = [] if named else other_candidates(table.columns, target.name)
    if others:
        warnings.append(
            f"{target.name!r} of {file} is the target; {listed(others)}, which could be one too, "
            f"{'is a feature' if len(others) == 1 else 'are features'}: remove what is not known before {target.name}."
        )
    return warnings


def _about_encoding(table: _Table) -> list[str]:
    """Name an encoding that could only be guessed, with a word by which a person sees whether it is right."""
    dialect = table.dialect
    if dialect is None or dialect.encoding.startswith("utf"):
        return []
    word = f", such as the word {dialect.foreign_word!r}" if dialect.foreign_word else ""
    return [f"{table.source.name} is not in UTF-8; it is read as {dialect.encoding}{word}."]


def _about_rows(table: _Table, survey: Survey, target: Target) -> list[str]:
    file, rows, warnings = table.source.name, f"{survey.rows:,}", []
    if survey.sampled:
        warnings.append(
            f"{file} has {rows} rows and {len(table.columns):,} columns; columns are described from a random "
            f"sample of {len(survey.sample):,} rows, labels and repeated rows from all."
        )
    if target.missing:
        warnings.append(f"{target.missing:,} of {rows} rows of {file} have no {target.name}; they are left out.")
    return warnings


def _beside(
    role: str,
    path: Path,
    train: _Table,
    train_file: TableFile,
    target: Target,
    task: Task,
    columns: tuple[Column, ...],
) -> tuple[TableFile, list[str]]:
    """Inspect a validation or test file against the training file."""
    table = _open(path)
    file, train_name = table.source.name, train.source.name
    absent = [column for column in train.columns if column not in table.columns]
    if target.name in absent:
        raise InputError(f"{file} has no target column {target.name!r}; a {role} file needs the labels.")
    if absent:
        raise InputError(f"{file} lacks {_columns(absent)} of {train_name}; add what is missing or give another file.")
    survey, labels = _survey(table, target.name, limit=min(_TYPE_ROWS, sample_size(len(table.columns))))
    present = labels.dropna()
    warnings = []
    if present.empty:
        raise InputError(
            f"The target {target.name!r} of {file} has no value in any row; give a {role} file with labels."
        )
    if len(present) < len(labels):
        missing = len(labels) - len(present)
        warnings.append(f"{missing:,} of {len(labels):,} rows of {file} have no {target.name}; they are left out.")
    if task == "classification":
        warnings += check_labels(role, file, train_name, set(present.unique()), target)
    else:
        regression_values(file, target.name, present, marks=table.marks)
    warnings += about_types(file, table.marks, survey.sample, columns)
    described = table.describe(survey.rows)
    if described.sha256 == train_file.sha256:
        warnings.append(f"{file} is the same file as {train_name}; its scores say nothing about new data.")
    return described, warnings


def _columns(names: list[str]) -> str:
    return f"the {'column' if len(names) == 1 else 'columns'} {listed(names)}"
