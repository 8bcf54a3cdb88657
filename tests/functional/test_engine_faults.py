"""Nothing is lost and nothing runs twice, whatever is killed at whatever moment."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import psutil
import pytest

from agentomics_nb.commands import change_limit
from agentomics_nb.journal import events as ev
from agentomics_nb.journal.directory import Origin, RunDirectory
from agentomics_nb.journal.inbox import send
from agentomics_nb.journal.state import RunState, read_state
from agentomics_nb.launch import prepare, start_engine
from agentomics_nb.options import RunOptions
from tests.conftest import write_small_table

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("faults")]


def start_run(data: Path, directory: Path, **options: object) -> RunDirectory:
    return prepare(
        RunOptions(data=str(data), name="trial", seed=0, threads=1, **options),
        origin=Origin(directory=str(directory), door="cli"),
    )


def engine(run: RunDirectory) -> subprocess.Popen[bytes]:
    return start_engine(run, parent=None)


def finish(run: RunDirectory) -> RunState:
    assert engine(run).wait(timeout=180) == 0
    return read_state(run)


def events_of(run: RunDirectory) -> list[ev.Event]:
    return list(run.reader().new_events())


def wait_for(run: RunDirectory, met: Callable[[list[ev.Event]], bool], seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if met(events_of(run)):
            return
        time.sleep(0.02)
    pytest.fail(f"not reached; the engine said: {run.engine_log.read_text()[-2000:]}")


def outcome(state: RunState) -> dict[str, object]:
    """What must not depend on interruptions: the cells in their order, what they printed, and the scores."""
    return {
        "sources": [(cell.id, cell.source) for cell in sorted(state.cells.values(), key=lambda cell: cell.seq)],
        "printed": [
            (cell.id, output["text"].replace("Overwriting", "Writing"))
            for cell in state.cells.values()
            for output in cell.outputs
            if output["output_type"] == "stream" and output["name"] == "stdout"
        ],
        "scores": {number: iteration.scores for number, iteration in state.iterations.items()},
        "best": state.best,
    }


SECRET = "sk-proj-Vd83kfLq0ZmXw7Tn2RbY5sHc9JpA4uGe"


@dataclass(frozen=True)
class Watched:
    """A run that nobody disturbed, and what was seen of it on the way."""

    run: RunDirectory
    state: RunState
    logs_seen: int
    environments_seen: int


@pytest.fixture(scope="module")
def tumours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_small_table(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def undisturbed(tumours: Path, tmp_path_factory: pytest.TempPathFactory) -> Watched:
    """One run with secrets in the engine's environment, looked at all the time."""
    import nbformat

    run = run_of(tmp_path_factory.mktemp("runs") / "undisturbed", tumours)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_API_KEY", SECRET)
        patch.setenv("HARMLESS_NAME", SECRET)
        process = engine(run)
    logs = environments = 0
    while process.poll() is None:
        if run.log.exists():
            nbformat.validate(nbformat.reads(run.log.read_text(), as_version=4))
            logs += 1
        for child in children_of(process.pid):
            try:
                environment = Path(f"/proc/{child.pid}/environ").read_bytes()
            except (FileNotFoundError, ProcessLookupError, PermissionError):
                continue
            assert SECRET.encode() not in environment
            environments += bool(environment)
        time.sleep(0.1)
    assert process.returncode == 0
    return Watched(run, read_state(run), logs, environments)


def test_an_undisturbed_run_finishes_with_a_log_that_was_valid_at_every_moment(undisturbed: Watched) -> None:
    import nbformat

    assert undisturbed.state.status == "finished"
    assert undisturbed.logs_seen > 10
    log = nbformat.reads(undisturbed.run.log.read_text(), as_version=4)
    cells = sorted(undisturbed.state.cells.values(), key=lambda cell: cell.seq)
    assert [cell.id for cell in log.cells] == [cell.id for cell in cells]
    assert all("agentomics" in cell.metadata.tags for cell in log.cells)


def test_secrets_of_the_engine_reach_neither_its_children_nor_any_file(undisturbed: Watched) -> None:
    assert undisturbed.environments_seen > 10
    for path in undisturbed.run.path.rglob("*"):
        if path.is_file():
            assert SECRET.encode() not in path.read_bytes(), path


