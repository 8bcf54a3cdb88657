"""Every way in which a cell, a kernel or an engine ends, and that nothing is left running after it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from agentomics_nb.environment import scrubbed
from agentomics_nb.kernel import AgentKernel, KernelError, run_isolated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ENVIRONMENT = scrubbed(os.environ, threads=1)
linux_only = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a double fork escapes elsewhere")


class StopRequested(Exception):
    pass


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("notebook")


@pytest.fixture(scope="module")
def kernel(folder: Path) -> Iterator[AgentKernel]:
    kernel = AgentKernel(cwd=folder, connection_dir=folder / "run", environment=ENVIRONMENT, threads=1)
    yield kernel
    kernel.shutdown()


@pytest.fixture
def mark() -> Iterator[str]:
    """A word for command lines, by which a test finds the processes it started; none may be left."""
    word = uuid.uuid4().hex
    yield word
    left = running(word)
    for process in left:
        process.kill()
    assert not left


def running(mark: str) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter(["cmdline"]):
        if any(mark in part for part in process.info["cmdline"] or []) and not has_ended(process):
            found.append(process)
    return found


def has_ended(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def wait_until(condition: Callable[[], object], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def sleeper(mark: str) -> str:
    return f"python -c 'import time; time.sleep(600)' {mark}"


def stop_when(condition: Callable[[], object]) -> tuple[Callable[[], None], list[float]]:
    stopped: list[float] = []

    def poll() -> None:
        if condition():
            stopped.append(time.monotonic())
            raise StopRequested

    return poll, stopped


CELLS = {
    "bash": "%%bash\n{sleeper}",
    "pipeline": "%%bash\n{sleeper} | cat",
    "nohup, setsid": "%%bash\nnohup setsid {sleeper} >/dev/null 2>&1 &\n{sleeper}",
    "double fork": "%%bash\n( ( setsid {sleeper} & ) & ) >/dev/null 2>&1\n{sleeper}",
    "script in the background": "%%bash\n{sleeper} &\nsleep 600",
    "busy loop": "import subprocess\nsubprocess.Popen({sleeper!r}, shell=True)\nwhile True:\n    pass",
    "holds the interpreter": (
        "import ctypes, subprocess\nsubprocess.Popen({sleeper!r}, shell=True)\nctypes.PyDLL(None).sleep(600)"
    ),
    "deaf to interrupts": (
        "import signal, subprocess\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "subprocess.run({sleeper!r}, shell=True)"
    ),
}


@linux_only
@pytest.mark.parametrize("cell", CELLS)
def test_a_stop_ends_every_process_of_the_cell_at_once(kernel, mark, cell):
    poll, stopped = stop_when(lambda: running(mark))
    source = CELLS[cell].format(sleeper=sleeper(mark))
    with pytest.raises(StopRequested):
        kernel.run(source, time_limit=60, poll=poll)
    assert time.monotonic() - stopped[0] < 2
    assert running(mark) == []
    assert not kernel.alive
    assert kernel.run("1", time_limit=20).status == "ok"


def test_what_a_stopped_cell_printed_is_told_before_the_stop(kernel):
    told: list[object] = []
    poll, _ = stop_when(lambda: told)
    with pytest.raises(StopRequested):
        kernel.run("import time\nprint('early')\ntime.sleep(600)", time_limit=60, on_update=told.extend, poll=poll)
    assert told[0]["output"]["text"] == "early\n"


def test_a_time_limit_interrupts_and_says_so(kernel, mark):
    result = kernel.run(f"%%bash\necho begun\n{sleeper(mark)}", time_limit=1)
    assert result.status == "timeout"
    assert result.error == "Took longer than its time limit of 1 s."
    assert 1 <= result.seconds < 20
    assert "begun" in result.outputs[0]["text"]
    assert running(mark) == []


def test_a_time_limit_kills_what_does_not_heed_the_interrupt(kernel, mark):
    source = CELLS["deaf to interrupts"].format(sleeper=sleeper(mark))
    result = kernel.run(source, time_limit=0.5)
    assert result.status == "timeout"
    assert 3.4 <= result.seconds < 20


@linux_only
def test_a_background_process_that_holds_the_output_is_named_in_the_timeout(kernel, mark):
    result = kernel.run(f"%%bash\n{sleeper(mark)} &\necho done", time_limit=1)
    assert result.status == "timeout"
    assert "in the background held its output open (python -c" in result.error


@linux_only
def test_a_process_left_in_the_background_ends_with_its_cell_and_is_named(kernel, mark):
    result = kernel.run(f"%%bash\nnohup {sleeper(mark)} > log.txt 2>&1 &\necho done", time_limit=20)
    assert result.status == "ok"
    assert "left in the background, and ended with its cell: " in result.outputs[1]["text"]
    assert "time.sleep(600)" in result.outputs[1]["text"]
    assert running(mark) == []
    assert kernel.alive


def test_a_memory_limit_ends_the_cell_and_says_how_much_it_used(kernel):
    source = "import time\nblock = b'1' * 2_000_000_000\ntime.sleep(60)"
    result = kernel.run(source, time_limit=60, memory_limit=500_000_000)
    assert result.status == "memory"
    assert "where 500 MB is the limit" in result.error
    assert 500_000_000 < result.peak_memory < 2_200_000_000
    assert result.seconds < 20


def test_the_memory_of_child_processes_counts(kernel, mark):
    source = f"%%bash\npython -c 'import time; x = b\"1\" * 400_000_000; time.sleep(600)' {mark}"
    result = kernel.run(source, time_limit=60, memory_limit=300_000_000)
    assert result.status == "memory"


def test_a_kernel_that_is_killed_is_noticed_and_replaced(kernel, mark):
    killed: list[int] = []

    def kill_once_seen(changes: list[dict[str, object]]) -> None:
        if "last" in str(changes) and not killed:
            killed.append(kernel.pid)
            os.kill(kernel.pid, signal.SIGKILL)

    source = f"import subprocess, time\nsubprocess.Popen({sleeper(mark)!r}, shell=True)\nprint('last')\ntime.sleep(600)"
    result = kernel.run(source, time_limit=60, on_update=kill_once_seen)
    assert killed
    assert result.status == "killed"
    assert "signal 9 (SIGKILL)" in result.error
    assert result.outputs[0]["text"] == "last\n"
    assert result.seconds < 30
    assert running(mark) == []
    assert kernel.run("print('again')", time_limit=20).outputs[0]["text"] == "again\n"


def test_a_cell_that_kills_its_own_kernel_is_told_so(kernel, mark):
    """What it printed just before may be lost with it: the kernel's own threads carry output to its sockets."""
    source = f"import os, subprocess\nsubprocess.Popen({sleeper(mark)!r}, shell=True)\nos.kill(os.getpid(), 9)"
    result = kernel.run(source, time_limit=60)
    assert result.status == "killed"
    assert "signal 9 (SIGKILL)" in result.error
    assert running(mark) == []


