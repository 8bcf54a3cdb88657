"""A new virtual environment with exactly what a record's lock names."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from agentomics_nb.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def fresh_environment(lock: Path) -> Iterator[Path]:
    """Make an environment, and remove it again.

    Parameters
    ----------
    lock : Path
        ``requirements.lock``.

    Yields
    ------
    Path
        Its interpreter: that of this process's version.

    Raises
    ------
    RunError
        If it cannot be made; the sentence has the installer's last words.
    """
    with tempfile.TemporaryDirectory(prefix="agentomics-") as name:
        python = Path(name, "venv", "bin", "python")
        _run([sys.executable, "-m", "venv", str(python.parent.parent)])
        _run(
            [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement", str(lock)]
        )
        yield python


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        lines = [line for line in done.stderr.strip().splitlines() if line.strip()]
        said = next((line for line in reversed(lines) if "ERROR" in line), lines[-1] if lines else "no word")
        raise RunError(f"The packages of requirements.lock could not be installed: {said[:300]}")
