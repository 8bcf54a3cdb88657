"""The baselines of a run: computed once on its frozen split, and compared with what a model predicts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from agentomics_nb.experiment.evaluation import Evaluator
from agentomics_nb.journal.directory import Origin, RunDirectory
from agentomics_nb.launch import prepare
from agentomics_nb.options import RunOptions

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def run(tmp_path: Path) -> RunDirectory:
    """A run on families of sequences, each with one label, whose split tears them."""
    generator = np.random.default_rng(0)
    cores = ["".join(row) for row in generator.choice(list("ACGT"), (60, 50))]
    family = generator.integers(0, 60, 400)
    label = generator.integers(0, 2, 60)[family]
    frame = pd.DataFrame(
        {
            "sequence": [cores[f] + "".join(generator.choice(list("ACGT"), 10)) for f in family],
            "label": np.where(label == 1, "case", "control"),
        }
    )
    frame.to_csv(tmp_path / "data.csv", index=False)
    made = prepare(RunOptions(data="data.csv", split="random"), origin=Origin(directory=str(tmp_path), door="cli"))
    made.split.mkdir()
    frame.iloc[:300].to_csv(made.split / "train.csv", index=False)
    frame.iloc[300:].to_csv(made.split / "validation.csv", index=False)
    return made


def predicted(run: RunDirectory, name: str, right: float) -> Path:
    """Predictions of a model that is right on that share of the rows, in the form of ``inference.py``."""
    place = run.path / name
    (place / "predictions").mkdir(parents=True)
    generator = np.random.default_rng(1)
    for part in ("train", "validation"):
        truth = pd.read_csv(run.split / f"{part}.csv")["label"] == "case"
        case = np.where(generator.random(len(truth)) < right, truth, ~truth)
        chance = np.where(case, 0.9, 0.1)
        table = pd.DataFrame({"prediction": np.where(case, "case", "control")})
        table["probability_case"], table["probability_control"] = chance, 1 - chance
        table.to_csv(place / "predictions" / f"{part}.csv", index=False)
    return place


def evaluator(run: RunDirectory) -> Evaluator:
    return Evaluator(run, run.read_record(), bench=None)  # type: ignore[arg-type] - nothing is run here


def test_baselines_are_computed_once_and_stand_beside_the_scores(run: RunDirectory) -> None:
    evaluator(run).climb_ladder()
    first = (run.baselines / "scores.json").read_bytes()
    figures = evaluator(run).score_split(predicted(run, "model", 0.7), None)
    assert (run.baselines / "scores.json").read_bytes() == first
    scores = figures.evaluation.baselines
    assert list(scores) == ["constant", "lookup", "linear"]
    assert scores["constant"].value == 0.5
    assert scores["lookup"].value > 0.95
    gain = figures.evaluation.gain
    assert gain is not None
    assert (gain.over, gain.interval.high < 0) == ("lookup", True)


def test_a_model_that_is_no_better_than_a_lookup_is_known(run: RunDirectory) -> None:
    scorer = evaluator(run)
    scorer.climb_ladder()
    worse, better = (scorer.gain_over_lookup(predicted(run, f"right-{r}", r)) for r in (0.8, 1.0))
    assert worse.value < 0 <= better.value


def test_a_baseline_that_fails_costs_no_run(run: RunDirectory, monkeypatch, capsys) -> None:
    from agentomics_nb.evaluation import lookup_baseline

    def fail(*_: object) -> None:
        raise MemoryError("no room")

    monkeypatch.setattr(lookup_baseline, "look_up", fail)
    scorer = evaluator(run)
    scorer.climb_ladder()
    assert "no room" in capsys.readouterr().err
    assert list(scorer.score_split(predicted(run, "model", 0.9), None).evaluation.baselines) == ["constant"]
    assert scorer.gain_over_lookup(run.path / "model") is None
