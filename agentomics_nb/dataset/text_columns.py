"""One column of text: sequence, molecule, category, identifier, date, or prose."""

from __future__ import annotations

import re
import statistics
from typing import TYPE_CHECKING, Any

from agentomics_nb.dataset.model import Column, ColumnKind
from agentomics_nb.dataset.names import says_identifier
from agentomics_nb.dataset.sequences import is_protein, is_smiles, nucleotide_alphabet

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


def as_numbers(values: pd.Series[Any]) -> tuple[pd.Series[Any], list[str]] | None:
    """Return text that is meant as numbers, such as ``1.5`` among a few ``<0.1``, with the words in between.

    None if fewer than nine in ten values are numbers, or only few differ.
    """
    import pandas as pd

    present = values.dropna().astype("str")
    numbers = pd.to_numeric(present, errors="coerce")
    if numbers.nunique() < _FEWEST_NUMBERS or numbers.notna().mean() < _MOSTLY_NUMBERS:
        return None
    strange = [str(word) for word in present[numbers.isna()].unique()]
    return numbers.reindex(values.index), strange


def _describe_words(name: str, words: pd.Series[Any], missing: int) -> Column:
    counts = words.value_counts(sort=False)
    distinct = [str(word) for word in counts.index]
    alphabet: str | None = None
    if len(distinct) <= 1:
        kind, reason = ColumnKind.CONSTANT, "one value" if distinct else "no values"
    elif (alphabet := nucleotide_alphabet(distinct)) is not None:
        kind, reason = ColumnKind.NUCLEOTIDE, f"sequences over the {alphabet} alphabet"
    elif is_protein(distinct):
        kind, reason, alphabet = ColumnKind.PROTEIN, "sequences of amino acids", "amino acids"
    elif is_smiles(distinct):
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
