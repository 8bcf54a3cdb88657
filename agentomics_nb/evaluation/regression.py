"""The one definition of each regression metric, as functions of row weights (see weighted)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from agentomics_nb.evaluation.weighted import Floats, Weighted, mean_of, ratio, tie_starts

if TYPE_CHECKING:
    from agentomics_nb.evaluation.predictions import Predictions
    from agentomics_nb.evaluation.truth import Truth

_NO_SPREAD = 1e-14
"""Variance below this share of the squared range is what rounding leaves of a constant."""


def mae(truth: Truth, predictions: Predictions) -> Weighted:
    """Mean absolute error, in the units of the target."""
    return mean_of(np.abs(_errors(truth, predictions)))


def rmse(truth: Truth, predictions: Predictions) -> Weighted:
    """Root of the mean squared error, in the units of the target."""
    errors, scale = _scaled(_errors(truth, predictions))
    mean_square = mean_of(errors**2)
    return lambda weights: scale * np.sqrt(mean_square(weights))


def r2(truth: Truth, predictions: Predictions) -> Weighted:
    """Share of the variance explained: 1 - squared errors / squared deviations from the mean of these rows.

    Negative when the mean would have been better. Undefined when the truth is constant.
    """
    errors, error_scale = _scaled(_errors(truth, predictions))
    mean_square = mean_of(errors**2)
    values, value_scale = _centred(truth.numbers)
    mean, mean_of_squares = mean_of(values), mean_of(values**2)

    def value(weights: Floats) -> Floats:
        variance = _without_rounding(mean_of_squares(weights) - mean(weights) ** 2)
        with np.errstate(over="ignore"):
            relative = np.square(np.divide(error_scale, value_scale)) if value_scale else np.float64(np.nan)
            return 1 - ratio(mean_square(weights), variance) * relative

    return value


def pearson(truth: Truth, predictions: Predictions) -> Weighted:
    """Pearson's correlation of truth and prediction.

    Constant predictions get 0, not an undefined value: they say nothing about the order of the rows, and must
    lose against any model that does. Undefined when the truth is constant.
    """
    x, y = _centred(truth.numbers)[0], _centred(predictions.numbers)[0]
    moments = [mean_of(each) for each in (x, y, x * x, y * y, x * y)]

    def value(weights: Floats) -> Floats:
        mean_x, mean_y, xx, yy, xy = (moment(weights) for moment in moments)
        return _correlation(xx - mean_x**2, yy - mean_y**2, xy - mean_x * mean_y)

    return value


def spearman(truth: Truth, predictions: Predictions) -> Weighted:
    """Spearman's correlation: Pearson's of the ranks, ties at their mean rank; constants as for Pearson's."""
    rank_truth, rank_predictions = _ranks(truth.numbers), _ranks(predictions.numbers)

    def value(weights: Floats) -> Floats:
        # Weighted mean ranks are centred on 1/2 by construction, whatever the weights.
        x, y = rank_truth(weights) - 0.5, rank_predictions(weights) - 0.5
        total = weights.sum(axis=1)
        xx, yy, xy = (np.einsum("rn,rn,rn->r", weights, a, b) / total for a, b in ((x, x), (y, y), (x, y)))
        return _correlation(xx, yy, xy)

    return value


def _errors(truth: Truth, predictions: Predictions) -> Floats:
    return predictions.numbers - truth.numbers


def _scaled(values: Floats) -> tuple[Floats, float]:
    """Divide by the largest magnitude, so that the squares of tiny numbers, as p-values, do not vanish."""
    scale = float(np.abs(values).max())
    return (values / scale if scale else values), scale


def _centred(values: Floats) -> tuple[Floats, float]:
    """Shift to mean 0 and divide by the largest deviation; all 0 when constant."""
    if values.min() == values.max():
        return np.zeros_like(values), 0.0
    unit, scale = _scaled(values)
    deviations, spread = _scaled(unit - unit.mean())
    return deviations, scale * spread


def _without_rounding(variance: Floats) -> Floats:
    return np.where(variance <= _NO_SPREAD, 0.0, variance)


def _correlation(xx: Floats, yy: Floats, xy: Floats) -> Floats:
    xx, yy = _without_rounding(xx), _without_rounding(yy)
    coefficient = np.clip(ratio(xy, np.sqrt(xx * yy)), -1.0, 1.0)
    return np.where(xx == 0, np.nan, np.where(yy == 0, 0.0, coefficient))


def _ranks(values: Floats) -> Weighted:
    """Return each row's mean rank in the weighted sample, as a share of it: shape (replicates, rows), 0 to 1.

    A step of tied rows with total weight w after rows of weight b holds the ranks b + 1 … b + w, whose mean
    less 1/2 is b + w/2.
    """
    order = np.argsort(values, kind="stable")
    starts = tie_starts(values[order])
    step = np.empty(len(values), dtype=np.intp)
    step[order] = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(values))))

    def shares(weights: Floats) -> Floats:
        of_step = np.add.reduceat(weights[:, order], starts, axis=1)
        middle = np.cumsum(of_step, axis=1) - of_step / 2
        of_step = middle / weights.sum(axis=1, keepdims=True)
        return np.take(of_step, step, axis=1)

    return shares
