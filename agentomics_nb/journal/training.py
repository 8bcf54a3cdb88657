"""Training curves: what a training script notes of its epochs or rounds, kept small whatever its length.

A script appends one JSON object a line to ``training_log.jsonl`` in its working directory, such as ::

    {"epoch": 3, "of": 10, "train_loss": 0.412, "held_out_loss": 0.455, "held_out_auroc": 0.87}

One whole number named ``epoch``, ``round`` or ``step`` says where it stands, ``of`` (optional) where it ends, ``model``
(optional) which of several models is trained, and every other number is a curve named ``<part>_<metric>`` with part
``train``, ``held_out`` or ``validation``. A count that falls, or another ``model``, begins new curves. What does not
read like this is passed over: a script that notes nothing works as well.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

FILE = "training_log.jsonl"
UNITS = ("epoch", "round", "step")
PARTS = ("train", "held_out", "validation")
MOST_POINTS = 1000
"""Points that a curve keeps; of more, every other one is left out."""
MOST_CURVES = 20
"""Models of one iteration that are kept, the newest."""
_MOST_SERIES = 12
_LONGEST_NAME = 60


@dataclass(frozen=True)
class TrainingPoint:
    """What a script noted of one epoch or round.

    Parameters
    ----------
    unit : {"epoch", "round", "step"}
        What `x` counts.
    x : int
        Where the training stands.
    of : int or None
        Where it ends.
    model : str or None
        Which of several models; untrusted text.
    values : dict of str to float
        ``train_loss`` and the like, at most twelve; finite.
    """

    unit: str
    x: int
    of: int | None
    model: str | None
    values: dict[str, float]

    def as_json(self) -> dict[str, Any]:
        """Return the line that `read_point` reads."""
        extra = {"of": self.of, "model": self.model}
        return {self.unit: self.x, **{k: v for k, v in extra.items() if v is not None}, **self.values}


@dataclass
class TrainingCurves:
    """The curves of one model of an iteration.

    Parameters
    ----------
    unit, of, model
        As in `TrainingPoint`.
    x : list of int
        Ascending.
    series : dict of str to list
        For each name one value, or None, at each `x`.
    """

    unit: str
    of: int | None = None
    model: str | None = None
    x: list[int] = field(default_factory=list)
    series: dict[str, list[float | None]] = field(default_factory=dict)

    def continues(self, point: TrainingPoint) -> bool:
        """Return whether a point belongs to these curves."""
        return (point.unit, point.model) == (self.unit, self.model) and (not self.x or point.x > self.x[-1])

    def add(self, point: TrainingPoint) -> None:
        """Append a point."""
        self.of = point.of if point.of is not None else self.of
        for name in point.values:
            if name not in self.series and len(self.series) < _MOST_SERIES:
                self.series[name] = [None] * len(self.x)
        self.x.append(point.x)
        for name, values in self.series.items():
            values.append(point.values.get(name))
        if len(self.x) > MOST_POINTS:
            self.x = self.x[::2]
            self.series = {name: values[::2] for name, values in self.series.items()}


def add_points(curves: list[TrainingCurves], points: Iterable[dict[str, Any]]) -> None:
    """Take points into the curves of an iteration, in place."""
    for raw in points:
        point = as_point(raw)
        if point is None:
            continue
        if not curves or not curves[-1].continues(point):
            curves.append(TrainingCurves(point.unit, point.of, point.model))
            del curves[:-MOST_CURVES]
        curves[-1].add(point)


def read_point(line: str | bytes) -> TrainingPoint | None:
    """Return what a line of ``training_log.jsonl`` says; None if it is none of ours."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return as_point(value)


def as_point(value: object) -> TrainingPoint | None:
    """Return a JSON object as a point; None if it is none."""
    if not isinstance(value, dict):
        return None
    unit = next((unit for unit in UNITS if _whole(value.get(unit)) is not None), None)
    if unit is None:
        return None
    values = {
        name: float(number)
        for name, number in value.items()
        if isinstance(name, str)
        and len(name) <= _LONGEST_NAME
        and part_of(name) is not None
        and isinstance(number, (int, float))
        and not isinstance(number, bool)
        and math.isfinite(number)
    }
    model = value.get("model")
    return (
        TrainingPoint(
            unit=unit,
            x=int(value[unit]),
            of=_whole(value.get("of")),
            model=model[:_LONGEST_NAME] if isinstance(model, str) else None,
            values=dict(list(values.items())[:_MOST_SERIES]),
        )
        if values
        else None
    )


def part_of(name: str) -> tuple[str, str] | None:
    """Return part and metric of a curve's name, such as ``("held_out", "loss")``; None if it names none."""
    for part in PARTS:
        if name.startswith(f"{part}_") and len(name) > len(part) + 1:
            return part, name[len(part) + 1 :]
    return None


def _whole(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    return int(value) if value == int(value) and 0 <= value < 2**53 else None
