"""Confinement by bubblewrap: a file system of the program's own, put together from mounts, and own namespaces.

Nothing that is not mounted exists for the program; it sees no process but its own, and when the one that started it
ends, by whatever means, the kernel ends all of them.
"""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from agentomics_nb.isolation.confinement import devices, is_below

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from agentomics_nb.isolation.confinement import Confinement

PROGRAM = "bwrap"


def installed() -> str | None:
    """Return where bubblewrap is; None if it is not installed."""
    return shutil.which(PROGRAM)


def command(argv: Sequence[str], confinement: Confinement, cwd: Path) -> list[str]:
    """Return the command that runs `argv` confined, in the working directory `cwd`."""
    head = [PROGRAM, "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL"]
    if os.geteuid() == 0:
        # Root reads what others own, as it does outside. It cannot unmount: that is another capability.
        head += ["--cap-add", "CAP_DAC_OVERRIDE"]
    if confinement.network:
        head.append("--share-net")
    head += ["--tmpfs", "/tmp", "--proc", "/proc", "--dev", "/dev"]  # noqa: S108 - the sandbox's own
    for device in devices():
        head += ["--dev-bind-try", str(device), str(device)]
    return [*head, *_mounts(confinement), "--remount-ro", "/", "--chdir", str(cwd), "--", *argv]


def _mounts(confinement: Confinement) -> list[str]:
    """Return the mounts, outer ones first: each covers what is mounted around it."""
    mounts: list[tuple[Path, int, list[str]]] = []
    empty: list[Path] = []
    for path in confinement.readable:
        mounts.append((path, 0, ["--ro-bind-try", str(path.resolve()), str(path)]))
    for path in confinement.hidden:
        if not is_below(path, confinement.readable):
            continue  # it does not exist for the program anyway
        if path.is_dir():
            mounts.append((path, 1, ["--tmpfs", str(path)]))
            empty.append(path)
        elif path.exists():
            mounts.append((path, 1, ["--ro-bind", "/dev/null", str(path)]))  # opened as a device: refused
    for path in confinement.writable:
        mounts.append((path, 2, ["--bind", str(path), str(path)]))
    mounts.sort(key=lambda mount: (len(mount[0].parts), mount[1]))
    links = [word for name in ("bin", "sbin", "lib", "lib32", "lib64", "libx32") for word in _merged(name)]
    sealed = [word for path in empty for word in ("--remount-ro", str(path))]
    return [*links, *(word for _, _, words in mounts for word in words), *sealed]


def _merged(name: str) -> list[str]:
    """Return the link of a system with one ``/usr``: ``/bin`` leads to ``usr/bin``."""
    path = f"/{name}"
    return ["--symlink", os.readlink(path), path] if os.path.islink(path) else []  # noqa: PTH114, PTH115
