"""A notebook as a Python script with cells, for reading, for diffs, and for jupytext.

The percent format: <https://jupytext.readthedocs.io/en/latest/formats-scripts.html>. We write it ourselves, since to
install jupytext is to change how a Jupyter server saves notebooks.
"""

from __future__ import annotations

import io
import json
import re
import tokenize
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_HEAD = """\
# ---
# jupyter:
#   jupytext:
#     cell_metadata_filter: tags,-all
#   kernelspec:
#     display_name: {display_name}
#     language: python
#     name: {name}
# ---
"""
_MARKER = re.compile(r"^(\s*#\s*)%%(?=%*(\s|$))")
_LANGUAGE = re.compile(r"%%(bash|sh|R|perl|ruby|javascript|html|latex)[ \t]*\n")
_FOR_IPYTHON = re.compile(r"\s*[%!?]")
_MAGIC = re.compile(r"\s*(#\s*)*[%!?]")
"""A line for IPython, or a comment that would be taken for one."""


def percent_script(notebook: Mapping[str, Any]) -> str:
    """Return a notebook without its outputs in the percent format; ``jupytext --to notebook`` makes it one again.

    Parameters
    ----------
    notebook : mapping
        A notebook of nbformat 4.

    Returns
    -------
    str
        Cells come back with their sources, up to line breaks at a source's end, and their tags. A comment ``# %%`` in
        code would divide its cell: it becomes ``# (%%)``. What is for IPython stands in comments, so that the text is
        Python.
    """
    kernel = notebook["metadata"].get("kernelspec") or {}
    head = _HEAD.format(display_name=kernel.get("display_name", "Python 3"), name=kernel.get("name", "python3"))
    return "\n".join([head, *(_cell(cell) for cell in notebook["cells"])])


def _cell(cell: Mapping[str, Any]) -> str:
    """Return one cell with its marker."""
    source = cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])
    source = source.rstrip("\n")
    tags = cell["metadata"].get("tags") or []
    told = f" tags={json.dumps(tags)}" if tags else ""
    if cell["cell_type"] == "markdown":
        return f"# %% [markdown]{told}\n{_commented(source)}\n"
    language = _LANGUAGE.match(source)
    if language is not None:
        return f'# %% language="{language[1]}"{told}\n{_commented(source[language.end() :])}\n'
    return f"# %%{told}\n{_python(source)}\n"


def _python(source: str) -> str:
    """Return code with the lines that are for IPython as comments; those within a text are no such lines."""
    lines = source.split("\n")
    quoted = _quoted(lines)
    for number, line in enumerate(lines):
        if number not in quoted:
            plain = line if number == 0 and line.startswith("%%") else _MARKER.sub(r"\1(%%)", line)
            lines[number] = f"# {plain}" if _MAGIC.match(plain) else plain
    return "\n".join(lines)


def _quoted(lines: list[str]) -> set[int]:
    """Return the numbers of the lines that begin within a text of several lines."""
    source = "\n".join("#" if _FOR_IPYTHON.match(line) else line for line in lines)
    found: set[int] = set()
    starts: list[int] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            name = tokenize.tok_name[token.type]
            if name == "FSTRING_START":
                starts.append(token.start[0])
            elif name == "FSTRING_END":
                found.update(range(starts.pop(), token.end[0]))
            elif name == "STRING":
                found.update(range(token.start[0], token.end[0]))
    except (tokenize.TokenError, SyntaxError):
        pass  # no Python, or none to its end: what was found until there holds
    return found


def _commented(text: str) -> str:
    return "\n".join(f"# {line}" if line else "#" for line in text.split("\n"))
