"""Labels as text: their place among the classes, and spellings of the same number."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from agentomics_nb.evaluation.weighted import Codes


def encode(labels: Sequence[Any] | NDArray[Any], classes: Sequence[str]) -> Codes:
    """Return the place of each label in ``classes``, -1 where it has none; shape (rows,)."""
    place = {name: code for code, name in enumerate(classes)}
    return np.fromiter((place.get(label, -1) for label in labels), dtype=np.intp, count=len(labels))


class LabelMatcher:
    """Finds the class that a text names.

    The text itself comes first. Else "1.0" finds "1", and "1" finds "1.0": a column of whole numbers with one
    missing value comes back from pandas as floats. Where two classes are the same number, only the text
    counts.
    """

    def __init__(self, classes: Sequence[str]) -> None:
        self._classes = frozenset(classes)
        numbers = {name: _number(name) for name in classes}
        counts = Counter(numbers.values())
        self._by_number = {
            number: name for name, number in numbers.items() if number is not None and counts[number] == 1
        }

    def find(self, text: str) -> str | None:
        """Return the class, or None."""
        if text in self._classes:
            return text
        number = _number(text)
        return None if number is None else self._by_number.get(number)


def _number(text: str) -> Decimal | None:
    # Decimal, since identifiers beyond 2**53 must not be merged.
    if "_" in text:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
