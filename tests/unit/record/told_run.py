"""A notebook as a record tells a run: headings, folded files, commands, figures, tables, and an error."""

from __future__ import annotations

from typing import Any

# One black point.
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><circle cx="4" cy="4" r="4"/></svg>'
TABLE = (
    "<div>\n<style scoped>\n    .dataframe tbody tr th { vertical-align: top; }\n</style>\n"
    '<table border="1" class="dataframe">\n  <thead>\n    <tr style="text-align: right;">\n      <th></th>\n'
    "      <th>sequence</th>\n    </tr>\n  </thead>\n  <tbody>\n    <tr>\n      <th>405</th>\n      <td>ACTTAG</td>\n"
    "    </tr>\n  </tbody>\n</table>\n</div>"
)
FILE = '"""Counts of short words."""\n\nimport numpy as np\n\nK = 3\n'


def markdown(source: str, *tags: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "id": "", "metadata": {"tags": list(tags)}, "source": source}


def code(source: str, *outputs: dict[str, Any], tags: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "cell_type": "code", "id": "", "metadata": {"tags": list(tags)}, "source": source,
        "execution_count": None, "outputs": list(outputs),
    }  # fmt: skip


def printed(text: str, name: str = "stdout") -> dict[str, Any]:
    return {"output_type": "stream", "name": name, "text": text}


def display(**data: Any) -> dict[str, Any]:
    """Return an output; ``image_png`` stands for ``image/png``."""
    kinds = {kind.replace("_", "/", 1).replace("_", "+"): value for kind, value in data.items()}
    return {"output_type": "display_data", "data": kinds, "metadata": {}}


def error(*lines: str) -> dict[str, Any]:
    return {"output_type": "error", "ename": "ValueError", "evalue": "no", "traceback": list(lines)}


def notebook(*cells: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    numbered = [cell | {"id": f"c{place}"} for place, cell in enumerate(cells)]
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": numbered}


def record() -> dict[str, Any]:
    def row(number: int, value: float, **more: Any) -> dict[str, Any]:
        interval = {"value": value, "low": value - 0.04, "high": value + 0.03}
        return {"number": number, "idea": f"idea {number}", "status": "finished", "train": 0.99, "validation": interval,
                "best": False} | more  # fmt: skip

    return {
        "created": "2026-03-01T12:30:05+00:00",
        "version": "0.1.0",
        "data": [{"name": "train.csv", "sha256": "ab" * 32, "bytes": 126965}],
        "iterations": [
            row(0, 0.81),
            row(1, 0.95, best=True),
            row(2, 0.0, validation=None, train=None, status="failed"),
        ],
        "metric": "auroc",
        "test": {"value": 0.94, "low": 0.91, "high": 0.96},
        "environment": {"python": "3.11.7", "numpy": "2.3.1"},
        "hardware": {"cpu": "AMD EPYC", "cores": 2, "memory": 25276510208},
        "seed": 0,
        "threads": 2,
        "author": "A. Researcher",
        "licence": "CC-BY-4.0",
    }


def told_run() -> dict[str, Any]:
    """Return the notebook."""
    return notebook(
        markdown("# Splice junctions: predict `target`\n\n**Data.** 2,000 rows. Loss $a_b < c_d$."),
        code("SEED = 0", tags=("parameters",)),
        markdown("## Iteration 0 · words\n\n> **Plan.** Begin simply."),
        markdown("### Exploration\n\nHow many rows has each class?"),
        code(
            "import pandas as pd\n\n\ndef shares(rows):\n    return rows\n",
            printed("rows: 2,000\n"),
            display(image_png=PNG, text_plain="<Figure size 640x480 with 1 Axes>"),
            display(image_svg_xml=SVG),
            display(text_html=TABLE, text_plain="   sequence"),
            tags=("folded",),
        ),
        markdown("### Reflection\n\nIt **overfits**.", "folded"),
        markdown("## Iteration 1 ★: positions"),
        code(f"%%writefile work/features.py\n{FILE}", printed("Writing work/features.py\n"), tags=("folded",)),
        code(
            "%%bash\ncd work || exit 1\npython train.py",
            printed("".join(f"epoch {n}\n" for n in range(40))),
            tags=("folded",),
        ),
        code("1 / 0", error("\x1b[31mZeroDivisionError\x1b[0m: division by zero")),
        markdown("## Result\n\n| | train |\n|---|--:|\n| best | .99 |"),
        language_info={"name": "python"},
        agentomics={"run": "splice-1", "planner": "offline", "record": record()},
    )
