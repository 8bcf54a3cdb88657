"""Where people look for it: file browser, launcher, palette, settings; and what they do once the run is over."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.browser.notebook_page import LOAD, SHOWN, NotebookPage, ids, joined
from tests.browser.scripted_run import ScriptedRun, stream, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.browser.conftest import Server

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]

SETTINGS = "agentomics-nb:cells"


@pytest.fixture
def settings(server: Server) -> Iterator[None]:
    yield
    server.settings(SETTINGS)


def new_notebook(directory: Path) -> Path:
    """The notebook that has just been made there."""
    until(lambda: list(directory.glob("Untitled*.ipynb")))
    (path,) = directory.glob("Untitled*.ipynb")
    return path


def test_a_data_file_opens_a_notebook_with_the_magic_written_and_not_run(
    page: Page, server: Server, settings: None
) -> None:
    folder = server.directory / "cohort"
    folder.mkdir()
    (folder / "gene counts.csv").write_text("a,b,label\n1,2,x\n")
    (folder / "notes.txt").write_text("nothing")
    server.settings(SETTINGS, options="--iterations 2")
    page.goto(f"http://127.0.0.1:{server.port}/lab/tree/cohort?reset")
    listed = page.locator(".jp-DirListing-item")
    listed.filter(has_text="notes.txt").click(button="right")
    page.locator(".lm-Menu-item", has_text="Rename").wait_for()
    assert page.locator(".lm-Menu-item:visible", has_text="Run Agentomics").count() == 0
    page.keyboard.press("Escape")
    listed.filter(has_text="gene counts.csv").click(button="right")
    page.locator(".lm-Menu-item", has_text="Run Agentomics on gene counts.csv").click()
    page.locator(".jp-Notebook .jp-CodeCell").nth(1).wait_for()
    cells = joined(new_notebook(folder))
    assert [cell["source"] for cell in cells] == [LOAD, "run = %agentomics 'gene counts.csv' --iterations 2"]
    assert [cell["execution_count"] for cell in cells] == [None, None]
    assert not (folder / "agentomics_runs").exists()


def test_the_launcher_has_a_card(page: Page, server: Server) -> None:
    folder = server.directory / "empty"
    folder.mkdir()
    page.goto(f"http://127.0.0.1:{server.port}/lab/tree/empty?reset")
    page.locator(".jp-LauncherCard", has_text="Agentomics").first.click()
    page.locator(".jp-Notebook .jp-CodeCell").nth(1).wait_for()
    assert [cell["source"] for cell in joined(new_notebook(folder))] == [LOAD, "run = %agentomics data.csv"]


def test_a_kernel_in_another_environment_than_the_page_is_told_with_the_remedy(page: Page, server: Server) -> None:
    without = """import sys
class Without:
    def find_spec(name, *_):
        if name == "agentomics_nb":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Without)"""
    newer = "sys.meta_path.pop(0)\nfrom agentomics_nb.views.cells import feed\nfeed.PROTOCOL += 1"
    older = "feed.PROTOCOL -= 2"
    attach = "run = %agentomics attach elsewhere"
    server.notebook("elsewhere.ipynb", without, LOAD, newer, LOAD, attach, older, attach)
    with ScriptedRun(server.directory, "elsewhere") as run:
        notebook = NotebookPage(page, server, "elsewhere.ipynb")
        notebook.run(0)
        notebook.run(1)
        page.get_by_text("in an environment without agentomics-nb. Run: %pip install agentomics-nb").wait_for()
        for behind, numbers in (("labextension", (2, 3, 4)), ("kernel", (5, 6))):
            for number in numbers:
                notebook.run(number)
            run.play(3)
            remedy = f"Upgrade the {behind}'s environment to the same version and reload the page"
            page.locator(SHOWN).get_by_text(remedy).first.wait_for()
            page.locator(".agentomics-StatusItem", has_text="versions differ").wait_for()
    assert notebook.agent_cells("elsewhere") == []


def test_marks_can_be_turned_off_and_cells_be_folded_walked_kept_and_rejected(
    page: Page, server: Server, settings: None
) -> None:
    server.notebook("walking.ipynb", LOAD, "run = %agentomics attach walk", "'mine'")
    with ScriptedRun(server.directory, "walk") as run:
        notebook = NotebookPage(page, server, "walking.ipynb")
        notebook.attach()
        first = run.code("echo exploration", [stream("exploration\n")])
        run.end_step()
        second = run.code("echo split", [stream("split\n")])
        run.end_step()
    notebook.agent_cell(second).locator(".agentomics-CellMark").get_by_text("offline planner").wait_for()
    until(lambda: len(notebook.agent_cells("walk")) == run.made)

    notebook.command("Export the Record of the Run")
    page.get_by_text("agentomics: walk has no model yet").wait_for()
    page.locator(".jp-mod-active", has_text="%agentomics export walk").wait_for()
    notebook.command("Fold or Unfold the Code of Agents")
    code = page.locator(".jp-CodeCell .jp-InputArea .cm-content")
    until(lambda: code.filter(has_text="echo").locator("visible=true").count() == 0)
    assert code.filter(has_text="'mine'").is_visible()
    notebook.command("Fold or Unfold the Code of Agents")
    code.filter(has_text="echo split").wait_for()

    page.locator(".jp-MarkdownCell", has_text="a scripted idea").click()
    notebook.command("Next Cell of an Agent")
    page.locator(f'.jp-mod-active[data-agentomics-cell="{first}"]').wait_for()
    notebook.command("Keep This Step of the Agent")
    notebook.agent_cell(first).get_by_text("kept by").wait_for()
    notebook.command("Next Cell of an Agent")
    notebook.command("Reject This Step of the Agent")
    notebook.agent_cell(second).wait_for(state="detached")
    page.keyboard.press("Control+s")
    until(lambda: second not in ids(notebook.saved()))
    (kept,) = [cell for cell in notebook.saved() if cell["id"] == first]
    assert kept["metadata"]["agentomics"]["review"]["decision"] == "keep"
    assert json.loads((run.run.path / "removed_cells.json").read_text()) == {notebook.saved()[1]["id"]: [second]}

    server.settings(SETTINGS, marks=False)
    notebook.open()
    page.locator("body.agentomics-mod-unmarked").wait_for(state="attached")
    notebook.agent_cell(first).wait_for()
    assert page.locator(".agentomics-CellMark:visible").count() == 0
