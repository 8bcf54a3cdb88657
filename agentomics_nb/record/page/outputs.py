"""Outputs as a page shows them: text, figures, and HTML made harmless."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from agentomics_nb.record.page.json_values import flat, mapping, number
from agentomics_nb.record.page.prose import fragment, without_headings
from agentomics_nb.record.page.terminal_colours import coloured
from agentomics_nb.record.page.untrusted import harmless

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")
_COLOUR = re.compile(r"color\s*:")
_MOST_WORDS = 250
"""Characters of an alternative text."""


@dataclass(frozen=True)
class Text:
    """Printed text.

    Parameters
    ----------
    tone : str
        ``stdout``, ``stderr``, ``result`` or ``error``.
    html : str
        The text with its colours; safe.
    lines : int
        How many lines.
    """

    kind: ClassVar[str] = "text"
    tone: str
    html: str
    lines: int


@dataclass(frozen=True)
class Figure:
    """A picture: its data as an address, what it shows in words, and its width in pixels if it is known."""

    kind: ClassVar[str] = "figure"
    address: str
    words: str
    width: int | None


@dataclass(frozen=True)
class Fragment:
    """Safe HTML; `coloured` if it brings colours of its own, which were chosen for white paper."""

    kind: ClassVar[str] = "fragment"
    html: str
    coloured: bool = False


Output = Text | Figure | Fragment


def outputs(raw: Sequence[Mapping[str, Any]], *, words: str) -> list[Output]:
    """Return what to show of a cell's outputs.

    Parameters
    ----------
    raw : sequence of mapping
        Outputs as nbformat has them.
    words : str
        What the cell is about: the text of figures that bring none themselves.
    """
    shown: list[Output] = []
    figures = sum(_picture(mapping(output.get("data"))) is not None for output in raw)
    drawn = 0
    for tone, output in _joined(raw):
        if isinstance(output, str):
            one: Output | None = _text(tone, output)
        else:
            data, metadata = mapping(output.get("data")), mapping(output.get("metadata"))
            picture = _picture(data)
            if picture is None:
                one = _rich(data)
            else:
                drawn += 1
                label = f"Figure {drawn} of {figures}" if figures > 1 else "Figure"
                kind, address = picture
                one = Figure(address, _words(metadata, data, kind, f"{label}: {words}"), _width(metadata, kind))
        if one is not None:
            shown.append(one)
    return shown


def _joined(raw: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str | Mapping[str, Any]]]:
    """Yield outputs in order: streams and errors as text, those of one stream that follow each other as one."""
    tone, text = "", ""
    for output in raw:
        kind = output.get("output_type")
        name = str(output.get("name") or "stdout") if kind == "stream" else ""
        if text and name != tone:
            yield tone, text
            text = ""
        tone = name
        if kind == "stream":
            text += flat(output.get("text"))
        elif kind == "error":
            lines = output.get("traceback") or [f"{output.get('ename')}: {output.get('evalue')}"]
            yield "error", "\n".join(str(line) for line in lines)
        else:
            yield "", output
    if text:
        yield tone, text


def _picture(data: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return the kind and the address of the picture that an output is; None if it is better shown otherwise."""
    if "text/html" in data and not any(kind in data for kind in _PICTURES):
        return None
    if svg := flat(data.get("image/svg+xml")):
        return "image/svg+xml", "data:image/svg+xml;base64," + base64.b64encode(svg.encode("utf-8", "replace")).decode()
    for kind in _PICTURES:
        packed = re.sub(r"\s+", "", flat(data.get(kind)))
        if _BASE64.fullmatch(packed):
            return kind, f"data:{kind};base64,{packed}"
    return None


def _rich(data: Mapping[str, Any]) -> Output | None:
    """Return the richest of the other forms that something is left of once it is harmless."""
    if html := flat(data.get("text/html")):
        tree = harmless(html)
        if tree.get_text(strip=True) or tree.find("img"):
            return Fragment(without_headings(tree), tree.find(style=_COLOUR) is not None)
    if markdown := flat(data.get("text/markdown")):
        return Fragment(fragment(markdown))
    for kind in ("text/plain", "text/latex"):
        if text := flat(data.get(kind)):
            return _text("result", text)
    if "application/json" in data:
        return _text("result", json.dumps(data["application/json"], indent=2, ensure_ascii=False))
    return None


def _text(tone: str, text: str) -> Text | None:
    text = "\n".join(_after_returns(line) for line in text.replace("\r\n", "\n").split("\n")).strip("\n")
    return Text(tone, coloured(text), text.count("\n") + 1) if text.strip() else None


def _after_returns(line: str) -> str:
    """Return what a progress bar left: the text after the last carriage return that was followed by any."""
    return line.rstrip("\r").rsplit("\r", 1)[-1]


def _words(metadata: Mapping[str, Any], data: Mapping[str, Any], kind: str, otherwise: str) -> str:
    for place in (mapping(metadata.get(kind)), metadata):
        if place.get("alt"):
            return str(place["alt"])
    said = flat(data.get("text/plain")).strip()
    words = otherwise if not said or said.startswith("<") else said
    return words if len(words) <= _MOST_WORDS else words[: _MOST_WORDS - 1].rsplit(" ", 1)[0] + " …"


def _width(metadata: Mapping[str, Any], kind: str) -> int | None:
    width = number(mapping(metadata.get(kind)).get("width") or metadata.get("width"))
    return int(width) if width is not None and 1 <= width < 10_000 else None
