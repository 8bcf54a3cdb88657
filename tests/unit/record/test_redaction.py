"""Secrets and places of this machine leave no export."""

from __future__ import annotations

from pathlib import Path

from agentomics_nb.record.redaction import Redaction
from tests.unit.record.finished_run import finished

KEY = "sk-" + "proj-4f8Kq2Lm9Xw7Rt5Vb3Nz"


def test_secrets_and_places_are_taken_out_of_every_text_and_pictures_are_left(tmp_path, monkeypatch):
    monkeypatch.setenv("LAB_PASSWORD", "correct horse 7 battery")
    monkeypatch.setenv("HOME", str(tmp_path / "home" / "ada"))
    study = tmp_path / "home" / "ada" / "secret-study"
    study.mkdir(parents=True)
    made = finished(study)
    redaction = Redaction.of(made.run, made.record)
    cell = {
        "source": f"read('{study}/genes.csv')",
        "outputs": [{"text": [f"{KEY} and correct horse 7 battery", f"{Path.home()}/.venv/lib"]}],
        "data": {"image/png": f"{KEY}", "image/svg+xml": f"<svg>{KEY}</svg>"},
    }
    clean = redaction.value(cell)
    assert clean["source"] in ("read('./genes.csv')", "read('data/genes.csv')")
    assert clean["outputs"][0]["text"] == ["[secret] and [secret]", "~/.venv/lib"]
    assert clean["data"] == {"image/png": KEY, "image/svg+xml": "<svg>[secret]</svg>"}


def test_a_folder_whose_name_begins_like_another_is_not_taken_for_it(tmp_path):
    made = finished(tmp_path)
    redaction = Redaction((), {str(tmp_path): "."})
    assert redaction.text(f"{tmp_path}/genes.csv {tmp_path}-old/genes.csv") == f"./genes.csv {tmp_path}-old/genes.csv"
    assert made.record.run
