"""Reports what Python code in the kernel tries and may not, before the system refuses it.

Code cannot take the report back, but it can hide the stream that it is written to; and other programs that it starts
report nothing. The report is for the ledger; it is not what protects.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

HIDDEN, WRITABLE = "AGENTOMICS_HIDDEN", "AGENTOMICS_WRITABLE"
MOST_TOLD = 200
"""Paths that the kernel is told of; more would not fit into an environment."""
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


def told(hidden: Sequence[Path], writable: Sequence[Path]) -> dict[str, str]:
    """Return the variables that tell the kernel what to report; it takes them out of its environment."""
    return {
        HIDDEN: os.pathsep.join(str(path) for path in hidden[:MOST_TOLD]),
        WRITABLE: os.pathsep.join(str(path) for path in writable),
    }


def report(environ: Mapping[str, str]) -> None:
    """From now on, let this process say on its error stream what its Python code tries and may not."""
    hidden = tuple(path for path in environ.get(HIDDEN, "").split(os.pathsep) if path)
    writable = tuple(path for path in environ.get(WRITABLE, "").split(os.pathsep) if path)
    if not writable:
        return
    stream = sys.stderr  # the one of the cells; code may put another in its place

    def below(path: str, folders: tuple[str, ...]) -> bool:
        return path in folders or path.startswith(tuple(f"{folder}/" for folder in folders))

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event != "open" or not isinstance(arguments[0], (str, bytes)):
            return
        path = os.path.realpath(os.fsdecode(arguments[0]))
        flags = arguments[2] if isinstance(arguments[2], int) else 0
        if below(path, hidden):
            stream.write(f"[refused: opening {path}]\n")
        elif flags & _WRITING and not below(path, (*writable, "/dev", "/proc")):
            stream.write(f"[refused: writing {path}]\n")

    sys.addaudithook(hook)
