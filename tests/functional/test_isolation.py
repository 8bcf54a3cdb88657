"""What the agent's programs can reach, and what the ledger of the test file says."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from agentomics_nb.engine.bench import LocalBench
from agentomics_nb.engine.control import Control
from agentomics_nb.engine.ledger import Ledger
from agentomics_nb.engine.reach import reach_of_cells
from agentomics_nb.environment import scrubbed
from agentomics_nb.errors import InputError
from agentomics_nb.experiment.loop import Experiment
from agentomics_nb.experiment.steps import Step
from agentomics_nb.isolation import available, choose, reach_of_scripts
from agentomics_nb.journal import events as ev
from agentomics_nb.journal.directory import Origin, RunDirectory
from agentomics_nb.journal.journal import Journal
from agentomics_nb.journal.state import RunState, read_state
from agentomics_nb.journal.summary import summary
from agentomics_nb.journal.writer import JournalWriter
from agentomics_nb.kernel import AgentKernel, run_isolated
from agentomics_nb.launch import prepare
from agentomics_nb.model.folder import model_of
from agentomics_nb.options import RunOptions
from agentomics_nb.planner.offline.planner import OfflinePlanner
from agentomics_nb.planner.port import NothingLeft
from agentomics_nb.prediction import predict_file
from tests.conftest import write_small_table
from tests.functional.llm.quick_bench import QuickBench
from tests.functional.red_team import BASH, PYTHON
from tests.unit.views.simulated_run import iteration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from agentomics_nb.experiment.tools import Tools
    from agentomics_nb.isolation import Isolation
    from agentomics_nb.planner.port import Brief

pytestmark = pytest.mark.slow
SECRET = "sealed-4711"


@dataclass(frozen=True)
class Study:
    """A person's home and notebook folder, with a run in it that has not begun."""

    home: Path
    folder: Path
    run: RunDirectory


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Study:
    home, folder = tmp_path / "home", tmp_path / "home" / "study"
    folder.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    table = pd.read_csv(write_small_table(tmp_path))
    table[:90].assign(note="plain").to_csv(folder / "train.csv", index=False)
    held = folder / "held_out.csv"
    table[90:].assign(note=SECRET).to_csv(held, index=False)
    shutil.copy(held, folder / "backup.csv")
    (folder / "alias.csv").hardlink_to(held)
    table[90:].assign(note=SECRET).to_csv(folder / "held_out.tsv", index=False, sep="\t")
    for place in (
        folder / ".ipynb_checkpoints" / "held-checkpoint.csv",
        folder / "looked.ipynb",
        folder / "agentomics_runs" / "old-00000000" / "notes.csv",
        home / ".ssh" / "id_ed25519",
        home / ".netrc",
    ):
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(SECRET)
    git = ["git", "-C", str(folder), "-c", "user.name=a", "-c", "user.email=a@b"]
    for command in (["init", "-q"], ["add", "held_out.csv"], ["commit", "-q", "-m", "data"]):
        subprocess.run([*git, *command], check=True)
    options = RunOptions(data="train.csv", test=Path("held_out.csv"), name="trial", threads=1, iterations=1)
    return Study(home, folder, prepare(options, origin=Origin(directory=str(folder), door="cli")))


class Attempts(OfflinePlanner):
    """Plans as always, then does what it should not."""

    def __init__(self, attempt: Callable[[Tools], None]) -> None:
        super().__init__()
        self._attempt = attempt

    def work(self, brief: Brief, tools: Tools) -> None:
        if brief.step is not Step.EXPLORATION:
            super().work(brief, tools)
            return
        self._attempt(tools)
        raise NothingLeft("That was all.")


def carry_out(study: Study, isolation: Isolation, attempt: Callable[[Tools], None]) -> RunState:
    """Let the engine's own parts carry out a run in this process."""
    run, record = study.run, study.run.read_record()
    environment = scrubbed(os.environ, threads=1)
    with JournalWriter(run.events) as writer:
        journal = Journal(writer, RunState(), lambda event: None)
        ledger = Ledger(record, journal, isolation)
        control = Control(run.inbox, journal, options=record.options, parent=None, observe=ledger.observe)
        kernel = AgentKernel(
            cwd=study.folder, connection_dir=run.path / ".kernel", environment=environment, threads=1,
            confinement=reach_of_cells(run, record, isolation),
        )  # fmt: skip
        bench = LocalBench(
            kernel, control, directory=run.path, environment=environment, cell_time_limit=30,
            memory_limit=record.memory_limit, reach=reach_of_scripts(isolation),
        )  # fmt: skip
        journal.write(ev.RunStarted(pid=os.getpid(), attempt=1, planner="offline", isolation=isolation))
        experiment = Experiment(run, record, Attempts(attempt), bench, journal, before_test=ledger.close)
        try:
            experiment.carry_out()
        finally:
            kernel.shutdown()
    return journal.state


