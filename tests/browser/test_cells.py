"""The cells of a run appear in the open notebook: each once, in order, whatever the person does meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

import nbformat
import pytest

from tests.browser.notebook_page import LOAD, NotebookPage
from tests.browser.scripted_run import ScriptedRun

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser.conftest import Server

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]


def attach(run: str) -> str:
    return f"run = %agentomics attach {run}"


@pytest.mark.parametrize("application", ["lab/tree", "notebooks"])
def test_forty_cells_appear_once_and_in_order_while_the_person_types(
    page: Page, server: Server, application: str
) -> None:
    name = f"forty-{application.split('/')[0]}"
    server.notebook(f"{name}.ipynb", LOAD, attach(name), "mine = 1", "'below'")
    with ScriptedRun(server.directory, name) as run:
        notebook = NotebookPage(page, server, f"{name}.ipynb", application)
        notebook.attach()
        page.locator(".jp-MarkdownCell", has_text="a scripted idea").wait_for()

        editor = page.locator(".jp-CodeCell", has_text="mine = 1").locator(".cm-content").first
        editor.click()
        page.keyboard.press("End")
        for number in range(8):
            run.play(5, pause=0.02)
            page.keyboard.type(f" + {number}")
        assert page.locator(".jp-Notebook.jp-mod-editMode").count() == 1
        assert editor.inner_text() == "mine = 1" + "".join(f" + {number}" for number in range(8))
    notebook.wait_for_cells(name, run.run.log)
    cells = notebook.saved()
    assert [cell["source"] for cell in cells[:2]] == [LOAD, attach(name)]
    assert [cell["source"] for cell in cells[-2:]] == ["mine = 1" + "".join(f" + {n}" for n in range(8)), "'below'"]
    nbformat.validate(nbformat.read(notebook.path, as_version=4))


def test_a_page_without_the_labextension_says_so_and_points_to_the_log(page: Page, server: Server) -> None:
    page.route("**/extensions/agentomics-nb/**", lambda route: route.abort())
    server.notebook("without.ipynb", LOAD, attach("without"))
    with ScriptedRun(server.directory, "without") as run:
        notebook = NotebookPage(page, server, "without.ipynb")
        notebook.attach()
        run.play(3)
        status = page.locator(".agentomics-status")
        status.get_by_text("Install agentomics-nb in the Jupyter server's environment").wait_for()
        assert "agentomics_runs/without/log.ipynb" in status.inner_text()
    assert notebook.agent_cells("without") == []
