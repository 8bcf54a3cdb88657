"""Nucleotide sequences as numbers: A, C, G and T are 0 to 3; any other letter, and the end of a sequence, is 4."""

import numpy as np
from sklearn.preprocessing import FunctionTransformer

BASES = {"A": 0, "C": 1, "G": 2, "T": 3}
CODE = np.array([BASES.get(chr(letter), 4) for letter in range(256)], dtype=np.uint8)


def clean(column):
    """Return sequences as upper-case DNA letters; a missing one is empty."""
    return [text.strip().upper().replace("U", "T") for text in column.astype("string").fillna("").astype(object)]


def letter_codes(sequences, width):
    """Return an array of shape (sequences, width): longer sequences are cut at their 3' end, shorter ones padded."""
    text = "".join(sequence[:width].ljust(width, "N") for sequence in sequences)
    return CODE[np.frombuffer(text.encode("ascii", "replace"), dtype=np.uint8)].reshape(-1, width)


def column_letters(rows, column, width):
    """Return the letter codes of one column."""
    return letter_codes(clean(rows[column]), width)


def letters(column, width):
    """One number per position, for a network that reads the sequence itself."""
    return FunctionTransformer(column_letters, kw_args={"column": column, "width": width})
