from __future__ import annotations

import pytest

from agentomics_nb.planner.llm.privacy import MASK, MOST_ROWS, Curtain, data_lines

KEY = "sk-" + "a1B2c3D4e5F6" * 3
ROWS = "\n".join(f"{n},{n * 1.5:.3f},{n * 2.25:.3f},malignant" for n in range(300))


def shown(level, tumours, text, *, ok=True, source="", scripts=None, before=0):
    return Curtain(level, tumours, [KEY]).output(text, ok=ok, source=source, scripts=scripts or {}, shown=before)


def test_full_shows_outputs_cut_in_the_middle(tumours):
    text = shown("full", tumours, f"start {ROWS * 20} end")
    assert text.startswith("start")
    assert text.endswith("end")
    assert "left out" in text
    assert len(text) < 13_000


def test_samples_shows_a_few_rows_and_all_other_lines(tumours):
    text = shown("samples", tumours, f"accuracy 0.91\n{ROWS}\ntrained in 3 s")
    assert data_lines(text) == MOST_ROWS
    assert "accuracy 0.91" in text
    assert "trained in 3 s" in text
    assert "280 more lines with data are held back" in text


def test_samples_counts_the_whole_step(tumours):
    assert data_lines(shown("samples", tumours, ROWS, before=95)) == 5
    assert data_lines(shown("samples", tumours, ROWS, before=500)) == 0


@pytest.mark.parametrize("row", ["AUGGCUACGUAGCUAG", "1\t2\t3\t4", "x | 1.0 | 2.0 | y", "0 5.1 3.5 1.4 0.2 setosa"])
def test_rows_are_known_by_their_form(row):
    assert data_lines(row) == 1


@pytest.mark.parametrize(
    "line", ["Epoch 3 of 10", "accuracy 0.913", "wrote model.joblib", "Traceback (most recent call last):"]
)
def test_other_lines_are_no_rows(line):
    assert data_lines(line) == 0


def test_schema_shows_no_value_of_an_output(tumours):
    text = shown("schema", tumours, f"{ROWS}\nmean 17.99 malignant")
    assert "malignant" not in text
    assert not any(character.isdigit() for character in text)
    assert "worked" in text


def test_schema_tells_where_code_failed_and_why_without_values(tumours):
    script = "import pandas as pd\nrows = pd.read_csv('train.csv')\nx = rows['mean radius'].astype(int)\n"
    trace = (
        'Traceback (most recent call last):\n  File "/home/me/t/workspace/train.py", line 3, in <module>\n'
        "ValueError: invalid literal for int() with base 10: '17.99 GENE_A' in mean radius"
    )
    text = shown("schema", tumours, trace, ok=False, source="python train.py", scripts={"train.py": script})
    assert "train.py, line 3: x = rows['mean radius'].astype(int)" in text
    assert "ValueError" in text
    assert "invalid literal for" in text
    assert "mean radius" in text
    for value in ("17", "99", "GENE_A", "home", "me/"):
        assert value not in text
    assert MASK in text


def test_schema_believes_no_made_up_error_and_no_made_up_place(tumours):
    text = shown(
        "schema", tumours, 'File "malignant.py", line 7\nMalignantGENEError: 42\nKeyError: malignant', ok=False
    )
    assert "alignant" not in text
    assert "42" not in text
    assert "KeyError" in text


def test_schema_masks_what_a_check_says_of_values(tumours):
    said = Curtain("schema", tumours, []).check("train.csv has no row of class 'malignant'; stratify by class.")
    assert "malignant" not in said
    assert "has no row of class" in said
    assert "stratify by class" in said


@pytest.mark.parametrize("level", ["full", "samples", "schema"])
def test_secrets_go_at_every_level(tumours, level):
    curtain = Curtain(level, tumours, [KEY])
    text = f"{KEY} and ghp_{'A1b2' * 9} and https://me:hunter2hunter2@host/x"
    for said in (curtain.clean(text), curtain.check(text), shown(level, tumours, text)):
        assert KEY not in said
        assert "ghp_" not in said
        assert "hunter2" not in said
