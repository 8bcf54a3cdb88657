from __future__ import annotations

import time

import numpy as np
import pytest

from agentomics_nb.evaluation.intervals import bootstrap, bootstrap_all, paired_difference
from agentomics_nb.evaluation.metrics import METRICS, of_task, score
from agentomics_nb.evaluation.predictions import Predictions
from agentomics_nb.evaluation.resampling import plan
from agentomics_nb.evaluation.truth import Truth
from benchmarks.coverage import Population, coverage

from .simulated import classified, measured


@pytest.mark.parametrize("name", ["auroc", "mcc"])
def test_the_interval_is_that_of_drawing_rows_one_by_one(name):
    truth, predictions = classified(300, 2, decimals=2)
    found = bootstrap(truth, predictions, METRICS[name])
    drawn = np.random.default_rng(5).integers(300, size=(600, 300))
    values = [METRICS[name].compute(truth.take(rows), predictions.take(rows)) for rows in drawn]
    assert (found.low, found.high) == pytest.approx(np.quantile(values, [0.025, 0.975]), abs=0.02)
    assert found.value == METRICS[name].compute(truth, predictions)
    assert (found.replicates, found.level, found.note) == (1000, 0.95, None)


def test_intervals_hold_the_true_value_about_as_often_as_they_claim():
    rng = np.random.default_rng(1)
    held = 0
    for trial in range(300):
        hits = rng.random(150) < 0.8
        truth = Truth("classification", labels=["a", "b"] * 75, classes=["a", "b"])
        labels = np.where(hits, truth.labels, np.where(truth.codes == 0, "b", "a"))
        predictions = Predictions("classification", labels=labels, classes=["a", "b"])
        found = bootstrap(truth, predictions, METRICS["accuracy"], replicates=300, seed=trial)
        held += found.low <= 0.8 <= found.high
    assert 0.90 <= held / 300 <= 0.985


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_intervals_by_group_hold_the_true_value_although_groups_are_few(task):
    population = Population("", task, rows=150, groups=25)
    held = coverage(population, trials=150, replicates=200, of_rows=100_000)
    assert set(held) == ({"accuracy", "auroc", "auprc"} if task == "classification" else {"rmse", "spearman"})
    for share in held.values():
        assert 0.88 <= share <= 0.99


def test_few_rows_of_a_class_widen_the_interval():
    truth, predictions = classified(400, 2)
    (few,) = np.nonzero(truth.codes == 1)
    rare = np.delete(np.arange(400), few[5:])
    found = bootstrap(truth.take(rare), predictions.take(rare), METRICS["auroc"])
    drawn = np.random.default_rng(0).integers(len(rare), size=(500, len(rare)))
    plain = [METRICS["auroc"].compute(truth.take(rare[rows]), predictions.take(rare[rows])) for rows in drawn]
    low, high = np.quantile([value for value in plain if value is not None], [0.025, 0.975])
    assert found.low < low
    assert found.high - found.low > 1.1 * (high - low)


def test_two_rows_of_a_class_tell_no_more_than_the_outermost_resamples():
    truth = Truth("regression", values=np.zeros(30))
    errors = np.full(30, 0.1)
    errors[:2] = 5.0, 9.0
    found = bootstrap(truth, Predictions("regression", values=errors), METRICS["rmse"])
    assert found.low == pytest.approx(0.1)
    assert found.value < found.high <= 9.0


def test_tiny_errors_have_an_interval_too():
    truth, predictions = measured(60)
    tiny = Truth("regression", values=truth.values * 1e-120)
    found = bootstrap(tiny, Predictions("regression", values=predictions.values * 1e-120), METRICS["mae"])
    usual = bootstrap(truth, predictions, METRICS["mae"])
    assert (found.low * 1e120, found.high * 1e120) == pytest.approx((usual.low, usual.high))