def test_the_best_model_scores_the_same_from_an_empty_directory(undisturbed: Watched, tmp_path: Path) -> None:
    alone = tmp_path / "alone"
    shutil.copytree(undisturbed.run.best, alone)
    split = undisturbed.run.split / "validation.csv"
    rows = pd.read_csv(split, dtype=str).drop(columns="diagnosis")
    rows.to_csv(tmp_path / "new.csv", index=False)
    subprocess.run(
        [sys.executable, "inference.py", "--input", "../new.csv", "--output", "../made.csv"],
        cwd=alone,
        env={"PATH": os.environ["PATH"]},
        check=True,
        timeout=60,
    )
    made = pd.read_csv(tmp_path / "made.csv")
    truth = pd.read_csv(split)["diagnosis"]
    metrics = json.loads((alone / "metrics.json").read_text())
    assert (made["prediction"] == truth).mean() == pytest.approx(metrics["validation"]["metrics"]["accuracy"])
    assert "scikit-learn==" in (alone / "requirements.lock").read_text()


def run_of(directory: Path, tumours: Path) -> RunDirectory:
    directory.mkdir()
    return start_run(tumours, directory, iterations=2)


def test_an_engine_killed_at_ten_events_ends_as_if_undisturbed(
    tumours: Path, tmp_path: Path, undisturbed: Watched
) -> None:
    run = run_of(tmp_path / "disturbed", tumours)
    total = undisturbed.state.last_seq
    for share in range(1, 11):
        process = engine(run)
        wait_for(run, lambda events, at=total * share // 11: len(events) >= at)
        os.kill(process.pid, signal.SIGKILL)
        process.wait(timeout=10)
        wait_until_gone(run)
    state = finish(run)

    assert state.status == "finished"
    assert outcome(state) == outcome(undisturbed.state)
    ended = [event.cell for event in events_of(run) if isinstance(event, ev.CellEnded)]
    assert len(ended) == len(set(ended)), "a finished cell ran a second time"


def test_an_agent_kernel_killed_at_six_cells_ends_as_if_undisturbed(
    tumours: Path, tmp_path: Path, undisturbed: Watched
) -> None:
    run = run_of(tmp_path / "disturbed", tumours)
    process = engine(run)
    killed: set[str] = set()
    while process.poll() is None and len(killed) < 6:
        cell = read_state(run).running_cell
        kernels = kernels_of(process.pid)
        if cell is not None and cell.cell_type == "code" and cell.id not in killed and kernels:
            os.kill(kernels.pop(), signal.SIGKILL)
            killed.add(cell.id)
        time.sleep(0.02)
    assert process.wait(timeout=180) == 0
    state = read_state(run)
    assert len(killed) == 6
    assert state.status == "finished"
    assert outcome(state) == outcome(undisturbed.state)


def test_stop_ends_training_within_two_seconds_and_leaves_no_process(tumours: Path, tmp_path: Path) -> None:
    run = run_of(tmp_path / "stopped", tumours)
    process = engine(run)
    wait_for(run, lambda events: any(isinstance(e, ev.CellStarted) and "train.py --seed" in e.source for e in events))
    family = psutil.Process(process.pid).children(recursive=True)
    send(run.inbox, "stop")
    sent = time.monotonic()
    assert process.wait(timeout=10) == 0
    assert time.monotonic() - sent < 2
    _, alive = psutil.wait_procs(family, timeout=1)
    assert alive == []
    assert read_state(run).status == "stopped"
    assert not run.has_living_engine()

    time.sleep(3)
    state = finish(run)
    assert state.status == "finished"
    assert sum(iteration.seconds for iteration in state.iterations.values()) < state.seconds(), "no wait counts as work"


def test_two_engines_never_work_on_one_run(tumours: Path, tmp_path: Path) -> None:
    run = run_of(tmp_path / "twice", tumours)
    first = engine(run)
    wait_for(run, lambda events: len(events) >= 1)
    second = engine(run)
    assert second.wait(timeout=30) == 2
    send(run.inbox, "stop")
    assert first.wait(timeout=10) == 0
    assert [type(e).__name__ for e in events_of(run)].count("RunStarted") == 1


def test_a_pause_waits_between_cells_and_resumes(tumours: Path, tmp_path: Path) -> None:
    run = run_of(tmp_path / "paused", tumours)
    process = engine(run)
    wait_for(run, lambda events: len(events) >= 4)
    send(run.inbox, "pause")
    wait_for(run, lambda events: any(isinstance(e, ev.Paused) for e in events))
    before = len(events_of(run))
    time.sleep(1)
    assert len(events_of(run)) == before
    send(run.inbox, "hint", text="look at the texture")
    send(run.inbox, "resume")
    assert process.wait(timeout=180) == 0
    state = read_state(run)
    assert state.status == "finished"
    assert state.hints == ["look at the texture"]


def test_a_time_limit_ends_cleanly_with_the_best_so_far(tumours: Path, tmp_path: Path) -> None:
    run = run_of(tmp_path / "limited", tumours)
    process = engine(run)
    wait_for(run, lambda events: any(isinstance(e, ev.IterationEnded) for e in events))
    change_limit(run, "iterations=50")
    change_limit(run, f"time_limit={read_state(run).seconds() + 3:.0f}s")
    assert process.wait(timeout=60) == 0
    state = read_state(run)
    assert state.status == "time_limit"
    assert state.best is not None
    assert (run.best / "inference.py").is_file()
    assert state.iterations[1].status == "failed"


def test_the_engine_stops_when_its_parent_dies_and_can_be_resumed(tumours: Path, tmp_path: Path) -> None:
    run = run_of(tmp_path / "orphan", tumours)
    parent = subprocess.Popen(["sleep", "1000"])
    process = start_engine(run, parent=parent.pid)
    wait_for(run, lambda events: any(isinstance(e, ev.CellStarted) for e in events))
    parent.kill()
    parent.wait()
    assert process.wait(timeout=60) == 0
    assert read_state(run).status == "interrupted"
    assert finish(run).status == "finished"


def children_of(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def kernels_of(pid: int) -> set[int]:
    """Process ids of the agent kernels below an engine."""
    found = set()
    for child in children_of(pid):
        try:
            command = child.cmdline()
        except psutil.NoSuchProcess:
            continue
        if "agentomics_nb.kernel.launch" in command and "agentomics_nb.kernel.guard" not in command:
            found.add(child.pid)
    return found


def wait_until_gone(run: RunDirectory) -> None:
    """After kill -9 of the engine, its kernel notices by itself and takes everything with it."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        left = [
            process.pid
            for process in psutil.process_iter(["cmdline"])
            if any(str(run.path) in word for word in process.info["cmdline"] or [])
        ]
        if not left and not run.has_living_engine():
            return
        time.sleep(0.05)
    pytest.fail(f"processes survived the engine: {left}")


def test_a_run_record_says_what_it_started_from(tumours: Path, tmp_path: Path) -> None:
    run = run_of(tmp_path / "recorded", tumours)
    record = json.loads(run.record_file.read_text())
    assert record["options"]["iterations"] == 2
    assert record["dataset"]["target"]["name"] == "diagnosis"
    assert len(record["digest"]) == 8
    assert record["versions"]["scikit-learn"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may mount a small disk")
def test_a_full_disk_stops_the_run_which_goes_on_once_there_is_room(tumours: Path, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "none", str(disk)], check=False)
    if mounted.returncode != 0:
        pytest.skip("this machine lets nobody mount a small disk")
    try:
        run = prepare(
            RunOptions(data=str(tumours), name="trial", threads=1, iterations=1, out=disk),
            origin=Origin(directory=str(tmp_path), door="cli"),
        )
        process = engine(run)
        wait_for(run, lambda events: any(isinstance(e, ev.StepEnded) for e in events))
        ballast = disk / "ballast"
        ballast.write_bytes(b"x" * (shutil.disk_usage(disk).free - 64 * 1024))
        assert process.wait(timeout=60) == 0
        state = read_state(run)
        assert state.status == "disk_full"
        assert "free some space" in (state.reason or "")
        ballast.unlink()
        assert finish(run).status == "finished"
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)
