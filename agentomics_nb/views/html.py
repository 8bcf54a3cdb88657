"""A run as one piece of static HTML, with plain text and Markdown beside it: it reads the same without a kernel."""

from __future__ import annotations

import functools
import io
from typing import TYPE_CHECKING

from agentomics_nb import markdown as md
from agentomics_nb.views.curve import curve
from agentomics_nb.views.dashboard.data_card import data_card
from agentomics_nb.views.dashboard.reflections import safe_html
from agentomics_nb.views.snapshot import clock

if TYPE_CHECKING:
    from collections.abc import Sequence

    import jinja2
    from rich.console import RenderableType

    from agentomics_nb.dataset import Dataset
    from agentomics_nb.views.final import Final
    from agentomics_nb.views.pictures import Picture
    from agentomics_nb.views.portrait import Portrait
    from agentomics_nb.views.scores import Score
    from agentomics_nb.views.snapshot import Snapshot

MOST_ROWS = 30
"""Iterations that a table shows; of more, the newest."""
MOST_REFLECTIONS = 10
TONE_MARKS = {"good": "✓", "warn": "⚠", "bad": "✗", "plain": "·"}
ACTIONS = (
    ("export", "Export the record"),
    ("verify", "Verify it"),
    ("report", "Write the report"),
    ("predict", "Predict new data"),
)
"""What the buttons below a finished run do; they show only where a labextension listens."""
_TEXT_WIDTH = 100


def bundle(portrait: Portrait, pictures: Sequence[Picture] | None = None) -> dict[str, str]:
    """Return a run as a mime bundle: HTML, Markdown, plain text; see `html`."""
    return {
        "text/html": html(portrait, pictures),
        "text/markdown": markdown(portrait.shot),
        "text/plain": text(portrait.shot),
    }


def runs_bundle(shots: Sequence[Snapshot]) -> dict[str, str]:
    """Return a list of runs as a mime bundle: Markdown and plain text."""
    from agentomics_nb.views import terminal

    rows = [
        [
            md.code(shot.run),
            f"{shot.mark} {shot.word}",
            md.escape(shot.data),
            f"{shot.done} of {shot.iterations}",
            shot.metric,
            _interval(shot.best.validation if shot.best else None),
            _interval(shot.test),
            clock(shot.seconds),
        ]
        for shot in shots
    ]
    head = ["run", "status", "data", "iterations", "metric", "validation", "test", "time"]
    return {
        "text/markdown": md.table(head, rows, numbers_from=5),
        "text/plain": _rendered(terminal.runs_table(shots)),
    }


def html(portrait: Portrait, pictures: Sequence[Picture] | None = None) -> str:
    """Return a run as HTML without any script; every text in it is escaped.

    Where a front end takes style and drawings out of HTML that it does not trust, pictures stand in for them.

    Parameters
    ----------
    portrait : Portrait
        The run.
    pictures : sequence of Picture, optional
        Drawn before; by default they are drawn now.
    """
    shape = curve(portrait.shot)
    cells = dict(zip(portrait.iterations["number"], portrait.iterations["cell"], strict=True))
    final = portrait.final
    return (
        _templates()
        .get_template("portrait.html.j2")
        .render(
            p=portrait,
            curve=shape,
            css=_css(),
            cells=cells,
            pictures=portrait.pictures() if pictures is None else pictures,
            curve_title=f"{portrait.shot.metric} by iteration",
            most_rows=MOST_ROWS,
            most_reflections=MOST_REFLECTIONS,
            tone_marks=TONE_MARKS,
            actions=ACTIONS if final is not None else (),
            hardest_columns=_columns_of(final),
        )
    )


def preparing(dataset: Dataset) -> dict[str, str]:
    """Return what the data are, as a mime bundle, while they are audited before a run."""
    data = data_card(dataset, "")
    page = _templates().get_template("preparing.html.j2").render(data=data, css=_css())
    line = f"{dataset.name}: {dataset.n_rows:,} rows, {len(dataset.columns):,} columns; looking for leaks …"
    return {"text/html": page, "text/plain": line}


def report(portrait: Portrait) -> str:
    """Return a run as one HTML page that needs nothing else."""
    from agentomics_nb import __version__

    inner = _marked_safe(html(portrait))
    return _templates().get_template("report.html.j2").render(p=portrait, portrait=inner, version=__version__)


def markdown(shot: Snapshot) -> str:
    """Return a run as Markdown."""
    head = f"**{md.escape(shot.run)}** · {shot.mark} {shot.word} · {md.escape(shot.data)} · {shot.metric}"
    lines = [head, ""]
    if shot.activity:
        lines += [f"{md.escape(shot.activity)} · {clock(shot.seconds)}", ""]
    if shot.meter:
        lines += [f"Language model: {md.escape(shot.meter)}", ""]
    if shot.rows:
        rows = [
            [
                f"{'★ ' if row.best else ''}{row.number}",
                md.escape(row.idea or "…"),
                md.number(row.train),
                _interval(row.validation),
                md.number(row.gap),
            ]
            for row in shot.rows
        ]
        lines += [md.table(["iteration", "idea", "train", "validation", "gap"], rows, numbers_from=2), ""]
    if shot.test is not None:
        lines += [f"**Test** {shot.metric} {_interval(shot.test)}, opened once.", ""]
    if shot.review is not None:
        lines += [f"**Reflection after iteration {shot.review.iteration}.** {md.escape(shot.review.headline)}", ""]
    lines += [f"- {level}: {md.escape(notice)}" for level, notice in shot.notices]
    return "\n".join(lines).rstrip() + "\n"


def text(shot: Snapshot) -> str:
    """Return a run as plain text, as a terminal would show it."""
    from agentomics_nb.views import terminal

    return _rendered(terminal.picture(shot) if shot.at_work else terminal.result(shot))


def _rendered(picture: RenderableType) -> str:
    from rich.console import Console

    stream = io.StringIO()
    # In a notebook rich would display by itself instead of writing to the stream.
    console = Console(file=stream, width=_TEXT_WIDTH, highlight=False, color_system=None, force_jupyter=False)
    console.print(picture)
    return "\n".join(line.rstrip() for line in stream.getvalue().splitlines())


@functools.cache
def _templates() -> jinja2.Environment:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("agentomics_nb.views", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {
        "clock": clock,
        "interval": _interval,
        "number": md.number,
        "px": lambda value: f"{value:.1f}",
        "safe_html": _marked_safe,
        "prose": lambda text: _marked_safe(safe_html(text)),
        "first_line": lambda reason: ((reason or "").strip().splitlines() or [""])[0][:200],
    }
    return environment


def _columns_of(final: Final | None) -> list[str]:
    hardest = final.hardest if final is not None else ()
    return [key.removeprefix("column ") for key in (hardest[0] if hardest else {}) if key.startswith("column ")]


def _marked_safe(text: str) -> str:
    """Mark HTML that we made as such: every text in it has been escaped."""
    import markupsafe

    return markupsafe.Markup(text)  # noqa: S704


@functools.cache
def _css() -> str:
    """Return our own style sheet, marked as safe: it holds nothing that comes from data."""
    from importlib.resources import files

    return _marked_safe(files("agentomics_nb.views").joinpath("templates", "portrait.css").read_text(encoding="utf-8"))


def _interval(score: Score | None) -> str:
    if score is None:
        return "–"
    return md.with_interval({"value": score.value, "low": score.low, "high": score.high})
