"""What the dashboard costs in a long run: 1,000 iterations, 100,000 training points."""

from __future__ import annotations

import json
import statistics
import subprocess
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from agentomics_nb.experiment.steps import Step
from agentomics_nb.journal import events as ev
from agentomics_nb.journal.state import fold
from agentomics_nb.views.dashboard.board import board
from agentomics_nb.views.dashboard.iterations import iterations
from agentomics_nb.views.dashboard.reflections import reflections
from agentomics_nb.views.dashboard.training import training
from agentomics_nb.views.html import html
from agentomics_nb.views.portrait import portrait
from tests.browser.conftest import CHROMIUM, FLAGS
from tests.browser.dashboard_page import open_dashboard, values_of
from tests.unit.views.simulated_run import STARTED, iteration, make_run, started, timed

if TYPE_CHECKING:
    from collections.abc import Callable

ITERATIONS, POINTS, REPEATS = 1000, 100, 20
UPDATE = """([name, value]) => {
  const began = performance.now();
  window.tell(name, value);
  return performance.now() - began;
}"""


def table() -> str:
    """Return all measurements as Markdown."""
    from playwright.sync_api import sync_playwright

    path = subprocess.run([str(CHROMIUM)], capture_output=True, text=True, check=False).stdout.strip()
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        run = make_run(Path(folder), iterations=ITERATIONS, name="long")
        events = timed(_events())
        state = fold(events)
        record = run.read_record()
        values = values_of(run, events, now=STARTED)

        def one_update() -> None:
            board(record, state, run.path, now=STARTED)
            iterations(record, state)
            training(state)
            reflections(state)

        rows = [
            ("values of one update, in the kernel", f"{_milliseconds(one_update):.1f} ms"),
            ("iterations as they are sent when one ends", _size(values["iterations"])),
            ("training curve as it is sent", _size(values["training"])),
            ("board as it is sent", _size(values["board"])),
        ]
        drawn = portrait(record, state, run.path)
        began = time.perf_counter()
        twin = html(drawn)
        rows.append(("static twin, drawn at the end of an iteration", f"{time.perf_counter() - began:.2f} s"))
        rows.append(("static twin in the notebook", f"{len(twin.encode()) / 1000:.0f} kB"))
        browser = playwright.chromium.launch(executable_path=path or None, args=FLAGS)
        page = browser.new_page()
        open_dashboard(page, Path(folder), values)
        for name in ("board", "iterations", "training", "reflections"):
            page.evaluate(UPDATE, [name, values[name]])
            spent = statistics.median(page.evaluate(UPDATE, [name, _changed(values[name])]) for _ in range(REPEATS))
            rows.append((f"{name} taken in by the page", f"{spent:.1f} ms"))
        browser.close()
    return "\n".join(
        ["| 1,000 iterations, 100,000 training points | |", "|---|--:|", *(f"| {a} | {b} |" for a, b in rows)]
    )


def _events() -> list[ev.Event]:
    found: list[ev.Event] = [started()]
    for number in range(ITERATIONS):
        made = iteration(number)
        points = [
            {"epoch": i, "of": POINTS, "train_loss": 1 / (i + 1), "held_out_loss": 2 / (i + 1)} for i in range(POINTS)
        ]
        found += [*made[:-2], ev.TrainingLogged(iteration=number, step=Step.TRAINING, points=points)]
        found += made[-2:] if number == ITERATIONS // 2 else made[-1:]
    return found


def _changed(value: Any) -> Any:
    """Return the value with something new in it, as each update has."""
    copy = json.loads(json.dumps(value))
    if isinstance(copy, dict):
        if "x" in copy:
            copy["x"][-1] += 1
        elif "number" in copy:
            copy["seconds"][-1] = time.time()
        else:
            copy["seconds"] += 1
    return copy


def _milliseconds(work: Callable[[], object]) -> float:
    def once() -> float:
        began = time.perf_counter()
        work()
        return 1000 * (time.perf_counter() - began)

    return statistics.median(once() for _ in range(REPEATS))


def _size(value: object) -> str:
    return f"{len(json.dumps(value)) / 1000:.0f} kB"


if __name__ == "__main__":
    print(table())
