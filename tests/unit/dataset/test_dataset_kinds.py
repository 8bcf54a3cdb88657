"""Columns are what a biologist would call them."""

from __future__ import annotations

import random

import numpy as np
import pandas as pd
import pytest

from agentomics_nb.dataset import inspect
from agentomics_nb.dataset.sequences import is_protein, is_smiles, nucleotide_alphabet

ROWS = 120
RNG = random.Random(1)


def words(letters: str, low: int, high: int, n: int = ROWS) -> list[str]:
    return ["".join(RNG.choices(letters, k=RNG.randint(low, high))) for _ in range(n)]


def column(write, values, name="feature"):
    """Inspect a table with one column of these values and a target that it says nothing about."""
    return table(write, values, name).column(name)


def table(write, values, name="feature"):
    target = np.random.default_rng(0).integers(0, 2, len(values))
    frame = pd.DataFrame({name: values, "noise": np.arange(len(values)) * 0.37, "target": target})
    return inspect(write("data.csv", frame.to_csv(index=False)))


@pytest.mark.parametrize(
    ("values", "alphabet"),
    [
        (words("ACGT", 50, 50), "DNA"),
        (words("acgt", 20, 30), "DNA"),
        (words("ACGTacgt", 40, 60), "DNA"),
        (words("ACGU", 19, 21), "RNA"),
        (words("ACGT", 4, 6), "DNA"),
        (words("ACGTN-", 30, 40), "DNA"),
        ([w + "XX" for w in words("ACGT", 40, 57)], "DNA"),
        (words("ACGT" * 10 + "RYK", 60, 90), "IUPAC"),
        (words("ACGT", 50, 50, 3) * 40, "DNA"),
        ([f" {w}" for w in words("ACGT", 49, 49)], "DNA"),
    ],
    ids=["dna", "lower", "soft-masked", "rna", "short", "gaps", "padded", "iupac", "few", "space before"],
)
def test_nucleotide_sequences_are_found(write, values, alphabet):
    found = column(write, values)
    assert (found.kind, found.alphabet) == ("nucleotide", alphabet)
    assert found.length_max == max(map(len, values))


@pytest.mark.parametrize(
    "values",
    [
        words("ACDEFGHIKLMNPQRSTVWY", 8, 11),
        [w + "*" for w in words("ACDEFGHIKLMNPQRSTVWY", 80, 300)],
        words("ACDEFGHIKLMNPQRSTVWY" * 9 + "X", 30, 50),
        words("acdefghiklmnpqrstvwy", 60, 90),
        [f"{w}*{w}" for w in words("ACDEFGHIKLMNPQRSTVWY", 40, 50)],
        [f"{w} " for w in words("ACDEFGHIKLMNPQRSTVWY", 40, 50)],
    ],
    ids=["peptides", "stop", "unknown", "lower", "pseudogene", "space after"],
)
def test_protein_sequences_are_found(write, values):
    assert column(write, values).kind == "protein"


def test_molecules_are_found(write):
    smiles = [
        "CC(=O)Oc1ccccc1C(=O)O", "CN1C=NC2=C1C(=O)N(C(=O)N2C)C", "CCO", "c1ccccc1", "C[C@@H](C(=O)O)N",
        "CC(C)Cc1ccc(cc1)C(C)C(=O)O", "OCC1OC(O)C(O)C(O)C1O", "[Na+].[Cl-]", "N#Cc1ccccc1Br", "C/C=C/C",
    ]  # fmt: skip
    assert column(write, smiles * 12).kind == "smiles"


@pytest.mark.parametrize(
    "values",
    [
        [["A", "C", "G", "T"][i % 4] for i in range(ROWS)],
        [["GAT", "CAT", "TAG"][i % 3] for i in range(ROWS)],
        [["GATA", "ACTA", "TAGA"][i % 3] for i in range(ROWS)],
        [["POSITIVE", "NEGATIVE", "UNKNOWN"][i % 3] for i in range(ROWS)],
        [["BRCA1", "TP53", "EGFR", "KRAS"][i % 4] for i in range(ROWS)],
        [["chr1", "chrX", "chr7"][i % 3] for i in range(ROWS)],
        [["1", "2", "X", "MT"][i % 4] for i in range(ROWS)],
        [["+", "-"][i % 2] for i in range(ROWS)],
        [["yes", "no", ""][i % 3] for i in range(ROWS)],
        [["True", "False", "True"][i % 3] for i in range(ROWS)],
        [["C1", "C2", "N1", "O1", "S1", "P1"][i % 6] for i in range(ROWS)],
    ],
    ids=["base", "codon", "code", "capitals", "symbols", "contig", "chromosome", "strand", "gaps", "bool", "atoms"],
)
def test_words_that_repeat_are_categories(write, values):
    assert column(write, values).kind == "categorical"


