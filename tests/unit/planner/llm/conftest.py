from __future__ import annotations

from pathlib import Path

import pytest

from agentomics_nb.audit import audit
from agentomics_nb.dataset import inspect
from agentomics_nb.experiment.steps import Step
from agentomics_nb.planner.port import Brief
from tests.conftest import write_small_table


@pytest.fixture(scope="session")
def tumours(tmp_path_factory):
    return inspect(write_small_table(tmp_path_factory.mktemp("tumours")))


@pytest.fixture
def brief(tumours):
    """A brief of the plan step; ``brief(step=…)`` for another one."""

    def make(**changes):
        given = {
            "dataset": tumours, "metric": "auroc", "contract": audit(tumours).contract, "findings": (),
            "instructions": None,
            "hints": (), "iteration": 0, "iterations": 3, "step": Step.PLAN, "answers": {}, "past": (), "best": None,
            "evaluation": None, "diagnostics": None, "difference": None, "data": "tumours.csv", "validation": "",
            "workspace": "agentomics_runs/t/workspace", "workspace_directory": Path("agentomics_runs/t/workspace"),
            "seed": 0, "threads": 2, "seconds_left": None,
        }  # fmt: skip
        return Brief(**(given | changes))

    return make
