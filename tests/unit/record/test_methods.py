"""The methods paragraph: every figure is the run's, and nothing is said that is not known."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from agentomics_nb.journal import events as ev
from agentomics_nb.planner.llm.model import ModelChoice
from agentomics_nb.record.facts import Facts
from agentomics_nb.record.methods import methods

from .finished_run import Finished, finished

if TYPE_CHECKING:
    from pathlib import Path


def paragraph(made: Finished) -> str:
    return methods(Facts(made.run, made.record, made.state, made.audit))


def test_the_paragraph_tells_data_split_model_scores_and_test(tmp_path: Path) -> None:
    made = finished(tmp_path)
    text = paragraph(made)
    for expected in (
        "The data set `genes` holds 60 labelled rows with",
        "a label of two classes (`case`: 40 rows, `control`: 20 rows)",
        "divided into 48 for training and 12 for validation, at random, equal rows on the same side",
        "carried out two iterations, and kept the model with the best validation AUROC (iteration 1)",
        "Rows were represented as follows: Both columns as they are.",
        "The model (trees on reads and length), with the hyperparameters `trees` = 20, `rate` = 0.05, "
        "was trained on 48 rows, with seed 0",
        "On 12 validation rows the AUROC was .830 (95 % CI .780 to .870)",
        "here from 1,000 resamples of rows.",
        "It was better by .070 (95 % CI .010 to .120) than that of the best baseline, a linear model of plain features "
        "(.760). The class shares of the training rows reached .500.",
        "Corrected for the choice among two models on the same rows (bootstrap bias correction), the validation AUROC "
        "was .810 (95 % CI .760 to .860).",
        "The test file (`held_out.csv`, 24 labelled rows) was never shown to the planner.",
        "it was opened once by agentomics-nb, on 15 January 2027: the AUROC was .790 (95 % CI .740 to .830)",
    ):
        assert expected in text
    for version in made.record.versions.values():
        assert version in text
    assert "\n" not in text
    assert not re.search(r" [.,;](?!\d)|\(\)|,,|\.\.|  ", text)


def test_a_regression_tells_the_range_of_its_target(tmp_path: Path) -> None:
    text = paragraph(finished(tmp_path, task="regression"))
    assert "a number from .250 to 88.8 (mean 44.5, standard deviation 26.2)" in text
    assert "The mean of the training rows reached .500." in text
    assert "class" not in text


def test_without_a_test_file_there_is_no_word_of_its_score(tmp_path: Path) -> None:
    text = paragraph(finished(tmp_path, test=False))
    assert text.endswith("No test file was given: the validation score is the only estimate.")


def test_a_void_test_gives_no_figure(tmp_path: Path) -> None:
    made = finished(tmp_path)
    made.events.insert(-1, ev.TestOpened(by="process", text="A process opened held_out.csv."))
    text = paragraph(made)
    assert "its score is void and not given" in text
    assert ".790" not in text


def test_looks_of_the_person_are_counted(tmp_path: Path) -> None:
    made = finished(tmp_path)
    made.events += [ev.TestOpened(by="person", text="Scored again.")] * 2
    assert "The authors scored this file twice more afterwards." in paragraph(made)


def test_failed_iterations_and_a_worse_model_are_told(tmp_path: Path) -> None:
    made = finished(tmp_path)
    scored = next(e for e in reversed(made.events) if isinstance(e, ev.Evaluated))
    scored.scores["gain"]["interval"] |= {"value": -0.02, "low": -0.05, "high": 0.01}
    made.events[-1:-1] = [
        ev.IterationStarted(iteration=2),
        ev.IterationEnded(iteration=2, status="failed", reason="train.py fails.", seconds=1.0),
    ]
    text = paragraph(made)
    assert "carried out three iterations, of which one failed, and kept" in text
    assert "It was worse by .020 (95 % CI −.010 to .050) than that of the best baseline" in text


def test_one_iteration_is_no_choice(tmp_path: Path) -> None:
    made = finished(tmp_path)
    second = next(i for i, e in enumerate(made.events) if isinstance(e, ev.IterationStarted) and e.iteration == 1)
    made.events[second:] = [ev.RunEnded(status="stopped", reason="You stopped it.")]
    text = paragraph(made)
    assert "carried out one iteration." in text
    assert "kept the model" not in text
    assert "Corrected" not in text
    assert "test file" not in text


def test_facts_that_are_missing_leave_no_sentence_behind(tmp_path: Path) -> None:
    made = finished(tmp_path)
    made.events = [
        e.model_copy(update={"answer": {}}) if isinstance(e, ev.StepEnded) else e
        for e in made.events
        if not isinstance(e, ev.Judged)
    ]
    for event in made.events:
        if isinstance(event, ev.Evaluated):
            event.scores.pop("gain")
            event.scores.pop("baselines")
            event.scores["validation"]["intervals"]["auroc"] |= {"low": None, "high": None}
    text = paragraph(made)
    assert "The model was trained on 48 rows, with seed 0" in text
    assert "On 12 validation rows the AUROC was .830." in text
    assert not re.search(r"represented|hyperparameter|baseline|Corrected|None|\(\)", text)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("https://api.openai.com/v1", "Planned by the language model `gpt-5-mini` (at api.openai.com), agentomics-nb"),
        ("http://127.0.0.1:11434/v1", "Planned by the language model `gpt-5-mini` (run locally), agentomics-nb"),
        ("https://secret.example.org/v1", "Planned by the language model `gpt-5-mini`, agentomics-nb"),
    ],
)
def test_a_language_model_is_named_and_a_private_endpoint_is_not(tmp_path: Path, address: str, words: str) -> None:
    made = finished(tmp_path)
    made.record = made.record.model_copy(
        update={"planner": "llm", "model": ModelChoice(name="gpt-5-mini", base_url=address, api="chat")}
    )
    first = next(i for i, e in enumerate(made.events) if isinstance(e, ev.StepStarted))
    made.events.insert(
        first + 1,
        ev.FellBack(iteration=made.events[first].iteration, step=made.events[first].step, reason="It made no calls."),
    )
    text = paragraph(made)
    assert words in text
    assert "1 step that the language model did not get through was taken over by rules." in text
    assert "secret.example.org" not in text
    assert "offline planner" not in text


def test_names_from_data_and_planner_stay_text_and_paths_stay_here(tmp_path: Path) -> None:
    made = finished(tmp_path)
    for event in made.events:
        if isinstance(event, ev.StepEnded) and "model" in event.answer:
            event.answer["model"] = f"<script>trees</script> of *{tmp_path}/genes.csv* in {tmp_path}."
    text = paragraph(made)
    assert "&lt;script&gt;trees&lt;/script&gt; of \\*data/genes.csv\\* in data" in text
    assert str(tmp_path) not in text
