from __future__ import annotations

import numpy as np
import pytest

from agentomics_nb.evaluation.independence import differs
from agentomics_nb.evaluation.predictions import Predictions

from .simulated import classified, measured


def with_probabilities(predictions, probabilities, labels=None):
    return Predictions(
        "classification",
        labels=predictions.labels if labels is None else labels,
        probabilities=probabilities,
        classes=predictions.classes,
    )


def test_rounding_is_no_difference():
    _, predictions = classified(200, 3)
    rounded = with_probabilities(predictions, predictions.probabilities.astype(np.float32))
    assert differs(predictions, rounded) is None
    _, predictions = measured(200)
    rounded = Predictions("regression", values=predictions.values.astype(np.float32))
    assert differs(predictions, rounded) is None


def test_rows_with_other_probabilities_are_counted_and_the_worst_shown():
    _, predictions = classified(100, 2)
    moved = predictions.probabilities.copy()
    moved[4] = [0.25, 0.75] if moved[4, 0] > 0.5 else [0.75, 0.25]
    moved[9, :] += (0.001, -0.001)
    labels = predictions.labels.copy()
    found = differs(predictions, with_probabilities(predictions, moved, labels))
    assert found.startswith("2 of 100 rows got another prediction; in row 5 the probability of 'class ")


def test_another_label_is_a_difference():
    _, predictions = classified(50, 2, signal=0.9)
    labels = predictions.labels.copy()
    row = int(np.argmax(np.abs(predictions.probabilities[:, 0] - 0.5)))
    labels[row] = next(name for name in predictions.classes if name != labels[row])
    found = differs(predictions, with_probabilities(predictions, predictions.probabilities, labels))
    assert found == (
        f"1 of 50 rows got another prediction; in row {row + 1} {predictions.labels[row]!r} became {labels[row]!r}."
    )


def test_a_label_may_flip_where_two_classes_are_equally_probable():
    a = Predictions("classification", labels=["a"], probabilities=[[0.50001, 0.49999]], classes=["a", "b"])
    b = Predictions("classification", labels=["b"], probabilities=[[0.49999, 0.50001]], classes=["a", "b"])
    assert differs(a, b) is None


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
def test_a_value_is_judged_relative_to_the_spread_of_the_target(scale):
    values = np.linspace(0, 1, 20)
    other = values.copy()
    other[3] += 0.01
    found = differs(Predictions("regression", values=values * scale), Predictions("regression", values=other * scale))
    assert found.startswith("1 of 20 rows got another prediction; in row 4")


def test_ranks_among_the_rows_being_scored_are_caught():
    """What the check is for: a feature computed across the file."""
    values = np.random.default_rng(0).normal(size=40)
    whole = Predictions("regression", values=np.argsort(np.argsort(values)) / 40)
    half = Predictions("regression", values=np.argsort(np.argsort(values[:20])) / 20)
    assert "of 20 rows" in differs(whole.take(np.arange(20)), half)
