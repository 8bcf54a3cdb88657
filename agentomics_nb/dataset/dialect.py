"""How a text table is written: encoding, separator, decimal mark, header."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from agentomics_nb.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agentomics_nb.dataset.files import Source

CHUNK = 1 << 22
SEPARATORS = (",", "\t", ";", "|")
_HEAD_BYTES, _HEAD_MOST, _HEAD_ROWS = 1 << 16, 1 << 26, 20
_HEAD_FIELDS, _LEAST_ROWS = 20_000, 3
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_COMMON = ("cp1251", "gb18030", "cp932", "cp949", "big5", "cp1253", "cp1250", "koi8_r", "euc_jp", "cp1252")
_SURE_COHERENCE = 20.0
_MOST_CONTROL = 0.001
_HIGH_BYTES, _HIGH_RUNS = re.compile(rb"[\x80-\xff]+"), re.compile(rb"[\x80-\xff]{2,}")
_C1_BYTES = re.compile(rb"[\x80-\x9f]")
_COMMA_NUMBER = re.compile(r"[+-]?\d+,\d+(?:[eE][+-]?\d+)?")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")


@dataclass(frozen=True)
class Dialect:
    """How a text table is written.

    Parameters
    ----------
    encoding : str
        Name of a Python codec.
    separator : str
        One character.
    decimal : {".", ","}
        Decimal mark.
    header : tuple of str
        Column names, as pandas names them.
    header_lines : int
        Physical lines up to the end of the header.
    row_names : bool
        Whether rows have one field more than the header.
    longest_line : int
        Characters of the longest line seen in the beginning of the file.
    """

    encoding: str
    separator: str
    decimal: Literal[".", ","]
    header: tuple[str, ...]
    header_lines: int
    row_names: bool
    longest_line: int


def utf8_chunks(source: Source, encoding: str) -> Iterator[bytes]:
    """Yield the text of a file as UTF-8, without byte order mark, some megabytes at a time.

    Raises
    ------
    UnicodeDecodeError
        If the bytes are not in that encoding.
    """
    decoder = codecs.getincrementaldecoder(encoding)()
    plain = encoding == "utf-8"
    with source.open() as file:
        while chunk := file.read(CHUNK):
            if plain and chunk.isascii() and not decoder.getstate()[0]:
                yield chunk
            else:
                yield decoder.decode(chunk).encode("utf-8", "surrogatepass")
    yield decoder.decode(b"", final=True).encode("utf-8")


def find_encoding(source: Source) -> str:
    """Return the codec of a text file; all bytes are looked at.

    Raises
    ------
    InputError
        If the file is binary, or in no encoding that can be read.
    """
    with source.open() as file:
        head = file.read(4096)
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            return _decodable(source, encoding)
    if b"\x00" in head:
        return _decodable(source, _utf16_without_mark(source, head))
    strange: list[bytes] = []
    decoder, valid, kept = codecs.getincrementaldecoder("utf-8")(), True, 0
    with source.open() as file:
        while chunk := file.read(CHUNK):
            if b"\x00" in chunk:
                raise InputError(f"{source.name} holds binary data (NUL bytes); give a text table.")
            if chunk.isascii() and not decoder.getstate()[0]:
                continue
            if kept < _HEAD_BYTES:
                lines = [line for line in chunk.split(b"\n") if not line.isascii()][:500]
                strange += lines
                kept += sum(map(len, lines))
            if valid:
                try:
                    decoder.decode(chunk)
                except UnicodeDecodeError:
                    valid = False
                    decoder.reset()
    return "utf-8" if valid and not decoder.getstate()[0] else _legacy_encoding(source, b"\n".join(strange))


def find_dialect(source: Source, encoding: str) -> Dialect:
    """Return separator, decimal mark and header of a text table.

    Raises
    ------
    InputError
        If the header cannot be used: no rows below it, names twice, or numbers in place of names.
    """
    text, whole = _head(source, encoding)
    separator = _separator(text, whole=whole, expected="\t" if source.suffix in {".tsv", ".tab"} else ",")
    records, header_lines = _records(text, separator, whole=whole)
    header = records[0] if records else []
    rows = [row for row in records[1:] if row]
    if not any(field.strip() for field in header):
        raise InputError(f"{source.name} has no header; give a file whose first line names the columns.")
    if not rows and whole:
        raise InputError(f"{source.name} holds a header and no rows; give a file with labelled rows.")
    row_names = bool(rows) and all(len(row) == len(header) + 1 and row[0] for row in rows)
    if row_names and all(not row[-1] for row in rows):
        raise InputError(f"{source.name} ends its rows with a separator that the header lacks; remove it.")
    names = tuple(name or f"Unnamed: {i}" for i, name in enumerate(header))
    if len(names) > 1 and all(_NUMBER.fullmatch(name.strip()) for name in names):
        raise InputError(f"{source.name} begins with numbers and not with column names; add a header line.")
    check_names(source.name, names)
    longest = max(map(len, text.splitlines()), default=0)
    return Dialect(encoding, separator, _decimal(rows, separator), names, header_lines, row_names, longest)


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


def _decodable(source: Source, encoding: str) -> str:
    try:
        for _ in utf8_chunks(source, encoding):
            pass
    except UnicodeDecodeError:
        raise InputError(
            f"{source.name} is in no encoding that can be read (it begins as {encoding}); save it as UTF-8."
        ) from None
    return encoding


def _utf16_without_mark(source: Source, head: bytes) -> str:
    half = max(1, len(head) // 2)
    even, odd = head[::2].count(0) / half, head[1::2].count(0) / half
    if max(even, odd) > 0.8 and min(even, odd) < 0.05:
        return "utf-16-be" if even > odd else "utf-16-le"
    raise InputError(f"{source.name} holds binary data (NUL bytes); give a text table.")


def _legacy_encoding(source: Source, sample: bytes) -> str:
    """Return the codec of lines that are not UTF-8; western text is by far the most common."""
    import charset_normalizer

    sample = sample[:_HEAD_BYTES]
    control = sum(sample.count(bytes([code])) for code in range(32) if code not in b"\t\r\n\x0c")
    matches = list(charset_normalizer.from_bytes(sample)) if control <= len(sample) * _MOST_CONTROL else []
    if not matches:
        raise InputError(f"{source.name} is in no encoding that can be read; save it as UTF-8.")
    high = sum(map(len, _HIGH_BYTES.findall(sample)))
    in_runs = sum(map(len, _HIGH_RUNS.findall(sample)))
    if in_runs < high / 2:  # other scripts write whole words in high bytes, western ones single letters
        return _decodable(source, "cp1252" if _C1_BYTES.search(sample) else "latin-1")
    best = matches[0]
    if best.percent_coherence < _SURE_COHERENCE:
        likely = [m for m in matches if m.percent_chaos <= best.percent_chaos and m.encoding in _COMMON]
        best = min(likely, key=lambda m: _COMMON.index(m.encoding), default=best)
    return _decodable(source, best.encoding)


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
    """Return the separator under which the first rows have the same, and the most, fields."""
    best, best_score = expected, 0.0
    for separator in (expected, *(s for s in SEPARATORS if s != expected)):
        records, _ = _records(text, separator, whole=whole)
        if not records or len(records[0]) == 1:
            continue
        width, rows = len(records[0]), records[1:]
        fits = sum(len(row) in (width, width + 1) for row in rows) / len(rows) if rows else 1.0
        score = fits + 0.1 * (separator == expected) + 0.05 * min(width, 20) / 20
        if fits > 0.5 and score > best_score:
            best, best_score = separator, score
    return best


def _decimal(rows: list[list[str]], separator: str) -> Literal[".", ","]:
    if separator == ",":
        return "."
    fields = [field.strip() for row in rows for field in row]
    commas = sum(bool(_COMMA_NUMBER.fullmatch(field)) for field in fields)
    points = sum("." in field and bool(_NUMBER.fullmatch(field)) for field in fields)
    return "," if commas > points else "."
