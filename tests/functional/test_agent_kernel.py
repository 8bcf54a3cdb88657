"""Cells in a real kernel: what they show, and that nothing of it is lost."""

from __future__ import annotations

import base64
import json
import os
import signal
import sys
import time
from typing import TYPE_CHECKING, Any

import nbformat
import pytest

from agentomics_nb.environment import scrubbed
from agentomics_nb.journal.outputs import apply_changes
from agentomics_nb.kernel import AgentKernel, CellResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SECRETS = {
    "OPENAI_API_KEY": "sk-hidden-0123456789abcdef",
    "DATABASE": "postgres://ada:hidden-lovelace@db/omics",
}


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AgentKernel]:
    """One kernel for all tests that leave it alive."""
    folder = tmp_path_factory.mktemp("notebook")
    environment = scrubbed(os.environ | SECRETS, threads=1)
    kernel = AgentKernel(cwd=folder, connection_dir=folder / "run", environment=environment, threads=1)
    yield kernel
    kernel.shutdown()


def run(kernel: AgentKernel, source: str, **options: Any) -> CellResult:
    """Run a cell and hold what holds for all cells: valid outputs, which the changes give exactly."""
    seen: list[dict[str, Any]] = []

    def on_update(changes: list[Any]) -> None:
        seen[:] = apply_changes(seen, json.loads(json.dumps(changes)))

    result = kernel.run(source, time_limit=options.pop("time_limit", 60), on_update=on_update, **options)
    assert seen == result.outputs
    cell = nbformat.v4.new_code_cell(source, outputs=result.outputs, execution_count=result.execution_count)
    nbformat.validate(nbformat.v4.new_notebook(cells=[cell]))
    return result


def text_of(result: CellResult) -> str:
    return "".join(output.get("text", "") for output in result.outputs)


def test_a_cell_shows_its_text_and_its_value(kernel):
    result = run(kernel, "print('naïve 🧬')\n6 * 7")
    assert (result.status, result.error) == ("ok", None)
    assert [output["output_type"] for output in result.outputs] == ["stream", "execute_result"]
    assert result.outputs[0]["text"] == "naïve 🧬\n"
    assert result.outputs[1]["data"]["text/plain"] == "42"
    assert result.execution_count == result.outputs[1]["execution_count"]
    assert result.peak_memory > 10_000_000


def test_an_exception_is_told_without_colours(kernel):
    result = run(kernel, "def f():\n    return 1 / 0\nf()")
    assert result.status == "error"
    assert result.error.startswith("ZeroDivisionError: division by zero\n")
    assert "return 1 / 0" in result.error
    assert "\x1b" not in result.error
    assert result.outputs[-1]["ename"] == "ZeroDivisionError"


def test_a_syntax_error_is_an_error(kernel):
    assert run(kernel, "for").error.startswith("SyntaxError")


def test_a_bash_cell_runs_in_the_folder_with_this_python_and_fails_with_its_exit_code(kernel, tmp_path):
    result = run(kernel, "%%bash\npwd\npython -c 'import sys; print(sys.prefix)'\nexit 3")
    assert result.status == "error"
    assert "returned non-zero exit status 3" in result.error
    where, prefix = text_of(result).splitlines()
    assert where == run(kernel, "import os, sys; print(os.getcwd())").outputs[0]["text"].strip()
    assert prefix == run(kernel, "print(sys.prefix)").outputs[0]["text"].strip()


def test_a_figure_is_a_png(kernel):
    result = run(kernel, "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()")
    [figure] = result.outputs
    assert base64.b64decode(figure["data"]["image/png"]).startswith(b"\x89PNG")


def test_a_progress_bar_is_its_last_line(kernel):
    source = "import time\nfor i in range(11):\n    print(f'\\r{i}0%', end='', flush=True); time.sleep(0.02)"
    result = run(kernel, source)
    assert result.outputs == [{"output_type": "stream", "name": "stdout", "text": "100%"}]


def test_widgets_are_absent_so_that_progress_is_text(kernel):
    result = run(kernel, "import ipywidgets")
    assert result.error.startswith("ModuleNotFoundError")


def test_tqdm_prints_text_and_no_warning(kernel):
    pytest.importorskip("tqdm", reason="tqdm is not installed here; the test above holds what it looks for")
    result = run(kernel, "from tqdm.auto import tqdm\nfor _ in tqdm(range(3)):\n    pass")
    [bar] = result.outputs
    assert "3/3" in bar["text"]
    assert "IProgress" not in bar["text"]


def test_a_display_is_updated_from_a_later_cell(kernel):
    first = run(kernel, "from IPython.display import display\nhandle = display('waiting', display_id=True)")
    assert first.outputs[0]["data"]["text/plain"] == "'waiting'"
    changes: list[Any] = []
    result = kernel.run("handle.update('done')", time_limit=20, on_update=changes.extend)
    assert result.outputs == []
    assert [(change["op"], change["cells_back"], change["index"]) for change in changes] == [("update_earlier", 1, 0)]
    assert changes[0]["output"]["data"]["text/plain"] == "'done'"


def test_clearing_replaces_the_outputs(kernel):
    source = "from IPython.display import clear_output\nfor i in range(5):\n    clear_output(wait=True); print(i)"
    assert text_of(run(kernel, source)) == "4\n"


