"""The manifest finds a changed byte."""

from __future__ import annotations

import pytest

from agentomics_nb.errors import RunError
from agentomics_nb.record.directory import RecordDirectory
from agentomics_nb.record.manifest import compare_manifest, write_manifest


@pytest.fixture
def record(tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "model.joblib").write_bytes(b"weights")
    (tmp_path / "README.md").write_text("A record.")
    made = RecordDirectory(tmp_path)
    write_manifest(made)
    return made


def test_an_untouched_record_is_as_it_was_also_after_it_was_used(record):
    for name in ("replay/train.csv", ".ipynb_checkpoints/replay.ipynb", "model/__pycache__/x.pyc"):
        path = record.path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("made on the way")
    record.verification.write_text("{}")
    assert compare_manifest(record) == []


def test_a_changed_byte_a_missing_file_and_a_strange_one_are_named(record):
    (record.path / "model" / "model.joblib").write_bytes(b"weightz")
    record.readme.unlink()
    (record.path / "extra.py").write_text("1")
    assert compare_manifest(record) == [
        "README.md is absent.",
        "model/model.joblib has been changed: same size, other sha256.",
        "extra.py is not of this record.",
    ]


def test_without_a_manifest_it_is_said_what_is_missing(record):
    record.manifest.write_text("not json")
    with pytest.raises(RunError, match="damaged"):
        compare_manifest(record)
    record.manifest.unlink()
    with pytest.raises(RunError, match=r"has no manifest\.json"):
        compare_manifest(record)
