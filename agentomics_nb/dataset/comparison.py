"""What other rows than those of training must hold: the same kinds of values, and labels that were learned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentomics_nb.dataset.model import ColumnKind
from agentomics_nb.dataset.target import listed, to_series
from agentomics_nb.dataset.verbatim import MARKS_OF_MISSING
from agentomics_nb.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from agentomics_nb.dataset.model import Column, Target
    from agentomics_nb.dataset.number_marks import NumberMarks


def about_types(file: str, marks: NumberMarks, rows: pd.DataFrame, columns: Sequence[Column]) -> list[str]:
    """Compare other rows with the columns as training knows them; return a sentence for each that holds some words.

    Raises
    ------
    InputError
        If a column of numbers holds nothing but words.
    """
    import pandas as pd

    words = {str(name) for name, dtype in rows.dtypes.items() if not pd.api.types.is_numeric_dtype(dtype)}
    warnings: list[str] = []
    doubtful = [c for c in columns if c.name in words and c.kind in (ColumnKind.NUMERIC, ColumnKind.COUNT)]
    if _are_numbers(rows, [column.name for column in doubtful]):
        return warnings
    for column in doubtful:
        present = rows[column.name].dropna().astype("str")
        strange = present[to_series(present, marks).isna()]
        strange = strange[~strange.str.strip().str.lower().isin(MARKS_OF_MISSING)]
        if strange.empty:
            continue
        word = str(strange.iloc[0])[:40]
        if len(strange) == len(present):
            raise InputError(
                f"{file} holds words such as {word!r} in column {column.name!r}, which holds numbers in the training "
                "table; give numbers there."
            )
        warnings.append(f"Column {column.name!r} of {file} holds words such as {word!r}; these count as missing.")
    return warnings


def check_labels(role: str, file: str, train: str, found: set[str], target: Target) -> list[str]:
    """Compare the labels of a validation or test file with those of training; return what is strange, a sentence each.

    Raises
    ------
    InputError
        If a label was never learned, or validation lacks a class.
    """
    classes = target.classes or ()
    new = sorted(found - set(classes))
    if new:
        raise InputError(
            f"{file} has the {'label' if len(new) == 1 else 'labels'} {listed(new)}, which {train} lacks; "
            "remove these rows, or add such rows to the training file."
        )
    absent = [label for label in classes if label not in found]
    if absent and role == "validation":
        raise InputError(
            f"{file} has no row of class {listed(absent)}; add such rows, or leave the validation file out."
        )
    return [f"{file} has no row of class {listed(absent)}."] if absent else []


def _are_numbers(rows: pd.DataFrame, names: list[str]) -> bool:
    """Say whether all words of some columns are numbers: one look at all of them, since there may be thousands."""
    try:
        rows[names].to_numpy(dtype=object, na_value=float("nan")).astype("float64")
    except (ValueError, TypeError):
        return False
    return True
