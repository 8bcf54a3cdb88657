"""New rows are scored whatever file or frame they come in, or refused in one sentence."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from agentomics_nb import open_model, open_run
from agentomics_nb.cli import main
from agentomics_nb.errors import InputError, RunError
from agentomics_nb.magic import run_magic
from agentomics_nb.model.description import read_description
from agentomics_nb.model.folder import find_model
from agentomics_nb.prediction import predict_file
from tests.conftest import cohort

pytestmark = pytest.mark.xdist_group("prediction")

ROWS = 90


@pytest.fixture
def predict(cohort_run, tmp_path, capsys):
    """Score a file through the command line; return its exit code, what stderr said, and the predictions."""

    def predict(data: Path):
        output = tmp_path / "out.csv"
        code = main(["predict", str(cohort_run), str(data), "--output", str(output)])
        found = pd.read_csv(output, dtype={"prediction": str}) if output.exists() else None
        return code, capsys.readouterr().err, found

    return predict


@pytest.fixture(scope="module")
def straight(cohort_run) -> pd.DataFrame:
    return open_run(cohort_run).predict(cohort())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("plain.csv", lambda rows, path: rows.to_csv(path, index=False)),
        ("turned.csv", lambda rows, path: rows[rows.columns[::-1]].to_csv(path)),
        ("decimal.csv", lambda rows, path: rows.to_csv(path, index=False, sep=";", decimal=",")),
        ("utf16.tsv", lambda rows, path: rows.to_csv(path, index=False, sep="\t", encoding="utf-16")),
        ("commented.csv", lambda rows, path: path.write_text("# export\n" + rows.to_csv(index=False))),
        ("row_names.csv", lambda rows, path: path.write_text(rows.to_csv()[1:])),
        ("rows.parquet", lambda rows, path: rows.to_parquet(path)),
    ],
)
def test_the_same_rows_are_scored_alike_from_any_file(predict, straight, tmp_path, name, write):
    write(cohort().drop(columns="label"), tmp_path / name)
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
def test_what_is_strange_is_told_once_and_is_no_obstacle(predict, tmp_path):
    rows = cohort().assign(site=["moon", *cohort()["site"][1:]], age=cohort()["age"] * 12, more=1)
    rows = rows.astype({"marker": object})
    rows.loc[0, "marker"], rows.loc[1, "marker"] = "high", "?"
    rows.to_csv(tmp_path / "new.csv", index=False)
    code, error, found = predict(tmp_path / "new.csv")
    assert (code, len(found)) == (0, ROWS)
    assert error.splitlines() == [
        "agentomics: new.csv holds the target column 'label'; it is not read.",
        "agentomics: new.csv has a column that the model does not know, 'more'; ignored.",
        "agentomics: new.csv holds words such as 'high' in column 'marker'; these count as missing.",
        "agentomics: new.csv holds 'moon' in column 'site' in 1 row, which the model was not trained with; it knows "
        "'colon', 'lung, left', 'skin'.",
        "agentomics: new.csv holds 240 to 948 where training had 20 to 79 in column 'age'; check its unit.",
    ]


@pytest.mark.slow
def test_a_frame_may_hold_its_values_in_any_type(cohort_run, straight):
    run, rows = open_run(cohort_run), cohort()
    names = pd.Index([f"S{i}" for i in range(ROWS)], name="sample")
    typed = rows.astype({"site": "category", "age": "Int64", "marker": "float32"}).set_index(names)
    found = run.predict(typed)
    assert found.index.equals(names)
    assert found["prediction"].tolist() == straight["prediction"].tolist()
    gap = pd.concat([rows, rows.iloc[:1].assign(chromosome=None, age=None)])  # whole numbers become 7.0
    assert run.predict(gap)["prediction"].tolist()[:ROWS] == straight["prediction"].tolist()


@pytest.mark.slow
def test_a_frame_that_cannot_be_scored_is_refused(cohort_run):
    model = open_run(cohort_run).best
    with pytest.raises(InputError, match="The frame lacks the column 'site'"):
        model.predict(cohort().drop(columns="site"))
    with pytest.raises(InputError, match="holds words such as 'high' in column 'marker'"):
        model.predict(cohort().assign(marker="high"))
    with pytest.raises(InputError, match=r"nothing that the model knows in column 'site', but words such as 'u', 'v'"):
        model.predict(cohort().assign(site=["u", "v", "w"] * 30))
    with pytest.raises(InputError, match="columns of the frame have 2 levels"):
        model.predict(pd.concat({"a": cohort()}, axis=1))


@pytest.mark.slow
def test_a_model_stands_alone(cohort_run, straight, tmp_path, monkeypatch):
    """A copy of ``best/`` is a model, and so is a folder that holds one; it says nothing of where it was made."""
    shutil.copytree(cohort_run / "best", tmp_path / "record" / "model")
    text = (tmp_path / "record" / "model" / "model_description.json").read_text()
    assert str(cohort_run.parent) not in text
    monkeypatch.chdir(tmp_path)
    shell = SimpleNamespace(user_ns={"patients": cohort().head(12)})
    found = run_magic(shell, "predict record patients", None)
    assert found["prediction"].tolist() == straight["prediction"].tolist()[:12]
    assert find_model("record", tmp_path).run is None
    assert find_model(cohort_run / "best", tmp_path).run.path == cohort_run
    with pytest.raises(RunError, match="neither a run nor a model"):
        open_model(tmp_path)


def test_a_run_from_before_models_described_themselves_is_described_from_its_record(cohort_run, tmp_path):
    old = tmp_path / "r"
    shutil.copytree(cohort_run, old)
    (old / "best" / "model_description.json").unlink()
    for place in (old, old / "best"):
        model = find_model(place, tmp_path)
        assert model.description == read_description(cohort_run / "best")
        assert model.inference == old / "best" / "inference.py"


ECHO = r"""
import argparse, csv
parser = argparse.ArgumentParser()
parser.add_argument("--input")
parser.add_argument("--output")
given = parser.parse_args()
with open(given.input) as source, open(given.output, "w") as target:
    target.write("prediction\n")
    for row in csv.DictReader(source):
        target.write(f"{float(row['dose'])}\n")
