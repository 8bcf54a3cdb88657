"""Templates of Markdown in which whatever a fact says stands as text: nothing of it becomes markup or HTML."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from agentomics_nb import markdown as md

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import jinja2

_SMALL = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")

_BLOCK = re.compile(r"^(#{1,6}|[-+]|-{3,}|=+)(?=\s|$)|^(\d{1,9})([.)])(?=\s|$)")
"""What makes a line a heading, a list or a rule by its beginning."""


def templates(cleaned: Callable[[str], str]) -> jinja2.Environment:
    """Return an environment for the templates of this package.

    Every value that a template shows is escaped for Markdown, unless a filter of ours made it.

    Parameters
    ----------
    cleaned : callable
        Takes places of this machine out of each text before it is escaped.
    """
    import jinja2

    def shown(value: object) -> Markup:
        return value if isinstance(value, Markup) else Markup(_as_text(cleaned(str(value))))  # noqa: S704

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader(__package__),
        autoescape=True,
        finalize=shown,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "code": lambda text: Markup(md.code(cleaned(str(text)))),  # noqa: S704
        "number": lambda value: Markup(md.number(value)),  # noqa: S704
        "interval": lambda found: Markup(md.with_interval(found)),  # noqa: S704
        "with_ci": lambda found: Markup(_with_ci(found)),  # noqa: S704
        "turned": turned,
        "filename": lambda path: str(path).replace("\\", "/").rpartition("/")[2],
        "counted": lambda n: f"{n:,}",
        "plural": plural,
        "spelled": spelled,
        "first_up": lambda text: text[:1].upper() + text[1:],
        "sentence": sentence,
        "seconds": lambda took: f"{took:.1f} s" if took < 60 else f"{took / 60:.1f} min",
        "bare": lambda text: str(text).strip().rstrip("."),
    }
    return environment


def plural(n: int, one: str, many: str | None = None) -> str:
    """Return a number with its noun: ``1 row``, ``1,601 rows``."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def spelled(n: int, one: str = "", many: str | None = None) -> str:
    """Return a small number as a word, with its noun if one is given: ``three iterations``, ``27 iterations``."""
    word = _SMALL[n] if 0 <= n < len(_SMALL) else f"{n:,}"
    return f"{word} {one if n == 1 else many or one + 's'}" if one else word


def sentence(text: object) -> str:
    """Return a text with a full stop at its end, unless it ends a sentence already; empty stays empty."""
    flat = " ".join(str(text).split())
    return flat if not flat or flat.endswith((".", "!", "?")) else f"{flat}."


def turned(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return an interval of the opposite sign."""
    low, high = found.get("low"), found.get("high")
    return {
        "value": -found["value"],
        "low": None if high is None else -high,
        "high": None if low is None else -low,
    }


def _as_text(text: str) -> str:
    """Return text that Markdown shows as it is, at a line's beginning, too."""
    return _BLOCK.sub(lambda found: f"{found[2]}\\{found[3]}" if found[2] else f"\\{found[1]}", md.escape(text))


def _with_ci(found: Mapping[str, Any]) -> str:
    value = md.number(found["value"])
    if found.get("low") is None:
        return value
    return f"{value} (95 % CI {md.number(found['low'])} to {md.number(found['high'])})"
