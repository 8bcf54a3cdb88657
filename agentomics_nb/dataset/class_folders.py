"""A folder whose ``train`` and ``test`` hold one file a class, as benchmarks of genomic sequences are handed out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentomics_nb.dataset.files import SUFFIXES, split_suffixes
from agentomics_nb.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

CLASS = "class"
"""The column that names the class of each row, after the file that it came from."""
_ROLES = ("train", "validation", "test")


def has_class_folders(data: Path) -> bool:
    """Say whether a folder has a ``train`` folder with two or more tables."""
    return len(_tables(data / "train")) > 1


def gather(data: Path, directory: Path) -> Path:
    """Write ``train.parquet`` and the like, with a column of classes, into a directory named like the data; return it.

    Raises
    ------
    InputError
        If a file cannot be read, or files differ in their columns.
    """
    place = directory / data.resolve().name
    place.mkdir()
    for role in _ROLES:
        files = _tables(data / role)
        if files:
            _joined(files).to_parquet(place / f"{role}.parquet", index=False)
    return place


def _tables(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if split_suffixes(path.name)[1] in SUFFIXES and path.is_file())


def _joined(files: list[Path]) -> pd.DataFrame:
    import pandas as pd

    from agentomics_nb.dataset.inspection import describe_file
    from agentomics_nb.dataset.reading import read

    parts: list[pd.DataFrame] = []
    for path in files:
        frame = read(describe_file(path))
        if CLASS in frame.columns:
            raise InputError(f"{path.name} has a column {CLASS!r} already; join the files into one table.")
        if parts and list(frame.columns) != list(parts[0].columns[:-1]):
            raise InputError(f"{path.name} has other columns than {files[0].name}; give them the same.")
        parts.append(frame.assign(**{CLASS: split_suffixes(path.name)[0]}))
    joined = pd.concat(parts, ignore_index=True)
    mixed = [name for name in joined.columns if joined[name].dtype == object]  # numbers in one file, words in another
    return joined.astype(dict.fromkeys(mixed, "str"))
