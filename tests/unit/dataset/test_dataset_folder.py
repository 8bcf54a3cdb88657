"""Folders, companions of the training file, and names of runs."""

from __future__ import annotations

import pytest

from agentomics_nb.dataset import inspect
from agentomics_nb.errors import InputError


@pytest.mark.parametrize("validation", ["validation", "valid", "val", "dev"])
def test_a_folder_gives_all_its_files(write, table, tmp_path, validation):
    write("Demo set/train.csv", table)
    write(f"Demo set/{validation}.tsv", table.replace(",", "\t"))
    write("Demo set/test.csv", table.replace("1.5,", "1.6,"))
    write("Demo set/dataset_description.md", "# Demo\n")
    found = inspect(tmp_path / "Demo set")
    assert found.name == "demo-set"
    assert found.validation is not None
    assert found.test is not None
    assert (found.validation.format, found.test.format, found.description) == ("tsv", "csv", "# Demo")


def test_files_named_by_the_person_take_the_place_of_those_in_the_folder(write, table, tmp_path):
    write("set/train.csv", table)
    write("set/test.csv", table)
    other = write("other.csv", table.replace("1.5,", "1.6,"))
    found = inspect(tmp_path / "set", test=other, description=write("notes.txt", "Notes."))
    assert found.test is not None
    assert found.test.path == str(other)
    assert found.description == "Notes."


def test_a_training_file_alone_does_not_pull_in_its_neighbours(write, table):
    path = write("ago2/train.csv", table)
    write("ago2/test.csv", table)
    found = inspect(path)
    assert (found.name, found.test) == ("ago2", None)


@pytest.mark.parametrize(
    ("path", "name"),
    [("Breast Cancer (v2).csv.gz", "breast-cancer-v2"), ("data.tsv", "here"), ("ünïcode.csv", "n-code")],
)
def test_the_name_is_safe_in_paths(tmp_path, path, name):
    from agentomics_nb.dataset.folder import dataset_name

    assert dataset_name(tmp_path / "here" / path) == name


def test_a_folder_without_a_train_file_is_refused(write, table, tmp_path):
    write("set/data.csv", table)
    with pytest.raises(InputError, match=r"has no train file but data.csv; name one"):
        inspect(tmp_path / "set")


def test_two_train_files_are_refused(write, table, tmp_path):
    write("set/train.csv", table)
    write("set/train.tsv", table)
    with pytest.raises(InputError, match=r"more than one train file: train\.csv, train\.tsv"):
        inspect(tmp_path / "set")


def test_a_test_file_that_is_the_training_file_is_warned_about(write, table):
    found = inspect(write("train.csv", table), test=write("test.csv", table))
    assert any("the same file" in warning for warning in found.test_warnings)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a,target\n1,x\n", "test.csv lacks the column 'b' of train.csv"),
        ("a,b\n1,2\n", "test.csv has no target column 'target'"),
        ("a,b,target\n1,2,z\n", "test.csv has the label 'z', which train.csv lacks"),
        ("a,b,target\n1,2,NA\n", "has no value in any row"),
    ],
)
def test_a_test_file_that_does_not_fit_is_refused(write, table, content, message):
    train = write("train.csv", table)
    with pytest.raises(InputError, match=message):
        inspect(train, test=write("test.csv", content))


def test_a_validation_file_without_a_class_is_refused(write, table):
    train = write("train.csv", table)
    with pytest.raises(InputError, match=r"val\.csv has no row of class 'y'"):
        inspect(train, validation=write("val.csv", "a,b,target\n1,2,x\n"))


def test_extra_and_reordered_columns_of_a_test_file_do_no_harm(write, table):
    found = inspect(write("train.csv", table), test=write("test.csv", "more,target,b,a\n0,x,2,3\n0,y,2,3\n"))
    assert found.test is not None
    assert found.test.columns == ("more", "target", "b", "a")
