"""Reports what Python code in the kernel tries and may not, before the system refuses it.

Code cannot take the report back, but it can hide the stream that it is written to; and other programs that it starts
report nothing. The report is for the ledger; it is not what protects.
"""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from agentomics_nb.isolation import Confinement

VARIABLE = "AGENTOMICS_REACH"
MOST_TOLD = 200
"""Paths of a kind that the kernel is told of; more would not fit into an environment."""
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_EVENTS = frozenset({"open", "os.truncate", "os.rename", "os.remove", "os.link", "os.mkdir", "os.rmdir", "os.chmod"})
_OF_A_PROCESS = re.compile(r"/proc/(\d+)/(?:task/\d+/)?(?:environ|mem|maps|fd|cwd|root)\b")


def told(confinement: Confinement) -> dict[str, str]:
    """Return the variable that tells the kernel what to report; it is gone before the first cell."""
    marks = {"/dev": "w", "/proc": "w"}
    if confinement.isolation == "bubblewrap":
        marks["/tmp"] = "w"  # noqa: S108 - a private one
    marks[str(Path.home())] = "h"
    for paths, mark in ((confinement.hidden, "h"), (confinement.readable, "r"), (confinement.writable, "w")):
        marks |= {str(path): mark for path in paths[:MOST_TOLD]}
    return {VARIABLE: json.dumps(marks)}


def report() -> None:
    """From now on, let this process say on its error stream what its Python code tries and may not."""
    marks: dict[str, str] = json.loads(os.environ.pop(VARIABLE, "{}"))
    if not marks:
        return
    stream = sys.stderr  # the one of the cells; code may put another in its place

    def mark_of(path: str) -> str:
        """Return what holds for the nearest folder that is known."""
        while path not in marks and path != "/":
            path = path.rpartition("/")[0] or "/"
        return marks.get(path, "h")

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "os.kill":
            target, signal = arguments
            if signal and target > 0 and not os.path.lexists(f"/proc/{target}"):  # of others, or none
                stream.write(f"[refused: ending process {target}]\n")
            return
        if event not in _EVENTS or not isinstance(arguments[0], (str, bytes)):
            return
        path = os.path.realpath(os.fsdecode(arguments[0]))
        flags = arguments[2] if event == "open" else os.O_WRONLY
        mark = mark_of(path)
        process = _OF_A_PROCESS.match(path)
        if (flags or 0) & _WRITING and mark != "w":
            stream.write(f"[refused: writing {path}]\n")
        elif mark == "h" or (process is not None and int(process[1]) != os.getpid()):
            stream.write(f"[refused: opening {path}]\n")

    sys.addaudithook(hook)
