"""What a program may reach: an allow-list of paths, with holes in it for what must stay hidden."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Isolation = Literal["bubblewrap", "landlock", "none"]
KINDS: tuple[Isolation, ...] = get_args(Isolation)
"""From the strongest to none."""

_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc", "/opt", "/nix", "/gnu", "/sys")
_SYSTEM_SECRETS = ("/etc/shadow", "/etc/gshadow", "/etc/shadow-", "/etc/gshadow-", "/etc/sudoers", "/etc/ssl/private")
_SEARCHED = ("PATH", "LD_LIBRARY_PATH", "CONDA_PREFIX", "CUDA_HOME")
_DEVICES = ("/dev/nvidia*", "/dev/dri", "/dev/kfd")


@dataclass(frozen=True)
class Confinement:
    """What one program and all that it starts may reach; nothing else on the disk exists for them.

    Parameters
    ----------
    readable
        Absolute paths, each with all below it.
    writable
        The same; these may be read, too.
    hidden
        Holes in what is readable, each with all below it but for paths that are readable or writable themselves.
    network
        Whether other machines may be reached.
    isolation
        What holds it.
    """

    readable: tuple[Path, ...]
    writable: tuple[Path, ...] = ()
    hidden: tuple[Path, ...] = ()
    network: bool = False
    isolation: Isolation = "none"

    def with_writable(self, *paths: Path) -> Confinement:
        """Return the same with more that may be written."""
        return replace(self, writable=(*self.writable, *(path.resolve() for path in paths)))

    def with_readable(self, *paths: Path) -> Confinement:
        """Return the same with more that may be read."""
        return replace(self, readable=(*self.readable, *(path.resolve() for path in paths)))


def system_paths(environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Return what any program needs to read: the system, this interpreter, and where it looks for modules.

    A search path that leads to the person's home as a whole (or above it) is left out: it holds more than modules.
    """
    home = Path.home().resolve()
    found = [Path(name) for name in _SYSTEM]
    found += [Path(name) for name in (sys.prefix, sys.base_prefix, sys.exec_prefix, *sys.path) if name]
    for name in _SEARCHED:
        found += [Path(part) for part in environ.get(name, "").split(os.pathsep) if part]
    for pattern in ("/etc/resolv.conf", "/etc/localtime"):
        found.append(Path(pattern))
    places = {path.resolve() for path in found if path.is_absolute() and path.exists()}
    # One below another is kept: holes are cut into a folder that modules come from, and not into the interpreter in it.
    return tuple(sorted(place for place in places if not home.is_relative_to(place)))


def system_secrets() -> tuple[Path, ...]:
    """Return what of the system's settings stays hidden, as far as this user could read it at all."""
    keys = Path("/etc/ssh").glob("ssh_host_*_key")
    return tuple(p for p in (*map(Path, _SYSTEM_SECRETS), *keys) if p.exists() and os.access(p, os.R_OK))


def reach_of_scripts(isolation: Isolation) -> Confinement:
    """Return what a delivered script may reach, besides its own folder and the one it works in.

    It sees no data, no split and no workspace: what it knows of the training rows it must have learned.
    """
    return Confinement(system_paths(os.environ), hidden=system_secrets(), isolation=isolation)


def devices() -> tuple[Path, ...]:
    """Return the graphics processors' device files."""
    return tuple(sorted(path for pattern in _DEVICES for path in Path("/").glob(pattern[1:])))


def private(environment: Mapping[str, str], scratch: Path) -> dict[str, str]:
    """Return an environment whose home and temporary folder are new ones in `scratch`, and make these.

    The list of fonts that matplotlib keeps comes along: to make it anew takes seconds.
    """
    home, temporary = scratch / "home", scratch / "tmp"
    for folder in (home, temporary):
        folder.mkdir(exist_ok=True)
    fonts = Path(environment.get("XDG_CACHE_HOME") or Path.home() / ".cache", "matplotlib")
    with contextlib.suppress(OSError):
        for path in fonts.glob("fontlist-*.json"):
            (home / ".cache" / "matplotlib").mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, home / ".cache" / "matplotlib" / path.name)
    kept = {name: value for name, value in environment.items() if not name.startswith("XDG_")}
    places = {"HOME": home, "TMPDIR": temporary, "TEMP": temporary, "TMP": temporary}
    return kept | {name: str(path) for name, path in places.items()}


def is_below(path: Path, folders: Iterable[Path]) -> bool:
    """Return whether a path is one of the folders, or in one of them."""
    return any(path.is_relative_to(folder) for folder in folders)
