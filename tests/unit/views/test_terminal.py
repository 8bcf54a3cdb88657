from __future__ import annotations

import io
import unicodedata

from rich.console import Console

from agentomics_nb.experiment.steps import Step
from agentomics_nb.journal import events as ev
from agentomics_nb.views import terminal

from .simulated_run import iteration, running_cell, score, shot_of, started, timed

HOSTILE = "\x1b[2J\x07 red [bold]not markup[/bold]\r\nsecond line"


def drawn(picture, width=110):
    stream = io.StringIO()
    Console(file=stream, width=width, color_system=None).print(picture)
    return stream.getvalue()


def lines(shot, events):
    stream = io.StringIO()
    view = terminal.view(stream)
    with view:
        view.show(shot, events)
    return stream.getvalue()


def test_a_stream_that_is_no_terminal_gets_one_line_a_step_and_no_control_codes(run):
    events = timed([started(), *iteration(0)])
    text = lines(shot_of(run, events), events)
    assert text.count("\n") == 1 + len(Step) + 1
    assert "iteration 0 · training" in text
    assert "validation .531 [.510, .552] ★ best so far" in text
    assert all(unicodedata.category(c) != "Cc" for c in text.replace("\n", ""))


def test_text_from_data_neither_moves_the_cursor_nor_becomes_markup(run):
    events = timed([
        started(), *iteration(0, idea=HOSTILE), ev.Notice(level="warning", text=HOSTILE),
        *iteration(1, upto=Step.TRAINING), running_cell(HOSTILE, iteration=1),
    ])  # fmt: skip
    shot = shot_of(run, events)
    for text in (drawn(terminal.picture(shot)), lines(shot, events), drawn(terminal.result(shot))):
        assert "\x1b" not in text
        assert "\x07" not in text
        assert "[bold]" in text


def test_the_picture_shows_step_command_and_time(run):
    events = [started(), *iteration(0), *iteration(1, upto=Step.TRAINING), running_cell("%%bash\npython train.py")]
    text = drawn(terminal.picture(shot_of(run, events)))
    assert "● running" in text
    assert "iteration 1 (2 of 5)" in text
    assert "training · python train.py · 0:00" in text
    assert "of 10:00 in all" in text


def test_the_end_names_the_scores_the_model_and_the_next_command(run):
    ended = ev.RunEnded(status="finished", reason="All iterations are done.")
    events = [started(), *iteration(0), ev.TestEvaluated(scores=score(0.84, 0.82, 0.86)), ended]
    text = drawn(terminal.result(shot_of(run, events)))
    assert "✓ genes-1 · finished" in text
    assert "AUROC .840 [.820, .860]  opened once" in text
    assert "agentomics predict genes-1 new.csv" in text
    assert "resume" not in text


def test_a_run_without_a_model_says_so_once(run):
    ended = ev.RunEnded(status="failed", reason="No iteration ended with a model.")
    text = drawn(terminal.result(shot_of(run, [started(), ended])))
    assert text.count("No iteration ended with a model.") == 1
    assert "predict" not in text


def test_a_stopped_run_says_how_to_go_on(run):
    events = [started(), *iteration(0), ev.RunEnded(status="stopped", reason="Stopped by ada.")]
    assert "agentomics resume genes-1" in drawn(terminal.result(shot_of(run, events)))
