"""A notebook as a person has it before them: cells to run, to type in, and to look at."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from playwright.sync_api import TimeoutError as PageTimeoutError

from tests.browser.scripted_run import until

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Locator, Page

    from tests.browser.conftest import Server

SHOWN = ".agentomics-Dashboard, .agentomics-status"
"""A run in its cell: the live dashboard, or the picture that stays."""
LOAD = "%load_ext agentomics_nb"
PASSING = ("Select Kernel", "Server Connection Error", "Kernel Restarting")
"""What dialogs say that come from a server or a kernel under load, not from us."""


class NotebookPage:
    """A notebook opened in a page; `application` is ``lab/tree`` or ``notebooks``."""

    def __init__(self, page: Page, server: Server, name: str, application: str = "lab/tree") -> None:
        self.page = page
        self.path = server.directory / name
        self.url = f"http://127.0.0.1:{server.port}/{application}/{name}"
        self.open()

    def open(self) -> None:
        self.page.goto(f"{self.url}{'?reset' if 'lab/' in self.url else ''}")
        self.page.locator(".jp-CodeCell").nth(1).wait_for()
        kernel_is_ready(self.page)

    def cell(self, number: int) -> Locator:
        return self.page.locator(".jp-Notebook .jp-CodeCell").nth(number)

    def run(self, number: int) -> None:
        """Run a code cell."""
        run_cell(self.page, self.cell(number))

    def attach(self) -> None:
        """Run the first two cells: the extension, and the magic."""
        self.run(0)
        self.run(1)
        self.page.locator(SHOWN).first.wait_for()

    def saved(self) -> list[dict[str, Any]]:
        """The cells on disk, texts joined."""
        return joined(self.path)

    def agent_cells(self, run: str) -> list[dict[str, Any]]:
        """The cells of a run on disk, in their order."""
        return [cell for cell in self.saved() if cell["metadata"].get("agentomics", {}).get("run") == run]

    def wait_for_cells(self, run: str, log: Path) -> None:
        """Wait until the file holds the cells of the log, and nothing else of the run."""
        until(lambda: ids(self.agent_cells(run)) == ids(joined(log)))
        assert differences(self.agent_cells(run), joined(log)) == []

    def index_of(self, source: str) -> int:
        """The place of a code cell among the code cells on the page."""
        texts = self.page.locator(".jp-Notebook .jp-CodeCell .jp-InputArea").all_inner_texts()
        return next(number for number, text in enumerate(texts) if source in text)

    def agent_cell(self, cell: str) -> Locator:
        """An agent's cell on the page."""
        return self.page.locator(f'.jp-Notebook .jp-Cell[data-agentomics-cell="{cell}"]')

    def delete(self, cell: str) -> None:
        self.agent_cell(cell).locator(".jp-InputPrompt").first.click()
        self.page.keyboard.press("d")
        self.page.keyboard.press("d")
        self.agent_cell(cell).wait_for(state="detached")

    def type_in(self, cell: str, text: str) -> None:
        """Write at the end of a cell's source."""
        self.agent_cell(cell).locator(".cm-content").first.click()
        self.page.keyboard.press("Control+End")
        self.page.keyboard.type(text)
        self.page.keyboard.press("Escape")

    def command(self, label: str) -> None:
        """Carry a command out through the palette."""
        self.page.keyboard.press("Escape")
        self.page.keyboard.press("Control+Shift+C")
        self.page.locator(".lm-CommandPalette-input").last.fill(label)
        self.page.locator(".lm-CommandPalette-item", has_text=label).first.click()

    def restart_kernel(self) -> None:
        self.page.keyboard.press("Escape")
        self.page.keyboard.press("0")
        self.page.keyboard.press("0")
        self.page.locator(".jp-Dialog .jp-mod-accept").click()
        self.page.locator(".jp-Dialog").wait_for(state="detached")
        kernel_is_ready(self.page)


def run_cell(page: Page, cell: Locator) -> None:
    """Run a code cell; once more if the kernel or the server was not yet there."""
    prompt = cell.locator(".jp-InputPrompt").first
    before = prompt.inner_text()
    for _ in range(3):
        answer_dialog(page)
        try:
            cell.locator(".cm-content").first.click(timeout=10_000)
            page.keyboard.press("Shift+Enter")
            until(lambda: prompt.inner_text() not in (before, "[ ]:", ""), 10)
        except (AssertionError, PageTimeoutError):
            continue
        return
    raise AssertionError("the cell does not run")


def answer_dialog(page: Page) -> None:
    """Accept what JupyterLab asks when the machine is slow; any other dialog fails the test."""
    dialog = page.locator(".jp-Dialog")
    if dialog.count():
        text = dialog.first.inner_text()
        assert any(words in text for words in PASSING), text
        dialog.first.locator(".jp-mod-accept").click()
        dialog.first.wait_for(state="detached")


def kernel_is_ready(page: Page) -> None:
    """The status light of the kernel is a circle once it is idle, in both applications."""
    page.locator("[data-status=idle], .jp-Notebook-ExecutionIndicator[data-status=idle]").first.wait_for(
        state="attached"
    )


def joined(path: Path) -> list[dict[str, Any]]:
    """The cells of a notebook file, each multi-line text as one string."""
    cells: list[dict[str, Any]] = []

    def read() -> bool:
        nonlocal cells
        try:
            cells = json.loads(path.read_text())["cells"]
        except (ValueError, FileNotFoundError):  # it is being written
            return False
        return True

    until(read, 5)
    for cell in cells:
        cell["source"] = "".join(cell["source"])
        for output in cell.get("outputs", []):
            if "text" in output:
                output["text"] = "".join(output["text"])
            for kind, value in output.get("data", {}).items():
                output["data"][kind] = "".join(value) if isinstance(value, list) else value
    return cells


def ids(cells: list[dict[str, Any]]) -> list[str]:
    """The cells' ids."""
    return [cell["id"] for cell in cells]


def differences(cells: list[dict[str, Any]], expected: list[dict[str, Any]]) -> list[str]:
    """Which cells differ in anything at all, and in what."""
    found = []
    for one, other in zip(cells, expected, strict=True):
        found += [f"{one['id']}: {key}" for key in one.keys() | other.keys() if one.get(key) != other.get(key)]
    return found
