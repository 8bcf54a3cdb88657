from __future__ import annotations

import pytest

from agentomics_nb.experiment.steps import Step
from agentomics_nb.journal import events as ev
from agentomics_nb.journal.state import CellState
from agentomics_nb.views.scores import Score
from agentomics_nb.views.snapshot import clock, command_line

from .simulated_run import STARTED, iteration, running_cell, score, shot_of, started


def test_before_the_first_event_a_run_starts(run):
    shot = shot_of(run, [])
    assert (shot.word, shot.at_work, shot.activity, shot.rows) == ("starting", True, "the engine starts", ())


def test_the_step_at_work_is_told_from_those_done_and_to_do(run):
    shot = shot_of(run, [started(), *iteration(0, upto=Step.TRAINING)])
    progress = dict(shot.steps)
    assert (progress["Plan"], progress["Training"], progress["Reflection"]) == ("done", "now", "todo")
    assert shot.activity == "training"


def test_clocks_run_between_events_while_a_cell_runs(run):
    events = [started(), *iteration(0, upto=Step.TRAINING), running_cell("%%bash\ncd runs/x\npython train.py --seed 0")]
    last = STARTED + len(events) - 1
    shot = shot_of(run, events, now=last + 41)
    assert shot.command == "python train.py --seed 0"
    assert shot.command_seconds == 41
    assert shot.seconds == last - STARTED + 41


def test_clocks_stand_still_when_a_run_has_ended(run):
    events = [started(), *iteration(0), ev.RunEnded(status="finished", reason="All iterations are done.")]
    shot = shot_of(run, events, now=STARTED + 10_000)
    assert shot.seconds == len(events) - 1
    assert not shot.at_work
    assert shot.steps == ()


def test_the_best_row_has_its_interval_and_gap(run):
    shot = shot_of(run, [started(), *iteration(0), *iteration(1)])
    assert shot.best is not None
    assert (shot.best.number, shot.best.validation) == (1, Score(0.785, 0.766, 0.804))
    assert shot.best.gap == pytest.approx(0.08)
    assert [row.best for row in shot.rows] == [False, True]


def test_the_test_score_appears_only_when_the_test_was_opened(run):
    events = [started(), *iteration(0)]
    assert shot_of(run, events).test is None
    opened = ev.TestEvaluated(scores=score(0.84, 0.82, 0.86))
    assert shot_of(run, [*events, opened]).test == Score(0.84, 0.82, 0.86)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (41.9, "0:41"), (252, "4:12"), (3723, "1:02:03"), (90000, "25:00:00")]
)
def test_times_read_like_a_stopwatch(seconds, text):
    assert clock(seconds) == text


@pytest.mark.parametrize(
    ("role", "source", "text"),
    [
        ("bash", "%%bash\ncd runs/a b\nset -e\npython train.py", "python train.py"),
        ("file", '%%writefile "runs/a b/features.py"\nimport os', "write features.py"),
        ("file", "%%writefile runs/a/train.py\n", "write train.py"),
        ("python", "# look\nimport pandas as pd\npd.DataFrame()", "import pandas as pd"),
        ("bash", "%%bash\npython " + "x" * 200, "python " + "x" * 82 + "…"),
        ("bash", "", ""),
    ],
)
def test_a_cell_is_told_in_one_line(role, source, text):
    cell = CellState("c", "code", role, source, 0, None, 0, 0.0)
    assert command_line(cell) == text
