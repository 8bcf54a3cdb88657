"""The curve of train and validation over the iterations, as places on a canvas; the template draws it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentomics_nb import markdown as md

if TYPE_CHECKING:
    from agentomics_nb.views.snapshot import Snapshot

WIDTH, HEIGHT = 560, 210
LEFT, RIGHT, TOP, BOTTOM = 46, 118, 14, 30
_LABEL_HEIGHT = 15.0
_PAD = 12
_FEWEST_TICKS = 3
MOST_MARKED = 40
"""Iterations of which each has its own mark; of more, lines are drawn, and the best and the last are marked."""
_MOST_NAMED = 14
_BASELINE_STRETCH = 2.0
"""The baseline is drawn if it makes the range of values at most this much larger."""


@dataclass(frozen=True)
class Mark:
    """One value: where it stands, and its interval's ends (all in pixels)."""

    x: float
    y: float
    low: float | None
    high: float | None
    label: str
    best: bool


@dataclass(frozen=True)
class Label:
    """A text at a height."""

    y: float
    text: str


@dataclass(frozen=True)
class Curve:
    """All that the template needs, in pixels from the upper left corner."""

    train: tuple[Mark, ...]
    validation: tuple[Mark, ...]
    ticks: tuple[Label, ...]
    train_label: Label
    validation_label: Label
    baseline: Label | None
    summary: str
    dense: bool
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    bottom: int = HEIGHT - BOTTOM

    @property
    def train_path(self) -> str:
        """Points of the train line."""
        return _points(self.train)

    @property
    def validation_path(self) -> str:
        """Points of the validation line."""
        return _points(self.validation)

    @property
    def band(self) -> str:
        """Outline of the intervals; empty if any is missing."""
        if any(mark.low is None or mark.high is None for mark in self.validation):
            return ""
        upper = [f"{mark.x:.1f},{mark.high:.1f}" for mark in self.validation]
        lower = [f"{mark.x:.1f},{mark.low:.1f}" for mark in reversed(self.validation)]
        return " ".join(upper + lower)


def curve(shot: Snapshot) -> Curve | None:
    """Return the curve; None while no iteration has been evaluated."""
    points = _evaluated(shot)
    if not points:
        return None
    values = [value for point in points for value in point.values]
    baseline = shot.baseline if shot.baseline is not None and fits(shot.baseline.value, values) else None
    drawn = values if baseline is None else [*values, baseline.value]
    low, high, ticks = scale(min(drawn), max(drawn))

    def y(value: float) -> float:
        return TOP + (high - value) / (high - low) * (HEIGHT - TOP - BOTTOM)

    def x(place: int) -> float:
        room = WIDTH - LEFT - RIGHT - 2 * _PAD
        return LEFT + _PAD + (room / 2 if len(points) == 1 else place * room / (len(points) - 1))

    train_label, validation_label = _apart(
        Label(y(points[-1].train), f"train {md.number(points[-1].train)}"),
        Label(y(points[-1].value), f"validation {md.number(points[-1].value)}"),
    )
    every = -(-len(points) // _MOST_NAMED)

    def name(place: int) -> str:
        return points[place].name if points[place].best or place % every == 0 else ""

    return Curve(
        train=tuple(Mark(x(i), y(p.train), None, None, "", p.best) for i, p in enumerate(points)),
        validation=tuple(
            Mark(
                x(i),
                y(p.value),
                None if p.low is None else y(p.low),
                None if p.high is None else y(p.high),
                name(i),
                p.best,
            )
            for i, p in enumerate(points)
        ),
        ticks=tuple(Label(y(tick), md.number(tick)) for tick in ticks),
        train_label=train_label,
        validation_label=validation_label,
        baseline=None
        if baseline is None
        else Label(y(baseline.value), f"{baseline.label} {md.number(baseline.value)}"),
        summary=_in_words(shot.metric, points),
        dense=len(points) > MOST_MARKED,
    )


def scale(low: float, high: float) -> tuple[float, float, list[float]]:
    """Return round ends around a range, and round ticks between them."""
    if high - low < 1e-9:
        pad = abs(high) * 0.05 or 0.05
        low, high = low - pad, high + pad
    rough = (high - low) / _FEWEST_TICKS
    size = 10 ** math.floor(math.log10(rough))
    step = next(size * factor for factor in (5, 2, 1) if size * factor <= rough * (1 + 1e-9))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return first * step, last * step, [round(i * step, 12) for i in range(first, last + 1)]


@dataclass(frozen=True)
class _Point:
    """One evaluated iteration."""

    name: str
    train: float
    value: float
    low: float | None
    high: float | None
    best: bool

    @property
    def values(self) -> list[float]:
        return [v for v in (self.train, self.value, self.low, self.high) if v is not None]


def _evaluated(shot: Snapshot) -> list[_Point]:
    found = []
    for row in shot.rows:
        score = row.validation
        if row.train is not None and score is not None and score.value is not None:
            found.append(_Point(str(row.number), row.train, score.value, score.low, score.high, row.best))
    return found


def fits(baseline: float, values: list[float]) -> bool:
    """Return whether a baseline can be drawn without flattening what stands above it."""
    span = max(values) - min(values)
    return max(*values, baseline) - min(*values, baseline) <= _BASELINE_STRETCH * span


def _apart(first: Label, second: Label) -> tuple[Label, Label]:
    """Move two labels apart until they can be read."""
    gap = abs(first.y - second.y)
    if gap >= _LABEL_HEIGHT:
        return first, second
    shift = (_LABEL_HEIGHT - gap) / 2
    up, down = (-shift, shift) if first.y <= second.y else (shift, -shift)
    return Label(first.y + up, first.text), Label(second.y + down, second.text)


def _points(marks: tuple[Mark, ...]) -> str:
    return " ".join(f"{mark.x:.1f},{mark.y:.1f}" for mark in marks)


def _in_words(metric: str, points: list[_Point]) -> str:
    told = points if len(points) <= _MOST_NAMED else [points[0], *(p for p in points[1:-1] if p.best), points[-1]]
    parts = [f"iteration {p.name}: train {md.number(p.train)}, validation {md.number(p.value)}" for p in told]
    return f"{metric} by iteration. {'; '.join(parts)}."
