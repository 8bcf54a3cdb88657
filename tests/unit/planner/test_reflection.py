from __future__ import annotations

from dataclasses import replace

import pytest

from agentomics_nb.planner.offline.figures import ClassFigures, Estimate, Figures
from agentomics_nb.planner.offline.reflection import Code, diagnose, render

SOUND = Figures(
    iteration=2,
    task="classification",
    label="AUROC",
    greater_is_better=True,
    perfect=1.0,
    train=0.91,
    validation=Estimate(0.90, 0.88, 0.92),
    rows_train=8_000,
    rows_validation=2_000,
    constant=0.5,
    best=Estimate(0.82, 0.80, 0.84),
    best_iteration=1,
    gain=Estimate(0.08, 0.06, 0.10),
)
FIRST = replace(SOUND, iteration=0, best=None, best_iteration=None, gain=None)
RMSE = Figures(
    iteration=0,
    task="regression",
    label="RMSE",
    greater_is_better=False,
    perfect=0.0,
    train=4.0,
    validation=Estimate(4.2, 4.0, 4.4),
    rows_train=900,
    rows_validation=300,
    constant=10.0,
)


def test_agreeing_figures_give_no_complaint():
    assert diagnose(SOUND).codes == (Code.SOUND,)
    assert diagnose(RMSE).codes == (Code.SOUND,)


@pytest.mark.parametrize(
    ("figures", "code"),
    [
        (replace(SOUND, train=1.0, validation=Estimate(0.7, 0.67, 0.73)), Code.OVERFITTING),
        (replace(RMSE, train=1.0, validation=Estimate(6.0, 5.5, 6.5)), Code.OVERFITTING),
        (replace(SOUND, train=0.66, validation=Estimate(0.65, 0.63, 0.67)), Code.UNDERFITTING),
        (replace(RMSE, train=8.0, validation=Estimate(8.1, 8.0, 8.2)), Code.UNDERFITTING),
        (replace(SOUND, validation=Estimate(0.51, 0.48, 0.54), train=0.52), Code.WORSE_THAN_BASELINE),
        (replace(RMSE, validation=Estimate(10.5, 10.0, 11.0), train=9.9), Code.WORSE_THAN_BASELINE),
        (replace(SOUND, folds=(0.70, 0.90, 0.95, 0.80, 0.99)), Code.INSTABILITY),
        (replace(SOUND, train=0.82, folds=(0.80, 0.81, 0.80, 0.79, 0.80)), Code.UNCERTAINTY),
        (replace(SOUND, repeated_rows=400), Code.LEAKAGE),
        (replace(SOUND, strongest_single=0.995), Code.LEAKAGE),
        (replace(SOUND, lookup=0.9), Code.LEAKAGE),
        (replace(SOUND, validation=Estimate(0.51, 0.48, 0.54), train=0.52, lookup=0.52), Code.WORSE_THAN_BASELINE),
        (replace(SOUND, ece=0.2, brier=0.2), Code.MISCALIBRATION),
        (replace(RMSE, residual_bias=2.0, residual_spread=4.0, target_spread=10.0), Code.BIAS),
        (replace(FIRST, learning_curve=((2_000, 0.85), (4_000, 0.88), (8_000, 0.90))), Code.DATA_HUNGRY),
        (replace(SOUND, without_gain=2), Code.STALLED),
        (replace(SOUND, train=1.0, validation=Estimate(0.998, 0.996, 1.0)), Code.CONVERGED),
        (replace(FIRST, validation=Estimate(0.90, 0.78, 0.97)), Code.UNCERTAINTY),
    ],
)
def test_a_planted_situation_is_named_first(figures, code):
    assert diagnose(figures).main is code


def test_a_rare_class_that_is_missed_is_imbalance_and_a_common_one_is_hard():
    rare = (ClassFigures("case", 0.4, 100), ClassFigures("control", 0.95, 1_900))
    common = (ClassFigures("a", 0.5, 1_000), ClassFigures("b", 0.9, 1_000))
    assert diagnose(replace(SOUND, classes=rare)).main is Code.IMBALANCE
    assert diagnose(replace(SOUND, classes=common)).main is Code.HARD_CLASS


