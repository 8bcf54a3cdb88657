"""Runs with a language model from end to end, in an engine of their own: on real data, killed, betrayed, unasked."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import psutil
import pytest

from agentomics_nb.journal import events as ev
from agentomics_nb.journal.directory import Origin, RunDirectory
from agentomics_nb.journal.state import read_state
from agentomics_nb.launch import prepare, start_engine
from agentomics_nb.options import RunOptions
from tests.conftest import write_small_table
from tests.functional.llm.competent import competent
from tests.functional.llm.exchange import Call
from tests.functional.llm.hostile import INJECTION, hostile
from tests.functional.llm.server import Fault, ScriptedServer

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from tests.functional.llm.exchange import Request

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("llm-engine")]

KEY = "sk-proj-Vd83kfLq0ZmXw7Tn2RbY5sHc9JpA4uGe"
KEY_NAME = "SCRIPTED_API_KEY"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory of one's own, a key in the environment, and no other model or key."""
    for name in list(os.environ):
        if name.endswith("_API_KEY") or name.startswith(("AGENTOMICS_", "OPENAI_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv(KEY_NAME, KEY)
    directory = tmp_path.resolve() / "work"
    directory.mkdir()
    return directory


def write_profile(server: ScriptedServer, place: Path, patch: pytest.MonkeyPatch, **settings: Any) -> None:
    given = {"model": "scripted", "base_url": server.base_url, "key_name": KEY_NAME, **settings}
    path = place.parent / "models.toml"
    path.write_text("[test]\n" + "".join(f"{name} = {json.dumps(value)}\n" for name, value in given.items()))
    patch.setenv("AGENTOMICS_PROFILES", str(path))


def command(place: Path, *arguments: str) -> dict[str, Any]:
    """Run the command line; return the JSON that it prints."""
    done = subprocess.run(
        [sys.executable, "-m", "agentomics_nb.cli", *arguments, "--threads", "1", "--json"],
        cwd=place,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert KEY not in done.stdout + done.stderr
    outcome: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return outcome


def prepared(data: Path, place: Path, **options: Any) -> RunDirectory:
    given = {"name": "trial", "seed": 0, "threads": 1, "iterations": 1, "llm": "test", **options}
    return prepare(RunOptions(data=str(data), **given), origin=Origin(directory=str(place), door="cli"))


def files_with(text: str, place: Path) -> list[Path]:
    found = []
    for path in place.rglob("*"):
        if path.is_file() and not path.is_symlink() and text.encode() in path.read_bytes():
            found.append(path.relative_to(place))
    return found


def cells_that_ran_twice(run: RunDirectory) -> list[str]:
    """Return the Bash and Python cells that were begun more than once."""
    begun = Counter(
        event.cell
        for event in run.reader().new_events()
        if isinstance(event, ev.CellStarted) and event.role in ("bash", "python")
    )
    return [cell for cell, times in begun.items() if times > 1]


@pytest.mark.parametrize(
    ("name", "api", "iterations"), [("splice_junctions", "chat", 2), ("tcga_breast_subtypes", "responses", 1)]
)
def test_a_competent_model_on_real_data(
    name: str, api: str, iterations: int, shared_data: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for part in ("train.csv", "test.csv"):
        shutil.copyfile(shared_data / name / part, place / part)
    with ScriptedServer(competent(model="linear"), key=KEY) as server:
        write_profile(server, place, monkeypatch, api=api)
        outcome = command(
            place,
            "run",
            "train.csv",
            "--test",
            "test.csv",
            "--llm",
            "test",
            "--price",
            "1/4",
            "--iterations",
            str(iterations),
        )
    run = RunDirectory(place / outcome["path"])
    state = read_state(run)
    assert {request.api for request in server.requests} == {api}
    assert all(request.refused is None and request.streamed for request in server.requests)
    assert (outcome["planner"], outcome["status"], outcome["iterations"]) == ("llm", "finished", iterations)
    assert [iteration.status for iteration in state.iterations.values()] == ["ok"] * iterations
    assert [step for i in state.iterations.values() for step in i.steps.values() if step.fell_back] == []
    for number in range(iterations):  # the second one follows a recipe
        assert state.iterations[number].value("validation", "auroc") > 0.65  # type: ignore[operator]
        assert (run.iteration(number) / "features.py").exists() == (number == 1)
    assert outcome["best"]["test"]["auroc"]["value"] > 0.65
    tokens = [(request.tokens - request.cached, request.cached, request.answer_tokens) for request in server.requests]
    assert outcome["cost_usd"] == pytest.approx(sum(new + old + 4 * out for new, old, out in tokens) / 1e6, rel=1e-4)
    assert cells_that_ran_twice(run) == []
    assert files_with(KEY, place) == []
    assert {request.headers["authorization"] for request in server.requests} == {f"Bearer {KEY}"}
    assert not [request.number for request in server.requests if KEY in json.dumps(request.body)]
    assert files_with("test.csv", run.path / "conversations") == [], "the model is never told of the test file"
    log = nbformat.read(run.log, as_version=4)
    nbformat.validate(log)
    assert {cell.metadata.agentomics.planner for cell in log.cells if cell.cell_type == "code"} == {"llm"}


def slow(request: Request) -> Generator[Call, str, None]:
    """In the split step, first run a cell that takes long."""
    if request.step == "split":
        yield Call("bash", {"command": "sleep 300; echo slept"})


def wait_for(what: str, met: Callable[[], bool], run: RunDirectory, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if met():
            return
        time.sleep(0.01)
    pytest.fail(f"{what}: not reached; the engine said: {run.engine_log.read_text()[-2000:]}")


def kill(engine: subprocess.Popen[bytes], run: RunDirectory) -> None:
    engine.send_signal(signal.SIGKILL)
    engine.wait(timeout=10)
    wait_for("nothing of the engine is left", lambda: not run.has_living_engine() and processes_of(run) == [], run)


def processes_of(run: RunDirectory) -> list[int]:
    return [
        process.pid
        for process in psutil.process_iter(["cmdline"])
        if any(str(run.path) in word for word in process.info["cmdline"] or [])
    ]


def test_an_engine_killed_at_a_request_in_a_tool_and_between_goes_on(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = write_small_table(place)
    stall = Fault("stall", step="exploration", seconds=300)
    with ScriptedServer(competent(also=slow), faults=[stall]) as server:
        write_profile(server, place, monkeypatch, timeout=200.0)
        run = prepared(data, place)

        engine = start_engine(run, parent=None)
        wait_for("a request", lambda: any(request.fault for request in server.requests), run)
        kill(engine, run)
        assert len(read_state(run).open_requests) == 1

        engine = start_engine(run, parent=None)
        wait_for("a cell", lambda: "sleep 300" in getattr(read_state(run).running_cell, "source", ""), run)
        kill(engine, run)

        engine = start_engine(run, parent=None)
        wait_for("an answer", lambda: sum(r.step == "training" and r.delivered for r in server.requests) == 3, run)
        kill(engine, run)

        assert start_engine(run, parent=None).wait(timeout=300) == 0
    state = read_state(run)
    assert (state.status, state.best, state.attempts) == ("finished", 0, 4)
    assert cells_that_ran_twice(run) == []
    (cut_off,) = [cell for cell in state.cells.values() if "sleep 300" in cell.source]
    assert (cut_off.status, "not run again" in (cut_off.error or "")) == ("killed", True)
    answered = Counter(request.step for request in server.requests if request.reply)
    # The answer that was on its way when the engine died may have been lost; no other was asked for twice.
    assert answered - Counter(
        plan=2, exploration=3, split=3, representation=3, architecture=1, training=4, inference=4,
        prediction_analysis=2, reflection=1,
    ) <= Counter(training=1)  # fmt: skip
    assert state.spend.tokens_in >= sum(request.tokens for request in server.requests)
    assert state.spend.tokens_out >= sum(r.answer_tokens for r in server.requests) - max(
        r.answer_tokens for r in server.requests if r.step == "training"
    )
    assert not state.open_requests


def look_at_environments(pid: int) -> int:
    """Look for the key in the environments of a process and of all below it; return how many could be read."""
    seen = 0
    try:
        root = psutil.Process(pid)
        family = [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0
    for process in family:
        try:
            environment = Path(f"/proc/{process.pid}/environ").read_bytes()
            words = Path(f"/proc/{process.pid}/cmdline").read_bytes()
        except OSError:
            continue
        assert KEY.encode() not in environment + words, process
        seen += bool(environment)
    return seen


def test_a_hostile_model_gets_nothing_and_breaks_nothing(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = write_small_table(place)
    test = place / "held_out.csv"
    lines = data.read_text().splitlines()
    test.write_text("\n".join([lines[0], *lines[1::4]]) + "\n")
    mine = place / "thesis.txt"
    mine.write_text("the work of years")
    with ScriptedServer(hostile(place.parent, key_prefix="sk-proj-Vd83"), key=KEY) as server:
        write_profile(server, place, monkeypatch, requests_per_step=12)
        run = prepared(data, place, test=test, cell_time_limit=12.0, iterations=2)
        record = run.record_file.read_bytes()
        engine = start_engine(run, parent=None)
        looks = 0
        while engine.poll() is None:
            looks += look_at_environments(engine.pid)
            time.sleep(0.1)
    state = read_state(run)
    assert (engine.returncode, state.status) == (0, "finished")
    if state.isolation == "none":
        assert state.best == 1
        assert "something has removed files of the run" in (state.iterations[0].reason or "")
    else:
        assert state.iterations[0].status == "ok", "nothing outside the workspace can be removed"
    assert state.test is not None
    assert state.test["rows"] == len(lines[1::4])
    assert looks > 50
    hunts = [cell for cell in state.cells.values() if "hunting" in cell.source and cell.role in ("bash", "python")]
    assert len(hunts) == 4
    assert all(any("hunting" in str(output) for output in cell.outputs) for cell in hunts), "the hunt took place"

    assert files_with(KEY, place) == []
    assert not [request.number for request in server.requests if KEY in json.dumps(request.body)]
    assert run.record_file.read_bytes() == record
    assert mine.read_text() == "the work of years"
    assert sorted(path.name for path in place.iterdir()) == [
        "agentomics_runs",
        "held_out.csv",
        "thesis.txt",
        "tumours.csv",
    ]
    assert not (place.parent / "escaped.py").exists()
    assert processes_of(run) == []
    fallen = [step.value for step, one in state.iterations[1].steps.items() if one.fell_back is not None]
    assert fallen == ["training", "inference"], "the model that counts is not its own"
    assert "stolen" not in "".join(path.read_text() for path in run.best.glob("*.py"))
    for cell in nbformat.read(run.log, as_version=4).cells:
        assert cell.cell_type == "code" or not re.search(r"<script|<img|(?<!\\)\]\(javascript:", cell.source)
    assert INJECTION[:40] in json.dumps([request.body for request in server.requests]), "it did speak"


def test_a_run_is_replayed_without_model_key_or_network(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_small_table(place)
    with ScriptedServer(competent()) as server:
        write_profile(server, place, monkeypatch)
        first = command(place, "run", "tumours.csv", "--llm", "test", "--iterations", "1", "--name", "first")
    monkeypatch.delenv(KEY_NAME)
    monkeypatch.delenv("AGENTOMICS_PROFILES")
    again = command(place, "run", "tumours.csv", "--llm", "replay:first", "--iterations", "1", "--name", "again")
    states = [read_state(RunDirectory(place / outcome["path"])) for outcome in (first, again)]
    cells = [[cell.source for cell in state.cells.values() if cell.cell_type == "code"] for state in states]
    assert [cell.replace("/again/", "/first/") for cell in cells[1]] == cells[0]
    assert states[1].iterations[0].scores == states[0].iterations[0].scores
    assert again["cost_usd"] == 0


def test_with_a_key_and_no_model_named_nothing_is_sent(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_small_table(place)
    with ScriptedServer(competent()) as server:
        write_profile(server, place, monkeypatch)
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        outcome = command(place, "run", "tumours.csv", "--iterations", "1")
    assert (outcome["planner"], outcome["cost_usd"]) == ("offline", 0)
    assert (server.requests, server.looked_up) == ([], 0)
    assert files_with(KEY, place) == []
