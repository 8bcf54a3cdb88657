"""The dashboard in JupyterLab and Notebook 7: it lives while the kernel is busy, and leaves a picture behind."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import nbformat
import pytest

from tests.browser.notebook_page import LOAD, NotebookPage, joined, kernel_is_ready, run_cell
from tests.browser.scripted_run import ScriptedRun, until
from tests.unit.views.simulated_run import iteration

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser.conftest import Server

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]

WIDGET = "application/vnd.jupyter.widget-view+json"
BUSY = "import time; time.sleep(12); 'mine'"


def play(run: ScriptedRun, number: int) -> None:
    """One more iteration, scored and reflected on."""
    for event in iteration(number):
        with run.journal.within(number, event.step):
            run.journal.write(event)


def shown(notebook: NotebookPage) -> dict[str, Any]:
    """The output of the magic's cell on disk; empty as long as the notebook has not been saved with it."""
    data = joined(notebook.path)[1]["outputs"]
    assert len(data) <= 1
    return data[0]["data"] if data else {"text/html": ""}


@pytest.mark.parametrize("application", ["lab/tree", "notebooks"])
def test_curves_move_and_wishes_act_while_the_kernel_is_busy_and_a_reload_shows_the_current_state(
    page: Page, server: Server, application: str
) -> None:
    name = f"busy-{application.split('/')[0]}"
    server.notebook(f"{name}.ipynb", LOAD, f"run = %agentomics attach {name}", BUSY, "'below'")
    with ScriptedRun(server.directory, name) as run:
        notebook = NotebookPage(page, server, f"{name}.ipynb", application)
        notebook.attach()
        board = page.get_by_role("region", name=f"Run {name}")
        board.get_by_text("The curve begins when").wait_for()
        run_cell(page, page.locator(".jp-CodeCell", has_text="time.sleep"))
        play(run, 0)
        page.get_by_role("img", name="iteration 0: train .612, validation .531").wait_for(timeout=5000)
        play(run, 1)
        page.get_by_role("img", name="iteration 1: train .865, validation .785").wait_for(timeout=5000)

        asked = time.monotonic()
        board.get_by_role("button", name="Pause").click()
        until(lambda: "pause" in run.commands(), 3)
        assert time.monotonic() - asked < 1.5
        board.get_by_text("pauses when the cell that runs now has ended").wait_for(timeout=3000)
        board.get_by_label("Tell the agent something").fill("mind the batches")
        page.keyboard.press("Enter")
        until(lambda: "hint" in run.commands(), 3)
        assert "'mine'" not in board.inner_text()

        page.locator(".jp-CodeCell", has_text="time.sleep").get_by_text("mine").last.wait_for()
        until(lambda: joined(notebook.path)[1]["outputs"])  # what is not saved is gone with the page
        page.reload()
        kernel_is_ready(page)
        play(run, 2)
        page.get_by_role("img", name="iteration 2: train .905, validation .862").wait_for(timeout=60_000)
        board.get_by_role("button", name="Go to the cells of iteration 0").first.click()
        page.locator(".jp-Notebook .jp-mod-active", has_text="Iteration 0").wait_for()


def test_a_notebook_saved_in_the_midst_shows_a_picture_without_its_kernel_and_as_html(
    page: Page, server: Server
) -> None:
    from nbconvert import HTMLExporter

    server.notebook("midst.ipynb", LOAD, "run = %agentomics attach midst")
    with ScriptedRun(server.directory, "midst") as run:
        notebook = NotebookPage(page, server, "midst.ipynb")
        notebook.attach()
        play(run, 0)
        page.get_by_role("img", name="iteration 0: train .612, validation .531").wait_for()
        time.sleep(1.5)
        page.keyboard.press("Control+s")
        until(lambda: "iteration 0: train .612" in shown(notebook)["text/html"])
        assert WIDGET in shown(notebook)
        page.goto("about:blank")

        saved = nbformat.read(notebook.path, as_version=4)
        html, _ = HTMLExporter().from_notebook_node(saved)
        for expected in (
            "iteration 0: train .612, validation .531",
            "Train and validation are apart.",
            "data:image/png",
        ):
            assert expected in html

        server.notebook("opened.ipynb", "'another kernel'")
        saved.metadata["kernelspec"] = nbformat.read(
            server.directory / "opened.ipynb", as_version=4
        ).metadata.kernelspec
        nbformat.write(saved, server.directory / "opened.ipynb")
        page.goto(f"http://127.0.0.1:{server.port}/lab/tree/opened.ipynb?reset")
        picture = page.locator(".jp-CodeCell").nth(1)
        picture.get_by_text("Train and validation are apart.").wait_for()
        assert page.get_by_text("Error displaying widget").count() == 0
        assert picture.get_by_role("img", name="iteration 0: train .612").first.is_visible()


def test_when_the_run_ends_a_picture_with_buttons_takes_the_place_of_the_dashboard(page: Page, server: Server) -> None:
    server.notebook("ends.ipynb", LOAD, "run = %agentomics attach ends")
    with ScriptedRun(server.directory, "ends") as run:
        notebook = NotebookPage(page, server, "ends.ipynb")
        notebook.attach()
        play(run, 0)
        page.get_by_role("img", name="iteration 0: train .612").first.wait_for()
        run.end()
        final = page.locator(".agentomics-status")
        final.get_by_text("The best model").wait_for()
        until(lambda: "The best model" in shown(notebook)["text/html"])
        assert WIDGET not in shown(notebook)
        final.get_by_role("button", name="Export the record").click()
        page.get_by_text("%agentomics export ends").wait_for()
        page.get_by_text("agentomics: ends has no model yet").wait_for()
        final.get_by_role("button", name="Write the report").click()
        page.get_by_text("one page with all pictures in it").first.wait_for()
        report = run.run.path / "report.html"
        page.goto(report.as_uri())
        page.get_by_text("Predictions hang on").first.wait_for()
        assert (
            page.evaluate(
                "performance.getEntriesByType('resource').map(e => e.name).filter(n => !n.startsWith('data:'))"
            )
            == []
        )
