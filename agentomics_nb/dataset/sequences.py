"""Tell nucleotides, amino acids and molecules in SMILES notation from other text."""

from __future__ import annotations

import re
import statistics
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

NUCLEOTIDES = "ACGTU"
IUPAC_CODES = "RYSWKMBDHV"
UNKNOWN_BASES = "NX"
GAPS = "-."
AMINO_ACIDS = "ACDEFGHIKLMNPQRSTVWY"
RARE_AMINO_ACIDS = "XBZUO"

MOST_LOOKED_AT = 2000
"""Distinct values that decide; more do not change the answer."""

_NUCLEOTIDE_VALUE = re.compile(rf"[{NUCLEOTIDES}{IUPAC_CODES}{UNKNOWN_BASES}.-]+", re.IGNORECASE)
_PROTEIN_VALUE = re.compile(rf"[{AMINO_ACIDS}{RARE_AMINO_ACIDS}*-]+")
_SMILES_VALUE = re.compile(r"(?:\[[^\[\]\s]+\]|Br|Cl|[BCNOPSFI]|[bcnops]|\d|%\d\d|[=#$/\\:.()*+-])+")
_SMILES_BRACKET = re.compile(r"\[[^\[\]]*\]")
_SMILES_RING = re.compile(r"%\d\d|\d")
_SMILES_SYNTAX = re.compile(r"[=#()\[\]]|[A-Za-z]\d")

_SURE_LENGTH = 15
"""From this median length on, a handful of distinct values suffices: no category code is as long."""
_FEWEST_SHORT = 20
"""Distinct values below which short words over the nucleotides' letters may be codes of categories."""


def nucleotide_alphabet(distinct: Sequence[str]) -> str | None:
    """Return ``DNA``, ``RNA``, ``DNA/RNA`` or ``IUPAC`` if the values are nucleotide sequences, else None.

    Parameters
    ----------
    distinct : sequence of str
        Distinct values of a column.
    """
    values = distinct[:MOST_LOOKED_AT]
    if not values or not _mostly(values, _is_nucleotide_word, 0.99):
        return None
    length = statistics.median(map(len, values))
    if length < 4 or (length < _SURE_LENGTH and len(values) < _FEWEST_SHORT):
        return None
    letters = Counter("".join(values).upper())
    bases = sum(n for letter, n in letters.items() if letter not in GAPS)
    certain = sum(letters[base] for base in NUCLEOTIDES)
    known = sum(n for letter, n in letters.items() if letter in NUCLEOTIDES + UNKNOWN_BASES)
    if not bases or known < 0.9 * bases or certain < 0.5 * bases:
        return None
    if sum(letters[base] > 0.01 * bases for base in NUCLEOTIDES) < 2:
        return None
    if any(letters[code] for code in IUPAC_CODES):
        return "IUPAC"
    if letters["U"]:
        return "DNA/RNA" if letters["T"] else "RNA"
    return "DNA"


def is_protein(distinct: Sequence[str]) -> bool:
    """Say whether distinct values are amino acid sequences in one-letter code; exclude nucleotides before.

    Words in capitals are told apart by the letters B, J, O, U, X, Z: about one in eight of English text, but
    rare in proteins. Gene symbols are told apart by their digits and their length.
    """
    values = list(distinct[:MOST_LOOKED_AT])
    if values and all(value.islower() for value in values):
        values = [value.upper() for value in values] if statistics.median(map(len, values)) >= 30 else []
    if not values or not _mostly(values, _PROTEIN_VALUE.fullmatch, 0.95):
        return False
    length = statistics.median(map(len, values))
    if length < 7 or (length < _SURE_LENGTH and len(values) < _FEWEST_SHORT):
        return False
    letters = Counter("".join(values))
    residues = sum(n for letter, n in letters.items() if letter.isalpha())
    rare = sum(letters[letter] for letter in RARE_AMINO_ACIDS)
    used = sum(letters[letter] > 0 for letter in AMINO_ACIDS)
    return residues > 0 and rare < 0.03 * residues and used >= (12 if length < 30 else 8)


def is_smiles(distinct: Sequence[str]) -> bool:
    """Say whether distinct values are molecules written as SMILES (Weininger 1988)."""
    values = distinct[:MOST_LOOKED_AT]
    if len(values) < 5 or statistics.median(map(len, values)) < 4:
        return False
    return _mostly(values, _is_molecule, 0.9) and _mostly(values, _SMILES_SYNTAX.search, 0.5)


def _is_nucleotide_word(value: str) -> bool:
    # "Tag" is a word, "TAG" a codon; soft-masked genomes mix the cases in long sequences.
    one_case = value in (value.upper(), value.lower()) or len(value) >= _SURE_LENGTH
    return one_case and _NUCLEOTIDE_VALUE.fullmatch(value) is not None


def _is_molecule(value: str) -> bool:
    if not _SMILES_VALUE.fullmatch(value) or not re.search("[A-Za-z]", value):
        return False
    bare = _SMILES_BRACKET.sub("", value)
    depth = 0
    for letter in bare:
        depth += (letter == "(") - (letter == ")")
        if depth < 0:
            return False
    rings = Counter(_SMILES_RING.findall(bare))
    return depth == 0 and all(count % 2 == 0 for count in rings.values())


def _mostly(values: Sequence[str], holds: Callable[[str], object], share: float) -> bool:
    return sum(bool(holds(value)) for value in values) >= share * len(values)
