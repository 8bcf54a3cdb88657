"""Seed-match features of a miRNA and its target window, as a biologist would count them: the common first model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

_COMPLEMENT = str.maketrans("ACGT", "TGCA")
_SITE = 7
"""Letters of the seed, positions 2 to 8 of the miRNA."""


def seed_match(rows: pd.DataFrame, target: str, guide: str) -> NDArray[np.float64]:
    """Return the features of each row, shape (rows, 11).

    How often the target holds each kind of site (6mer, 7mer-m8, 7mer-A1, 8mer, offset 6mer and the 6mer of positions 1
    to 6; Bartel 2009), the most letters of a seed site that fit without gaps, where the first 6mer is, the longest
    complementary word, and how many words of 4 and of 6 letters of the miRNA have a complement in the target.
    """
    return np.array([_of_pair(*pair) for pair in zip(rows[target], rows[guide], strict=True)], dtype=float)


def _of_pair(target: str, guide: str) -> list[float]:
    site, core = _opposite(guide[1:8]), _opposite(guide[1:7])
    sites = [core, site, f"{core}A", f"{site}A", _opposite(guide[2:8]), _opposite(guide[0:6])]
    fitting = max(_agreeing(target[start:], site) for start in range(max(1, len(target) - _SITE + 1)))
    words = {size: _complementary(target, guide, size) for size in range(4, 13)}
    longest = next((size - 1 for size, found in words.items() if not found), 12)
    return [*map(target.count, sites), fitting, target.find(core), longest, words[4], words[6]]


def _opposite(word: str) -> str:
    return word.translate(_COMPLEMENT)[::-1]


def _agreeing(window: str, site: str) -> int:
    return sum(one == other for one, other in zip(window, site, strict=False))


def _complementary(target: str, guide: str, size: int) -> int:
    return sum(_opposite(guide[start : start + size]) in target for start in range(len(guide) - size + 1))
