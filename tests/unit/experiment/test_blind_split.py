"""What a checked training script gets: the training rows as they are, and validation labels that tell nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from agentomics_nb.experiment.blind_split import write_blind_split
from agentomics_nb.experiment.evaluation import Evaluator
from agentomics_nb.experiment.recorded_training import arguments_of, knows_seed
from agentomics_nb.journal.directory import Origin, RunDirectory
from agentomics_nb.launch import prepare
from agentomics_nb.options import RunOptions

if TYPE_CHECKING:
    from pathlib import Path


def split_run(directory: Path, *, task: str, shuffled: bool = False) -> RunDirectory:
    generator = np.random.default_rng(0)
    signal = generator.normal(size=200)
    target = signal + generator.normal(scale=0.5, size=200)
    if shuffled:  # labels of validation rows that no training row could tell
        target[150:] = generator.permutation(target[150:])
    words = np.where(target > 0, "case", "control")
    frame = pd.DataFrame({"signal": signal, "y": words if task == "classification" else target})
    frame.to_csv(directory / "data.csv", index=False)
    made = prepare(RunOptions(data="data.csv", split="random"), origin=Origin(directory=str(directory), door="cli"))
    made.split.mkdir()
    frame.iloc[:150].to_csv(made.split / "train.csv", index=False)
    frame.iloc[150:].to_csv(made.split / "validation.csv", index=False)
    return made


@pytest.mark.parametrize("baselines", [True, False], ids=["baselines", "no baseline"])
@pytest.mark.parametrize("task", ["classification", "regression"])
def test_the_labels_are_replaced_and_nothing_else(task: str, baselines: bool, tmp_path: Path) -> None:
    run = split_run(tmp_path, task=task)
    record = run.read_record()
    if baselines:
        Evaluator(run, record, bench=None).climb_ladder()  # type: ignore[arg-type] - nothing is run here
    (tmp_path / "blind").mkdir()
    write_blind_split(run, record.dataset, tmp_path / "blind", seed=0)
    assert (tmp_path / "blind" / "train.csv").read_bytes() == (run.split / "train.csv").read_bytes()
    true, blind = (pd.read_csv(place / "validation.csv") for place in (run.split, tmp_path / "blind"))
    pd.testing.assert_frame_equal(true.drop(columns="y"), blind.drop(columns="y"))
    train = pd.read_csv(run.split / "train.csv")
    if task == "classification":
        assert set(blind["y"]) == set(train["y"])
        agreeing = (true["y"] == blind["y"]).mean()
    else:
        assert not set(true["y"]) & set(blind["y"])
        agreeing = np.corrcoef(true["y"], blind["y"])[0, 1]
    assert agreeing > 0.7 if baselines else agreeing < 0.7


def test_the_labels_do_not_depend_on_the_true_ones(tmp_path: Path) -> None:
    made = []
    for shuffled in (False, True):
        directory = tmp_path / str(shuffled)
        (directory / "blind").mkdir(parents=True)
        run = split_run(directory, task="regression", shuffled=shuffled)
        Evaluator(run, run.read_record(), bench=None).climb_ladder()  # type: ignore[arg-type]
        write_blind_split(run, run.read_record().dataset, directory / "blind", seed=0)
        made.append((directory / "blind" / "validation.csv").read_bytes())
    assert made[0] == made[1]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("cd work\npython train.py --seed 0 --epochs 30 > log.txt  # now", ("--seed", "0", "--epochs", "30")),
        ("python3 -u ./train.py --seed 2 2>&1 | tail -n 3", ("--seed", "2")),
        ("python train.py --name 'two words' && ls", ("--name", "two words")),
        ("python train.py --seed 1\npython train.py --seed 2", ("--seed", "2")),
        ("python train.py  # again", ()),
        ("python train.py --out $HOME", ()),
        ("python train.py --train ../train.csv", ()),
        ("python train.py --name 'unfinished", ()),
        ("cat train.py", ()),
    ],
)
def test_a_script_gets_the_arguments_it_had(source: str, expected: tuple[str, ...]) -> None:
    assert arguments_of("train.py", [source]) == expected


def test_a_seed_is_given_only_to_scripts_that_take_one(tmp_path: Path) -> None:
    script = tmp_path / "train.py"
    for text, expected in (('parser.add_argument("--seed")', True), ("# run with --seed", False)):
        script.write_text(text)
        assert knows_seed(script) == expected
