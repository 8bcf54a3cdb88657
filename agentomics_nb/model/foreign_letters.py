"""Sequences over another alphabet than a model was trained with."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agentomics_nb.dataset.model import ColumnKind
from agentomics_nb.dataset.sequences import (
    AMINO_ACIDS,
    GAPS,
    IUPAC_CODES,
    NUCLEOTIDES,
    RARE_AMINO_ACIDS,
    UNKNOWN_BASES,
)

if TYPE_CHECKING:
    from typing import Any

    import pandas as pd

# U stands for T and the other way round: scripts read them as one.
_NO_NUCLEOTIDE = re.compile(rf"[^{NUCLEOTIDES}{IUPAC_CODES}{UNKNOWN_BASES}{re.escape(GAPS)}]", re.IGNORECASE)
_NO_AMINO_ACID = re.compile(rf"[^{AMINO_ACIDS}{RARE_AMINO_ACIDS}*{re.escape(GAPS)}]", re.IGNORECASE)
_SURELY_NUCLEOTIDES = re.compile(rf"[{NUCLEOTIDES}N]{{15,}}", re.IGNORECASE)
"""The four bases are amino acids, too, but no protein of this length has no other."""


def foreign_rows(words: pd.Series[Any], kind: ColumnKind) -> pd.Series[bool]:
    """Return for each sequence whether it is none of the kind that a column holds.

    Parameters
    ----------
    words : Series of str, shape (rows,)
        Without missing values.
    kind : ColumnKind
        Nucleotides or proteins.
    """
    if kind == ColumnKind.NUCLEOTIDE:
        return words.str.contains(_NO_NUCLEOTIDE)
    return words.str.contains(_NO_AMINO_ACID) | words.str.fullmatch(_SURELY_NUCLEOTIDES)


def letters_of(sequence: str, kind: ColumnKind) -> str:
    """Return the letters that make a sequence foreign, for a message."""
    if kind == ColumnKind.PROTEIN and _SURELY_NUCLEOTIDES.fullmatch(sequence):
        return "nothing but nucleotides"
    pattern = _NO_NUCLEOTIDE if kind == ColumnKind.NUCLEOTIDE else _NO_AMINO_ACID
    found = dict.fromkeys(letter.upper() for letter in pattern.findall(sequence))
    return ", ".join(map(repr, list(found)[:5]))
