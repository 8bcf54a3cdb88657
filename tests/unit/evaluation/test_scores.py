from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

import agentomics_nb.evaluation as evaluation_package
from agentomics_nb.evaluation.baseline import constant_baseline
from agentomics_nb.evaluation.metrics import METRICS, score
from agentomics_nb.evaluation.scores import Evaluation, evaluate
from agentomics_nb.evaluation.truth import Truth

from .simulated import classified, measured


def test_a_split_is_scored_by_every_metric_of_its_task():
    truth, predictions = classified(150, 3)
    found = evaluate(truth, predictions, metric=METRICS["f1_macro"], replicates=200)
    assert found.metrics == score(truth, predictions)
    assert set(found.intervals) == set(found.metrics)
    assert found.rows == 150
    assert found.value == found.interval.value == found.metrics["f1_macro"]


def test_an_evaluation_survives_json():
    truth, predictions = measured(60)
    split = evaluate(truth, predictions, metric=METRICS["rmse"], replicates=200)
    flat = Truth("regression", values=np.ones(60))
    undefined = evaluate(flat, predictions, metric=METRICS["rmse"], replicates=200)
    evaluation = Evaluation(task="regression", metric="rmse", train=split, validation=undefined)
    text = evaluation.model_dump_json()
    assert Evaluation.model_validate_json(text) == evaluation
    assert '"r2":null' in text
    with pytest.raises(ValidationError):
        evaluation.metric = "mae"


def test_a_metric_of_the_other_task_is_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="auroc is for classification"):
        evaluate(*measured(20), metric=METRICS["auroc"])


def test_the_baseline_of_a_classification_is_the_majority_with_the_shares_of_train():
    train = Truth("classification", labels=["b", "a", "b", "c"], classes=["a", "b", "c"])
    baseline = constant_baseline(train, 2)
    assert baseline.labels.tolist() == ["b", "b"]
    assert baseline.probabilities.tolist() == [[0.25, 0.5, 0.25]] * 2
    truth = Truth("classification", labels=["a", "b"], classes=["a", "b", "c"])
    assert score(truth, baseline)["auroc"] == 0.5


def test_the_baseline_of_a_regression_is_the_mean_of_train():
    baseline = constant_baseline(Truth("regression", values=[1.0, 2.0, 6.0]), 4)
    assert baseline.values.tolist() == [3.0] * 4
    assert score(Truth("regression", values=[1.0, 2.0, 4.0, 5.0]), baseline)["r2"] == pytest.approx(0.0)


def test_the_package_offers_every_name_it_promises():
    assert all(getattr(evaluation_package, name) is not None for name in evaluation_package.__all__)
    with pytest.raises(AttributeError, match="utilities"):
        _ = evaluation_package.utilities
