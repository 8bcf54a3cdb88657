"""One column of text: sequence, molecule, category, identifier, date, or prose."""

from __future__ import annotations

import re
import statistics
from typing import TYPE_CHECKING, Any

from agentomics_nb.dataset.model import Column, ColumnKind
from agentomics_nb.dataset.names import says_identifier
from agentomics_nb.dataset.number_marks import NUMBER, PLAIN, NumberMarks
from agentomics_nb.dataset.sequences import is_protein, is_smiles, nucleotide_alphabet
from agentomics_nb.dataset.target import to_series
from agentomics_nb.dataset.verbatim import MARKS_OF_MISSING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

_EXAMPLE = 60
_DATE = re.compile(
    r"(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4})"
    r"(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?"
    r"(?:Z|[+-]\d{2}:?\d{2})?"
)
_MOSTLY_NUMBERS = 0.9
_DISTINCT_LOOKED_AT = 500
_FEWEST_MEASURED = 10
_MEASURED = re.compile(r"([<>≤≥~]?\s*)[+-]?(?:\d+[.,]?\d*|[.,]\d+)(?:[eE][+-]?\d+)?(\s*[%‰a-zA-Zµμ°/²³]{0,10})")
_FASTA_HEADER = re.compile(r"^>.*$", re.MULTILINE)
_FEWEST_NUMBERS = 50
"""Different numbers below which they may be names, such as those of chromosomes beside X and MT."""


def describe_text(values: pd.Series[Any]) -> Column:
    """Describe a column that pandas does not read as numbers.

    Parameters
    ----------
    values : Series, shape (rows looked at,)
        Text, categories, booleans or times.
    """
    import pandas as pd

    name = str(values.name)
    present = values.dropna()
    missing = len(values) - len(present)
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        return _column(name, ColumnKind.DATETIME, "times", missing, present.astype("str"))
    if pd.api.types.is_bool_dtype(values.dtype):
        words = present.astype("str")
        kind = ColumnKind.CATEGORICAL if words.nunique() > 1 else ColumnKind.CONSTANT
        return _column(name, kind, "true or false" if words.nunique() > 1 else "one value", missing, words)
    return _describe_words(name, present.astype("str"), missing)


def as_numbers(values: pd.Series[Any], marks: NumberMarks = PLAIN) -> tuple[pd.Series[Any], list[str]] | None:
    """Return text that is meant as numbers, such as ``1.5`` among a few ``<0.1``, with the words in between.

    None if the words in between are no marks of missing values, and fewer than nine in ten values are numbers or
    only few differ.
    """
    present = values.dropna().astype("str")
    numbers = to_series(present, marks)
    strange = [str(word) for word in present[numbers.isna()].unique()]
    if all(word.strip().lower() in MARKS_OF_MISSING for word in strange):
        return (numbers.reindex(values.index), strange) if numbers.nunique() > 1 else None
    if numbers.nunique() < _FEWEST_NUMBERS or numbers.notna().mean() < _MOSTLY_NUMBERS:
        return None
    return numbers.reindex(values.index), strange


def about_words(column: Column, values: pd.Series[Any]) -> str | None:
    """Return a sentence if the words of a column seem to be numbers or sequences that cannot be used as such."""
    if column.kind not in (ColumnKind.IDENTIFIER, ColumnKind.CATEGORICAL, ColumnKind.TEXT):
        return None
    distinct = [str(word) for word in values.dropna().astype("str").unique()[:_DISTINCT_LOOKED_AT]]
    found = [match for word in distinct if (match := _MEASURED.fullmatch(word))]
    around = {(match[1].strip(), match[2].strip()) for match in found}
    if len(distinct) >= _FEWEST_MEASURED and len(found) == len(distinct) and len(around) == 1 and any(*around):
        return (
            f"Column {column.name!r} holds numbers with {''.join(*around)!r}, such as {distinct[0]!r}, and is read as "
            "words; write the bare numbers to have them used."
        )
    if column.kind == ColumnKind.CATEGORICAL:
        return None
    numbers = sum(NUMBER.fullmatch(word) is not None for word in distinct)
    if max(_FEWEST_MEASURED, len(distinct) / 3) <= numbers < len(distinct):
        word = next(word for word in distinct if not NUMBER.fullmatch(word))
        return (
            f"Column {column.name!r} mixes numbers with words such as {word[:40]!r} and is read as words; empty the "
            "cells that hold words to have the numbers used."
        )
    bare = ["".join(_FASTA_HEADER.sub("", word).split()) for word in distinct]
    if bare != distinct and (nucleotide_alphabet(bare) or (is_protein(bare) and not any(map(str.islower, bare)))):
        return (
            f"Column {column.name!r} holds sequences with spaces, line breaks or FASTA headers in them and is read as "
            "words; remove these to have the sequences used."
        )
    return None


def _describe_words(name: str, words: pd.Series[Any], missing: int) -> Column:
    counts = words.value_counts(sort=False)
    distinct = [str(word) for word in counts.index]
    bare = [word.strip() for word in distinct]
    alphabet: str | None = None
    if len(distinct) <= 1:
        kind, reason = ColumnKind.CONSTANT, "one value" if distinct else "no values"
    elif (alphabet := nucleotide_alphabet(bare)) is not None:
        kind, reason = ColumnKind.NUCLEOTIDE, f"sequences over the {alphabet} alphabet"
    elif is_protein(bare):
        kind, reason, alphabet = ColumnKind.PROTEIN, "sequences of amino acids", "amino acids"
    elif is_smiles(bare):
        kind, reason = ColumnKind.SMILES, "molecules in SMILES notation"
    else:
        kind, reason = _kind_of_words(name, distinct, len(words))
    return _column(name, kind, reason, missing, words, distinct=distinct, alphabet=alphabet)


def _kind_of_words(name: str, distinct: Sequence[str], rows: int) -> tuple[ColumnKind, str]:
    if all(_DATE.fullmatch(word) for word in distinct[:200]):
        return ColumnKind.DATETIME, "dates"
    share = len(distinct) / rows
    spaces = statistics.fmean(word.count(" ") for word in distinct[:500])
    length = statistics.fmean(len(word) for word in distinct[:500])
    if spaces >= 3 and length >= 20 and share > 0.1:
        return ColumnKind.TEXT, "prose"
    if len(distinct) == rows:
        return ColumnKind.IDENTIFIER, "a different word in each row"
    if share > 0.5:
        return ColumnKind.IDENTIFIER, "names that seldom repeat"
    if says_identifier(name):
        return ColumnKind.IDENTIFIER, "named as an identifier"
    return ColumnKind.CATEGORICAL, "words that repeat"


def _column(
    name: str,
    kind: ColumnKind,
    reason: str,
    missing: int,
    words: pd.Series[Any],
    *,
    distinct: Sequence[str] | None = None,
    alphabet: str | None = None,
) -> Column:
    distinct = distinct if distinct is not None else [str(word) for word in words.unique()]
    lengths = words.str.len()
    return Column(
        name=name,
        kind=kind,
        reason=reason,
        missing=missing,
        unique=len(distinct),
        examples=tuple(_cut(word) for word in distinct[:3]),
        length_min=int(lengths.min()) if len(words) else None,
        length_median=float(lengths.median()) if len(words) else None,
        length_max=int(lengths.max()) if len(words) else None,
        alphabet=alphabet,
    )


def _cut(word: str) -> str:
    return word if len(word) <= _EXAMPLE else word[: _EXAMPLE - 1] + "…"
