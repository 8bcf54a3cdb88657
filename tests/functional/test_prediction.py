"""New rows are scored whatever file or frame they come in, or refused in one sentence."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from agentomics_nb.cli import main
from agentomics_nb.errors import InputError
from agentomics_nb.journal.directory import RunDirectory
from agentomics_nb.prediction import predict_frame

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.xdist_group("prediction")

ROWS = 90


def cohort() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    label = np.arange(ROWS) % 2
    return pd.DataFrame(
        {
            "age": rng.integers(20, 80, ROWS),
            "marker": (label * 3 + rng.normal(size=ROWS)).round(3),
            "chromosome": rng.integers(1, 9, ROWS),
            "site": rng.choice(["colon", "lung, left", "skin"], ROWS),
            "label": np.array(["01", "02"])[label],
        }
    )


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> RunDirectory:
    """A run of one iteration on labels that are easily mistaken for numbers."""
    directory = tmp_path_factory.mktemp("prediction")
    cohort().to_csv(directory / "cohort.csv", index=False)
    command = [sys.executable, "-m", "agentomics_nb.cli", "run", "cohort.csv", "--iterations", "1", "--name", "r"]
    done = subprocess.run(command, cwd=directory, check=False, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return RunDirectory(directory / "agentomics_runs" / "r")


@pytest.fixture
def predict(run, tmp_path, capsys):
    """Score a file through the command line; return its exit code, what stderr said, and the predictions."""

    def predict(data: Path):
        output = tmp_path / "out.csv"
        code = main(["predict", str(run.path), str(data), "--output", str(output)])
        found = pd.read_csv(output, dtype={"prediction": str}) if output.exists() else None
        return code, capsys.readouterr().err, found

    return predict


@pytest.fixture
def straight(run) -> pd.DataFrame:
    return predict_frame(run, cohort())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("plain.csv", lambda rows, path: rows.to_csv(path, index=False)),
        ("other_label.csv", lambda rows, path: rows.assign(label="99").to_csv(path, index=False)),
        ("turned_and_more.csv", lambda rows, path: rows[rows.columns[::-1]].assign(more=1).to_csv(path)),
        ("decimal.csv", lambda rows, path: rows.to_csv(path, index=False, sep=";", decimal=",")),
        ("utf16.tsv", lambda rows, path: rows.to_csv(path, index=False, sep="\t", encoding="utf-16")),
        ("commented.csv", lambda rows, path: path.write_text("# export\n" + rows.to_csv(index=False))),
        ("row_names.csv", lambda rows, path: path.write_text(rows.to_csv()[1:])),
        ("rows.parquet", lambda rows, path: rows.to_parquet(path)),
    ],
)
def test_the_same_rows_are_scored_alike_from_any_file(predict, straight, tmp_path, name, write):
    write(cohort(), tmp_path / name)
    code, error, found = predict(tmp_path / name)
    assert (code, error) == (0, "")
    assert found["prediction"].tolist() == straight["prediction"].tolist()
    np.testing.assert_allclose(found["probability_01"], straight["probability_01"], atol=1e-9)
    assert set(found["prediction"]) == {"01", "02"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "new.csv is empty"),
        ("age,marker,chromosome,site\n", "holds a header and no rows"),
        ("age,marker,chromosome\n1,2,3\n", "lacks the column 'site' of the training table; add what is missing"),
        ("AGE,marker,chromosome,site\n1,2,3,x\n", "lacks the column 'age' of the training table; rename 'AGE'"),
        ("age,marker,chromosome,site\n1,2,3,x\n1,2,3\n", "3 fields in line 3 where the header has 4 columns"),
        ("age,marker,chromosome,site\n1,high,3,x\n", "words such as 'high' in column 'marker', which holds numbers"),
        ("age,age,marker,chromosome,site\n1,1,2,3,x\n", "more than one column named 'age'"),
    ],
)
def test_a_file_that_cannot_be_scored_is_refused(predict, tmp_path, text, sentence):
    (tmp_path / "new.csv").write_text(text)
    code, error, found = predict(tmp_path / "new.csv")
    assert (code, found) == (2, None)
    assert sentence in error
    assert error.count("\n") == 1


@pytest.mark.slow
def test_words_among_the_numbers_and_new_categories_are_no_obstacle(predict, tmp_path):
    rows = cohort().assign(site="moon").astype({"marker": object})
    rows.loc[0, "marker"], rows.loc[1, "marker"] = "high", "?"
    rows.to_csv(tmp_path / "new.csv", index=False)
    code, error, found = predict(tmp_path / "new.csv")
    assert (code, len(found)) == (0, ROWS)
    assert error == "agentomics: Column 'marker' of new.csv holds words such as 'high'; these count as missing.\n"


@pytest.mark.slow
def test_a_frame_may_hold_its_values_in_any_type(run, straight):
    rows = cohort()
    names = pd.Index([f"S{i}" for i in range(ROWS)], name="sample")
    typed = rows.astype({"site": "category", "age": "Int64", "marker": "float32"}).set_index(names)
    found = predict_frame(run, typed)
    assert found.index.equals(names)
    assert found["prediction"].tolist() == straight["prediction"].tolist()
    gap = pd.concat([rows, rows.iloc[:1].assign(chromosome=None, age=None)])  # whole numbers become 7.0
    assert predict_frame(run, gap)["prediction"].tolist()[:ROWS] == straight["prediction"].tolist()


@pytest.mark.slow
def test_a_frame_that_cannot_be_scored_is_refused(run):
    with pytest.raises(InputError, match="The frame lacks the column 'site'"):
        predict_frame(run, cohort().drop(columns="site"))
    with pytest.raises(InputError, match="holds words such as 'high' in column 'marker'"):
        predict_frame(run, cohort().assign(marker="high"))
    with pytest.raises(InputError, match="columns of the frame have 2 levels"):
        predict_frame(run, pd.concat({"a": cohort()}, axis=1))
