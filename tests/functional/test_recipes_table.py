"""The recipes for tables and matrices, as processes: train.py and inference.py in a directory of their own."""

from __future__ import annotations

import os
import subprocess
import sys

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import r2_score, roc_auc_score

from agentomics_nb.dataset import inspect
from agentomics_nb.planner.offline import assemble, scripts
from agentomics_nb.planner.offline.families.matrix import MATRIX
from agentomics_nb.planner.offline.families.table import TABLE

CALM = os.environ | {"OMP_WAIT_POLICY": "PASSIVE"}


def clinical(rows=240):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "age": rng.normal(50, 10, rows),
            "dose": rng.lognormal(size=rows),
            "tissue": rng.choice(["liver", "lung", "skin"], rows),
            "note": rng.choice(["severe pain was reported", "no complaint so far", "patient felt well"], rows),
        }
    )
    signal = np.log(frame["dose"]) + 0.08 * (frame["age"] - 50) + 1.5 * (frame["tissue"] == "lung")
    for column in frame.columns:
        frame[column] = frame[column].mask(rng.random(rows) < 0.08)
    return frame, signal + rng.normal(0, 0.4, rows)


def counts(rows=120, genes=300):
    rng = np.random.default_rng(1)
    signal = rng.normal(size=rows)
    rates = np.exp(rng.normal(3, 1, genes) + np.outer(signal, np.where(np.arange(genes) < 20, 0.5, 0)))
    depth = rng.lognormal(0, 0.5, (rows, 1))
    return pd.DataFrame(rng.poisson(rates * depth), columns=[f"gene{k}" for k in range(genes)]), signal


def write(folder, recipe, dataset):
    classes = dataset.task == "classification"
    (folder / "features.py").write_text(scripts.features_script(recipe), encoding="utf-8")
    (folder / "model.py").write_text(scripts.model_script(recipe, classification=classes), encoding="utf-8")
    (folder / "train.py").write_text(scripts.train_script(recipe, dataset, seed=0, threads=1), encoding="utf-8")
    (folder / "inference.py").write_text(scripts.inference_script(recipe, dataset), encoding="utf-8")


def python(folder, *arguments):
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=CALM, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr


def predict(folder, rows):
    rows.to_csv(folder / "new.csv", index=False)
    python(folder, "inference.py", "--input", "new.csv", "--output", "predictions.csv")
    return pd.read_csv(folder / "predictions.csv", dtype={"prediction": "str"})


def prepared(tmp_path, frame, target):
    whole = frame.assign(target=target)
    whole.to_csv(tmp_path / "data.csv", index=False)
    held_out = whole.iloc[::4]
    whole.drop(held_out.index).to_csv(tmp_path / "train.csv", index=False)
    return inspect(tmp_path / "data.csv", target="target"), held_out.reset_index(drop=True)


@pytest.mark.parametrize(
    ("family", "make", "keys"),
    [
        (TABLE, clinical, ("svm", "boosting")),
        (MATRIX, counts, ("shrunken-linear", "panel-linear")),
    ],
)
def test_classes_are_found_from_the_scripts_alone(tmp_path, family, make, keys):
    frame, signal = make()
    dataset, held_out = prepared(tmp_path, frame, np.where(signal > np.median(signal), "yes", "no"))
    assert MATRIX.fits(dataset) == (family is MATRIX)
    recipes = {recipe.key: recipe for recipe in family.ladder(dataset, {}, metric="auroc")}
    for key in keys:
        write(tmp_path, recipes[key], dataset)
        python(tmp_path, "train.py")
        made = predict(tmp_path, held_out.drop(columns="target"))
        assert np.allclose(made.filter(regex="^probability_").sum(axis=1), 1)
        assert roc_auc_score(held_out["target"] == "yes", made["probability_yes"]) > 0.8
    shuffled = held_out.drop(columns="target").iloc[[7, 3, 11]]
    alone = predict(tmp_path, shuffled)
    assert np.allclose(alone["probability_yes"], made["probability_yes"].iloc[[7, 3, 11]])


@pytest.mark.parametrize(
    ("family", "make", "key"), [(TABLE, clinical, "curves-linear"), (MATRIX, counts, "tuned-linear")]
)
def test_numbers_are_found_from_the_scripts_alone(tmp_path, family, make, key):
    frame, signal = make()
    dataset, held_out = prepared(tmp_path, frame, signal)
    recipe = next(r for r in family.ladder(dataset, {}, metric="r2") if r.key == key)
    write(tmp_path, recipe, dataset)
    python(tmp_path, "train.py")
    made = predict(tmp_path, held_out.drop(columns="target"))
    assert r2_score(held_out["target"], made["prediction"].astype(float)) > 0.5


@pytest.mark.parametrize("make", [clinical, counts])
@pytest.mark.parametrize("classes", [True, False])
def test_every_probe_runs_and_its_findings_order_the_ladder(tmp_path, make, classes, monkeypatch):
    mpl.use("Agg")
    import matplotlib.pyplot as plt

    monkeypatch.setattr(plt, "show", lambda: plt.close("all"))
    frame, signal = make()
    dataset, _ = prepared(tmp_path, frame, np.where(signal > 0, "yes", "no") if classes else signal)
    family = MATRIX if MATRIX.fits(dataset) else TABLE
    sample = pd.read_csv(tmp_path / "train.csv")
    findings = {}
    for probe in family.explore(dataset, groups=None):
        module = {}
        exec(assemble.join([assemble.snippet("probes", probe.call.snippet)]), module)
        found = module[probe.call.function](sample, "target", **probe.call.arguments)
        assert all(value is None or isinstance(value, (str, int, float)) for value in found.values())
        findings |= found
    assert findings.get("measurement") == ("counts" if make is counts else None)
    assert findings["linear_score"] > (0.65 if classes else 0.4)
    assert len(family.insights(dataset, findings)) >= 2
    assert family.ladder(dataset, findings, metric="auroc" if classes else "r2")
