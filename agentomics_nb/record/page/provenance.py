"""Where a notebook comes from, in words: the block at the end of its page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from agentomics_nb.record.page.json_values import mapping, mappings

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class DataFile:
    """A data file with its size in bytes and its hash, both in words."""

    name: str
    size: str
    sha256: str


@dataclass(frozen=True)
class Provenance:
    """What is known: `facts` and `versions` as name and value, and the data files."""

    facts: tuple[tuple[str, str], ...]
    versions: tuple[tuple[str, str], ...]
    data: tuple[DataFile, ...]

    def __bool__(self) -> bool:
        return bool(self.facts or self.versions or self.data)


def provenance(known: Mapping[str, Any], record: Mapping[str, Any]) -> Provenance:
    """Return what ``metadata.agentomics`` (`known`) and its ``record`` say; anything may be missing."""
    facts = [
        ("Run", known.get("run")),
        ("Planner", known.get("planner")),
        ("Made", _moment(record.get("created"))),
        ("With", f"agentomics-nb {record['version']}" if record.get("version") else None),
        ("Metric", record.get("metric")),
        ("Seed", record.get("seed")),
        ("Threads", record.get("threads")),
        ("Hardware", record.get("hardware")),
        ("Author", record.get("author")),
        ("Licence", record.get("licence")),
    ]
    versions, data = mapping(record.get("environment")), mappings(record.get("data"))
    return Provenance(
        tuple((name, _in_words(value)) for name, value in facts if value not in (None, "", {}, [])),
        tuple((str(name), _in_words(version)) for name, version in versions.items()),
        tuple(DataFile(str(one.get("name", "")), _size(one.get("bytes")), str(one.get("sha256", ""))) for one in data),
    )


def _in_words(value: Any) -> str:
    if isinstance(value, dict):
        value = {key: _gigabytes(one) if key == "memory" else one for key, one in value.items()}
        return "; ".join(
            f"{str(key).replace('_', ' ')} {_in_words(one)}" for key, one in value.items() if one is not None
        )
    if isinstance(value, list):
        return ", ".join(map(_in_words, value))
    return str(value)


def _moment(text: Any) -> str:
    """Return a time of ISO 8601 in words, ``2026-03-01 12:30 UTC``; anything else as it is."""
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return str(text or "")
    zone = moment.strftime("%Z").replace("UTC+00:00", "UTC")
    return f"{moment:%Y-%m-%d %H:%M} {zone}".strip()


def _size(number: Any) -> str:
    return f"{number:,} bytes" if isinstance(number, int) else ""


def _gigabytes(size: Any) -> Any:
    return f"{size / 2**30:.1f} GiB" if isinstance(size, int) and size > 2**20 else size
