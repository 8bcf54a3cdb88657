"""From which probability on a row is called positive: the cut-off that is best on validation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel, ConfigDict

from agentomics_nb.evaluation.intervals import Interval, bootstrap
from agentomics_nb.evaluation.metrics import METRICS
from agentomics_nb.evaluation.predictions import Predictions
from agentomics_nb.evaluation.resampling import plan
from agentomics_nb.evaluation.truth import Truth
from agentomics_nb.evaluation.weighted import tally

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from agentomics_nb.evaluation.metrics import Metric
    from agentomics_nb.evaluation.resampling import Resampling
    from agentomics_nb.evaluation.weighted import Floats

USUAL = 0.5
MOST_CUT_OFFS = 200
"""Of more different probabilities so many quantiles are tried."""


class Threshold(BaseModel):
    """A cut-off on the probability of the positive class, found on validation rows.

    Parameters
    ----------
    metric
        What it maximises: the run's metric if that depends on labels, else balanced accuracy.
    positive
        The class that is predicted from the cut-off on.
    cut_off
        The best one; its interval holds where it lies for other rows drawn as these were.
    value, value_at_half
        The metric at the cut-off and at one half, on the rows that chose it.
    gain
        By how much the cut-off is better than one half on rows that did not choose it; above zero is better.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    metric: str
    positive: str
    cut_off: Interval
    value: float
    value_at_half: float
    gain: Interval

    def applied(self, predictions: Predictions) -> Predictions:
        """Return predictions with the labels that the cut-off gives.

        Raises
        ------
        ValueError
            They are not of two classes with probabilities, or the second is another.
        """
        if len(predictions.classes) != 2 or predictions.classes[1] != self.positive or self.cut_off.value is None:
            raise ValueError("a cut-off needs the two classes that it was found for")
        positive = predictions.class_probabilities[:, 1] >= self.cut_off.value
        return Predictions(
            "classification",
            labels=np.array(predictions.classes, dtype=object)[positive.astype(np.intp)],
            probabilities=predictions.class_probabilities,
            classes=predictions.classes,
        )


def choose_threshold(
    truth: Truth,
    predictions: Predictions,
    metric: Metric,
    groups: Sequence[Hashable] | None = None,
    *,
    seed: int = 0,
    replicates: int = 300,
) -> Threshold | None:
    """Return the cut-off that maximises a metric of labels; None but for two classes with probabilities.

    Parameters
    ----------
    truth, predictions
        Of the validation rows.
    metric
        Of the run; one of rankings or probabilities stands aside for balanced accuracy.
    groups
        The group of each row, where rows of a group resemble each other.

    Raises
    ------
    ValueError
        Truth and predictions do not belong together, or ``groups`` has not one entry for each row.
    """
    if len(truth.classes) != 2 or predictions.probabilities is None:
        return None
    if metric.needs_probabilities:
        metric = METRICS["balanced_accuracy"]
    resampling = plan(truth.rows, groups=groups, replicates=replicates, seed=seed)
    cut_offs = _cut_offs(predictions.class_probabilities[:, 1])
    curve = _curve(truth, metric, len(cut_offs))
    passed = np.searchsorted(cut_offs, predictions.class_probabilities[:, 1], side="right")
    cell = truth.codes * (len(cut_offs) + 1) + passed
    cells = 2 * (len(cut_offs) + 1)
    of_all = curve(np.bincount(cell, minlength=cells)[None].astype(np.float64))[0]
    if not np.isfinite(of_all).any():
        return None
    best = _best(of_all[None], cut_offs)[0]
    half = int(np.flatnonzero(cut_offs == USUAL)[0])
    counted = tally(cell if resampling.rows is None else cell[resampling.rows], cells)
    found, gains = [], []
    for weights in resampling.weights():
        winner = _best(curve(counted(weights)), cut_offs)
        out_of_bag = curve(counted((weights == 0).astype(np.float64)))
        found.append(cut_offs[winner])
        gains.append(out_of_bag[np.arange(len(winner)), winner] - out_of_bag[:, half])
    return Threshold(
        metric=metric.name,
        positive=truth.classes[1],
        cut_off=_spread(np.concatenate(found), resampling, value=float(cut_offs[best])),
        value=float(of_all[best]),
        value_at_half=float(of_all[half]),
        gain=_spread(np.concatenate(gains), resampling),
    )


def score_at(
    threshold: Threshold,
    truth: Truth,
    predictions: Predictions,
    groups: Sequence[Hashable] | None = None,
    *,
    seed: int = 0,
) -> Interval:
    """Return the metric of a threshold where it is applied to other rows, such as those of the test."""
    return bootstrap(truth, threshold.applied(predictions), METRICS[threshold.metric], groups=groups, seed=seed)


def _curve(truth: Truth, metric: Metric, cut_offs: int) -> Callable[[Floats], Floats]:
    """Return what gives a metric at each cut-off from the weight of each cell: shape (replicates, cut-offs).

    Cells are the rows of a class that pass the same cut-offs; a metric of labels can depend on nothing else.
    """
    names = np.array(truth.classes, dtype=object)
    of_cells = Truth("classification", labels=np.repeat(names, cut_offs + 1), classes=truth.classes)
    passed = np.tile(np.arange(cut_offs + 1), 2)
    labels = [names[(passed > cut).astype(np.intp)] for cut in range(cut_offs)]
    metrics = [
        metric.prepare(of_cells, Predictions("classification", labels=each, classes=truth.classes)) for each in labels
    ]
    return lambda cells: np.column_stack([value(cells) for value in metrics])


def _cut_offs(probabilities: Floats) -> Floats:
    """Return the middles between different probabilities, or quantiles of them, and one half."""
    different = np.unique(probabilities)
    middles = (different[1:] + different[:-1]) / 2
    if len(middles) > MOST_CUT_OFFS:
        middles = np.quantile(probabilities, np.linspace(0, 1, MOST_CUT_OFFS + 2)[1:-1])
    return np.unique(np.append(middles, USUAL))


def _best(scores: Floats, cut_offs: Floats) -> np.ndarray:
    """Return the place of the best cut-off of each replicate; of equally good ones that nearest to one half."""
    order = np.argsort(np.abs(cut_offs - USUAL), kind="stable")
    ranked = np.where(np.isfinite(scores), scores, -np.inf)[:, order]
    best: np.ndarray = order[(ranked >= ranked.max(axis=1, keepdims=True) - 1e-12).argmax(axis=1)]
    return best


def _spread(draws: Floats, resampling: Resampling, value: float | None = None) -> Interval:
    """Return replicates as an interval, around their mean where no value is given; those of a sample are scaled."""
    defined = draws[np.isfinite(draws)]
    if len(defined) < max(2, len(draws) / 2):
        return Interval(value=value, note="; ".join([*resampling.notes, "undefined in most resamples"]))
    centre = float(defined.mean()) if value is None else value
    low, high = centre + resampling.scale * (np.quantile(defined, [0.025, 0.975]) - centre)
    return Interval(
        value=centre,
        low=float(low),
        high=float(high),
        replicates=len(defined),
        note="; ".join(resampling.notes) or None,
    )
