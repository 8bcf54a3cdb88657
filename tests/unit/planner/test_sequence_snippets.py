from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import make_union

from agentomics_nb.planner.offline.library.features import protein
from agentomics_nb.planner.offline.library.features.gapped_kmers import gapped_kmers
from agentomics_nb.planner.offline.library.features.kmer_products import kmer_products
from agentomics_nb.planner.offline.library.features.kmers import kmer_counts, kmers
from agentomics_nb.planner.offline.library.features.letters import clean, letter_codes, letters
from agentomics_nb.planner.offline.library.features.pairing import (
    bond_matrix,
    local_alignment,
    pairing,
    runs,
    seed_site,
)
from agentomics_nb.planner.offline.library.features.positions import positional

RNA = "UGAGGUAGUAGGUUGUAUAGUU"
WORDS = ["A", "C", "G", "T"]


def rows(*sequences):
    return pd.DataFrame({"sequence": pd.array(sequences, dtype="string")})


def complement(sequence):
    return sequence.translate(str.maketrans("ACGTU", "TGCAA"))[::-1]


def counted(sequence, k):
    return kmer_counts([sequence], k).toarray()[0]


def test_rna_lower_case_and_missing_sequences_become_dna_letters():
    assert clean(rows("acgu", None, " GGNN ")["sequence"]) == ["ACGT", "", "GGNN"]


def test_letters_are_cut_and_padded_to_the_width():
    assert letter_codes(["ACGTACGT", "TN", "é!"], 4).tolist() == [[0, 1, 2, 3], [3, 4, 4, 4], [4, 4, 4, 4]]


def test_overlapping_words_count_each_time():
    counts = counted("AAAC", 2)
    assert counts[0] == 2
    assert counts[1] == 1
    assert counts.sum() == 3


def test_words_do_not_reach_across_sequences_or_unknown_letters():
    assert kmer_counts(["AC", "GT"], 2).toarray().sum() == 2
    assert counted("ACNGT", 2).sum() == 2
    assert counted("A", 2).sum() == 0


def test_a_sequence_and_its_reverse_complement_are_one_when_strands_do_not_matter():
    sequence = "ACCGTTAGGATCCA"
    both = kmers("sequence", sizes=[1, 2, 3, 4], both_strands=True).fit_transform(rows(sequence, complement(sequence)))
    stranded = kmers("sequence", sizes=[1, 2, 3, 4]).fit_transform(rows(sequence, complement(sequence)))
    np.testing.assert_allclose(both.toarray()[0], both.toarray()[1], atol=1e-6)
    assert np.abs(stranded.toarray()[0] - stranded.toarray()[1]).max() > 0.1


@pytest.mark.parametrize(
    "features",
    [
        kmers("sequence"),
        gapped_kmers("sequence"),
        positional("sequence", 12, sizes=[1, 2, 3]),
        letters("sequence", 12),
        protein.protein_composition("sequence"),
        protein.protein_properties("sequence"),
        protein.protein_pairs("sequence"),
        protein.protein_triplets("sequence"),
    ],
)
def test_a_rows_features_do_not_depend_on_its_company(features):
    table = rows("ACGTTGCA", None, "acguNNNNACGUACGUACGU", "", "ACGTTGCAAACC", "WYKRDE*X")
    together = np.asarray(dense(features.fit_transform(table)), dtype=float)
    alone = np.vstack([dense(features.transform(table.iloc[[k]])) for k in reversed(range(len(table)))])
    np.testing.assert_allclose(together, alone[::-1], atol=1e-6)
    assert np.isfinite(together).all()


def dense(features):
    return features.toarray() if hasattr(features, "toarray") else features


def test_a_column_that_is_all_missing_gives_numbers():
    empty = pd.DataFrame({"sequence": [np.nan, np.nan]})
    for features in (
        kmers("sequence"),
        gapped_kmers("sequence"),
        letters("sequence", 5),
        protein.protein_properties("sequence"),
    ):
        assert np.isfinite(dense(features.fit_transform(empty)).astype(float)).all()


