"""Markdown from facts: text that stems from data is escaped, numbers are written as scientists write them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_SPECIAL = re.compile(r"([\\`*_\[\]<>|~$&])")


def escape(text: object) -> str:
    """Return text that Markdown and HTML show as it is, on one line, anywhere but at a line's beginning."""
    flat = " ".join(str(text).split())
    return _SPECIAL.sub(lambda found: _ENTITIES.get(found[1], "\\" + found[1]), flat)


_ENTITIES = {"<": "&lt;", ">": "&gt;", "&": "&amp;"}


def code(text: object) -> str:
    """Return text as inline code, whatever it holds."""
    flat = " ".join(str(text).split()).replace("|", "\\|")
    longest = max((len(run) for run in re.findall(r"`+", flat)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if flat.startswith("`") or flat.endswith("`") else ""
    return f"{fence}{pad}{flat}{pad}{fence}"


def harmless(text: str) -> str:
    """Return Markdown of a planner's without HTML, without pictures, and without links that do more than lead on."""
    text = re.sub(r"<(?=[A-Za-z/!?])", "&lt;", text)
    text = re.sub(r"!(?=\[)", "!\\\\", text)
    text = re.sub(r"(?m)^(\s*)(?=\[[^\]]+\]:)", r"\1\\", text)
    return re.sub(r"\](?=\(\s*(?!https?://))", "]\\\\", text)


def quote(text: str) -> str:
    """Return Markdown as a block quote."""
    return "\n".join(f"> {line}".rstrip() for line in text.strip().splitlines())


def table(head: Sequence[str], rows: Sequence[Sequence[str]], *, numbers_from: int = 1) -> str:
    """Return a Markdown table; columns from `numbers_from` on are aligned right."""
    rule = ["---" if place < numbers_from else "--:" for place in range(len(head))]
    return "\n".join("| " + " | ".join(line) + " |" for line in [head, rule, *rows])


def number(value: float | None, digits: int = 3) -> str:
    """Return a number as in a paper: .862, -.031, 12.4, 1,250; a dash where there is none."""
    if value is None:
        return "–"
    if abs(value) >= 1000:
        return f"{value:,.0f}".replace("-", "−")
    if abs(value) >= 10:
        return f"{value:.1f}".replace("-", "−")
    text = f"{value:.{digits}f}".replace("-", "−")
    if float(f"{value:.{digits}f}") == 0:
        text = text.replace("−", "")
    return text.replace("0.", ".", 1) if text.lstrip("−").startswith("0.") else text


def with_interval(interval: Mapping[str, Any] | None, value: float | None = None) -> str:
    """Return ``.862 [.848, .876]``."""
    shown = value if interval is None else interval.get("value")
    if interval is None or interval.get("low") is None:
        return number(shown)
    return f"{number(shown)} [{number(interval['low'])}, {number(interval['high'])}]"
