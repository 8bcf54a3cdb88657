"""How a text table is written: what stands above its header, separator, number marks, column names."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agentomics_nb.dataset.number_marks import NUMBER, NumberMarks, find_marks
from agentomics_nb.errors import InputError

if TYPE_CHECKING:
    from agentomics_nb.dataset.files import Source

SEPARATORS = (",", "\t", ";", "|")
_HEAD_BYTES, _HEAD_MOST, _HEAD_ROWS = 1 << 16, 1 << 26, 20
_HEAD_FIELDS, _LEAST_ROWS = 20_000, 3
_SEPARATOR_LINE = re.compile(r"sep=(.)\r?$")
_FOREIGN_LETTER = re.compile(r"[^\W\d_\x00-\x7f]")
_WORD_LETTERS = 30


@dataclass(frozen=True)
class Dialect:
    """How a text table is written.

    Parameters
    ----------
    encoding : str
        Name of a Python codec.
    separator : str
        One character.
    marks : NumberMarks
        How numbers are written.
    preamble : int
        Lines above the header.
    header : tuple of str
        Column names, as pandas names them.
    header_lines : int
        Physical lines up to the end of the header.
    row_names : bool
        Whether rows have one field more than the header.
    longest_line : int
        Characters of the longest line seen in the beginning of the file.
    foreign_word : str or None
        The first word with a letter beyond ASCII, in the beginning of the file.
    """

    encoding: str
    separator: str
    marks: NumberMarks
    preamble: int
    header: tuple[str, ...]
    header_lines: int
    row_names: bool
    longest_line: int
    foreign_word: str | None

    def facts(self) -> dict[str, Any]:
        """Return the fields that a `TableFile` takes over."""
        return {
            "encoding": self.encoding,
            "separator": self.separator,
            "decimal": self.marks.decimal,
            "thousands": self.marks.thousands,
            "preamble": self.preamble,
            "row_names": self.row_names,
        }


def find_dialect(source: Source, encoding: str) -> Dialect:
    """Return separator, number marks and header of a text table.

    Raises
    ------
    InputError
        If the header cannot be used: no rows below it, names twice, or numbers in place of names.
    """
    text, whole = _head(source, encoding)
    expected = "\t" if source.suffix in {".tsv", ".tab"} else ","
    text, preamble, told = _without_preamble(text, whole=whole, expected=expected)
    separator = told or _separator(text, whole=whole, expected=expected)
    records, header_lines = _records(text, separator, whole=whole)
    header = records[0] if records else []
    rows = [row for row in records[1:] if row]
    if not any(field.strip() for field in header):
        raise InputError(f"{source.name} has no header; give a file whose first line names the columns.")
    _check_title(source.name, text, separator, header, whole=whole)
    if not rows and whole:
        raise InputError(f"{source.name} holds a header and no rows; give a file with rows below the header.")
    row_names = bool(rows) and all(len(row) == len(header) + 1 and row[0] for row in rows)
    if row_names and all(not row[-1] for row in rows):
        raise InputError(f"{source.name} ends its rows with a separator that the header lacks; remove it.")
    names = tuple(name or f"Unnamed: {i}" for i, name in enumerate(header))
    if len(names) > 1 and all(NUMBER.fullmatch(name.strip()) for name in names):
        raise InputError(f"{source.name} begins with numbers and not with column names; add a header line.")
    if len(names) == 1:
        _check_aligned(source.name, text)
    check_names(source.name, names)
    return Dialect(
        encoding=encoding,
        separator=separator,
        marks=find_marks(rows, separator),
        preamble=preamble,
        header=names,
        header_lines=preamble + header_lines,
        row_names=row_names,
        longest_line=max(map(len, text.splitlines()), default=0),
        foreign_word=_foreign_word(text),
    )


def check_names(file: str, names: tuple[str, ...]) -> None:
    """Check that no column name occurs twice.

    Raises
    ------
    InputError
        With the names that do.
    """
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise InputError(f"{file} has more than one column named {', '.join(map(repr, twice[:5]))}; rename one.")


def _head(source: Source, encoding: str) -> tuple[str, bool]:
    """Return the first lines as text, and whether that is the whole file."""
    size = _HEAD_BYTES
    while True:
        with source.open() as file:
            raw = file.read(size)
            whole = not file.read(1)
        text = codecs.getincrementaldecoder(encoding)().decode(raw)
        if whole or size >= _HEAD_MOST or text.count("\n") + text.count("\r") > _HEAD_ROWS:
            return text, whole
        size *= 8


def _records(text: str, separator: str, *, whole: bool) -> tuple[list[list[str]], int]:
    """Return the header and some rows, and the number of lines that the header takes."""
    usual = csv.field_size_limit(len(text) + 1)  # sequences may be longer than the csv module expects
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    records: list[list[str]] = []
    header_lines = fields = 0
    try:
        for record in reader:
            if record:
                header_lines = header_lines or reader.line_num
                records.append(record)
            fields += len(record)
            if len(records) > 10 * _HEAD_ROWS or (len(records) > _LEAST_ROWS and fields > _HEAD_FIELDS):
                return records, header_lines
    except csv.Error:  # what came before is enough
        return records, header_lines
    finally:
        csv.field_size_limit(usual)
    return records if whole or len(records) <= 1 else records[:-1], header_lines


def _separator(text: str, *, whole: bool, expected: str) -> str:
    """Return the separator under which the first rows have the same, and the most, fields.

    A space parts columns only where nothing else does and all rows agree on it.
    """
    best, best_score = expected, 0.0
    for separator in (expected, *(s for s in SEPARATORS if s != expected)):
        width, fits = _fit(text, separator, whole=whole)
        score = fits + 0.1 * (separator == expected) + 0.05 * min(width, 20) / 20
        if width > 1 and fits > 0.5 and score > best_score:
            best, best_score = separator, score
    if best_score == 0.0:
        width, fits = _fit(text, " ", whole=whole)
        return " " if width > 1 and fits == 1.0 else best
    return best


def _fit(text: str, separator: str, *, whole: bool) -> tuple[int, float]:
    """Return the columns of the header, and the share of the first rows that have as many or one more."""
    records, _ = _records(text, separator, whole=whole)
    if not records:
        return 0, 0.0
    width, rows = len(records[0]), records[1:]
    return width, sum(len(row) in (width, width + 1) for row in rows) / len(rows) if rows else 1.0


def _without_preamble(text: str, *, whole: bool, expected: str) -> tuple[str, int, str | None]:
    """Return the text from the header on, the lines above it, and the separator if one of them tells it.

    Comments begin with ``#``; the last of them is the header if it has as many fields as the rows, and these hold
    numbers. Excel writes ``sep=;``.
    """
    lines = text.splitlines(keepends=True)
    if lines and (told := _SEPARATOR_LINE.match(lines[0])):
        return "".join(lines[1:]), 1, told[1]
    comments = next((i for i, line in enumerate(lines) if not line.startswith("#")), 0)
    if not comments:
        return text, 0, None
    below = "".join(lines[comments:])
    separator = _separator(below, whole=whole, expected=expected)
    records, _ = _records(below, separator, whole=whole)
    above, _ = _records(lines[comments - 1], separator, whole=True)
    if records and above and len(above[0]) in (len(records[0]), len(records[0]) - 1) and len(above[0]) > 1:
        numbers = sum(bool(NUMBER.fullmatch(field.strip())) for field in records[0])
        if numbers and not any(NUMBER.fullmatch(field.strip()) for field in above[0]):
            comments -= 1
    if any(line.count('"') % 2 for line in lines[:comments]):  # pandas would read on to the next quotation mark
        return text, 0, None
    return "".join(lines[comments:]), comments, None


def _check_title(file: str, text: str, separator: str, header: list[str], *, whole: bool) -> None:
    """Refuse a table whose first line is a title: one field above rows that agree on several."""
    if not header[0].strip() or any(header[1:]) or len(header) == 2:
        return
    for candidate in SEPARATORS if len(header) == 1 else (separator,):
        rows = _records(text, candidate, whole=whole)[0][1:]
        width, share = _usual_width(rows)
        if width > 1 and share >= 0.8 and len(rows) >= _LEAST_ROWS:
            raise InputError(
                f"{file} has the title {header[0].strip()[:60]!r} above the column names; delete the lines above them."
            )


def _usual_width(rows: list[list[str]]) -> tuple[int, float]:
    widths = Counter(map(len, rows)).most_common(1)
    return (widths[0][0], widths[0][1] / len(rows)) if widths else (0, 0.0)


def _check_aligned(file: str, text: str) -> None:
    """Refuse columns that are aligned with a varying number of spaces."""
    rows = [line.split() for line in text.splitlines() if line.strip()][: 10 * _HEAD_ROWS]
    width, share = _usual_width(rows)
    if width > 1 and share == 1.0 and len(rows) > _LEAST_ROWS:
        raise InputError(f"{file} parts its columns by varying numbers of spaces; save it with commas or tabs.")


def _foreign_word(text: str) -> str | None:
    """Return the first word with a letter beyond ASCII."""
    found = None if text.isascii() else _FOREIGN_LETTER.search(text)
    if found is None:
        return None
    before = re.search(r"[^\W\d_]*$", text[max(0, found.start() - _WORD_LETTERS) : found.start()])
    after = re.match(r"[^\W\d_]*", text[found.start() : found.start() + _WORD_LETTERS])
    return (before[0] if before else "") + (after[0] if after else "")
