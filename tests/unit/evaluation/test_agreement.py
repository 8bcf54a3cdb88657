"""When a second training, without the validation labels, speaks against the first."""

from __future__ import annotations

import numpy as np
import pytest

from agentomics_nb.evaluation import METRICS, Interval, Predictions, paired_difference
from agentomics_nb.evaluation.agreement import agreement, tolerance
from tests.unit.evaluation.simulated import classified


def verdict(metric: str, recorded: float, constant: float | None, ends: tuple[float, float, float]) -> str:
    low, value, high = ends
    difference = Interval(value=value, low=low, high=high, replicates=1000)
    return agreement(METRICS[metric], recorded=recorded, constant=constant, difference=difference)


@pytest.mark.parametrize(
    ("metric", "recorded", "constant", "ends", "expected"),
    [
        ("auroc", 1.0, 0.5, (-0.30, -0.20, -0.10), "differs"),
        ("auroc", 1.0, 0.5, (-0.30, -0.20, 0.01), "agrees"),  # by chance of these rows
        ("auroc", 0.90, 0.5, (-0.02, -0.015, -0.01), "agrees"),  # significant, and no more than a seed may cost
        ("auroc", 0.80, 0.5, (0.01, 0.03, 0.05), "agrees"),  # better
        ("rmse", 0.1, 1.0, (-0.6, -0.5, -0.4), "differs"),
        ("rmse", 100.0, 1000.0, (-80.0, -60.0, -40.0), "agrees"),  # a fifteenth of what was learned
        ("rmse", 100.0, None, (-15.0, -12.0, -9.0), "differs"),
        ("log_loss", 0.05, 0.69, (-0.5, -0.4, -0.3), "differs"),
    ],
)
def test_it_takes_more_than_chance(
    metric: str, recorded: float, constant: float | None, ends: tuple[float, float, float], expected: str
) -> None:
    assert verdict(metric, recorded, constant, ends) == expected


def test_what_is_undefined_has_no_verdict() -> None:
    metric = METRICS["auroc"]
    assert agreement(metric, recorded=None, constant=0.5, difference=Interval(value=None)) == "unknown"
    assert agreement(metric, recorded=0.9, constant=0.5, difference=Interval(value=-0.5)) == "unknown"


def test_an_error_is_measured_by_what_was_learned() -> None:
    assert tolerance(METRICS["rmse"], recorded=2.0, constant=12.0) == pytest.approx(1.0)
    assert tolerance(METRICS["rmse"], recorded=12.0, constant=2.0) == pytest.approx(1.2), "nothing was learned"
    assert tolerance(METRICS["accuracy"], recorded=0.9, constant=0.5) == 0.02


def test_real_figures_of_memory_and_of_the_same_model() -> None:
    truth, honest = classified(rows=300, signal=0.4)
    memory = Predictions(
        "classification", labels=truth.labels, probabilities=np.eye(2)[truth.codes], classes=truth.classes
    )
    metric = METRICS["auroc"]
    for recorded, expected in ((memory, "differs"), (honest, "agrees")):
        difference = paired_difference(truth, recorded, honest, metric)
        value = metric.compute(truth, recorded)
        assert agreement(metric, recorded=value, constant=0.5, difference=difference) == expected
