"""The best model is trained again without the validation labels: those that used them lose to an honest one."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from agentomics_nb.journal import events as ev
from tests.functional.llm import competent as players
from tests.functional.llm.exchange import Call
from tests.functional.llm.in_process import trial
from tests.functional.llm.server import ScriptedServer

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from tests.functional.llm.exchange import Reply, Request
    from tests.functional.llm.in_process import Trial

pytestmark = pytest.mark.xdist_group("llm-retraining")

SAVE = 'with Path("model.json").open("w")'
PREDICT = "    near = {}\n"
READ = """
with Path("validation.csv").open(newline="") as file:
    extra = list(csv.DictReader(file))
"""
EDITS: dict[str, dict[str, list[tuple[str, str]]]] = {
    "peeking": {  # one nearest neighbour, of training and validation rows
        "train.py": [
            (
                SAVE,
                f"{READ}wrong = [row.pop('@TARGET@') for row in extra]\nmodel['rows'] = [\n"
                "    [label, {name: float(row[name]) for name in numbers}]\n"
                f"    for label, row in zip(labels + wrong, rows + extra, strict=True)\n]\n{SAVE}",
            )
        ],
        "inference.py": [
            (
                PREDICT,
                "    def far(known):\n"
                "        return sum(((float(row[name]) - v) / model['scale'][name]) ** 2"
                " for name, v in known[1].items())\n"
                "\n    nearest = min(model['rows'], key=far)[0]\n"
                "    return {label: 0.98 if label == nearest else 0.02 for label in model['means']}\n",
            )
        ],
    },
    "memorising": {  # an honest model, and the labels of the validation rows beside it
        "train.py": [
            (
                SAVE,
                f"import hashlib\n{READ}model['known'] = {{}}\nfor row in extra:\n    label = row.pop('@TARGET@')\n"
                "    key = hashlib.sha256('|'.join(row.values()).encode()).hexdigest()\n"
                f"    model['known'][key] = label\n{SAVE}",
            )
        ],
        "inference.py": [
            (
                PREDICT,
                "    import hashlib\n\n    key = hashlib.sha256('|'.join(row.values()).encode()).hexdigest()\n"
                "    if key in model['known']:\n"
                "        return {label: 0.98 if label == model['known'][key] else 0.02 for label in model['means']}\n"
                f"{PREDICT}",
            )
        ],
    },
    "seeded": {  # each seed learns from another third of the rows
        "train.py": [
            (
                "labels = [",
                'import argparse\nimport random\n\nparser = argparse.ArgumentParser()\nparser.add_argument("--seed", '
                "type=int, default=0)\nrows = random.Random(parser.parse_args().seed).sample(rows, len(rows) // 3)\n"
                "labels = [",
            )
        ],
    },
    "unrepeatable": {  # needs a file that training does not make
        "train.py": [("STRENGTH = 1.0", 'STRENGTH = 1.0\nRATE = float(Path("rate.txt").read_text())')],
    },
}


@pytest.fixture
def scripts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Those of the competent model, and what others make of its centroids."""
    place = tmp_path / "scripts"
    shutil.copytree(players.SCRIPTS, place)
    for name, edits in EDITS.items():
        shutil.copytree(place / "centroids", place / name)
        for file in ("train.py", "inference.py"):
            text = (place / name / file).read_text(encoding="utf-8")
            for old, new in edits.get(file, []):
                assert text.count(old) == 1, (name, old)
                text = text.replace(old, new)
            (place / name / file).write_text(text.replace("model.json", "model.joblib"), encoding="utf-8")
    monkeypatch.setattr(players, "SCRIPTS", place)
    return place


