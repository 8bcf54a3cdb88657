"""What is left of a cell once it has run."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

CellStatus = Literal["ok", "error", "timeout", "memory", "killed"]

# CSI sequences (colours, cursor), OSC sequences (titles, links), and the two-character ones.
_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
_TRACEBACK_LINES = 40


@dataclass(frozen=True)
class CellResult:
    """How a cell ended and what it showed.

    Parameters
    ----------
    status
        ``ok``; ``error``: the code raised; ``timeout`` and ``memory``: a limit was passed and everything was
        ended; ``killed``: the kernel died by itself, or was killed from outside.
    outputs
        Outputs of a code cell in nbformat 4, capped as `agentomics_nb.kernel.outputs` says.
    execution_count
        The number in the brackets beside the cell; None if the kernel never got to it.
    seconds
        Wall time.
    error
        None if the status is ``ok``; else one sentence, or the exception and its traceback without colours.
    peak_memory
        Most memory that the kernel and all its descendants used together, in bytes, looked at four times a
        second.
    """

    status: CellStatus
    outputs: list[dict[str, Any]]
    execution_count: int | None
    seconds: float
    error: str | None
    peak_memory: int


def plain(text: str) -> str:
    """Return the text without terminal colours and other ANSI escape sequences."""
    return _ANSI.sub("", text)


def described(output: dict[str, Any]) -> str:
    """Return an ``error`` output as plain text: ``name: value``, then the last lines of its traceback."""
    head = plain(f"{output['ename']}: {output['evalue']}".strip(": "))
    lines = plain("\n".join(output["traceback"])).splitlines()
    return "\n".join([head, *lines[-_TRACEBACK_LINES:]])
