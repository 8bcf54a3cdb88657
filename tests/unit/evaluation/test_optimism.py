from __future__ import annotations

import json

import numpy as np
import pytest

from agentomics_nb.evaluation.metrics import METRICS
from agentomics_nb.evaluation.optimism import Optimism, selection_optimism
from agentomics_nb.evaluation.predictions import Predictions
from agentomics_nb.evaluation.truth import Truth

from .simulated import classified, measured

CLASSES = ("a", "b")


def coin_flips(rows, models, seed, groups=None):
    """Models that know nothing; with groups all rows of one are right or wrong together."""
    rng = np.random.default_rng(seed)
    names = np.array(CLASSES, dtype=object)
    codes = rng.integers(2, size=rows)
    made = []
    for _ in range(models):
        flips = rng.integers(2, size=rows) if groups is None else rng.integers(2, size=groups.max() + 1)[groups]
        made.append(Predictions("classification", labels=names[codes ^ flips], classes=CLASSES))
    return Truth("classification", labels=names[codes], classes=CLASSES), made


@pytest.mark.parametrize("groups", [None, np.repeat(np.arange(60), 5)])
def test_the_best_of_many_models_that_know_nothing_is_corrected_to_chance(groups):
    found = []
    for seed in range(25):
        truth, made = coin_flips(300, 12, seed, groups)
        given = None if groups is None else groups.tolist()
        found.append(selection_optimism(truth, made, METRICS["accuracy"], given, seed=seed, replicates=100))
    assert np.mean([each.apparent for each in found]) > 0.54
    assert np.mean([each.corrected.value for each in found]) == pytest.approx(0.5, abs=0.02)
    assert sum(each.corrected.low <= 0.5 <= each.corrected.high for each in found) >= 22


def test_a_model_that_is_clearly_best_owes_nothing_to_the_choice():
    truth, best = measured(400, noise=0.5)
    _, worse = measured(400, noise=3.0)
    found = selection_optimism(truth, [worse, best], METRICS["rmse"])
    assert found.chosen_from == 2
    assert found.apparent == METRICS["rmse"].compute(truth, best)
    assert found.optimism == 0.0
    assert found.corrected.low < found.apparent < found.corrected.high


def test_a_loss_is_corrected_upwards():
    rng = np.random.default_rng(3)
    truth = Truth("regression", values=rng.normal(size=100))
    made = [Predictions("regression", values=rng.normal(size=100)) for _ in range(20)]
    found = selection_optimism(truth, made, METRICS["rmse"])
    assert found.optimism > 0.02
    assert found.corrected.value == pytest.approx(found.apparent + found.optimism)


def test_one_model_was_not_chosen():
    truth, made = classified(200)
    found = selection_optimism(truth, [made], METRICS["auroc"])
    assert (found.chosen_from, found.optimism) == (1, 0.0)
    assert found.corrected.value == found.apparent


def test_models_without_the_metric_are_left_out_and_none_gives_no_number():
    truth, made = classified(100)
    labels_only = Predictions("classification", labels=made.labels, classes=made.classes)
    assert selection_optimism(truth, [labels_only, made], METRICS["auroc"]).chosen_from == 1
    nothing = selection_optimism(truth, [labels_only], METRICS["auroc"])
    assert (nothing.chosen_from, nothing.apparent, nothing.optimism, nothing.corrected.low) == (0, None, None, None)
    assert selection_optimism(truth, [], METRICS["auroc"]) == nothing


def test_one_group_leaves_nothing_out():
    truth, made = classified(50)
    found = selection_optimism(truth, [made, made], METRICS["auroc"], ["same"] * 50)
    assert (found.optimism, found.corrected.low) == (None, None)
    assert found.corrected.note


def test_it_is_the_same_each_time_and_survives_json():
    truth, made = coin_flips(80, 4, 0)
    first, again = (selection_optimism(truth, made, METRICS["mcc"], seed=5) for _ in range(2))
    assert first == again
    assert Optimism.model_validate(json.loads(first.model_dump_json())) == first


def test_of_many_rows_a_sample_is_resampled_less_often():
    truth, made = measured(30_000)
    found = selection_optimism(truth, [made] * 30, METRICS["rmse"])
    assert "random 10000 of 30000" in found.corrected.note
    assert 50 <= found.corrected.replicates < 300
