"""One thing that an audit found, with what it does to a score and what to do about it."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

Severity = Literal["info", "warning", "severe"]
Role = Literal["train", "validation", "test"]
SEVERITIES: tuple[Severity, ...] = ("severe", "warning", "info")
"""The gravest first."""


class Finding(BaseModel):
    """One thing that was found.

    Parameters
    ----------
    code : str
        What kind, such as ``shared_rows``; stable, for programs.
    severity : {"info", "warning", "severe"}
        ``severe``: a score that ignores it can mislead about which model is good. ``warning``: it may.
        ``info``: worth knowing, and dealt with.
    text : str
        What was found, in a sentence with its figures; names in it come from the data.
    rows, of : int
        How many rows it concerns, of how many.
    files : tuple of {"train", "validation", "test"}
        The files it was found in; the agent is never told of one that names the test file.
    columns : tuple of str
        The columns it was found in.
    example : str or None
        Values from the data, cut short.
    effect : str
        What it does to a score.
    remedy : str
        What to do.
    figures : dict of str to float
        The figures behind it, for programs.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str
    severity: Severity
    text: str
    rows: int
    of: int
    files: tuple[Role, ...] = ("train",)
    columns: tuple[str, ...] = ()
    example: str | None = None
    effect: str
    remedy: str
    figures: dict[str, float] = {}

    @property
    def share(self) -> float:
        """Share of the rows concerned, 0 to 1."""
        return self.rows / self.of if self.of else 0.0


def shortened(value: object, most: int = 40) -> str:
    """Return a value for an example."""
    text = " ".join(str(value).split())
    return text if len(text) <= most else f"{text[: most - 1]}…"


def figures(**values: float) -> dict[str, float]:
    """Return figures rounded to six digits: equal on every machine."""
    return {name: float(f"{value:.6g}") for name, value in values.items()}
