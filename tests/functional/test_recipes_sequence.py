"""The recipes for sequences, as processes: train.py and inference.py in a directory of their own."""

from __future__ import annotations

import json
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
from agentomics_nb.planner.offline.families.interaction import INTERACTION
from agentomics_nb.planner.offline.families.nucleotide import NUCLEOTIDE
from agentomics_nb.planner.offline.families.protein import PROTEIN

CALM = os.environ | {"OMP_WAIT_POLICY": "PASSIVE"}
COMPLEMENT = str.maketrans("ACGTU", "TGCAA")


def sequences(rng, letters, rows, low, high=None):
    lengths = rng.integers(low, (high or low) + 1, rows)
    return ["".join(rng.choice(list(letters), length)) for length in lengths]


def promoters(rows=300):
    """A TATA box at position 21 in half of the rows."""
    rng = np.random.default_rng(0)
    found = np.arange(rows) % 2 == 0
    made = sequences(rng, "ACGT", rows, 60)
    made = [s[:20] + "TATAAAAG" + s[28:] if box else s for s, box in zip(made, found, strict=True)]
    return pd.DataFrame({"sequence": made}), found


def duplexes(rows=300):
    """A site for the seed of the row's own guide RNA in half of the rows, anywhere in the target."""
    rng = np.random.default_rng(1)
    found = np.arange(rows) % 2 == 0
    guides, targets = sequences(rng, "ACGU", rows, 19, 23), sequences(rng, "ACGT", rows, 50)
    for row in np.flatnonzero(found):
        start = rng.integers(0, 30)
        site = guides[row][:12].translate(COMPLEMENT)[::-1]
        targets[row] = targets[row][:start] + site + targets[row][start + 12 :]
    frame = pd.DataFrame({"site": targets, "guide": guides})
    return frame.assign(family=rng.choice([f"miR-{k}" for k in range(9)], rows)), found


def proteins(rows=300):
    """A number that grows with charge and falls with length."""
    rng = np.random.default_rng(2)
    basic = sequences(rng, "KRKRKRAGSL", rows, 5, 60)
    plain = sequences(rng, "ACDEFGHIKLMNPQRSTVWY", rows, 40, 150)
    frame = pd.DataFrame({"sequence": [a + b for a, b in zip(basic, plain, strict=True)]})
    return frame, np.array([len(a) / 40 - len(b) / 80 for a, b in zip(basic, plain, strict=True)])


MADE = {"promoters": promoters, "duplexes": duplexes, "proteins": proteins}
FAMILIES = {"promoters": NUCLEOTIDE, "duplexes": INTERACTION, "proteins": PROTEIN}


def prepared(folder, name):
    frame, target = MADE[name]()
    whole = frame.assign(target=np.where(target, "yes", "no") if target.dtype == bool else target)
    whole.to_csv(folder / "data.csv", index=False)
    held_out = whole.iloc[1::4]
    held_out = pd.concat([held_out, whole.iloc[::8]]).reset_index(drop=True)
    whole.drop(whole.index[1::4].union(whole.index[::8])).to_csv(folder / "train.csv", index=False)
    return inspect(folder / "data.csv"), held_out


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


@pytest.mark.parametrize(
    ("name", "key", "least"),
    [
        ("promoters", "kmers-linear", 0.9),
        pytest.param("promoters", "sequence-cnn", 0.9, marks=pytest.mark.slow),
        ("duplexes", "pairing-boosting", 0.9),
    ],
)
def test_planted_biology_is_found_from_the_scripts_alone(tmp_path, name, key, least):
    dataset, held_out = prepared(tmp_path, name)
    recipe = next(r for r in FAMILIES[name].ladder(dataset, {}, metric="auroc") if r.key == key)
    write(tmp_path, recipe, dataset)
    python(tmp_path, "train.py")
    rows = held_out.drop(columns="target")
    made = predict(tmp_path, rows)
    assert roc_auc_score(held_out["target"] == "yes", made["probability_yes"]) > least

    odd = rows.head(4).astype("object")
    odd.iloc[0] = None
    odd.iloc[1] = "acgunnnnnnacgu"
    odd.iloc[2] = "ACGT" * 100
    odd.iloc[3] = "é?*-"
    again = predict(tmp_path, pd.concat([odd, rows.iloc[[7, 3, 11]]]))["probability_yes"]
    assert again.between(0, 1).all()
    np.testing.assert_allclose(again[4:], made["probability_yes"].iloc[[7, 3, 11]], atol=1e-5)


@pytest.mark.parametrize("key", ["properties-boosting", "properties-svm"])
def test_a_protein_property_is_predicted_from_the_scripts_alone(tmp_path, key):
    dataset, held_out = prepared(tmp_path, "proteins")
    recipe = next(r for r in PROTEIN.ladder(dataset, {}, metric="r2") if r.key == key)
    write(tmp_path, recipe, dataset)
    python(tmp_path, "train.py")
    odd = pd.DataFrame({"sequence": [None, "M", "mkx*"]})
    made = predict(tmp_path, pd.concat([held_out.drop(columns="target"), odd]))["prediction"].astype(float)
    assert r2_score(held_out["target"], made[: len(held_out)]) > 0.6
    assert np.isfinite(made).all()


@pytest.mark.slow
def test_a_network_over_pairs_trains_logs_and_predicts(tmp_path):
    dataset, held_out = prepared(tmp_path, "duplexes")
    recipe = next(r for r in INTERACTION.ladder(dataset, {}, metric="auprc") if r.key == "pair-cnn")
    write(tmp_path, recipe, dataset)
    python(tmp_path, "train.py")
    epochs = [json.loads(line)["epoch"] for line in (tmp_path / "training_log.jsonl").read_text().splitlines()]
    assert len(epochs) >= 6
    assert epochs == list(range(1, len(epochs) + 1))
    made = predict(tmp_path, held_out.drop(columns="target"))
    np.testing.assert_allclose(made.filter(regex="^probability_").sum(axis=1), 1, atol=1e-6)


@pytest.mark.parametrize("name", ["promoters", "duplexes", "proteins"])
def test_every_probe_runs_and_its_findings_speak(tmp_path, name, monkeypatch):
    mpl.use("Agg")
    import matplotlib.pyplot as plt

    monkeypatch.setattr(plt, "show", lambda: plt.close("all"))
    dataset, _ = prepared(tmp_path, name)
    family = FAMILIES[name]
    sample = pd.read_csv(tmp_path / "train.csv")
    sample.loc[0, "sequence" if "sequence" in sample else "guide"] = np.nan
    sample["batch"] = np.arange(len(sample)) // 10
    findings = {}
    for probe in family.explore(dataset, groups="batch"):
        module = {}
        exec(assemble.join([assemble.snippet("probes", probe.call.snippet)]), module)
        found = module[probe.call.function](sample, "target", **probe.call.arguments)
        assert json.loads(json.dumps(found)) == found
        findings |= found
    assert "kmer_grouped" in findings
    assert ("kmer_both_strands" in findings) == (name == "promoters")  # neither proteins nor pairs have two readings
    told = " ".join(family.insights(dataset, findings))
    if name == "promoters":
        assert 21 <= findings["strongest_position"] <= 28
        assert findings["informative_from"] >= 20
        assert "positions from" in told
    elif name == "duplexes":
        assert findings["seed_gap"] > 0.1
        assert "seed" in told
    else:
        assert findings["composition_score"] > findings["length_score"]
        assert "Length alone" in told
    assert family.ladder(dataset, findings, metric="auroc" if name != "proteins" else "r2")
