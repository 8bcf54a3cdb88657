"""What the machinery costs: loading the extension, and the engine around the cells; ratios within one run."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

REPEATS = 9


def table() -> str:
    """Return both measurements as Markdown."""
    lines = ["| cost | measured |", "|---|---|"]
    plain, loaded = _load_times()
    lines.append(
        f"| `%load_ext agentomics_nb` | {1000 * loaded:.1f} ms, {loaded / plain:.3f} of `import IPython` "
        f"({1000 * plain:.0f} ms), median of {REPEATS} |"
    )
    command, engine, cells = _run_times()
    lines.append(f"| engine over cells, wall time | {engine / cells:.3f} ({engine:.0f} s / {cells:.0f} s) |")
    lines.append(f"| whole command over cells, wall time | {command / cells:.3f} ({command:.0f} s) |")
    return "\n".join(lines)


def _load_times() -> tuple[float, float]:
    code = (
        "import time; t = time.perf_counter(); import IPython; a = time.perf_counter() - t\n"
        "from IPython.core.interactiveshell import InteractiveShell as S\n"
        "shell = S.instance(); t = time.perf_counter()\n"
        "shell.extension_manager.load_extension('agentomics_nb'); print(a, time.perf_counter() - t)"
    )
    pairs = []
    for _ in range(REPEATS):
        out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
        pairs.append((float(out[0]), float(out[1])))
    return statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs)


def _run_times() -> tuple[float, float, float]:
    from agentomics_nb.demo import write_tumours
    from agentomics_nb.journal.directory import RunDirectory
    from agentomics_nb.journal.state import read_state

    with TemporaryDirectory() as folder:
        data = write_tumours(Path(folder))
        command = [sys.executable, "-m", "agentomics_nb.cli", "run", str(data), "--iterations", "3"]
        command += ["--out", folder, "--name", "cost"]
        began = time.monotonic()
        subprocess.run(command, capture_output=True, check=True)
        wall = time.monotonic() - began
        state = read_state(RunDirectory(Path(folder) / "cost"))
    return wall, state.seconds(), sum(cell.seconds for cell in state.cells.values())
