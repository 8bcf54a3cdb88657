"""Which isolation holds on this machine: found by trying, since containers forbid what is installed."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from agentomics_nb.errors import InputError
from agentomics_nb.isolation import bubblewrap, landlock
from agentomics_nb.isolation.confinement import KINDS, Confinement, system_paths

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agentomics_nb.isolation.confinement import Isolation

_TRIAL_LIMIT = 20.0


def confined(argv: Sequence[str], confinement: Confinement, cwd: Path) -> list[str]:
    """Return the command that runs `argv` in `cwd`, confined; `argv` itself where nothing isolates."""
    if confinement.isolation == "bubblewrap":
        return bubblewrap.command(argv, confinement, cwd)
    if confinement.isolation == "landlock":
        readable, writable, hidden = (
            [str(path) for path in paths] for paths in (confinement.readable, confinement.writable, confinement.hidden)
        )
        return landlock.command(list(argv), readable, writable, hidden, network=confinement.network)
    return list(argv)


def choose(asked: str | None) -> Isolation:
    """Return the isolation to use: the one asked for, or the best that works here.

    Raises
    ------
    InputError
        If the one asked for does not work here.
    """
    if asked is None:
        return next((kind for kind in KINDS if available(kind) is None), "none")
    kind = KINDS[KINDS.index(asked)]
    reason = available(kind)
    if reason is not None:
        raise InputError(f"--isolation {asked} does not work here: {reason}.")
    return kind


@cache
def available(kind: Isolation) -> str | None:
    """Return None if an isolation works here, else why it does not."""
    if kind == "none":
        return None
    if not sys.platform.startswith("linux"):
        return "it needs Linux"
    if kind == "bubblewrap" and bubblewrap.installed() is None:
        return "bubblewrap is not installed"
    if kind == "landlock" and landlock.abi() < landlock.LEAST_ABI:
        return "Landlock is not in this system (Linux 6.2 or newer has it, unless it is switched off)"
    confinement = Confinement(system_paths(os.environ), isolation=kind)
    command = confined([sys.executable, "-I", "-S", "-c", ""], confinement, Path("/"))
    if kind == "bubblewrap":
        # Else its helper inside is left to whoever adopts orphans: the engine, which does not look for any.
        command.insert(1, "--as-pid-1")
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_TRIAL_LIMIT, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"it did not start ({error})"
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines()
        return f"it did not start ({lines[-1][:200] if lines else f'exit status {done.returncode}'})"
    return None
