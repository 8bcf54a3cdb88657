from __future__ import annotations

import pytest

from agentomics_nb.views.curve import HEIGHT, LEFT, RIGHT, WIDTH, curve, scale

from .simulated_run import evaluated, iteration, shot_of, started


def test_there_is_no_curve_before_the_first_evaluation(run):
    assert curve(shot_of(run, [started()])) is None


def test_every_mark_lies_on_the_canvas_and_higher_values_lie_higher(run):
    drawn = curve(shot_of(run, [started(), *iteration(0), *iteration(1), *iteration(2)]))
    assert drawn is not None
    for mark in (*drawn.train, *drawn.validation):
        assert LEFT <= mark.x <= WIDTH - RIGHT
        assert 0 <= mark.y <= HEIGHT
    heights = [mark.y for mark in drawn.validation]
    assert heights == sorted(heights, reverse=True)
    assert all(mark.high < mark.y < mark.low for mark in drawn.validation)


def test_names_of_close_lines_do_not_overlap(run):
    events = [started(), *iteration(0), evaluated(0, 0.801, 0.800, 0.79, 0.81)]
    drawn = curve(shot_of(run, events))
    assert abs(drawn.train_label.y - drawn.validation_label.y) >= 15


def test_a_far_baseline_does_not_flatten_the_curve(run):
    near = curve(shot_of(run, [started(), *iteration(0), *iteration(1)]))
    far = curve(shot_of(run, [started(), *iteration(0), evaluated(0, 0.992, 0.990, 0.985, 0.995)]))
    assert near.baseline is not None
    assert far.baseline is None


def test_an_iteration_without_interval_has_no_band(run):
    drawn = curve(shot_of(run, [started(), *iteration(0), evaluated(0, 0.7, 0.6, None, None)]))
    assert drawn.band == ""
    assert "validation .600" in drawn.summary


@pytest.mark.parametrize(("low", "high"), [(0.5, 0.9), (0.98, 0.999), (-3.0, 12.5), (1.0, 1.0), (0.0, 0.0), (2e5, 9e5)])
def test_ticks_are_round_and_span_the_values(low, high):
    first, last, ticks = scale(low, high)
    assert first <= low <= high <= last
    assert first < last
    assert 3 <= len(ticks) <= 10
    assert ticks[0] == pytest.approx(first)
    assert ticks[-1] == pytest.approx(last)
