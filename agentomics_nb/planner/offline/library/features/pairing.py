"""How a short guide RNA can pair with its target: one row of the file at a time, nothing learned."""

import numpy as np
from sklearn.preprocessing import FunctionTransformer

from .letters import clean, letter_codes

# Hydrogen bonds between two letters (A, C, G, T, unknown). G-T is the wobble pair: sequences are written as DNA.
BONDS = np.array(
    [[0, 0, 0, 2, 0], [0, 0, 3, 0, 0], [0, 3, 0, 1, 0], [2, 0, 1, 0, 0], [0, 0, 0, 0, 0]], dtype=np.float32
)
# In units of one hydrogen bond: a mismatch costs about one weak pair, opening a bulge more.
MISMATCH = -2.0
GAP = -4.0
SEED = slice(1, 8)  # positions 2 to 8 of the guide, where Argonaute holds it ready to pair
FLANK = 15


def bond_matrix(target, guide):
    """Return hydrogen bonds, shape (rows, guide, target); the target is read from its 3' end, antiparallel."""
    return BONDS[guide[:, :, None], target[:, ::-1][:, None, :]]


def runs(paired):
    """Return for each cell how many pairs in a row start there, along the diagonal on which two strands stack."""
    length = np.zeros((paired.shape[0], paired.shape[1] + 1, paired.shape[2] + 1), dtype=np.float32)
    for i in range(paired.shape[1] - 1, -1, -1):
        length[:, i, :-1] = np.where(paired[:, i], length[:, i + 1, 1:] + 1, 0)
    return length[:, :-1, :-1]


def local_alignment(bonds, mismatch=MISMATCH, gap=GAP):
    """Return the best local alignment score (Smith and Waterman 1981) that ends at each guide position."""
    score = np.where(bonds > 0, bonds, mismatch)
    rows, guide, target = bonds.shape
    above = np.zeros((rows, target + 1), dtype=np.float32)
    best = np.zeros((rows, guide), dtype=np.float32)
    for i in range(guide):
        here = np.zeros_like(above)
        for j in range(target):
            here[:, j + 1] = np.maximum.reduce([above[:, j] + score[:, i, j], above[:, j + 1] + gap, here[:, j] + gap])
            np.maximum(here[:, j + 1], 0, out=here[:, j + 1])
        best[:, i] = here.max(axis=1)
        above = here
    return best


def seed_site(bonds):
    """Slide the guide along the target without gaps; return bonds per guide position where the seed binds best.

    Positions that reach beyond the target have no bonds. Also returned: the offset from the target's 3' end.
    """
    rows, guide, target = bonds.shape
    padded = np.zeros((rows, guide, target + guide), dtype=np.float32)
    padded[:, :, :target] = bonds
    position = np.arange(guide)
    diagonals = np.stack([padded[:, position, offset + position] for offset in range(target)], axis=1)
    seed = diagonals[:, :, SEED]
    offset = (seed.sum(axis=2) + 2 * MISMATCH * (seed == 0).sum(axis=2)).argmax(axis=1)
    return diagonals[np.arange(rows), offset], offset


def weak_share(codes, start, stop):
    """Return the share of A and T between two positions of each row: open, unfolded RNA is rich in them."""
    position = np.arange(codes.shape[1])
    inside = (position >= start[:, None]) & (position < stop[:, None]) & (codes < 4)
    weak = inside & ((codes == 0) | (codes == 3))
    return weak.sum(axis=1) / np.maximum(inside.sum(axis=1), 1)


def duplex_features(targets, guides):
    """Return the features of some rows, given as letter codes of shape (rows, positions)."""
    rows, target_width = targets.shape
    bonds = bond_matrix(targets, guides)
    stems = runs(bonds >= 2)
    wobbly = runs(bonds > 0)
    site, offset = seed_site(bonds)
    # The site's seed reaches from `offset` + 1 to `offset` + 8, counted from the target's 3' end.
    three_prime = target_width - offset
    blocks = [
        stems.max(axis=2),
        wobbly.max(axis=2),
        local_alignment(bonds),
        local_alignment(bonds[:, SEED]),
        site,
        site[:, SEED].sum(axis=1),
        (site[:, SEED] == 1).sum(axis=1),
        (site[:, SEED] == 0).sum(axis=1),
        offset,
        targets[np.arange(rows), np.clip(three_prime - 1, 0, target_width - 1)] == 0,
        weak_share(targets, three_prime - 8 - FLANK, three_prime - 8),
        weak_share(targets, three_prime, three_prime + FLANK),
        *[(targets == base).mean(axis=1) for base in range(4)],
        *[(guides == base).sum(axis=1) for base in range(4)],
    ]
    return np.column_stack(blocks).astype(np.float32)


def pairing_features(rows, target, guide, target_width, guide_width, block=5_000):
    """Return the features of `pairing`, shape (rows, features), in blocks that fit into memory."""
    targets = letter_codes(clean(rows[target]), target_width)
    guides = letter_codes(clean(rows[guide]), guide_width)
    starts = range(0, max(len(rows), 1), block)
    return np.concatenate([duplex_features(targets[k : k + block], guides[k : k + block]) for k in starts])


def pairing(target, guide, target_width, guide_width):
    """Stems, alignment scores and the best seed site of a short `guide` on its `target`."""
    arguments = {
        "target": target,
        "guide": guide,
        "target_width": target_width,
        "guide_width": guide_width,
    }
    return FunctionTransformer(pairing_features, kw_args=arguments)
