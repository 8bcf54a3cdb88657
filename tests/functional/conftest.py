"""What several modules of this tier share: a finished run in a folder of a person's home, with a token in its data."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from agentomics_nb.journal.directory import RunDirectory
from tests.conftest import write_small_table

if TYPE_CHECKING:
    from pathlib import Path

TOKEN = "ghp_" + "q7Rt2Lm9Xw4Kf8Vb3NzPs5"
"""As it may stand by mistake in a table."""


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory: pytest.TempPathFactory) -> RunDirectory:
    """A run of one iteration with a test file; all who use it stand in the group "record", so that it is made once."""
    home: Path = tmp_path_factory.mktemp("homes") / "ada"
    folder = home / "secret-study"
    folder.mkdir(parents=True)
    table = pd.read_csv(write_small_table(folder)).assign(note=[TOKEN if i % 2 else f"n{i}" for i in range(120)])
    table.iloc[:90].to_csv(folder / "tumours.csv", index=False)
    table.iloc[90:].to_csv(folder / "held_out.csv", index=False)
    command = [sys.executable, "-m", "agentomics_nb.cli", "run", "tumours.csv", "--test", "held_out.csv"]
    command += ["--iterations", "1", "--name", "first", "--threads", "1"]
    environment = os.environ | {"HOME": str(home)}
    done = subprocess.run(
        command, cwd=folder, env=environment, check=False, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return RunDirectory(folder / "agentomics_runs" / "first")
