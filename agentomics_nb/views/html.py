"""A run as one piece of static HTML, with plain text and Markdown beside it: it reads the same without a kernel."""

from __future__ import annotations

import functools
import io
from typing import TYPE_CHECKING

from agentomics_nb import markdown as md
from agentomics_nb.views.curve import curve
from agentomics_nb.views.snapshot import clock

if TYPE_CHECKING:
    from collections.abc import Sequence

    import jinja2
    from rich.console import RenderableType

    from agentomics_nb.views.snapshot import Score, Snapshot

_TEXT_WIDTH = 100


def bundle(shot: Snapshot) -> dict[str, str]:
    """Return a run as a mime bundle: HTML, Markdown, plain text."""
    return {"text/html": html(shot), "text/markdown": markdown(shot), "text/plain": text(shot)}


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


def html(shot: Snapshot) -> str:
    """Return a run as HTML without any script; every text in it is escaped."""
    return _templates().get_template("status.html.j2").render(shot=shot, curve=curve(shot), css=_css())


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
        "first_line": lambda reason: ((reason or "").strip().splitlines() or [""])[0][:200],
    }
    return environment


@functools.cache
def _css() -> str:
    """Return our own style sheet, marked as safe: it holds nothing that comes from data."""
    from importlib.resources import files

    import markupsafe

    sheet = files("agentomics_nb.views").joinpath("templates", "status.css").read_text(encoding="utf-8")
    return markupsafe.Markup(sheet)  # noqa: S704


def _interval(score: Score | None) -> str:
    if score is None:
        return "–"
    return md.with_interval({"value": score.value, "low": score.low, "high": score.high})
