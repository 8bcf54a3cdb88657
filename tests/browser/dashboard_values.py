"""What a kernel could tell a dashboard: made-up runs in the states that a person meets, and in some hostile ones."""

from __future__ import annotations

import math
from typing import Any

NOW = 1_795_000_000.0
HOSTILE = '<img src=x onerror="window.broken=true">'
STEPS = (
    "Plan", "Exploration", "Split", "Representation", "Architecture", "Training", "Inference", "Analysis",
    "Evaluation", "Reflection",
)  # fmt: skip
IDEAS = (
    "k-mers of each strand, logistic regression",
    "3-mer × 3-mer cross features, logistic regression",
    "stems and seed diagonal of the pair matrix, boosting",
    "a small convolutional network on the pair matrix, with a deliberately long idea that says why",
    "stems of iteration 2 with isotonic calibration",
)


def running(step: int = 5) -> dict[str, Any]:
    """A run in its fifth iteration, training a network."""
    return {
        "board": board(step),
        "load": {
            "cpu": 0.96, "memory_used": 3 * 2**30, "memory_total": 16 * 2**30,
            "gpus": [{"name": "NVIDIA A100", "busy": 0.71, "used": 12 * 2**30, "total": 80 * 2**30}],
        },
        "iterations": iterations(
            [0.531, 0.785, 0.862, 0.848, None], [0.612, 0.865, 0.905, 0.981, None],
            baselines=[{"label": "constant prediction", "value": 0.5}, {"label": "3-mers + LR", "value": 0.74}],
        ),
        "training": training(9),
        "reflections": [reflection(3), reflection(2), reflection(1), reflection(0)],
        "dataset": dataset(),
    }  # fmt: skip


def starting() -> dict[str, Any]:
    """A run whose engine starts."""
    return running() | {
        "board": board(None) | {"status": None, "word": "starting", "mark": "…", "iteration": None, "done": 0},
        "iterations": iterations([], []),
        "training": None,
        "reflections": [],
    }


def unscored() -> dict[str, Any]:
    """A run in its first iteration, nothing evaluated yet."""
    return running() | {
        "board": board(1) | {"iteration": 0, "done": 0, "step_expected": None},
        "iterations": iterations([None], [None]),
        "training": None,
        "reflections": [],
    }


def waiting() -> dict[str, Any]:
    """A run that asks before it runs a cell."""
    found = running()
    found["board"] |= {
        "waiting": True, "ticking": False, "word": "waiting for you", "mark": "?",
        "command": "python train.py --epochs 40",
        "activity": "Training: this cell waits for your decision",
    }  # fmt: skip
    return found


def paused() -> dict[str, Any]:
    """A run that a person paused."""
    found = running()
    found["board"] |= {"status": "paused", "word": "paused", "mark": "‖", "ticking": False, "command": None}
    return found


def writing() -> dict[str, Any]:
    """A run whose newest reflection is being written."""
    found = running(9)
    found["reflections"] = [
        reflection(4) | {"headline": "", "chips": [], "next": [], "next_idea": None, "writing": True},
        *found["reflections"],
    ]
    return found


def regression() -> dict[str, Any]:
    """A run on a number, with values below nought and a metric that is to be small."""
    found = running()
    found["board"] |= {"metric": "R²", "metric_key": "r2"}
    found["iterations"] = iterations([-1.42, -0.31, 0.124, 0.118], [-0.9, 0.2, 0.41, 0.77], key="r2", label="R²")
    found["iterations"]["metrics"]["rmse"] = {
        **metric("RMSE", [1870.2, 1433.9, 1210.5, 1212.8], [1650, 1200, 1000, 610]),
        "greater_is_better": False,
    }
    found["dataset"] |= {
        "task": "regression", "target": "expression", "classes": None,
        "histogram": {
            "edges": [i * 120.5 for i in range(21)],
            "counts": [int(900 * math.exp(-((i - 7) ** 2) / 18)) for i in range(20)],
        },
    }  # fmt: skip
    return found


