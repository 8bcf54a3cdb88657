"""What the score of the best iteration is worth: computed from kept predictions, recorded, told, and never fatal."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from agentomics_nb.evaluation.worth import Worth
from agentomics_nb.experiment.loop import Experiment
from agentomics_nb.journal import events as ev
from agentomics_nb.journal.directory import Origin, RunDirectory
from agentomics_nb.journal.journal import Journal
from agentomics_nb.journal.state import RunState, read_state
from agentomics_nb.journal.writer import JournalWriter
from agentomics_nb.launch import prepare
from agentomics_nb.options import RunOptions
from tests.unit.views.simulated_run import iteration

if TYPE_CHECKING:
    from pathlib import Path

ITERATIONS = 4
TISSUES = np.array(["liver", "<b>lung</b>", "skin"])


@pytest.fixture
def run(tmp_path: Path) -> RunDirectory:
    """A run whose iterations are equally good, timid, and guess in one tissue; genes group the rows."""
    generator = np.random.default_rng(0)
    rows = 600
    frame = pd.DataFrame(
        {
            "gene": [f"gene {number}" for number in generator.integers(0, 120, rows)],
            "tissue": generator.choice(TISSUES, rows),
            "depth": generator.normal(size=rows).round(3),
            "label": generator.choice(["case", "control"], rows),
        }
    )
    frame.to_csv(tmp_path / "data.csv", index=False)
    options = RunOptions(data="data.csv", split="group=gene", metric="auroc", iterations=ITERATIONS)
    made = prepare(options, origin=Origin(directory=str(tmp_path), door="cli"))
    made.split.mkdir()
    frame.iloc[:200].to_csv(made.split / "train.csv", index=False)
    frame.iloc[200:].to_csv(made.split / "validation.csv", index=False)
    for number in range(ITERATIONS):
        place = made.iteration(number) / "predictions"
        place.mkdir(parents=True)
        truth = (frame["label"].iloc[200:] == "control").to_numpy()
        hard = (frame["tissue"].iloc[200:] == TISSUES[1]).to_numpy()
        right = generator.random(400) < np.where(hard, 0.5, 0.9)
        control = np.where(truth == right, 0.55, 0.25) + generator.uniform(-0.13, 0.13, 400)
        table = pd.DataFrame({"prediction": np.where(control >= 0.5, "control", "case")})
        table["probability_case"], table["probability_control"] = 1 - control, control
        table.to_csv(place / "validation.csv", index=False)
    made.best.mkdir()
    return made


def conclude(run: RunDirectory) -> RunState:
    """Let the experiment of a run whose iterations have ended come to its end."""
    with JournalWriter(run.events) as writer:
        journal = Journal(writer, read_state(run), lambda event: None)
        if not journal.state.iterations:
            journal.write(ev.RunStarted(pid=1, attempt=1, planner="offline"))
            for number in range(ITERATIONS):
                for event in iteration(number):
                    with journal.within(number, event.step):
                        journal.write(event)
        Experiment(run, run.read_record(), None, None, journal).conclude()  # type: ignore[arg-type] - nothing is run
    return journal.state


def last_cell(state: RunState) -> str:
    return next(reversed(state.cells.values())).source


def test_the_worth_is_recorded_and_told(run: RunDirectory) -> None:
    state = conclude(run)
    worth = Worth.model_validate(read_state(run).worth)
    assert worth.optimism.chosen_from == ITERATIONS
    assert "by group" in (worth.optimism.corrected.note or "")
    assert worth.threshold is not None
    assert (worth.threshold.positive, worth.threshold.metric) == ("control", "balanced_accuracy")
    assert 0.35 < (worth.threshold.cut_off.value or 0) < 0.45
    assert {each.by for each in worth.slices.slices} >= {"class", "category", "group_size", "similarity"}
    hard = next(each for each in worth.slices.slices if each.level == TISSUES[1])
    told = last_cell(state)
    assert "**Optimism.** Having been chosen flatters its auroc by" in told
    assert "a little optimistic" not in told
    assert "**Cut-off.** `control` from a probability of ." in told
    assert (hard.differs, hard.is_worse) == (True, True)
    assert f"- `tissue` &lt;b&gt;lung&lt;/b&gt;, {hard.rows} rows: " in told
    assert "<b>" not in told


def test_a_worth_that_cannot_be_computed_costs_no_run(run: RunDirectory, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree(run.iteration(1) / "predictions")
    state = conclude(run)
    assert "Traceback" in capsys.readouterr().err
    assert state.worth is None
    assert "which makes its validation score a little optimistic" in last_cell(state)


def test_another_conclusion_judges_anew_and_another_best_forgets(run: RunDirectory) -> None:
    first = conclude(run).worth
    assert first is not None
    again = conclude(run)
    assert again.worth == first
    again.apply(ev.BestChanged(iteration=0, reason="better"))
    assert again.worth is None
