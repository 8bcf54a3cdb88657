"""The dashboard's front end on a page of its own, fed with what the kernel would send; no server, no kernel."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from agentomics_nb.journal.state import fold
from agentomics_nb.views.dashboard.board import board
from agentomics_nb.views.dashboard.data_card import data_card
from agentomics_nb.views.dashboard.iterations import iterations
from agentomics_nb.views.dashboard.reflections import reflections
from agentomics_nb.views.dashboard.training import training
from agentomics_nb.views.dashboard.widget import MODULE, STYLE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from playwright.sync_api import Page

    from agentomics_nb.journal.directory import RunDirectory
    from agentomics_nb.journal.events import Event

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>dashboard</title>
<style>%(css)s body { background: var(--page); margin: 12px; } body.dark { background: #111; }</style></head>
<body data-jp-theme-light="%(light)s" class="%(dark)s" style="%(tokens)s"><main></main>
<script type="module">
const source = %(js)s;
const { default: widget } = await import(URL.createObjectURL(new Blob([source], { type: 'text/javascript' })));
const values = %(values)s, listeners = {};
window.sent = [];
window.model = {
  get: name => values[name],
  on: (event, call) => (listeners[event] ??= new Set()).add(call),
  off: (event, call) => listeners[event]?.delete(call),
  send: message => window.sent.push(message),
};
window.tell = (name, value) => {
  values[name] = value;
  listeners[`change:${name}`]?.forEach(call => call());
};
window.reply = message => listeners['msg:custom']?.forEach(call => call(message));
window.draw = () => {
  window.stop?.();
  document.querySelector('main').replaceChildren();
  window.stop = widget.render({ model: window.model, el: document.querySelector('main') });
};
window.draw();
document.body.dataset.drawn = 'yes';
</script></body></html>"""

DARK = "--jp-layout-color0:#111;--jp-content-font-color1:#e0e0e0;--jp-content-font-color2:#a8adb3;--jp-border-color2:#424242;--jp-layout-color2:#2a2a2a"  # noqa: E501


def values_of(run: RunDirectory, events: Sequence[Event], *, now: float) -> dict[str, Any]:
    """What the kernel sends."""
    record, state = run.read_record(), fold(events)
    return {
        "board": board(record, state, run.path, now=now),
        "load": {"cpu": 0.42, "memory_used": 3 * 2**30, "memory_total": 16 * 2**30, "gpus": []},
        "iterations": iterations(record, state),
        "training": training(state),
        "reflections": reflections(state),
        "dataset": data_card(record.dataset, record.contract.reason),
    }


def open_dashboard(page: Page, directory: Path, values: dict[str, Any], *, dark: bool = False) -> None:
    """Draw it, and wait until it stands."""
    file = directory / "dashboard.html"
    file.write_text(
        PAGE
        % {
            "css": STYLE.read_text(encoding="utf-8"),
            "js": _in_script(MODULE.read_text(encoding="utf-8")),
            "values": _in_script(values),
            "light": "false" if dark else "true",
            "dark": "dark" if dark else "",
            "tokens": DARK if dark else "",
        },
        encoding="utf-8",
    )
    page.goto(file.as_uri())
    page.locator("body[data-drawn]").wait_for()


def _in_script(value: object) -> str:
    return json.dumps(value).replace("<", "\\u003c")
