"""The table of iterations, with what an interval's drawing needs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agentomics_nb import markdown as md
from agentomics_nb.record.page.json_values import mappings, number

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from agentomics_nb.record.page.contents import Entry

_EDGE = 4.0
"""Free space at both ends of a drawing that is 100 wide."""


@dataclass(frozen=True)
class Interval:
    """A score's place on the scale that all rows share, 0 to 100."""

    low: float
    value: float
    high: float


@dataclass(frozen=True)
class Row:
    """One iteration as the table shows it; `address` is that of its heading, if it has one."""

    number: str
    idea: str
    status: str
    train: str
    validation: str
    best: bool
    drawn: Interval | None
    address: str | None


@dataclass(frozen=True)
class Iterations:
    """The table: its rows, what was measured, how the best did on the test ("" if unknown), and the table's id."""

    rows: list[Row]
    metric: str
    test: str
    address: str

    @property
    def best(self) -> Row | None:
        """The best iteration."""
        return next((row for row in self.rows if row.best), None)

    @property
    def with_intervals(self) -> bool:
        """Whether any score has an interval."""
        return any("[" in row.validation for row in self.rows)

    @property
    def drawn(self) -> bool:
        """Whether there are at least two intervals to compare."""
        return any(row.drawn is not None for row in self.rows)


def has_iterations(record: Mapping[str, Any]) -> bool:
    """Return whether there is anything to list."""
    return bool(mappings(record.get("iterations")))


def iterations_of(record: Mapping[str, Any], headings: Sequence[Entry], address: str) -> Iterations:
    """Return the iterations that ``metadata.agentomics.record`` lists.

    Parameters
    ----------
    record : mapping
        The metadata; anything may be missing.
    headings : sequence of Entry
        Those of the page; one that begins with ``Iteration 3`` is where iteration 3 is told.
    address : str
        Id of the table's own heading.
    """
    listed = mappings(record.get("iterations"))
    scores = [_score(one.get("validation")) for one in listed]
    ends = [end for score in scores for end in score if end is not None]
    low, high = (min(ends), max(ends)) if ends else (0.0, 0.0)

    def place(value: float) -> float:
        return _EDGE + (100 - 2 * _EDGE) * (value - low) / (high - low)

    made = []
    for one, (value, least, most) in zip(listed, scores, strict=True):
        name = str(one.get("number", ""))
        drawn = None
        if value is not None and high > low and len(listed) > 1:
            drawn = Interval(*(place(value if end is None else end) for end in (least, value, most)))
        made.append(
            Row(
                number=name,
                idea=str(one.get("idea") or ""),
                status=str(one.get("status") or ""),
                train=md.number(_score(one.get("train"))[0]),
                validation=_in_words(one.get("validation")),
                best=one.get("best") is True,
                drawn=drawn,
                address=next((h.address for h in headings if _tells(h, name)), None),
            )
        )
    test = _in_words(record["test"]) if _score(record.get("test"))[0] is not None else ""
    return Iterations(made, str(record.get("metric") or ""), test, address)


def _in_words(score: Any) -> str:
    value, low, high = _score(score)
    return md.with_interval({"value": value, "low": low if high is not None else None, "high": high})


def _tells(heading: Entry, number: str) -> bool:
    return re.match(rf"Iteration {re.escape(number)}(?!\w)", heading.text) is not None


def _score(score: Any) -> tuple[float | None, float | None, float | None]:
    """Return value, low and high of a score, be it an interval or a number."""
    found = score if isinstance(score, dict) else {"value": score}
    return number(found.get("value")), number(found.get("low")), number(found.get("high"))
