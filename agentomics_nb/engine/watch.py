"""Notices when a file is opened, by whatever process, where nothing can keep the agent's programs from it."""

from __future__ import annotations

import ctypes
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_IN_ACCESS, _IN_MODIFY, _IN_OPEN = 0x1, 0x2, 0x20
_NONBLOCK, _CLOEXEC = 0o4000, 0o2000000


class FileWatch:
    """Watches files from now on (Linux; elsewhere it notices nothing).

    Parameters
    ----------
    paths
        Files that exist. Every name of the same file counts: the system watches the file itself.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        self._descriptor = -1
        if not sys.platform.startswith("linux"):
            return
        libc = ctypes.CDLL(None, use_errno=True)
        self._descriptor = libc.inotify_init1(_NONBLOCK | _CLOEXEC)
        for path in paths if self._descriptor >= 0 else ():
            libc.inotify_add_watch(self._descriptor, os.fsencode(path), _IN_OPEN | _IN_ACCESS | _IN_MODIFY)

    def noticed(self) -> bool:
        """Return whether a file was opened, read or written since this was asked last."""
        if self._descriptor < 0:
            return False
        try:
            return bool(os.read(self._descriptor, 65_536))
        except BlockingIOError:
            return False

    def close(self) -> None:
        """Watch no longer: what opens the files now is the engine itself."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
