"""What we add to the page can be read by everybody, in the light theme and in the dark one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.notebook_page import LOAD, NotebookPage
from tests.browser.scripted_run import ScriptedRun, stream

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.browser.conftest import Server

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]

THEMES = "@jupyterlab/apputils-extension:themes"
OURS = [
    ".agentomics-Dashboard",
    ".agentomics-status",
    ".agentomics-StatusItem",
    ".agentomics-CellMark",
    ".agentomics-Review",
]


@pytest.fixture(params=["JupyterLab Light", "JupyterLab Dark"])
def theme(request: pytest.FixtureRequest, server: Server) -> Iterator[str]:
    server.settings(THEMES, theme=request.param)
    yield str(request.param)
    server.settings(THEMES)


def test_nothing_serious_is_found_by_axe(page: Page, server: Server, theme: str, tmp_path: Path) -> None:
    from axe_playwright_python.sync_playwright import Axe

    name = theme.split()[-1].lower()
    server.notebook(f"{name}.ipynb", LOAD, f"run = %agentomics attach {name}", "'mine'")
    with ScriptedRun(server.directory, name) as run:
        notebook = NotebookPage(page, server, f"{name}.ipynb")
        page.locator(f'body[data-jp-theme-name="{theme}"]').wait_for(state="attached")
        notebook.attach()
        run.code("echo done", [stream("done\n")])
        failed = run.start("false")
        run.finish(failed, "error")
        run.start("sleep 3")
        waiting = run.propose("echo waits")
        notebook.agent_cell(waiting).get_by_role("button", name="Edit then run").wait_for()
        page.locator(".agentomics-StatusItem", has_text="waits for you").wait_for()
        found = Axe().run(page, context={"include": [[place] for place in OURS]}).response
        page.screenshot(path=tmp_path / f"{name}.png")
    assert len(found["passes"]) > 5
    serious = [
        (one["id"], [node["html"] for node in one["nodes"]])
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
    ]
    assert serious == []
