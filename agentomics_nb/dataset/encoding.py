"""The encoding of a text file: told from all of its bytes."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING

from agentomics_nb.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agentomics_nb.dataset.files import Source

CHUNK = 1 << 22
_SAMPLE_BYTES = 1 << 16
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
            if kept < _SAMPLE_BYTES:
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

    sample = sample[:_SAMPLE_BYTES]
    control = sum(sample.count(bytes([code])) for code in range(32) if code not in b"\t\r\n\x0c")
    matches = list(charset_normalizer.from_bytes(sample)) if control <= len(sample) * _MOST_CONTROL else []
    if not matches:
        raise InputError(f"{source.name} is in no encoding that can be read; save it as UTF-8.")
    lines = [line for line in sample.split(b"\n")[1:-1] if not line.isascii()]
    broken = [line for line in lines if not _is_utf8(line)]
    if 0 < len(broken) < len(lines) / 2:
        word = broken[0].decode("latin-1").strip()[:40]
        raise InputError(
            f"{source.name} mixes encodings: it is UTF-8 but for lines such as {word!r}; save it as UTF-8."
        )
    high = sum(map(len, _HIGH_BYTES.findall(sample)))
    in_runs = sum(map(len, _HIGH_RUNS.findall(sample)))
    if in_runs < high / 2:  # other scripts write whole words in high bytes, western ones single letters
        return _decodable(source, "cp1252" if _C1_BYTES.search(sample) else "latin-1")
    best = matches[0]
    if best.percent_coherence < _SURE_COHERENCE:
        likely = [m for m in matches if m.percent_chaos <= best.percent_chaos and m.encoding in _COMMON]
        best = min(likely, key=lambda m: _COMMON.index(m.encoding), default=best)
    return _decodable(source, best.encoding)


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
