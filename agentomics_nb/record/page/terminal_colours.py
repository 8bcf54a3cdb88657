"""Text with a terminal's colours as HTML, in the page's own colours: those can be read, light and dark."""

from __future__ import annotations

import colorsys
import re

_OTHER = re.compile("\x1b\\][^\x07\x1b]*(\x07|\x1b\\\\)")
"""Sequences for links and titles, which nbconvert does not know."""
_SPAN = re.compile(r'<span(?: class="([^"]*)")?(?: style="([^"]*)")?>')
_COLOUR = re.compile(r"(?:^|; )color: rgb\((\d+),(\d+),(\d+)\)")
_HUES = ((30, "red"), (75, "yellow"), (165, "green"), (200, "cyan"), (265, "blue"), (330, "magenta"), (360, "red"))
"""Where each colour ends on the wheel, in degrees."""


def coloured(text: str) -> str:
    """Return text as safe HTML; a terminal's colours become classes ``ansi-red-fg``, ``ansi-bold`` and the like.

    One of 256 or more colours, chosen for somebody's screen, becomes the nearest that has a name.
    """
    from nbconvert.filters.ansi import ansi2html

    return _SPAN.sub(_named, str(ansi2html(_OTHER.sub("", text))))


def _named(span: re.Match[str]) -> str:
    names = (span[1] or "").split()
    found = _COLOUR.search(span[2] or "")
    if found is not None:
        hue, _, saturation = colorsys.rgb_to_hls(*(int(part) / 255 for part in found.groups()))
        if saturation > 0.1:
            names.append(next(f"ansi-{name}-fg" for end, name in _HUES if hue * 360 <= end))
    return f'<span class="{" ".join(names)}">' if names else "<span>"
