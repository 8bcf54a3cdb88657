"""The figures that a reflection reads: where and how predictions fail, beyond a single number."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel, ConfigDict

from agentomics_nb.evaluation.calibration import Calibration, calibration
from agentomics_nb.evaluation.confusion import Confusion, confusion
from agentomics_nb.evaluation.curves import Curves, curves
from agentomics_nb.evaluation.residuals import Residuals, residuals

if TYPE_CHECKING:
    from agentomics_nb.evaluation.predictions import Predictions
    from agentomics_nb.evaluation.truth import Truth
    from agentomics_nb.evaluation.weighted import Floats

_MOST_WORST = 10


class Diagnostics(BaseModel):
    """What is known about the errors of one split.

    Parameters
    ----------
    rows
        Number of rows.
    confusion, calibration, curves
        Of a classification; the last two need probabilities.
    residuals
        Of a regression.
    worst_rows
        Places of the rows predicted worst, counted from 0, worst first, at most ten: the wrong label with the
        least probability of the true class, or the largest residual.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    rows: int
    confusion: Confusion | None = None
    calibration: Calibration | None = None
    curves: Curves | None = None
    residuals: Residuals | None = None
    worst_rows: tuple[int, ...] = ()


def diagnose(truth: Truth, predictions: Predictions) -> Diagnostics:
    """Compute all figures of the task.

    Raises
    ------
    ValueError
        Truth and predictions differ in task, classes or rows.
    """
    if (truth.task, truth.classes, truth.rows) != (predictions.task, predictions.classes, predictions.rows):
        raise ValueError("truth and predictions differ in task, classes or number of rows")
    if truth.task == "regression":
        return Diagnostics(
            rows=truth.rows,
            residuals=residuals(truth, predictions),
            worst_rows=_largest(np.abs(predictions.numbers - truth.numbers)),
        )
    wrong = (truth.codes != predictions.codes).astype(np.float64)
    if predictions.probabilities is not None:
        wrong *= 1 - predictions.probabilities[np.arange(truth.rows), truth.codes] / 2
    return Diagnostics(
        rows=truth.rows,
        confusion=confusion(truth, predictions),
        calibration=calibration(truth, predictions),
        curves=curves(truth, predictions),
        worst_rows=_largest(wrong),
    )


def _largest(badness: Floats) -> tuple[int, ...]:
    order = np.argsort(-badness, kind="stable")[:_MOST_WORST]
    return tuple(int(row) for row in order if badness[row] > 0)
