"""The target is found, its task is explained, and its labels are counted."""

from __future__ import annotations

import pytest

from agentomics_nb.dataset import inspect
from agentomics_nb.dataset.target import natural_order
from agentomics_nb.errors import InputError


def with_target(write, labels, header="target", **options):
    rows = "".join(f"{i * 7 % 11 + 0.5},{label}\n" for i, label in enumerate(labels))
    return inspect(write("data.csv", f"a,{header}\n{rows}"), **options)


@pytest.mark.parametrize("name", ["target", "Class", "LABEL", " y ", "Outcome", "diagnosis", "phenotype"])
def test_the_target_is_found_by_its_name(write, name):
    found = with_target(write, ["x", "y"] * 10, header=name)
    assert found.target.name == name
    assert repr(name.strip().lower()) in found.target.reason


@pytest.mark.parametrize("header", ["y,class,a", "label,target,a", "Label,LABEL,a", "subtype,status,a"])
def test_two_columns_that_may_be_the_target_are_named(write, header):
    rows = "".join(f"{i % 2},{i % 3},{i * 0.7}\n" for i in range(30))
    with pytest.raises(InputError, match="more than one column that may be the target") as caught:
        inspect(write("data.csv", f"{header}\n{rows}"))
    assert all(repr(name) in str(caught.value) for name in header.split(",")[:2])


def test_a_decisive_name_goes_before_others_which_are_named(write):
    rows = "".join(f"{i % 2},{i % 3},{i * 0.7}\n" for i in range(30))
    found = inspect(write("data.csv", "class,subtype,a\n" + rows))
    assert found.target.name == "class"
    assert any("'subtype', which could be one too, is a feature" in warning for warning in found.warnings)


def test_coordinates_are_no_rival_of_the_target(write):
    rows = "".join(f"{i % 2},{i * 0.3},{i * 0.7}\n" for i in range(30))
    assert inspect(write("data.csv", "target,x,y\n" + rows)).target.name == "target"


def test_a_name_that_holds_a_usual_word_is_proposed(write):
    rows = "".join(f"{i % 2},{i * 0.3}\n" for i in range(30))
    with pytest.raises(InputError, match="perhaps 'disease_status'"):
        inspect(write("data.csv", "disease_status,a\n" + rows))


@pytest.mark.parametrize(
    ("labels", "sentence"),
    [
        (["x", "y", "?"] * 10, "The label '?' of data.csv (10 rows) counts as a class"),
        (["x", "y", " "] * 10, "The label ' ' of data.csv (10 rows) counts as a class"),
        (
            ["Tumor", "tumor", "well"] * 10,
            "The labels 'Tumor', 'tumor' of data.csv differ only in how they are written",
        ),
        (["1", "1.0", "2"] * 10, "The labels '1', '1.0' of data.csv differ only in how they are written"),
        (["x", "y"] * 10 + ["z"] * 2, "The class 'z' of data.csv has fewer than 10 rows"),
    ],
)
def test_strange_labels_are_told(write, labels, sentence):
    found = with_target(write, labels)
    assert set(found.target.classes) == set(labels)
    assert any(warning.startswith(sentence) for warning in found.warnings)


@pytest.mark.parametrize("labels", [["+", "-"] * 10, ["None", "severe"] * 10, ["01", "02"] * 10])
def test_ordinary_labels_are_not(write, labels):
    found = with_target(write, labels)
    assert set(found.target.classes) == set(labels)
    assert not any("label" in warning for warning in found.warnings)


GENES = [f"gene{i}" for i in range(30)]


def on_its_side(row=None, names=True):
    """Return a matrix of twelve samples in columns, with a row of labels if it has a name."""
    rows = "".join(f"{gene},{','.join(str(i * j % 7 + 0.5) for j in range(12))}\n" for i, gene in enumerate(GENES))
    labels = f"{row},{','.join('xy' * 6)}\n" if row else ""
    return ("," if names else "") + ",".join(f"S{j}" for j in range(12)) + "\n" + labels + rows


