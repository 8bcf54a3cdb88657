"""Run directories as they come into being: names, fingerprints, and which run a cell belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

from agentomics_nb.drafting import drafted
from agentomics_nb.errors import InputError, RunError
from agentomics_nb.journal.directory import Origin, runs_below
from agentomics_nb.journal.inbox import send, waiting
from agentomics_nb.launch import find_finished, prepare, resume
from agentomics_nb.options import RunOptions

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def directory(tmp_path, small_table):
    return tmp_path


def origin(directory: Path, cell: str | None = None) -> Origin:
    return Origin(directory=str(directory), door="magic" if cell else "cli", cell=cell)


def made(directory, cell=None, **options):
    return prepare(RunOptions(data="tumours.csv", **options), origin=origin(directory, cell))


def found(directory, cell=None, **options):
    with drafted(RunOptions(data="tumours.csv", **options), origin=origin(directory, cell)) as draft:
        return find_finished(draft)


def test_the_same_command_gives_the_same_name_in_another_directory_and_a_new_one_beside(directory, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    (other / "tumours.csv").write_bytes((directory / "tumours.csv").read_bytes())
    first, second, elsewhere = made(directory), made(directory), made(other)
    assert first.path.name == elsewhere.path.name
    assert second.path.name != first.path.name
    records = [run.read_record() for run in (first, second)]
    assert records[0].fingerprint == records[1].fingerprint
    assert records[0].digest != records[1].digest
    assert {run.path for run in runs_below(directory)} == {first.path, second.path}


def test_what_decides_the_outcome_changes_the_fingerprint_and_what_does_not_leaves_it(directory):
    base = made(directory).read_record().fingerprint
    for options in ({"seed": 1}, {"iterations": 2}, {"metric": "mcc"}, {"instructions": "be brief"}, {"threads": 1}):
        assert made(directory, **options).read_record().fingerprint != base
    for options in (
        {"detach": True},
        {"json_output": True},
        {"metric": "AUC"},
        {"target": "diagnosis"},
        {"name": "mine"},
    ):
        assert made(directory, **options).read_record().fingerprint == base


def test_a_cell_finds_its_own_run_and_no_other(directory):
    run = made(directory, cell="a")
    assert found(directory, cell="a") == run
    assert found(directory, cell="b") is None
    assert found(directory, cell="a", seed=1) is None
    assert found(directory) == run


def test_drafting_alone_leaves_no_trace(directory):
    before = sorted(directory.rglob("*"))
    with drafted(RunOptions(data="tumours.csv", out="a/b/c"), origin=origin(directory)):
        pass
    assert sorted(directory.rglob("*")) == before


def test_a_run_elsewhere_stands_there(directory):
    run = made(directory, out="results", name="mine")
    assert run.path == directory / "results" / "mine"
    with pytest.raises(InputError, match="mine"):
        made(directory, out="results", name="mine")


def test_a_frame_is_kept_with_its_run_and_its_labels_and_types(directory):
    columns = {"reads": range(40), "kind": pd.Categorical(["x", "y"] * 20), "mixed": [1, "b"] * 20}
    frame = pd.DataFrame({**columns, "label": [True, False] * 20})
    before = frame.copy()
    run = prepare(RunOptions(data="counts"), origin=origin(directory), frame=frame)
    record = run.read_record()
    assert record.dataset.name == "counts"
    assert record.dataset.target.classes == ("False", "True")
    kept = pd.read_parquet(record.dataset.train.path)
    assert list(kept["mixed"][:2]) == ["1", "b"]
    pd.testing.assert_frame_equal(frame, before)


@pytest.mark.parametrize(
    ("frame", "named"),
    [
        (pd.DataFrame([[1, 2, "a"]] * 20, columns=["x", "x", "label"]), "'x'"),
        (pd.DataFrame([[1, 2]] * 20, columns=pd.MultiIndex.from_tuples([("a", "b"), ("a", "label")])), "levels"),
        (pd.DataFrame({"x": [{1}] * 20, "label": ["a", "b"] * 10}).iloc[:0], "no rows"),
    ],
)
def test_a_frame_that_cannot_be_used_is_refused_without_a_trace(directory, frame, named):
    before = sorted(directory.rglob("*"))
    with pytest.raises(InputError, match=named):
        prepare(RunOptions(data="counts"), origin=origin(directory), frame=frame)
    assert sorted(directory.rglob("*")) == before


def test_an_old_stop_does_not_end_a_resumed_run_but_a_hint_stays(directory):
    run = made(directory, iterations=1)
    send(run.inbox, "stop")
    send(run.inbox, "hint", text="look closely")
    process = resume(run, parent=None)
    assert process is not None
    try:
        assert not any(command is not None and command.command == "stop" for _, command in waiting(run.inbox))
    finally:
        send(run.inbox, "stop")
        process.wait(timeout=60)
    assert "look closely" in run.events.read_text()


def test_a_run_whose_directory_has_gone_says_so(directory, tmp_path_factory):
    run = made(directory)
    moved = tmp_path_factory.mktemp("moved") / "run"
    run.path.rename(moved)
    for path in directory.iterdir():
        path.unlink() if path.is_file() else path.rmdir()
    directory.rmdir()
    with pytest.raises(RunError, match="gone"):
        resume(type(run)(moved), parent=None)
