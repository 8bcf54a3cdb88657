"""The page of a record in a browser without a network: it asks for nothing, fits, and can be read by everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agentomics_nb.record.page import page as page_of
from tests.unit.record.told_run import told_run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("record") / "replay.html"
    path.write_text(page_of(told_run(), title="splice-1"), encoding="utf-8")
    return path


@pytest.fixture(params=["light", "dark"])
def opened(request: pytest.FixtureRequest, browser: Browser, file: Path) -> Iterator[tuple[Page, list[str]]]:
    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, color_scheme=request.param, java_script_enabled=True, offline=True
    )
    page = context.new_page()
    heard: list[str] = []
    page.on("request", lambda request: heard.append(request.url))
    page.on("console", lambda message: heard.append(message.text))
    page.goto(file.as_uri())
    yield page, heard
    context.close()


def test_it_asks_for_nothing_fits_and_nothing_serious_is_found_by_axe(
    opened: tuple[Page, list[str]], file: Path, tmp_path: Path
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page, heard = opened
    assert [one for one in heard if not one.startswith("data:")] == [file.as_uri()]
    assert page.evaluate("[...document.images].every((image) => image.naturalWidth > 0)")
    page.screenshot(path=tmp_path / "page.png")

    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    found = Axe().run(page).response
    assert len(found["passes"]) > 10
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found["violations"]] == []

    for width in (320, 390, 800):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") == width


def test_the_keyboard_passes_the_contents_and_opens_code(opened: tuple[Page, list[str]]) -> None:
    page, _ = opened
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.url.endswith("#content")
    summary = page.locator("details.source > summary").first
    summary.focus()
    page.keyboard.press("Enter")
    assert page.locator("details.source[open] pre.code").first.is_visible()