def thousand() -> dict[str, Any]:
    """A run of a thousand iterations and a training of a thousand points."""
    values = [0.9 - 0.4 * math.exp(-i / 150) + 0.02 * math.sin(i * 1.7) for i in range(1000)]
    found = running()
    found["board"] |= {"iteration": 999, "iterations": 1200, "done": 999}
    found["iterations"] = iterations(values, [value + 0.05 for value in values])
    x = list(range(1, 1001))
    found["training"] = training(9) | {
        "x": x,
        "total": 1000,
        "series": [
            {"name": "loss", "part": part, "y": [math.exp(-i / rate) + shift for i in x]}
            for part, rate, shift in (("train", 150, 0.1), ("held-out", 170, 0.2))
        ],
    }
    return found


def hostile() -> dict[str, Any]:
    """A run whose every text is an attack."""

    def spoil(value: Any) -> Any:
        if isinstance(value, str):
            return HOSTILE
        if isinstance(value, list):
            return [spoil(one) for one in value]
        if isinstance(value, dict):
            return {key: spoil(one) for key, one in value.items()}
        return value

    found = {name: spoil(value) for name, value in running().items()}
    found["board"] |= {"status": "running", "metric_key": "auprc"}
    found["iterations"]["status"] = ["failed"] * len(found["iterations"]["number"])
    found["reflections"][0]["html"] = (
        f"<p onclick='window.broken=true' style='position:fixed'>kept {HOSTILE}<script>window.broken=true</script></p>"
        "<a href='javascript:window.broken=true'>link</a><svg onload='window.broken=true'></svg>"
    )
    return found


STATES = {
    state.__name__: state
    for state in (running, starting, unscored, waiting, paused, writing, regression, thousand, hostile)
}


def board(step: int | None) -> dict[str, Any]:
    """Where a run stands, at a step of its fifth iteration."""
    progress = ["todo" if step is None else "done" if i < step else "now" if i == step else "todo" for i in range(10)]
    return {
        "run": "ago2-3f9c21d0", "data": "ago2.csv", "planner": "offline", "metric": "AUPRC", "metric_key": "auprc",
        "greater_is_better": True, "status": "running", "word": "running", "mark": "●", "reason": None, "at_work": True,
        "alive": True, "waiting": False, "iteration": 4, "iterations": 6, "done": 4,
        "step": None if step is None else STEPS[step],
        "steps": [
            {"key": title.lower(), "title": title, "progress": how} for title, how in zip(STEPS, progress, strict=True)
        ],
        "activity": "" if step is None else STEPS[step], "command": "python train.py", "command_started": NOW - 41,
        "step_started": NOW - 48, "step_expected": 73.0, "seconds": 252.0, "now": NOW, "ticking": True,
        "time_limit": 600.0, "cost_usd": 0.41, "budget": 2.5, "meter": "$0.41, 61 k tokens",
        "notices": [["info", "The split keeps genes together."], ["warning", "84 % of the rows repeat a gene."]],
        "hints": ["try a small network on the pair matrix next"], "path": "agentomics_runs/ago2-3f9c21d0",
        "current_cell": "3f9c21d0-04-training-12", "test": None, "complaint": None,
    }  # fmt: skip


def metric(label: str, value: list[float | None], train: list[float | None]) -> dict[str, Any]:
    """A metric over the iterations, with intervals."""
    wide = [None if v is None else max(0.014, abs(v) * 0.03) for v in value]
    return {
        "label": label, "greater_is_better": True, "train": train, "value": value,
        "low": [None if v is None or w is None else v - w for v, w in zip(value, wide, strict=True)],
        "high": [None if v is None or w is None else v + w for v, w in zip(value, wide, strict=True)],
        "baselines": [],
    }  # fmt: skip


