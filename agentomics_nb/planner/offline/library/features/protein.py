"""Proteins as numbers: what they are made of, how charge and hydrophobicity are spread, how they begin and end."""

import numpy as np
from sklearn.preprocessing import FunctionTransformer

AMINO_ACIDS = "ACDEFGHIKLMNPQRSTVWY"
OTHER = len(AMINO_ACIDS)
# Selenocysteine (U) stands for cysteine, pyrrolysine (O) for lysine.
NUMBERS = {letter: number for number, letter in enumerate(AMINO_ACIDS)} | {"U": 1, "O": 8}
RESIDUE = np.array([NUMBERS.get(chr(letter), OTHER) for letter in range(256)], dtype=np.uint8)

# One value per amino acid in the order of AMINO_ACIDS, and 0 for an unknown one.
# Hydropathy: Kyte and Doolittle 1982. Helix and strand: Chou and Fasman 1978, less 1. Volume in cubic Angstrom / 100.
SCALES = {
    "hydropathy": [
        1.8, 2.5, -3.5, -3.5, 2.8, -0.4, -3.2, 4.5, -3.9, 3.8,
        1.9, -3.5, -1.6, -3.5, -4.5, -0.8, -0.7, 4.2, -0.9, -1.3,
    ],
    "helix": [
        0.42, -0.3, 0.01, 0.51, 0.13, -0.43, 0, 0.08, 0.16, 0.21,
        0.45, -0.33, -0.43, 0.11, -0.02, -0.23, -0.17, 0.06, 0.08, -0.31,
    ],
    "strand": [
        -0.17, 0.19, -0.46, -0.63, 0.38, -0.25, -0.13, 0.6, -0.26, 0.3,
        0.05, -0.11, -0.45, 0.1, -0.07, -0.25, 0.19, 0.7, 0.37, 0.47,
    ],
    "volume": [
        0.886, 1.085, 1.111, 1.384, 1.899, 0.601, 1.532, 1.667, 1.686, 1.667,
        1.629, 1.141, 1.127, 1.438, 1.734, 0.89, 1.161, 1.4, 2.278, 1.936,
    ],
    "charge": [
        0, 0, -1, -1, 0, 0, 0.1, 0, 1, 0,
        0, 0, 0, 0, 1, 0, 0, 0, 0, 0,
    ],
}  # fmt: skip
SCALE_TABLE = np.array([[*values, 0.0] for values in SCALES.values()])
# Seven classes of like residues (Shen et al. 2007): a triplet of classes survives the exchange of kin.
KIN = ["AGV", "ILFP", "YMTS", "HNQW", "RK", "DE", "C"]
KIN_OF = {letter: number for number, kin in enumerate(KIN) for letter in kin}
KIND = np.array([KIN_OF.get(letter, len(KIN)) for letter in AMINO_ACIDS + "X"])


def residues(column):
    """Return each sequence as an array of residue numbers; gaps, stops and spaces are left out."""
    text = column.astype("string").fillna("").str.upper().str.replace(r"[^A-Z]", "", regex=True)
    return [RESIDUE[np.frombuffer(protein.encode("ascii"), dtype=np.uint8)] for protein in text]


def shares(numbers, size):
    """Return how often each of `size` numbers occurs, as shares that sum to one."""
    return np.bincount(numbers, minlength=size)[:size] / max(len(numbers), 1)


def windows(values, width):
    """Return the mean of each stretch of `width` residues; the mean of all where there are fewer."""
    if len(values) < width:
        return np.array([values.mean() if len(values) else 0.0])
    sums = np.cumsum(np.concatenate([[0.0], values]))
    return (sums[width:] - sums[:-width]) / width


def composition_of(protein):
    """Length and shares of the amino acids."""
    return np.concatenate([[np.log1p(len(protein))], shares(protein, OTHER + 1)])


def properties_of(protein):
    """Means, extremes and autocorrelation of physical scales; charge; composition of both ends."""
    scaled = SCALE_TABLE[:, protein]
    hydropathy, charge = scaled[0], scaled[4]
    length = max(len(protein), 1)
    found = [*(scaled.sum(axis=1) / length), charge.sum(), np.abs(charge).sum() / length]
    for stretch in (7, 19):  # 19 residues span a membrane
        smooth = windows(hydropathy, stretch)
        found += [smooth.max(), smooth.min(), smooth.std(), (smooth > 1.6).mean()]
    smooth = windows(charge, 15)
    found += [smooth.max(), smooth.min()]
    for values in scaled[:3]:
        centred = values - values.sum() / length
        for lag in (1, 2, 3, 4, 7):
            found.append((centred[lag:] * centred[:-lag]).mean() if len(values) > lag else 0.0)
    for end in (protein[:25], protein[-25:]):
        found += [*shares(end, OTHER), *(SCALE_TABLE[:, end].sum(axis=1) / max(len(end), 1))]
    return np.array(found)


def pairs_of(protein):
    """Shares of neighbouring pairs of amino acids."""
    known = (protein[:-1] < OTHER) & (protein[1:] < OTHER)
    return shares((OTHER * protein[:-1].astype(int) + protein[1:])[known], OTHER**2)


def triplets_of(protein):
    """Shares of triplets of residue classes."""
    kind = KIND[protein]
    known = (kind[:-2] < len(KIN)) & (kind[1:-1] < len(KIN)) & (kind[2:] < len(KIN))
    words = len(KIN) ** 2 * kind[:-2] + len(KIN) * kind[1:-1] + kind[2:]
    return shares(words[known], len(KIN) ** 3)


def describe(rows, column, descriptor):
    """Return an array of shape (rows, features)."""
    width = len(descriptor(RESIDUE[:0]))
    described = [descriptor(protein) for protein in residues(rows[column])]
    return np.array(described, dtype=np.float32).reshape(-1, width)


def described(column, descriptor):
    """Return the transformer of one protein column by one descriptor."""
    return FunctionTransformer(describe, kw_args={"column": column, "descriptor": descriptor})


def protein_composition(column):
    """Length and amino-acid composition."""
    return described(column, composition_of)


def protein_properties(column):
    """Hydropathy, charge, propensities and volume along the chain, and the composition of both ends."""
    return described(column, properties_of)


def protein_pairs(column):
    """Shares of neighbouring pairs of amino acids."""
    return described(column, pairs_of)


def protein_triplets(column):
    """Shares of triplets of seven residue classes."""
    return described(column, triplets_of)
