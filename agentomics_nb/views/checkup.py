"""The doctor's findings, for the terminal and for the notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentomics_nb import markdown as md

if TYPE_CHECKING:
    from rich.console import RenderableType

    from agentomics_nb.doctor import Check, Findings

_MARKS = {"ok": "✓", "note": "·", "warning": "!", "missing": "✗"}
_COLOURS = {"ok": "green", "note": "blue", "warning": "yellow", "missing": "red"}


def as_text(findings: Findings) -> RenderableType:
    """Return the findings for a terminal."""
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 1))
    for check in findings.checks:
        text = Text(check.text)
        if check.remedy:
            text.append(f"\n→ {check.remedy}", style="bold")
        grid.add_row(Text(_MARKS[check.level], style=_COLOURS[check.level]), Text(check.name, "bold"), text)
    grid.add_row("", "", Text(f"\n{verdict(findings)}", style="bold"))
    return grid


def as_bundle(findings: Findings) -> dict[str, str]:
    """Return the findings as a mime bundle."""
    lines = [_line(check) for check in findings.checks]
    rows = [[_MARKS[c.level], md.escape(c.name), _told(c)] for c in findings.checks]
    table = md.table(["", "checked", "found"], rows, numbers_from=3)
    return {
        "text/plain": "\n".join([*lines, verdict(findings)]),
        "text/markdown": f"{table}\n\n**{verdict(findings)}**",
    }


def verdict(findings: Findings) -> str:
    """Return the outcome in a sentence."""
    missing = [check.name for check in findings.checks if check.level == "missing"]
    if missing:
        return f"A run cannot work here yet: mend {', '.join(missing)}."
    return "A run can work here."


def _line(check: Check) -> str:
    remedy = f"\n  → {check.remedy}" if check.remedy else ""
    return f"{_MARKS[check.level]} {check.name}: {check.text}{remedy}"


def _told(check: Check) -> str:
    remedy = f"<br>→ {md.code(check.remedy)}" if check.remedy else ""
    return md.escape(check.text) + remedy
