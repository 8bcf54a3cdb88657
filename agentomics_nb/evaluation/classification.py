"""The one definition of each classification metric, as functions of row weights (see weighted)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from agentomics_nb.evaluation.weighted import (
    Floats,
    Weighted,
    mean_of,
    mean_of_defined,
    ratio,
    tally,
    tie_starts,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from agentomics_nb.evaluation.predictions import Predictions
    from agentomics_nb.evaluation.truth import Truth

PROBABILITY_FLOOR = float(np.finfo(np.float64).eps)
"""Probabilities are lifted to this before their logarithm: a certain error costs 36 nats, not infinity."""


def accuracy(truth: Truth, predictions: Predictions) -> Weighted:
    """Share of rows with the right label."""
    return mean_of((truth.codes == predictions.codes).astype(np.float64))


class _Tallies:
    """Rows of each class in truth, in the predictions, and in both, for any weights."""

    def __init__(self, truth: Truth, predictions: Predictions) -> None:
        classes = len(truth.classes)
        self.true = tally(truth.codes, classes)
        self.predicted = tally(predictions.codes, classes)
        self.hit = tally(np.where(truth.codes == predictions.codes, truth.codes, -1), classes)


def balanced_accuracy(truth: Truth, predictions: Predictions) -> Weighted:
    """Mean recall over the classes present in truth."""
    rows = _Tallies(truth, predictions)
    return lambda weights: mean_of_defined(ratio(rows.hit(weights), rows.true(weights)))


def f1_macro(truth: Truth, predictions: Predictions) -> Weighted:
    """Mean F1 over the classes present in truth or predicted; a class predicted but absent counts as 0."""
    rows = _Tallies(truth, predictions)
    return lambda weights: mean_of_defined(ratio(2 * rows.hit(weights), rows.true(weights) + rows.predicted(weights)))


def mcc(truth: Truth, predictions: Predictions) -> Weighted:
    """Matthews correlation coefficient, for any number of classes (Gorodkin 2004, R_K).

    Undefined when truth has one class; 0 when only the predictions do, as chance would give.
    """
    rows = _Tallies(truth, predictions)

    def value(weights: Floats) -> Floats:
        true, predicted, hit = rows.true(weights), rows.predicted(weights), rows.hit(weights)
        total = weights.sum(axis=1)
        spread_true = total**2 - (true**2).sum(axis=1)
        spread_predicted = total**2 - (predicted**2).sum(axis=1)
        covariance = hit.sum(axis=1) * total - (true * predicted).sum(axis=1)
        coefficient = ratio(covariance, np.sqrt(spread_true * spread_predicted))
        return np.where(spread_true == 0, np.nan, np.where(spread_predicted == 0, 0.0, coefficient))

    return value


def log_loss(truth: Truth, predictions: Predictions) -> Weighted:
    """Mean negative natural logarithm of the probability given to the true class, floored.

    Each row's probabilities are first divided by their sum, which may be off by the tolerance of a file.
    """
    probabilities = predictions.class_probabilities
    of_truth = probabilities[np.arange(truth.rows), truth.codes] / probabilities.sum(axis=1)
    return mean_of(-np.log(np.maximum(of_truth, PROBABILITY_FLOOR)))


def auroc(truth: Truth, predictions: Predictions) -> Weighted:
    """Area under the ROC curve: how often a positive row outranks a negative one, ties counting half.

    Two classes: the second of ``classes`` is positive. More: the mean over the classes present in truth, each
    against the rest. Undefined when truth has one class.
    """
    return _one_against_rest(truth, predictions, _area_under_roc)


def auprc(truth: Truth, predictions: Predictions) -> Weighted:
    """Area under the precision-recall curve, as average precision (no interpolation, ties as one threshold).

    Two classes: the second of ``classes`` is positive. More: the mean over the classes present in truth, each
    against the rest. Undefined when truth has one class, where every ranking would be perfect.
    """
    return _one_against_rest(truth, predictions, _average_precision)


def judged_classes(truth: Truth) -> list[int]:
    """Return the codes of the classes a ranking is judged by: the positive one of two, else all in truth."""
    return [1] if len(truth.classes) == 2 else [int(code) for code in np.unique(truth.codes)]


def _one_against_rest(truth: Truth, predictions: Predictions, area: Callable[[Floats, Floats], Floats]) -> Weighted:
    probabilities = predictions.class_probabilities
    rankings = [_ranking(truth.codes == code, probabilities[:, code]) for code in judged_classes(truth)]

    def value(weights: Floats) -> Floats:
        return mean_of_defined(np.column_stack([area(*ranking(weights)) for ranking in rankings]))

    return value


def _ranking(positive: NDArray[np.bool_], scores: Floats) -> Callable[[Floats], tuple[Floats, Floats]]:
    """Order rows by descending score; those of equal score are one step.

    The result gives the weight of positives and of negatives in each step, both of shape (replicates, steps).
    """
    order = np.argsort(-scores, kind="stable")
    starts = tie_starts(scores[order])
    is_positive = positive[order].astype(np.float64)

    def steps(weights: Floats) -> tuple[Floats, Floats]:
        ordered = weights[:, order]
        positives = ordered * is_positive
        negatives = np.subtract(ordered, positives, out=ordered)
        if len(starts) == len(order):
            return positives, negatives
        return np.add.reduceat(positives, starts, axis=1), np.add.reduceat(negatives, starts, axis=1)

    return steps


def _area_under_roc(positives: Floats, negatives: Floats) -> Floats:
    outranking = np.cumsum(positives, axis=1) - positives / 2
    wins = np.einsum("rs,rs->r", outranking, negatives)
    return ratio(wins, positives.sum(axis=1) * negatives.sum(axis=1))


def _average_precision(positives: Floats, negatives: Floats) -> Floats:
    found = np.cumsum(positives, axis=1)
    called = found + np.cumsum(negatives, axis=1)
    # A step of weight 0 adds nothing, and only such steps can come before the first call.
    precision = np.divide(found, called, out=np.zeros_like(found), where=called > 0)
    area = ratio(np.einsum("rs,rs->r", precision, positives), found[:, -1])
    return np.where(found[:, -1] == called[:, -1], np.nan, area)
