"""Run one of a model's scripts: confined, without secrets, and ended with whatever ends us."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from agentomics_nb.environment import scrubbed
from agentomics_nb.errors import RunError
from agentomics_nb.isolation import choose, confined, private, reach_of_scripts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_TICK = 0.2


def run_program(
    script: Path,
    arguments: Sequence[str],
    *,
    files: Path,
    place: Path,
    threads: int | None = None,
    meanwhile: Callable[[float], None] | None = None,
) -> float:
    """Run a script until it ends, and return the seconds that took.

    Parameters
    ----------
    script : Path
        Absolute.
    arguments : sequence of str
        What follows it.
    files : Path
        The folder that it may read.
    place : Path
        The folder that it works in and may write.
    threads : int or None
        Threads of the numeric libraries; None leaves it to them.
    meanwhile : callable, optional
        Called some five times a second with the seconds so far; what it raises ends the script.

    Raises
    ------
    RunError
        With its last words, if it fails.
    """
    start, place = time.monotonic(), place.resolve()
    with tempfile.TemporaryDirectory(prefix="agentomics-", ignore_cleanup_errors=True) as name:
        scratch = Path(name).resolve()
        log = scratch / "program.log"
        confinement = reach_of_scripts(choose(None)).with_readable(files).with_writable(place, scratch)
        with log.open("wb") as stream:
            process = subprocess.Popen(
                confined([sys.executable, str(script), *arguments], confinement, place),
                cwd=place,
                env=private(scrubbed(os.environ, threads=threads), scratch),
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
                start_new_session=True,
            )
            try:
                code = _wait(process, start, meanwhile)
            except BaseException:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                raise
        if code != 0:
            lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            raise RunError(f"{script} failed: {lines[-1][:300] if lines else f'exit status {code}'}")
    return time.monotonic() - start


def _wait(process: subprocess.Popen[bytes], start: float, meanwhile: Callable[[float], None] | None) -> int:
    while True:
        try:
            return process.wait(timeout=None if meanwhile is None else _TICK)
        except subprocess.TimeoutExpired:
            if meanwhile is not None:
                meanwhile(time.monotonic() - start)
