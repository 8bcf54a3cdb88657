"""The dashboard in all states of a run, wide and narrow: nothing breaks, overflows, or shuts anyone out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.dashboard_page import open_dashboard
from tests.browser.dashboard_values import STATES, running

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def test_no_state_breaks_or_overflows_the_page(page: Page, tmp_path: Path) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    for name, state in STATES.items():
        open_dashboard(page, tmp_path, state())
        page.evaluate("document.querySelectorAll('summary, .agd-unfold').forEach(unfold => unfold.click())")
        for width in (1100, 320):
            page.set_viewport_size({"width": width, "height": 700})
            assert page.evaluate(OVERFLOW) <= 0, (name, width)
        assert page.evaluate("window.broken") is None, name
    assert errors == []


@pytest.mark.parametrize("dark", [False, True])
def test_a_screen_reader_finds_its_way_and_colours_can_be_told_apart(page: Page, tmp_path: Path, dark: bool) -> None:
    open_dashboard(page, tmp_path, running(), dark=dark)
    found = Axe().run(page, context=".agentomics-Dashboard", options={"runOnly": ["wcag2a", "wcag2aa"]}).response
    assert len(found["passes"]) > 5
    assert [(each["id"], [node["html"][:120] for node in each["nodes"]]) for each in found["violations"]] == []


def test_the_cursor_survives_a_host_that_takes_the_view_out_before_it_tells(page: Page, tmp_path: Path) -> None:
    open_dashboard(page, tmp_path, running())
    line = page.get_by_label("Tell the agent something")
    line.fill("half a thought")
    line.press("Home")
    page.evaluate("document.querySelector('main').replaceChildren(); window.draw()")
    page.keyboard.type("XX")
    assert page.get_by_label("Tell the agent something").input_value() == "XXhalf a thought"
    page.get_by_role("button", name="Pause").focus()
    page.wait_for_timeout(50)
    page.evaluate("document.querySelector('main').replaceChildren(); window.draw()")
    assert page.evaluate("document.activeElement === document.body"), "the line does not take a focus that it had lost"
