"""Whether a row's prediction stays the same when other rows are removed or shuffled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from agentomics_nb.evaluation.predictions import Predictions


def differs(a: Predictions, b: Predictions, tolerance: float = 1e-4) -> str | None:
    """Compare two predictions of the same rows in the same order.

    Parameters
    ----------
    tolerance
        What rounding may change: a probability by this much; a value by this share of the standard deviation
        of ``a``, or by a hundredth of this share of the value itself where that is more. A label may change
        between two classes whose probabilities are that close.

    Returns
    -------
    str or None
        How many rows differ, with the one that differs most; None when all are the same.

    Raises
    ------
    ValueError
        The two differ in task, classes or rows.
    """
    if (a.task, a.classes, a.rows) != (b.task, b.classes, b.rows):
        raise ValueError("the two predictions differ in task, classes or number of rows")
    if a.task == "regression":
        return _values_differ(a, b, tolerance)
    return _classes_differ(a, b, tolerance)


def _values_differ(a: Predictions, b: Predictions, tolerance: float) -> str | None:
    change = np.abs(a.numbers - b.numbers)
    excess = change - tolerance * np.maximum(a.numbers.std(), np.abs(a.numbers) / 100)
    if not (excess > 0).any():
        return None
    row = int(np.argmax(excess))
    return _sentence(excess > 0, row, f"{a.numbers[row]:.6g} became {b.numbers[row]:.6g}")


def _classes_differ(a: Predictions, b: Predictions, tolerance: float) -> str | None:
    every = np.arange(a.rows)
    relabelled = a.codes != b.codes
    moved = np.zeros(a.rows)
    if a.probabilities is not None and b.probabilities is not None:
        moved = np.abs(a.probabilities - b.probabilities).max(axis=1)
        near_tie = np.abs(a.probabilities[every, a.codes] - a.probabilities[every, b.codes]) <= 2 * tolerance
        relabelled &= ~near_tie
    changed = relabelled | (moved > tolerance)
    if not changed.any():
        return None
    row = int(np.argmax(relabelled + moved))
    code = int(a.codes[row])
    text = f"{a.classes[code]!r} became {b.classes[int(b.codes[row])]!r}"
    if not relabelled[row] and a.probabilities is not None and b.probabilities is not None:
        code = int(np.argmax(np.abs(a.probabilities[row] - b.probabilities[row])))
        before, after = a.probabilities[row, code], b.probabilities[row, code]
        text = f"the probability of {a.classes[code]!r} went from {before:.6g} to {after:.6g}"
    return _sentence(changed, row, text)


def _sentence(changed: NDArray[np.bool_], row: int, text: str) -> str:
    count = int(changed.sum())
    return f"{count} of {len(changed)} rows got another prediction; in row {row + 1} {text}."
