"""The report card asks every question of DOME and of a model card, and answers none that it cannot."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from markdown_it import MarkdownIt

from agentomics_nb.evaluation.metrics import METRICS
from agentomics_nb.journal import events as ev
from agentomics_nb.planner.llm.model import ModelChoice
from agentomics_nb.record.report_card import report_card

from .finished_run import Finished, finished

if TYPE_CHECKING:
    from pathlib import Path

DOME = {
    "Data": ("Provenance", "Dataset splits", "Redundancy between data splits", "Availability of data"),
    "Optimization": (
        "Algorithm",
        "Meta-predictions",
        "Data encoding",
        "Parameters",
        "Features",
        "Fitting",
        "Regularization",
        "Availability of configuration",
    ),
    "Model": ("Interpretability", "Output", "Execution time", "Availability of software"),
    "Evaluation": (
        "Evaluation method",
        "Performance measures",
        "Comparison",
        "Confidence",
        "Availability of evaluation",
    ),
}
MODEL_CARD = (
    "Model details",
    "Intended use",
    "Factors",
    "Metrics",
    "Evaluation data",
    "Training data",
    "Quantitative analyses",
    "Ethical considerations",
    "Caveats and recommendations",
)
NO_RUN_KNOWS = {
    "Provenance",
    "Availability of data",
    "Meta-predictions",
    "Availability of configuration",
    "Availability of software",
    "Availability of evaluation",
    "Interpretability",
    "Comparison",
    "Intended use",
    "Ethical considerations",
}


def card(made: Finished) -> str:
    return report_card(made.run, made.record, made.state, made.audit)


def answers(text: str) -> dict[str, str]:
    """Return what stands under each question."""
    found = re.split(r"^\*\*([A-Z][\w -]+)\.\*\* \*.+\?\*$", text, flags=re.MULTILINE)
    bodies = (re.split(r"^#", body, flags=re.MULTILINE)[0].strip() for body in found[2::2])
    return dict(zip(found[1::2], bodies, strict=True))


@pytest.mark.parametrize("task", ["classification", "regression"])
@pytest.mark.parametrize("test", [True, False])
def test_every_question_stands_there_with_a_fact_or_as_not_answered(tmp_path: Path, task: str, test: bool) -> None:
    text = card(finished(tmp_path, task=task, test=test))
    dome, _, model_card = text.partition("## Model card")
    for section, questions in DOME.items():
        part = dome.split(f"### {section}\n")[1].split("\n#")[0]
        assert list(answers(part)) == list(questions)
    found = answers(text)
    assert set(MODEL_CARD) <= set(answers(model_card))
    assert all(found.values())
    for title, answer in found.items():
        assert ("**Not answered:** " in answer) or title not in NO_RUN_KNOWS, title
    assert "None" not in text
    assert not re.search(r" [.,;](?!\d)|\(\)|,,|\.\. ", text)


def test_figures_are_those_of_the_run(tmp_path: Path) -> None:
    made = finished(tmp_path)
    text = card(made)
    found = answers(text)
    assert "60 labelled rows in `genes.csv`: `case` 40, `control` 20." in found["Provenance"]
    assert found["Dataset splits"].startswith("48 for training, 12 for validation, 24 for the test.")
    assert made.record.dataset.train.sha256 in found["Availability of data"]
    assert "`trees` = 20, `rate` = 0.05" in found["Parameters"]
    assert "AUROC is .920 in training, .830 on validation and .790 on the test." in found["Fitting"]
    assert "`reads` (.210)" in found["Interpretability"]
    assert "A linear model of plain features: .760 [.710, .800] on validation" in found["Comparison"]
    assert "Gain over the best baseline: .070 [.010, .120], which excludes zero." in found["Confidence"]
    assert "| **AUROC** | .920 | .830 [.780, .870] | .790 [.740, .830] |" in found["Quantitative analyses"]
    assert "flatters its validation AUROC by an estimated .020" in text.split("## Limits")[1]


def test_without_a_test_nobody_claims_one(tmp_path: Path) -> None:
    text = card(finished(tmp_path, test=False))
    assert "no test set" in answers(text)["Dataset splits"]
    assert "**Not answered:** an evaluation on independent data." in answers(text)["Evaluation method"]
    assert "| metric | train | validation |\n" in text
    assert "nothing but the validation rows has judged the model" in text.split("## Limits")[1]


def test_a_void_test_and_looks_of_a_person_limit_the_figures(tmp_path: Path) -> None:
    made = finished(tmp_path)
    made.events.insert(-1, ev.TestOpened(by="person", text="Scored again."))
    limits = card(made).split("## Limits")[1]
    assert "The test file was scored again by a person, 1 time: a choice made after that is not" in limits
    made.events.insert(-1, ev.TestOpened(by="process", text="A process opened held_out.csv while nothing isolated."))
    text = card(made)
    assert "The test score is void. A process opened held\\_out.csv" in text.split("## Limits")[1]
    assert ".790" not in text
    assert "| void |" in text


def test_notices_failures_hints_and_edited_cells_are_limits(tmp_path: Path) -> None:
    made = finished(tmp_path, instructions="Use trees.")
    made.events[-1:-1] = [
        ev.Notice(level="warning", text="Something odd in the split."),
        ev.Notice(level="info", text="Nothing of note."),
        ev.CommandReceived(command="hint", text="Try trees."),
        ev.IterationStarted(iteration=2),
        ev.CellProposed(cell="c", role="bash", source="ls", iteration=2),
        ev.CellReviewed(cell="c", decision="edit", iteration=2),
        ev.IterationEnded(iteration=2, status="failed", reason="train.py fails.", seconds=1.0),
    ]
    limits = card(made).split("## Limits")[1]
    for expected in (
        "Something odd in the split.",
        "1 iteration failed and left no model: 2.",
        "A person gave the planner instructions in words.",
        "A person gave the planner 1 hint on the way.",
        "A person edited 1 cell before it ran.",
    ):
        assert f"- {expected}" in limits
    assert "Nothing of note" not in limits


def test_the_audit_stands_there_once(tmp_path: Path) -> None:
    made = finished(tmp_path)
    assert made.audit is not None
    text = card(made)
    assert made.audit.verdict in text
    severe = made.audit.findings[0]
    made.events.insert(1, ev.Notice(level="warning", text=f"{severe.text} {severe.effect}"))
    assert card(made).split("## Limits")[1] == text.split("## Limits")[1]


def test_a_language_model_tells_what_it_saw_and_keeps_its_own_figures(tmp_path: Path) -> None:
    made = finished(tmp_path)
    choice = ModelChoice(name="gpt-5-mini", base_url="https://api.openai.com/v1", api="responses", privacy="schema")
    made.record = made.record.model_copy(update={"planner": "llm", "model": choice})
    asked = ev.RequestEnded(request="1-plan-1", iteration=1, tokens_in=12_000, tokens_out=345, cost_usd=0.0123)
    made.events.insert(-1, asked)
    folder = made.run.iteration(1)
    folder.mkdir(parents=True)
    (folder / "training.json").write_text('{"rows": 999, "features": 777}')
    found = answers(card(made))
    assert "names and kinds of columns only" in found["Ethical considerations"]
    assert "Planned by `gpt-5-mini`, in agentomics-nb" in found["Model details"]
    assert ": 1 request, 12,000 tokens in and 345 out, 0.0123 USD." in found["Model details"]
    assert "999" not in card(made)
    assert "777" not in card(made)
    assert "**Not answered:** whether the algorithm is new" in found["Algorithm"]


def test_a_mean_of_other_iterations_says_so(tmp_path: Path) -> None:
    made = finished(tmp_path)
    for event in made.events:
        if isinstance(event, ev.StepEnded) and "recipe" in event.answer:
            event.answer["recipe"] = "blend:linear+trees"
    assert "It averages models that other iterations had found" in answers(card(made))["Meta-predictions"]


def test_a_run_without_a_model_says_what_is_left(tmp_path: Path) -> None:
    made = finished(tmp_path)
    made.events = [
        made.events[0],
        ev.IterationStarted(iteration=0),
        ev.IterationEnded(iteration=0, status="failed", reason="train.py fails.", seconds=1.0),
        ev.RunEnded(status="failed", reason="No iteration ended with a model."),
    ]
    text = card(made)
    assert "**No model.** 1 iteration of run `genes-1`, none of which ended with a model." in text
    assert "## DOME" not in text
    assert "## Audit of the data" in text


def test_nothing_of_data_or_planner_becomes_html(tmp_path: Path) -> None:
    made = finished(tmp_path)
    for event in made.events:
        if isinstance(event, ev.StepEnded):
            for key in ("idea", "reason", "encoding", "model"):
                if key in event.answer:
                    event.answer[key] = "<img src=x onerror=alert(1)> [here](javascript:alert(1)) `code"
    text = card(made)
    html = MarkdownIt("commonmark", {"html": True}).enable("table").render(text)
    tags = set(re.findall(r"</?([a-z]\w*)", html))
    assert tags <= {"h1", "h2", "h3", "p", "strong", "em", "code", "ul", "li", "a", "table", "thead", "tbody"} | {
        "tr",
        "th",
        "td",
    }
    assert set(re.findall(r'href="([^"]*)"', html)) == {
        "https://doi.org/10.1038/s41592-021-01205-4",
        "https://doi.org/10.1145/3287560.3287596",
    }
    assert "&lt;b&gt;lung&lt;/b&gt;" in text


@pytest.mark.parametrize("text", ["# Title", "- item", "1. item", "---", "> quote", "===", "+ item", "    code"])
def test_no_text_of_the_planner_begins_a_block(tmp_path: Path, text: str) -> None:
    made = finished(tmp_path)
    for event in made.events:
        if isinstance(event, ev.StepEnded) and "encoding" in event.answer:
            event.answer["encoding"] = text
    shown = MarkdownIt("commonmark").render(answers(card(made))["Data encoding"])
    assert re.fullmatch(r"<p>[^<]*</p>\n", shown), shown
    assert text.split()[-1].strip("-=") in shown


def test_every_metric_of_a_real_score_has_a_row(tmp_path: Path) -> None:
    made = finished(tmp_path)
    state = made.state
    names = [metric.name for metric in METRICS.values() if metric.task == "classification"]
    scores = state.iterations[1].scores
    assert scores is not None
    for split in ("train", "validation"):
        known = scores[split]["intervals"]["auroc"]
        scores[split]["metrics"] = dict.fromkeys(names, known["value"])
        scores[split]["intervals"] = dict.fromkeys(names, known)
    text = report_card(made.run, made.record, state, made.audit)
    table = text.split("| metric |")[1].split("\n\n")[0]
    assert [METRICS[name].label in table for name in names] == [True] * len(names)