def test_sparse_features_have_indices_that_a_kernel_machine_accepts():
    table = rows("ACGTACGTAC", "TTTTGGGGCC")
    for features in (kmers("sequence"), gapped_kmers("sequence"), positional("sequence", 10, sizes=[1, 2])):
        assert features.fit_transform(table).indices.dtype == np.int32


def test_a_gapped_word_ignores_the_letters_in_its_gap():
    features = gapped_kmers("sequence", half=2, gaps=[3]).fit_transform(rows("ACTTTGG", "ACGAGGG", "ACTTGG"))
    assert (features.toarray()[0] == features.toarray()[1]).all()
    assert features.toarray()[0].sum() == 1
    assert features.toarray()[2].sum() == 0


def test_a_product_is_there_only_if_both_words_are():
    table = pd.DataFrame({"one": ["AC", "AC", "GG"], "two": ["GT", "CC", "GT"]})
    features = kmer_products("one", "two", k=2).fit_transform(table).toarray()
    ac, gt = 1, 11
    assert features[:, 16 * ac + gt].tolist() == [1, 0, 0]
    assert features.sum() == 3


def test_a_letter_at_its_position_has_a_column():
    features = positional("sequence", 3).fit_transform(rows("ACG", "A", "NNTTTT")).toarray()
    assert features.tolist() == [
        [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0],
        [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
    ]


def duplex(guide, target):
    return bond_matrix(letter_codes([target], len(target)), letter_codes([guide], len(guide)))


def test_pairs_have_the_hydrogen_bonds_of_watson_crick_and_wobble():
    # A guide letter against A, C, G and T: the target is read backwards.
    for guide, bonds in {"A": [0, 0, 0, 2], "C": [0, 0, 3, 0], "G": [0, 3, 0, 1], "T": [2, 0, 1, 0]}.items():
        assert duplex(guide, "ACGT"[::-1])[0, 0].tolist() == bonds


def test_a_perfect_site_is_one_stem_found_at_its_place():
    guide = clean(pd.Series([RNA]))[0]
    target = "CCCCC" + complement(guide) + "CCCCCCC"
    bonds = duplex(guide, target)
    assert runs(bonds >= 2)[0, 0].max() == len(guide)
    site, offset = seed_site(bonds)
    assert offset[0] == 7
    assert (site[0] >= 2).all()
    assert local_alignment(bonds)[0, -1] == site.sum()


def test_a_bulge_costs_one_gap_in_the_alignment():
    guide = clean(pd.Series([RNA]))[0]
    site = complement(guide)
    perfect = local_alignment(duplex(guide, site))[0, -1]
    bulged = local_alignment(duplex(guide, site[:10] + "A" + site[10:]))[0, -1]
    assert bulged == perfect - 4


def test_pairing_features_survive_missing_short_and_long_strands():
    table = pd.DataFrame(
        {"site": ["ACGTACGTACGTACGTACGT", None, "AC", "A" * 90], "guide": [None, "UUUUUUUU", "ACGUACGUACGU" * 3, "N"]}
    )
    features = pairing("site", "guide", 20, 12).fit_transform(table)
    assert len(features) == 4
    assert np.isfinite(features).all()
    np.testing.assert_array_equal(features[1:2], pairing("site", "guide", 20, 12).fit_transform(table.iloc[1:2]))


def test_protein_descriptors_know_charge_hydropathy_and_both_ends():
    features = make_union(
        protein.protein_composition("sequence"), protein.protein_properties("sequence")
    ).fit_transform(rows("K" * 30, "D" * 30, "I" * 40, "k" * 30, "KKKK-KKKKKKKKKKKKKKKKKKKKKKKKKK*"))
    assert (features[0] == features[3]).all()
    assert (features[0] == features[4]).all()
    charge, hydropathy = features[:, 22 + 4], features[:, 22]
    assert charge[0] == 1
    assert charge[1] == -1
    assert hydropathy[2] == pytest.approx(4.5)
    assert features[:, :1].ravel() == pytest.approx(np.log1p([30, 30, 40, 30, 30]))
