"""The column to predict: which one it is, what task it sets, and whether it can be learned at all."""

from __future__ import annotations

import difflib
import math
import re
from typing import TYPE_CHECKING, Any

from agentomics_nb.dataset.model import Target, Task
from agentomics_nb.dataset.names import words
from agentomics_nb.dataset.number_marks import PLAIN, NumberMarks
from agentomics_nb.dataset.verbatim import MARKS_OF_MISSING
from agentomics_nb.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

USUAL_NAMES = (
    "target", "class", "label", "labels", "y", "outcome", "response", "diagnosis", "phenotype",
    "subtype", "condition", "status", "activity",
)  # fmt: skip
_DECISIVE_NAMES = USUAL_NAMES[:5]
_TELLING_WORDS = frozenset(USUAL_NAMES) - {"y"}
_MOST_NEAR = 3
FEWEST_ROWS = 10
FEWEST_PER_CLASS = 2
ROWS_THAT_SAY_LITTLE = 10
MOST_INTEGER_CLASSES = 20
ROWS_PER_INTEGER_CLASS = 5
BINS = 20
"""Of the histogram of a regression target."""
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
_SHOWN, _SHOWN_LAST = 12, 3
_NUMBERS_MEANT = 0.8
_SAYS_CLASS = {"class", "label", "labels", "diagnosis", "subtype"}


