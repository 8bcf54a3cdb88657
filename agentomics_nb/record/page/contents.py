"""The headings of a page: levels without a gap, an address each, and the list of contents they make."""

from __future__ import annotations

import re
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Entry:
    """One heading.

    Parameters
    ----------
    level : int
        1 for the page's own, else 2 to 6.
    address : str
        Its id.
    text : str
        What it says.
    entries : list of Entry
        The headings below it.
    """

    level: int
    address: str
    text: str
    entries: list[Entry] = field(default_factory=list)


class Contents:
    """Collects headings in reading order: `entries` is the tree of them, `all` the plain list."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.all: list[Entry] = []
        self._open: list[Entry] = []
        self._taken: set[str] = set()

    def add(self, level: int, text: str) -> Entry:
        """Take up a heading; there is one of level 1, the first, and each is at most one level below the one before."""
        last = self._open[-1].level if self._open else 0
        entry = Entry(min(max(level, 2 if self._taken else 1), last + 1, 6), self._address(text), text)
        self._open = [one for one in self._open if one.level < entry.level]
        (self._open[-1].entries if self._open else self.entries).append(entry)
        self._open.append(entry)
        self.all.append(entry)
        return entry

    def _address(self, text: str) -> str:
        stem = "-".join(re.findall(r"[a-z0-9]+", text.lower()))[:60].strip("-") or "section"
        stem = stem if stem[0].isalpha() else f"section-{stem}"
        address, count = stem, 1
        while address in self._taken:
            count += 1
            address = f"{stem}-{count}"
        self._taken.add(address)
        return address
