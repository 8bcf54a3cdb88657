"""A person starts a run in the notebook, works on meanwhile, reloads, and finds it again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.notebook_page import LOAD, SHOWN, kernel_is_ready, run_cell

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Locator, Page

    from tests.browser.conftest import Server

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]

START = "run = %agentomics tumours.csv --iterations 1 --threads 1 --name {name}"


def mine(page: Page, source: str) -> Locator:
    """A cell of the person's own; the agent's stand between them."""
    return page.locator(".jp-CodeCell:not(.agentomics-Cell)", has=page.locator(".jp-InputArea", has_text=source))


def test_a_run_is_shown_in_place_while_the_kernel_stays_free(page: Page, server: Server, tmp_path: Path) -> None:
    name = "whole"
    server.notebook(f"{name}.ipynb", LOAD, START.format(name=name), "6 * 7", "run.status")
    page.goto(f"http://127.0.0.1:{server.port}/lab/tree/{name}.ipynb")
    page.locator(".jp-CodeCell").nth(3).wait_for()
    kernel_is_ready(page)

    run_cell(page, mine(page, LOAD))
    run_cell(page, mine(page, "run = "))
    status = page.locator(SHOWN).first
    status.wait_for()
    status.get_by_text("Iteration 0").first.wait_for()
    run_cell(page, mine(page, "6 * 7"))
    mine(page, "6 * 7").get_by_text("42", exact=True).wait_for()
    assert "finished" not in status.inner_text(), "the person's own cell ran while the agent worked"
    page.screenshot(path=tmp_path / "running.png")

    page.locator(".agentomics-status").get_by_text("finished").first.wait_for(timeout=120_000)
    assert page.locator(SHOWN).count() == 1, "the picture that stays takes the place of the dashboard"
    page.screenshot(path=tmp_path / "finished.png")
    run_cell(page, mine(page, "run.status"))
    mine(page, "run.status").get_by_text("'finished'").wait_for()

    page.keyboard.press("Control+s")
    page.wait_for_timeout(1500)
    page.reload()
    page.locator(".agentomics-status").get_by_text("finished").first.wait_for()

    runs = sorted(path.name for path in (server.directory / "agentomics_runs").iterdir())
    run_cell(page, mine(page, "run = "))
    page.locator(".agentomics-status").get_by_text("finished").first.wait_for()
    page.wait_for_timeout(1000)
    assert sorted(path.name for path in (server.directory / "agentomics_runs").iterdir()) == runs
    log = server.directory / "agentomics_runs" / name / "log.ipynb"
    assert log.is_file()


def test_a_mistake_is_one_sentence_in_the_notebook(page: Page, server: Server) -> None:
    server.notebook("mistake.ipynb", LOAD, "%agentomics nowhere.csv")
    page.goto(f"http://127.0.0.1:{server.port}/lab/tree/mistake.ipynb?reset")
    page.locator(".jp-CodeCell").nth(1).wait_for()
    kernel_is_ready(page)
    run_cell(page, mine(page, LOAD))
    run_cell(page, mine(page, "%agentomics nowhere.csv"))
    page.locator(".jp-CodeCell").nth(1).get_by_text("nowhere.csv").last.wait_for()
    shown = page.locator(".jp-CodeCell").nth(1).locator(".jp-OutputArea").first.inner_text()
    assert "Traceback" not in shown
    assert len(shown.strip().splitlines()) <= 2
