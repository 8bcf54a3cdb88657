"""Whether a predicted probability of 80 % is right four times in five."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from agentomics_nb.evaluation.predictions import Predictions
    from agentomics_nb.evaluation.truth import Truth

BINS = 10
"""Equal-width bins of the probability."""


class ReliabilityBin(BaseModel):
    """Rows whose probability lies in one tenth of the scale; its upper edge belongs to it.

    Parameters
    ----------
    rows
        Number of rows.
    predicted
        Mean probability of these rows; None without rows.
    observed
        Share of them for which it came true; None without rows.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    low: float
    high: float
    rows: int
    predicted: float | None
    observed: float | None


class Calibration(BaseModel):
    """How well probabilities agree with what happened.

    Parameters
    ----------
    brier
        Mean squared error of the probabilities (Brier 1950). Two classes: of the positive one's, from 0 to 1.
        More: summed over the classes, from 0 to 2.
    expected_calibration_error
        Mean distance of predicted and observed over the bins, weighted by rows (Naeini 2015), from 0 to 1.
    bins
        Two classes: the probability of the positive class against its share. More: the probability of the
        most probable class against how often that class is the true one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    brier: float
    expected_calibration_error: float
    bins: tuple[ReliabilityBin, ...]


def calibration(truth: Truth, predictions: Predictions) -> Calibration | None:
    """Compare probabilities with outcomes; None when the predictions have no probabilities."""
    if predictions.probabilities is None:
        return None
    probabilities = predictions.probabilities
    if len(truth.classes) == 2:
        stated = probabilities[:, 1]
        came_true = truth.codes == 1
        brier = float(np.mean((stated - came_true) ** 2))
    else:
        most_probable = probabilities.argmax(axis=1)
        stated = probabilities[np.arange(truth.rows), most_probable]
        came_true = truth.codes == most_probable
        of_truth = probabilities[np.arange(truth.rows), truth.codes]
        brier = float(np.mean((probabilities**2).sum(axis=1) - 2 * of_truth + 1))
    bins = _bins(stated, came_true)
    error = sum(
        each.rows * abs(each.predicted - each.observed)
        for each in bins
        if each.predicted is not None and each.observed is not None
    )
    return Calibration(brier=brier, expected_calibration_error=error / truth.rows, bins=bins)


def _bins(stated: np.ndarray, came_true: np.ndarray) -> tuple[ReliabilityBin, ...]:
    edges = np.linspace(0, 1, BINS + 1)
    place = np.searchsorted(edges[1:-1], stated, side="left")
    rows = np.bincount(place, minlength=BINS)
    predicted = np.bincount(place, weights=stated, minlength=BINS)
    observed = np.bincount(place, weights=came_true, minlength=BINS)
    return tuple(
        ReliabilityBin(
            low=float(edges[i]),
            high=float(edges[i + 1]),
            rows=int(rows[i]),
            predicted=float(predicted[i] / rows[i]) if rows[i] else None,
            observed=float(observed[i] / rows[i]) if rows[i] else None,
        )
        for i in range(BINS)
    )
