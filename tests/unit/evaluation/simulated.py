"""Random truths and predictions for the tests of evaluation."""

from __future__ import annotations

import numpy as np

from agentomics_nb.evaluation.predictions import Predictions
from agentomics_nb.evaluation.truth import Truth


def classified(rows=300, classes=2, seed=0, signal=0.4, decimals=None, present=None):
    """Labels and better-than-chance probabilities; few decimals give ties, ``present`` leaves classes out."""
    rng = np.random.default_rng(seed)
    names = np.array([f"class {i}" for i in range(classes)], dtype=object)
    codes = rng.choice(classes if present is None else present, size=rows)
    probabilities = rng.random((rows, classes)) + 0.01
    probabilities[np.arange(rows), codes] += signal
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    if decimals is not None:
        probabilities = np.floor(probabilities * 10**decimals) / 10**decimals
        probabilities[:, 0] = 1 - probabilities[:, 1:].sum(axis=1)
    truth = Truth("classification", labels=names[codes], classes=names)
    return truth, Predictions(
        "classification", labels=names[probabilities.argmax(1)], probabilities=probabilities, classes=names
    )


def measured(rows=300, seed=0, noise=1.0, decimals=None):
    """Values and noisy predictions of them."""
    rng = np.random.default_rng(seed)
    values = rng.normal(5, 2, rows)
    predicted = values + rng.normal(0, noise, rows)
    if decimals is not None:
        values, predicted = values.round(decimals), predicted.round(decimals)
    return Truth("regression", values=values), Predictions("regression", values=predicted)
