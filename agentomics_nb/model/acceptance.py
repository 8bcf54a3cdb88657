"""What is strange about rows that are to be scored: told once for a whole table, however many chunks it comes in."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agentomics_nb.dataset.model import ColumnKind
from agentomics_nb.dataset.number_marks import PLAIN
from agentomics_nb.dataset.target import listed
from agentomics_nb.dataset.verbatim import written
from agentomics_nb.errors import InputError
from agentomics_nb.evaluation.labels import LabelMatcher
from agentomics_nb.model.foreign_letters import foreign_rows, letters_of
from agentomics_nb.model.quantities import Quantities

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    import pandas as pd

    from agentomics_nb.dataset.number_marks import NumberMarks
    from agentomics_nb.model.description import ModelColumn, ModelDescription

_SHOWN, _MOST_TOLD = 5, 10
"""Words of a column, and columns, that are told of one by one."""
_MOST_KEPT = 1000
"""Different unknown words of a column that are kept to be shown."""
_MOSTLY = 0.5
"""Share of the rows with foreign letters above which a column is taken for another one."""


@dataclass
class _Words:
    """Words of a category column that the model was not trained with."""

    rows: int = 0
    unknown: Counter[str] = field(default_factory=Counter)
    unknown_rows: int = 0


@dataclass
class _Letters:
    """Sequences of a column over other letters than the model knows, and of another length."""

    rows: int = 0
    foreign: int = 0
    first: int = 0
    example: str = ""
    other_length: int = 0


class Acceptance:
    """Holds rows against what a model expects.

    Parameters
    ----------
    file : str
        What messages call the table.
    model : ModelDescription
        What is expected.
    columns : sequence of str
        Of the table.
    marks : NumberMarks
        How its numbers are written.
    learns : bool
        Whether the rows are learned from: then categories and ranges may be new.

    Raises
    ------
    InputError
        If a column is missing from which something could be learned.
    """

    def __init__(
        self,
        file: str,
        model: ModelDescription,
        columns: Sequence[str],
        *,
        marks: NumberMarks = PLAIN,
        learns: bool = False,
    ) -> None:
        self._file = file
        self._model = model
        self._present = tuple(columns)
        self._refuse_missing()
        present = set(columns)
        self._columns = [column for column in model.columns if column.name in present]
        self._quantities = Quantities([c for c in self._columns if c.is_number], marks)
        self._learns = learns
        self._words: dict[str, _Words] = {
            c.name: _Words() for c in self._columns if c.categories is not None and not learns
        }
        self._letters = {
            c.name: _Letters() for c in self._columns if c.kind in (ColumnKind.NUCLEOTIDE, ColumnKind.PROTEIN)
        }
        self._seen = 0

    @property
    def wanted(self) -> list[str]:
        """The columns to read, in the order of the training table."""
        return [column.name for column in self._columns]

    def about_columns(self) -> list[str]:
        """Return a sentence about columns that the model does not read."""
        notes, known = [], {*self._model.names, self._model.target.name}
        if self._model.target.name in self._present and not self._learns:
            notes.append(f"{self._file} holds the target column {self._model.target.name!r}; it is not read.")
        # pandas calls a column so that has no name, such as an index that was written along.
        extra = [name for name in self._present if name not in known and not name.startswith("Unnamed: ")]
        if extra:
            what = "a column" if len(extra) == 1 else f"{len(extra):,} columns"
            notes.append(f"{self._file} has {what} that the model does not know, {listed(extra)}; ignored.")
        return notes

    def look(self, rows: pd.DataFrame) -> None:
        """Take in the next rows."""
        self._quantities.look(rows)
        for column in self._columns:
            if column.name in self._words:
                self._look_at_words(column, written(rows[column.name]).dropna())
            elif column.name in self._letters:
                self._look_at_letters(column, written(rows[column.name]).reset_index(drop=True).dropna())
        self._seen += len(rows)

    def about_values(self) -> list[str]:
        """Return what is strange about the values, a sentence each.

        Raises
        ------
        InputError
            If a column holds nothing that the model knows, as the wrong column does.
        """
        notes = []
        for column in self._columns:
            if column.name in self._words:
                notes += self._about_words(column, self._words[column.name])
            elif column.name in self._letters:
                notes += self._about_letters(column, self._letters[column.name])
        told, more = notes[:_MOST_TOLD], len(notes) - _MOST_TOLD
        if more > 0:
            told.append(f"The same holds for {more:,} more columns of {self._file}.")
        ranges = [] if self._learns else self._quantities.about_ranges(self._file)
        return [*self._quantities.about_words(self._file), *told, *ranges]

    def _refuse_missing(self) -> None:
        present = set(self._present)
        missing = [column.name for column in self._model.columns if column.is_needed and column.name not in present]
        if not missing:
            return
        word = "column" if len(missing) == 1 else "columns"
        alike = {column.strip().casefold(): column for column in self._present}
        there = next((alike[name.strip().casefold()] for name in missing if name.strip().casefold() in alike), None)
        remedy = "add what is missing" if there is None else f"rename {there!r} and its like"
        raise InputError(f"{self._file} lacks the {word} {listed(missing)} of the training table; {remedy}.")

    def _look_at_words(self, column: ModelColumn, words: pd.Series[Any]) -> None:
        tally, known = self._words[column.name], LabelMatcher(column.categories or ())
        tally.rows += len(words)
        for word, rows in words.value_counts().items():
            if known.find(str(word)) is None:
                tally.unknown_rows += int(rows)
                if len(tally.unknown) < _MOST_KEPT or word in tally.unknown:
                    tally.unknown[str(word)] += int(rows)

    def _about_words(self, column: ModelColumn, tally: _Words) -> list[str]:
        if not tally.unknown:
            return []
        shown = [word for word, _ in tally.unknown.most_common(_SHOWN)]
        known = listed(column.categories or ())
        # One word everywhere may be a new site or batch; several, and none of them known, are another column.
        if tally.unknown_rows == tally.rows and len(tally.unknown) > 1:
            raise InputError(
                f"{self._file} holds nothing that the model knows in column {column.name!r}, but words such as "
                f"{listed(shown)}; give one of {known}."
            )
        more = "" if len(tally.unknown) <= _SHOWN else " and others"
        return [
            f"{self._file} holds {listed(shown)}{more} in column {column.name!r} in {_rows(tally.unknown_rows)}, which "
            f"the model was not trained with; it knows {known}."
        ]

    def _look_at_letters(self, column: ModelColumn, words: pd.Series[Any]) -> None:
        tally, words = self._letters[column.name], words.str.strip()
        foreign = foreign_rows(words, column.kind)
        tally.rows += len(words)
        if foreign.any() and not tally.foreign:
            place = int(foreign.to_numpy().argmax())
            tally.first, tally.example = self._seen + int(words.index[place]) + 1, str(words.iloc[place])
        tally.foreign += int(foreign.sum())
        if column.length is not None:
            tally.other_length += int((words.str.len() != column.length).sum())

    def _about_letters(self, column: ModelColumn, tally: _Letters) -> list[str]:
        notes = []
        if tally.foreign:
            what = "nucleotides" if column.kind == ColumnKind.NUCLEOTIDE else "amino acids"
            text = (
                f"{self._file} holds {letters_of(tally.example, column.kind)} in column {column.name!r} of {what} in "
                f"{tally.foreign:,} of {tally.rows:,} rows, first in row {tally.first}"
            )
            if tally.foreign > _MOSTLY * tally.rows:
                raise InputError(f"{text}; give the sequences that the model was trained with.")
            notes.append(f"{text}; their predictions mean little.")
        if tally.other_length:
            notes.append(
                f"{self._file} holds {_rows(tally.other_length)} with another length in column {column.name!r} than "
                f"the {column.length} letters of all training sequences."
            )
        return notes


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"
