from __future__ import annotations

from html.parser import HTMLParser

import pytest

from agentomics_nb.experiment.steps import Step
from agentomics_nb.journal import events as ev
from agentomics_nb.views.html import bundle, runs_bundle

from .simulated_run import iteration, running_cell, score, shot_of, started

HOSTILE = '<img src=x onerror="alert(1)"> & <script>alert(2)</script> {{ 7*7 }} `rm` [a](javascript:x)'
VOID = {"br", "img", "line", "rect", "circle", "polyline", "polygon"}


class Tags(HTMLParser):
    """Collects tags and checks that each is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.open: list[str] = []
        self.attributes: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.found.append(tag)
        self.attributes += [name for name, _ in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.found.append(tag)
        self.attributes += [name for name, _ in attrs]

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag


def tags_of(html: str) -> Tags:
    parser = Tags()
    parser.feed(html)
    parser.close()
    assert parser.open == []
    return parser


def states(run):
    failed = ev.IterationEnded(iteration=1, status="failed", reason=f"{HOSTILE}\nmore", seconds=3)
    hostile = iteration(0, idea=HOSTILE)
    return {
        "nothing": [],
        "plan": [started(), *iteration(0, upto=Step.PLAN)],
        "training": [started(), *iteration(0), *iteration(1, upto=Step.TRAINING), running_cell(HOSTILE, iteration=1)],
        "paused": [started(), *iteration(0), ev.Paused()],
        "finished": [
            started(), *hostile, ev.TestEvaluated(scores=score(0.84, 0.82, 0.86)),
            ev.RunEnded(status="finished", reason="All iterations are done."),
        ],
        "test failed": [
            started(), *hostile, ev.TestEvaluated(scores=None, error=HOSTILE),
            ev.RunEnded(status="finished", reason="All iterations are done."),
        ],
        "stopped": [
            started(), *hostile, ev.IterationStarted(iteration=1), failed, ev.Notice(level="warning", text=HOSTILE),
            ev.RunEnded(status="stopped", reason=HOSTILE),
        ],
    }  # fmt: skip


NAMES = ["nothing", "plan", "training", "paused", "finished", "test failed", "stopped"]


@pytest.mark.parametrize("name", NAMES)
def test_html_is_well_formed_and_holds_no_script_whatever_the_data_say(run, name):
    html = bundle(shot_of(run, states(run)[name]))["text/html"]
    parser = tags_of(html)
    assert not {"script", "img", "a", "iframe", "link"} & set(parser.found)
    assert not [name for name in parser.attributes if name.startswith("on")]
    assert "alert(1)</" not in html
    assert "{{" not in html.replace("{{ 7*7 }}", "")


@pytest.mark.parametrize("name", NAMES)
def test_plain_text_and_markdown_stand_beside_the_html(run, name):
    shown = bundle(shot_of(run, states(run)[name]))
    assert set(shown) == {"text/html", "text/markdown", "text/plain"}
    assert run.read_record().run in shown["text/plain"]
    assert "<script" not in shown["text/markdown"]
    assert "\x1b" not in shown["text/plain"]


def test_a_finished_run_shows_its_scores_and_what_to_type_next(run):
    html = bundle(shot_of(run, states(run)["finished"]))["text/html"]
    for text in (".531 [.510, .552]", ".840 [.820, .860]", "agentomics predict genes-1 new.csv", "log.ipynb", "✓"):
        assert text in html


def test_the_best_iteration_is_marked_by_a_sign_and_in_words(run):
    html = bundle(shot_of(run, [started(), *iteration(0)]))["text/html"]
    assert "★" in html
    assert 'aria-label="best so far"' in html


def test_the_curve_is_described_in_words(run):
    html = bundle(shot_of(run, [started(), *iteration(0), *iteration(1)]))["text/html"]
    assert 'role="img" aria-label="AUROC by iteration. iteration 0: train .612, validation .531;' in html


def test_a_failed_iteration_says_why_in_its_row(run):
    html = bundle(shot_of(run, states(run)["stopped"]))["text/html"]
    assert "⚠ failed: &lt;img" in html
    assert "%agentomics resume genes-1" in html


def test_a_status_stays_small_enough_to_send_twice_a_second(run):
    events = [started()]
    for number in range(20):
        events += iteration(number)
    assert len(bundle(shot_of(run, events))["text/html"].encode()) < 40_000


def test_runs_are_listed_as_a_table(run):
    shown = runs_bundle([shot_of(run, states(run)["finished"]), shot_of(run, [])])
    assert shown["text/markdown"].count("\n") == 3
    assert "finished" in shown["text/plain"]
    assert "starting" in shown["text/plain"]
