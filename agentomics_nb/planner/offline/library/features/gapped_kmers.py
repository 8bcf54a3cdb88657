"""Pairs of short words with a gap between them, as two halves of a binding site have."""

import numpy as np
from scipy import sparse
from sklearn.preprocessing import FunctionTransformer, normalize

from .letters import CODE, clean


def gapped_counts(sequences, half, gap):
    """Count pairs of words of `half` letters, `gap` letters apart; returns shape (sequences, 16**half)."""
    joined = "N".join(sequences)
    bases = CODE[np.frombuffer(joined.encode("ascii", "replace"), dtype=np.uint8)]
    row = np.repeat(np.arange(len(sequences), dtype=np.int32), [len(sequence) + 1 for sequence in sequences])
    starts = max(len(bases) - 2 * half - gap + 1, 0)
    word = np.zeros(starts, dtype=np.int32)
    # The gap may hold any letter, but a sequence ends there if it holds one of the joints.
    known = row[:starts] == row[len(bases) - starts : len(bases)]
    for offset in [*range(half), *range(half + gap, 2 * half + gap)]:
        base = bases[offset : offset + starts]
        word = 4 * word + base
        known &= base < 4
    cells = (row[:starts][known], word[known])
    return sparse.csr_array((np.ones(known.sum(), dtype=np.float32), cells), shape=(len(sequences), 16**half))


def gapped_profile(rows, column, half, gaps):
    """Return square roots of the counts, scaled to length one for each gap, side by side."""
    sequences = clean(rows[column])
    return sparse.hstack([normalize(np.sqrt(gapped_counts(sequences, half, gap))) for gap in gaps], format="csr")


def gapped_kmers(column, half=3, gaps=(1, 2, 3, 4)):
    """Profile of pairs of words of `half` letters, for each of the `gaps` between them."""
    return FunctionTransformer(gapped_profile, kw_args={"column": column, "half": half, "gaps": gaps})
