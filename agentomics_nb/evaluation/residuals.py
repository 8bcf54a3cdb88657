"""How the predictions of a regression miss: how far, to which side, and where on the scale."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from agentomics_nb.evaluation.predictions import Predictions
    from agentomics_nb.evaluation.truth import Truth

_PARTS = 10
_MOST_POINTS = 300
_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


class Stretch(BaseModel):
    """A tenth of the rows, ordered by their true value.

    Parameters
    ----------
    low, high
        Smallest and largest true value in it.
    rows
        Number of rows.
    bias
        Mean of prediction minus truth.
    rmse
        Root of the mean squared error.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    low: float
    high: float
    rows: int
    bias: float
    rmse: float


class Residuals(BaseModel):
    """Residuals are prediction minus truth, in the units of the target.

    Parameters
    ----------
    bias, spread
        Mean and standard deviation of the residuals.
    quantiles
        Residuals at 5, 25, 50, 75 and 95 % of the rows.
    slope
        Change of the prediction for one unit of truth, by least squares; below 1 when extremes are predicted
        too close to the middle. None when the truth is constant.
    truth_range, prediction_range
        Smallest and largest value.
    stretches
        The residuals along the scale, at most ten parts.
    points
        Truth and prediction of at most 300 rows, evenly taken along the true values.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    bias: float
    spread: float
    quantiles: tuple[float, ...]
    slope: float | None
    truth_range: tuple[float, float]
    prediction_range: tuple[float, float]
    stretches: tuple[Stretch, ...]
    points: tuple[tuple[float, float], ...] = ()


def residuals(truth: Truth, predictions: Predictions) -> Residuals:
    """Summarise the residuals of a regression."""
    measured, predicted = truth.numbers, predictions.numbers
    missed = predicted - measured
    deviations = measured - measured.mean()
    constant = measured.min() == measured.max()
    order = np.argsort(measured, kind="stable")
    parts = np.array_split(order, min(_PARTS, truth.rows))
    drawn = order[np.unique(np.linspace(0, truth.rows - 1, min(_MOST_POINTS, truth.rows)).astype(int))]
    return Residuals(
        bias=float(missed.mean()),
        spread=float(missed.std()),
        quantiles=tuple(np.quantile(missed, _QUANTILES).tolist()),
        slope=None if constant else float(deviations @ predicted / (deviations @ deviations)),
        truth_range=(float(measured.min()), float(measured.max())),
        prediction_range=(float(predicted.min()), float(predicted.max())),
        stretches=tuple(
            Stretch(
                low=float(measured[rows[0]]),
                high=float(measured[rows[-1]]),
                rows=len(rows),
                bias=float(missed[rows].mean()),
                rmse=float(np.sqrt(np.mean(missed[rows] ** 2))),
            )
            for rows in parts
        ),
        points=tuple(zip(measured[drawn].tolist(), predicted[drawn].tolist(), strict=True)),
    )
