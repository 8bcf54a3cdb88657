"""Markdown cells as a page shows them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from agentomics_nb.record.page.untrusted import harmless, written

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bs4 import BeautifulSoup, Tag

    from agentomics_nb.record.page.contents import Contents, Entry

_HEADING = re.compile(r"h[1-6]")
_MOST = 90
"""Characters of a summary."""


@dataclass(frozen=True)
class Prose:
    """A Markdown cell.

    Parameters
    ----------
    html : str
        Safe HTML; without the heading in `summary`, if the cell is folded.
    text : str
        The same as plain text without headings; the first heading where there is nothing else.
    headings : tuple of Entry
        Its headings.
    folded : bool
        Whether it is folded away.
    summary : str
        Safe HTML that stands for a folded cell.
    """

    kind: ClassVar[str] = "prose"
    html: str
    text: str
    headings: tuple[Entry, ...] = ()
    folded: bool = False
    summary: str = ""


def prose(
    source: str, contents: Contents, *, folded: bool = False, attachments: Mapping[str, Any] | None = None
) -> Prose:
    """Return a Markdown cell; its headings are added to `contents`."""
    tree = harmless(_html(source, attachments or {}))
    found: list[tuple[Tag, Entry]] = []
    for tag in tree.find_all(_HEADING):
        text = tag.get_text(" ", strip=True)
        if not text:
            tag.decompose()
            continue
        entry = contents.add(int(tag.name[1]), text)
        tag.name = f"h{entry.level}"
        tag["id"] = entry.address
        found.append((tag, entry))
    plain = _plain(tree) or (found[0][1].text if found else "")
    summary = ""
    if folded:
        begins = bool(found) and next(iter(tree.find_all(True)), None) is found[0][0]
        summary = written(found[0][0].extract()) if begins else _escaped(_shortened(plain))
    return Prose(written(tree), plain, tuple(entry for _, entry in found), folded, summary)


def fragment(markdown: str) -> str:
    """Return Markdown that a program printed as safe HTML; its headings are none of the page's."""
    return without_headings(harmless(_html(markdown, {})))


def without_headings(tree: BeautifulSoup) -> str:
    """Return HTML whose headings have become emphasised lines."""
    for tag in tree.find_all(_HEADING):
        tag.name = "p"
        tag["class"] = "heading"
    return written(tree)


def _html(markdown: str, attachments: Mapping[str, Any]) -> str:
    from nbconvert.filters.markdown_mistune import InvalidNotebook, IPythonRenderer, MarkdownWithMath

    def rendered(text: str) -> str:
        renderer = IPythonRenderer(escape=False, attachments=dict(attachments), exclude_anchor_links=True)
        return str(MarkdownWithMath(renderer=renderer).render(text))

    try:
        return rendered(markdown)
    except InvalidNotebook:  # a picture that the notebook has lost
        return rendered(markdown.replace("attachment:", "lost:"))


def _plain(tree: BeautifulSoup) -> str:
    """Return the text of the first paragraphs, without headings and tables."""
    parts = [
        tag.get_text(" ", strip=True) for tag in tree.find_all(["p", "li"]) if not tag.find_parent(["table", "li"])
    ]
    return re.sub(r"\s+([.,:;)])", r"\1", " ".join(" ".join(parts).split()))


def _shortened(text: str) -> str:
    return text if len(text) <= _MOST else text[: _MOST - 1].rsplit(" ", 1)[0] + " …"


def _escaped(text: str) -> str:
    from html import escape

    return escape(text)
