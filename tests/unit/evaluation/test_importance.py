from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from agentomics_nb.dataset.inspection import inspect
from agentomics_nb.evaluation import Predictions
from agentomics_nb.evaluation.importance import MOST_ROWS, WINDOWS, exchanges, importance

RANDOM = np.random.default_rng(0)


@pytest.fixture
def numbers(tmp_path):
    frame = pd.DataFrame(RANDOM.normal(size=(200, 3)).round(3), columns=["signal", "weak", "noise"])
    frame["label"] = np.where(frame["signal"] > 0, "yes", "no")
    frame.to_csv(tmp_path / "t.csv", index=False)
    return inspect(tmp_path / "t.csv"), frame.drop(columns="label").astype(str)


def classified(rows: pd.DataFrame) -> Predictions:
    score = rows["signal"].astype(float) + 0.2 * rows["weak"].astype(float)
    probability = (1 / (1 + np.exp(-3 * score))).to_numpy()
    labels = np.where(probability > 0.5, "yes", "no")
    return Predictions(
        "classification", labels, probabilities=np.c_[1 - probability, probability], classes=("no", "yes")
    )


def test_the_columns_stand_in_the_order_in_which_they_move_the_predictions(numbers):
    dataset, rows = numbers
    made = exchanges(dataset, rows, seed=1)
    found = importance(classified(rows), classified(made.frame), made)
    assert [each.column for each in found] == ["signal", "weak", "noise"]
    assert found[0].moved > 0.3
    assert found[2].moved == 0
    assert len(made.frame) <= MOST_ROWS


def test_the_same_seed_exchanges_the_same_rows(numbers):
    dataset, rows = numbers
    assert exchanges(dataset, rows, seed=3).frame.equals(exchanges(dataset, rows, seed=3).frame)


def test_the_place_in_a_sequence_is_found_that_a_model_reads(tmp_path):
    letters = np.array(list("ACGT"))[RANDOM.integers(0, 4, (300, 60))]
    frame = pd.DataFrame({"sequence": ["".join(row) for row in letters]})
    frame["label"] = np.where(letters[:, 31] == "A", "yes", "no")
    frame.to_csv(tmp_path / "s.csv", index=False)
    dataset = inspect(tmp_path / "s.csv")
    rows = frame.drop(columns="label")

    def predicted(rows):
        labels = np.where(rows["sequence"].str[31] == "A", "yes", "no")
        return Predictions("classification", labels, classes=("no", "yes"))

    made = exchanges(dataset, rows, seed=0)
    windows = [each for each in importance(predicted(rows), predicted(made.frame), made) if each.window]
    assert len(windows) == WINDOWS
    assert max(windows, key=lambda each: each.moved).window == (10 / WINDOWS, 11 / WINDOWS)
    assert sum(each.moved > 0 for each in windows) == 1
    assert made.frame["sequence"].str.len().eq(60).all()


def test_a_regression_is_measured_in_spreads_of_its_predictions(numbers):
    dataset, rows = numbers
    made = exchanges(dataset, rows, seed=0)
    predict = lambda rows: Predictions("regression", values=100 * rows["signal"].astype(float))  # noqa: E731
    found = importance(predict(rows), predict(made.frame), made)
    assert 0.7 < found[0].moved < 1.6


def test_too_few_rows_or_too_many_columns_are_left_alone(tmp_path):
    for rows, columns in ((11, 2), (200, 500)):
        frame = pd.DataFrame(RANDOM.normal(size=(rows, columns)).round(3)).add_prefix("c")
        frame["label"] = ["a", "b"] * (rows // 2) + ["a"] * (rows % 2)
        frame.to_csv(tmp_path / "t.csv", index=False)
        assert exchanges(inspect(tmp_path / "t.csv"), frame.drop(columns="label").astype(str), seed=0) is None
