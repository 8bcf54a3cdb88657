"""How numbers are written in a text table: their decimal mark, and what parts their thousands."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Decimal = Literal[".", ","]
Thousands = Literal["", ",", ".", "'"]

NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_MARKED = re.compile(r"[+-]?\d*(?:[.,']\d+)+(?:[eE][+-]?\d+)?")
_ONE_COMMA = re.compile(r"[+-]?\d+,\d+(?:[eE][+-]?\d+)?")


@dataclass(frozen=True)
class NumberMarks:
    """The marks within numbers.

    Parameters
    ----------
    decimal : {".", ","}
        Before the fraction.
    thousands : {"", ",", ".", "'"}
        Between groups of three digits; empty if there is none.
    """

    decimal: Decimal = "."
    thousands: Thousands = ""

    @property
    def plain(self) -> bool:
        """Whether numbers are written as Python writes them."""
        return self.decimal == "." and not self.thousands


PLAIN = NumberMarks()


def find_marks(rows: list[list[str]], separator: str) -> NumberMarks:
    """Return the marks in the numbers of some rows.

    A lone mark before three digits can mean either; it parts thousands only where nothing speaks against it: every
    number with that mark has groups of three, and another mark is the decimal one or, for a comma, the file's fields
    are quoted for its sake.
    """
    fields = [field for row in rows for word in row if _MARKED.fullmatch(field := word.strip())]
    commas = [field for field in fields if "," in field]
    points = [field for field in fields if "." in field]
    if any("'" in field for field in fields):
        grouped = all(_grouped(field, "'", ".") for field in fields if "'" in field)
        return NumberMarks(thousands="'") if grouped and not commas else PLAIN
    if commas and all(_grouped(field, ",", ".") for field in commas) and (separator == "," or points):
        return NumberMarks(thousands=",")
    lone = sum(bool(_ONE_COMMA.fullmatch(field)) for field in commas)
    both = sum("." in field for field in commas)
    if commas and lone + both == len(commas) and points and all(_grouped(field, ".", ",") for field in points):
        return NumberMarks(decimal=",", thousands=".")
    plain_points = sum(bool(NUMBER.fullmatch(field)) for field in points)
    return NumberMarks(decimal=",") if lone > plain_points else PLAIN


def _grouped(number: str, mark: str, decimal: str) -> bool:
    """Say whether the mark parts groups of three digits, before a decimal mark if there is one."""
    pattern = rf"[+-]?[1-9]\d{{0,2}}(?:{re.escape(mark)}\d{{3}})+(?:{re.escape(decimal)}\d+)?"
    return re.fullmatch(pattern, number) is not None
