"""The command line: what a person may get wrong, and what a finished run is good for."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from agentomics_nb.cli import main
from agentomics_nb.isolation import choose

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.xdist_group("doors")  # one finished run serves many tests

ROWS = [f"{i % 7},{(i * i) % 11},{'case' if i % 3 else 'control'}" for i in range(60)]
HEADER = "reads,length,label"


def write(directory: Path, name: str, text: str | bytes) -> None:
    data = text.encode() if isinstance(text, str) else text
    (directory / name).write_bytes(data)


def table(header: str = HEADER, rows: list[str] | None = None) -> str:
    return "\n".join([header, *(ROWS if rows is None else rows)]) + "\n"


BAD_DATA = {
    "no such file": (None, [], "genes.csv"),
    "empty file": ("", [], "empty"),
    "header only": (table(rows=[]), [], "no rows"),
    "an image renamed": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8, [], "genes.csv"),
    "binary renamed": (bytes(range(256)) * 40, [], "genes.csv"),
    "gzip renamed": (gzip.compress(table().encode()), [], "gzip"),
    "broken utf-16": (b"\xff\xfe" + b"a\x00b", [], "genes.csv"),
    "target missing": (table("reads,length,kind"), [], "'kind'"),
    "target not there": (table(), ["--target", "outcome"], "outcome"),
    "target all missing": (table(rows=["1,2,"] * 30), [], "label"),
    "target constant": (table(rows=["1,2,case", "2,3,case"] * 15), [], "label"),
    "target unique per row": (table(rows=[f"{i},{i},sample {i}" for i in range(30)]), [], "label"),
    "too few rows of a class": (table(rows=[*ROWS, "1,2,rare"]), [], "rare"),
    "duplicate columns": (table("reads,reads,label"), [], "reads"),
    "metric of the other task": (table(), ["--metric", "rmse"], "rmse"),
    "unknown metric": (table(), ["--metric", "luck"], "luck"),
    "group column not there": (table(), ["--split", "group=patient"], "patient"),
    "test file not there": (table(), ["--test", "nowhere.csv"], "nowhere.csv"),
    "description not there": (table(), ["--description", "nowhere.md"], "nowhere.md"),
    "validation without a column": (table(), ["--validation", "other.csv"], "length"),
    "test without a column": (table(), ["--test", "other.csv"], "length"),
    "two targets": (table("reads,target,label"), [], "'target', 'label'"),
    "a matrix on its side": ("gene,s1,s2,s3\nlabel,a,b,a\nTP53,1,2,3\n", [], "transpose"),
    "a title above the names": ("Table S1\n\n" + table(), [], "'Table S1'"),
    "a short line": (table() + "1,2\n", [], "line 62"),
    "words where training has numbers": (table(), ["--test", "words.csv"], "'many'"),
    "an address": (None, ["--test", "https://example.org/genes.csv"], "genes.csv"),
    "no memory": (table(), ["--memory-limit", "1K"], "--memory-limit"),
    "a path that cells misread": (table(), ["--out", "costs $5"], "'$'"),
    "a directory that cannot be": (table(), ["--out", "genes.csv/below"], "genes.csv"),
}


@pytest.mark.parametrize("case", BAD_DATA)
def test_bad_input_gives_one_sentence_exit_code_2_and_no_trace(case, tmp_path, monkeypatch, capsys):
    content, arguments, named = BAD_DATA[case]
    monkeypatch.chdir(tmp_path)
    if content is not None:
        write(tmp_path, "genes.csv", content)
    write(tmp_path, "other.csv", "reads,label\n1,case\n2,control\n")
    write(tmp_path, "words.csv", "reads,length,label\nmany,1,case\nfew,2,control\n")
    before = sorted(tmp_path.rglob("*"))
    assert main(["run", "genes.csv", *arguments]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("agentomics: ")
    assert named in printed.err
    assert printed.err.count("\n") == 1
    assert "Traceback" not in printed.err
    assert sorted(tmp_path.rglob("*")) == before


def test_a_folder_without_a_train_file_is_refused(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gut").mkdir()
    write(tmp_path, "gut/notes.csv", table())
    assert main(["run", "gut"]) == 2
    assert "train" in capsys.readouterr().err
    assert not (tmp_path / "agentomics_runs").exists()


@contextmanager
def without_root(tmp_path: Path) -> Iterator[None]:
    """Give up the rights of root, which no permission stops, for a while."""
    if os.geteuid() != 0:
        yield
        return
    for directory in list(tmp_path.parents)[:3]:
        directory.chmod(directory.stat().st_mode | 0o055)
    if tmp_path.stat().st_mode & 0o200:
        tmp_path.chmod(0o777)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize("case", ["unwritable directory", "unreadable file", "unreadable folder"])
def test_what_may_not_be_touched_is_refused(case, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["run", "genes.csv"]) == 2  # nothing there yet; and everything needed is imported now
    capsys.readouterr()
    write(tmp_path, "genes.csv", table())
    (tmp_path / "gut").mkdir()
    write(tmp_path, "gut/train.csv", table())
    arguments = {"unwritable directory": "genes.csv", "unreadable file": "genes.csv", "unreadable folder": "gut"}
    locked = {
        "unwritable directory": tmp_path,
        "unreadable file": tmp_path / "genes.csv",
        "unreadable folder": tmp_path / "gut",
    }
    locked[case].chmod(0o555 if case == "unwritable directory" else 0o000)
    with without_root(tmp_path):
        assert main(["run", arguments[case]]) == 2
    error = capsys.readouterr().err
    assert locked[case].name in error or "genes.csv" in error
    assert error.count("\n") == 1
    assert not (tmp_path / "agentomics_runs").exists()


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ([], "COMMAND"),
        (["start"], "start"),
        (["run"], "DATA"),
        (["run", "genes.csv", "--iterations", "none"], "--iterations"),
        (["status", "nothing"], "nothing"),
        (["stop"], "agentomics_runs"),
        (["resume", "nothing"], "nothing"),
        (["predict", "nothing", "genes.csv"], "nothing"),
        (["hint", "try", "more"], "agentomics_runs"),
    ],
)
def test_commands_that_make_no_sense_are_refused_in_one_sentence(arguments, named, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert named in error
    assert error.count("\n") == 1


def test_the_module_runs_as_a_program_and_ends_with_its_code(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "agentomics_nb.cli", "run", "genes.csv"],
        cwd=tmp_path, check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.endswith("genes.csv; check the path.\n")


def test_no_runs_yet(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["runs"]) == 0
    assert "agentomics run DATA" in capsys.readouterr().out
    assert main(["runs", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"runs": []}


def test_doctor_says_plainly_that_nothing_isolates_and_what_would(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("agentomics_nb.doctor.available", lambda kind: f"{kind} is absent")
    assert main(["doctor", "--json"]) == 0
    checks = {check["name"]: check for check in json.loads(capsys.readouterr().out)["checks"]}
    assert checks["Isolation"]["level"] == "warning"
    assert "Nothing can keep them from looking at a test file" in checks["Isolation"]["text"]
    assert "bubblewrap is absent" in checks["Isolation"]["text"]
    assert checks["Isolation"]["remedy"]


def test_doctor_names_this_python_and_what_it_does_not_protect_from(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["doctor", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    checks = {check["name"]: check for check in found["checks"]}
    assert found["ok"] is True
    assert sys.executable in checks["Python"]["text"]
    assert checks["Isolation"]["text"].lower().startswith(choose(None))
    assert main(["doctor"]) == 0
    assert "A run can work here." in capsys.readouterr().out


@pytest.fixture(scope="module")
def finished(tmp_path_factory, request) -> Path:
    """A directory with one run of one iteration, made through the command line as a process."""
    directory = tmp_path_factory.mktemp("door")
    from sklearn.datasets import load_breast_cancer

    frame = load_breast_cancer(as_frame=True).frame.iloc[:120, [0, 1, 6, 7, 30]]
    frame.iloc[:90].to_csv(directory / "tumours.csv", index=False)
    frame.iloc[90:].to_csv(directory / "held_out.csv", index=False)
    arguments = [
        "run",
        "tumours.csv",
        "--test",
        "held_out.csv",
        "--iterations",
        "1",
        "--json",
        "--name",
        "first-try-81",
    ]
    done = subprocess.run(
        [sys.executable, "-m", "agentomics_nb.cli", *arguments],
        cwd=directory, check=False, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (directory / "summary.json").write_text(done.stdout)
    (directory / "stderr.txt").write_text(done.stderr)
    return directory


@pytest.mark.slow
def test_json_is_one_object_alone_on_stdout_and_steps_go_to_stderr(finished):
    summary = json.loads((finished / "summary.json").read_text())
    assert (summary["run"], summary["status"], summary["iterations"]) == ("first-try-81", "finished", 1)
    assert set(summary["best"]) == {"iteration", "train", "validation", "test", "test_error"}
    assert set(summary["best"]["test"]["auroc"]) == {"value", "low", "high"}
    steps = (finished / "stderr.txt").read_text()
    assert "iteration 0 · training" in steps
    assert "\x1b" not in steps


@pytest.mark.slow
def test_what_the_score_is_worth_is_known_before_the_test_is_opened(finished):
    run = next((finished / "agentomics_runs").iterdir())
    kinds = [json.loads(line)["kind"] for line in (run / "events.jsonl").read_text().splitlines()]
    assert kinds.index("judged") < kinds.index("test_opened")
    metrics = json.loads((run / "best" / "metrics.json").read_text())
    assert 0.3 < metrics["test"]["at_cut_off"]["low"] <= metrics["test"]["at_cut_off"]["value"] <= 1


@pytest.mark.slow
def test_status_and_runs_read_what_the_engine_wrote(finished, monkeypatch, capsys):
    monkeypatch.chdir(finished)
    assert main(["status", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads((finished / "summary.json").read_text())
    assert main(["runs"]) == 0
    assert "✓ finished" in capsys.readouterr().out


@pytest.mark.slow
def test_predict_scores_a_file_in_its_order_and_ignores_other_columns(finished, monkeypatch, capsys):
    monkeypatch.chdir(finished)
    rows = pd.read_csv("held_out.csv")
    rows.assign(comment="a, b").sample(frac=1, random_state=0).to_csv("new.tsv", sep="\t", index=False)
    assert main(["predict", "first", "held_out.csv", "--output", "a.csv"]) == 0
    assert main(["predict", "first", "new.tsv"]) == 0
    assert "30 predictions in new.predictions.csv" in capsys.readouterr().out
    straight, shuffled = pd.read_csv("a.csv"), pd.read_csv("new.predictions.csv")
    order = rows.sample(frac=1, random_state=0).index
    pd.testing.assert_frame_equal(shuffled, straight.loc[order].reset_index(drop=True))


@pytest.mark.slow
def test_predict_names_the_columns_that_are_missing(finished, monkeypatch, capsys):
    monkeypatch.chdir(finished)
    pd.read_csv("held_out.csv").drop(columns="mean texture").to_csv("narrow.csv", index=False)
    assert main(["predict", "first", "narrow.csv"]) == 2
    assert "narrow.csv lacks the column 'mean texture'" in capsys.readouterr().err


@pytest.mark.slow
def test_a_finished_run_can_neither_be_stopped_nor_resumed_nor_named_again(finished, monkeypatch, capsys):
    monkeypatch.chdir(finished)
    for arguments in (
        ["stop"],
        ["pause"],
        ["resume"],
        ["hint", "more"],
        ["run", "tumours.csv", "--name", "first-try-81"],
    ):
        assert main(arguments) == 2
        assert "first-try-81" in capsys.readouterr().err
    assert [path.name for path in (finished / "agentomics_runs").iterdir()] == ["first-try-81"]


@pytest.mark.slow
def test_labels_come_back_as_the_numbers_they_were(finished, monkeypatch):
    import agentomics_nb

    monkeypatch.chdir(finished)
    run = agentomics_nb.open_run("first-try-81")
    rows = pd.read_csv("held_out.csv").set_index(pd.Index(range(500, 530), name="patient"))
    predictions = run.best.predict(rows)
    assert predictions["prediction"].dtype == rows["target"].dtype
    assert predictions.index.equals(rows.index)
    assert (predictions["prediction"] == rows["target"]).mean() > 0.8
    assert run.status == "finished"
    assert list(run.metrics.index) == [0]
    assert run.metrics.loc[0, "validation_auroc_low"] <= run.metrics.loc[0, "validation_auroc"]
    assert run.best.predict(rows.iloc[:0]).empty
