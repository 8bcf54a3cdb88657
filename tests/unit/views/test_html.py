from __future__ import annotations

from html.parser import HTMLParser

import pytest

from agentomics_nb.experiment.steps import Step
from agentomics_nb.journal import events as ev
from agentomics_nb.views.html import bundle, report, runs_bundle

from .simulated_run import iteration, portrait_of, running_cell, score, shot_of, started

HOSTILE = '<img src=x onerror="alert(1)"> & <script>alert(2)</script> {{ 7*7 }} `rm` [a](javascript:x)'
VOID = {"br", "img", "meta", "line", "rect", "circle", "polyline", "polygon"}


class Tags(HTMLParser):
    """Collects tags and checks that each is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.open: list[str] = []
        self.attributes: list[str] = []
        self.sources: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.found.append(tag)
        self.attributes += [name for name, _ in attrs]
        self.sources += [value for name, value in attrs if name in ("src", "href")]
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
    html = bundle(portrait_of(run, states(run)[name]))["text/html"]
    parser = tags_of(html)
    assert not {"script", "a", "iframe", "link"} & set(parser.found)
    assert all(source.startswith("data:image/png;base64,") for source in parser.sources)
    assert not [name for name in parser.attributes if name.startswith("on")]
    assert "alert(1)</" not in html
    assert "{{" not in html.replace("{{ 7*7 }}", "")


@pytest.mark.parametrize("name", NAMES)
def test_plain_text_and_markdown_stand_beside_the_html(run, name):
    shown = bundle(portrait_of(run, states(run)[name]))
    assert set(shown) == {"text/html", "text/markdown", "text/plain"}
    assert run.read_record().run in shown["text/plain"]
    assert "<script" not in shown["text/markdown"]
    assert "\x1b" not in shown["text/plain"]


def test_a_finished_run_shows_its_scores_and_what_to_type_next(run):
    html = bundle(portrait_of(run, states(run)["finished"]))["text/html"]
    for text in (".531 [.510, .552]", ".840 [.820, .860]", "agentomics predict genes-1 new.csv", "log.ipynb", "✓"):
        assert text in html


def test_the_best_iteration_is_marked_by_a_sign_and_in_words(run):
    html = bundle(portrait_of(run, [started(), *iteration(0)]))["text/html"]
    assert "★" in html
    assert 'aria-label="best so far"' in html


def test_the_curve_is_described_in_words(run):
    html = bundle(portrait_of(run, [started(), *iteration(0), *iteration(1)]))["text/html"]
    assert 'role="img" aria-label="AUROC by iteration. iteration 0: train .612, validation .531;' in html


def test_a_failed_iteration_says_why_in_its_row(run):
    html = bundle(portrait_of(run, states(run)["stopped"]))["text/html"]
    assert "⚠ failed: &lt;img" in html
    assert "%agentomics resume genes-1" in html


def test_a_long_run_stays_small_and_shows_the_newest_iterations_and_the_best(run):
    events = [started()]
    for number in range(200):
        events += [event for event in iteration(number) if number == 2 or not isinstance(event, ev.BestChanged)]
    html = bundle(portrait_of(run, events))["text/html"]
    assert len(html.encode()) < 200_000
    assert "The newest 30 of 200 iterations" in html
    assert "★</span> 2" in html
    assert "Reflection after iteration 199" in html


def test_a_reflection_is_markdown_without_the_html_of_its_author(run):
    events = iteration(0)
    hostile = f"**Bold.** {HOSTILE}\n\n<script>alert(3)</script>\n\n![p](http://x/y.png) [l](http://x)"
    answer = {
        "headline": HOSTILE,
        "diagnoses": [],
        "text": hostile,
        "next_idea": HOSTILE,
        "instructions": {"plan": HOSTILE},
    }
    events = [
        e.model_copy(update={"answer": answer})
        if getattr(e, "step", None) is Step.REFLECTION and isinstance(e, ev.StepEnded)
        else e
        for e in events
    ]
    html = bundle(portrait_of(run, [started(), *events]))["text/html"]
    parser = tags_of(html)
    assert "<strong>Bold.</strong>" in html
    assert not {"script", "a"} & set(parser.found)
    assert all(source.startswith("data:image/png;base64,") for source in parser.sources)


def test_a_report_is_one_page_that_asks_no_host_for_anything(run):
    page = report(portrait_of(run, states(run)["finished"]))
    parser = tags_of(page.removeprefix("<!doctype html>"))
    assert all(source.startswith("data:") for source in parser.sources)
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "").replace("http-equiv", "")
    for text in ("The best model", "Predictions hang on", "reads", "Rows predicted worst", "Confusion"):
        assert text in page


def test_runs_are_listed_as_a_table(run):
    shown = runs_bundle([shot_of(run, states(run)["finished"]), shot_of(run, [])])
    assert shown["text/markdown"].count("\n") == 3
    assert "finished" in shown["text/plain"]
    assert "starting" in shown["text/plain"]
