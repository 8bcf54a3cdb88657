"""A run to look at; its events differ from test to test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .simulated_run import make_run

if TYPE_CHECKING:
    from pathlib import Path

    from agentomics_nb.journal.directory import RunDirectory


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunDirectory:
    directory: Path = tmp_path_factory.mktemp("views")
    return make_run(directory, iterations=5, time_limit=600.0, name="genes-1")
