from __future__ import annotations

import json
import time

import numpy as np
import pandas as pd
import pytest

from agentomics_nb.dataset import inspect
from agentomics_nb.evaluation.predictions import Predictions
from agentomics_nb.evaluation.slices import MOST_ROWS, Slices, error_slices
from agentomics_nb.evaluation.truth import Truth

CLASSES = ("a", "b")
NAMES = np.array(CLASSES, dtype=object)


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """Rows of two classes with a sequence, a chromosome, a tissue and a number; inspected, and as text."""
    rng = np.random.default_rng(0)
    rows = 900
    strong = rng.uniform(0.2, 0.8, rows)
    words = [
        "".join(rng.choice(list("GCAT"), size, p=[s / 2, s / 2, (1 - s) / 2, (1 - s) / 2]))
        for s, size in zip(strong, rng.integers(60, 140, rows), strict=True)
    ]
    frame = pd.DataFrame(
        {
            "sequence": words,
            "chrom": rng.integers(1, 7, rows),
            "tissue": rng.choice(["liver", "lung", "skin"], rows),
            "depth": rng.normal(30, 5, rows).round(2),
            "label": rng.choice(CLASSES, rows),
        }
    )
    place = tmp_path_factory.mktemp("slices") / "data.csv"
    frame.to_csv(place, index=False)
    text = pd.read_csv(place, dtype=str, keep_default_na=False)
    return inspect(place, target="label"), text.iloc[:300], text.iloc[300:].reset_index(drop=True)


def wrong_where(rows, wrong):
    """Truth, and predictions that are wrong in the given rows."""
    codes = (rows["label"] == "b").to_numpy().astype(int)
    truth = Truth("classification", labels=NAMES[codes], classes=CLASSES)
    return truth, Predictions("classification", labels=NAMES[codes ^ wrong], classes=CLASSES)


def gc(rows):
    return (rows["sequence"].str.count("[GC]") / rows["sequence"].str.len()).to_numpy()


def test_errors_where_gc_is_high_are_found_and_nothing_else(table):
    dataset, train, rows = table
    rng = np.random.default_rng(1)
    chance = np.where(gc(rows) > np.quantile(gc(rows), 2 / 3), 0.4, 0.1)
    wrong = (rng.random(len(rows)) < chance).astype(int)
    found = error_slices(*wrong_where(rows, wrong), train, rows, dataset)
    assert {(each.by, each.column) for each in found.slices} == {
        ("class", None),
        ("length", "sequence"),
        ("gc", "sequence"),
        ("category", "chrom"),
        ("category", "tissue"),
        ("similarity", None),
    }
    worst = found.differing[0]
    assert (worst.by, worst.rows) == ("gc", 200)
    assert float(worst.level.split()[0]) == pytest.approx(np.quantile(gc(rows), 2 / 3), abs=0.01)
    assert worst.error.low < wrong[gc(rows) > np.quantile(gc(rows), 2 / 3)].mean() < worst.error.high
    assert worst.error.low > worst.rest
    assert {each.by for each in found.differing} == {"gc"}
    assert (found.measure, found.rows, found.of_rows) == ("error_rate", 600, 600)


def test_errors_by_chance_seldom_look_like_a_slice(table):
    dataset, train, rows = table
    rng = np.random.default_rng(2)
    alarms = 0
    for seed in range(10):
        wrong = (rng.random(len(rows)) < 0.05).astype(int)
        alarms += bool(error_slices(*wrong_where(rows, wrong), train[:100], rows, dataset, seed=seed).differing)
    assert alarms <= 2


def test_what_groups_share_does_not_look_like_a_slice(table):
    dataset, train, rows = table
    rng = np.random.default_rng(3)
    by_row = by_group = 0
    for seed in range(8):
        gene = rng.integers(0, 40, len(rows))
        changed = rows.assign(tissue=rng.choice(["liver", "lung", "skin"], 40)[gene])
        wrong = (rng.random(len(rows)) < rng.beta(0.3, 1.2, 40)[gene]).astype(int)
        made = wrong_where(rows, wrong)
        by_row += bool(error_slices(*made, train[:100], changed, dataset, seed=seed).differing)
        grouped = error_slices(*made, train[:100], changed, dataset, gene.tolist(), seed=seed)
        by_group += bool(grouped.differing)
        assert "group_size" in {each.by for each in grouped.slices}
    assert by_row >= 4
    assert by_group <= 1


