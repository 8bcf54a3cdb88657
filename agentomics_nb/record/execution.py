"""Execute a replay in a clean folder, confined and without network where the machine can do that."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agentomics_nb.environment import scrubbed
from agentomics_nb.errors import RunError
from agentomics_nb.isolation import Confinement, choose
from agentomics_nb.isolation.confinement import system_paths, system_secrets
from agentomics_nb.record import execute_notebook
from agentomics_nb.record.directory import RecordDirectory

if TYPE_CHECKING:
    from collections.abc import Callable

    from agentomics_nb.isolation import Isolation

_A_WEEK = 7 * 86_400.0
_NOT_NEEDED = shutil.ignore_patterns("replay", "*.html", "log.ipynb", ".ipynb_checkpoints", "__pycache__")
_ABOUT = "import json, sys; print(json.dumps([sys.prefix, sys.base_prefix, *sys.path]))"


@dataclass(frozen=True)
class Execution:
    """What came of executing a replay.

    Parameters
    ----------
    notebook : dict
        With its outputs, as far as it came.
    result : dict or None
        What the last cell wrote; None if it did not get there.
    failed : str or None
        The error of the cell that failed, in one line or more; None if none did.
    cell : int or None
        Its number, counted from 1.
    folder : Path
        Where it was executed; it is gone.
    isolation : str
        What held it.
    seconds : float
        Wall time.
    """

    notebook: dict[str, Any]
    result: dict[str, Any] | None
    failed: str | None
    cell: int | None
    folder: Path
    isolation: Isolation
    seconds: float


def execute(
    record: RecordDirectory,
    *,
    python: Path | None = None,
    on_cell: Callable[[int, int], None] | None = None,
    collect: Callable[[Path], None] | None = None,
) -> Execution:
    """Execute the replay of a record in a copy of it, and nowhere else can it write.

    Parameters
    ----------
    record : RecordDirectory
        Nothing of it is changed.
    python : Path, optional
        The interpreter; by default this one. It must have ``nbclient`` and ``ipykernel``.
    on_cell : callable, optional
        Called when a cell begins with its number and the number of cells.
    collect : callable, optional
        Called with the folder of the copy before that is removed, if the last cell was reached.

    Raises
    ------
    RunError
        If the notebook could not be executed at all.
    """
    with tempfile.TemporaryDirectory(prefix="agentomics-") as name:
        folder = Path(name).resolve() / "record"
        shutil.copytree(record.path, folder, ignore=_NOT_NEEDED)
        execution = _execute_in(folder, RecordDirectory(folder).replay, python, on_cell)
        if collect is not None and execution.result is not None:
            collect(folder)
        return execution


def _execute_in(
    folder: Path, replay: Path, python: Path | None, on_cell: Callable[[int, int], None] | None
) -> Execution:
    from agentomics_nb.kernel.isolated import run_isolated

    program = Path(execute_notebook.__file__)
    executed, progress = folder / "executed.ipynb", folder / ".progress"
    isolation = choose(None)
    interpreter = str(python.absolute()) if python is not None else sys.executable  # a link means its environment
    readable = (*system_paths(os.environ), program, *(_places_of(interpreter) if python is not None else ()))
    seen = 0

    def look() -> None:
        nonlocal seen
        lines = progress.read_text(encoding="utf-8").splitlines() if progress.exists() else []
        if len(lines) > seen and on_cell is not None:
            number, count = lines[-1].split()
            on_cell(int(number), int(count))
        seen = len(lines)

    done = run_isolated(
        [interpreter, "-P", str(program), str(replay), str(executed), str(progress)],
        cwd=folder,
        environment=scrubbed(os.environ, threads=None),
        time_limit=_A_WEEK,
        poll=look,
        confinement=Confinement(readable, (folder,), system_secrets(), isolation=isolation),
    )
    if not executed.is_file():
        said = done.stderr.strip().splitlines()
        raise RunError(f"{replay.name} could not be executed: {said[-1] if said else f'it was {done.status}'}.")
    notebook = json.loads(executed.read_bytes())
    failed, cell = _failure(notebook)
    if done.returncode not in (0, execute_notebook.CELL_FAILED):
        said = done.stderr.strip().splitlines()
        failed, cell = failed or f"The kernel ended: {said[-1] if said else done.status}.", cell or seen
    result = folder / "replay" / "replayed.json"
    found = json.loads(result.read_bytes()) if result.is_file() and not result.is_symlink() else None
    return Execution(notebook, found, failed, cell, folder, isolation, done.seconds)


def _failure(notebook: dict[str, Any]) -> tuple[str | None, int | None]:
    """Return the error of the first cell that was not allowed to fail, and its number."""
    for number, cell in enumerate(notebook["cells"], start=1):
        if "raises-exception" in cell["metadata"].get("tags", ()):
            continue
        for output in cell.get("outputs", ()):
            if output["output_type"] == "error":
                return f"{output['ename']}: {output['evalue']}", number
    return None, None


def _places_of(interpreter: str) -> list[Path]:
    """Return where another interpreter keeps its modules.

    Raises
    ------
    RunError
        If it is none.
    """
    try:
        done = subprocess.run([interpreter, "-P", "-c", _ABOUT], capture_output=True, text=True, timeout=60, check=True)
        places = [Path(place).resolve() for place in json.loads(done.stdout) if place]
    except (OSError, subprocess.SubprocessError, ValueError):
        raise RunError(f"{interpreter} is no Python that runs here; give the path of one.") from None
    return [place for place in places if place.exists()]
