"""Entities that repeat across rows, and related sequences, decide the split; other columns do not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from agentomics_nb.audit import audit
from agentomics_nb.audit.entities import entity_priority, find_groups, same_class, variance_between
from agentomics_nb.audit.tables import load
from agentomics_nb.dataset import inspect
from agentomics_nb.errors import InputError


def split_of(data, wanted=None):
    return audit(data, wanted).contract


def frame(rows: int = 300, entities: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    entity = rng.integers(0, entities, rows)
    return pd.DataFrame(
        {
            "value": rng.normal(size=rows),
            "entity": [f"E{e:03d}" for e in entity],
            "sex": rng.choice(["m", "f"], rows),
            "tissue": rng.choice([f"tissue{i}" for i in range(15)], rows),
            "chr": rng.integers(1, 23, rows),
            "strand": rng.choice(["+", "-"], rows),
            "day": pd.date_range("2020-01-01", periods=rows).astype("str"),
            "target": (entity + rng.integers(0, 2, rows)) % 2,
        }
    )


def dataset(write, table, **options):
    return inspect(write("data.csv", table.to_csv(index=False)), **options)


@pytest.mark.parametrize(
    "name", ["patient_id", "Subject", "donor", "mouse", "family_cluster", "sample_barcode", "geneName", "clusterID"]
)
def test_an_entity_that_repeats_is_kept_on_one_side(write, name):
    contract = split_of(dataset(write, frame().rename(columns={"entity": name})))
    assert (contract.strategy, contract.column) == ("group", name)
    assert "60 values" in contract.reason


def test_patients_come_before_their_samples(write):
    table = frame().rename(columns={"entity": "patient"})
    table.insert(0, "sample", table["patient"] + "-" + (table.index % 2).astype("str"))
    assert split_of(dataset(write, table)).column == "patient"


@pytest.mark.parametrize("name", ["entity", "sample_type", "patient_status", "batch", "gene_biotype"])
def test_other_columns_do_not_decide(write, name):
    assert split_of(dataset(write, frame().rename(columns={"entity": name}))).strategy == "random"


def test_genes_that_are_numbered_are_measurements_not_entities(write):
    table = frame().drop(columns="entity")
    counts = np.random.default_rng(0).poisson(20, size=(len(table), 30))
    genes = pd.DataFrame(counts, columns=[f"GENE{number}" for number in range(30)], index=table.index)
    assert split_of(dataset(write, pd.concat([genes, table], axis="columns"))).strategy == "random"
    assert (
        split_of(dataset(write, pd.concat([genes, frame()], axis="columns").rename(columns={"entity": "gene"}))).column
        == "gene"
    )


def test_too_few_groups_do_not_decide(write):
    table = frame(entities=6).rename(columns={"entity": "patient"})
    assert split_of(dataset(write, table)).strategy == "random"


def test_a_class_in_one_group_only_cannot_be_split_by_groups(write):
    table = frame().rename(columns={"entity": "patient"})
    table["target"] = np.where(table["patient"] == "E001", "rare", table["target"].astype("str"))
    data = dataset(write, table)
    assert split_of(data).strategy == "random"
    with pytest.raises(InputError, match="class 'rare' is in one group only"):
        split_of(data, "group=patient")


def test_entities_that_do_not_repeat_are_no_groups(write):
    table = frame()
    table["patient"] = [f"P{i}" for i in range(len(table))]
    data = dataset(write, table)
    assert "patient" not in {candidate.column for candidate in find_groups(load(data))}
    assert split_of(data).strategy == "random"


def test_candidates_say_how_labels_agree_within_groups(write):
    table = frame().rename(columns={"entity": "patient"})
    table["target"] = table["patient"].str[-1].astype(int) % 2
    (first, *_) = find_groups(load(dataset(write, table)))
    assert (first.column, first.n_groups, first.homogeneity) == ("patient", table["patient"].nunique(), 1.0)
    assert first.expected == pytest.approx(0.5, abs=0.05)


def test_a_wish_is_granted(write):
    data = dataset(write, frame())
    assert split_of(data, "random").strategy == "random"
    assert split_of(data, "group=tissue").column == "tissue"
    assert split_of(data, "time=day").strategy == "time"


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        ("homology", "needs a column of sequences"),
        ("group=nowhere", "names no column; the columns are 'value'"),
        ("group=target", "names the target"),
        ("time=tissue", "tissue holds no times"),
        ("group", "is unknown"),
    ],
)
def test_a_wish_that_cannot_be_granted_is_refused(write, wish, message):
    with pytest.raises(InputError, match=message):
        split_of(dataset(write, frame()), wish)


def test_a_given_validation_file_is_the_split(write, tmp_path):
    frame().iloc[:80].to_csv(tmp_path / "val.csv", index=False)
    data = dataset(write, frame(), validation=tmp_path / "val.csv")
    assert split_of(data).strategy == "given"
    with pytest.raises(InputError, match="leave one out"):
        split_of(data, "random")


def test_the_last_word_of_a_name_counts():
    assert entity_priority("patient_id") == entity_priority("PatientID") == entity_priority("patients") == 0
    assert entity_priority("patient_age") is None
    assert entity_priority("id") is None
    assert entity_priority("cell_line") is not None


def test_agreement_within_groups_is_a_share_of_pairs():
    groups, labels = np.array([0, 0, 0, 1, 1, 2]), np.array([0.0, 0.0, 1.0, 1.0, 1.0, 0.0])
    within, chance = same_class(groups, labels)
    assert within == pytest.approx((1 + 1) / (3 + 1))  # pairs: two zeros of group 0, two ones of group 1
    assert chance == pytest.approx((3 + 3) / 15)


def test_variance_between_groups_agrees_with_its_expectation_by_chance():
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(50), 6)
    shares = [variance_between(groups, rng.normal(size=300))[0] for _ in range(200)]
    assert np.mean(shares) == pytest.approx(variance_between(groups, groups.astype(float))[1], abs=0.01)
    assert variance_between(groups, groups.astype(float))[0] == pytest.approx(1.0)


def families(rows: int = 200, *, members: int = 4, length: int = 60) -> pd.DataFrame:
    """Sequences in families that share two thirds of their letters; each family has one label."""
    rng = np.random.default_rng(0)
    count = rows // members
    cores = ["".join(row) for row in rng.choice(list("ACGT"), (count, 2 * length // 3))]
    ends = ["".join(row) for row in rng.choice(list("ACGT"), (rows, length // 3))]
    family = np.arange(rows) % count
    return pd.DataFrame(
        {"sequence": [cores[f] + end for f, end in zip(family, ends, strict=True)], "target": family % 2}
    )


def test_related_sequences_are_kept_together(write):
    contract = split_of(dataset(write, families()))
    assert (contract.strategy, contract.relation.columns, contract.doubt) == ("homology", ("sequence",), None)
    assert "100% of the rows" in contract.reason


def test_a_named_entity_goes_before_relatives(write):
    table = families().assign(patient=[f"P{i % 50:02d}" for i in range(200)])
    assert split_of(dataset(write, table)).strategy == "group"


def test_homology_is_granted_where_it_was_asked_for_and_random_gets_a_doubt(write):
    data = dataset(write, families())
    assert split_of(data, "homology").strategy == "homology"
    random = split_of(data, "random")
    assert random.strategy == "random"
    assert "may mislead" in random.doubt


def test_one_great_family_leaves_no_honest_split(write):
    table = families(members=200)
    table["target"] = np.arange(200) % 2
    found = audit(dataset(write, table))
    assert found.contract.strategy == "random"
    assert "No split is honest" in found.contract.doubt
    assert found.verdict == found.contract.doubt
    with pytest.raises(InputError, match="hang together"):
        split_of(dataset(write, table), "homology")


def test_few_patients_whose_labels_agree_leave_no_honest_split(write):
    table = frame(entities=4).rename(columns={"entity": "patient"})
    table["target"] = table["patient"].isin(["E000", "E001"]).astype(int)
    assert "No split is honest" in split_of(dataset(write, table)).doubt
