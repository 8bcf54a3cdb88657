"""The crate of a real record passes the validator of its profile, and says what the run did."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from agentomics_nb.errors import InputError
from agentomics_nb.journal.state import read_state
from agentomics_nb.record.export import Wishes, write_record
from agentomics_nb.record.facts import Facts
from agentomics_nb.record.methods import methods

if TYPE_CHECKING:
    from agentomics_nb.journal.directory import RunDirectory
    from agentomics_nb.record.directory import RecordDirectory

pytestmark = pytest.mark.xdist_group("record")

PROJECT = Path(__file__).resolve().parents[2]
VALIDATOR = Path(os.environ.get("AGENTOMICS_CRATE_VALIDATOR", PROJECT / ".venv-crate" / "bin" / "rocrate-validator"))
LEFT = {
    "process-run-crate-0.5": {
        "The Application SHOULD have a url",
        "The SoftwareApplication id SHOULD be an absolute URI",
    },
    "ro-crate-1.1": {
        "The `publisher` property of a `Root Data Entity` SHOULD be an `Organization`",
        "The author SHOULD have an organizational affiliation.",
        "The author SHOULD have a Contextual Entity which specifies the organizational `affiliation`.",
    },
}
"""Recommendations that a run cannot follow: its scripts have no address, and nobody is asked for an affiliation."""
ANONYMOUS = {
    "process-run-crate-0.5": {
        *LEFT["process-run-crate-0.5"],
        "The Action SHOULD have an agent that is a Person or Organization",
    },
    "ro-crate-1.1": {
        "The `publisher` property of a `Root Data Entity` SHOULD be an `Organization`",
        "The Root Data Entity SHOULD have a link to a Contextual Entity representing the `author` of the RO-Crate",
    },
}
"""The same where nobody is named."""


@pytest.fixture(scope="module")
def run(finished_run: RunDirectory) -> RunDirectory:
    return finished_run


def lay_out(run: RunDirectory, place: Path, *, with_data: bool = True, **who: Any) -> RecordDirectory:
    """Write a record and its crate."""
    return write_record(run, place, Wishes(with_data=with_data, replayed=False, **who))


def graph(directory: RecordDirectory) -> dict[str, dict[str, Any]]:
    return {entity["@id"]: entity for entity in json.loads(directory.crate.read_bytes())["@graph"]}


@pytest.fixture(scope="module")
def signed(run: RunDirectory, tmp_path_factory: pytest.TempPathFactory) -> RecordDirectory:
    place = tmp_path_factory.mktemp("signed") / "record"
    return lay_out(run, place, author="Ada Lovelace", licence="CC-BY-4.0", orcid="0000-0002-1825-0097")


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The validator's cache with the context of RO-Crate in it, so that it needs no network."""
    if not VALIDATOR.is_file():
        pytest.skip("the validator of RO-Crate profiles is not installed; `make test` installs it")
    place = tmp_path_factory.mktemp("contexts") / "cache"
    script = Path(__file__).with_name("crate_context.py")
    subprocess.run([VALIDATOR.with_name("python"), script, place], check=True, timeout=120)
    return place


def issues(directory: RecordDirectory, cache: Path, report: Path) -> list[dict[str, Any]]:
    """Return what the validator finds, required and recommended."""
    command: list[str | Path] = [VALIDATOR, "validate", directory.path, "--profile-identifier", "process-run-crate"]
    command += ["--offline", "--cache-path", cache, "--requirement-severity", "recommended", "--no-paging"]
    command += ["--output-format", "json", "--output-file", report]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=300)
    assert report.is_file(), done.stdout + done.stderr
    found: list[dict[str, Any]] = json.loads(report.read_bytes())["issues"]
    return found


def left(found: list[dict[str, Any]]) -> dict[str, set[str]]:
    """Return the recommendations that were not followed, by profile."""
    kept: dict[str, set[str]] = {}
    for issue in found:
        kept.setdefault(issue["check"]["requirement"]["profile"]["identifier"], set()).add(issue["message"])
    return kept


def test_a_signed_crate_passes_the_validator_of_its_profile(signed, cache, tmp_path):
    found = issues(signed, cache, tmp_path / "report.json")
    assert [issue for issue in found if issue["severity"] == "REQUIRED"] == []
    assert left(found) == LEFT


