"""Columns that give the label away: copies of it, identifiers, positions and dates, and what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from agentomics_nb.audit import association
from agentomics_nb.audit.finding import Finding, figures, shortened
from agentomics_nb.audit.tables import NUMBERS
from agentomics_nb.dataset.model import Column, ColumnKind
from agentomics_nb.dataset.names import says_identifier, says_place

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    from numpy.typing import NDArray

    from agentomics_nb.audit.finding import Severity
    from agentomics_nb.audit.tables import Tables

MOST_VALUES = 5_000_000
"""Values of numeric columns that are looked at; of larger tables a random sample of the rows is."""
_FEWEST = 40
_ALMOST, _COMPLETELY = 0.85, 0.97
"""How far from the most frequent class (0) to no error (1) a column may come alone before it is suspect."""
_ALMOST_LINEAR, _LINEAR = 0.97, 0.995
_TELLS, _SURE = 0.4, 6.0
_MISSING, _MISSING_MUCH = 0.15, 0.5
_MOST_FORMS = 50
_SHOWN = 3


def find(tables: Tables) -> Iterator[Finding]:
    """Yield which columns give the label away."""
    yield from _copies(tables)
    yield from _single_columns(tables)
    for column in tables.dataset.columns:
        if column.kind == ColumnKind.IDENTIFIER or (column.kind == ColumnKind.TEXT and says_identifier(column.name)):
            yield from _identifiers(tables, column)
        elif column.kind == ColumnKind.DATETIME or (column.integer and says_place(column.name)):
            yield from _positions(tables, column)
    yield from _missing(tables)


def _copies(tables: Tables) -> Iterator[Finding]:
    for column in tables.dataset.columns_of(ColumnKind.TARGET_COPY):
        yield _tells(tables, column.name, "severe", 1.0, f"{column.name} repeats the label under other names.")


def _single_columns(tables: Tables) -> Iterator[Finding]:
    """Find columns that determine the label by themselves."""
    train, dataset = tables.train, tables.dataset
    if len(train) < _FEWEST:
        return
    numeric = [column.name for column in dataset.columns_of(*NUMBERS)]
    most = max(_FEWEST, MOST_VALUES // max(1, len(numeric)))
    rows = np.sort(np.random.default_rng(0).permutation(len(train))[:most])
    labels = train.labels[rows]
    told: dict[str, float] = {}
    if numeric:
        matrix = train.frame[numeric].iloc[rows].to_numpy(dtype=np.float64, na_value=np.nan, copy=True)
        matrix[np.isinf(matrix)] = np.nan
        found = association.told_by_numbers(matrix, labels) if tables.classification else _correlations(matrix, labels)
        told |= dict(zip(numeric, found.tolist(), strict=True))
    for column in dataset.columns_of(ColumnKind.CATEGORICAL, ColumnKind.TEXT):
        codes = _codes(train.frame[column.name])
        if tables.classification:
            told[column.name] = association.told_by_groups(codes, train.labels)
        else:
            told[column.name] = association.of_groups(codes, train.labels, classification=False).strength
    almost, completely = (_ALMOST, _COMPLETELY) if tables.classification else (_ALMOST_LINEAR, _LINEAR)
    for name, value in told.items():
        if value >= almost:
            how = "determines the label" if value >= completely else "all but determines the label"
            yield _tells(
                tables,
                name,
                "severe" if value >= completely else "warning",
                value,
                f"{name} alone {how} ({value:.0%}).",
            )


def _correlations(matrix: NDArray[np.float64], labels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the absolute rank correlation of each column with the values."""
    return np.array([association.of_ranks(column, labels, classification=False).strength for column in matrix.T])


def _tells(tables: Tables, name: str, severity: Severity, value: float, text: str) -> Finding:
    train = tables.train
    values = train.frame[name]
    return Finding(
        code="label_copy",
        severity=severity,
        text=text,
        rows=int(values.notna().sum()),
        of=len(train),
        columns=(name,),
        example=f"{shortened(values.iloc[0])} where the label is {shortened(_label(tables, 0))}",
        effect="If it is made from the label, or after it, any score is too good to be true.",
        remedy=f"Find out whether {name} is known before the label is; if not, leave it out.",
        figures=figures(told=value),
    )


def _label(tables: Tables, row: int) -> object:
    value = tables.train.labels[row]
    return (tables.dataset.target.classes or ())[int(value)] if tables.classification else f"{value:.4g}"


