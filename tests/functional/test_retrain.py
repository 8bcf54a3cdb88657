"""A run's model is trained again on new rows, by its own scripts, and is judged on rows that it has not seen."""

from __future__ import annotations

import hashlib
import json
import shutil
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from agentomics_nb import open_model
from agentomics_nb.cli import main
from tests.conftest import cohort

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.xdist_group("prediction")


@pytest.fixture
def retrain(cohort_run, tmp_path, monkeypatch, capsys):
    """Train again through the command line; return its exit code, and what stdout and stderr said."""
    monkeypatch.chdir(tmp_path)

    def retrain(rows: pd.DataFrame, *more: str) -> tuple[int, str, str]:
        rows.to_csv("new.csv", index=False)
        code = main(["retrain", str(cohort_run), "new.csv", *more])
        said = capsys.readouterr()
        return code, said.out, said.err

    return retrain


@pytest.fixture
def validation(cohort_run) -> pd.DataFrame:
    return pd.read_csv(cohort_run / "split" / "validation.csv", dtype=str)


def fingerprint(folder: Path) -> dict[str, str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.slow
def test_the_new_model_stands_alone_and_is_scored_on_what_it_has_not_seen(retrain, validation, cohort_run, tmp_path):
    before = fingerprint(cohort_run)
    new = pd.concat([cohort(200).iloc[100:], validation.head(4), cohort(1).assign(label=None)]).assign(more=1)
    code, out, err = retrain(new, "--output", "later")
    assert code == 0, err
    assert err.splitlines() == [
        "agentomics: new.csv has a column that the model does not know, 'more'; ignored.",
        "agentomics: 1 of 105 rows of new.csv have no label; they are left out.",
    ]
    left = len(validation) - 4
    assert out.startswith("Trained later on 104 rows of new.csv in ")
    assert f"On the {left} of the run's {len(validation)} validation rows that are not among the new rows" in out
    assert fingerprint(cohort_run) == before

    metrics = json.loads((tmp_path / "later" / "metrics.json").read_text())
    assert (metrics["rows"], metrics["validation"]["rows"], metrics["before"]["rows"]) == (left, left, left)
    names = {path.name for path in (tmp_path / "later").iterdir()}
    assert names >= {
        "train.py",
        "inference.py",
        "model.joblib",
        "model_description.json",
        "requirements.lock",
        "metrics.json",
    }
    assert not names & {"train.csv", "validation.csv"}
    again = open_model("later").description.retrained
    sha256 = hashlib.sha256((tmp_path / "new.csv").read_bytes()).hexdigest()
    assert (again.data, again.rows, again.sha256) == ("new.csv", 104, sha256)
    found = open_model("later").predict(cohort(200).iloc[100:].drop(columns="label"))
    assert (found["prediction"].to_numpy() == cohort(200)["label"].iloc[100:].to_numpy()).mean() > 0.8


@pytest.mark.slow
def test_there_is_no_score_where_all_validation_rows_are_trained_on(retrain, validation, cohort_run, tmp_path):
    code, out, _ = retrain(pd.concat([cohort(), validation.assign(marker=validation["marker"] + "0")]))
    assert code == 0
    assert f"It has no score: 0 of the run's {len(validation)} validation rows" in out
    assert json.loads((tmp_path / "r-retrained" / "metrics.json").read_text())["validation"] is None
    code, _, err = retrain(cohort().assign(label="03"))  # that there is a model of this run is no obstacle
    assert (code, "labels" in err or "label" in err) == (2, True)
    assert (tmp_path / "r-retrained" / "model_description.json").is_file()


@pytest.mark.parametrize(
    ("change", "more", "sentence"),
    [
        (lambda rows: rows.drop(columns="label"), [], "no target column 'label'; a training needs the labels"),
        (lambda rows: rows.drop(columns="site"), [], "new.csv lacks the column 'site'"),
        (
            lambda rows: rows.replace({"label": {"02": "03"}}),
            [],
            "has the label '03' in 45 rows, but the model's",
        ),
        (lambda rows: rows[rows["label"] == "01"], [], "fewer than 2 rows of class '02', which the model predicts"),
        (lambda rows: rows.head(4), [], "has 4 rows with a label; at least 10 are needed"),
        (lambda rows: rows, ["--output", "taken"], "taken exists and is no retrained model of r"),
        (lambda rows: cohort(40).iloc[30:], [], "new.csv is the test file of r, and a model"),
    ],
)
def test_rows_that_cannot_be_trained_on_are_refused(retrain, tmp_path, change, more, sentence):
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "notes.txt").write_text("mine")
    code, out, err = retrain(change(cohort()), *more)
    assert (code, out) == (2, "")
    assert sentence in err
    assert err.count("\n") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new.csv", "taken"]


def test_neither_the_run_is_written_to_nor_a_model_without_one_trained(retrain, cohort_run, tmp_path, capsys):
    code, _, err = retrain(cohort(), "--output", str(cohort_run / "best"))
    assert (code, "is in the run, which stays as it is" in err) == (2, True)
    shutil.copytree(cohort_run / "best", tmp_path / "copy")
    assert main(["retrain", "copy", "new.csv"]) == 2
    assert "copy is a model outside its run" in capsys.readouterr().err
