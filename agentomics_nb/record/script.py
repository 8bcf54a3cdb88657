"""A notebook as a Python script with cells, for reading, for diffs, and for jupytext."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nbformat import NotebookNode

_MARKER = re.compile(r"^(\s*#\s*)%%(?=%*(\s|$))", re.MULTILINE)
_FILTERS = {
    "cell_metadata_filter": "tags,-all",
    # Else each version of jupytext would write another text.
    "notebook_metadata_filter": "-jupytext.text_representation.jupytext_version",
}


def percent_script(notebook: Mapping[str, Any]) -> str:
    """Return a notebook without its outputs in the percent format; ``jupytext --to notebook`` makes it one again.

    Parameters
    ----------
    notebook : mapping
        A notebook of nbformat 4.

    Returns
    -------
    str
        The same text from whatever version of jupytext. Cells come back with their sources, up to line breaks at a
        source's end, and their tags. A comment ``# %%`` in code would divide its cell: it becomes ``# (%%)``.
    """
    import jupytext
    import nbformat

    document = nbformat.from_dict(dict(notebook))
    kernel = document.metadata.get("kernelspec")
    document.metadata = nbformat.from_dict({"jupytext": _FILTERS} | ({"kernelspec": kernel} if kernel else {}))
    document.cells = [_stripped(cell) for cell in document.cells]
    for cell in document.cells:
        if cell.cell_type == "code" and _MARKER.search(cell.source) and not _comes_back(cell):
            cell.source = _MARKER.sub(r"\1(%%)", cell.source)
    return str(jupytext.writes(document, fmt="py:percent"))


def _comes_back(cell: NotebookNode) -> bool:
    """Return whether a cell is one again when it is read; a marker within a text does no harm."""
    import jupytext
    import nbformat

    alone = nbformat.v4.new_notebook(cells=[cell])
    back = jupytext.reads(jupytext.writes(alone, fmt="py:percent"), fmt="py:percent")
    return [one.source for one in back.cells] == [cell.source]


def _stripped(cell: NotebookNode) -> NotebookNode:
    source = cell.source if isinstance(cell.source, str) else "".join(cell.source)
    return type(cell)(cell | {"source": source.rstrip("\n")})
