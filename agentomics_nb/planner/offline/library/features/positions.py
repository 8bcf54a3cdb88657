"""Which letters stand at which position, for sequences aligned on a common point."""

import numpy as np
from scipy import sparse
from sklearn.preprocessing import FunctionTransformer

from .letters import clean, letter_codes


def words_at_positions(rows, column, width, sizes):
    """Return an array of 0 and 1 with a column for each word at each position."""
    codes = letter_codes(clean(rows[column]), width).astype(np.int32)
    blocks = []
    for k in sizes:
        starts = width - k + 1
        word = np.zeros((len(codes), starts), dtype=np.int32)
        known = np.ones((len(codes), starts), dtype=bool)
        for offset in range(k):
            letter = codes[:, offset : offset + starts]
            word = 4 * word + letter
            known &= letter < 4
        row, start = (place.astype(np.int32) for place in np.nonzero(known))
        cells = (row, start * 4**k + word[known])
        blocks.append(sparse.csr_array((np.ones(len(row), dtype=np.float32), cells), shape=(len(codes), starts * 4**k)))
    return sparse.hstack(blocks, format="csr")


def positional(column, width, sizes=(1,)):
    """One column for each word of the given sizes at each of the first `width` positions."""
    return FunctionTransformer(words_at_positions, kw_args={"column": column, "width": width, "sizes": sizes})
