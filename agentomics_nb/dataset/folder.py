"""A folder with train, validation and test files, and what it is called."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentomics_nb.dataset.files import SUFFIXES, absolute, split_suffixes
from agentomics_nb.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

DESCRIPTION = "dataset_description.md"
_ROLES = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "val", "dev"),
    "test": ("test",),
}
_SAYS_NOTHING = {"train", "training", "data", "dataset", "table"}
_DESCRIPTION_MOST = 50_000
_TABLES_SHOWN = 5


@dataclass(frozen=True)
class Paths:
    """The files of a data set; only `train` is always there."""

    train: Path
    validation: Path | None = None
    test: Path | None = None
    description: Path | None = None


def find_paths(data: Path) -> Paths:
    """Return the files of a data set given by a file or a folder.

    Raises
    ------
    InputError
        If there is nothing, the folder may not be read, has no train file, or two files of one role.
    """
    data = absolute(data)
    try:
        if not data.is_dir():
            description = data.parent / DESCRIPTION
            return Paths(data, description=description if description.is_file() else None)
        entries = sorted(data.iterdir())
    except PermissionError:
        raise InputError(f"{data} may not be read by you; change its permissions.") from None
    except (OSError, ValueError):
        raise InputError(f"{str(data)[:80]!r} is no path of this system; check it.") from None
    found = {role: _one(data, role, entries) for role in _ROLES}
    train = found["train"]
    if train is None:
        tables = [path.name for path in entries if split_suffixes(path.name)[1] in SUFFIXES]
        there = f" but {', '.join(tables[:_TABLES_SHOWN])}" if tables else ""
        raise InputError(
            f"The folder {data} has no train file{there}; name one train.csv or train.parquet, or give the file."
        )
    description = data / DESCRIPTION
    return Paths(train, found["validation"], found["test"], description if description in entries else None)


def read_description(path: Path) -> str:
    """Return the text of a description, cut to 50,000 characters.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    try:
        return absolute(path).read_bytes().decode("utf-8", errors="replace").strip()[:_DESCRIPTION_MOST]
    except FileNotFoundError:
        raise InputError(f"There is no description {path}; check the path.") from None
    except OSError:
        raise InputError(f"The description {path} cannot be read; give a text file.") from None


def dataset_name(data: Path) -> str:
    """Return a name for runs: the file's or, where that says nothing, the folder's; ``[a-z0-9_-]{1,40}``."""
    data = absolute(data)
    stem = data.name if data.is_dir() else split_suffixes(data.name)[0]
    if stem.lower() in _SAYS_NOTHING and data.parent.name:
        stem = data.parent.name
    return re.sub(r"[^a-z0-9_]+", "-", stem.lower()).strip("-_")[:40].rstrip("-_") or "data"


def _one(folder: Path, role: str, entries: list[Path]) -> Path | None:
    names = _ROLES[role]
    files = [
        path
        for path in entries
        if (parts := split_suffixes(path.name))[0].lower() in names and parts[1] in SUFFIXES and path.is_file()
    ]
    if len(files) > 1:
        listed = ", ".join(path.name for path in files)
        raise InputError(f"The folder {folder} has more than one {role} file: {listed}; keep one of them.")
    return files[0] if files else None
