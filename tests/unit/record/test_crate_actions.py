"""What a crate says of a run: who acted, what failed, and nothing of this machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from agentomics_nb.experiment.steps import Step
from agentomics_nb.journal import events as ev
from agentomics_nb.planner.llm.model import ModelChoice
from agentomics_nb.record.crate import write_crate
from agentomics_nb.record.directory import RecordDirectory

from .finished_run import Finished, finished


def graph(made: Finished, place: Path) -> dict[str, dict[str, Any]]:
    """Return the entities of the crate of a record that holds two scripts, by id."""
    directory = RecordDirectory(place)
    directory.model.mkdir(parents=True)
    for name in ("train.py", "inference.py"):
        (directory.model / name).write_text("pass\n")
    write_crate(directory, made.run, made.record, made.state)
    return {entity["@id"]: entity for entity in json.loads(directory.crate.read_bytes())["@graph"]}


def planned_by_model(made: Finished, address: str) -> None:
    choice = ModelChoice(name="gpt-5-mini", base_url=address, api="chat")
    made.record = made.record.model_copy(update={"planner": "llm", "model": choice})


def test_a_language_model_is_the_instrument_of_what_it_decided_and_of_nothing_else(tmp_path: Path) -> None:
    made = finished(tmp_path)
    planned_by_model(made, "https://api.openai.com/v1")
    places = [i for i, e in enumerate(made.events) if isinstance(e, ev.StepStarted) and e.iteration == 1]
    architecture = next(i for i in places if made.events[i].step is Step.ARCHITECTURE)
    made.events.insert(architecture + 1, ev.FellBack(iteration=1, step=Step.ARCHITECTURE, reason="It made no calls."))
    entities = graph(made, tmp_path / "record")
    assert entities["#language-model"]["name"] == "gpt-5-mini"
    assert entities["#language-model"]["url"] == "https://api.openai.com"
    assert entities["#iteration-1-plan"]["instrument"] == {"@id": "#language-model"}
    assert entities["#iteration-1-architecture"]["instrument"] == {"@id": "#agentomics-nb"}
    assert entities["#iteration-1-evaluation"]["instrument"] == {"@id": "#agentomics-nb"}
    assert entities["#iteration-1-training"]["instrument"] == {"@id": "model/train.py"}
    assert entities["model/train.py"]["creator"] == {"@id": "#language-model"}


def test_other_iterations_are_told_in_short_and_a_failed_one_with_its_error(tmp_path: Path) -> None:
    made = finished(tmp_path)
    made.events[-1:-1] = [
        ev.IterationStarted(iteration=2),
        ev.IterationEnded(iteration=2, status="failed", reason=f"{tmp_path}/x/train.py fails.", seconds=1.0),
        ev.IterationStarted(iteration=3),
        ev.IterationEnded(iteration=3, status="skipped", reason="Nothing is left.", seconds=0.0),
    ]
    entities = graph(made, tmp_path / "record")
    assert entities["#iteration-0"]["actionStatus"].endswith("CompletedActionStatus")
    assert entities["#iteration-0-validation-auroc"]["value"] == 0.71
    failed = entities["#iteration-2"]
    assert failed["actionStatus"].endswith("FailedActionStatus")
    assert failed["error"] == "data/x/train.py fails."
    assert "#iteration-3" not in entities
    assert "#language-model" not in entities


def test_a_void_test_has_no_score(tmp_path: Path) -> None:
    made = finished(tmp_path)
    made.events.insert(-1, ev.TestOpened(by="process", text="A process opened held_out.csv."))
    entities = graph(made, tmp_path / "record")
    assert entities["#test"]["result"] == {"@id": "#test-outcome"}
    assert "#test-auroc" not in entities


def test_a_private_endpoint_and_a_home_stay_unnamed(tmp_path: Path) -> None:
    made = finished(tmp_path)
    planned_by_model(made, "https://models.example.org/v1")
    for event in made.events:
        if isinstance(event, ev.StepEnded) and "idea" in event.answer:
            event.answer["reason"] = f"As in {Path.home()}/notes.md and {tmp_path}/genes.csv at models.example.org."
    directory = RecordDirectory(tmp_path / "record")
    entities = graph(made, directory.path)
    text = directory.crate.read_text()
    assert "As in ~/notes.md and data/genes.csv at endpoint." in text
    assert "example.org" not in text
    assert str(tmp_path) not in text
    assert "url" not in entities["#language-model"]


def test_the_order_of_the_actions_is_that_of_their_times(tmp_path: Path) -> None:
    made = finished(tmp_path)
    again = ev.Retrained(iteration=1, seed=3, blind=False, seconds=2.0, verdict="unknown", text="With seed 3.")
    made.events.insert(-4, again)
    entities = graph(made, tmp_path / "record")
    actions = [entities[each["@id"]] for each in entities["./"]["mentions"]]
    assert [action["startTime"] for action in actions] == sorted(action["startTime"] for action in actions)
    assert entities["#iteration-1-again-seed-3"]["result"] == {"@id": "#iteration-1-again-seed-3-outcome"}
