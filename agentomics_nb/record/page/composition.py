"""A whole page, put together from a notebook: what the template writes out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from agentomics_nb.record.page.code import code
from agentomics_nb.record.page.contents import Contents
from agentomics_nb.record.page.iterations import has_iterations, iterations_of
from agentomics_nb.record.page.json_values import flat, mapping
from agentomics_nb.record.page.outputs import Text, outputs
from agentomics_nb.record.page.prose import Prose, prose
from agentomics_nb.record.page.provenance import provenance

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agentomics_nb.record.page.code import Code
    from agentomics_nb.record.page.contents import Entry
    from agentomics_nb.record.page.iterations import Iterations
    from agentomics_nb.record.page.outputs import Output
    from agentomics_nb.record.page.provenance import Provenance

FOLDED = "folded"
"""The tag of cells that a page folds away."""
MOST_LINES_IN_SIGHT = 12
"""Lines of printed text that stay in sight where the code that printed them is folded away."""


@dataclass(frozen=True)
class Step:
    """A code cell: its source, what is folded away with it, and what stays in sight."""

    kind: ClassVar[str] = "step"
    code: Code | None
    within: tuple[Output, ...]
    below: tuple[Output, ...]


@dataclass(frozen=True)
class Page:
    """Everything that the template writes out.

    Parameters
    ----------
    title : str or None
        The heading, where the notebook begins with none of its own.
    opening, cells : list
        What stands before the table of iterations, and after it.
    contents : list of Entry
        The headings below the first.
    iterations : Iterations or None
        The table, if any iteration is known.
    provenance : Provenance
        The end of the page.
    provenance_address : str
        Its id.
    """

    title: str | None
    opening: list[Prose | Step]
    cells: list[Prose | Step]
    contents: list[Entry]
    iterations: Iterations | None
    provenance: Provenance
    provenance_address: str


def composed(notebook: Mapping[str, Any], title: str) -> Page:
    """Put a page together.

    Parameters
    ----------
    notebook : mapping
        A notebook of nbformat 4.
    title : str
        Heading of a page whose notebook begins with none.
    """
    metadata = notebook.get("metadata") or {}
    known = mapping(metadata.get("agentomics"))
    record = mapping(known.get("record"))
    language = str(mapping(metadata.get("language_info")).get("name") or "python")
    cells = list(notebook.get("cells") or [])
    contents = Contents()
    begins = bool(cells) and _begins_with_a_title(cells[0])
    if not begins:
        contents.add(1, title)

    opening: list[Prose | Step] = []
    rest: list[Prose | Step] = []
    table_address = None
    wanted = has_iterations(record)
    about = title
    for cell in cells:
        if table_address is None and wanted and opening and _begins_a_section(cell):
            table_address = contents.add(2, "Iterations").address
        shown = _shown(cell, contents, about, language)
        if shown is None:
            continue
        (opening if table_address is None else rest).append(shown)
        if isinstance(shown, Prose):
            about = shown.text or about
    if table_address is None and wanted:
        table_address = contents.add(2, "Iterations").address
    origin = provenance(known, record)
    iterations = iterations_of(record, contents.all, table_address) if table_address is not None else None
    provenance_address = contents.add(2, "Provenance").address if origin else ""
    return Page(
        None if begins else title, opening, rest, contents.entries[0].entries, iterations, origin, provenance_address
    )


def _shown(cell: Mapping[str, Any], contents: Contents, about: str, language: str) -> Prose | Step | None:
    source, metadata = flat(cell.get("source")), mapping(cell.get("metadata"))
    folded = FOLDED in (metadata.get("tags") or [])
    if cell.get("cell_type") == "markdown":
        return prose(source, contents, folded=folded, attachments=mapping(cell.get("attachments")))
    if cell.get("cell_type") == "code":
        return _step(
            code(source, folded=folded, language=language), outputs(cell.get("outputs") or [], words=about), folded
        )
    return None  # raw cells are meant for other formats


def _step(source: Code | None, printed: list[Output], folded: bool) -> Step | None:
    """Put long text below folded code into its fold, and what only says that a file was written."""
    if source is None and not printed:
        return None

    def inside(output: Output) -> bool:
        if source is None or not isinstance(output, Text) or output.tone not in ("stdout", "stderr"):
            return False
        return source.role == "file" or (folded and output.lines > MOST_LINES_IN_SIGHT)

    within = tuple(output for output in printed if inside(output))
    return Step(source, within, tuple(output for output in printed if not inside(output)))


def _begins_with_a_title(cell: Mapping[str, Any]) -> bool:
    source = flat(cell.get("source"))
    # A heading may be empty once it is harmless.
    return cell.get("cell_type") == "markdown" and source.startswith("# ") and bool(prose(source, Contents()).headings)


def _begins_a_section(cell: Mapping[str, Any]) -> bool:
    return cell.get("cell_type") == "markdown" and re.match(r"##?\s", flat(cell.get("source")).lstrip()) is not None
