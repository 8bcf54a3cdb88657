from __future__ import annotations

import ast

import numpy as np
import pandas as pd
import pytest

from agentomics_nb.dataset import inspect
from agentomics_nb.planner.offline import scripts
from agentomics_nb.planner.offline.families.covariates import Covariates
from agentomics_nb.planner.offline.families.interaction import INTERACTION
from agentomics_nb.planner.offline.families.nucleotide import NUCLEOTIDE
from agentomics_nb.planner.offline.families.protein import PROTEIN

ROWS = 400


def random_sequences(letters, low, high=None, seed=0):
    rng = np.random.default_rng(seed)
    lengths = rng.integers(low, (high or low) + 1, ROWS)
    return ["".join(rng.choice(list(letters), length)) for length in lengths]


def inspected(folder, target=None, **columns):
    target = np.where(np.arange(ROWS) % 2, "yes", "no") if target is None else target
    pd.DataFrame(columns | {"target": target}).to_csv(folder / "data.csv", index=False)
    return inspect(folder / "data.csv")


@pytest.fixture
def promoters(tmp_path):
    return inspected(tmp_path, sequence=random_sequences("ACGT", 80))


@pytest.fixture
def pairs(tmp_path):
    return inspected(
        tmp_path,
        site=random_sequences("ACGT", 50),
        mirna=random_sequences("ACGT", 20, 24, seed=1),
        mirna_fam=[f"let-{k % 9}" for k in range(ROWS)],
        chr=[str(k % 22 + 1) for k in range(ROWS)],
        start=np.arange(ROWS) * 37 + 10_000,
        energy=np.random.default_rng(0).normal(-20, 3, ROWS),
    )


@pytest.fixture
def proteins(tmp_path):
    return inspected(
        tmp_path,
        target=np.random.default_rng(0).random(ROWS),
        sequence=random_sequences("ACDEFGHIKLMNPQRSTVWY", 60, 200),
    )


def test_each_family_accepts_its_own_kind_of_data_alone(promoters, pairs, proteins):
    for family, own in ((NUCLEOTIDE, promoters), (INTERACTION, pairs), (PROTEIN, proteins)):
        assert [dataset for dataset in (promoters, pairs, proteins) if family.fits(dataset)] == [own]


def all_recipes(promoters, pairs, proteins):
    cases = (
        (NUCLEOTIDE, promoters, {"kmer_random": 0.8, "kmer_both_strands": 0.81}),
        (NUCLEOTIDE, promoters, {"informative_positions": 20}),
        (INTERACTION, pairs, {}),
        (INTERACTION, pairs, {"fully_paired_share": 1.0}),
        (PROTEIN, proteins, {}),
    )
    for family, dataset, findings in cases:
        ladder = family.ladder(dataset, findings, metric="balanced_accuracy")
        assert len(ladder) >= 4
        assert len({recipe.key for recipe in ladder}) == len(ladder)
        for recipe in ladder:
            yield dataset, recipe
            for diagnosis in ("overfitting", "underfitting", "imbalance", "instability"):
                varied = family.refine(recipe, diagnosis, dataset)
                if varied is not None:
                    assert varied.refines == recipe.key
                    yield dataset, varied


def test_every_script_compiles_and_stands_on_its_own(promoters, pairs, proteins):
    for dataset, recipe in all_recipes(promoters, pairs, proteins):
        for source in (
            scripts.features_script(recipe),
            scripts.model_script(recipe, classification=dataset.task == "classification"),
            scripts.train_script(recipe, dataset, seed=0, threads=1),
            scripts.inference_script(recipe, dataset),
        ):
            tree = ast.parse(source)
            modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
            assert not any("agentomics" in (module or "agentomics") for module in modules)


def test_the_baseline_is_cheap(promoters, pairs, proteins):
    for family, dataset in ((NUCLEOTIDE, promoters), (INTERACTION, pairs), (PROTEIN, proteins)):
        ladder = family.ladder(dataset, {}, metric="auroc")
        assert ladder[0].weight == min(recipe.weight for recipe in ladder)
        assert "linear" in ladder[0].key


def test_names_and_places_of_a_row_are_not_features(pairs):
    beside = Covariates.of(pairs, {})
    assert beside.numbers == ("energy",)
    assert beside.categories == ()
    assert set(beside.left_out) == {"mirna_fam", "chr", "start"}
    assert "energy" not in Covariates.of(pairs, {"group_column": "energy"}).numbers
    for recipe in INTERACTION.ladder(pairs, {}, metric="auprc"):
        columns = {c for call in recipe.members[0].features for c in call.arguments.get("columns", ())}
        assert columns <= {"energy"}
    assert "Not used: mirna_fam" in " ".join(INTERACTION.insights(pairs, {}))


