"""ROC and precision-recall curves, thinned to what a figure can show."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel, ConfigDict

from agentomics_nb.evaluation.classification import judged_classes
from agentomics_nb.evaluation.weighted import Floats, tie_starts

if TYPE_CHECKING:
    from agentomics_nb.evaluation.predictions import Predictions
    from agentomics_nb.evaluation.truth import Truth

MOST_POINTS = 200
MOST_CURVES = 20
"""Of more classes, the most frequent."""


class Curve(BaseModel):
    """Points of a curve, both coordinates from 0 to 1, in the order of falling thresholds.

    Parameters
    ----------
    label
        The positive class.
    x, y
        ROC: false positive rate and true positive rate. Precision-recall: recall and precision.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: str
    x: tuple[float, ...]
    y: tuple[float, ...]


class Curves(BaseModel):
    """One ROC and one precision-recall curve for each class judged: the positive one of two, else each."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    roc: tuple[Curve, ...]
    precision_recall: tuple[Curve, ...]


def curves(truth: Truth, predictions: Predictions) -> Curves | None:
    """Draw the curves; None without probabilities. A class without positive or negative rows has none."""
    if predictions.probabilities is None:
        return None
    support = np.bincount(truth.codes, minlength=len(truth.classes))
    roc: list[Curve] = []
    precision_recall: list[Curve] = []
    for code in sorted(judged_classes(truth), key=lambda code: -int(support[code]))[:MOST_CURVES]:
        if not 0 < support[code] < truth.rows:
            continue
        scores = predictions.probabilities[:, code]
        order = np.argsort(-scores, kind="stable")
        ends = np.append(tie_starts(scores[order])[1:], truth.rows) - 1
        found = np.cumsum(truth.codes[order] == code)[ends].astype(np.float64)
        called = ends + 1.0
        recall, precision = found / found[-1], found / called
        false_alarms = (called - found) / (truth.rows - found[-1])
        label = truth.classes[code]
        roc.append(_thinned(label, np.append(0.0, false_alarms), np.append(0.0, recall)))
        precision_recall.append(_thinned(label, np.append(0.0, recall), np.append(precision[0], precision)))
    return Curves(roc=tuple(roc), precision_recall=tuple(precision_recall))


def _thinned(label: str, x: Floats, y: Floats) -> Curve:
    """Keep points at equal distances along the curve, both ends among them."""
    if len(x) > MOST_POINTS:
        length = np.concatenate(([0.0], np.cumsum(np.abs(np.diff(x)) + np.abs(np.diff(y)))))
        kept = np.unique(np.searchsorted(length, np.linspace(0, length[-1], MOST_POINTS)).clip(0, len(x) - 1))
        kept[-1] = len(x) - 1
        x, y = x[kept], y[kept]
    return Curve(label=label, x=tuple(x.tolist()), y=tuple(y.tolist()))
