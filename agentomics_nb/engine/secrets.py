"""Secrets in the engine: they come through a pipe, stay in memory, and no other process can read them there."""

from __future__ import annotations

import ctypes
import json
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TextIO

_PR_SET_DUMPABLE = 4


@dataclass(frozen=True)
class HandedOver:
    """What whoever started the engine has handed over.

    Parameters
    ----------
    key : str or None
        For the language model's endpoint.
    secrets : tuple of str
        Values that may appear nowhere, the key among them.
    """

    key: str | None
    secrets: tuple[str, ...]


def take_over_secrets(stream: TextIO) -> HandedOver:
    """Read what was handed over, and close this process to others.

    The engine's own environment holds no secret from its first moment (`agentomics_nb.launch`): what a process was
    started with stays readable in ``/proc/<pid>/environ`` as long as it lives.
    """
    _forbid_reading()
    try:
        given = {} if stream.isatty() else json.loads(stream.read() or "{}")
    except ValueError:
        given = {}
    os.environ.update(given.get("proxies", {}))
    return HandedOver(key=given.get("key"), secrets=tuple(given.get("secrets", ())))


def _forbid_reading() -> None:
    """Let no process of the same user read this one's memory, where the system can do that."""
    if sys.platform == "linux":
        try:
            ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
        except (OSError, AttributeError):
            return