def iterations(
    value: list[float | None],
    train: list[float | None],
    *,
    key: str = "auprc",
    label: str = "AUPRC",
    baselines: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """Iterations with these scores; the last one is at work where it has none."""
    n = len(value)
    scored = [(v, i) for i, v in enumerate(value) if v is not None]
    auroc = [None if v is None else min(0.99, abs(v) * 0.2 + 0.75) for v in value]
    metrics = {
        key: metric(label, value, train) | {"baselines": baselines or []},
        "auroc": metric("AUROC", auroc, auroc),
    }
    return {
        "number": list(range(n)), "idea": [IDEAS[i % len(IDEAS)] for i in range(n)],
        "status": ["running" if v is None else "ok" for v in value], "reason": [None] * n,
        "representation": ["k-mer counts"] * n, "model": ["logistic regression"] * n,
        "parent": [None if i == 0 else i - 1 for i in range(n)],
        "changes": ["" if i == 0 else "model: logistic regression → boosting" for i in range(n)],
        "seconds": [None if v is None else 3.0 + i % 40 for i, v in enumerate(value)],
        "files": ["train.py, model.joblib, inference.py"] * n, "cell": [f"3f9c21d0-{i:02d}-plan-00" for i in range(n)],
        "best": max(scored)[1] if scored else None, "metrics": metrics if scored else {},
    }  # fmt: skip


def training(epoch: int) -> dict[str, Any]:
    """Curves of a network after some of its twelve epochs."""
    x = list(range(1, epoch + 1))
    return {
        "iteration": 4, "unit": "epoch", "total": 12, "x": x, "network": "network 2 of 3",
        "series": [
            {"name": "loss", "part": "train", "y": [0.75 * math.exp(-i / 6) for i in x]},
            {"name": "loss", "part": "held-out", "y": [0.72 * math.exp(-i / 7) + 0.04 + 0.004 * i for i in x]},
            {"name": "auroc", "part": "held-out", "y": [0.9 - 0.4 * math.exp(-i / 3) for i in x]},
        ],
    }  # fmt: skip


def reflection(number: int) -> dict[str, Any]:
    """What an agent makes of an iteration."""
    return {
        "iteration": number,
        "headline": "The network learns the training rows by heart; the stems of iteration 2 still lead.",
        "html": "<p>Each strand alone scores below chance, their 3-mer products reach <strong>.76 AUROC</strong>: the "
        "label lies in how the two pair. Genes repeat in 84 % of rows, so the split stays grouped by "
        "<code>gene_cluster_ID</code>.</p><ul><li>train .981, validation .848</li></ul>",
        "chips": [
            {"code": "overfitting", "tone": "bad", "evidence": "gap .133 between train .981 and validation .848"},
            {"code": "imbalance", "tone": "warn", "evidence": "12 % of the rows are cases"},
            {"code": "converged", "tone": "good", "evidence": "loss flat over the last 3 epochs"},
            {"code": "data hungry", "tone": "plain", "evidence": "half of the rows cost .031"},
        ],
        "next_idea": "calibrate the boosting of iteration 2",
        "next": [
            {"step": "Representation", "text": "base-pair matrix, longest stems per miRNA position"},
            {"step": "Architecture", "text": "boosting, isotonic calibration on grouped folds"},
        ],
        "writing": False,
    }


def dataset() -> dict[str, Any]:
    """A table of pairs of sequences."""
    return {
        "name": "ago2.csv", "rows": 8193, "columns": 7,
        "kinds": [
            {"kind": "sequence", "count": 2, "example": "gene"}, {"kind": "number", "count": 4, "example": "length"},
            {"kind": "category", "count": 1, "example": "gene_cluster_ID"},
        ],
        "target": "label", "task": "binary",
        "classes": [{"label": "not bound", "count": 7210}, {"label": "bound", "count": 983}], "histogram": None,
        "missing": [{"column": "conservation", "share": 0.18}, {"column": "length", "share": 0.004}],
        "missing_cells": 1510, "duplicates": 12, "split": "Grouped by gene_cluster_ID: 84 % of the rows share one.",
        "warnings": ["84 % of the rows share a gene_cluster_ID."], "sampled": None,
    }  # fmt: skip
