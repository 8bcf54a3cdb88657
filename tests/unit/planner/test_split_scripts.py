"""The split scripts of the offline planner hold every contract, alone, in a process that knows nothing of ours."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from agentomics_nb.audit import audit, components_of
from agentomics_nb.dataset import inspect
from agentomics_nb.experiment.split import check_split
from agentomics_nb.experiment.steps import Step
from agentomics_nb.planner.offline import cells
from agentomics_nb.planner.port import Brief

if TYPE_CHECKING:
    from pathlib import Path


def families() -> pd.DataFrame:
    """Forty families of one to ten sequences, three quarters of whose letters are the same."""
    generator = np.random.default_rng(0)
    sizes = generator.integers(1, 11, 40)
    family = np.repeat(np.arange(40), sizes)
    cores = ["".join(row) for row in generator.choice(list("ACGT"), (40, 60))]
    words = [cores[f] + "".join(generator.choice(list("ACGT"), 20)) for f in family]
    start = family * 10_000 + generator.integers(0, 150, len(family))
    frame = pd.DataFrame({"sequence": words, "chr": "chr1", "start": start, "end": start + 200})
    frame["label"] = np.where(generator.random(len(frame)) < 0.3 + 0.4 * (family % 2), "case", "control")
    return frame.sample(frac=1, random_state=0)


def brief_of(directory: Path, split: str | None) -> Brief:
    dataset = inspect(directory / "data.csv")
    workspace = directory / "workspace"
    workspace.mkdir()
    return Brief(
        dataset=dataset, metric="auroc", contract=audit(dataset, split).contract, findings=(), instructions=None,
        hints=(), iteration=0, iterations=1, step=Step.SPLIT, answers={}, past=(), best=None, evaluation=None,
        diagnostics=None, difference=None, data="data.csv", validation="", workspace="workspace",
        workspace_directory=workspace, seed=0, threads=1, seconds_left=None,
    )  # fmt: skip


def divide(brief: Brief) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Write the scripts, run them, hold the outcome to the contract, and return both parts."""
    workspace = brief.workspace_directory
    for name, text in cells.split_files(brief).items():
        assert "agentomics" not in text
        (workspace / name).write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-I", "-c", "import runpy, sys; sys.path.insert(0, '.'); runpy.run_path('split.py')"],
        cwd=workspace, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    check_split(brief.dataset, brief.contract, workspace / "train.csv", workspace / "validation.csv")
    return pd.read_csv(workspace / "train.csv"), pd.read_csv(workspace / "validation.csv")


@pytest.mark.parametrize(
    ("columns", "many"),
    [(["sequence"], False), (["chr", "start", "end"], False), (["sequence"], True)],
    ids=["sequences", "intervals", "many rows"],
)
def test_components_stay_whole_and_classes_balanced(
    columns: list[str], many: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if many:
        monkeypatch.setattr(cells, "_MANY_ROWS", 100)
    frame = families()[[*columns, "label"]]
    frame.to_csv(tmp_path / "data.csv", index=False)
    brief = brief_of(tmp_path, "homology")
    relation = brief.contract.relation
    assert relation is not None
    assert relation.columns == tuple(columns)
    train, validation = divide(brief)
    both = components_of(relation, pd.concat([train, validation], ignore_index=True))
    assert not set(both[: len(train)]) & set(both[len(train) :])
    assert len(set(both.tolist())) == 40
    assert 0.15 < len(validation) / len(frame) < 0.25
    shares = [(part["label"] == "case").mean() for part in (train, validation)]
    assert abs(shares[0] - shares[1]) < 0.1


def test_rows_of_one_patient_stay_together_and_the_split_is_the_same_each_time(tmp_path: Path) -> None:
    frame = families().assign(patient=lambda rows: "P" + (rows["start"] // 10_000).astype(str))[
        ["patient", "end", "label"]
    ]
    parts = []
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        frame.to_csv(tmp_path / name / "data.csv", index=False)
        train, validation = divide(brief_of(tmp_path / name, None))
        assert not set(train["patient"]) & set(validation["patient"])
        parts.append(validation)
    pd.testing.assert_frame_equal(*parts)
