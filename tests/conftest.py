"""What several tiers of tests share: the real data beside the project, and small tables that run in seconds."""

from __future__ import annotations

from pathlib import Path

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


@pytest.fixture
def small_table(tmp_path: Path) -> Path:
    """The small table, in the test's own folder."""
    return write_small_table(tmp_path)
