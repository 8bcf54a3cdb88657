"""An audit for people: a picture and a table in the notebook, text in the terminal."""

from __future__ import annotations

import functools
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentomics_nb import markdown as md

if TYPE_CHECKING:
    import jinja2
    from rich.console import RenderableType

    from agentomics_nb.audit import Audit, Finding

MARKS = {"severe": "✗", "warning": "!", "info": "·"}
_COLOURS = {"severe": "red", "warning": "yellow", "info": "blue"}
_TEXT_WIDTH = 100
_MOST_BARS = 14
_LEFT, _TRACK, _RIGHT, _ROW, _TOP = 240, 300, 60, 22, 6
_SPLITS = {
    "random": "random",
    "group": "by groups",
    "homology": "by homology",
    "time": "by time",
    "given": "as given",
}


@dataclass(frozen=True)
class Bar:
    """One finding in the picture, in pixels: how much of the rows it concerns."""

    y: float
    width: float
    name: str
    mark: str
    severity: str
    share: str


@dataclass(frozen=True)
class Picture:
    """All that the template needs to draw the findings."""

    bars: tuple[Bar, ...]
    summary: str
    left: int = _LEFT
    track: int = _TRACK

    @property
    def width(self) -> int:
        """Of the picture, in pixels."""
        return _LEFT + _TRACK + _RIGHT

    @property
    def height(self) -> float:
        """Of the picture, in pixels."""
        return 2 * _TOP + _ROW * len(self.bars)


def picture(audit: Audit) -> Picture | None:
    """Return the findings as bars, the gravest first; None where there is none."""
    shown = audit.findings[:_MOST_BARS]
    if not shown:
        return None
    bars = tuple(
        Bar(
            y=_TOP + place * _ROW,
            width=max(1.5, _TRACK * min(1.0, finding.share)),
            name=title(finding),
            mark=MARKS[finding.severity],
            severity=finding.severity,
            share=f"{finding.share:.1%}",
        )
        for place, finding in enumerate(shown)
    )
    told = "; ".join(f"{bar.name} ({bar.severity}) {bar.share}" for bar in bars)
    return Picture(bars, f"Share of the rows that each finding concerns. {told}.")


def title(finding: Finding) -> str:
    """Return what kind of finding it is, in words, and where."""
    name = finding.code.replace("_", " ").capitalize()
    beside = next((role for role in finding.files if role != "train"), None)
    return f"{name} ({beside})" if beside else name


def split_in_words(audit: Audit) -> str:
    """Return the contract in a few words, such as ``by groups of patient``."""
    contract = audit.contract
    words = _SPLITS[contract.strategy]
    return f"{words}{' of ' if contract.strategy == 'group' else ': '}{contract.column}" if contract.column else words


def as_text(audit: Audit) -> RenderableType:
    """Return the audit for a terminal."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    files = ", ".join(f"{role} {rows:,} rows" for role, rows in audit.rows.items())
    head = Text.assemble((f"{audit.dataset}", "bold"), f" · {audit.task} of {audit.target} · {files}")
    grid = Table.grid(padding=(0, 1))
    grid.add_column(no_wrap=True)
    grid.add_column()
    for finding in audit.findings:
        colour = _COLOURS[finding.severity]
        text = Text.assemble((title(finding), "bold"), f" · {finding.severity}\n", finding.text)
        if finding.severity != "info":
            text.append(f"\n{finding.effect}", style="dim")
        text.append(f"\n→ {finding.remedy}")
        if finding.example:
            text.append(f"\nfor example {finding.example}", style="dim")
        grid.add_row(Text(MARKS[finding.severity], style=colour), text)
    lines: list[RenderableType] = [head, Text("")]
    lines += [grid, Text("")] if audit.findings else []
    lines += [Text(note, style="dim") for note in audit.notes]
    lines.append(Text.assemble(("Split ", "bold"), f"{split_in_words(audit)}. {audit.contract.reason}"))
    lines.append(Text(audit.verdict, style="bold"))
    return Group(*lines)


def as_bundle(audit: Audit) -> dict[str, str]:
    """Return the audit as a mime bundle: HTML, Markdown, plain text."""
    return {"text/html": html(audit), "text/markdown": markdown(audit), "text/plain": plain(audit)}


def html(audit: Audit) -> str:
    """Return the audit as HTML without any script; every text in it is escaped."""
    return (
        _templates()
        .get_template("audit.html.j2")
        .render(
            audit=audit,
            picture=picture(audit),
            split=split_in_words(audit),
            css=_css(),
            marks=MARKS,
            title=title,
        )
    )


def markdown(audit: Audit) -> str:
    """Return the audit as Markdown."""
    rows = [
        [
            f"{MARKS[f.severity]} {f.severity}",
            md.escape(title(f)),
            f"{f.rows:,} of {f.of:,}",
            md.escape(f"{f.text} {f.effect}"),
            md.escape(f.remedy),
        ]
        for f in audit.findings
    ]
    lines = [f"**{md.escape(audit.verdict)}**", ""]
    if rows:
        lines += [md.table(["", "finding", "rows", "what", "what to do"], rows, numbers_from=9), ""]
    lines.append(f"**Split** {md.escape(split_in_words(audit))}. {md.escape(audit.contract.reason)}")
    lines += [f"- {md.escape(note)}" for note in audit.notes]
    return "\n".join(lines) + "\n"


def plain(audit: Audit) -> str:
    """Return the audit as plain text, as a terminal would show it."""
    from rich.console import Console

    stream = io.StringIO()
    # In a notebook rich would display by itself instead of writing to the stream.
    console = Console(file=stream, width=_TEXT_WIDTH, highlight=False, color_system=None, force_jupyter=False)
    console.print(as_text(audit))
    return "\n".join(line.rstrip() for line in stream.getvalue().splitlines())


@functools.cache
def _templates() -> jinja2.Environment:
    import jinja2

    return jinja2.Environment(
        loader=jinja2.PackageLoader("agentomics_nb.views", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
    )


@functools.cache
def _css() -> str:
    """Return our own style sheet, marked as safe: it holds nothing that comes from data."""
    from importlib.resources import files

    import markupsafe

    sheet = files("agentomics_nb.views").joinpath("templates", "audit.css").read_text(encoding="utf-8")
    return markupsafe.Markup(sheet)  # noqa: S704