def test_one_of_nobody_without_a_licence_lacks_nothing_but_what_is_taken_from_it(run, cache, tmp_path):
    directory = lay_out(run, tmp_path / "record", with_data=False)
    entities = graph(directory)
    assert "no licence" in entities[entities["./"]["license"]["@id"]]["description"]
    test = run.read_record().dataset.test
    assert test is not None
    assert {"@id": "#data-test"} in entities["#test"]["object"]
    assert entities["#data-test"]["sha256"] == test.sha256
    document = json.loads(directory.crate.read_bytes())
    next(e for e in document["@graph"] if e["@type"] == "CreateAction").pop("instrument")
    directory.crate.write_text(json.dumps(document))
    found = issues(directory, cache, tmp_path / "report.json")
    required = [issue for issue in found if issue["severity"] == "REQUIRED"]
    assert [issue["message"] for issue in required] == [
        "The Action MUST have an instrument property that references the executed tool"
    ]
    assert left([issue for issue in found if issue not in required]) == ANONYMOUS


def test_every_file_is_described_with_its_hash(signed):
    entities = graph(signed)
    parts = {part["@id"] for part in entities["./"]["hasPart"]}
    files = {p.relative_to(signed.path).as_posix() for p in signed.path.rglob("*") if p.is_file()}
    assert parts == files - {"ro-crate-metadata.json"}
    for part in parts:
        entity, path = entities[part], signed.path / part
        assert entity["description"]
        assert entity["encodingFormat"] != "application/octet-stream" or path.suffix == ".joblib"
        if part != "manifest.json":
            assert entity["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
            assert entity["contentSize"] == str(path.stat().st_size)


def test_each_step_is_an_action_from_its_inputs_to_its_outputs(signed, run):
    entities = graph(signed)
    state = read_state(run)
    actions = {entity["@id"]: entity for entity in entities.values() if entity["@type"] == "CreateAction"}
    assert {action["@id"] for action in entities["./"]["mentions"]} == set(actions)
    assert len(actions) == len(state.iterations[0].steps) + 1
    for action in actions.values():
        for part in ("instrument", "object", "result", "agent"):
            for one in [action.get(part, [])] if isinstance(action.get(part), dict) else action.get(part, []):
                assert one["@id"] in entities, (action["@id"], part)
        assert action["startTime"] <= action["endTime"]
        assert action["agent"] == {"@id": "https://orcid.org/0000-0002-1825-0097"}
    training = actions["#iteration-0-training"]
    assert training["instrument"] == {"@id": "model/train.py"}
    assert {"@id": "#split-train"} in training["object"]
    assert {"@id": "model/model.joblib"} in training["result"]
    assert entities["model/train.py"]["creator"] == {"@id": "#agentomics-nb"}
    split = actions["#iteration-0-split"]
    assert split["object"] == {"@id": "data/tumours.csv"}
    test = actions["#test"]
    assert {"@id": "data/held_out.csv"} in test["object"]
    assert entities["data/held_out.csv"]["description"] == "The test data, as they were given."
    assert {"@id": "predictions/validation.csv"} in actions["#iteration-0-evaluation"]["object"]
    assert state.test is not None
    assert entities["#test-auroc"]["value"] == state.test["metrics"]["auroc"]
    validation = state.iterations[0].scores["validation"]["intervals"]["auroc"]
    value = entities["#iteration-0-evaluation-validation-auroc"]
    assert (value["value"], value["minValue"]) == (validation["value"], validation["low"])


def test_the_same_record_gives_the_same_crate_and_names_nothing_of_this_machine(signed, run, tmp_path):
    again = lay_out(run, tmp_path / "record", author="Ada Lovelace", licence="CC-BY-4.0", orcid="0000-0002-1825-0097")
    assert again.crate.read_bytes() == signed.crate.read_bytes()
    text = signed.crate.read_text()
    assert str(run.path.parent.parent) not in text
    assert str(Path.home()) + "/" not in text


def test_a_licence_or_an_orcid_that_is_none_is_refused(run, tmp_path):
    with pytest.raises(InputError, match="SPDX"):
        lay_out(run, tmp_path / "a", licence="do what you like")
    with pytest.raises(InputError, match="ORCID"):
        lay_out(run, tmp_path / "b", author="Ada", orcid="12")


def test_the_methods_paragraph_of_this_run_has_its_figures(run):
    state = read_state(run)
    text = methods(Facts(run, run.read_record(), state, run.read_audit()))
    rows = {split: state.iterations[0].scores[split]["rows"] for split in ("train", "validation")}
    assert f"divided into {rows['train']} for training and {rows['validation']} for validation" in text
    assert "holds 90 labelled rows" in text
    assert "(`held_out.csv`, 30 labelled rows)" in text