def test_a_question_to_the_person_fails_at_once(kernel):
    result = run(kernel, "input('Continue? ')", time_limit=20)
    assert result.error.startswith("StdinNotImplementedError")
    assert result.seconds < 30


def test_a_file_of_the_folder_does_not_stand_in_for_the_standard_library(kernel):
    source = "%%writefile statistics.py\nraise RuntimeError('mine')"
    assert run(kernel, source).status == "ok"
    assert run(kernel, "import statistics; statistics.mean([1, 3])").outputs[0]["data"]["text/plain"] == "2"
    assert run(kernel, "%%writefile genes.py\nNAME = 'BRCA1'").status == "ok"
    assert run(kernel, "import genes; genes.NAME").outputs[0]["data"]["text/plain"] == "'BRCA1'"


def test_planted_secrets_are_nowhere_in_the_kernel_or_its_children(kernel):
    source = """%%bash
cat /proc/self/environ | tr '\\0' '\\n'
p=$$
while [ "$p" -gt 1 ] && [ "$p" != "$ENGINE" ]; do
    tr '\\0' '\\n' < /proc/$p/environ
    p=$(awk '/^PPid/ {print $2}' /proc/$p/status)
done"""
    environment = scrubbed(os.environ | SECRETS, threads=1) | {"ENGINE": str(os.getpid())}
    other = AgentKernel(cwd=kernel._cwd, connection_dir=kernel._cwd / "other", environment=environment)
    try:
        result = run(other, source)
        shown = text_of(result) + text_of(run(other, "import os; print(dict(os.environ))"))
        if sys.platform.startswith("linux"):
            assert result.status == "ok"
            assert shown.count(f"ENGINE={os.getpid()}") >= 4  # cat, bash, the kernel, its guard
        assert "hidden-" not in shown
    finally:
        other.shutdown()


def test_a_secret_that_reaches_the_kernel_otherwise_does_not_reach_its_outputs(tmp_path):
    (tmp_path / "config.txt").write_text("token = planted-in-a-file")
    environment = scrubbed(os.environ, threads=1)
    kernel = AgentKernel(cwd=tmp_path, connection_dir=tmp_path, environment=environment, secrets=["planted-in-a-file"])
    try:
        result = run(kernel, "text = open('config.txt').read(); print(text)\nraise ValueError(text)")
    finally:
        kernel.shutdown()
    assert "planted" not in json.dumps(result.outputs)
    assert "planted" not in result.error
    assert "[secret]" in result.error


def test_threads_are_as_asked(kernel):
    result = run(kernel, "import os; print(os.environ['OMP_NUM_THREADS'], os.environ['PYTHONHASHSEED'])")
    assert text_of(result) == "1 0\n"


def test_the_connection_file_is_for_the_owner_only(kernel):
    run(kernel, "1")
    file = kernel._cwd / "run" / "kernel.json"
    assert file.stat().st_mode & 0o077 == 0


@pytest.mark.slow
def test_no_output_is_lost_when_the_reader_stalls(kernel, tmp_path):
    """ZeroMQ drops output after 1000 waiting messages by default; 30,000 wait here."""
    stalled = False

    def stall(changes: list[Any]) -> None:
        nonlocal stalled
        if not stalled:
            stalled = True
            time.sleep(3)

    file = tmp_path / "full.txt"
    source = "for i in range(30_000):\n    print(i, flush=True)"
    result = kernel.run(source, time_limit=120, on_update=stall, text_file=file)
    assert stalled
    assert result.status == "ok"
    assert file.read_text().splitlines() == [str(number) for number in range(30_000)]
    assert len(text_of(result)) < 50_000
    assert os.path.relpath(file, kernel._cwd) in text_of(result)


def interrupter(kernel: AgentKernel, after: float) -> Callable[[], None]:
    """Return a poll that sends SIGINT to the kernel once, so many seconds after its first call."""
    due: list[float] = []

    def poll() -> None:
        if not due:
            due.append(time.monotonic() + after)
        elif len(due) == 1 and time.monotonic() > due[0] - 0.1:
            time.sleep(max(0.0, due[0] - time.monotonic()))
            os.killpg(kernel.pid, signal.SIGINT)
            due.append(0.0)

    return poll


def test_an_interrupt_at_the_very_end_of_a_cell_neither_hangs_nor_loses_text(kernel):
    source = "import time\nprint('before')\ntime.sleep(0.2)\nprint('after')"
    for after in (0.19, 0.195, 0.2, 0.2025, 0.205, 0.21, 0.215, 0.22):
        result = kernel.run(source, time_limit=20, poll=interrupter(kernel, after))
        assert result.seconds < 20
        assert result.status in ("ok", "error")
        assert "before\n" in text_of(result)
        assert result.status == "error" or text_of(result) == "before\nafter\n"
    assert text_of(run(kernel, "print('alive')")) == "alive\n"


def test_a_cell_that_leaves_gets_the_next_cell_a_new_kernel(kernel):
    before = run(kernel, "import os; print(os.getpid())")
    assert run(kernel, "exit()").status == "ok"
    after = run(kernel, "import os; print(os.getpid())")
    assert after.status == "ok"
    assert text_of(before) != text_of(after)
