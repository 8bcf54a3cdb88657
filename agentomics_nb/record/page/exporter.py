"""The template's exporter, which ``jupyter nbconvert --to agentomics`` finds, too.

It is imported only where a page is made: nbconvert takes half a second to import.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbconvert.exporters import TemplateExporter
from traitlets import default

from agentomics_nb import __version__
from agentomics_nb.record.page.composition import composed

if TYPE_CHECKING:
    import jinja2
    from nbformat import NotebookNode

TEMPLATES = Path(__file__).parents[1] / "templates"

# What no HTML document may hold, and half characters, which no file can.
_NO_TEXT = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


class PageExporter(TemplateExporter):
    """Writes a notebook as one page without scripts.

    Not nbconvert's ``HTMLExporter``: that reads the whole page again to add what ours has, and its templates load
    scripts from elsewhere.
    """

    export_from_notebook = "Page without scripts"

    output_mimetype = "text/html"

    @default("file_extension")
    def _html(self) -> str:
        return ".html"

    @default("template_name")
    def _our_template(self) -> str:
        return "page"

    @default("extra_template_basedirs")
    def _our_templates(self) -> list[str]:
        return [str(TEMPLATES)]

    def _create_environment(self) -> jinja2.Environment:
        environment: jinja2.Environment = super()._create_environment()  # type: ignore[no-untyped-call]
        environment.autoescape = True  # nbconvert's own templates escape by hand, where they think of it
        environment.filters["composed"] = composed
        environment.globals["version"] = __version__
        environment.globals["style"] = (TEMPLATES / "page" / "page.css").read_text(encoding="utf-8")
        return environment

    def from_notebook_node(  # type: ignore[override]  # as nbconvert's own exporters
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[str, dict[str, Any]]:
        """Return the page and nbconvert's resources.

        Parameters
        ----------
        nb : NotebookNode
            The notebook.
        resources : dict, optional
            ``title``: the page's title; else the notebook's own, or the name of its file.
        **kw
            For nbconvert.
        """
        given = dict(resources or {})
        named = nb.metadata.get("title") or (given.get("metadata") or {}).get("name")
        given["title"] = str(given.get("title") or named or "Notebook")
        text, after = super().from_notebook_node(nb, given, **kw)
        return _NO_TEXT.sub("", text), after
