from __future__ import annotations

import json

import numpy as np
import pytest

from agentomics_nb.evaluation.metrics import METRICS
from agentomics_nb.evaluation.predictions import Predictions
from agentomics_nb.evaluation.threshold import Threshold, choose_threshold, score_at
from agentomics_nb.evaluation.truth import Truth

from .simulated import classified, measured

CLASSES = ("no", "yes")
NAMES = np.array(CLASSES, dtype=object)


def timid(rows=600, seed=0, positives=0.15):
    """A good ranking whose probabilities stay below one half: the cut-off lies near .2."""
    rng = np.random.default_rng(seed)
    codes = (rng.random(rows) < positives).astype(int)
    yes = np.clip(0.1 + 0.2 * codes + rng.normal(0, 0.06, rows), 0.001, 0.499)
    truth = Truth("classification", labels=NAMES[codes], classes=CLASSES)
    made = Predictions(
        "classification",
        labels=NAMES[np.zeros(rows, int)],
        probabilities=np.column_stack([1 - yes, yes]),
        classes=CLASSES,
    )
    return truth, made


@pytest.mark.parametrize("name", ["accuracy", "balanced_accuracy", "f1_macro", "mcc"])
def test_no_other_cut_off_would_be_better(name):
    truth, made = timid(150)
    found = choose_threshold(truth, made, METRICS[name], replicates=50)
    assert found.metric == name
    assert found.positive == "yes"
    yes = made.probabilities[:, 1]
    every = [
        METRICS[name].compute(
            truth, Predictions("classification", labels=NAMES[(yes >= cut).astype(int)], classes=CLASSES)
        )
        for cut in np.append(np.unique(yes), 0.5)
    ]
    assert found.value == pytest.approx(max(every))
    assert found.value_at_half == pytest.approx(every[-1])
    assert METRICS[name].compute(truth, found.applied(made)) == pytest.approx(found.value)


def test_a_timid_model_gains_on_rows_that_did_not_choose_the_cut_off():
    truth, made = timid()
    found = choose_threshold(truth, made, METRICS["auroc"])
    assert found.metric == "balanced_accuracy"
    assert found.value_at_half == 0.5
    assert 0.1 < found.cut_off.low <= found.cut_off.value <= found.cut_off.high < 0.3
    assert found.gain.low > 0.3
    other = score_at(found, *timid(seed=1))
    assert other.low < found.value
    assert other.low > 0.85


def test_where_one_half_is_right_nothing_is_surely_gained():
    truth, made = classified(300, 2, signal=0.3)
    found = choose_threshold(truth, made, METRICS["accuracy"])
    assert found.value >= found.value_at_half
    assert found.gain.low < 0.01
    assert found.gain.value < found.value - found.value_at_half


def test_groups_make_the_cut_off_less_sure():
    truth, made = timid(80, positives=0.4)
    rows = np.repeat(np.arange(80), 8)
    by_row = choose_threshold(truth.take(rows), made.take(rows), METRICS["f1_macro"])
    by_group = choose_threshold(truth.take(rows), made.take(rows), METRICS["f1_macro"], rows.tolist())
    assert by_group.cut_off.high - by_group.cut_off.low >= by_row.cut_off.high - by_row.cut_off.low
    assert "by group (80 groups)" in by_group.cut_off.note


def test_equally_good_cut_offs_leave_one_half():
    truth = Truth("classification", labels=["no", "yes"] * 10, classes=CLASSES)
    made = Predictions(
        "classification", labels=truth.labels, probabilities=[[0.9, 0.1], [0.1, 0.9]] * 10, classes=CLASSES
    )
    found = choose_threshold(truth, made, METRICS["mcc"])
    assert (found.cut_off.value, found.value, found.value_at_half) == (0.5, 1.0, 1.0)


def test_there_is_none_without_two_classes_and_probabilities():
    truth, made = classified(50, 3)
    assert choose_threshold(truth, made, METRICS["accuracy"]) is None
    truth, made = classified(50, 2)
    labels_only = Predictions("classification", labels=made.labels, classes=made.classes)
    assert choose_threshold(truth, labels_only, METRICS["accuracy"]) is None
    assert choose_threshold(*measured(50), METRICS["rmse"]) is None
    one_class = Truth("classification", labels=["class 0"] * 50, classes=made.classes)
    assert choose_threshold(one_class, made, METRICS["mcc"]) is None


def test_a_threshold_is_not_applied_to_other_classes():
    found = choose_threshold(*timid(100), METRICS["mcc"], replicates=20)
    with pytest.raises(ValueError, match="two classes"):
        found.applied(classified(50, 2)[1])


def test_it_is_the_same_each_time_and_survives_json():
    truth, made = timid(20_000)
    first, again = (choose_threshold(truth, made, METRICS["f1_macro"], seed=3, replicates=50) for _ in range(2))
    assert first == again
    assert "random 10000 of 20000" in first.cut_off.note
    assert Threshold.model_validate(json.loads(first.model_dump_json())) == first
