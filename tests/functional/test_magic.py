"""The magic in a real kernel, driven as a notebook is."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import nbformat
import pytest
from jupyter_core.utils import run_sync
from nbclient import NotebookClient

from agentomics_nb.handle import RunHandle
from agentomics_nb.journal.directory import runs_below

pytestmark = pytest.mark.slow

LOAD = "%load_ext agentomics_nb"


class Notebook:
    """A notebook whose cells are run one by one."""

    def __init__(self, directory: Path) -> None:
        self.client = NotebookClient(
            nbformat.v4.new_notebook(), timeout=300, kernel_name="python3",
            resources={"metadata": {"path": str(directory)}}, allow_errors=True,
        )  # fmt: skip

    def run(self, source: str) -> nbformat.NotebookNode:
        cell = nbformat.v4.new_code_cell(source)
        self.client.nb.cells.append(cell)
        self.client.execute_cell(cell, len(self.client.nb.cells) - 1)
        return cell


@pytest.fixture
def notebook(tmp_path):
    opened = Notebook(tmp_path)
    with opened.client.setup_kernel():
        opened.run(LOAD)
        yield opened


def text_of(cell) -> str:
    return "".join(o.text for o in cell.outputs if o.output_type == "stream")


def bundles_of(cell) -> list[dict[str, str]]:
    return [o.data for o in cell.outputs if o.output_type in ("display_data", "execute_result")]


def reply_to(ask, code: str):
    async def exchange():
        return await ask(code, reply=True, timeout=20)

    return run_sync(exchange)()["content"]


def wait_until(met, seconds=120):
    deadline = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_loading_is_instant_and_imports_nothing_heavy(notebook):
    cell = notebook.run(
        "import sys, time; start = time.perf_counter()\n%reload_ext agentomics_nb\n"
        "print((time.perf_counter() - start) * 1000 < 20, "
        "[m for m in ('pandas', 'sklearn', 'pydantic', 'rich', 'agentomics_nb.magic') if m in sys.modules])"
    )
    assert text_of(cell) == "True []\n"


def test_a_mistake_is_one_sentence_and_the_cell_counts_as_failed(notebook, tmp_path):
    for line, named in [
        ("%agentomics nowhere.csv", "nowhere.csv"),
        ("%agentomics nowhere.csv --seed x", "--seed"),
        ("%agentomics stop", "agentomics_runs"),
        ("rows = [1, 2]\n%agentomics rows", "rows is a list, not a DataFrame"),
        ("import pandas as pd\nempty = pd.DataFrame()\n%agentomics empty", "empty has no columns"),
        ("lists = pd.DataFrame({'a': [[1]] * 20, 'target': list('xy') * 10})\n%agentomics lists", "'a' of lists holds"),
        ("same = pd.DataFrame({'a': range(20), 'target': 'x'})\n%agentomics same", "'target' of same is 'x' in each"),
        ("%agentomics same --target b", "same has no column 'b'"),
    ]:
        (output,) = notebook.run(line).outputs
        assert output.output_type == "error"
        assert len(output.traceback) == 1
        assert named in output.traceback[0]
    assert list(tmp_path.iterdir()) == []


def test_help_documentation_and_completion(notebook, tmp_path):
    (tmp_path / "genes.csv").touch()
    assert "--time-limit TIME" in text_of(notebook.run("%agentomics --help"))
    client = notebook.client.kc
    content = reply_to(client.inspect, "%agentomics")
    assert "run.predict(frame)" in content["data"]["text/plain"]
    for line, expected in [
        ("%agentomics ge", "genes.csv"),
        ("%agentomics sta", "status"),
        ("%agentomics genes.csv --metr", "--metric"),
        ("%agentomics genes.csv --metric au", "auprc"),
        ("%%agentomics genes.csv --ta", "--target"),
    ]:
        matches = reply_to(client.complete, line)["matches"]
        assert expected in matches


def test_a_run_from_a_frame_leaves_the_kernel_free_and_is_found_again_by_run_all(notebook, tmp_path, small_table):
    notebook.run("import pandas as pd; tumours = pd.read_csv('tumours.csv')")
    magic = "%%agentomics tumours --iterations 1 --seed 3\nUse few columns."
    started = notebook.run(magic)
    (shown,) = bundles_of(started)
    assert "agentomics-status" in shown["text/html"]

    meanwhile = notebook.run("run = _\nprint(run.status, 6 * 7)")
    assert text_of(meanwhile) in ("starting 42\n", "running 42\n")
    assert len(bundles_of(notebook.run("%agentomics status"))) == 1

    assert text_of(notebook.run("print(run.wait())")) == "finished\n"
    (shown,) = bundles_of(started)
    assert "✓</span> finished" in shown["text/html"]
    assert "✓" in shown["text/plain"]
    predicted = notebook.run("print(run.best.predict(tumours)['prediction'].isin(['malignant', 'benign']).all())")
    assert text_of(predicted) == "True\n"

    again = notebook.run(magic)
    assert "has a run already" in text_of(again)
    (shown,) = bundles_of(again)
    assert "✓</span> finished" in shown["text/html"]
    (run,) = runs_below(tmp_path)
    record = run.read_record()
    assert record.options.instructions == "Use few columns."
    assert Path(record.dataset.train.path).is_relative_to(run.path)
    assert list(run.path.parent.iterdir()) == [run.path]


def test_the_death_of_the_kernel_ends_the_run_cleanly_and_another_kernel_goes_on(tmp_path, small_table):
    first = Notebook(tmp_path)
    with first.client.setup_kernel():
        first.run(LOAD)
        kernel = int(text_of(first.run("import os; print(os.getpid())")))
        first.run("run = %agentomics tumours.csv --iterations 1")
        (run,) = runs_below(tmp_path)
        wait_until(lambda: '"cell_started"' in (run.events.read_text() if run.events.exists() else ""))
        os.kill(kernel, signal.SIGKILL)
        wait_until(lambda: not run.has_living_engine())
    handle = RunHandle(run)
    assert handle.status == "interrupted"

    second = Notebook(tmp_path)
    with second.client.setup_kernel():
        second.run(LOAD)
        assert "%agentomics resume" in bundles_of(second.run("run = %agentomics attach"))[0]["text/html"]
        second.run("%agentomics resume")
        second.run("%agentomics pause")
        wait_until(lambda: handle_status(run) == "paused")
        second.run("%agentomics hint think of the nuclei")
        second.run("%agentomics resume")
        second.run("%agentomics stop")
        assert text_of(second.run("print(run.wait())")) == "stopped\n"
    ended = RunHandle(run)
    assert ended.status == "stopped"
    assert ended.state.hints == ["think of the nuclei"]
    events = [json.loads(line) for line in run.events.read_text().splitlines()]
    assert [event["seq"] for event in events] == list(range(len(events)))


def handle_status(run) -> str:
    return RunHandle(run).status