def test_a_chromosome_with_large_errors_is_found_in_a_regression(table):
    dataset, train, rows = table
    rng = np.random.default_rng(4)
    here = (rows["chrom"] == "3").to_numpy()
    values = rng.normal(size=len(rows))
    made = Predictions("regression", values=values + rng.normal(size=len(rows)) * np.where(here, 2.0, 1.0))
    found = error_slices(Truth("regression", values=values), made, train, rows, dataset)
    (worst,) = found.differing
    assert (found.measure, worst.by, worst.column, worst.level, worst.rows) == (
        "rmse",
        "category",
        "chrom",
        "3",
        here.sum(),
    )
    assert worst.error.low < 2.0 < worst.error.high
    assert worst.rest == pytest.approx(1.0, abs=0.1)


def test_rows_that_repeat_training_rows_are_the_similar_ones(table):
    dataset, train, rows = table
    copied = np.arange(len(rows)) % 3 == 0
    words = rows["sequence"].to_numpy(dtype=object).copy()
    words[copied] = train["sequence"].to_numpy()[: copied.sum()]
    wrong = (~copied & (np.random.default_rng(5).random(len(rows)) < 0.4)).astype(int)
    changed = rows.assign(sequence=words)
    found = error_slices(*wrong_where(rows, wrong), train, changed, dataset)
    closest = next(each for each in found.slices if each.level == "most similar to train")
    assert closest.rows == copied.sum()
    assert closest.error.value == 0.0
    assert closest.differs


def test_a_small_slice_without_errors_proves_nothing(table):
    dataset, train, rows = table
    few = np.arange(len(rows)) < 22
    changed = rows.assign(tissue=np.where(few, "bone", np.where(np.arange(len(rows)) < 30, "eye", "skin")))
    wrong = (~few & (np.random.default_rng(6).random(len(rows)) < 0.08)).astype(int)
    found = error_slices(*wrong_where(rows, wrong), train[:50], changed, dataset)
    levels = {each.level: each for each in found.slices if each.column == "tissue"}
    assert set(levels) == {"bone", "skin"}
    assert levels["bone"].error.value == 0.0
    assert levels["bone"].error.high > 0.1
    assert not levels["bone"].differs


def test_one_group_is_shown_but_not_judged(table):
    dataset, train, rows = table
    here = (rows["tissue"] == "skin").to_numpy()
    groups = np.where(here, 0, 1 + np.arange(len(rows)) % 50).tolist()
    found = error_slices(*wrong_where(rows, here.astype(int)), train[:50], rows, dataset, groups)
    skin = next(each for each in found.slices if each.level == "skin")
    assert (skin.error.value, skin.p, skin.differs) == (1.0, None, False)


def test_many_rows_are_sampled_within_seconds_the_same_each_time(table):
    dataset, train, rows = table
    many = pd.concat([rows] * 10, ignore_index=True)
    wrong = (np.random.default_rng(7).random(len(many)) < 0.2).astype(int)
    made = wrong_where(many, wrong)
    began = time.process_time()
    first = error_slices(*made, train, many, dataset, seed=1)
    assert time.process_time() - began < 10
    assert (first.rows, first.of_rows) == (MOST_ROWS, 6000)
    assert first == error_slices(*made, train, many, dataset, seed=1)
    assert Slices.model_validate(json.loads(first.model_dump_json())) == first


def test_rows_must_match(table):
    dataset, train, rows = table
    made = wrong_where(rows, np.zeros(len(rows), int))
    with pytest.raises(ValueError, match="same rows"):
        error_slices(*made, train, rows[:10], dataset)
    with pytest.raises(ValueError, match="same rows"):
        error_slices(*made, train, rows, dataset, ["a"])
