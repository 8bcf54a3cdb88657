"""Counts of k-mers: which short words a sequence contains, wherever they stand."""

import numpy as np
from scipy import sparse
from sklearn.preprocessing import FunctionTransformer, normalize

from .letters import CODE, clean


def kmer_counts(sequences, k):
    """Count the words of k letters in each sequence; words with an unknown letter do not count.

    Returns a sparse array of shape (sequences, 4**k), words in alphabetical order.
    """
    joined = "N".join(sequences)
    bases = CODE[np.frombuffer(joined.encode("ascii", "replace"), dtype=np.uint8)]
    row = np.repeat(np.arange(len(sequences), dtype=np.int32), [len(sequence) + 1 for sequence in sequences])
    starts = max(len(bases) - k + 1, 0)
    word = np.zeros(starts, dtype=np.int32)
    known = np.ones(starts, dtype=bool)
    for offset in range(k):
        base = bases[offset : offset + starts]
        word = 4 * word + base
        known &= base < 4
    cells = (row[:starts][known], word[known])
    return sparse.csr_array((np.ones(known.sum(), dtype=np.float32), cells), shape=(len(sequences), 4**k))


def opposite_words(k):
    """Return, for each word of k letters, the number of its reverse complement."""
    words = np.arange(4**k)
    opposite = np.zeros_like(words)
    for _ in range(k):
        opposite = 4 * opposite + 3 - words % 4
        words //= 4
    return opposite


def kmer_profile(rows, column, sizes, both_strands):
    """Return square roots of the counts, scaled to length one for each k, side by side."""
    sequences = clean(rows[column])
    blocks = []
    for k in sizes:
        counts = kmer_counts(sequences, k)
        if both_strands:
            opposite = opposite_words(k)
            # A word and its reverse complement are one site, read from either strand: keep the earlier of the two.
            counts = (counts + counts[:, opposite])[:, np.flatnonzero(np.arange(4**k) <= opposite)]
        # The square root keeps a word that is repeated ten times from drowning all others.
        blocks.append(normalize(np.sqrt(counts)))
    return sparse.hstack(blocks, format="csr")


def kmers(column, sizes=(1, 2, 3, 4, 5, 6), both_strands=False):
    """Profile of all words of the given sizes; with `both_strands`, a word counts with its reverse complement."""
    arguments = {"column": column, "sizes": sizes, "both_strands": both_strands}
    return FunctionTransformer(kmer_profile, kw_args=arguments)
