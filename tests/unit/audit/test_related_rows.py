"""Rows that belong together: the fast definitions agree with slow ones that anyone can check."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from agentomics_nb.audit import Relation, components_of
from agentomics_nb.audit.interval_overlaps import components as overlapping
from agentomics_nb.audit.shared_stretches import components, stretches

COMPLEMENT = str.maketrans("ACGT", "TGCA")


def same_partition(one: np.ndarray, other: np.ndarray) -> bool:
    return (
        len(set(zip(one.tolist(), other.tolist(), strict=True))) == len(set(one.tolist())) == len(set(other.tolist()))
    )


def slowly(links: list[tuple[int, int]], rows: int) -> np.ndarray:
    """Join linked rows one link at a time."""
    number = np.arange(rows)
    for a, b in links:
        number[number == number[b]] = number[a]
    return number


def sharing(words: list[str], k: int, both_strands: bool) -> list[tuple[int, int]]:
    def parts(word: str) -> set[str]:
        found = {word[i : i + k] for i in range(len(word) - k + 1)} or {word}
        return {min(p, p.translate(COMPLEMENT)[::-1]) for p in found} if both_strands else found

    sets = [parts(word) for word in words]
    return [(i, j) for i in range(len(words)) for j in range(i) if sets[i] & sets[j]]


def sequences(seed: int, *, rows: int = 80) -> list[str]:
    """Random sequences of several lengths; some are cut from others, some of these from the opposite strand."""
    generator = np.random.default_rng(seed)
    words = ["".join(generator.choice(list("ACGT"), generator.integers(8, 90))) for _ in range(rows)]
    for _ in range(rows // 3):
        source, target = generator.integers(0, rows, 2)
        start = int(generator.integers(0, max(1, len(words[source]) - 10)))
        piece = words[source][start : start + int(generator.integers(10, 40))]
        if generator.random() < 0.5:
            piece = piece.translate(COMPLEMENT)[::-1]
        words[target] = words[target][:20] + piece + words[target][20:]
    return words


@pytest.mark.parametrize("both_strands", [False, True])
@pytest.mark.parametrize("k", [12, 15, 25])
def test_components_are_those_of_a_slow_search(k: int, both_strands: bool) -> None:
    for seed in range(4):
        words = sequences(seed)
        expected = slowly(sharing(words, k, both_strands), len(words))
        assert same_partition(components(words, k, both_strands), expected)


def test_an_exact_stretch_of_k_letters_links_and_one_less_does_not() -> None:
    core = "ACGTTGCATGCCATGACTGACCATG"
    left, right = "TTCAGGATCC" + core + "GATTACA", "CCTAGGCTAA" + core + "TGGCCAA"
    assert len(set(components([left, right], 25))) == 1
    assert len(set(components([left, right], 26))) == 2


def test_the_opposite_strand_counts_only_where_it_is_asked_for() -> None:
    word = "ACGTTGCATGCCATGACTGACCATGGATC"
    pair = [word, word.translate(COMPLEMENT)[::-1]]
    assert len(set(components(pair, 20, both_strands=True))) == 1
    assert len(set(components(pair, 20, both_strands=False))) == 2


@pytest.mark.parametrize("filler", ["A" * 60, "CA" * 30, "CAG" * 20, "N" * 60])
def test_mere_repeats_and_unknown_letters_link_nothing(filler: str) -> None:
    words = ["ACGTTGCATGCCATGACTGAC" + filler, filler + "GGATCCTTAGCAGTCATTAGC"]
    assert len(set(components(words, 25))) == 2


def test_spelling_does_not_matter_and_empty_sequences_stand_alone() -> None:
    found = components(["ACGUUGCAUGCCAUGACU", "acgttgcatgccatgact", "", ""], 15)
    assert found.tolist() == [0, 0, 1, 2]


def test_components_do_not_depend_on_the_order_of_the_rows() -> None:
    words = sequences(5)
    order = np.random.default_rng(0).permutation(len(words))
    found, shuffled = components(words, 15, True), components([words[i] for i in order], 15, True)
    assert same_partition(found[order], shuffled)


def test_long_overlaps_are_found_though_few_stretches_are_looked_at() -> None:
    generator = np.random.default_rng(0)
    words = ["".join(row) for row in generator.choice(list("ACGT"), (200, 300))]
    words += [word[150:] + word[:150] for word in words]
    found = components(words, 25, True, scale=10)
    assert np.array_equal(found[:200], found[200:])
    assert len(set(found.tolist())) == 200
    assert len(stretches(words, 25, True, scale=10)[0]) < len(stretches(words, 25, True)[0]) / 7


def test_intervals_are_those_of_a_slow_search() -> None:
    generator = np.random.default_rng(1)
    chromosomes = generator.choice(["1", "2", ""], 120).tolist()
    starts = generator.integers(0, 2000, 120)
    ends = starts + generator.integers(1, 60, 120)
    links = [
        (i, j)
        for i in range(120)
        for j in range(i)
        if chromosomes[i] == chromosomes[j] != "" and starts[i] < ends[j] and starts[j] < ends[i]
    ]
    found = overlapping(chromosomes, starts.tolist(), ends.tolist())
    assert same_partition(found, slowly(links, 120))
    assert found[0] == 0


def test_a_relation_reads_text_as_a_split_writes_it() -> None:
    frame = pd.DataFrame({"chr": ["1", "1", "2", ""], "from": ["10", "15", "10", "10"], "to": ["20", "30", "20", "20"]})
    relation = Relation(kind="overlap", columns=("chr", "from", "to"))
    assert components_of(relation, frame).tolist() == [0, 0, 1, 2]
    assert "overlapping interval" in relation.in_words