def test_no_cut_off_is_held_against_a_rank_metric():
    rare = (ClassFigures("case", 0.4, 100), ClassFigures("control", 0.95, 1_900))
    seen = diagnose(replace(FIRST, classes=rare, probabilities=True))
    assert seen.main is Code.HARD_CLASS
    assert "does not depend on that" in seen.findings[0].evidence


def test_a_class_of_four_rows_proves_nothing_and_that_is_said_once():
    few = (ClassFigures("case", 0.0, 4), ClassFigures("control", 0.95, 1_900))
    assert diagnose(replace(SOUND, classes=few)).codes == (Code.SOUND,)
    first = diagnose(replace(FIRST, classes=few))
    assert first.codes == (Code.UNCERTAINTY,)
    assert "case (4)" in first.findings[0].evidence


def test_folds_that_chance_explains_are_no_instability():
    few = replace(SOUND, validation=Estimate(0.90, 0.82, 0.98), rows_train=200, rows_validation=50)
    assert diagnose(replace(few, folds=(0.84, 0.88, 0.91, 0.93, 0.95))).codes == (Code.SOUND,)


def test_freedom_that_brings_nothing_is_named():
    freer = replace(
        SOUND, train=1.0, best_train=0.80, validation=Estimate(0.78, 0.75, 0.81), gain=Estimate(0.0, -0.02, 0.02)
    )
    assert "Iteration 1, with .800 in training, generalises as well." in diagnose(freer).findings[0].evidence


def test_a_gap_within_the_interval_is_not_overfitting():
    small = replace(SOUND, train=0.99, validation=Estimate(0.90, 0.78, 0.99), rows_validation=60)
    assert Code.OVERFITTING not in diagnose(small).codes


def test_a_small_calibration_error_on_few_rows_is_chance():
    assert Code.MISCALIBRATION not in diagnose(replace(SOUND, ece=0.12, rows_validation=60)).codes


def test_a_mild_gap_yields_to_anything_one_can_act_on():
    mild = replace(SOUND, train=0.98, ece=0.2)
    assert diagnose(mild).codes == (Code.MISCALIBRATION, Code.MILD_OVERFITTING)


@pytest.mark.parametrize(
    ("figures", "headline"),
    [
        (SOUND, "New best: +.080 [.060, .100] over iteration 1."),
        (
            replace(SOUND, gain=Estimate(0.003, -0.004, 0.010)),
            "New best: +.003 [−.004, .010] over iteration 1, within chance.",
        ),
        (
            replace(SOUND, gain=Estimate(-0.02, -0.031, -0.009)),
            "Worse: −.020 [−.031, −.009] against iteration 1, which stays the best.",
        ),
        (
            replace(SOUND, gain=Estimate(-0.002, -0.009, 0.005)),
            "No gain: −.002 [−.009, .005] against iteration 1, which stays the best.",
        ),
        (RMSE, "A first score: RMSE 4.20 [4.00, 4.40]; a constant prediction has 10.0."),
        (
            replace(RMSE, best=Estimate(4.5), best_iteration=0, gain=Estimate(0.3, 0.1, 0.5)),
            "New best: RMSE lower by .300 [.100, .500] over iteration 0.",
        ),
        (
            replace(RMSE, best=Estimate(4.0), best_iteration=0, gain=Estimate(-0.2, -0.3, -0.1)),
            "Worse: RMSE higher by .200 [.100, .300] against iteration 0, which stays the best.",
        ),
    ],
)
def test_the_headline_compares_with_the_best_before(figures, headline):
    assert diagnose(figures).headline == headline


def test_the_reflection_shows_names_from_the_data_as_they_stand():
    classes = (ClassFigures("<img src=x>", 0.4, 100), ClassFigures("[b](http://x)", 0.95, 1_900))
    text = render(
        diagnose(replace(SOUND, classes=classes)), errors=["Class <script> is missed."], next_idea=None, next_reason=""
    )
    assert "<" not in text
    assert "](" not in text


def test_the_reflection_ends_with_the_next_iteration():
    text = render(
        diagnose(SOUND),
        errors=["Long sequences are missed."],
        next_idea="gradient boosting",
        next_reason="Iteration 2 underfits: this model has more freedom.",
    )
    assert text.startswith("**New best: +.080")
    assert text.index("Where it errs") < text.index("**Next: gradient boosting.** Iteration 2 underfits")
    assert "**Next.** Iteration 1 stands." in render(diagnose(SOUND), next_idea=None, next_reason="Iteration 1 stands.")
