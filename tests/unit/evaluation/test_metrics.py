from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics as sk

from agentomics_nb.errors import InputError
from agentomics_nb.evaluation.metrics import METRICS, default, of_task, resolve, score
from agentomics_nb.evaluation.predictions import Predictions
from agentomics_nb.evaluation.truth import Truth

from .simulated import classified, measured


def by_sklearn(truth, predictions):
    y, p, probabilities = truth.codes, predictions.codes, predictions.probabilities
    judged = [1] if len(truth.classes) == 2 else list(np.unique(y))
    return {
        "accuracy": sk.accuracy_score(y, p),
        "balanced_accuracy": np.mean([np.mean(p[y == c] == c) for c in np.unique(y)]),
        "auroc": np.mean([sk.roc_auc_score(y == c, probabilities[:, c]) for c in judged]),
        "auprc": np.mean([sk.average_precision_score(y == c, probabilities[:, c]) for c in judged]),
        "f1_macro": sk.f1_score(y, p, average="macro"),
        "mcc": sk.matthews_corrcoef(y, p),
        "log_loss": sk.log_loss(y, probabilities, labels=range(len(truth.classes))),
    }


@pytest.mark.parametrize("decimals", [None, 2, 1])
@pytest.mark.parametrize(("classes", "present"), [(2, None), (3, None), (7, None), (7, [0, 3, 6])])
def test_classification_metrics_agree_with_scikit_learn(classes, present, decimals):
    for seed in range(3):
        truth, predictions = classified(150, classes, seed, decimals=decimals, present=present)
        found = score(truth, predictions)
        assert list(found) == [metric.name for metric in of_task("classification")]
        assert found == pytest.approx(by_sklearn(truth, predictions), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("decimals", [None, 1, 0])
def test_regression_metrics_agree_with_scikit_learn_and_scipy(decimals):
    for seed in range(5):
        truth, predictions = measured(120, seed, decimals=decimals)
        y, p = truth.values, predictions.values
        assert score(truth, predictions) == pytest.approx(
            {
                "rmse": sk.root_mean_squared_error(y, p),
                "mae": sk.mean_absolute_error(y, p),
                "r2": sk.r2_score(y, p),
                "pearson": stats.pearsonr(y, p)[0],
                "spearman": stats.spearmanr(y, p)[0],
            },
            rel=1e-10,
        )


def test_the_macro_auroc_of_all_classes_is_that_of_scikit_learn():
    truth, predictions = classified(400, 4)
    expected = sk.roc_auc_score(truth.codes, predictions.probabilities, multi_class="ovr", average="macro")
    assert METRICS["auroc"].compute(truth, predictions) == pytest.approx(expected)


def test_a_truth_of_one_class_leaves_rankings_and_correlations_undefined():
    truth = Truth("classification", labels=["a", "a", "a"], classes=["a", "b"])
    predictions = Predictions(
        "classification",
        labels=["a", "a", "b"],
        probabilities=[[0.9, 0.1], [0.8, 0.2], [0.4, 0.6]],
        classes=["a", "b"],
    )
    found = score(truth, predictions)
    assert found["auroc"] is None
    assert found["auprc"] is None
    assert found["mcc"] is None
    assert found["accuracy"] == found["balanced_accuracy"] == pytest.approx(2 / 3)
    assert found["f1_macro"] == pytest.approx(0.4)
    truth = Truth("classification", labels=["b", "b", "b"], classes=["a", "b"])
    assert score(truth, predictions)["auprc"] is None


def test_constant_predictions_score_as_chance_does():
    truth = Truth("classification", labels=["no", "yes", "yes", "no", "no"], classes=["no", "yes"])
    constant = Predictions("classification", labels=["no"] * 5, probabilities=[[0.6, 0.4]] * 5, classes=["no", "yes"])
    found = score(truth, constant)
    assert found["auroc"] == found["balanced_accuracy"] == 0.5
    assert found["auprc"] == pytest.approx(0.4)
    assert found["mcc"] == 0.0
    assert found["f1_macro"] == pytest.approx(0.375)


def test_a_constant_regression_has_correlation_0_and_a_constant_truth_none():
    varied = Truth("regression", values=[0.1, 0.2, 0.4, 0.7])
    constant = Predictions("regression", values=[0.35] * 4)
    found = score(varied, constant)
    assert found["pearson"] == found["spearman"] == 0.0
    assert found["r2"] == pytest.approx(0.0)
    flat = Truth("regression", values=[0.1] * 4)
    found = score(flat, Predictions("regression", values=[0.1, 0.2, 0.3, 0.4]))
    assert found["pearson"] is found["spearman"] is found["r2"] is None
    assert found["mae"] == pytest.approx(0.15)


def test_a_single_row_has_errors_but_no_correlations():
    found = score(Truth("regression", values=[1.0]), Predictions("regression", values=[3.0]))
    assert found == {"rmse": 2.0, "mae": 2.0, "r2": None, "pearson": None, "spearman": None}


def test_the_second_class_is_the_positive_one():
    labels = ["0", "1", "1", "0"]
    rank_ones_first = [[0.9, 0.1], [0.2, 0.8], [0.1, 0.9], [0.7, 0.3]]
    truth = Truth("classification", labels=labels, classes=["0", "1"])
    predictions = Predictions("classification", labels=labels, probabilities=rank_ones_first, classes=["0", "1"])
    assert METRICS["auroc"].compute(truth, predictions) == 1.0
    assert METRICS["auprc"].compute(truth, predictions) == 1.0


def test_a_class_never_seen_and_never_predicted_does_not_count():
    classes = ["a", "b", "never"]
    truth = Truth("classification", labels=["a", "b", "a", "b"], classes=classes)
    right = Predictions(
        "classification",
        labels=["a", "b", "a", "b"],
        probabilities=[[0.8, 0.1, 0.1], [0.1, 0.8, 0.1]] * 2,
        classes=classes,
    )
    found = score(truth, right)
    assert found.pop("log_loss") == pytest.approx(-np.log(0.8))
    assert set(found.values()) == {1.0}


def test_certainty_of_a_wrong_class_costs_a_finite_log_loss():
    truth = Truth("classification", labels=["a", "b"], classes=["a", "b"])
    wrong = Predictions("classification", labels=["b", "a"], probabilities=[[0.0, 1.0], [1.0, 0.0]], classes=["a", "b"])
    assert METRICS["log_loss"].compute(truth, wrong) == pytest.approx(36.04, abs=0.01)


def test_without_probabilities_only_label_metrics_are_defined():
    truth, predictions = classified()
    labels_only = Predictions("classification", labels=predictions.labels, classes=predictions.classes)
    found = score(truth, labels_only)
    assert {name for name, value in found.items() if value is None} == {"auroc", "auprc", "log_loss"}
    assert all(METRICS[name].needs_probabilities == (value is None) for name, value in found.items())


@pytest.mark.parametrize("scale", [1e-180, 1e-12, 1e100])
def test_metrics_of_tiny_and_huge_targets_do_not_vanish(scale):
    truth, predictions = measured(50)
    ordinary = score(truth, predictions)
    scaled = score(
        Truth("regression", values=truth.values * scale),
        Predictions("regression", values=predictions.values * scale),
    )
    assert scaled["rmse"] == pytest.approx(ordinary["rmse"] * scale)
    for name in ("r2", "pearson", "spearman"):
        assert scaled[name] == pytest.approx(ordinary[name])


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.tuples(st.integers(0, 1), st.integers(0, 4), st.integers(0, 3)), min_size=3, max_size=25).filter(
        lambda rows: len({label for label, _, _ in rows}) == 2
    )
)
def test_weights_equal_repeated_rows(rows):
    """The bootstrap rests on this: a row of weight w counts as w rows."""
    labels = np.array(["no", "yes"], dtype=object)[[label for label, _, _ in rows]]
    probability = np.array([score / 4 for _, score, _ in rows])
    weights = np.array([weight for _, _, weight in rows])
    if weights.sum() == 0:
        weights[0] = 1
    classes = ["no", "yes"]
    pairs = [
        (
            Truth("classification", labels=labels, classes=classes),
            Predictions(
                "classification",
                labels=np.where(probability > 0.5, "yes", "no"),
                probabilities=np.column_stack([1 - probability, probability]),
                classes=classes,
            ),
        ),
        (
            Truth("regression", values=[score - 2.0 * label for label, score, _ in rows]),
            Predictions("regression", values=probability),
        ),
    ]
    drawn = np.repeat(np.arange(len(rows)), weights)
    for truth, predictions in pairs:
        for metric in of_task(truth.task):
            weighted = float(metric.prepare(truth, predictions)(weights[None, :].astype(float))[0])
            repeated = metric.compute(truth.take(drawn), predictions.take(drawn))
            assert repeated == pytest.approx(weighted, abs=1e-9) if repeated is not None else np.isnan(weighted)


