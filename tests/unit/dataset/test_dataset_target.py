"""The target is found, its task is explained, and its labels are counted."""

from __future__ import annotations

import pytest

from agentomics_nb.dataset import inspect
from agentomics_nb.dataset.target import natural_order


def with_target(write, labels, header="target", **options):
    rows = "".join(f"{i * 7 % 11 + 0.5},{label}\n" for i, label in enumerate(labels))
    return inspect(write("data.csv", f"a,{header}\n{rows}"), **options)


@pytest.mark.parametrize("name", ["target", "Class", "LABEL", " y ", "Outcome", "diagnosis", "phenotype"])
def test_the_target_is_found_by_its_name(write, name):
    found = with_target(write, ["x", "y"] * 10, header=name)
    assert found.target.name == name
    assert repr(name.strip().lower()) in found.target.reason


def test_usual_names_have_an_order(write):
    rows = "".join(f"{i % 2},{i % 3},{i * 0.7}\n" for i in range(30))
    assert inspect(write("data.csv", "y,class,a\n" + rows)).target.name == "class"


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
    assert any(warning.startswith("3 of 23 rows") for warning in found.warnings)


def test_labels_come_in_the_order_a_person_expects():
    assert natural_order(["10", "2", "1.5"]) == ("1.5", "2", "10")
    assert natural_order(["stage10", "Stage2", "control"]) == ("control", "Stage2", "stage10")
    assert natural_order(["True", "False"]) == ("False", "True")
    assert natural_order(["b2", "²", "a"]) == ("a", "b2", "²")
