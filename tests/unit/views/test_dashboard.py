from __future__ import annotations

import json

from agentomics_nb.experiment.steps import Step
from agentomics_nb.journal import events as ev
from agentomics_nb.journal.state import fold
from agentomics_nb.views.dashboard.board import board, expected_seconds
from agentomics_nb.views.dashboard.data_card import data_card
from agentomics_nb.views.dashboard.iterations import iterations
from agentomics_nb.views.dashboard.load import Load
from agentomics_nb.views.dashboard.reflections import reflections, safe_html
from agentomics_nb.views.dashboard.training import training

from .simulated_run import STARTED, iteration, running_cell, started, timed


def folded(*events):
    return fold(timed([started(), *events]))


def test_the_board_says_where_the_run_stands_and_how_long_the_step_took_before(run):
    state = folded(
        *iteration(0), *iteration(1, upto=Step.TRAINING), running_cell("%%bash\ncd w\npython train.py", iteration=1)
    )
    found = board(run.read_record(), state, run.path, now=STARTED + 100)
    assert (found["iteration"], found["done"], found["command"]) == (1, 1, "python train.py")
    assert found["step_expected"] == expected_seconds(state, Step.TRAINING) == 1.0
    assert found["ticking"]
    assert [step["progress"] for step in found["steps"]] == ["done"] * 5 + ["now"] + ["todo"] * 4
    json.dumps(found)


def test_a_limit_that_was_changed_is_the_one_shown(run):
    state = folded(ev.LimitChanged(name="iterations", value=9), ev.LimitChanged(name="time_limit", value=60.0))
    found = board(run.read_record(), state, run.path, now=STARTED)
    assert (found["iterations"], found["time_limit"]) == (9, 60.0)


def test_iterations_stand_in_columns_with_what_differs_from_their_parents(run):
    def answered(number, parent, depth, encoding):
        plan = {"idea": f"idea {number}", "reason": "r", "instructions": {}, "parent": parent, "recipe": None}
        said = {
            Step.PLAN: plan,
            Step.REPRESENTATION: {"encoding": encoding, "reason": "r"},
            Step.ARCHITECTURE: {"model": "trees", "hyperparameters": {"depth": depth, "rate": 0.1}, "reason": "r"},
        }
        return [
            e.model_copy(update={"answer": said[e.step]}) if isinstance(e, ev.StepEnded) and e.step in said else e
            for e in iteration(number)
        ]

    state = folded(*answered(0, None, 3, "k-mers"), *answered(1, 0, 5, "k-mers"), *answered(2, 1, 5, "letters"))
    found = iterations(run.read_record(), state)
    assert found["changes"] == ["", "depth: 3 → 5", "representation: k-mers → letters"]
    assert found["metrics"]["auroc"]["value"] == [0.531, 0.785, 0.862]
    assert found["metrics"]["auroc"]["baselines"][0]["value"] == 0.5
    assert found["best"] == 2


def test_the_training_curves_are_those_of_the_newest_model(run):
    points = [{"epoch": i, "of": 9, "train_loss": 1.0 / i, "held_out_loss": 2.0 / i} for i in (1, 2, 3)]
    state = folded(ev.IterationStarted(iteration=0), ev.TrainingLogged(iteration=0, points=points))
    found = training(state)
    assert (found["unit"], found["total"], found["x"]) == ("epoch", 9, [1, 2, 3])
    assert [(one["name"], one["part"]) for one in found["series"]] == [("loss", "train"), ("loss", "held-out")]
    before = list(found["x"])
    state.apply(ev.TrainingLogged(iteration=0, points=[{"epoch": 4, "train_loss": 0.1}]))
    assert found["x"] == before, "what was told must not change by itself, or nobody sees that it has"


def test_a_growing_reflection_is_shown_until_it_stands(run):
    growing = folded(ev.IterationStarted(iteration=0), ev.ReflectionGrew(iteration=0, text="It seems **tha"))
    assert reflections(growing)[0]["writing"]
    done = folded(*iteration(0), *iteration(1))
    found = reflections(done)
    assert [each["iteration"] for each in found] == [1, 0]
    assert found[0]["chips"] == [{"code": "overfitting", "tone": "warn", "evidence": "Train and validation are apart."}]
    assert not found[0]["writing"]


def test_markdown_of_a_model_becomes_html_without_its_own():
    html = safe_html(
        "# T\n\n<b onclick=x>b</b> [l](javascript:x) ![p](x) <http://x>\n\n| a | b |\n|---|---|\n| 1 | 2 |"
    )
    for forbidden in ("<b", "<a", "<img", "href", "src="):
        assert forbidden not in html
    assert "<table>" in html


def test_the_data_card_counts_kinds_classes_and_gaps(run):
    found = data_card(run.read_record().dataset, "random")
    assert found["rows"] == 60
    assert {each["label"]: each["count"] for each in found["classes"]} == {"case": 40, "control": 20}
    assert sum(each["count"] for each in found["kinds"]) == 2
    json.dumps(found)


def test_the_load_of_this_machine_is_within_its_bounds():
    found = Load().measure()
    assert 0 <= found["cpu"] <= 1
    assert 0 < found["memory_used"] <= found["memory_total"]
