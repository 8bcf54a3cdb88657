"""All feature columns of a sample of rows, each with its kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agentomics_nb.dataset.model import Column, ColumnKind, Task
from agentomics_nb.dataset.number_marks import PLAIN, NumberMarks
from agentomics_nb.dataset.numeric_columns import describe_numbers
from agentomics_nb.dataset.target import to_series
from agentomics_nb.dataset.text_columns import about_words, as_numbers, describe_text

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

_FEWEST_ROWS_OF_A_COPY = 10


def describe_columns(
    sample: pd.DataFrame, *, target: str, task: Task, marks: NumberMarks = PLAIN
) -> tuple[tuple[Column, ...], tuple[str, ...]]:
    """Describe all columns but the target, in the order of the file.

    Parameters
    ----------
    sample : DataFrame
        Rows with a target, which is text.
    target : str
        Name of the target column.
    task : {"classification", "regression"}
        Decides what a copy of the target looks like.
    marks : NumberMarks
        How numbers are written.

    Returns
    -------
    tuple of Column
        The features.
    tuple of str
        Warnings, a sentence each.
    """
    names = [str(name) for name in sample.columns if name != target]
    quantities = {dtype: _is_quantity(dtype) for dtype in set(sample.dtypes)}
    numeric = [n for n, dtype in zip(sample.columns, sample.dtypes, strict=True) if quantities[dtype] and n != target]
    matrix = sample[numeric].to_numpy(dtype="float64", na_value=float("nan"))
    described = {column.name: column for column in describe_numbers(numeric, matrix)} if numeric else {}
    warnings: list[str] = []
    for name in names:
        if name not in described:
            described[name], warning = _describe_words(sample[name], marks)
            warnings += [warning] if warning else []
    if task == "classification":
        copies = _renamed_classes(sample, described, sample[target])
    else:
        copies = _linear_copies(numeric, described, matrix, to_series(sample[target], marks))
    for name, reason in copies.items():
        described[name] = described[name].model_copy(update={"kind": ColumnKind.TARGET_COPY, "reason": reason})
        warnings.append(f"Column {name!r} repeats the target; it is not used.")
    return tuple(described[name] for name in names), tuple(warnings)


def _is_quantity(dtype: Any) -> bool:
    import pandas as pd

    return pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_bool_dtype(dtype)


def _describe_words(values: pd.Series[Any], marks: NumberMarks) -> tuple[Column, str | None]:
    import pandas as pd

    textual = not pd.api.types.is_bool_dtype(values.dtype) and not pd.api.types.is_datetime64_any_dtype(values.dtype)
    found = as_numbers(values, marks) if textual else None
    if found is None:
        column = describe_text(values)
        return column, about_words(column, values) if textual else None
    numbers, strange = found
    if strange and not marks.plain:  # such a column reaches the scripts as words, with marks that Python cannot read
        return describe_text(values), (
            f"Column {str(values.name)!r} holds numbers, but also words such as {strange[0][:20]!r}; empty these "
            "cells, or write decimal points and no marks in thousands, to have the numbers used."
        )
    matrix = numbers.to_numpy(dtype="float64", na_value=float("nan"))[:, None]
    (column,) = describe_numbers([str(values.name)], matrix)
    if not strange:
        return column, None
    reason = f"{column.reason}, but for words such as {strange[0][:20]!r}"
    return (
        column.model_copy(update={"reason": reason}),
        f"Column {column.name!r} holds numbers but for words such as {strange[0][:20]!r}; these count as missing.",
    )


def _renamed_classes(sample: pd.DataFrame, described: dict[str, Column], labels: pd.Series[Any]) -> dict[str, str]:
    """Return the columns whose values stand one to one with the classes, each with a reason."""
    import pandas as pd

    if len(labels) < _FEWEST_ROWS_OF_A_COPY:
        return {}
    codes, classes = pd.factorize(labels)
    return {
        name: "one value for each class"
        for name, column in described.items()
        if column.unique == len(classes) > 1 and _renames(codes, sample[name], len(classes))
    }


def _renames(codes: Any, values: pd.Series[Any], classes: int) -> bool:
    """Say whether values and classes stand one to one, in nine of ten rows at least."""
    import numpy as np
    import pandas as pd

    others, distinct = pd.factorize(values)
    present = others >= 0
    pairs = np.unique(codes[present] * (len(distinct) + 1) + others[present])
    return len(distinct) == classes == len(pairs) and bool(present.mean() >= 0.9)


def _linear_copies(
    names: list[str], described: dict[str, Column], matrix: NDArray[np.float64], values: pd.Series[float]
) -> dict[str, str]:
    """Return the columns that are the target of a regression, scaled and shifted at most."""
    import numpy as np

    target = values.to_numpy(dtype=float)
    if len(target) < _FEWEST_ROWS_OF_A_COPY or not names:
        return {}
    rows = np.isfinite(target)
    target = target[rows] - target[rows].mean()
    with np.errstate(all="ignore"):
        centred = matrix[rows] - matrix[rows].mean(axis=0)
        r = target @ centred / np.sqrt((target**2).sum() * (centred**2).sum(axis=0))
    return {
        name: "the target, or a linear function of it"
        for name, value in zip(names, np.abs(r), strict=True)
        if value > 1 - 1e-10 and described[name].kind != ColumnKind.CONSTANT
    }