@linux_only
def test_a_cell_that_kills_its_guard_ends_all_the_same(kernel, mark):
    source = f"%%bash\nsetsid {sleeper(mark)} >/dev/null 2>&1 &\nkill -9 $(ps -o ppid= -p $PPID)\nsleep 600"
    result = kernel.run(source, time_limit=20)
    assert result.status == "killed"
    assert result.seconds < 20
    assert running(mark) == []


def test_shutting_down_leaves_no_process_and_no_file(folder, tmp_path):
    kernel = AgentKernel(cwd=folder, connection_dir=tmp_path, environment=ENVIRONMENT)
    kernel.start()
    pid = kernel.pid
    assert psutil.pid_exists(pid)
    [argument] = [part for part in psutil.Process(pid).cmdline() if part.startswith("--ipython-dir=")]
    scratch = Path(argument.partition("=")[2]).parent
    assert scratch.is_dir()
    kernel.shutdown()
    kernel.shutdown()
    assert (kernel.alive, kernel.pid) == (False, None)
    assert not psutil.pid_exists(pid)
    assert not scratch.exists()
    assert not (tmp_path / "kernel.json").exists()


@pytest.mark.parametrize(
    ("variable", "reason"), [("PYTHONHOME", "Fatal Python error"), ("PYTHONPATH", "RuntimeError: no sockets today")]
)
def test_a_kernel_that_cannot_start_says_why(tmp_path, variable, reason):
    (tmp_path / "zmq.py").write_text("raise RuntimeError('no sockets today')")
    kernel = AgentKernel(
        cwd=tmp_path, connection_dir=tmp_path / "run", environment=ENVIRONMENT | {variable: str(tmp_path)}
    )
    with pytest.raises(KernelError, match=reason):
        kernel.start()
    assert not kernel.alive


