"""Products of two sequences' words: 1 where one sequence holds the first word and the other the second."""

import numpy as np
from scipy import sparse
from sklearn.preprocessing import FunctionTransformer, normalize

from .kmers import kmer_counts
from .letters import clean


def word_products(rows, first, second, k):
    """Return an array of shape (rows, 16**k) with the products of all words of `k` letters."""
    one, two = ((kmer_counts(clean(rows[column]), k) > 0).astype(np.float32) for column in (first, second))
    products = []
    for start in range(0, len(rows), 1000):
        part = slice(start, start + 1000)
        products.append(columnwise_kronecker(one[part], two[part]))
    return normalize(sparse.vstack(products, format="csr"))


def columnwise_kronecker(one, two):
    """Multiply each column of one array with each column of the other, row by row."""
    entries = one.tocoo()
    repeated = two[entries.coords[0]]
    counts = np.diff(repeated.indptr)
    columns = np.repeat(entries.coords[1], counts) * two.shape[1] + repeated.indices
    row = np.repeat(entries.coords[0], counts)
    values = np.repeat(entries.data, counts) * repeated.data
    return sparse.csr_array((values, (row, columns)), shape=(one.shape[0], one.shape[1] * two.shape[1]))


def kmer_products(first, second, k=3):
    """Which words of `k` letters occur together, one in each sequence."""
    return FunctionTransformer(word_products, kw_args={"first": first, "second": second, "k": k})
