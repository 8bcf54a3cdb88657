"""Values of a notebook's JSON, read without trust in their kind."""

from __future__ import annotations

from typing import Any


def mapping(value: Any) -> dict[str, Any]:
    """Return a JSON object; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def mappings(value: Any) -> list[dict[str, Any]]:
    """Return the objects of a JSON list; none for anything else."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def flat(text: Any) -> str:
    """Return a text that nbformat may keep as a list of lines."""
    return "".join(map(str, text)) if isinstance(text, list) else str(text or "")


def number(value: Any) -> float | None:
    """Return a finite number; None for anything else."""
    from math import isfinite

    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value) else None
