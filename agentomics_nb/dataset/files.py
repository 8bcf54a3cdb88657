"""Files on disk: whether they are there, may be read, and are what their names and first bytes say."""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from agentomics_nb.errors import InputError

if TYPE_CHECKING:
    from agentomics_nb.dataset.model import Compression, TableFile

COMPRESSIONS: dict[str, Compression] = {".gz": "gzip", ".zst": "zstd"}
TEXT_SUFFIXES = (".csv", ".tsv", ".tab", ".txt")
PARQUET_SUFFIXES = (".parquet", ".pq")
SUFFIXES = (*TEXT_SUFFIXES, *PARQUET_SUFFIXES)

_SIGNATURES = (
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"II*\x00", "a TIFF image"),
    (b"MM\x00*", "a TIFF image"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a zip archive or an Excel workbook"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"\x89HDF", "an HDF5 file"),
    (b"BAM\x01", "a BAM file"),
    (b"\x7fELF", "a program"),
    (b"SQLite format 3", "an SQLite database"),
    (b"RDX", "an R data file"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"\x1f\x8b", "gzip data"),
    (b"\x28\xb5\x2f\xfd", "zstd data"),
    (b"PAR1", "a parquet file"),
    (b"<!DOCTYPE html", "a web page"),
    (b"<!doctype html", "a web page"),
    (b"<html", "a web page"),
    (b"version https://git-lfs", "a pointer of Git LFS"),
    (b"##fileformat=VCF", "a VCF file"),
    (b">", "a FASTA file"),
    (b'{"', "JSON"),
    (b'[{"', "JSON"),
    (b"{\\rtf", "a text document"),
)
_FOREIGN_SUFFIXES = {
    ".xlsx": "save the sheet as csv",
    ".xls": "save the sheet as csv",
    ".ods": "save the sheet as csv",
    ".h5ad": "write adata.to_df() with a column of labels from adata.obs as parquet",
    ".rds": "write the table with write.csv in R",
    ".rdata": "write the table with write.csv in R",
    ".fa": "make a csv with a column of sequences and a column of labels",
    ".fasta": "make a csv with a column of sequences and a column of labels",
    ".fastq": "make a csv with a column of sequences and a column of labels",
    ".fq": "make a csv with a column of sequences and a column of labels",
    ".vcf": "make a csv with one row a sample and a column of labels",
    ".json": "write the table as csv",
    ".feather": "write the table as parquet",
    ".pkl": "write the table as parquet",
    ".npy": "write the table as csv, with column names",
}


@dataclass(frozen=True)
class Source:
    """A readable file of a known format, not looked into yet.

    Parameters
    ----------
    path : Path
        Absolute.
    parquet : bool
        Whether it is parquet; else it is text.
    compression : {"none", "gzip", "zstd"}
        Around the whole file.
    suffix : str
        The format's suffix in lower case, such as ``.csv``.
    shown_as : str
        Name for messages; by default the file's.
    """

    path: Path
    parquet: bool
    compression: Compression
    suffix: str
    shown_as: str = ""

    @property
    def name(self) -> str:
        """Name for messages."""
        return self.shown_as or self.path.name

    def open(self) -> IO[bytes]:
        """Open the decompressed bytes."""
        if self.compression == "gzip":
            return cast("IO[bytes]", gzip.open(self.path, "rb"))
        if self.compression == "zstd":
            import pyarrow as pa

            return cast("IO[bytes]", pa.input_stream(str(self.path), compression="zstd"))
        return self.path.open("rb")

    def sha256(self) -> str:
        """Return the digest of the file as it is on disk."""
        return sha256_of(self.path)

    def is_same(self, table: TableFile) -> bool:
        """Return whether this is, byte for byte, a file that was inspected."""
        return self.path.stat().st_size == table.bytes and self.sha256() == table.sha256


def sha256_of(path: Path) -> str:
    """Return the digest of a file as it is on disk."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def absolute(path: Path) -> Path:
    """Return the path with ``~`` and the working directory filled in; links are kept."""
    return Path(os.path.abspath(path.expanduser()))  # noqa: PTH100 - resolve() would follow links


def split_suffixes(name: str) -> tuple[str, str, str]:
    """Return stem, format suffix and compression suffix: ``a.csv.gz`` gives ``a``, ``.csv``, ``.gz``."""
    path = Path(name)
    outer = path.suffix.lower() if path.suffix.lower() in COMPRESSIONS else ""
    inner = Path(path.stem) if outer else path
    return inner.stem, inner.suffix.lower(), outer


def locate(path: Path, *, shown_as: str = "") -> Source:
    """Return the file as a source of rows, which messages call `shown_as` or by its name.

    Raises
    ------
    InputError
        If it is absent, not a file, of an unknown extension, not readable, empty, or not what its name says.
    """
    if address := re.search(r"(?:https?|ftp|s3|gs):/.*", str(path)):
        raise InputError(f"{address[0]} is an address and not a file; download it first.")
    path = absolute(path)
    try:
        if not path.exists():
            raise InputError(f"There is no file {path}; check the path.")
        if not path.is_file():
            raise InputError(f"{path} is not a file; give a csv, tsv or parquet file.")
    except PermissionError:
        raise InputError(f"{path} may not be read by you; change its permissions.") from None
    except (OSError, ValueError):
        raise InputError(f"{str(path)[:80]!r} is no path of this system; check it.") from None
    _, suffix, outer = split_suffixes(path.name)
    if suffix not in SUFFIXES:
        remedy = _FOREIGN_SUFFIXES.get(suffix, f"give {', '.join(SUFFIXES)}, each also with .gz or .zst")
        raise InputError(f"{path.name} has an extension that is not known here; {remedy}.")
    source = Source(path, suffix in PARQUET_SUFFIXES, COMPRESSIONS.get(outer, "none"), suffix, shown_as)
    _check_first_bytes(source)
    return source


def _check_first_bytes(source: Source) -> None:
    name = source.name
    try:
        if source.path.stat().st_size == 0:
            raise InputError(f"{name} is empty; give a file with a header line and rows.")
        with source.open() as file:
            head = file.read(512)
    except PermissionError:
        raise InputError(f"{source.path} may not be read by you; change its permissions.") from None
    except (OSError, EOFError, zlib.error):
        raise InputError(f"{name} is not {source.compression} data; check how it was compressed.") from None
    if not head.strip():
        raise InputError(f"{name} is empty; give a file with a header line and rows.")
    for signature, what in _SIGNATURES:
        if head.startswith(signature) and (what != "a parquet file" or not source.parquet):
            raise InputError(f"{name} is {what} and not a table as its name says; {_remedy(what)}.")
    if source.parquet and not head.startswith(b"PAR1"):
        raise InputError(f"{name} is not a parquet file as its name says; check how it was written.")


def _remedy(what: str) -> str:
    return {
        "gzip data": "add .gz to its name",
        "zstd data": "add .zst to its name",
        "a parquet file": "rename it to .parquet",
        "a zip archive or an Excel workbook": "save the sheet as csv",
        "an old Excel workbook": "save the sheet as csv",
        "a web page": "download the file again",
        "a pointer of Git LFS": "fetch the file itself with git lfs pull",
        "a VCF file": "make a csv with one row a sample and a column of labels",
        "a FASTA file": "make a csv with a column of sequences and a column of labels",
    }.get(what, "give a csv, tsv or parquet file")