@pytest.mark.parametrize(
    "values",
    [
        [f"TCGA-A{i % 10}-A0S{chr(65 + i % 26)}-{i:03d}" for i in range(ROWS)],
        [f"ENSG{i * 7:011d}" for i in range(ROWS)],
        [f"chr{i % 9}:{i * 100}-{i * 100 + 50}(+)" for i in range(ROWS)],
        list(range(1000, 1000 + ROWS)),
        [f"hsa-miR-{i}-3p" for i in range(ROWS)],
        [f"{a}{b}{i}" for i, (a, b) in enumerate(zip("ACDEFG" * 20, "KLMNPQ" * 20, strict=True))],
    ],
    ids=["barcode", "ensembl", "interval", "numbered", "mirna", "symbol"],
)
def test_names_of_rows_are_identifiers(write, values):
    assert column(write, values).kind == "identifier"


def test_whole_numbers_named_as_identifiers_are_identifiers(write):
    values = [i * 37 % 41 for i in range(ROWS)]
    assert column(write, values, name="gene_cluster_ID").kind == "identifier"
    assert column(write, values, name="geneClusterId").kind == "identifier"
    assert column(write, values, name="rapidity").kind == "numeric"


def test_numbers_of_chromosomes_are_names(write):
    values = [1 + i * 37 % 22 for i in range(ROWS)]
    assert column(write, values, name="chr").kind == "categorical"
    assert column(write, [v * 1_000_000 + i for i, v in enumerate(values)], name="chr_start").kind == "numeric"


def test_expression_counts_are_counts_and_ages_are_not(write):
    rng = np.random.default_rng(0)
    counts = rng.negative_binomial(0.5, 0.002, ROWS)
    assert column(write, counts).kind == "count"
    assert column(write, rng.integers(18, 90, ROWS)).kind == "numeric"
    assert column(write, rng.integers(0, 2, ROWS)).kind == "numeric"
    assert column(write, rng.integers(0, 200_000_000, ROWS), name="start").kind == "numeric"


def test_a_rare_taxon_among_counts_is_a_count(write):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({f"taxon{i}": rng.negative_binomial(0.4, 0.01, 80) for i in range(30)})
    frame["rare"] = rng.integers(0, 2, 80)
    frame["age"] = rng.integers(18, 90, 80)
    frame["target"] = rng.integers(0, 2, 80)
    found = inspect(write("taxa.csv", frame.to_csv(index=False)))
    assert (found.column("rare").kind, found.column("age").kind) == ("count", "numeric")
    assert len(found.columns_of("count")) == 31


def test_numbers_with_a_few_words_are_numbers_with_a_warning(write):
    frame = pd.DataFrame({"dose": [f"{i * 0.25}" for i in range(100)], "target": [0, 1, 1, 0] * 25})
    frame.loc[:3, "dose"] = "<0.1"
    found = inspect(write("data.csv", frame.to_csv(index=False)))
    assert found.column("dose").kind == "numeric"
    assert found.column("dose").missing == 4
    assert any("'<0.1'" in warning for warning in found.warnings)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([f"patient {i} came with a cough and left without" for i in range(ROWS)], "text"),
        ([f"2024-{1 + i % 12:02d}-{1 + i % 28:02d}" for i in range(ROWS)], "datetime"),
        (["same"] * ROWS, "constant"),
        ([""] * ROWS, "constant"),
        ([1.5] * ROWS, "constant"),
        ([i * 0.1 for i in range(ROWS)], "numeric"),
    ],
)
def test_other_kinds_are_found(write, values, kind):
    assert column(write, values).kind == kind


def test_figures_are_those_of_the_column(write):
    values = [1.0, 2.0, None, 4.0] * 30
    found = column(write, values)
    assert (found.minimum, found.maximum, found.missing, found.unique) == (1.0, 4.0, 30, 3)
    assert found.mean == pytest.approx(7 / 3)
    assert found.integer


def test_long_values_are_cut_in_the_examples(write):
    found = column(write, words("ACGT", 500, 500))
    assert len(found.examples) == 3
    assert all(len(example) == 60 for example in found.examples)


def test_a_renamed_target_is_found_out(write):
    frame = pd.DataFrame({"a": np.arange(60) * 0.3, "target": ["sick", "well", "well"] * 20})
    frame["diagnosis"] = frame["target"].map({"sick": "ICD-1", "well": "ICD-0"})
    frame["code"] = frame["target"].map({"sick": 1, "well": 2})
    frame["near"] = frame["code"].where(frame.index > 0, 2)
    found = inspect(write("data.csv", frame.to_csv(index=False)))
    assert [c.name for c in found.columns_of("target_copy")] == ["diagnosis", "code"]
    assert found.columns[0].name == "a"


def test_a_scaled_target_of_a_regression_is_found_out(write):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"noise": rng.normal(size=50), "target": rng.normal(size=50)})
    frame["scaled"] = 3 - 2 * frame["target"]
    frame["close"] = frame["target"] + 0.01 * frame["noise"]
    found = inspect(write("data.csv", frame.to_csv(index=False)))
    assert [c.name for c in found.columns_of("target_copy")] == ["scaled"]


