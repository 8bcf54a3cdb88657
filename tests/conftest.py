"""What several tiers of tests share: the real data beside the project, and small tables that run in seconds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    if not SHARED_DATA.is_dir():
        pytest.skip("the real data sets are not beside the project (../shared/data)")
    return SHARED_DATA


def write_small_table(directory: Path) -> Path:
    """Write a hundred and twenty real tumours, five of their measurements: an iteration takes a few seconds."""
    from sklearn.datasets import load_breast_cancer

    bunch = load_breast_cancer(as_frame=True)
    frame = bunch.frame.iloc[:120, [0, 1, 6, 7, 20]].assign(
        diagnosis=bunch.target.iloc[:120].map({0: "malignant", 1: "benign"})
    )
    path = directory / "tumours.csv"
    frame.to_csv(path, index=False)
    return path


def cohort(rows: int = 90) -> pd.DataFrame:
    """Patients whose labels are easily mistaken for numbers, and a column of names with a comma in one."""
    rng = np.random.default_rng(0)
    label = np.arange(rows) % 2
    return pd.DataFrame(
        {
            "age": rng.integers(20, 80, rows),
            "marker": (label * 3 + rng.normal(size=rows)).round(3),
            "chromosome": rng.integers(1, 9, rows),
            "site": rng.choice(["colon", "lung, left", "skin"], rows),
            "label": np.array(["01", "02"])[label],
        }
    )


@pytest.fixture(scope="session")
def cohort_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a run of one iteration on the cohort; who uses it is in the xdist group ``prediction``."""
    directory = tmp_path_factory.mktemp("prediction")
    cohort().to_csv(directory / "cohort.csv", index=False)
    cohort(40).iloc[30:].to_csv(directory / "held_out.csv", index=False)
    arguments = ["cohort.csv", "--test", "held_out.csv", "--iterations", "1", "--name", "r", "--threads", "1"]
    command = [sys.executable, "-m", "agentomics_nb.cli", "run", *arguments]
    done = subprocess.run(command, cwd=directory, check=False, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return directory / "agentomics_runs" / "r"


@pytest.fixture
def small_table(tmp_path: Path) -> Path:
    """The small table, in the test's own folder."""
    return write_small_table(tmp_path)
