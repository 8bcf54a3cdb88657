"""JupyterLab and Notebook 7 in a real Chromium."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest

from tests.conftest import write_small_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
CHROMIUM = Path(__file__).with_name("chromium")


@dataclass(frozen=True)
class Server:
    """A Jupyter server of the test's own, and the folder it serves."""

    port: int
    directory: Path

    def notebook(self, name: str, *sources: str) -> None:
        """Write a notebook with these cells."""
        document = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
        document.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(document, self.directory / name)

    def settings(self, plugin: str, **values: object) -> None:
        """Write the person's settings of a plugin of JupyterLab; pages that are opened from now on follow them."""
        folder = self.directory / ".jupyter" / "lab" / "user-settings"
        path = folder / f"{plugin.replace(':', '/')}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    path = subprocess.run([str(CHROMIUM)], capture_output=True, text=True, check=False).stdout.strip()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path or None, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(40_000)
    yield page
    context.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    directory = tmp_path_factory.mktemp("notebooks")
    write_small_table(directory)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [
        sys.executable, "-m", "jupyter", "lab", "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}",
        "--ServerApp.port_retries=0", "--IdentityProvider.token=", f"--ServerApp.root_dir={directory}",
        "--ServerApp.jpserver_extensions={'jupytext': False}",  # it would save notebooks its way
    ]  # fmt: skip
    environment = os.environ | {"JUPYTER_CONFIG_DIR": str(directory / ".jupyter"), "HOME": str(directory)}
    log = (directory / "server.log").open("wb")
    process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/status", timeout=2):
                    break
            except OSError:
                time.sleep(0.2)
        else:
            pytest.fail((directory / "server.log").read_text()[-3000:])
        yield Server(port, directory)
    finally:
        process.terminate()
        process.wait(timeout=30)
        log.close()
