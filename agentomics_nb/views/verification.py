"""What came of verifying a record, for the terminal and for the notebook."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from agentomics_nb import markdown as md
from agentomics_nb.evaluation.metrics import METRICS

if TYPE_CHECKING:
    from rich.console import RenderableType

    from agentomics_nb.record.verification import Check, Verification
    from agentomics_nb.recording import Exported

_HELD_BY = {
    "bubblewrap": "without network, under bubblewrap",
    "landlock": "without network, under Landlock",
    "none": "with network: nothing isolates programs on this machine",
}
_MOST_TOLD = 12


def as_text(found: Verification) -> RenderableType:
    """Return the outcome for a terminal."""
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 1))
    for check in found.checks:
        text = Text("\n".join([check.text, *(f"  {line}" for line in _told(check))]))
        grid.add_row(Text(_mark(check), style="green" if check.holds else "red"), Text(check.name, "bold"), text)
    grid.add_row("", "", Text("\n" + " ".join(_ends(found)), style="bold"))
    return grid


def as_bundle(found: Verification) -> dict[str, str]:
    """Return the outcome as a mime bundle: Markdown and plain text."""
    rows = [[_mark(c), md.escape(c.name), "<br>".join(md.escape(t) for t in (c.text, *_told(c)))] for c in found.checks]
    text = [f"**{md.escape(found.verdict)}** {' '.join(map(md.escape, _ends(found)[1:]))}".strip(), ""]
    text.append(md.table(["", "checked", "found"], rows, numbers_from=3))
    if found.metrics:
        told = [
            [m.part, METRICS[m.metric].label, _exact(m.recorded), _exact(m.replayed), _apart(m.recorded, m.replayed)]
            for m in found.metrics
        ]
        table = md.table(["", "metric", "recorded", "replayed", "apart"], told, numbers_from=2)
        text += ["", f"<details><summary>All {len(told)} metrics</summary>", "", table, "", "</details>"]
    lines = [f"{_mark(c)} {c.name}: {' '.join((c.text, *_told(c)))}" for c in found.checks]
    return {"text/markdown": "\n".join(text), "text/plain": "\n".join([*lines, " ".join(_ends(found))])}


def exported_bundle(made: Exported) -> dict[str, str]:
    """Return what an export wrote as a mime bundle, with links to what one opens first."""
    record = made.record
    links = [
        f"[{md.escape(words)}](<{Path(os.path.relpath(path)).as_posix()}>)"
        for words, path in (("page", record.page), ("notebook", record.replay), ("report card", record.card))
    ]
    said = {"text/markdown": f"{md.escape(made.text)}: {', '.join(links)}.", "text/plain": f"{made.text}."}
    if made.verification is None:
        return said
    found = as_bundle(made.verification)
    return {kind: f"{text}\n\n{found[kind]}" for kind, text in said.items()}


def _ends(found: Verification) -> list[str]:
    """Return the verdict, and under what conditions it was reached."""
    if found.isolation is None:
        return [found.verdict]
    return [found.verdict, f"It took {found.seconds:.0f} s, {_HELD_BY[found.isolation]}."]


def _mark(check: Check) -> str:
    return "✓" if check.holds else "✗"


def _told(check: Check) -> list[str]:
    shown = list(check.differences[:_MOST_TOLD])
    more = len(check.differences) - len(shown)
    return shown + ([f"and {more} more"] if more else [])


def _exact(value: float | None) -> str:
    return "–" if value is None else f"{value:.6f}"


def _apart(one: float | None, other: float | None) -> str:
    return "–" if one is None or other is None else f"{abs(one - other):.1e}" if one != other else "0"
