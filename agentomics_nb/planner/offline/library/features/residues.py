"""Protein sequences as numbers: the twenty amino acids are 0 to 19; any other letter, and the end, is 20."""

import numpy as np
from sklearn.preprocessing import FunctionTransformer

AMINO_ACIDS = "ACDEFGHIKLMNPQRSTVWY"
RESIDUE_CODE = np.array([(AMINO_ACIDS.find(chr(letter)) + 21) % 21 for letter in range(256)], dtype=np.uint8)


def column_residues(rows, column, width):
    """Return an array of shape (rows, width): longer proteins are cut at their C-terminus, shorter ones padded."""
    proteins = rows[column].astype("string").fillna("").str.strip().str.upper()
    text = "".join(protein[:width].ljust(width, "X") for protein in proteins)
    return RESIDUE_CODE[np.frombuffer(text.encode("ascii", "replace"), dtype=np.uint8)].reshape(-1, width)


def residues(column, width):
    """One number per residue, for a network that reads the protein itself."""
    return FunctionTransformer(column_residues, kw_args={"column": column, "width": width})
