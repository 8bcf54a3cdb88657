"""A DataFrame of the notebook is written so that the inspection finds in it what the person put there."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from agentomics_nb.audit import audit
from agentomics_nb.dataset import inspect
from agentomics_nb.errors import InputError
from agentomics_nb.frames import write_frame

ROWS = 40
LABELS = ["case", "control"] * 20


def split_of(data, wanted=None):
    return audit(data, wanted).contract


def frame(**columns):
    noise = np.random.default_rng(0).normal(size=ROWS)
    return pd.DataFrame({"noise": noise, "target": LABELS}).assign(**columns)


def inspected(tmp_path, table):
    before = table.copy(deep=True)
    found = inspect(write_frame(table, "cohort", tmp_path / "input"))
    pd.testing.assert_frame_equal(table, before)
    return found


@pytest.mark.parametrize(
    ("values", "kind", "examples"),
    [
        (pd.Categorical(["stage 2", "stage 1", "stage 1", "stage 3"] * 10), "categorical", {"stage 1", "stage 2"}),
        (pd.Categorical([2, 1, 1, 3] * 10), "numeric", {"1", "2"}),
        (pd.cut(pd.Series(range(ROWS)), 3), "categorical", {"(-0.039, 13.0]"}),
        (pd.array([1, None, 5, 2] * 10, dtype="Int64"), "numeric", {"1", "5"}),
        (pd.array([True, None, False, True] * 10, dtype="boolean"), "categorical", {"True", "False"}),
        ([np.bool_(i % 3 == 0) for i in range(ROWS)], "categorical", {"True", "False"}),
        (pd.arrays.SparseArray([0, 3, 0, 0, 7] * 8), "numeric", {"0", "3"}),
        ([Decimal(i) / 4 for i in range(ROWS)], "numeric", {"0.25"}),
        ([Fraction(i, 4) for i in range(ROWS)], "numeric", {"0.25"}),
        (pd.to_timedelta(range(ROWS), unit="min"), "numeric", {"60"}),
        (pd.period_range("2020-01", periods=ROWS, freq="M"), "datetime", {"2020-02-01"}),
        (pd.date_range("2020-01-01", periods=ROWS, tz="UTC"), "datetime", {"2020-01-02 00:00:00+00:00"}),
        ([1, "two", 3.5, None] * 10, "categorical", {"1", "two", "3.5"}),
        ([b"ACGTACGTACGTAC" + b"ACGT"[i % 4 : i % 4 + 1] for i in range(ROWS)], "nucleotide", {"ACGTACGTACGTACA"}),
        ([10**30 + i for i in range(ROWS)], "identifier", {str(10**30)}),
    ],
    ids=[
        "categories", "numbered categories", "intervals", "nullable integers", "nullable truth values", "truth values",
        "sparse", "decimals", "fractions", "durations", "periods", "times", "mixed", "bytes", "huge integers",
    ],
)  # fmt: skip
def test_any_type_of_column_is_understood(tmp_path, values, kind, examples):
    column = inspected(tmp_path, frame(feature=values)).column("feature")
    assert column.kind == kind
    assert examples <= set(column.examples)


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        (pd.Categorical(["low", "high"] * 20, ["low", "high", "never"], ordered=True), ("high", "low")),
        ([True, False] * 20, ("False", "True")),
        ([1.0, 2.0] * 20, ("1.0", "2.0")),
        ([1, 2] * 20, ("1", "2")),
        (["01", "1"] * 20, ("01", "1")),
        ([1, "x", 2.0, True] * 10, ("1", "2.0", "True", "x")),
        (pd.array(["None", None, "b", "b"] * 10, dtype="string"), ("b", "None")),
    ],
)
def test_labels_of_any_type_are_classes(tmp_path, labels, classes):
    assert inspected(tmp_path, frame(target=labels)).target.classes == classes


def test_columns_may_have_any_names(tmp_path):
    table = pd.DataFrame(np.random.default_rng(0).normal(size=(ROWS, 3)), columns=[0, ("a", "b"), "âge (années)"])
    found = inspected(tmp_path, table.assign(target=LABELS))
    assert [column.name for column in found.columns] == ["0", "('a', 'b')", "âge (années)"]


def test_an_index_of_samples_is_no_feature(tmp_path):
    for index in (pd.Index([f"S{i}" for i in range(ROWS)], name="sample"), pd.Index([0] * ROWS)):
        assert [c.name for c in inspected(tmp_path, frame().set_index(index)).columns] == ["noise"]


def test_an_index_of_patients_keeps_their_rows_together(tmp_path):
    table = frame().set_index(pd.Index([f"P{i // 2}" for i in range(ROWS)], name="patient"))
    contract = split_of(inspected(tmp_path, table))
    assert (contract.strategy, contract.column) == ("group", "patient")


def test_messages_call_the_frame_by_its_name(tmp_path):
    path = write_frame(frame(target=["x"] * ROWS), "cohort", tmp_path / "input")
    with pytest.raises(InputError, match=r"^The target 'target' of cohort is 'x' in each row"):
        inspect(path, shown_as="cohort")


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        (frame(feature=[[1, 2]] * ROWS), r"Column 'feature' of cohort holds lists; give one value a cell"),
        (frame(feature=[{"a": 1}] * ROWS), "Column 'feature' of cohort holds dicts"),
        (frame(feature=[np.zeros(2)] * ROWS), "Column 'feature' of cohort holds ndarrays"),
        (frame(feature=[b"\xff\xfe"] * ROWS), "Column 'feature' of cohort holds bytes that are no text"),
        (frame(feature=np.ones(ROWS) + 1j), "Column 'feature' of cohort holds complex numbers"),
        (frame().iloc[:0], "cohort has no rows"),
        (frame().rename(columns={"noise": 1}).assign(**{"1": 2.0}), "cohort has several columns named '1'"),
        (pd.concat({"a": frame()}, axis=1), r"columns of cohort have 2 levels; flatten them .* cohort.columns = "),
    ],
)
def test_what_is_no_table_is_refused_in_one_sentence(tmp_path, table, sentence):
    with pytest.raises(InputError, match=sentence) as caught:
        write_frame(table, "cohort", tmp_path / "input")
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.rglob("*.parquet"))
