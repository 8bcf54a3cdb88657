"""HTML that others wrote, made harmless: it formats, and neither runs, loads, nor passes for a part of our page."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bleach import Cleaner
    from bs4 import BeautifulSoup, Tag

_TAGS = {
    "a", "abbr", "b", "blockquote", "br", "caption", "code", "dd", "del", "div", "dl", "dt", "em", "h1", "h2", "h3",
    "h4", "h5", "h6", "hr", "i", "img", "ins", "kbd", "li", "mark", "ol", "p", "pre", "q", "s", "samp", "small",
    "span", "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul", "var",
}  # fmt: skip
_WITH_ALL_THEY_HOLD = (
    "script", "style", "title", "template", "noscript", "iframe", "object", "embed", "svg", "math", "form", "button",
    "select", "textarea", "audio", "video", "canvas", "head", "link", "meta", "base", "input",
)  # fmt: skip
_STYLES = {
    "background-color", "color", "font-style", "font-weight", "text-align", "text-decoration", "vertical-align",
    "white-space",
}  # fmt: skip
_PYGMENTS = re.compile(r"highlight|[a-z]{1,2}[0-9]?")
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_NAME = re.compile(r"#[\w-]+")
_LINK = re.compile(r"https?://\S+|mailto:\S+|#\S*|[\w.-]+(/[\w.-]+)*/?(#\S*)?", re.IGNORECASE)
_PICTURE = re.compile(r"data:image/(png|jpeg|gif|webp|svg\+xml);base64,[A-Za-z0-9+/=\s]+")


def harmless(html: str) -> BeautifulSoup:
    """Return HTML of anybody's as a tree that may stand in our page.

    Kept are text, tables, lists, emphasis, colours of text, links that lead on when they are followed, and pictures
    that are part of the text. Everything else goes, scripts and styles with all they hold. Tables can be scrolled
    sideways, by keyboard too.
    """
    from bs4 import BeautifulSoup, Comment

    # With a line break, it is never taken for the name of a file, against which BeautifulSoup warns.
    rough = BeautifulSoup(f"{html}\n", "html.parser")
    _put_styles_in(rough)
    for tag in rough.find_all(_WITH_ALL_THEY_HOLD):
        tag.decompose()
    for comment in rough.find_all(string=lambda text: isinstance(text, Comment)):
        comment.extract()
    tree = BeautifulSoup(_cleaner().clean(str(rough)) + "\n", "html.parser")
    for link in tree.find_all("a"):
        _keep_or_unwrap(link)
    for picture in tree.find_all("img"):
        _keep_or_describe(tree, picture)
    for table in tree.find_all("table"):
        _make_readable(tree, table)
    for block in tree.find_all("pre"):
        _make_scrollable(block, "Text")
    return tree


def written(tree: Tag) -> str:
    """Return a tree as HTML, without the blanks around it."""
    from bs4.dammit import EntitySubstitution
    from bs4.formatter import HTMLFormatter

    formatter = HTMLFormatter(EntitySubstitution.substitute_xml, void_element_close_prefix="")
    return tree.decode(formatter=formatter).strip()


@functools.cache
def _cleaner() -> Cleaner:
    from bleach import Cleaner
    from bleach.css_sanitizer import CSSSanitizer

    return Cleaner(
        tags=_TAGS,
        attributes=_is_allowed,
        protocols={"http", "https", "mailto", "data"},
        strip=True,
        css_sanitizer=CSSSanitizer(allowed_css_properties=_STYLES),
    )


def _is_allowed(tag: str, name: str, value: str) -> bool:
    if name == "class":  # of pandas and of Pygments; none of ours
        return value == "dataframe" or (tag in ("div", "span") and _PYGMENTS.fullmatch(value) is not None)
    if name in ("colspan", "rowspan"):
        return tag in ("td", "th") and value.isascii() and value.isdecimal()
    return name in {"a": ("href",), "img": ("src", "alt")}.get(tag, ()) or name in ("style", "title")


def _put_styles_in(tree: BeautifulSoup) -> None:
    """Move rules for single elements into these: so pandas colours the cells of a styled table."""
    for sheet in tree.find_all("style"):
        for selectors, declarations in _RULE.findall(sheet.get_text()):
            names = [selector.strip() for selector in selectors.split(",")]
            for name in names if all(map(_NAME.fullmatch, names)) else ():
                for tag in tree.find_all(id=name[1:]):
                    tag["style"] = f"{tag.get('style', '')};{declarations.strip()}".lstrip(";")


def _keep_or_unwrap(link: Tag) -> None:
    address = str(link.get("href") or "").strip()
    if not _LINK.fullmatch(address):
        link.unwrap()
    elif "//" in address:
        link["rel"] = "noopener noreferrer"


def _keep_or_describe(tree: BeautifulSoup, picture: Tag) -> None:
    words = str(picture.get("alt") or "").strip()
    if _PICTURE.fullmatch(str(picture.get("src") or "")):
        picture["alt"] = words or "Picture without a description"
    else:
        picture.replace_with(f"[picture: {words}]" if words else "")


def _make_readable(tree: BeautifulSoup, table: Tag) -> None:
    for cell in table.find_all("th"):
        if not cell.get_text(strip=True):
            cell.name = "td"  # a heading of nothing is none
        else:
            cell["scope"] = "col" if cell.find_parent("thead") else "row"
    around = tree.new_tag("div", attrs={"class": "wide"})
    _make_scrollable(around, "Table")
    table.wrap(around)


def _make_scrollable(tag: Tag, label: str) -> None:
    """Let the keyboard reach what may have to be scrolled."""
    tag["tabindex"], tag["role"], tag["aria-label"] = "0", "group", label
