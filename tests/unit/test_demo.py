from __future__ import annotations

import pandas as pd

from agentomics_nb.demo import LENGTH, START, promoters, write_promoters, write_tumours


def test_tumours_are_split_with_equal_shares_of_malignant_ones(tmp_path):
    folder = write_tumours(tmp_path)
    train, test = pd.read_csv(folder / "train.csv"), pd.read_csv(folder / "test.csv")
    assert len(train) + len(test) == 569
    assert set(train["diagnosis"]) == {"malignant", "benign"}
    shares = [(part["diagnosis"] == "malignant").mean() for part in (train, test)]
    assert abs(shares[0] - shares[1]) < 0.01
    assert pd.concat([train, test]).duplicated().sum() == 0


def test_simulated_promoters_say_that_they_are_simulated(tmp_path):
    folder = write_promoters(tmp_path)
    assert "Simulated data" in (folder / "dataset_description.md").read_text()
    assert "simulated" in folder.name
    assert set(pd.read_csv(folder / "train.csv").columns) == {"sequence", "label"}


def test_equal_seeds_give_equal_sequences():
    pd.testing.assert_frame_equal(promoters(20, seed=3), promoters(20, seed=3))
    assert not promoters(20, seed=3).equals(promoters(20, seed=4))


def test_where_a_motif_stands_tells_promoters_apart_not_whether_it_is_there():
    frame = promoters(3000, seed=1)
    assert frame["sequence"].str.fullmatch(f"[ACGT]{{{LENGTH}}}").all()
    anywhere = frame["sequence"].str.contains("TATA[AT]A")
    in_place = frame["sequence"].str.slice(START - 33, START - 20).str.contains("TATA[AT]A")
    share = pd.DataFrame({"anywhere": anywhere, "in place": in_place}).groupby(frame["label"]).mean()
    assert abs(share.loc["promoter", "anywhere"] - share.loc["other", "anywhere"]) < 0.08
    assert share.loc["promoter", "in place"] > share.loc["other", "in place"] + 0.2
