"""A record re-runs with no agent and gives the same numbers; what was tampered with is named."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

import nbformat
import papermill
import pytest

from agentomics_nb.cli import main
from agentomics_nb.record.directory import RecordDirectory
from tests.functional.conftest import TOKEN

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("record")]


@pytest.fixture(scope="module")
def study(finished_run):
    """The folder of a run with its record; the person stands in it, at home, with a secret in the environment."""
    folder = finished_run.path.parents[1]
    before = dict(os.environ), Path.cwd()
    os.environ |= {"HOME": str(folder.parent), "LAB_TOKEN": "tr0ub4dor-and-3-horses"}
    os.chdir(folder)
    try:
        assert main(["export", "first", "--author", "Ada Lovelace", "--licence", "CC-BY-4.0", "--zip"]) == 0
        yield folder
    finally:
        os.environ.clear()
        os.environ |= before[0]
        os.chdir(before[1])


@pytest.fixture
def record(study, tmp_path):
    """The record alone, somewhere else."""
    shutil.copytree(study / "agentomics_runs" / "first" / "record", tmp_path / "record")
    return RecordDirectory(tmp_path / "record")


def verified(record: RecordDirectory, *more: str, code: int, capsys) -> dict[str, list[str]]:
    """Verify, and return what differs by check."""
    assert main(["verify", str(record.path), "--json", *more]) == code
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    return {check["name"]: check["differences"] or [check["text"]] for check in found["checks"] if not check["holds"]}


def test_the_export_was_replayed_and_is_whole(record, capsys):
    found = json.loads(record.verification.read_text())
    assert found["verified"]
    assert {check["name"] for check in found["checks"]} == {
        "environment", "data", "replay", "split", "metrics", "predictions", "model",
    }  # fmt: skip
    assert all(metric["replayed"] == pytest.approx(metric["recorded"], abs=1e-12) for metric in found["metrics"])
    assert {metric["part"] for metric in found["metrics"]} == {"train", "validation", "test"}
    for notebook in (record.replay, record.log):
        nbformat.validate(nbformat.read(notebook, as_version=4))
    document = nbformat.read(record.replay, as_version=4)
    assert "agentomics_nb" not in "".join(cell.source for cell in document.cells if cell.cell_type == "code")
    assert sum(cell.cell_type == "code" and bool(cell.outputs) for cell in document.cells) > 8
    for path in (record.page, record.script, record.card, record.crate, record.lock, record.readme, record.binder):
        assert path.exists()
    assert verified(record, "--manifest", code=0, capsys=capsys) == {}


def test_no_secret_and_no_place_of_this_machine_is_in_any_export(record, study):
    for path in (path for path in record.path.rglob("*") if path.is_file() and path.parent != record.data):
        text = path.read_bytes().decode("utf-8", "replace")
        for hidden in (TOKEN, "tr0ub4dor", str(study), "homes", "/ada"):
            assert hidden not in text, f"{hidden} is in {path.relative_to(record.path)}"
    assert "[secret]" in record.replay.read_text(), "the token was printed, and taken out"


def test_tampering_is_named_one_by_one(record, study, capsys):
    rows = (record.data / "tumours.csv").read_text().splitlines()
    rows[1] = rows[1].replace(".", ".5", 1)
    (record.data / "tumours.csv").write_text("\n".join(rows) + "\n")
    script = (record.model / "inference.py").read_text()
    swapped = script.replace("model.predict_proba(rows)", "(model.predict_proba(rows) * 0.98 + 0.01)")
    assert swapped != script
    (record.model / "inference.py").write_text(swapped)
    for path in (record.replay, record.claims):
        path.write_text(path.read_text().replace('"scikit-learn": "', '"scikit-learn": "0.').replace(
            '\\"scikit-learn\\": \\"', '\\"scikit-learn\\": \\"0.'))  # fmt: skip
    found = verified(record, code=1, capsys=capsys)
    assert {line.split(" has ")[0] for line in found["manifest"]} == {
        "data/tumours.csv", "model/inference.py", "replay.ipynb", "record.json",
    }  # fmt: skip
    assert [line.split()[0] for line in found["environment"]] == ["scikit-learn"]
    assert [line.split()[0] for line in found["data"]] == ["tumours.csv"]
    assert "another one" in found["model"][0]
    assert "replay" not in found


def test_papermill_runs_the_replay_with_parameters_of_its_own(record, tmp_path):
    parameters = {"output": str(tmp_path / "elsewhere"), "threads": 1}
    papermill.execute_notebook(
        record.replay, tmp_path / "executed.ipynb", parameters, cwd=str(record.path), progress_bar=False
    )
    assert not (record.path / "replay").exists()
    result = json.loads((tmp_path / "elsewhere" / "replayed.json").read_text())
    assert result["other_numbers"] == result["other_data"] == []


def test_a_record_without_its_data_says_what_to_put_where(study, tmp_path, capsys):
    place = tmp_path / "bare"
    assert main(["export", "first", "--without-data", "--no-replay", "--output", str(place)]) == 0
    record = RecordDirectory(place)
    assert not record.data.exists()
    (wanted,) = (file for file in json.loads(record.claims.read_text())["data"] if file["role"] == "train")
    assert wanted["sha256"] in record.readme.read_text()
    capsys.readouterr()
    assert main(["verify", str(place)]) == 2
    said = capsys.readouterr().err
    assert str(place / "data" / "tumours.csv") in said
    assert wanted["sha256"] in said
    other = tmp_path / "mine"
    other.mkdir()
    (other / "keep.txt").write_text("mine")
    assert main(["export", "first", "--no-replay", "--output", str(other)]) == 2
    assert "holds other files" in capsys.readouterr().err
    assert (other / "keep.txt").read_text() == "mine"


def test_a_run_that_was_moved_is_recorded_as_if_it_had_not(study, tmp_path):
    moved = tmp_path / "elsewhere" / "first"
    shutil.copytree(study / "agentomics_runs" / "first", moved, ignore=shutil.ignore_patterns("record"))
    assert main(["export", str(moved), "--no-replay"]) == 0
    sources = [
        {cell.id: cell.source for cell in nbformat.read(run / "record" / "replay.ipynb", as_version=4).cells}
        for run in (moved, study / "agentomics_runs" / "first")
    ]
    assert sources[0] == sources[1]


def test_what_the_person_edited_in_the_notebook_is_replayed_and_claimed(study, tmp_path, capsys):
    run = study / "agentomics_runs" / "first"
    document = nbformat.read(run / "log.ipynb", as_version=4)
    (cell,) = (cell for cell in document.cells if "workspace/model.py" in cell.source.split("\n")[0])
    before, cell.source = cell.source, re.sub(r"(return make_pipeline.*C=)[\d.]+", r"\g<1>0.01", cell.source)
    assert cell.source != before
    nbformat.write(document, study / "mine.ipynb")
    try:
        assert main(["export", "first", "--no-replay", "--output", str(tmp_path / "r")]) == 2
        assert "edited" in capsys.readouterr().err
        assert main(["export", "first", "--output", str(tmp_path / "r")]) == 0
    finally:
        (study / "mine.ipynb").unlink()
    record = RecordDirectory(tmp_path / "r")
    claims = json.loads(record.claims.read_text())
    original = json.loads((run / "record" / "record.json").read_text())
    assert claims["edited"] == [cell.id]
    assert claims["metrics"]["train"]["log_loss"] > original["metrics"]["train"]["log_loss"]
    assert json.loads(record.verification.read_text())["verified"]
    replayed = nbformat.read(record.replay, as_version=4)
    (mine,) = (each for each in replayed.cells if each.id == cell.id)
    assert mine.metadata.agentomics.edited_by == "person"
    assert "C=0.01" in mine.source
    assert any("Edited by the person" in each.source for each in replayed.cells)
