"""Estimate tokens without a tokenizer: what a limit and a budget need before a request is sent."""

from __future__ import annotations

import math
import re

_PIECE = re.compile(r"[a-z]+|[A-Z][a-z]+|[A-Z]+|\d+|\n|[^\sA-Za-z\d]")
MESSAGE_OVERHEAD = 8
"""Tokens that the form of a message takes beside its text."""


def estimate(text: str) -> int:
    """Return about how many tokens a text has, rather too many than too few.

    Prose and code have about one token for a word of up to six letters, sequences about one for two letters,
    numbers one for up to three digits.
    """
    total = 0
    for piece in _PIECE.findall(text):
        if piece[0].isdigit() or (len(piece) > 1 and piece.isupper()):
            total += math.ceil(len(piece) / 2)
        else:
            total += math.ceil(len(piece) / 6)
    return total


class Calibration:
    """How far estimates are off for the model at hand, learnt from what it reports.

    Parameters
    ----------
    factor : float
        To begin with: real tokens over estimated ones.
    """

    LOWEST, HIGHEST = 0.7, 2.0

    def __init__(self, factor: float = 1.0) -> None:
        self.factor = factor

    def learn(self, estimated: int, reported: int) -> None:
        """Take in one request; the largest recent ratio counts, since a limit must hold."""
        if estimated > 200 and reported > 0:
            ratio = min(self.HIGHEST, max(self.LOWEST, reported / estimated))
            self.factor = max(ratio, 0.9 * self.factor + 0.1 * ratio)

    def of(self, estimated: int) -> int:
        """Return the corrected estimate."""
        return math.ceil(estimated * self.factor)