def test_a_folder_that_is_gone_is_named(tmp_path):
    with pytest.raises(KernelError, match="absent"):
        AgentKernel(cwd=tmp_path / "absent", connection_dir=tmp_path, environment=ENVIRONMENT).start()


ENGINE = """
import os, sys
from pathlib import Path
from agentomics_nb.environment import scrubbed
from agentomics_nb.kernel import AgentKernel
folder = Path(sys.argv[1])
kernel = AgentKernel(cwd=folder, connection_dir=folder, environment=scrubbed(os.environ, threads=1))
kernel.run(sys.argv[2], time_limit=600)
"""


@linux_only
@pytest.mark.parametrize("cell", ["double fork", "holds the interpreter"])
def test_nothing_survives_when_the_engine_is_killed(tmp_path, mark, cell):
    source = CELLS[cell].format(sleeper=sleeper(mark))
    engine = subprocess.Popen([sys.executable, "-c", ENGINE, str(tmp_path), source])
    try:
        assert wait_until(lambda: len(running(mark)) >= 2, 30)
        family = psutil.Process(engine.pid).children(recursive=True)
        assert len(family) >= 3
        engine.send_signal(signal.SIGKILL)
        engine.wait()
        assert wait_until(lambda: all(map(has_ended, family)), 2)
        assert running(mark) == []
    finally:
        engine.kill()
        engine.wait()


def test_a_program_runs_to_its_end_and_its_output_is_kept(tmp_path):
    program = "import sys\nprint('x' * 3_000_000 + 'end')\nprint('naïve', file=sys.stderr)\nsys.exit(4)"
    result = run_isolated([sys.executable, "-c", program], cwd=tmp_path, environment=ENVIRONMENT, time_limit=30)
    assert (result.status, result.returncode) == ("error", 4)
    assert result.stdout.endswith("xend\n")
    assert len(result.stdout) == 1_000_000
    assert result.stderr == "naïve\n"


@linux_only
def test_a_program_that_ends_takes_its_background_along(tmp_path, mark):
    script = f"( setsid {sleeper(mark)} & )\necho done"
    result = run_isolated(["bash", "-c", script], cwd=tmp_path, environment=ENVIRONMENT, time_limit=30)
    assert (result.status, result.stdout) == ("ok", "done\n")
    assert result.seconds < 30
    assert running(mark) == []


def test_a_program_is_held_to_its_limits(tmp_path, mark):
    slow = ["bash", "-c", f"echo begun; {sleeper(mark)}"]
    result = run_isolated(slow, cwd=tmp_path, environment=ENVIRONMENT, time_limit=1)
    assert (result.status, result.stdout) == ("timeout", "begun\n")
    assert running(mark) == []
    large = [sys.executable, "-c", "import time; x = b'1' * 400_000_000; time.sleep(60)"]
    result = run_isolated(large, cwd=tmp_path, environment=ENVIRONMENT, time_limit=30, memory_limit=200_000_000)
    assert result.status == "memory"


def test_a_program_that_kills_itself_is_told_from_one_that_fails(tmp_path):
    result = run_isolated(["bash", "-c", "kill -9 $$"], cwd=tmp_path, environment=ENVIRONMENT, time_limit=30)
    assert (result.status, result.returncode) == ("killed", -9)


def test_a_stop_ends_a_program(tmp_path, mark):
    poll, stopped = stop_when(lambda: running(mark))
    with pytest.raises(StopRequested):
        run_isolated(["bash", "-c", sleeper(mark)], cwd=tmp_path, environment=ENVIRONMENT, time_limit=60, poll=poll)
    assert time.monotonic() - stopped[0] < 2
    assert running(mark) == []


def test_a_program_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(KernelError, match="no-such-program"):
        run_isolated(["no-such-program"], cwd=tmp_path, environment=ENVIRONMENT, time_limit=5)
