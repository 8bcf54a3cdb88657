"""What the reflection reads of the exploration."""

from __future__ import annotations

from agentomics_nb.planner.offline.iteration_figures import learning_curve

FOUND = {"score_name": "AUROC", "linear_score": 0.8, "trees_score": 0.9, "gain_of_doubling": 0.05}


def test_the_learning_curve_is_read_in_the_runs_own_metric_only() -> None:
    (half, before), (whole, after) = learning_curve(FOUND, "AUROC", 5000)
    assert (half, whole) == (500, 1000)
    assert round(after - before, 6) == 0.05
    assert learning_curve(FOUND, "accuracy", 5000) == ()
    assert learning_curve({}, "AUROC", 5000) == ()
    assert learning_curve({**FOUND, "gain_of_doubling": None}, "AUROC", 5000) == ()