@pytest.mark.parametrize("names", [True, False])
def test_a_table_that_lies_on_its_side_is_told_by_its_row_of_labels(write, names):
    with pytest.raises(InputError, match="samples in columns, since 'Class' names a row; transpose it"):
        inspect(write("data.csv", on_its_side("Class", names)))
    with pytest.raises(InputError, match=r"since 'grade' names a row; .* pd.read_csv\('data.csv', index_col=0\).T"):
        inspect(write("data.csv", on_its_side("grade", names)), target="grade")


def test_a_matrix_without_labels_may_lie_on_its_side(write):
    with pytest.raises(
        InputError, match=r"no column of labels; add one .* if its rows are genes .* transpose it first"
    ):
        inspect(write("data.csv", on_its_side()))


def test_a_named_target_wins(write):
    rows = "".join(f"{i % 2},{i % 3},{i * 0.7}\n" for i in range(30))
    found = inspect(write("data.csv", "target,grade,a\n" + rows), target="Grade")
    assert (found.target.name, len(found.columns)) == ("grade", 2)


@pytest.mark.parametrize(
    ("labels", "task", "reason"),
    [
        (["sick", "well"] * 20, "classification", "holds words"),
        (["True", "False"] * 20, "classification", "holds words"),
        ([0, 1] * 20, "classification", "two values"),
        ([0.0, 1.0, 2.0] * 20, "classification", "only 3 different whole numbers"),
        ([0.5, 1.5] * 20, "classification", "two values"),
        ([i * 0.3 for i in range(40)], "regression", "with decimals"),
        (list(range(40)), "regression", "40 different whole numbers"),
        ([i % 15 for i in range(40)], "regression", "15 different whole numbers"),
        ([i % 15 for i in range(90)], "classification", "only 15 different whole numbers"),
    ],
)
def test_the_task_is_inferred_and_explained(write, labels, task, reason):
    found = with_target(write, labels)
    assert found.task == task
    assert reason in found.task_reason
    assert "target" in found.task_reason


def test_a_column_called_class_has_classes(write):
    assert with_target(write, [i % 15 for i in range(40)], header="class").task == "classification"


def test_the_task_can_be_set(write):
    found = with_target(write, [0, 1, 2, 3] * 10, task="regression")
    assert (found.task, found.target.classes, found.target.mean) == ("regression", None, 1.5)


def test_rows_without_a_label_are_counted_and_named(write):
    found = with_target(write, ["x", "NA", "y", "None", ""] * 6)
    assert found.target.classes == ("None", "x", "y")
    assert found.target.counts == {"None": 6, "x": 6, "y": 6}
    assert (found.target.missing, found.n_rows, found.train.rows) == (12, 18, 30)
    assert "12 of 30 rows of data.csv have no target; they are left out." in found.warnings


def test_a_regression_target_is_described(write):
    found = with_target(write, [i / 10 for i in range(101)])
    target = found.target
    assert (target.minimum, target.maximum, target.mean) == (0.0, 10.0, pytest.approx(5.0))
    assert target.std == pytest.approx(2.93002, abs=1e-5)
    assert target.quantiles == {"5%": 0.5, "25%": 2.5, "50%": 5.0, "75%": 7.5, "95%": 9.5}


def test_repeated_rows_are_counted(write, table):
    lines = table.splitlines(keepends=True)
    found = inspect(write("data.csv", table + lines[1] * 2 + lines[2]))
    assert found.duplicate_rows == 3


def test_labels_come_in_the_order_a_person_expects():
    assert natural_order(["10", "2", "1.5"]) == ("1.5", "2", "10")
    assert natural_order(["stage10", "Stage2", "control"]) == ("control", "Stage2", "stage10")
    assert natural_order(["True", "False"]) == ("False", "True")
    assert natural_order(["b2", "²", "a"]) == ("a", "b2", "²")
