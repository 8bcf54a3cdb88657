"""A dashboard whose kernel is gone gives way to its picture; whatever else stands in the notebook is left alone."""

from __future__ import annotations

import json
import platform
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from nbformat.sign import NotebookNotary

from tests.browser.notebook_page import NotebookPage

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser.conftest import Server

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]

VIEW = "application/vnd.jupyter.widget-view+json"
LANGUAGE = {
    "codemirror_mode": {"name": "ipython", "version": 3},
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "name": "python",
    "nbconvert_exporter": "python",
    "pygments_lexer": "ipython3",
    "version": platform.python_version(),
}
"""What the kernel would write into the notebook; it is there from the beginning, so that nothing changes."""


def notebook(server: Server, name: str, cells: list[Any]) -> None:
    """Write a notebook that the person trusts: only there a widget is preferred to a picture."""
    document = nbformat.v4.new_notebook(cells=cells)
    spec = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    document.metadata |= {"kernelspec": spec, "language_info": LANGUAGE}
    nbformat.write(document, server.directory / name)
    NotebookNotary(data_dir=str(server.directory / ".local" / "share" / "jupyter")).sign(document)


def shown(run: str, model: str, html: str, *, ours: bool = True) -> Any:
    """A cell with a dashboard as it was saved while the run was at work."""
    data = {VIEW: {"model_id": model, "version_major": 2, "version_minor": 0}, "text/html": html, "text/plain": "x"}
    metadata = {"agentomics": {"run": run}} if ours else {}
    return nbformat.v4.new_code_cell(
        f"# {run}", outputs=[nbformat.v4.new_output("display_data", data=data, metadata=metadata)]
    )


def test_a_dashboard_whose_kernel_is_gone_shows_its_picture(page: Page, server: Server) -> None:
    buttons = (
        '<p>The static twin</p><button type="button" class="ag-action" data-agentomics-command="export" '
        'data-agentomics-run="gone">Export</button><button type="button" class="ag-action" '
        'data-agentomics-command="report" data-agentomics-run="gone">Report</button><button type="button" '
        'class="ag-action" data-agentomics-command="keep-run" data-agentomics-run="gone">Keep</button>'
    )
    notebook(
        server,
        "gone.ipynb",
        [
            shown("gone", "0" * 32, buttons),
            shown("other", "1" * 32, "<p>Not ours</p>", ours=False),
            nbformat.v4.new_code_cell("1 + 1"),
        ],
    )
    book = NotebookPage(page, server, "gone.ipynb")
    page.get_by_text("The static twin").wait_for()
    assert page.get_by_text("Not ours").count() == 0, "only outputs of ours are touched"
    assert page.locator(".jp-mod-dirty").count() == 0
    data = json.loads(book.path.read_text())["cells"][0]["outputs"][0]["data"]
    assert VIEW in data, "opening a notebook does not write it"

    assert page.evaluate("document.body.dataset.agentomics") == "", "the buttons know that someone listens"
    page.get_by_role("button", name="Report", exact=True).click()
    page.get_by_text("%agentomics attach gone").wait_for()
    page.get_by_role("button", name="Keep").click()
    page.get_by_text("does not stand in this notebook").wait_for()
    page.get_by_role("button", name="Export", exact=True).click()
    page.get_by_text("%agentomics export gone").wait_for()
    page.get_by_text("agentomics: There is no run gone").wait_for()
