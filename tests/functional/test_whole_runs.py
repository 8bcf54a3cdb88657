"""Whole runs on tables that real life and ill will bring."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import nbformat
import numpy as np
import pandas as pd
import pytest
from nbconvert import HTMLExporter

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow


def run(directory: Path, *arguments: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "agentomics_nb.cli", "run", *arguments, "--threads", "1", "--json"]
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    outcome: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    cells = json.loads(log_of(outcome))["cells"]
    failed = [cell["outputs"] for cell in cells if cell["metadata"]["agentomics"]["status"] != "ok"]
    assert failed == [], "every cell of the offline planner works"
    return outcome


def log_of(outcome: dict[str, Any]) -> str:
    from pathlib import Path

    return (Path(outcome["path"]) / "log.ipynb").read_text(encoding="utf-8")


def test_hostile_names_and_labels_stay_text_from_end_to_end(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    labels = np.resize(["01", "None", "<img src=x onerror=alert(1)>"], 90)
    frame = pd.DataFrame(
        {
            "$(touch owned)": generator.normal(size=90) + 2 * (labels == "01"),
            'it\'s "quoted" {x} `whoami`\\': generator.normal(size=90) + 2 * (labels == "None"),
            '"""\nimport os': generator.choice(["a|b", "</script>", ""], 90),
            "class": labels,
        }
    )
    frame.to_csv(tmp_path / "hostile.csv", index=False)
    outcome = run(tmp_path, "hostile.csv", "--target", "class", "--iterations", "2")
    assert outcome["best"]["validation"]["auroc"]["value"] > 0.6
    assert sorted(path.name for path in tmp_path.iterdir()) == ["agentomics_runs", "hostile.csv"]

    best = tmp_path / "agentomics_runs" / outcome["run"] / "best"
    subprocess.run(
        [sys.executable, str(best / "inference.py"), "--input", "hostile.csv", "--output", "made.csv"],
        cwd=tmp_path,
        check=True,
        timeout=60,
    )
    made = pd.read_csv(tmp_path / "made.csv", dtype=str, keep_default_na=False)
    assert set(made["prediction"]) <= set(labels)
    assert {f"probability_{label}" for label in set(labels)} == set(made.columns) - {"prediction"}

    page, _ = HTMLExporter().from_notebook_node(nbformat.reads(log_of(outcome), as_version=4))
    assert "&lt;img src=x" in page, "the label is shown"
    assert "<img src=x" not in page, "the label is text, not a picture"


def test_a_compressed_table_with_a_validation_file_and_a_number_to_predict(tmp_path: Path) -> None:
    from sklearn.datasets import load_diabetes

    frame = load_diabetes(as_frame=True).frame
    parts = {"train": frame.iloc[:200], "validation": frame.iloc[200:260], "test": frame.iloc[260:320]}
    parts["train"].to_parquet(tmp_path / "train.parquet")
    parts["validation"].to_csv(tmp_path / "validation.tsv.gz", sep="\t", index=False)
    parts["test"].to_csv(tmp_path / "test.csv", sep=";", index=False, encoding="utf-16")
    outcome = run(tmp_path, ".", "--name", "diabetes", "--iterations", "2", "--metric", "spearman")
    assert outcome["task"] == "regression"
    best = outcome["best"]
    assert best["validation"]["spearman"]["value"] > 0.4
    assert best["test"]["spearman"]["value"] > 0.4
    assert best["test"]["rmse"]["low"] < best["test"]["rmse"]["value"] < best["test"]["rmse"]["high"]


def test_the_same_command_and_seed_give_the_same_scores_and_cells(tmp_path: Path) -> None:
    from tests.conftest import write_small_table

    seen = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        data = write_small_table(tmp_path / name)
        outcome = run(tmp_path / name, data.name, "--iterations", "1", "--seed", "3")
        cells = json.loads(log_of(outcome))["cells"]
        seen.append(
            (outcome["run"], outcome["best"], [(cell["id"], cell["source"], cell["cell_type"]) for cell in cells])
        )
    assert seen[0] == seen[1]


def test_groups_stay_together_and_the_reason_is_told(tmp_path: Path) -> None:
    generator = np.random.default_rng(1)
    patients = np.repeat(np.arange(40), 4)
    sick = (patients % 2).astype(bool)
    frame = pd.DataFrame(
        {
            "patient_id": [f"P{k:03d}" for k in patients],
            "marker": generator.normal(size=160) + sick,
            "age": generator.integers(30, 80, 160),
            "diagnosis": np.where(sick, "case", "control"),
        }
    )
    frame.to_csv(tmp_path / "cohort.csv", index=False)
    outcome = run(tmp_path, "cohort.csv", "--iterations", "1")
    from pathlib import Path

    split = Path(outcome["path"]) / "split"
    train, validation = (set(pd.read_csv(split / f"{name}.csv")["patient_id"]) for name in ("train", "validation"))
    assert not train & validation
    told = log_of(outcome)
    for part in ("patient_id", "What the audit found", "lookup of the most similar training rows", "**Gain** over"):
        assert part in told
    events = (Path(outcome["path"]) / "events.jsonl").read_text()
    assert "A random split puts rows of one entity on both sides" in events, "severe findings are notices of the run"
    assert outcome["best"]["validation"]["auroc"]["value"] < 0.95, "the patient's name must not be a feature"


@pytest.mark.parametrize("kind", ["promoters", "proteins"])
def test_sequences_are_explored_and_their_errors_looked_at(tmp_path: Path, kind: str) -> None:
    from agentomics_nb.demo import promoters

    if kind == "promoters":
        frame = promoters(240, seed=1)
    else:
        generator = np.random.default_rng(2)
        sequences = ["M" + "".join(generator.choice(list("ACDEFGHIKLMNPQRSTVWY"), 40 + k % 30)) for k in range(160)]
        frame = pd.DataFrame({"sequence": sequences, "y": [s.count("K") / len(s) for s in sequences]})
    frame.to_csv(tmp_path / f"{kind}.csv", index=False)
    outcome = run(tmp_path, f"{kind}.csv", "--iterations", "1")
    assert outcome["best"] is not None
    assert "length" in log_of(outcome)
