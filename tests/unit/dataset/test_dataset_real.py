"""The shared real data sets are understood as a biologist would understand them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from agentomics_nb.audit import audit
from agentomics_nb.dataset import inspect

SHARED = Path(__file__).parents[4] / "shared" / "data"


def split_of(data, wanted=None):
    return audit(data, wanted).contract


def real(folder: str):
    if not (SHARED / folder).is_dir():
        pytest.skip(f"the shared data set {folder} is not on this machine")
    return inspect(SHARED / folder)


def kinds(dataset) -> dict[str, str]:
    return {column.name: column.kind.value for column in dataset.columns}


def test_ago2_pairs_two_sequences_and_is_split_by_gene_clusters():
    data = real("ago2_clash_hejret")
    assert (data.name, data.task, data.target.classes) == ("ago2_clash_hejret", "classification", ("0", "1"))
    assert kinds(data) == {
        "gene": "nucleotide",
        "noncodingRNA": "nucleotide",
        "noncodingRNA_name": "categorical",
        "noncodingRNA_fam": "categorical",
        "feature": "categorical",
        "chr": "categorical",
        "start": "numeric",
        "end": "numeric",
        "strand": "categorical",
        "gene_cluster_ID": "identifier",
    }
    contract = split_of(data)
    assert (contract.strategy, contract.column) == ("group", "gene_cluster_ID")


def test_sirbench_is_a_regression_with_its_own_validation_file():
    data = real("sirbench")
    assert data.task == "regression"
    assert [c.name for c in data.columns_of("nucleotide")] == ["siRNA", "mRNA", "extended_mRNA"]
    assert Counter(kinds(data).values()) == {"nucleotide": 3, "numeric": 100}
    assert split_of(data).strategy == "given"
    assert split_of(inspect(SHARED / "sirbench" / "train.csv")).strategy == "homology"


@pytest.mark.parametrize(
    ("folder", "classes", "rows"),
    [("arabidopsis_promoters", ("0", "1"), 6587), ("splice_junctions", ("ei", "ie", "n"), 2000)],
)
def test_promoters_and_splice_junctions_are_one_sequence(folder, classes, rows):
    data = real(folder)
    assert kinds(data) == {"sequence": "nucleotide"}
    assert (data.target.classes, data.n_rows, data.column("sequence").alphabet) == (classes, rows, "DNA")
    assert split_of(data).strategy == "homology"


def test_protein_solubility_is_a_regression_on_one_protein():
    data = real("protein_solubility")
    assert kinds(data) == {"gene": "identifier", "sequence": "protein"}
    assert (data.task, data.target.maximum) == ("regression", 1.0)
    assert split_of(data).strategy == "homology"


def test_tcga_is_a_numeric_matrix_of_three_classes():
    data = real("tcga_breast_subtypes")
    assert set(kinds(data).values()) == {"numeric"}
    assert len(data.columns) == 384
    assert data.target.classes == ("Basal", "Her2", "LumA")
    assert split_of(data).strategy == "random"


def test_a_folder_of_intervals_says_that_it_has_no_train_file():
    from agentomics_nb.errors import InputError

    with pytest.raises(InputError, match="has no train file"):
        real("genomic_benchmarks_intervals/human_enhancers_cohn")