"""
DESCRIPTION = """{"format": 1, "run": "doses", "iteration": 0, "task": "regression", "metric": "rmse",
 "target": {"name": "response", "type": "number"}, "columns": [{"name": "dose", "kind": "numeric"}],
 "inference": "inference.py"}"""


@pytest.fixture
def echo(tmp_path, monkeypatch) -> Path:
    """A model that predicts the dose itself."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("agentomics_nb.dataset.chunks._MOST_ROWS", 5000)
    folder = tmp_path / "doses"
    folder.mkdir()
    (folder / "inference.py").write_text(ECHO)
    (folder / "model_description.json").write_text(DESCRIPTION)
    return folder


@pytest.mark.parametrize("name", ["many.csv", "many.csv.gz", "many.parquet"])
def test_many_rows_come_in_chunks_and_in_order(echo, tmp_path, name):
    rows = pd.DataFrame({"other": "x", "dose": np.arange(12_001, dtype=float)})
    rows.to_parquet(name) if name.endswith("parquet") else rows.to_csv(name, index=False)
    seen: list[tuple[int, int]] = []
    model = find_model(echo, tmp_path)
    scored = predict_file(model, Path(name), Path("p.csv"), progress=lambda *at: seen.append(at))
    assert scored.rows == 12_001
    assert seen == [(done, 12_001) for done in (0, 200, 5200, 10_200, 12_001)]
    assert pd.read_csv("p.csv")["prediction"].tolist() == rows["dose"].tolist()


def test_what_fails_on_the_way_leaves_no_file(echo, tmp_path, capsys):
    rows = pd.DataFrame({"dose": np.arange(12_000, dtype=float)})
    rows.to_csv("many.csv", index=False)
    (echo / "inference.py").write_text(ECHO + "if float(row['dose']) > 9000: raise SystemExit('no more')")
    before = sorted(tmp_path.iterdir())
    assert main(["predict", "doses", "many.csv"]) == 2
    assert "inference.py failed: no more" in capsys.readouterr().err
    assert sorted(tmp_path.iterdir()) == before
    assert main(["predict", "doses", "many.csv", "--output", "many.csv"]) == 2
    assert "many.csv holds the rows to score; choose another --output" in capsys.readouterr().err


def test_a_description_that_cannot_be_used_is_refused(echo, tmp_path):
    for changed in (DESCRIPTION.replace('"format": 1', '"format": 2'), DESCRIPTION.replace("inference.py", "../x.py")):
        (echo / "model_description.json").write_text(changed)
        with pytest.raises(RunError, match=r"json is damaged or of another version \(at (format|inference)\)"):
            find_model(echo, tmp_path)
