"""What the data are, at a glance: rows, kinds of columns, the target, gaps, repeats, and what to mind."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from agentomics_nb.audit import Audit
    from agentomics_nb.dataset import Dataset

MOST_CLASSES = 12
MOST_GAPS = 8


def data_card(dataset: Dataset, split: str, audit: Audit | None = None) -> dict[str, Any]:
    """Return the data set as JSON; every text in it is untrusted.

    Parameters
    ----------
    split : str
        How its rows are divided, and why.
    audit : Audit, optional
        What it found joins the warnings; the file's own come first.
    """
    target = dataset.target
    found = [f"{f.text} {f.effect}" for f in (audit.findings if audit is not None else ()) if f.severity != "info"]
    kinds = Counter(column.kind for column in dataset.columns)
    examples = {column.kind: column for column in reversed(dataset.columns)}
    looked_at = dataset.sampled_rows or dataset.n_rows
    gaps = sorted((c for c in dataset.columns if c.missing), key=lambda c: -c.missing)
    classes = sorted(target.counts.items(), key=lambda item: -item[1]) if target.classes else None
    shown = None if classes is None else [{"label": label, "count": rows} for label, rows in classes[:MOST_CLASSES]]
    if shown is not None and classes is not None and len(classes) > MOST_CLASSES:
        more = sum(rows for _, rows in classes[MOST_CLASSES:])
        shown.append({"label": f"{len(classes) - MOST_CLASSES} more", "count": more})
    return {
        "name": dataset.name,
        "rows": dataset.n_rows,
        "columns": len(dataset.columns),
        "kinds": [
            {"kind": kind.replace("_", " "), "count": count, "example": examples[kind].name}
            for kind, count in kinds.most_common()
        ],
        "target": target.name,
        "task": dataset.task,
        "classes": shown,
        "histogram": None if not target.histogram else {"edges": list(target.edges), "counts": list(target.histogram)},
        "missing": [{"column": c.name, "share": c.missing / max(1, looked_at)} for c in gaps[:MOST_GAPS]],
        "missing_cells": sum(c.missing for c in dataset.columns),
        "duplicates": dataset.duplicate_rows,
        "split": split,
        "warnings": [*dataset.warnings, *dataset.test_warnings, *found],
        "sampled": f"columns from a random sample of {dataset.sampled_rows:,} rows" if dataset.sampled_rows else None,
    }
