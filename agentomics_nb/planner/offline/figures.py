"""What a reflection reads: the figures of one iteration, and nothing that varies from run to run, such as times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Estimate:
    """A value with its 95 % interval; an interval that is unknown is left out."""

    value: float
    low: float | None = None
    high: float | None = None

    @property
    def half_width(self) -> float | None:
        """Half of the interval's width: by how much chance alone moves the value."""
        return None if self.low is None or self.high is None else (self.high - self.low) / 2


@dataclass(frozen=True)
class ClassFigures:
    """How one class fares on the validation rows."""

    name: str
    recall: float
    support: int


@dataclass(frozen=True)
class Figures:
    """The figures of one iteration.

    Parameters
    ----------
    iteration : int
        Number of this iteration.
    task : {"classification", "regression"}
        What is predicted.
    label : str
        The metric as people write it, such as ``AUPRC``.
    greater_is_better : bool
        False for losses and errors.
    probabilities : bool
        Whether the metric reads probabilities, so that no cut-off between classes enters it.
    perfect : float
        The metric of perfect predictions: 1, or 0 for losses.
    train : float or None
        On the rows that the model was fitted to.
    validation : Estimate
        On the validation rows.
    constant : float or None
        On the validation rows, of the best predictor that looks at no column.
    lookup : float or None
        On the validation rows, of a lookup of the most similar training rows.
    best, best_train, best_iteration
        Validation and training of the best iteration before this one, and its number; None in the first.
    gain : Estimate or None
        Improvement over that iteration on the same rows, positive when better (paired bootstrap).
    without_gain : int
        How many iterations in a row, this one included, brought no new best.
    classes : tuple of ClassFigures
        Classification only.
    ece, brier : float or None
        Expected calibration error (10 bins) and Brier score on the validation rows, 0 to 1.
    residual_bias, residual_spread, target_spread : float or None
        Regression: mean and standard deviation of prediction minus truth; standard deviation of the truth.
    learning_curve : tuple of (rows, value)
        Held-out metric by number of training rows, ascending; empty if unknown.
    folds : tuple of float
        The metric on each held-out fifth of the training rows; empty where it was not measured.
    rows_train, rows_validation : int
        How many rows.
    features : int or None
        How many numbers the model sees per row.
    repeated_rows : int or None
        Validation rows whose features also stand in the training part.
    strongest_single : float or None
        The metric of the best single column alone.
    """

    iteration: int
    task: Literal["classification", "regression"]
    label: str
    greater_is_better: bool
    perfect: float
    train: float | None
    validation: Estimate
    rows_train: int
    rows_validation: int
    constant: float | None = None
    lookup: float | None = None
    best: Estimate | None = None
    best_train: float | None = None
    best_iteration: int | None = None
    gain: Estimate | None = None
    without_gain: int = 0
    classes: tuple[ClassFigures, ...] = ()
    ece: float | None = None
    brier: float | None = None
    residual_bias: float | None = None
    residual_spread: float | None = None
    target_spread: float | None = None
    learning_curve: tuple[tuple[int, float], ...] = ()
    folds: tuple[float, ...] = ()
    features: int | None = None
    repeated_rows: int | None = None
    strongest_single: float | None = None
    probabilities: bool = False

    def better(self, value: float, than: float) -> float:
        """Return by how much one value of the metric is better than another, negative when worse."""
        return value - than if self.greater_is_better else than - value

    def learned(self, value: float) -> float | None:
        """Return how far a value is from the constant predictor (0) to perfection (1); None without a constant."""
        if self.constant is None:
            return None
        whole = self.better(self.perfect, self.constant)
        return self.better(value, self.constant) / whole if whole > 0 else None