def find_target(file: str, columns: Sequence[str], wanted: str | None) -> tuple[str, str]:
    """Return the name of the target column and how it was found.

    Raises
    ------
    InputError
        If the wanted column is not there, or no column has one of the usual names, or several have the same.
    """
    if wanted is not None:
        if wanted in columns:
            return wanted, "named by the person"
        alike = [c for c in columns if c.strip().lower() == wanted.strip().lower()]
        if len(alike) == 1:
            return alike[0], "named by the person, but for capitals"
        near = difflib.get_close_matches(wanted, columns, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"its columns are {listed(columns)}."
        raise InputError(f"{file} has no column {wanted!r}; {hint}")
    decisive = _candidates(columns, _DECISIVE_NAMES)
    candidates = decisive or _candidates(columns, USUAL_NAMES)
    if len(candidates) > 1:
        raise InputError(
            f"{file} has more than one column that may be the target, {listed(candidates)}; name one with --target."
        )
    if candidates:
        return candidates[0], f"found by its name, {candidates[0].strip().lower()!r}"
    if len(columns) == 1:
        raise InputError(
            f"{file} is read as a single column, {columns[0][:60]!r}; part columns by commas, tabs, semicolons or |."
        )
    near = [c for c in columns if not _TELLING_WORDS.isdisjoint(words(c))]
    if 0 < len(near) <= _MOST_NEAR:
        raise InputError(
            f"{file} has no column with a usual name of a target (target, class, label, y …); name it with --target, "
            f"perhaps {' or '.join(map(repr, near))}."
        )
    raise InputError(
        f"{file} has no column with a usual name of a target (target, class, label, y …); "
        f"name one of {listed(columns)} with --target."
    )


def other_candidates(columns: Sequence[str], chosen: str) -> list[str]:
    """Return the columns with a usual name of a target that stand beside the one that was chosen."""
    return [c for c in _candidates(columns, USUAL_NAMES) if c != chosen]


def _candidates(columns: Sequence[str], names: Sequence[str]) -> list[str]:
    """Return the columns of these names, but for capitals; one that is written exactly so stands for its likes."""
    found = []
    for name in names:
        alike = [c for c in columns if c.strip().lower() == name]
        found += [name] if name in alike else alike
    if len(found) > 1 and "x" in columns:
        found = [c for c in found if c != "y"]  # coordinates
    return found


def infer_task(
    name: str, labels: pd.Series[Any], wanted: Task | None, *, marks: NumberMarks = PLAIN
) -> tuple[Task, str]:
    """Return the task and a sentence that says why.

    Parameters
    ----------
    name : str
        Name of the target column.
    labels : Series of str, shape (rows,)
        As written in the file; missing values are NaN.
    wanted : {"classification", "regression"}, optional
        What the person asked for.
    marks : NumberMarks
        How numbers are written.
    """
    if wanted is not None:
        return wanted, f"{wanted.capitalize()} was asked for."
    distinct = labels.dropna().unique()
    numbers = to_numbers(distinct, marks)
    rows = int(labels.notna().sum())
    finite = sum(math.isfinite(x) for x in numbers)
    if MOST_INTEGER_CLASSES < finite < len(numbers) and finite >= _NUMBERS_MEANT * len(numbers):
        # Not classes: the words among the numbers are then named by describe_target.
        return "regression", f"Regression, since {name} holds numbers, but for a few words."
    if len(distinct) == 0 or finite < len(numbers):
        return "classification", f"Classification, since {name} holds words."
    values = set(numbers)
    if len(values) == 2:
        return "classification", f"Classification, since {name} has two values."
    if any(x != math.floor(x) for x in values):
        return "regression", f"Regression, since {name} holds numbers with decimals."
    fewest = 2 if name.strip().lower() in _SAYS_CLASS else ROWS_PER_INTEGER_CLASS
    if len(values) <= MOST_INTEGER_CLASSES and rows >= fewest * len(values):
        return (
            "classification",
            f"Classification, since {name} has only {len(values)} different whole numbers.",
        )
    return "regression", f"Regression, since {name} has {len(values)} different whole numbers."


def describe_target(
    file: str, name: str, reason: str, labels: pd.Series[Any], task: Task, *, marks: NumberMarks = PLAIN
) -> Target:
    """Describe the target of the training rows.

    Raises
    ------
    InputError
        If it is missing everywhere, constant, different in each row, has too few rows or, for a regression,
        words among its numbers.
    """
    import numpy as np

    present = labels.dropna()
    missing = len(labels) - len(present)
    if present.empty:
        raise InputError(f"The target {name!r} of {file} has no value in any row; name another with --target.")
    if len(present) < FEWEST_ROWS:
        raise InputError(
            f"{file} has {len(present)} {'row' if len(present) == 1 else 'rows'} with a target; "
            f"at least {FEWEST_ROWS} are needed."
        )
    counts = {str(label): int(n) for label, n in present.value_counts().items()}
    if len(counts) == 1:
        raise InputError(
            f"The target {name!r} of {file} is {next(iter(counts))!r} in each row; name another with --target."
        )
    codes = any(re.match("0[0-9]", label) for label in counts)  # 01 and 1 are no numbers
    if not codes and len(set(to_numbers(list(counts), marks))) == 1:
        raise InputError(f"The target {name!r} of {file} is the same number in every row; name another with --target.")
    if task == "classification":
        classes = natural_order(list(counts))
        _check_classes(file, name, counts, classes)
        return Target(
            name=name, reason=reason, classes=classes, counts={c: counts[c] for c in classes}, missing=missing
        )
    values = regression_values(file, name, present, marks=marks)
    counted, edges = np.histogram(values.to_numpy(), bins=BINS)
    return Target(
        name=name,
        reason=reason,
        missing=missing,
        minimum=float(values.min()),
        maximum=float(values.max()),
        mean=float(values.mean()),
        std=float(values.std(ddof=1)),
        quantiles={f"{q:.0%}": float(values.quantile(q)) for q in QUANTILES},
        histogram=tuple(int(rows) for rows in counted),
        edges=tuple(float(edge) for edge in edges),
    )


def regression_values(file: str, name: str, present: pd.Series[Any], *, marks: NumberMarks = PLAIN) -> pd.Series[float]:
    """Return the numbers of a regression target.

    Raises
    ------
    InputError
        If a value is a word or infinite.
    """
    import numpy as np

    values = to_series(present, marks)
    wrong = present[~np.isfinite(values)]
    if len(wrong) > _NUMBERS_MEANT * len(present):
        raise InputError(
            f"The target {name!r} of {file} holds words such as {str(wrong.iloc[0])[:40]!r} and not numbers; "
            "use --task classification, or name another with --target."
        )
    if len(wrong):
        raise InputError(
            f"The target {name!r} of {file} is no finite number in {len(wrong):,} of {len(present):,} rows, "
            f"such as {str(wrong.iloc[0])[:40]!r}; mend or empty them."
        )
    return values


def to_numbers(words: Any, marks: NumberMarks = PLAIN) -> list[float]:
    """Return words as numbers, NaN where they are none."""
    import pandas as pd

    return [float(x) for x in to_series(pd.Series(words, dtype="str"), marks)]


def to_series(words: pd.Series[Any], marks: NumberMarks = PLAIN) -> pd.Series[float]:
    """Return words as a Series of numbers, NaN where they are none."""
    import pandas as pd

    if marks.thousands:
        words = words.str.replace(marks.thousands, "", regex=False)
    if marks.decimal == ",":
        words = words.str.replace(",", ".", regex=False)
    return pd.to_numeric(words, errors="coerce").astype("float64")


def natural_order(labels: Sequence[str]) -> tuple[str, ...]:
    """Return labels in the order a person expects: numbers by value, words by their letters.

    ``2`` comes before ``10``, and ``stage2`` before ``stage10``.
    """
    numbers = to_numbers(list(labels))
    if all(math.isfinite(x) for x in numbers):
        return tuple(label for _, label in sorted(zip(numbers, labels, strict=True)))
    return tuple(sorted(labels, key=_natural_key))


def listed(names: Sequence[str]) -> str:
    """Return names for a message, shortened where there are many."""
    if len(names) <= _SHOWN:
        return ", ".join(repr(name[:40]) for name in names)
    first, last = names[: _SHOWN - _SHOWN_LAST], names[-_SHOWN_LAST:]
    return f"{listed(first)} … {listed(last)} ({len(names):,} in all)"


def _check_classes(file: str, name: str, counts: dict[str, int], classes: Sequence[str]) -> None:
    if all(n == 1 for n in counts.values()):
        raise InputError(
            f"The target {name!r} of {file} is different in each row, so there are no classes to learn; "
            "name another with --target, or use --task regression if it holds numbers."
        )
    rare = [c for c in classes if counts[c] < FEWEST_PER_CLASS]
    if rare:
        verb = "class" if len(rare) == 1 else "classes"
        raise InputError(
            f"The target {name!r} of {file} has only one row of {verb} {listed(rare)}; "
            f"remove these rows, join classes, or add rows until each has {FEWEST_PER_CLASS}."
        )


def about_labels(file: str, target: Target) -> list[str]:
    """Return what is strange about the classes, a sentence each."""
    classes = target.classes or ()
    warnings = []
    blank = [c for c in classes if c.strip().lower() in MARKS_OF_MISSING - {"none"} or not c.strip()]
    if "+" in classes:
        blank = [c for c in blank if c != "-"]
    if blank:
        rows = sum(target.counts[c] for c in blank)
        warnings.append(
            f"The label {listed(blank)} of {file} ({rows:,} rows) counts as a class; empty these cells if the label is "
            "missing there."
        )
    numbers = dict(zip(classes, to_numbers(list(classes)), strict=True))
    alike: dict[object, list[str]] = {}
    for label in classes:
        number = numbers[label]
        alike.setdefault(number if number == number else label.strip().casefold(), []).append(label)
    for labels in alike.values():
        if len(labels) > 1:
            warnings.append(
                f"The labels {listed(labels)} of {file} differ only in how they are written and count as different "
                "classes; write them alike if they are one."
            )
    rare = [c for c in classes if target.counts[c] < ROWS_THAT_SAY_LITTLE]
    if rare:
        which = "The class" if len(rare) == 1 else "The classes"
        verb = "has" if len(rare) == 1 else "have"
        warnings.append(
            f"{which} {listed(rare)} of {file} {verb} fewer than {ROWS_THAT_SAY_LITTLE} rows; scores of so few vary "
            "by chance."
        )
    return warnings


def _natural_key(label: str) -> tuple[list[tuple[int, int, str]], str]:
    parts = re.findall(r"[0-9]+|[^0-9]+", label.casefold())
    return [(0, int(p), "") if p.isdigit() and p.isascii() else (1, 0, p) for p in parts], label
