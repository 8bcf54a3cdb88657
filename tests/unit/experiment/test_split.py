"""The split check: what is wrong is refused, whatever way the files spell their values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from agentomics_nb.audit import Relation, SplitContract
from agentomics_nb.dataset import Dataset, inspect
from agentomics_nb.experiment.split import check_split
from agentomics_nb.experiment.tools import CheckError

if TYPE_CHECKING:
    from pathlib import Path

RANDOM = SplitContract(strategy="random", column=None, reason="")


def table(rows: int = 60, *, seed: int = 0) -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "size": generator.normal(size=rows) * 1e3,
            "tissue": generator.choice(["lung", "liver", "NA", ""], rows),
            "patient": [f"p{k // 3}" for k in range(rows)],
            "day": pd.date_range("2024-01-01", periods=rows).strftime("%Y-%m-%d"),
            "target": generator.permutation(np.resize(["01", "True", "x,y"], rows)),
        }
    )


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path


def dataset_of(frame: pd.DataFrame, place: Path) -> Dataset:
    path = place / "data.csv"
    frame.to_csv(path, index=False)
    return inspect(path)


def check(frame: pd.DataFrame, chosen: np.ndarray, place: Path, contract: SplitContract = RANDOM) -> None:
    dataset = dataset_of(frame, place)
    frame[~chosen].to_csv(place / "train.csv", index=False)
    frame[chosen].to_csv(place / "validation.csv", index=False)
    check_split(dataset, contract, place / "train.csv", place / "validation.csv")


def every_fifth(rows: int) -> np.ndarray:
    return np.arange(rows) % 5 == 0


def test_an_honest_split_is_accepted(place: Path) -> None:
    frame = table()
    check(frame, every_fifth(len(frame)), place)


def test_values_may_be_spelt_otherwise_but_not_changed(place: Path) -> None:
    frame = table()
    dataset = dataset_of(frame, place)
    chosen = every_fifth(len(frame))
    respelt = frame.assign(size=[f"{value:.17e}" for value in frame["size"]])
    respelt[~chosen].to_csv(place / "train.csv", index=False)
    frame[chosen].to_csv(place / "validation.csv", index=False)
    check_split(dataset, RANDOM, place / "train.csv", place / "validation.csv")

    frame.assign(size=frame["size"].round(1))[~chosen].to_csv(place / "train.csv", index=False)
    with pytest.raises(CheckError, match="lost or changed"):
        check_split(dataset, RANDOM, place / "train.csv", place / "validation.csv")


def test_a_lost_row_is_named(place: Path) -> None:
    frame = table()
    dataset = dataset_of(frame, place)
    chosen = every_fifth(len(frame))
    frame[~chosen].iloc[1:].to_csv(place / "train.csv", index=False)
    frame[chosen].to_csv(place / "validation.csv", index=False)
    with pytest.raises(CheckError, match="1 are lost"):
        check_split(dataset, RANDOM, place / "train.csv", place / "validation.csv")


def test_a_row_on_both_sides_is_refused(place: Path) -> None:
    frame = table()
    dataset = dataset_of(frame, place)
    chosen = every_fifth(len(frame))
    pd.concat([frame[~chosen], frame[chosen].head(1)]).to_csv(place / "train.csv", index=False)
    frame[chosen].to_csv(place / "validation.csv", index=False)
    with pytest.raises(CheckError, match="once"):
        check_split(dataset, RANDOM, place / "train.csv", place / "validation.csv")


def test_twins_must_stay_on_one_side(place: Path) -> None:
    frame = table()
    frame.loc[1] = frame.loc[0]
    chosen = np.zeros(len(frame), dtype=bool)
    chosen[[0, *range(10, 20)]] = True
    with pytest.raises(CheckError, match="same features"):
        check(frame, chosen, place)


def test_a_class_absent_from_validation_is_refused(place: Path) -> None:
    frame = table()
    chosen = every_fifth(len(frame)) & (frame["target"] != "01").to_numpy()
    with pytest.raises(CheckError, match="'01'"):
        check(frame, chosen, place)


def test_a_torn_group_is_refused_and_a_whole_one_accepted(place: Path) -> None:
    frame = table()
    contract = SplitContract(strategy="group", column="patient", reason="")
    with pytest.raises(CheckError, match="patient"):
        check(frame, every_fifth(len(frame)), place, contract)
    check(frame, frame["patient"].isin(["p1", "p7", "p13"]).to_numpy(), place, contract)


def test_a_time_contract_wants_the_later_rows(place: Path) -> None:
    frame = table()
    contract = SplitContract(strategy="time", column="day", reason="")
    with pytest.raises(CheckError, match="later day"):
        check(frame, every_fifth(len(frame)), place, contract)
    check(frame, np.arange(len(frame)) >= 48, place, contract)


def test_a_column_that_was_dropped_is_named(place: Path) -> None:
    frame = table()
    dataset = dataset_of(frame, place)
    chosen = every_fifth(len(frame))
    frame[~chosen].drop(columns="tissue").to_csv(place / "train.csv", index=False)
    frame[chosen].to_csv(place / "validation.csv", index=False)
    with pytest.raises(CheckError, match="tissue"):
        check_split(dataset, RANDOM, place / "train.csv", place / "validation.csv")


def relatives() -> pd.DataFrame:
    """Fifteen families of four sequences that share thirty letters."""
    generator = np.random.default_rng(3)
    cores = ["".join(row) for row in generator.choice(list("ACGT"), (15, 30))]
    tails = ["".join(row) for row in generator.choice(list("ACGT"), (60, 20))]
    words = [cores[k // 4] + tail for k, tail in enumerate(tails)]
    return pd.DataFrame({"sequence": words, "target": np.resize(["x", "y"], 60)})


def test_a_torn_component_is_refused_and_a_whole_one_accepted(place: Path) -> None:
    frame = relatives()
    relation = Relation(kind="stretch", columns=("sequence",), k=25, both_strands=True)
    contract = SplitContract(strategy="homology", relation=relation, reason="")
    with pytest.raises(CheckError, match="12 validation rows have such a relative in train"):
        check(frame, every_fifth(len(frame)), place, contract)
    check(frame, np.arange(len(frame)) < 12, place, contract)


def test_overlapping_intervals_must_stay_on_one_side(place: Path) -> None:
    start = np.repeat(np.arange(15) * 1000, 4) + np.tile([0, 40, 80, 120], 15)
    frame = pd.DataFrame({"chr": "chr1", "start": start, "end": start + 60, "target": np.resize(["x", "y"], 60)})
    relation = Relation(kind="overlap", columns=("chr", "start", "end"))
    contract = SplitContract(strategy="homology", relation=relation, reason="")
    with pytest.raises(CheckError, match="overlapping interval"):
        check(frame, every_fifth(len(frame)), place, contract)
    check(frame, np.arange(len(frame)) < 12, place, contract)