def test_english_text_in_capitals_is_no_protein():
    text = "OUR BOUNDLESS JOURNEY TOWARDS KNOWLEDGE ABOUT BIOLOGY BRINGS JOYOUS OUTCOMES FOR ALL CURIOUS PEOPLE"
    assert not is_protein([word * 2 for word in text.split() * 2 if len(word) > 3] + words("ABOUTJX", 8, 12))


def test_identifiers_are_no_molecules():
    assert not is_smiles([f"TCGA-{i}" for i in range(30)])
    assert not is_smiles([f"CCO{i}" for i in range(30)])  # rings that are never closed


def test_an_empty_list_is_nothing():
    assert nucleotide_alphabet([]) is None
    assert not is_protein([])
    assert not is_smiles([])


@pytest.mark.parametrize("mark", ["?", "-", "--", ".", "n.a.", "Missing", "#DIV/0!", "N/A", ""])
def test_marks_of_missing_values_do_not_make_numbers_words(write, mark):
    found = column(write, [mark if i % 5 == 0 else i % 7 for i in range(ROWS)])
    assert (found.kind, found.missing, found.minimum, found.maximum) == ("numeric", ROWS / 5, 0, 6)


def test_a_sign_for_presence_is_no_missing_number(write):
    assert column(write, ["-" if i % 3 else "1" for i in range(ROWS)]).kind == "categorical"


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ([f"{i}%" for i in range(ROWS)], "holds numbers with '%', such as '0%', and is read as words"),
        ([f"{i / 8} mg" for i in range(ROWS)], "holds numbers with 'mg', such as '0.0 mg'"),
        ([f"<{i}" for i in range(ROWS)], "holds numbers with '<'"),
        ([f"w{i}" if i % 2 else str(i) for i in range(ROWS)], "mixes numbers with words such as 'w1'"),
        ([w[:9] + " " + w[9:] for w in words("ACGT", 30, 40)], "holds sequences with spaces, line breaks or FASTA"),
        ([f">s{i}\n{w}" for i, w in enumerate(words("ACGT", 30, 40))], "holds sequences with spaces, line breaks"),
    ],
    ids=["percent", "unit", "limit", "mixed", "blocks", "fasta"],
)
def test_what_cannot_be_used_as_it_is_written_is_told(write, values, sentence):
    found = table(write, values)
    assert [w for w in found.warnings if "'feature'" in w and sentence in w]


@pytest.mark.parametrize(
    "values",
    [
        [f"{i}q" for i in range(1, 10)] * 10,
        [f"TCGA-{i}" for i in range(ROWS)],
        [f"patient {i} felt well and went home again" for i in range(ROWS)],
    ],
    ids=["bands", "names", "prose"],
)
def test_words_that_are_words_are_not(write, values):
    assert not any("'feature'" in warning for warning in table(write, values).warnings)


def test_decimal_commas_with_words_between_are_told(write):
    rows = "".join(f"{'?' if i % 6 == 0 else f'{i},5'};{i % 2};{i % 3}\n" for i in range(90))
    found = inspect(write("data.csv", "dose;target;b\n" + rows))
    assert any("'dose' holds numbers, but also words such as '?'" in warning for warning in found.warnings)


@pytest.mark.parametrize(("name", "kind"), [("body_mass_index", "numeric"), ("index", "identifier")])
def test_an_index_of_something_is_a_measurement(write, name, kind):
    assert column(write, [20 + i * 7 % 30 for i in range(ROWS)], name).kind == kind


def test_a_table_of_identifiers_is_told(write):
    found = inspect(write("data.csv", "sample,target\n" + "".join(f"S-{i},{'xy'[i % 2]}\n" for i in range(40))))
    assert any("no column of measurements, categories or sequences" in warning for warning in found.warnings)


def kinds_of_matrix(write, values):
    frame = pd.DataFrame(values, columns=[f"g{i}" for i in range(values.shape[1])])
    found = inspect(write("data.csv", frame.assign(target=["x", "y"] * (len(frame) // 2)).to_csv(index=False)))
    return {kind: len(found.columns_of(kind)) for kind in ("count", "numeric")}


@pytest.mark.parametrize(("low", "spread", "dispersion"), [(-1.5, 1.5, 1.0), (0, 2, 0.3), (4, 2, 5)])
def test_a_matrix_of_reads_is_one_of_counts(write, low, spread, dispersion):
    """Single cells, taxa and bulk tissue: few reads, many zeros, and neither."""
    rng = np.random.default_rng(0)
    mean = rng.lognormal(low, spread, 400) * rng.lognormal(0, 0.3, (60, 1))
    found = kinds_of_matrix(write, rng.negative_binomial(dispersion, dispersion / (dispersion + mean)))
    assert (found["numeric"], found["count"] > 300) == (0, True)


def test_genotypes_grades_and_mutations_are_no_counts(write):
    rng = np.random.default_rng(0)
    for values in (rng.integers(0, 3, (60, 100)), rng.integers(1, 6, (60, 100)), rng.random((60, 100)) < 0.1):
        assert kinds_of_matrix(write, values.astype(int))["count"] == 0
