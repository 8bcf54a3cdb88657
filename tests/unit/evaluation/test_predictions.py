from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from agentomics_nb.errors import AgentomicsError
from agentomics_nb.evaluation.predictions import Predictions, PredictionsError, read_predictions
from agentomics_nb.evaluation.truth import Truth

CLASSES = ("no", "yes")
GOOD = "prediction,probability_no,probability_yes\nno,0.8,0.2\nyes,0.1,0.9\n"


def read(tmp_path, content, *, task="classification", classes=CLASSES, rows=2):
    path = tmp_path / "predictions.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_predictions(path, task=task, classes=classes, rows=rows)


def test_a_classification_is_read_with_its_probabilities(tmp_path):
    found = read(tmp_path, GOOD)
    assert found.labels.tolist() == ["no", "yes"]
    assert found.probabilities.tolist() == [[0.8, 0.2], [0.1, 0.9]]
    assert found.codes.tolist() == [0, 1]


def test_probability_columns_are_matched_by_name_and_others_ignored(tmp_path):
    found = read(tmp_path, "id,probability_yes,prediction,probability_no\n7,0.2,no,0.8\n8,0.9,yes,0.1\n")
    assert found.probabilities.tolist() == [[0.8, 0.2], [0.1, 0.9]]


def test_a_regression_is_read(tmp_path):
    found = read(tmp_path, "prediction\n1.5\n-2e-3\n", task="regression", classes=())
    assert found.values.tolist() == [1.5, -0.002]


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path):
    found = read(tmp_path, b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert found.labels.tolist() == ["no", "yes"]


WEIRD = (
    "a,b",
    'say "hi"',
    "1.0",
    "True",
    "NA",
    "nan",
    "None",
    "günstig",
    "<img src=x>",
    "new\nline",
    " padded ",
)


def test_labels_of_any_kind_survive_the_file(tmp_path):
    probabilities = np.full((len(WEIRD), len(WEIRD)), 0.02)
    np.fill_diagonal(probabilities, 0.8)
    frame = pd.DataFrame(probabilities, columns=[f"probability_{name}" for name in WEIRD])
    frame.insert(0, "prediction", list(WEIRD))
    frame.to_csv(tmp_path / "p.csv", index=False)
    found = read_predictions(tmp_path / "p.csv", task="classification", classes=WEIRD, rows=len(WEIRD))
    assert found.labels.tolist() == list(WEIRD)
    assert np.allclose(found.probabilities, probabilities)


@pytest.mark.parametrize(("classes", "written"), [(("0", "1"), ("0.0", "1.0")), (("0.0", "1.0"), ("0", "1"))])
def test_the_same_number_in_another_spelling_is_the_same_class(tmp_path, classes, written):
    text = f"prediction,probability_{written[0]},probability_{written[1]}\n{written[1]},0.4,0.6\n"
    assert read(tmp_path, text, classes=classes, rows=1).labels.tolist() == [classes[1]]


def test_where_two_classes_are_one_number_only_the_text_counts(tmp_path):
    text = "prediction,probability_1,probability_1.0\n1.0,0.4,0.6\n"
    assert read(tmp_path, text, classes=("1", "1.0"), rows=1).labels.tolist() == ["1.0"]
    with pytest.raises(PredictionsError, match=r"found '1\.00'"):
        read(tmp_path, text.replace("\n1.0", "\n1.00"), classes=("1", "1.0"), rows=1)


def test_large_identifiers_are_not_merged_as_floats_would(tmp_path):
    classes = ("9007199254740992", "9007199254740994")
    text = f"prediction,probability_{classes[0]},probability_{classes[1]}\n9007199254740993,0.4,0.6\n"
    with pytest.raises(PredictionsError, match="expected one of the classes"):
        read(tmp_path, text, classes=classes, rows=1)


def test_rounded_and_single_precision_probabilities_pass(tmp_path):
    found = read(tmp_path, "prediction,probability_no,probability_yes\nno,0.333,0.6663\nyes,-1e-8,1.0000001\n")
    assert found.probabilities.tolist() == [[0.333, 0.6663], [0.0, 1.0]]


def test_numbers_come_back_to_the_last_bit(tmp_path):
    rng = np.random.default_rng(0)
    values = rng.normal(size=1000) * 10.0 ** rng.integers(-9, 9, 1000)
    pd.DataFrame({"prediction": values}).to_csv(tmp_path / "p.csv", index=False)
    found = read_predictions(tmp_path / "p.csv", task="regression", rows=1000)
    assert np.array_equal(found.values, values)


BROKEN = {
    "a missing column": (
        "prediction,probability_no\nno,1\nno,1\n",
        "'probability_yes' is missing; expected 'prediction', 'probability_no', 'probability_yes', found",
    ),
    "no prediction column": (
        "label,probability_no,probability_yes\nno,1,0\nno,1,0\n",
        "'prediction' is missing",
    ),
    "too few rows": ("prediction,probability_no,probability_yes\nno,1,0\n", "expected 2 rows, .* found 1"),
    "too many rows": (GOOD + "no,1,0\n", "expected 2 rows, .* found 3"),
    "a missing label": (
        "prediction,probability_no,probability_yes\nno,1,0\n,1,0\n",
        r"'prediction', row 2: the value is missing \(1 such row\)",
    ),
    "a missing probability": (
        "prediction,probability_no,probability_yes\nno,,0\nno,1,0\n",
        "'probability_no', row 1: the value is missing",
    ),
    "a short line": ("prediction,probability_no,probability_yes\nno,1,0\nno,1\n", "'probability_yes', row 2"),
    "a blank line": ("prediction,probability_no,probability_yes\n\nno,1,0\n", "'prediction', row 1"),
    "an unknown label": (
        "prediction,probability_no,probability_yes\nno,1,0\nmaybe,1,0\n",
        r"'prediction', row 2: expected one of the classes 'no', 'yes', found 'maybe'",
    ),
    "a code instead of a label": ("prediction,probability_no,probability_yes\n0,1,0\n1,0,1\n", "found '0'"),
    "an impossible probability": (
        "prediction,probability_no,probability_yes\nno,1,0\nno,1.2,-0.2\n",
        r"'probability_no', row 2: expected a probability from 0 to 1, found 1.2 \(1 such row\)",
    ),
    "a negative probability": (
        "prediction,probability_no,probability_yes\nno,0.5,-0.2\nno,1,0\n",
        r"'probability_yes', row 1: .* found -0.2",
    ),
    "probabilities that do not sum to 1": (
        "prediction,probability_no,probability_yes\nno,0.7,0.7\nno,1,0.1\n",
        r"row 1: .* must sum to 1, but sum to 1.4 \(2 such rows\)",
    ),
    "NaN": (
        "prediction,probability_no,probability_yes\nno,1,0\nno,nan,1\n",
        "'probability_no', row 2: expected a fin",
    ),
    "infinity": (
        "prediction,probability_no,probability_yes\nno,1,0\nno,inf,1\n",
        "row 2: expected a finite number",
    ),
    "text for a number": (
        "prediction,probability_no,probability_yes\nno,high,0\nno,1,0\n",
        "'probability_no', row 1: expected a finite number .* found 'high'",
    ),
    "an unknown probability column": (
        "prediction,probability_no,probability_yes,probability_maybe\nno,1,0,0\nno,1,0,0\n",
        "'probability_maybe' belongs to none of the classes 'no', 'yes'",
    ),
    "a doubled column": (
        "prediction,prediction,probability_no,probability_yes\nno,no,1,0\n",
        "occurs 2 times",
    ),
    "a long line": (GOOD.replace("0.8,0.2", "0.8,0.2,3"), "not a UTF-8 comma-separated table"),
    "a longer line further down": (GOOD.replace("0.1,0.9", "0.1,0.9,3"), "not a UTF-8 comma-separated table"),
    "an empty file": ("", "the file is empty"),
    "a header only": ("prediction,probability_no,probability_yes\n", "expected 2 rows, .* found 0"),
    "bytes of another encoding": (b"prediction\n\xff\xfe\xfd\n", "not a UTF-8"),
    "tabs for commas": (GOOD.replace(",", "\t"), "column 'prediction' is missing"),
}


@pytest.mark.parametrize(("content", "message"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_file_is_refused_with_the_place_and_the_reason(tmp_path, content, message):
    with pytest.raises(PredictionsError, match=message) as caught:
        read(tmp_path, content)
    assert str(caught.value).startswith("predictions.csv: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("prediction\n1\n\n", "'prediction', row 2: the value is missing"),
        ("prediction\n1\nnan\n", "row 2: expected a finite number"),
        ("prediction\n1\n-inf\n", "row 2: expected a finite number"),
        ("prediction\n1\n1e200\n", "row 2: expected a finite number of at most"),
        ("value\n1\n2\n", "column 'prediction' is missing"),
        ("prediction,probability_1\n1,1\n2,1\n", "'probability_1' does not belong to a regression"),
    ],
)
def test_a_broken_regression_file_is_refused(tmp_path, content, message):
    with pytest.raises(PredictionsError, match=message):
        read(tmp_path, content, task="regression", classes=())


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(PredictionsError, match=r"gone\.csv: the file does not exist"):
        read_predictions(tmp_path / "gone.csv", task="regression", rows=1)
    assert issubclass(PredictionsError, AgentomicsError)


def test_two_columns_for_one_class_are_refused(tmp_path):
    text = "prediction,probability_0,probability_1,probability_1.0\n1,0.2,0.8,0.8\n"
    with pytest.raises(PredictionsError, match=r"'probability_1' and 'probability_1\.0' are the same class"):
        read(tmp_path, text, classes=("0", "1"), rows=1)


def test_messages_stay_short_whatever_the_file_holds(tmp_path):
    text = f"prediction,probability_no,probability_yes\n{'x' * 100_000},1,0\nno,1,0\n"
    with pytest.raises(PredictionsError) as caught:
        read(tmp_path, text)
    assert len(str(caught.value)) < 300
    many = tuple(f"class{i}" for i in range(500))
    with pytest.raises(PredictionsError, match=r"500 in all|501 in all") as caught:
        read(tmp_path, GOOD.replace("no", "class0"), classes=many)
    assert len(str(caught.value)) < 600


def test_predictions_cannot_be_built_from_what_a_file_may_not_hold():
    with pytest.raises(PredictionsError, match="row 1: expected a finite number"):
        Predictions("regression", values=[float("nan")])
    with pytest.raises(PredictionsError, match="'b'"):
        Predictions("classification", labels=["b"], classes=CLASSES)
    with pytest.raises(ValueError, match="one for each row"):
        Predictions("classification", values=[1.0])
    with pytest.raises(ValueError, match="one column for each class"):
        Predictions("classification", labels=["no"], probabilities=[[1.0]], classes=CLASSES)


@pytest.mark.parametrize(
    "parts",
    [
        {"task": "classification", "labels": ["no", "maybe"], "classes": CLASSES},
        {"task": "classification", "labels": ["no"], "classes": ("no",)},
        {"task": "classification", "values": [1.0]},
        {"task": "regression", "values": [1.0, float("nan")]},
        {"task": "regression", "values": []},
    ],
)
def test_a_truth_that_contradicts_itself_is_refused(parts):
    with pytest.raises(ValueError, match=r"\w"):
        Truth(**parts)