def _identifiers(tables: Tables, column: Column) -> Iterator[Finding]:
    """Find identifiers whose form or number tells the label, such as ``case_17``."""
    import pandas as pd

    train = tables.train
    words = train.frame[column.name].astype("str").where(train.frame[column.name].notna(), "")
    forms = _codes(words.str.replace(r"\d+", "#", regex=True))
    numbers = pd.to_numeric(words.str.extract(r"(\d+)\D*$", expand=False).str[:15], errors="coerce").to_numpy(
        dtype=float
    )
    by_form = association.NONE
    if 1 < len(np.unique(forms)) <= _MOST_FORMS:
        by_form = association.of_groups(forms, train.labels, classification=tables.classification)
    by_number = association.of_ranks(numbers, train.labels, classification=tables.classification)
    found, what = max((by_form, "form"), (by_number, "number"), key=lambda pair: pair[0].strength)
    if found.strength >= _TELLS and found.z >= _SURE:
        yield _given_away(
            tables,
            column,
            found.strength,
            code="identifier_tells_label",
            text=f"The {what} of the identifiers in {column.name} tells the label.",
            remedy=f"Leave {column.name} out of the features.",
        )


def _positions(tables: Tables, column: Column) -> Iterator[Finding]:
    """Find positions, dates and times that tell the label."""
    import pandas as pd

    values = tables.train.frame[column.name]
    if column.kind == ColumnKind.DATETIME:
        times = pd.to_datetime(values, errors="coerce", format="mixed", utc=True)
        numbers = times.astype("int64").to_numpy(dtype=float)
        numbers[times.isna().to_numpy()] = np.nan
    else:
        numbers = pd.to_numeric(values, errors="coerce").to_numpy(dtype=float)
    found = association.of_ranks(numbers, tables.train.labels, classification=tables.classification)
    if found.strength >= _TELLS and found.z >= _SURE:
        later = f"If the model is to predict later rows, use --split time={column.name}; else"
        yield _given_away(
            tables,
            column,
            found.strength,
            code="position_tells_label",
            text=f"{column.name}, a {'date' if column.kind == ColumnKind.DATETIME else 'position'}, tells the label.",
            remedy=f"{later} leave {column.name} out of the features.",
        )


def _given_away(tables: Tables, column: Column, strength: float, *, code: str, text: str, remedy: str) -> Finding:
    how = f" (strength {strength:.2f} of 1)"
    return Finding(
        code=code,
        severity="warning",
        text=text.removesuffix(".") + how + ".",
        rows=len(tables.train),
        of=len(tables.train),
        columns=(column.name,),
        example=shortened(column.examples[0]) if column.examples else None,
        effect="A model that reads it learns how the file was made, not the biology.",
        remedy=remedy,
        figures=figures(strength=strength),
    )


def _missing(tables: Tables) -> Iterator[Finding]:
    """Find columns whose gaps tell the label."""
    train = tables.train
    gaps = train.frame.isna().to_numpy()
    shares = gaps.mean(axis=0) if len(train) else np.zeros(0)
    found: list[tuple[float, str, int]] = []
    for place in np.flatnonzero((shares >= 0.02) & (shares <= 0.98)):
        seen = association.of_ranks(gaps[:, place].astype(float), train.labels, classification=tables.classification)
        if seen.strength >= _MISSING and seen.z >= _SURE:
            found.append((seen.strength, str(train.frame.columns[int(place)]), int(gaps[:, place].sum())))
    if not found:
        return
    found.sort(reverse=True)
    strength, name, rows = found[0]
    names = ", ".join(shortened(each) for _, each, _ in found[:_SHOWN])
    more = f" and {len(found) - _SHOWN:,} more" if len(found) > _SHOWN else ""
    yield Finding(
        code="missing_tells_label",
        severity="severe" if strength >= _MISSING_MUCH else "warning",
        text=f"Whether a value is missing in {names}{more} tells the label (strength {strength:.2f} of 1).",
        rows=rows,
        of=len(train),
        columns=tuple(each for _, each, _ in found[:_SHOWN]),
        effect="A model may learn which rows were measured, not what was measured; new rows may have other gaps.",
        remedy=f"Find out why {name} is missing; impute it without an indicator, or leave it out.",
        figures=figures(strength=strength, columns=len(found)),
    )


def _codes(values: pd.Series[Any]) -> NDArray[np.int64]:
    import pandas as pd

    return np.asarray(pd.factorize(values)[0], dtype=np.int64)
