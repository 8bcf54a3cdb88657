from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
import pytest

from agentomics_nb.completion import complete
from agentomics_nb.evaluation.metrics import METRICS


@pytest.fixture
def shell(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "genes.csv").touch()
    (tmp_path / "gut").mkdir()
    (tmp_path / "gut" / "train.tsv").touch()
    (tmp_path / "agentomics_runs" / "genes-1a2b3c4d").mkdir(parents=True)
    (tmp_path / "agentomics_runs" / "genes-1a2b3c4d" / "run.json").touch()
    return SimpleNamespace(user_ns={"growth": pd.DataFrame({"x": [1]}), "_3": pd.DataFrame(), "number": 3})


def test_the_first_word_may_be_a_subcommand_a_frame_or_a_file(shell):
    assert complete(shell, "%agentomics g", "g") == ["growth", "genes.csv", "gut/"]
    assert complete(shell, "%agentomics st", "st") == ["status", "stop"]


def test_files_within_folders(shell):
    assert complete(shell, "%agentomics gut/t", "gut/t") == ["gut/train.tsv"]
    assert complete(shell, "%agentomics nowhere/t", "nowhere/t") == []


def test_options_that_stand_there_already_are_not_offered_again(shell):
    assert complete(shell, "%agentomics genes.csv --t", "--t") == [
        "--target", "--task", "--test", "--time-limit", "--threads",
    ]  # fmt: skip
    assert "--seed" not in complete(shell, "%agentomics genes.csv --seed 3 --s", "--s")


def test_values_of_options(shell):
    assert complete(shell, "%agentomics genes.csv --metric ", "") == list(METRICS)
    assert complete(shell, "%agentomics genes.csv --task r", "r") == ["regression"]
    assert complete(shell, "%agentomics genes.csv --split g", "g") == ["group="]
    assert complete(shell, "%agentomics genes.csv --test ge", "ge") == ["genes.csv"]
    assert complete(shell, "%agentomics genes.csv --seed ", "") == []


def test_runs_after_a_subcommand(shell):
    assert complete(shell, "%agentomics status gen", "gen") == ["genes-1a2b3c4d"]
    assert complete(shell, "%agentomics doctor ", "") == []


def test_a_model_and_a_table_after_predict_and_retrain(shell):
    assert complete(shell, "%agentomics predict ge", "ge") == ["genes-1a2b3c4d", "genes.csv"]
    assert complete(shell, "%agentomics retrain genes-1a2b3c4d g", "g") == ["growth", "genes.csv", "gut/"]
    assert complete(shell, "%agentomics predict genes-1a2b3c4d genes.csv --", "--") == ["--output"]
    assert complete(shell, "%agentomics predict genes-1a2b3c4d genes.csv --output gu", "gu") == ["gut/"]


def test_a_run_and_its_options_after_export_and_verify(shell):
    assert complete(shell, "%agentomics export ge", "ge") == ["genes-1a2b3c4d"]
    assert complete(shell, "%agentomics verify g", "g") == ["genes-1a2b3c4d", "genes.csv", "gut/"]
    assert complete(shell, "%agentomics export genes-1a2b3c4d --o", "--o") == ["--output", "--orcid"]
    assert complete(shell, "%agentomics verify --manifest --", "--") == [
        "--fresh", "--python", "--any-versions", "--json",
    ]  # fmt: skip
