from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as sk

from agentomics_nb.evaluation.diagnostics import Diagnostics, diagnose
from agentomics_nb.evaluation.predictions import Predictions
from agentomics_nb.evaluation.truth import Truth

from .simulated import classified, measured


@pytest.mark.parametrize("classes", [2, 5])
def test_confusion_and_reports_agree_with_scikit_learn(classes):
    truth, predictions = classified(300, classes)
    found = diagnose(truth, predictions).confusion
    assert np.array_equal(found.counts, sk.confusion_matrix(truth.codes, predictions.codes))
    precision, recall, f1, support = sk.precision_recall_fscore_support(truth.codes, predictions.codes)
    assert [report.precision for report in found.reports] == pytest.approx(precision.tolist())
    assert [report.recall for report in found.reports] == pytest.approx(recall.tolist())
    assert [report.f1 for report in found.reports] == pytest.approx(f1.tolist())
    assert [report.support for report in found.reports] == support.tolist()
    assert sum(mistake.rows for mistake in found.mistakes) <= 300 - np.trace(found.counts)


def test_a_class_without_rows_has_no_recall_and_one_never_predicted_no_precision():
    truth = Truth("classification", labels=["a", "b", "b"], classes=["a", "b", "c"])
    predictions = Predictions("classification", labels=["a", "a", "a"], classes=["a", "b", "c"])
    found = diagnose(truth, predictions)
    a, b, c = found.confusion.reports
    assert (a.precision, a.recall) == (pytest.approx(1 / 3), 1.0)
    assert (b.precision, b.recall, b.f1) == (None, 0.0, 0.0)
    assert (c.precision, c.recall, c.f1) == (None, None, None)
    assert found.confusion.mistakes[0].model_dump() == {"truth": "b", "predicted": "a", "rows": 2}
    assert found.calibration is found.curves is None
    assert found.worst_rows == (1, 2)


def test_a_matrix_of_very_many_classes_is_left_out():
    truth, predictions = classified(500, 60)
    found = diagnose(truth, predictions).confusion
    assert found.counts is None
    assert len(found.reports) == 60
    assert len(found.mistakes) == 10


@pytest.mark.parametrize("classes", [2, 4])
def test_the_brier_score_agrees_with_scikit_learn(classes):
    truth, predictions = classified(200, classes)
    probabilities = predictions.probabilities if classes > 2 else predictions.probabilities[:, 1]
    expected = sk.brier_score_loss(truth.codes, probabilities)
    assert diagnose(truth, predictions).calibration.brier == pytest.approx(expected)


def test_honest_probabilities_are_calibrated_and_exaggerated_ones_are_not():
    rng = np.random.default_rng(0)
    p = rng.random(20_000)
    truth = Truth("classification", labels=np.where(rng.random(20_000) < p, "1", "0"), classes=["0", "1"])

    def calibration(p):
        labels = np.where(p > 0.5, "1", "0")
        predictions = Predictions(
            "classification", labels=labels, probabilities=np.column_stack([1 - p, p]), classes=["0", "1"]
        )
        return diagnose(truth, predictions).calibration

    honest, exaggerated = calibration(p), calibration(np.where(p > 0.5, 0.99, 0.01))
    assert honest.expected_calibration_error < 0.02
    assert exaggerated.expected_calibration_error == pytest.approx(0.24, abs=0.02)
    assert sum(each.rows for each in honest.bins) == 20_000
    assert all(each.low < each.predicted <= each.high for each in honest.bins)
    assert [each.rows > 0 for each in exaggerated.bins] == [True, *[False] * 8, True]
    assert exaggerated.bins[4].observed is None


def test_short_curves_are_those_of_scikit_learn():
    truth, predictions = classified(120, 2, decimals=2)
    curves = diagnose(truth, predictions).curves
    x, y, _ = sk.roc_curve(truth.codes, predictions.probabilities[:, 1], drop_intermediate=False)
    assert np.allclose(curves.roc[0].x, x)
    assert np.allclose(curves.roc[0].y, y)
    precision, recall, _ = sk.precision_recall_curve(truth.codes, predictions.probabilities[:, 1])
    assert np.allclose(curves.precision_recall[0].x[1:], recall[:-1][::-1])
    assert np.allclose(curves.precision_recall[0].y[1:], precision[:-1][::-1])


def test_long_curves_are_thinned_and_keep_their_area():
    truth, predictions = classified(20_000, 2)
    curves = diagnose(truth, predictions).curves
    (roc,), (precision_recall,) = curves.roc, curves.precision_recall
    assert roc.label == "class 1"
    assert len(roc.x) <= 200
    assert len(precision_recall.x) <= 200
    assert (roc.x[0], roc.y[0], roc.x[-1], roc.y[-1]) == (0, 0, 1, 1)
    assert precision_recall.x[-1] == 1
    area = sk.roc_auc_score(truth.codes, predictions.probabilities[:, 1])
    assert np.trapezoid(roc.y, roc.x) == pytest.approx(area, abs=2e-3)


def test_a_class_missing_from_the_split_has_no_curve():
    truth, predictions = classified(100, 4, present=[0, 2, 3])
    curves = diagnose(truth, predictions).curves
    assert {curve.label for curve in curves.roc} == {"class 0", "class 2", "class 3"}
    truth, predictions = classified(30, 2, present=[0])
    assert diagnose(truth, predictions).curves.roc == ()


def test_residuals_tell_bias_and_extremes_pulled_to_the_middle():
    truth, _ = measured(500)
    shrunk = Predictions("regression", values=5 + 0.5 * (truth.values - 5) + 1)
    found = diagnose(truth, shrunk).residuals
    assert found.slope == pytest.approx(0.5)
    assert found.bias == pytest.approx(np.mean(shrunk.values - truth.values))
    assert found.quantiles == tuple(sorted(found.quantiles))
    assert found.stretches[0].bias > 1 > found.stretches[-1].bias
    assert sum(stretch.rows for stretch in found.stretches) == 500
    assert found.truth_range == (truth.values.min(), truth.values.max())


def test_the_worst_rows_come_first():
    truth = Truth("regression", values=[0.0] * 4)
    found = diagnose(truth, Predictions("regression", values=[0.1, -3.0, 0.0, 2.0]))
    assert found.worst_rows == (1, 3, 0)
    assert found.residuals.slope is None
    names = ["a", "b"]
    truth = Truth("classification", labels=["a", "a", "b"], classes=names)
    sure_and_wrong_last = [[0.4, 0.6], [0.9, 0.1], [0.99, 0.01]]
    predictions = Predictions(
        "classification", labels=["b", "a", "a"], probabilities=sure_and_wrong_last, classes=names
    )
    assert diagnose(truth, predictions).worst_rows == (2, 0)


def test_diagnostics_survive_json():
    for truth, predictions in (classified(50, 3), measured(50)):
        found = diagnose(truth, predictions)
        assert Diagnostics.model_validate_json(found.model_dump_json()) == found


def test_predictions_of_other_rows_are_a_mistake_of_the_caller():
    truth, predictions = measured(10)
    with pytest.raises(ValueError, match="differ"):
        diagnose(truth, predictions.take(np.arange(5)))