@pytest.mark.parametrize(
    ("spelling", "task", "name"),
    [
        ("ACC", "classification", "accuracy"),
        ("BACC", "classification", "balanced_accuracy"),
        ("AUC", "classification", "auroc"),
        ("ROC-AUC", "classification", "auroc"),
        ("roc_auc", "classification", "auroc"),
        ("AUPRC", "classification", "auprc"),
        ("AP", "classification", "auprc"),
        ("F1", "classification", "f1_macro"),
        ("MCC", "classification", "mcc"),
        ("Log-Loss", "classification", "log_loss"),
        ("RMSE", "regression", "rmse"),
        ("R²", "regression", "r2"),
        ("spearmanr", "regression", "spearman"),
    ],
)
def test_usual_spellings_are_understood(spelling, task, name):
    assert resolve(spelling, task).name == name


def test_no_two_metrics_share_a_spelling():
    spellings = [
        spelling.replace(" ", "").replace("_", "")
        for metric in METRICS.values()
        for spelling in {metric.name.replace("_", ""), *(alias.replace(" ", "") for alias in metric.aliases)}
    ]
    assert len(spellings) == len(set(spellings))


def test_an_unknown_metric_is_answered_with_those_of_the_task():
    with pytest.raises(InputError, match=r"'gini' is unknown; for regression choose one of rmse, mae, r2"):
        resolve("gini", "regression")


def test_a_metric_of_the_other_task_is_refused():
    with pytest.raises(InputError, match=r"AUC is for classification, but the task is regression"):
        resolve("AUC", "regression")


def test_the_default_metrics_are_auroc_and_rmse():
    assert (default("classification").name, default("regression").name) == ("auroc", "rmse")


def test_improvement_is_positive_when_better_whatever_the_direction():
    assert METRICS["auroc"].improvement(0.7, 0.8) == pytest.approx(0.1)
    assert METRICS["rmse"].improvement(2.0, 1.5) == 0.5


def test_predictions_of_other_rows_are_a_mistake_of_the_caller():
    truth, predictions = classified(30)
    with pytest.raises(ValueError, match="differ"):
        score(truth, predictions.take(np.arange(20)))


def test_names_of_metrics_need_no_numpy():
    code = "import sys, agentomics_nb.evaluation.metrics as m; m.resolve('ACC', 'classification'); "
    code += "sys.exit(bool({'numpy', 'pandas', 'sklearn', 'pydantic'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