def test_the_same_seed_gives_the_same_interval_and_another_seed_another():
    truth, predictions = measured()
    first, again, other = (
        bootstrap(truth, predictions, METRICS["rmse"], replicates=200, seed=seed) for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other


def test_all_metrics_share_their_draws_and_equal_the_scores():
    for truth, predictions in (classified(200, 4), measured(200)):
        metrics = of_task(truth.task)
        found = bootstrap_all(truth, predictions, metrics, replicates=200)
        assert {name: interval.value for name, interval in found.items()} == score(truth, predictions)
        for metric in metrics:
            interval = found[metric.name]
            assert interval.low < interval.value < interval.high
            assert interval == bootstrap(truth, predictions, metric, replicates=200)


def test_groups_of_like_rows_widen_the_interval():
    truth, predictions = classified(100, 2)
    rows = np.repeat(np.arange(100), 10)
    ten_fold = truth.take(rows), predictions.take(rows)
    by_row = bootstrap(*ten_fold, METRICS["auroc"])
    by_group = bootstrap(*ten_fold, METRICS["auroc"], groups=[f"gene {row}" for row in rows])
    honest = bootstrap(truth, predictions, METRICS["auroc"])
    assert by_group.note == "resampled by group (100 groups)"
    assert by_group.high - by_group.low == pytest.approx(honest.high - honest.low, rel=0.15)
    assert by_row.high - by_row.low < (by_group.high - by_group.low) / 2


def test_one_group_alone_has_no_interval():
    truth, predictions = measured(30)
    found = bootstrap(truth, predictions, METRICS["mae"], groups=["same"] * 30)
    assert found.value is not None
    assert found.low is found.high is None
    assert "one row or group alone" in found.note


def test_an_undefined_metric_has_no_interval():
    truth = Truth("classification", labels=["a"] * 10, classes=["a", "b"])
    predictions = Predictions("classification", labels=["a"] * 10, probabilities=[[0.7, 0.3]] * 10, classes=["a", "b"])
    found = bootstrap(truth, predictions, METRICS["auroc"])
    assert found.value is found.low is found.high is None
    assert found.note == "undefined on these rows"


def test_labels_alone_give_intervals_of_label_metrics_only():
    truth, predictions = classified(100)
    labels_only = Predictions("classification", labels=predictions.labels, classes=predictions.classes)
    found = bootstrap_all(truth, labels_only, of_task("classification"), replicates=200)
    assert found["auroc"].low is None
    assert found["accuracy"].low < found["accuracy"].high


def test_resamples_without_a_class_are_left_out_and_counted():
    labels = ["b", "b", *["a"] * 18]
    truth = Truth("classification", labels=labels, classes=["a", "b"])
    rng = np.random.default_rng(0)
    p = rng.random(20)
    predictions = Predictions(
        "classification", labels=labels, probabilities=np.column_stack([1 - p, p]), classes=["a", "b"]
    )
    found = bootstrap(truth, predictions, METRICS["auroc"])
    assert 700 < found.replicates < 950
    assert found.note == f"undefined in {1000 - found.replicates} of 1000 resamples, left out"


def test_perfect_predictions_say_that_their_interval_shows_nothing():
    truth, _ = classified(20)
    right = Predictions("classification", labels=truth.labels, classes=truth.classes)
    found = bootstrap(truth, right, METRICS["accuracy"])
    assert found.value == found.low == found.high == 1.0
    assert "all resamples agree" in found.note


@pytest.mark.parametrize("name", ["auroc", "log_loss"])
def test_a_better_model_is_a_positive_difference_for_scores_and_losses_alike(name):
    truth, better = classified(500, 2, signal=0.8)
    _, worse = classified(500, 2, signal=0.2)
    gain = paired_difference(truth, worse, better, METRICS[name])
    assert 0 < gain.low < gain.value < gain.high
    loss = paired_difference(truth, better, worse, METRICS[name])
    assert (loss.value, loss.low, loss.high) == pytest.approx((-gain.value, -gain.high, -gain.low))


def test_pairing_is_sharper_than_comparing_two_intervals():
    truth, a = measured(400, noise=1.0)
    b = Predictions("regression", values=truth.values + (a.values - truth.values) * 0.95)
    gain = paired_difference(truth, a, b, METRICS["rmse"])
    alone_a, alone_b = (bootstrap(truth, each, METRICS["rmse"]) for each in (a, b))
    assert gain.low > 0
    assert alone_b.high > alone_a.low


def test_a_model_does_not_differ_from_itself():
    truth, predictions = classified(100)
    same = paired_difference(truth, predictions, predictions, METRICS["mcc"], replicates=200)
    assert same.value == same.low == same.high == 0.0


def test_a_sample_of_many_rows_gives_the_width_of_all():
    truth, predictions = measured(60_000)
    found = bootstrap(truth, predictions, METRICS["rmse"])
    assert found.note == "drawn from a random 10000 of 60000 rows, the width scaled to all of them"
    assert found.low < found.value < found.high
    # The standard error of an RMSE of normal errors is rmse / sqrt(2 n).
    assert found.high - found.low == pytest.approx(2 * 1.96 / np.sqrt(2 * 60_000), rel=0.12)


def test_many_groups_are_sampled_and_few_keep_all():
    rows = 50_000
    many = plan(rows, groups=np.repeat(np.arange(10_000), 5).tolist())
    assert (many.units, len(many.unit)) == (2_000, 10_000)
    assert many.scale == pytest.approx(np.sqrt(0.2))
    few = plan(rows, groups=(np.arange(rows) % 24).tolist())
    assert (few.units, len(few.unit), few.scale) == (24, 10_000, 1.0)


def test_every_resample_draws_as_many_units_as_there_are():
    by_row = np.concatenate(list(plan(137, replicates=50).weights()))
    assert by_row.shape == (50, 137)
    assert (by_row.sum(axis=1) == 137).all()
    groups = ["a", "b", "b", "c", "c", "c"]
    by_group = np.concatenate(list(plan(6, groups=groups, replicates=50).weights()))
    assert (by_group[:, 1] == by_group[:, 2]).all()
    assert (by_group[:, 0] + by_group[:, 1] + by_group[:, 3] == 3).all()


def test_a_thousand_resamples_of_auroc_take_less_than_a_second():
    truth, predictions = classified(2_000, 2)
    started = time.process_time()
    assert bootstrap(truth, predictions, METRICS["auroc"]).replicates == 1000
    assert time.process_time() - started < 1.0


def test_groups_must_match_the_rows():
    truth, predictions = measured(10)
    with pytest.raises(ValueError, match="group for each"):
        bootstrap(truth, predictions, METRICS["rmse"], groups=["a"] * 9)
