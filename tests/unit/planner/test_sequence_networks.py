from __future__ import annotations

import json
import pickle

import numpy as np
import pandas as pd
import pytest
import torch

from agentomics_nb.planner.offline.library.features.letters import letters
from agentomics_nb.planner.offline.library.models.network import scale_and_shift
from agentomics_nb.planner.offline.library.models.pair_cnn import pair_cnn, pair_cnn_regressor
from agentomics_nb.planner.offline.library.models.sequence_cnn import sequence_cnn, sequence_cnn_regressor


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.set_num_threads(1)


def motif_rows(count=240, width=24):
    rng = np.random.default_rng(0)
    sequences = ["".join(rng.choice(list("ACGT"), width)) for _ in range(count)]
    labels = np.where(np.arange(count) % 2, "site", "none")
    planted = [
        s[:8] + "TATAAATA" + s[16:] if label == "site" else s for s, label in zip(sequences, labels, strict=True)
    ]
    return letters("sequence", width).fit_transform(pd.DataFrame({"sequence": planted})), labels


def test_a_planted_motif_is_learned_and_every_epoch_is_logged(tmp_path):
    codes, labels = motif_rows()
    model = sequence_cnn(24, bins=4, epochs=8).fit(codes[:180], labels[:180])
    assert (model.predict(codes[180:]) == labels[180:]).mean() > 0.9
    lines = [json.loads(line) for line in (tmp_path / "training_log.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in lines] == list(range(1, 9))
    assert lines[-1]["train_loss"] < lines[0]["train_loss"]


def test_the_same_seed_gives_the_same_network_and_a_pickle_keeps_it():
    codes, labels = motif_rows(80)
    first, second = (sequence_cnn(24, bins=4, epochs=2, seed=3).fit(codes, labels) for _ in range(2))
    np.testing.assert_array_equal(first.predict_proba(codes), second.predict_proba(codes))
    kept = pickle.loads(pickle.dumps(first))
    np.testing.assert_array_equal(kept.predict_proba(codes), first.predict_proba(codes))
    assert (
        np.abs(
            sequence_cnn(24, bins=4, epochs=2, seed=4).fit(codes, labels).predict_proba(codes)
            - first.predict_proba(codes)
        ).max()
        > 0
    )


def test_probabilities_follow_the_order_of_the_classes_and_sum_to_one():
    codes, labels = motif_rows(60)
    model = sequence_cnn(24, bins=4, networks=2, epochs=1).fit(codes, labels)
    assert model.classes_.tolist() == ["none", "site"]
    np.testing.assert_allclose(model.predict_proba(codes).sum(axis=1), 1)


def test_pairs_and_numbers_are_predicted_with_the_right_shape():
    codes, _ = motif_rows(60)
    values = np.linspace(10, 20, 60)
    for model in (sequence_cnn_regressor(24, bins=4, epochs=2), pair_cnn_regressor(14, 10, epochs=2)):
        predicted = model.fit(codes, values).predict(codes)
        assert predicted.shape == (60,)
        assert 5 < predicted.mean() < 25
    classes = np.where(values < 15, "low", "high")
    assert set(pair_cnn(15, 9, epochs=1).fit(codes, classes).predict(codes)) <= {"low", "high"}


def test_calibration_takes_back_certainty_that_held_out_rows_do_not_support():
    rng = np.random.default_rng(0)
    truth = rng.normal(size=2000)
    labels = torch.as_tensor((rng.random(2000) < 1 / (1 + np.exp(-truth))).astype(int))
    overconfident = torch.as_tensor(np.column_stack([0 * truth, 5 * truth]), dtype=torch.float32)
    scale, shift = scale_and_shift(overconfident, labels)
    assert scale == pytest.approx(0.2, abs=0.05)
    assert abs(float(shift[1] - shift[0])) < 0.3
