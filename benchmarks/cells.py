"""How fast cells appear: from the event on disk to the cell on the page, in a real browser."""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from tests.browser.conftest import CHROMIUM, FLAGS, Server
from tests.browser.notebook_page import LOAD, NotebookPage
from tests.browser.scripted_run import ScriptedRun, stream

if TYPE_CHECKING:
    from playwright.sync_api import Page

CELLS = 200
PER_SECOND = 10
FEW = 20
LINES = 100_000
WATCH = """() => {
  window.seen = {};
  window.worst = 0;
  let last = performance.now();
  const scroller = document.querySelector('.jp-WindowedPanel-outer');
  const cells = document.querySelector('.jp-Notebook .jp-WindowedPanel-viewport').children;
  const look = now => {
    scroller.scrollTop = scroller.scrollHeight;  // a person who watches has the newest cell before them
    window.worst = Math.max(window.worst, now - last);
    last = now;
    for (const cell of cells) {  // a search through the page would itself take longer with more cells
      const id = cell.dataset.agentomicsCell;
      if (id !== undefined) window.seen[id] ??= Date.now();
    }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""


def table() -> str:
    """Return all measurements as Markdown."""
    from playwright.sync_api import sync_playwright

    lines = [
        "| page | cells | p50 | p95 | cells 1-20 | cells 181-200 | longest frame | page's processor time a cell |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    path = subprocess.run([str(CHROMIUM)], capture_output=True, text=True, check=False).stdout.strip()
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        server, process = _server(Path(folder))
        browser = playwright.chromium.launch(executable_path=path or None, args=FLAGS)
        try:
            for application in ("lab/tree", "notebooks"):
                for below in (False, True):
                    page = browser.new_page()
                    lines.append(_latency(page, server, application, below=below))
                    page.close()
            lines.append("\n" + _many_lines(browser.new_page(), server))
        finally:
            browser.close()
            process.terminate()
            process.wait()
    return "\n".join(lines)


def _latency(page: Page, server: Server, application: str, *, below: bool) -> str:
    name = f"{application.split('/')[0]}-{'below' if below else 'above'}"
    server.notebook(f"{name}.ipynb", LOAD, f"run = %agentomics attach {name}", "'mine'")
    written: dict[str, float] = {}
    with ScriptedRun(server.directory, name) as run:
        notebook = NotebookPage(page, server, f"{name}.ipynb", application)
        notebook.attach()
        page.locator(".jp-CodeCell", has_text="'mine'" if below else "%load_ext").locator(".cm-content").first.click()
        page.evaluate(WATCH)
        processor = _Processor(page)
        began = time.monotonic()
        for number in range(CELLS):
            if number in (0, FEW, CELLS - FEW):
                processor.read()
            time.sleep(max(0.0, began + number / PER_SECOND - time.monotonic()))
            written[run.start(f"%%bash\necho {number}")] = time.time()
            cell = next(reversed(written))
            run.change(cell, {"op": "add", "output": stream(f"{number}\n")})
            run.finish(cell)
        page.locator(f'[data-agentomics-cell="{cell}"]').wait_for(timeout=60_000)
        processor.read()
    seen: dict[str, float] = page.evaluate("window.seen")
    delays = [seen[cell] - 1000 * at for cell, at in written.items() if cell in seen]
    where = "active cell below" if below else "active cell above"
    first, last = statistics.median(delays[:FEW]), statistics.median(delays[-FEW:])
    p95 = statistics.quantiles(delays, n=20)[-1]
    what = "JupyterLab" if application == "lab/tree" else "Notebook 7"
    return (
        f"| {what}, {where} | {len(delays)} | {statistics.median(delays):.0f} ms | {p95:.0f} ms | {first:.0f} ms | "
        f"{last:.0f} ms | {page.evaluate('window.worst'):.0f} ms | "
        f"{processor.between(0, 1):.0f} → {processor.between(2, 3):.0f} ms |"
    )


class _Processor:
    """What the page's thread has used of the processor: says the same on a busy machine, where delays do not."""

    def __init__(self, page: Page) -> None:
        self._session = page.context.new_cdp_session(page)
        self._session.send("Performance.enable", {"timeDomain": "threadTicks"})
        self._seconds: list[float] = []

    def read(self) -> None:
        metrics = self._session.send("Performance.getMetrics")["metrics"]
        self._seconds += [metric["value"] for metric in metrics if metric["name"] == "TaskDuration"]

    def between(self, one: int, other: int) -> float:
        """Milliseconds a cell from one reading to another, `FEW` cells apart."""
        return 1000 * (self._seconds[other] - self._seconds[one]) / FEW


def _many_lines(page: Page, server: Server) -> str:
    """Let a cell print many lines, as the engine would record them, and see how long the page stood still."""
    server.notebook("lines.ipynb", LOAD, "run = %agentomics attach lines")
    with ScriptedRun(server.directory, "lines") as run:
        notebook = NotebookPage(page, server, "lines.ipynb")
        notebook.attach()
        cell = run.start("%%bash\nseq 100000")
        page.evaluate(WATCH)
        began = time.monotonic()
        text = ""
        for start in range(0, LINES, LINES // 50):
            text += "".join(f"line {number}\n" for number in range(start, start + LINES // 50))
            kept = text if len(text) < 40_000 else f"{text[:20_000]}\n…\n{text[-20_000:]}"
            change: Any = {"op": "set" if start else "add", "output": stream(kept)}
            run.change(cell, change | ({"index": 0} if start else {}))
            time.sleep(0.1)
        run.finish(cell)
        page.locator(".jp-Notebook").get_by_text(f"line {LINES - 1}").first.wait_for()
        seconds = time.monotonic() - began
        worst = page.evaluate("window.worst")
    return f"A cell that prints {LINES:,} lines in {seconds:.1f} s: longest frame {worst:.0f} ms."


def _server(directory: Path) -> tuple[Server, subprocess.Popen[bytes]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    process = subprocess.Popen(
        [sys.executable, "-m", "jupyter", "lab", "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}",
         "--IdentityProvider.token=", f"--ServerApp.root_dir={directory}"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ | {"HOME": str(directory)},
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/status", timeout=2):
                return Server(port, directory), process
        except OSError:
            time.sleep(0.2)
    process.terminate()
    raise RuntimeError("The Jupyter server did not start.")


if __name__ == "__main__":
    print(table())
