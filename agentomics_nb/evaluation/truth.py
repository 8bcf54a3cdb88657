"""What was measured: the labels or values that predictions are held against."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from agentomics_nb.evaluation.labels import encode
from agentomics_nb.evaluation.weighted import usable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from agentomics_nb.evaluation.metrics import Task
    from agentomics_nb.evaluation.weighted import Codes, Floats


@dataclass(frozen=True, eq=False)
class Truth:
    """The measured target of each row.

    Parameters
    ----------
    task
        Decides which of the two follows.
    labels
        Classification: the class of each row as text, shape (rows,).
    values
        Regression: the value of each row, finite, shape (rows,).
    classes
        Classification: all classes as text, in the order in which the data set sorts them, at least two. Of
        two classes the second is the positive one: 1 of 0 and 1, True of False and True.

    Raises
    ------
    ValueError
        The parts do not fit together; the data set is checked long before, so this is a bug of ours.
    """

    task: Task
    labels: NDArray[np.object_] | None = None
    values: Floats | None = None
    classes: tuple[str, ...] = ()

    def __init__(
        self,
        task: Task,
        labels: Sequence[str] | NDArray[Any] | None = None,
        values: Sequence[float] | NDArray[Any] | None = None,
        classes: Sequence[str] = (),
    ) -> None:
        set_field = object.__setattr__
        set_field(self, "task", task)
        set_field(self, "labels", None if labels is None else np.asarray(labels, dtype=object))
        set_field(self, "values", None if values is None else np.asarray(values, dtype=np.float64))
        set_field(self, "classes", tuple(classes))
        given = self.labels if task == "classification" else self.values
        if given is None or given.ndim != 1 or len(given) == 0 or (self.labels is None) == (self.values is None):
            raise ValueError("classification needs labels and regression needs values, one for each row")
        if self.values is not None and not usable(self.values).all():
            raise ValueError("the true values must be finite, and small enough to be squared")
        if self.labels is not None:
            if len(set(self.classes)) != len(self.classes) or len(self.classes) < 2:
                raise ValueError("classification needs at least two different classes")
            if (self.codes < 0).any():
                raise ValueError(f"label {self.labels[np.argmin(self.codes)]!r} is none of the classes")

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.labels if self.labels is not None else self.numbers)

    @property
    def numbers(self) -> Floats:
        """The values of a regression, shape (rows,)."""
        if self.values is None:
            raise ValueError("a classification has no values")
        return self.values

    @cached_property
    def codes(self) -> Codes:
        """The place of each row's label in ``classes``, shape (rows,)."""
        if self.labels is None:
            raise ValueError("a regression has no labels")
        return encode(self.labels, self.classes)

    def take(self, rows: Codes) -> Truth:
        """Return the given rows only."""
        if self.labels is not None:
            return Truth(self.task, labels=self.labels[rows], classes=self.classes)
        return Truth(self.task, values=self.numbers[rows])
