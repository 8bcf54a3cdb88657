"""``agentomics audit`` and ``%agentomics audit``: what a person types, and what a run keeps of it."""

from __future__ import annotations

import gzip
import json
from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from agentomics_nb.cli import main
from agentomics_nb.completion import complete
from agentomics_nb.dataset.reading import read_sample
from agentomics_nb.errors import InputError
from agentomics_nb.journal.directory import Origin
from agentomics_nb.launch import prepare
from agentomics_nb.magic import run_magic
from agentomics_nb.options import RunOptions

if TYPE_CHECKING:
    from pathlib import Path


def leaky(rows: int = 200) -> pd.DataFrame:
    """Rows of fifty patients, each with one label; a fifth of them stand in the test file, too."""
    generator = np.random.default_rng(0)
    patient = generator.integers(0, 50, rows)
    return pd.DataFrame(
        {
            "patient": [f"P{p:02d}" for p in patient],
            "dose": generator.normal(size=rows).round(4),
            "response": generator.normal(size=rows).round(4) + patient % 2,
            "label": np.where(patient % 2, "case", "control"),
        }
    )


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    leaky().to_csv(tmp_path / "genes.csv", index=False)
    leaky().sample(40, random_state=0).to_csv(tmp_path / "held_out.csv", index=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_terminal_tells_what_was_found_and_leaves_nothing_behind(place, capsys):
    assert main(["audit", "genes.csv", "--test", "held_out.csv"]) == 0
    told = capsys.readouterr().out
    for part in ("40 of 40 rows of held_out.csv also stand in genes.csv", "--split group=patient", "severe", "Split"):
        assert part in " ".join(told.split())
    assert sorted(path.name for path in place.iterdir()) == ["genes.csv", "held_out.csv"]


def test_json_is_one_object(place, capsys):
    assert main(["audit", "genes.csv", "--test", "held_out.csv", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {"shared_rows", "repeated_entities"} <= {finding["code"] for finding in found["findings"]}
    assert (found["contract"]["strategy"], found["contract"]["column"]) == ("group", "patient")
    assert found["rows"] == {"train": 200, "test": 40}


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["nowhere.csv"], "nowhere.csv"),
        (["genes.csv", "--target", "dosage"], "dosage"),
        (["genes.csv", "--split", "homology"], "homology"),
        (["genes.csv", "--split", "group=nobody"], "nobody"),
        (["genes.csv", "--iterations", "3"], "--iterations"),
    ],
)
def test_what_cannot_be_audited_is_said_in_one_sentence(place, capsys, arguments, word):
    assert main(["audit", *arguments]) == 2
    told = capsys.readouterr()
    assert word in told.err
    assert len(told.err.strip().splitlines()) == 1


def test_a_run_keeps_its_audit_and_can_be_asked_for_it(place, capsys):
    run = prepare(
        RunOptions(data="genes.csv", test="held_out.csv", name="first"), origin=Origin(directory=str(place), door="cli")
    )
    assert run.read_record().contract == run.read_audit().contract
    (place / "genes.csv").unlink()
    assert main(["audit", "first", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["contract"]["column"] == "patient"
    run.audit_file.unlink()
    assert main(["audit", "first"]) == 2  # without its audit, the data would be needed


def test_the_notebook_gets_a_picture_and_a_data_frame_is_audited(place, capsys):
    published: list[dict[str, str]] = []
    shell = SimpleNamespace(
        kernel=None,
        user_ns={"rows": leaky()},
        display_pub=SimpleNamespace(publish=lambda data, metadata: published.append(data)),
    )
    run_magic(shell, "audit rows", None)
    (bundle,) = published
    assert set(bundle) == {"text/html", "text/markdown", "text/plain"}
    assert "<svg" in bundle["text/html"]
    assert "by groups of patient" in bundle["text/plain"]
    run_magic(shell, "audit genes.csv --json", None)
    assert json.loads(capsys.readouterr().out)["dataset"] == "genes"
    with pytest.raises(InputError, match="no column 'dosage'"):
        run_magic(shell, "audit rows --target dosage", None)
    assert complete(shell, "%agentomics audit g", "g") == ["genes.csv"]
    assert complete(shell, "%agentomics audit genes.csv --ta", "--ta") == ["--target", "--task"]


def test_a_folder_with_one_file_a_class_is_understood(place, capsys):
    for role, rows in (("train", 120), ("test", 60)):
        folder = place / "peaks" / role
        folder.mkdir(parents=True)
        for name in ("negative", "positive"):
            frame = leaky(rows).drop(columns="label").rename(columns={"patient": "id"})
            with gzip.open(folder / f"{name}.csv.gz", "wt") as file:
                frame.to_csv(file, index=False)
    assert main(["audit", "peaks", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["dataset"], found["target"], found["rows"]) == ("peaks", "class", {"train": 240, "test": 120})


@pytest.mark.parametrize("name", ["big.csv", "big.parquet"])
def test_a_sample_of_a_large_file_holds_its_rows(place, name):
    from agentomics_nb.dataset import inspect

    frame = pd.DataFrame({"gene": [f"01{i:04d}" for i in range(500)], "value": range(500), "label": [0, 1] * 250})
    frame.to_csv(place / name, index=False) if name.endswith("csv") else frame.to_parquet(place / name)
    table = inspect(place / name).train
    sample = read_sample(table, ["gene", "value"], 60, text=("gene",))
    assert len(sample) == 60
    assert sample["value"].is_monotonic_increasing
    assert sample["gene"].tolist() == [f"01{i:04d}" for i in sample["value"]]
    assert sample.equals(read_sample(table, ["gene", "value"], 60, text=("gene",)))