@pytest.fixture(params=["bubblewrap", "landlock"])
def isolation(request: pytest.FixtureRequest) -> Isolation:
    kind: Isolation = request.param
    if (reason := available(kind)) is not None:
        pytest.skip(f"{kind} does not work here: {reason}")
    return kind


@pytest.fixture
def victim() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "600"]) as process:
        yield process
        process.kill()


@pytest.fixture
def port() -> Iterator[int]:
    """A server on this machine that tells whoever asks."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    connection.sendall(SECRET.encode())

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def test_an_environment_in_the_notebooks_folder_is_there_also_where_modules_come_from_that_folder(
    study: Study, isolation: Isolation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a project with its own ``.venv`` that is installed in place."""
    environment = study.folder / ".venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    monkeypatch.setattr(sys, "prefix", str(environment))
    monkeypatch.setattr(sys, "path", [str(study.folder), *sys.path])
    done = run_isolated(
        [str(environment / "bin" / "python"), "-c", "print(open('train.csv').readline()[:4]); open('held_out.csv')"],
        cwd=study.folder,
        environment=scrubbed(os.environ, threads=1),
        time_limit=60,
        confinement=reach_of_cells(study.run, study.run.read_record(), isolation),
    )
    assert done.stdout.strip() == "mean", done.stderr
    assert "held_out.csv" in done.stderr, "the holes for what must stay hidden remain"


def files_of(study: Study) -> dict[str, bytes]:
    """Return all that the agent must leave as it is."""
    own = [study.run.workspace, study.run.outputs, study.run.path / ".kernel"]
    paths = [path for path in sorted(study.home.rglob("*")) if not any(path.is_relative_to(place) for place in own)]
    return {
        str(path): path.read_bytes() if path.is_file() else b""
        for path in paths
        if path.name not in ("events.jsonl", "outputs", "iterations", "workspace", ".kernel", ".reserve", "engine.lock")
    }


