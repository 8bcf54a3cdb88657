"""Code cells as a page shows them: what a cell is, in which language, and whether it is folded away."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pygments.lexer import Lexer

MOST_LINES = 15
"""Longer code is folded away even where nothing says so."""
_MOST = 90
_SHELLS = {"bash", "sh", "zsh"}


@dataclass(frozen=True)
class Code:
    """The source of a code cell.

    Parameters
    ----------
    role : str
        ``file``, ``command`` or ``code``.
    title : str
        The file's path, else the first line that says something.
    html : str
        The source, highlighted with the class names of Pygments; safe.
    lines : int
        How many lines.
    folded : bool
        Whether it is folded away.
    """

    role: str
    title: str
    html: str
    lines: int
    folded: bool


def code(source: str, *, folded: bool, language: str = "python") -> Code | None:
    """Return what to show of a cell's source; None if it is empty.

    Parameters
    ----------
    source : str
        The source, with its magics.
    folded : bool
        Whether the notebook says that it is folded.
    language : str
        The notebook's language, by Pygments' name.
    """
    source = source.strip("\n")
    if not source.strip():
        return None
    first, _, rest = source.partition("\n")
    words = _words(first)
    if words[:1] == ["%%writefile"] and len(words) > 1:
        role, title, text, lexer = "file", words[-1], rest, _lexer_of_file(words[-1])
    elif _is_shell(words):
        role, text, lexer = "command", rest, _lexer("bash")
        title = _first_command(rest)
    elif all(line.startswith("!") for line in source.splitlines() if line.strip()):
        role, title, text, lexer = "command", first[1:].strip(), source, _lexer("ipython3", language)
    else:
        role, text, lexer = "code", source, _lexer("ipython3" if language == "python" else language, "text")
        title = _first_words(source)
    lines = text.count("\n") + 1 if text.strip() else 0
    return Code(
        role, _shortened(title), _highlighted(text, lexer), lines, folded or role == "file" or lines > MOST_LINES
    )


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError:
        return line.split()


def _is_shell(words: list[str]) -> bool:
    named = words[1:2] if words[:1] == ["%%script"] else [word.removeprefix("%%") for word in words[:1]]
    return bool(words) and words[0].startswith("%%") and bool(_SHELLS.intersection(named))


def _first_command(text: str) -> str:
    """Return the first line of a shell script that does something other than to get ready."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    telling = [line for line in lines if not re.match(r"(cd|set|export|#)\b|#", line)]
    return (telling or lines or [""])[0]


def _first_words(text: str) -> str:
    """Return the first comment or docstring's line; else what is defined; else the first line that does something."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    for line in lines:
        if line.startswith("#"):
            if words := line.lstrip("# %-=").strip():
                return words
        elif found := re.match(r"[rR]?(\"\"\"|''')\s*(.+?)\s*(\1|$)", line):
            return found[2]
        else:
            break
    defined = [f"{name}()" for name in re.findall(r"^(?:async )?def (\w+)", text, re.MULTILINE)]
    telling = [line for line in lines if not re.match(r"(import|from)\b|[%#\"')\]}]|[A-Z_0-9]+\s*=", line)]
    return ", ".join(defined) or (telling or lines)[0]


def _shortened(text: str) -> str:
    return text if len(text) <= _MOST else text[: _MOST - 1].rstrip() + "…"


def _highlighted(text: str, lexer: Lexer) -> str:
    from pygments import highlight
    from pygments.formatters import HtmlFormatter

    return str(highlight(text, lexer, HtmlFormatter(nowrap=True))).rstrip("\n")


def _lexer(*names: str) -> Lexer:
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    for name in names:
        try:
            return get_lexer_by_name(name, stripnl=False)
        except ClassNotFound:
            continue
    return get_lexer_by_name("text", stripnl=False)


def _lexer_of_file(path: str) -> Lexer:
    from pygments.lexers import get_lexer_for_filename
    from pygments.util import ClassNotFound

    try:
        return get_lexer_for_filename(path, stripnl=False)
    except ClassNotFound:
        return _lexer("text")
