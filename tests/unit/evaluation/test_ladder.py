"""The baseline ladder: the rungs know what they may know, and no more."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from agentomics_nb.dataset import inspect
from agentomics_nb.evaluation import Evaluation, Truth, ladder, lookup_baseline, resolve

if TYPE_CHECKING:
    from pathlib import Path


def as_text(frame: pd.DataFrame) -> pd.DataFrame:
    """Return rows as they stand in a split."""
    return pd.read_csv(io.StringIO(frame.to_csv(index=False)), dtype=str, keep_default_na=False)


def rungs(frame: pd.DataFrame, place: Path, *, metric: str, held_out: int = 100) -> dict[str, float]:
    """Return what each rung scores on the last rows."""
    frame.to_csv(place / "data.csv", index=False)
    dataset = inspect(place / "data.csv", target="target")
    text = as_text(frame)
    train, validation = text.iloc[:-held_out], text.iloc[-held_out:]
    target = validation["target"]
    truth = (
        Truth("classification", labels=target.to_numpy(dtype=object), classes=dataset.target.classes)
        if dataset.task == "classification"
        else Truth("regression", values=target.astype(float).to_numpy())
    )
    found = ladder(train, validation, dataset, 0)
    again = ladder(train, validation, dataset, 0)
    for one, other in zip(found, again, strict=True):
        parts = ("probabilities", "values")
        assert all(np.array_equal(getattr(one.predictions, p), getattr(other.predictions, p)) for p in parts)
    return {b.name: resolve(metric, dataset.task).compute(truth, b.predictions) for b in found}


def words(rng: np.random.Generator, rows: int, length: int = 60) -> list[str]:
    return ["".join(row) for row in rng.choice(list("ACGT"), (rows, length))]


def test_a_lookup_wins_where_labels_are_memory(tmp_path):
    rng = np.random.default_rng(0)
    known = words(rng, 1000)
    label = rng.integers(0, 2, 1000)
    picked = rng.integers(0, 1000, 2500)
    frame = pd.DataFrame({"sequence": [known[i] for i in picked], "target": label[picked]})
    found = rungs(frame, tmp_path, metric="auroc")
    assert found["constant"] == 0.5
    assert found["lookup"] > 0.9
    assert found["lookup"] > found["linear"] + 0.05


def test_a_line_wins_where_composition_tells(tmp_path):
    rng = np.random.default_rng(1)
    label = rng.integers(0, 2, 500)
    rich = [["".join(rng.choice(list("ACGT"), 60, p=[0.22, 0.28, 0.28, 0.22])), w] for w in words(rng, 500)]
    frame = pd.DataFrame({"sequence": [pair[0] if y else pair[1] for pair, y in zip(rich, label, strict=True)]})
    found = rungs(frame.assign(target=label), tmp_path, metric="auroc")
    assert found["linear"] > max(0.65, found["lookup"])


def test_tables_with_gaps_and_categories(tmp_path):
    rng = np.random.default_rng(2)
    frame = pd.DataFrame(rng.normal(size=(400, 4)), columns=list("abcd"))
    frame["tissue"] = rng.choice(["lung", "liver"], 400)
    frame["target"] = (frame["a"] + 2 * (frame["tissue"] == "lung") + rng.normal(size=400) > 1).map(
        {True: "x", False: "y"}
    )
    frame.loc[::7, "b"] = np.nan
    found = rungs(frame, tmp_path, metric="auroc")
    assert found["linear"] > 0.85
    assert 0.7 < found["lookup"] <= found["linear"]


def test_a_regression(tmp_path):
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(rng.normal(size=(400, 3)), columns=list("abc"))
    frame["target"] = 100 + 3 * frame["a"] + rng.normal(size=400)
    found = rungs(frame, tmp_path, metric="r2")
    assert found["constant"] == pytest.approx(0, abs=0.05)
    assert found["linear"] > found["lookup"] > 0.5
    assert found["linear"] > 0.85


def test_only_identifiers_leave_the_lowest_rung(tmp_path):
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({"sample_id": [f"S{i:05d}" for i in range(200)], "target": rng.integers(0, 2, 200)})
    assert list(rungs(frame, tmp_path, metric="auroc")) == ["constant"]


def test_a_rung_that_saw_a_sample_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(lookup_baseline, "most_rows", lambda *_: 50)
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"a": rng.normal(size=300), "target": rng.integers(0, 2, 300)})
    frame.to_csv(tmp_path / "data.csv", index=False)
    text = as_text(frame)
    found = {b.name: b.label for b in ladder(text.iloc[:200], text.iloc[200:], inspect(tmp_path / "data.csv"))}
    assert found["lookup"].endswith("50 of 200 training rows")
    assert found["linear"] == "linear model of plain features"


def test_scores_of_runs_before_the_ladder_are_read():
    score = {"rows": 5, "metric": "auroc", "metrics": {"auroc": 0.5}, "intervals": {"auroc": {"value": 0.5}}}
    old = Evaluation.model_validate(
        {"task": "classification", "metric": "auroc", "train": score, "validation": score, "baseline": score}
    )
    assert old.constant is not None
    assert (old.constant.value, list(old.baselines)) == (0.5, ["constant"])