def test_whatever_is_tried_shows_no_label_and_changes_nothing(
    study: Study, isolation: Isolation, victim: subprocess.Popen[bytes], port: int, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    filled = {
        "folder": str(study.folder), "home": study.home, "workspace": study.run.workspace, "run": study.run.path,
        "others": study.folder / "agentomics_runs", "engine": os.getpid(), "victim": victim.pid, "port": port,
        "outside": outside, "secret_split": f"{SECRET[:-1]}[{SECRET[-1]}]",
    }  # fmt: skip
    tried: dict[str, str] = {}

    def attempt(tools: Tools) -> None:
        for name, source in PYTHON.items():
            tried[tools.python(source.format(**filled)).cell] = name
        for name, source in BASH.items():
            tried[tools.bash(source.format(**filled)).cell] = name
        with pytest.raises(ValueError, match="names the test file"):
            tools.bash("cat held_out.csv")

    before = files_of(study)
    state = carry_out(study, isolation, attempt)
    assert len(tried) >= 50
    shown = {tried[cell.id]: json.dumps(cell.outputs) for cell in state.cells.values() if cell.id in tried}
    assert [name for name, text in shown.items() if SECRET in text or "TRACED" in text] == []
    files = [path for path in study.run.path.rglob("*") if path.is_file() and not path.is_symlink()]
    held = [path for path in files if SECRET.encode() in path.read_bytes()]
    assert held == []
    assert files_of(study) == before
    assert list(outside.iterdir()) == []
    assert victim.poll() is None

    recorded = {entry.cell for entry in (*state.refused, *state.outside)}
    assert sorted(name for cell, name in tried.items() if cell not in recorded) == []
    assert None in recorded, "the cell that named the file"
    assert [look.by for look in state.looks] == []


def test_what_a_program_needs_is_there(study: Study, isolation: Isolation) -> None:
    (study.folder / "lab.py").write_text("ANSWER = 42\n")
    workspace = study.run.workspace
    seen: dict[str, str] = {}

    def attempt(tools: Tools) -> None:
        for name, source in {
            "data": "import pandas as pd\nprint(len(pd.read_csv('train.csv')))",
            "module": "import lab\nprint(lab.ANSWER)",
            "write": f"print(open('{workspace}/own.txt', 'w').write('own'))",
            "temporary": "import tempfile\nwith tempfile.NamedTemporaryFile() as file:\n    print(file.write(b'own'))",
            "pool": "import multiprocessing\nwith multiprocessing.Pool(2) as pool:\n    print(pool.map(abs, [-1, 2]))",
            "home": "import os\nprint(os.path.expanduser('~') != " + repr(str(study.home)) + ")",
        }.items():
            seen[name] = tools.python(source).text
        seen["bash"] = tools.bash("python -c 'import sklearn; print(1)' && mktemp >/dev/null && cat own.txt").text

    state = carry_out(study, isolation, attempt)
    assert seen == {
        "data": "90", "module": "42", "write": "3", "temporary": "3", "pool": "[1, 2]", "home": "True",
        "bash": "1\nown",
    }  # fmt: skip
    assert state.refused == []
    assert ["expanduser" in state.cells[entry.cell].source for entry in state.outside] == [True]


def test_a_delivered_script_sees_its_own_files_and_no_data(study: Study, isolation: Isolation) -> None:
    script = study.run.path / "best" / "inference.py"
    script.parent.mkdir()
    (script.parent / "model.txt").write_text("own model")
    study.run.workspace.mkdir()
    (study.run.workspace / "train.csv").write_text(SECRET)
    others = [study.folder / "train.csv", study.folder / "held_out.csv", study.run.workspace / "train.csv"]
    script.write_text(
        f"import pathlib\nprint((pathlib.Path(__file__).parent / 'model.txt').read_text())\n"
        f"for path in {[str(path) for path in others]}:\n    try:\n        print(open(path).read())\n"
        "    except OSError as error:\n        print(type(error).__name__)\n"
        "pathlib.Path('predictions.csv').write_text('own')\n"
    )
    cwd = study.home / "empty"
    cwd.mkdir()
    reach = reach_of_scripts(isolation).with_readable(script.parent).with_writable(cwd)
    argv = [sys.executable, str(script)]
    done = run_isolated(argv, cwd=cwd, environment=scrubbed(os.environ, threads=1), time_limit=30, confinement=reach)
    told = "FileNotFoundError" if isolation == "bubblewrap" else "PermissionError"
    assert done.stdout.split("\n") == ["own model", told, told, told, ""], done.stderr
    assert (cwd / "predictions.csv").read_text() == "own"


GUESS = """
import argparse, csv
parser = argparse.ArgumentParser()
parser.add_argument("--input")
parser.add_argument("--output")
given = parser.parse_args()
with open(given.input) as source, open(given.output, "w") as target:
    target.write("prediction,probability_benign,probability_malignant\\n")
    for row in csv.DictReader(source):
        target.write("benign,0.75,0.25\\n")
"""


def conclude(study: Study, *, peeked: Path | None = None) -> RunState:
    """Let an experiment that nothing isolates come to its end; `peeked` is opened before the engine does."""
    run, record = study.run, study.run.read_record()
    run.events.unlink(missing_ok=True)
    run.best.mkdir(exist_ok=True)
    (run.best / "inference.py").write_text(GUESS)
    with JournalWriter(run.events) as writer:
        journal = Journal(writer, RunState(), lambda event: None)
        ledger = Ledger(record, journal, "none")
        journal.write(ev.RunStarted(pid=1, attempt=1, planner="offline", isolation="none"))
        ledger.begin()
        for event in iteration(0):
            with journal.within(0, event.step):
                journal.write(event)
        with journal.within(0, Step.INFERENCE):
            journal.write(ev.StepEnded(answer={"script": "inference.py", "summary": "a guess"}, seconds=1))
        if peeked is not None:
            peeked.read_bytes()
        bench = QuickBench(study.folder)
        Experiment(run, record, OfflinePlanner(), bench, journal, before_test=ledger.close).carry_out()
    return journal.state


def test_each_look_at_the_test_file_is_in_its_ledger_and_an_early_one_voids_the_score(
    study: Study, tmp_path: Path
) -> None:
    held = study.folder / "held_out.csv"
    state = conclude(study)
    assert state.test is not None
    sha256 = hashlib.sha256(held.read_bytes()).hexdigest()
    assert [(look.by, look.rows, look.sha256) for look in state.looks] == [("engine", 30, sha256)]
    model = model_of(study.run)
    with study.run.lock(), pytest.raises(InputError, match=r"held_out\.csv is the test file of trial, which is"):
        predict_file(model, held, tmp_path / "made.csv")
    predict_file(model, held, tmp_path / "made.csv")
    assert [look.by for look in read_state(study.run).looks] == ["engine", "person"]

    if sys.platform.startswith("linux"):
        state = conclude(study, peeked=study.folder / "alias.csv")
        assert [look.by for look in state.looks] == ["process"]
        assert (state.test_error or "").startswith("The score is void. A process opened held_out.csv")
        outcome = summary(study.run.read_record(), state, str(study.run.path))
        assert (outcome["isolation"], outcome["best"]["test"]) == ("none", None)
        assert outcome["best"]["test_error"] == state.test_error

    held.write_text(held.read_text().replace("benign", "malignant", 1))
    state = conclude(study)
    assert (state.looks, state.test) == ([], None)
    assert (state.test_error or "").startswith("held_out.csv has changed since the run began")


def test_what_is_asked_for_and_not_there_is_said_before_anything_starts(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    available.cache_clear()
    try:
        options = RunOptions(data="train.csv", isolation="bubblewrap")
        with pytest.raises(InputError, match="--isolation bubblewrap does not work here: bubblewrap is not installed"):
            prepare(options, origin=Origin(directory=str(study.folder), door="cli"))
        assert choose(None) != "bubblewrap"
    finally:
        available.cache_clear()
