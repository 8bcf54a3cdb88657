"""A notebook as one HTML page that needs nothing else: no network, no script, no other file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def page(notebook: Mapping[str, Any], *, title: str) -> str:
    """Return a notebook as a page for readers.

    Parameters
    ----------
    notebook : mapping
        A notebook of nbformat 4, with outputs. Code tagged ``folded`` is folded away; what ``metadata.agentomics``
        knows of the run becomes the table of iterations and the provenance, each left out where nothing is known.
    title : str
        What the browser shows as the page's title; the page's own heading too, if the notebook begins with none.

    Returns
    -------
    str
        HTML without scripts and without the address of anything that would be loaded. What notebook and outputs
        hold is taken as untrusted.
    """
    import nbformat

    from agentomics_nb.record.page.exporter import PageExporter

    exporter = PageExporter()  # type: ignore[no-untyped-call]
    text, _ = exporter.from_notebook_node(nbformat.from_dict(dict(notebook)), {"title": title})
    return str(text)
