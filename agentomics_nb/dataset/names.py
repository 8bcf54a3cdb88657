"""What the name of a column says about it."""

from __future__ import annotations

import re

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_IDENTIFYING = {"id", "ids", "identifier", "accession", "barcode", "uuid", "unnamed"}
_ROW_NUMBERS = {"index", "row", "sample", "level"}
_CHROMOSOMES = {"chr", "chrom", "chromosome"}
_PLACES = {"start", "end", "stop", "pos", "position", "coordinate", "year", "date", "time"}


def words(name: str) -> tuple[str, ...]:
    """Return the words of a name in lower case: ``gene_cluster_ID`` and ``geneClusterID`` give the same."""
    return tuple(word.lower() for word in _WORD.findall(name))


def says_identifier(name: str) -> bool:
    """Say whether a name promises an identifier, such as ``patient_id``, ``id`` or ``Unnamed: 0``."""
    parts = words(name)
    if parts and parts[-1] == "index":  # a body mass index identifies nobody
        return _ROW_NUMBERS.issuperset(parts)
    return bool(parts) and (parts[-1] in _IDENTIFYING or parts[0] == "unnamed")


def says_place(name: str) -> bool:
    """Say whether a name promises a position or a time, which is no count even if it is a whole number."""
    return not _PLACES.isdisjoint(words(name))


def says_chromosome(name: str) -> bool:
    """Say whether a name promises chromosomes, whose numbers are names."""
    return not _CHROMOSOMES.isdisjoint(words(name))