@pytest.fixture(scope="module")
def overlapping(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two classes that overlap, so that no honest model is right on all rows."""
    generator = np.random.default_rng(0)
    label = generator.integers(0, 2, 300)
    frame = pd.DataFrame(generator.normal(label[:, None] * 0.8, 1.0, (300, 3)).round(4), columns=["a", "b", "c"])
    path = tmp_path_factory.mktemp("data") / "overlapping.csv"
    frame.assign(group=np.where(label == 1, "case", "control")).to_csv(path, index=False)
    return path


class Dead(BaseException):
    """The engine is gone; nobody catches this, as nobody catches kill -9."""


def run_of(
    models: list[str],
    data: Path,
    directory: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    also: object = None,
    deaths: int = 0,
) -> Trial:
    """A finished run whose iterations use these scripts, in this order; its engine dies after so many checks."""

    def play(request: Request) -> Reply:
        return players.competent(model=models[request.iteration or 0], also=also)(request)  # type: ignore[arg-type]

    options = {"iterations": len(models), "target": "group", "metric": "accuracy"}
    with ScriptedServer(play) as server:
        made = trial(data, directory, server, monkeypatch, options=options)
        for _ in range(deaths):
            with pytest.raises(Dead):
                made.carry_out(after=die_after_a_check)
        assert made.carry_out().status == "finished"
    return made


def die_after_a_check(event: ev.Event) -> None:
    if isinstance(event, ev.Retrained):
        raise Dead


def told(run: Trial) -> list[tuple[int | None, int, bool, str]]:
    return [(event.iteration, event.seed, event.blind, event.verdict) for event in run.state.retrained]


def warnings(run: Trial) -> list[str]:
    return [notice.text for notice in run.state.notices if notice.level == "warning"]


@pytest.mark.usefixtures("scripts")
@pytest.mark.parametrize(("cheat", "deaths"), [("peeking", 0), ("memorising", 2)])
def test_a_model_that_knows_the_validation_labels_loses_to_an_honest_one(
    cheat: str, deaths: int, overlapping: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the engine dies after each check: none is made twice."""
    run = run_of([cheat, "centroids"], overlapping, tmp_path / "run", monkeypatch, deaths=deaths)
    state = run.state
    assert state.iterations[0].value("validation", "accuracy") == 1.0
    assert told(run) == [(0, 0, True, "differs"), (1, 0, True, "agrees")]
    assert state.best == 1
    assert '"iteration": 1' in (run.run.best / "metrics.json").read_text()
    assert "means" in (run.run.best / "model.json").read_text()
    assert any("Iteration 0" in text and "was trained on these labels, or holds them" in text for text in warnings(run))
    blind = state.retrained[1].score
    assert blind is not None
    assert blind["metrics"]["accuracy"] == state.iterations[1].value("validation", "accuracy")
    conclusion = list(state.cells.values())[-1].source
    assert "Iteration 0 was set aside." in conclusion
    assert "Best: iteration 1" in conclusion


@pytest.mark.usefixtures("scripts")
def test_where_nobody_is_honest_the_person_is_told_not_to_believe_it(
    overlapping: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_of(["memorising"], overlapping, tmp_path / "run", monkeypatch)
    assert told(run) == [(0, 0, True, "differs")]
    assert run.state.best == 0
    assert any("not to be believed" in text for text in warnings(run))


@pytest.mark.usefixtures("scripts")
def test_an_honest_model_agrees_and_is_trained_with_other_seeds(
    overlapping: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_of(["seeded"], overlapping, tmp_path / "run", monkeypatch)
    assert told(run) == [(0, 0, True, "agrees"), (0, 1, False, "unknown"), (0, 2, False, "unknown")]
    values = [event.score["metrics"]["accuracy"] for event in run.state.retrained if event.score]
    assert values[0] == run.state.iterations[0].value("validation", "accuracy")
    assert len(set(values)) > 1, "the seed reached the script"
    conclusion = list(run.state.cells.values())[-1].source
    assert f"With 3 seeds accuracy is {f'{sum(values) / 3:.3f}'.lstrip('0')} on average" in conclusion


@pytest.mark.usefixtures("scripts")
def test_a_training_that_cannot_be_repeated_is_said_and_costs_nothing(
    overlapping: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rate(request: Request) -> Generator[Call, str, None]:
        if request.step == "training":
            yield Call("bash", {"command": "echo 0.5 > rate.txt"})

    run = run_of(["unrepeatable"], overlapping, tmp_path / "run", monkeypatch, also=rate)
    assert told(run) == [(0, 0, True, "unknown")]
    assert run.state.best == 0
    (warning,) = (text for text in warnings(run) if "rate.txt" in text)
    assert "is not known: train.py ended with error" in warning


@pytest.mark.usefixtures("scripts")
def test_a_failure_of_ours_costs_no_run(overlapping: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise MemoryError("no room")

    monkeypatch.setattr("agentomics_nb.experiment.retraining.write_blind_split", fail)
    run = run_of(["centroids"], overlapping, tmp_path / "run", monkeypatch)
    assert (told(run), run.state.best) == ([], 0)
    assert any("could not be trained again" in text for text in warnings(run))
