"""``manifest.json``: the sha256 of every file of a record."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from agentomics_nb.dataset.files import sha256_of
from agentomics_nb.errors import RunError
from agentomics_nb.journal.directory import write_json

if TYPE_CHECKING:
    from pathlib import Path

    from agentomics_nb.record.directory import RecordDirectory

_LEFT_OUT = frozenset({"__pycache__", ".ipynb_checkpoints", "replay"})
"""Folders that appear when a record is used."""


def write_manifest(record: RecordDirectory) -> None:
    """Write the manifest of all files that stand in the record now."""
    files = {
        path.relative_to(record.path).as_posix(): {"sha256": sha256_of(path), "bytes": path.stat().st_size}
        for path in _files(record)
    }
    write_json(record.manifest, {"format": 1, "files": files})


def compare_manifest(record: RecordDirectory) -> list[str]:
    """Return one sentence for each file that is not as the manifest says.

    Raises
    ------
    RunError
        If there is no manifest that can be read.
    """
    try:
        known = json.loads(record.manifest.read_bytes())["files"]
        wanted = {name: (str(entry["sha256"]), int(entry["bytes"])) for name, entry in known.items()}
    except FileNotFoundError:
        raise RunError(f"{record.path} has no {record.manifest.name}; it is no record, or not whole.") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise RunError(f"{record.manifest} is damaged.") from None
    said = []
    for name, (sha256, size) in wanted.items():
        path = record.path / name
        if not path.is_file():
            said.append(f"{name} is absent.")
        elif path.stat().st_size != size:
            said.append(f"{name} has {path.stat().st_size:,} bytes instead of {size:,}.")
        elif sha256_of(path) != sha256:
            said.append(f"{name} has been changed: same size, other sha256.")
    present = {path.relative_to(record.path).as_posix() for path in _files(record)}
    said += [f"{name} is not of this record." for name in sorted(present - set(wanted))]
    return said


def _files(record: RecordDirectory) -> list[Path]:
    apart = {record.manifest, record.verification}
    return [
        path
        for path in sorted(record.path.rglob("*"))
        if path.is_file() and path not in apart and _LEFT_OUT.isdisjoint(path.relative_to(record.path).parts[:-1])
    ]