def test_the_guide_is_the_shorter_strand_whatever_the_columns_are_called(tmp_path):
    dataset = inspected(
        tmp_path, target_site=random_sequences("ACGT", 20, 24, seed=1), guide=random_sequences("ACGT", 50)
    )
    ladder = {recipe.key: recipe for recipe in INTERACTION.ladder(dataset, {}, metric="auprc")}
    arguments = ladder["pairing-boosting"].members[0].features[0].arguments
    assert (arguments["guide"], arguments["target"]) == ("target_site", "guide")
    assert (arguments["guide_width"], arguments["target_width"]) == (24, 50)


def test_long_sequences_are_not_slid_along_each_other(tmp_path):
    dataset = inspected(
        tmp_path, enhancer=random_sequences("ACGT", 300), promoter=random_sequences("ACGT", 200, seed=1)
    )
    keys = [recipe.key for recipe in INTERACTION.ladder(dataset, {}, metric="auroc")]
    assert not any(key.startswith("pair") for key in keys)
    assert len(keys) == 4


def test_findings_order_the_ladder_of_one_sequence(promoters):
    anchored = NUCLEOTIDE.ladder(promoters, {"informative_positions": 20}, metric="accuracy")
    free = NUCLEOTIDE.ladder(promoters, {"informative_positions": 0}, metric="accuracy")
    assert anchored[0].key == "positions-linear"
    assert free[0].key == "kmers-linear"


@pytest.mark.parametrize(("both", "collapsed"), [(0.85, True), (0.70, False)])
def test_strands_are_joined_only_where_nothing_is_lost(promoters, both, collapsed):
    ladder = NUCLEOTIDE.ladder(promoters, {"kmer_random": 0.8, "kmer_both_strands": both}, metric="accuracy")
    arguments = ladder[0].members[0].features[0].arguments
    assert arguments.get("both_strands", False) is collapsed


def test_few_rows_get_no_network(tmp_path):
    frame = pd.DataFrame({"sequence": random_sequences("ACGT", 60), "target": np.arange(ROWS) % 2})
    frame.head(100).to_csv(tmp_path / "data.csv", index=False)
    keys = [r.key for r in NUCLEOTIDE.ladder(inspect(tmp_path / "data.csv"), {}, metric="accuracy")]
    assert "sequence-cnn" not in keys


def test_insights_tell_interaction_from_composition(pairs):
    findings = {"product_score_name": "AUROC", "first_alone": 0.49, "second_alone": 0.5, "side_by_side": 0.5}
    apart = INTERACTION.insights(pairs, findings | {"products": 0.66, "interaction": 0.16})
    alike = INTERACTION.insights(pairs, findings | {"products": 0.5, "interaction": 0.0})
    assert any("interaction" in sentence and ".660" in sentence for sentence in apart)
    assert any("add nothing" in sentence for sentence in alike)


def test_strands_that_pair_throughout_are_not_called_an_interaction(pairs):
    findings = {
        "product_score_name": "AUROC",
        "first_alone": 0.6,
        "second_alone": 0.6,
        "products": 0.7,
        "interaction": 0.1,
    }
    told = " ".join(INTERACTION.insights(pairs, findings | {"fully_paired_share": 0.98}))
    assert "pairing itself is constant" in told
    assert "signal is in the interaction" not in told


def test_memory_of_relatives_is_named(promoters):
    told = NUCLEOTIDE.insights(promoters, {"kmer_score_name": "AUROC", "kmer_random": 0.9, "kmer_grouped": 0.6})
    assert any("memory" in sentence for sentence in told)


def test_an_unstable_network_is_averaged_over_three(promoters):
    network = next(r for r in NUCLEOTIDE.ladder(promoters, {}, metric="auroc") if r.key == "sequence-cnn")
    varied = NUCLEOTIDE.refine(network, "instability", promoters)
    assert varied.members[0].model.arguments["networks"] == 3
    assert NUCLEOTIDE.refine(varied, "instability", promoters) is None


def test_a_script_holds_nothing_that_it_does_not_call(proteins):
    ladder = {recipe.key: recipe for recipe in PROTEIN.ladder(proteins, {}, metric="r2")}
    plain = scripts.features_script(ladder["composition-linear"])
    assert "triplets" not in plain
    assert "hydropathy" not in plain
    assert "triplets" in scripts.features_script(ladder["patterns-boosting"])


def test_inference_asks_for_the_columns_in_use_only(pairs):
    words = INTERACTION.ladder(pairs, {"group_column": "energy"}, metric="auprc")[0]
    script = scripts.inference_script(words, pairs)
    assert "mirna_fam" not in script
    assert "energy" not in script
    assert 'COLUMNS = ["site", "mirna"]' in script
