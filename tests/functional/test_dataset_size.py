"""Large tables are inspected from a sample, within a few times the memory that pandas needs for them once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import csv, parquet

from agentomics_nb.dataset import inspect
from agentomics_nb.dataset.survey import Thinning, sample_size

PEAK = """
import re, sys
from pathlib import Path
import pandas, pyarrow.csv, pyarrow.parquet, charset_normalizer
from agentomics_nb.dataset import inspect
peak = lambda: int(re.search(r"VmHWM:\\s*(\\d+) kB", Path("/proc/self/status").read_text())[1]) * 1024
before = peak()
inspect(Path(sys.argv[1]))
print(peak() - before)
"""
"""The high-water mark of the process's own memory; getrusage would count the parent's too."""


def peak_of_inspection(path) -> int:
    """Return by how many bytes the inspection raises the peak memory of a fresh process."""
    done = subprocess.run([sys.executable, "-c", PEAK, str(path)], capture_output=True, text=True, check=True)
    return int(done.stdout)


@pytest.fixture(scope="module")
def tall(tmp_path_factory) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    rows = 1_000_000
    frame = pd.DataFrame({f"f{i}": rng.normal(size=rows).round(3) for i in range(10)})
    frame["sequence"] = np.array(["".join(rng.choice(list("ACGT"), 30)) for _ in range(500)])[
        rng.integers(0, 500, rows)
    ]
    frame["target"] = np.where(np.arange(rows) < rows // 2, "first", "second")
    frame.loc[rows - 1, "target"] = None
    frame.attrs["csv"] = str(tmp_path_factory.mktemp("tall") / "tall.csv")
    csv.write_csv(pa.Table.from_pandas(frame, preserve_index=False), frame.attrs["csv"])
    return frame


def test_a_tall_table_is_sampled_but_its_labels_are_counted_in_full(tall):
    found = inspect(Path(tall.attrs["csv"]))
    assert found.train.rows == len(tall)
    assert found.target.counts == {"first": len(tall) // 2, "second": len(tall) // 2 - 1}
    assert found.sampled_rows is not None
    assert sample_size(12) / 2 <= found.sampled_rows <= sample_size(12)
    assert any("random sample" in warning for warning in found.warnings)
    assert found.column("sequence").kind == "nucleotide"
    assert found.column("f0").mean == pytest.approx(tall["f0"].mean(), abs=0.05)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads the peak memory from /proc")
def test_a_tall_table_never_stands_in_memory_twice(tall, tmp_path):
    whole = int(tall.memory_usage(deep=True).sum())
    assert peak_of_inspection(Path(tall.attrs["csv"])) < 2 * whole
    tall.to_parquet(tmp_path / "tall.parquet")
    assert peak_of_inspection(tmp_path / "tall.parquet") < 2.3 * whole  # the process and its modules count, too


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads the peak memory from /proc")
@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_wide_table_is_taken_in_parts(tmp_path, suffix):
    values = np.random.default_rng(0).normal(6, 2, size=(500, 20_000)).round(4)
    frame = pd.DataFrame(values, columns=[f"gene{i}" for i in range(20_000)]).assign(target=["x", "y"] * 250)
    path = tmp_path / f"wide{suffix}"
    table = pa.Table.from_pandas(frame, preserve_index=False)
    csv.write_csv(table, path) if suffix == ".csv" else parquet.write_table(table, path)
    # Descriptions of 20,000 columns take as much as their values; all columns at once took nine times the values.
    assert peak_of_inspection(path) < 4 * values.nbytes


@pytest.mark.slow
def test_twenty_thousand_columns_are_inspected(tmp_path):
    rng = np.random.default_rng(0)
    columns = [f"gene{i}" for i in range(20_000)]
    frame = pd.DataFrame(rng.negative_binomial(0.5, 0.01, size=(300, 20_000)), columns=columns)
    frame.insert(0, "target", rng.integers(0, 2, 300))
    csv.write_csv(pa.Table.from_pandas(frame, preserve_index=False), tmp_path / "wide.csv")
    found = inspect(tmp_path / "wide.csv")
    assert (found.train.rows, len(found.columns)) == (300, 20_000)
    assert len(found.columns_of("count")) > 19_900
    assert sum(found.target.counts.values()) == 300


def test_repeats_far_apart_are_found_in_a_sampled_table(tmp_path):
    rows = [f"{i},{i * 7 % 11},{i % 2}\n" for i in range(50_000)]
    (tmp_path / "data.csv").write_text("n,a,target\n" + "".join(rows) + rows[5] + rows[40_000])
    found = inspect(tmp_path / "data.csv")
    assert found.sampled_rows is not None
    assert found.duplicate_rows == 2


def test_the_sample_is_uniform_whatever_the_order_of_the_rows():
    thinning = Thinning(1000)
    for start in range(0, 100_000, 7000):
        count = min(7000, 100_000 - start)
        thinning.keep([start + int(i) for i in thinning.choose(count)])
    kept = np.array(thinning.kept)
    assert 500 <= len(kept) <= 1000
    assert (np.diff(kept) > 0).all()
    assert np.histogram(kept, 10, (0, 100_000))[0].min() > len(kept) / 10 * 0.6
    assert abs((kept % 2).mean() - 0.5) < 0.06
