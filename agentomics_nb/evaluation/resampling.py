"""Which rows a bootstrap draws: rows or whole groups, all of them or a sample, and how often."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

    from numpy.typing import NDArray

    from agentomics_nb.evaluation.weighted import Codes, Floats

MOST_ROWS = 10_000
"""Beyond this many rows a random sample of them is resampled."""
MANY_GROUPS = 2_000
"""From this many groups on, too many rows are thinned by leaving out groups instead of rows."""
FEWEST_REPLICATES = 200
_WORK = 10_000_000
"""Rows x classes x replicates that fit in about a second."""
_PARTS = 100
"""What is left out in a jackknife: enough to tell how skew a statistic is."""
_AT_ONCE = 500_000
"""Weights held in memory at once; this many stay in the processor's cache."""


@dataclass(frozen=True, eq=False)
class Resampling:
    """A plan for drawing bootstrap samples.

    Parameters
    ----------
    rows
        The rows taking part, or None for all.
    unit
        For each row taking part the unit it is drawn with: itself, or its group; shape (rows,).
    units
        Number of units drawn from and, each time, drawn.
    replicates
        Number of samples.
    scale
        What deviations must be multiplied by, since those of a smaller sample are wider by the square root of
        the ratio of sizes.
    notes
        What the reader of an interval must know about how it was drawn.
    """

    rows: Codes | None
    unit: Codes
    units: int
    replicates: int
    scale: float
    seed: int
    by_group: bool
    notes: tuple[str, ...]

    def weights(self) -> Iterator[Floats]:
        """Yield how many times each row was drawn, in blocks of shape (some replicates, rows)."""
        generator = np.random.default_rng(self.seed)
        block = max(1, _AT_ONCE // max(len(self.unit), 1))
        for start in range(0, self.replicates, block):
            size = min(block, self.replicates - start)
            drawn = generator.integers(self.units, size=(size, self.units))
            drawn += np.arange(size)[:, None] * self.units
            counts = np.bincount(drawn.ravel(), minlength=size * self.units).reshape(size, self.units)
            yield (counts[:, self.unit] if self.by_group else counts).astype(np.float64)

    def jackknife(self) -> Iterator[Floats]:
        """Yield the weights that leave out a part of the units each time: one, or one in a hundred."""
        parts = min(self.units, _PARTS)
        part = np.random.default_rng([self.seed, parts]).permutation(self.units) % parts
        of_row = part[self.unit]
        block = max(1, _AT_ONCE // max(len(self.unit), 1))
        for start in range(0, parts, block):
            yield (of_row != np.arange(start, min(start + block, parts))[:, None]).astype(np.float64)

    def effective_units(self, rows: NDArray[np.bool_] | None = None) -> float:
        """How many units of equal size would vary as much (Kish 1965): fewer than there are where some are large.

        Parameters
        ----------
        rows
            Those that count, of those taking part, at least one; None for all.
        """
        sizes = np.bincount(self.unit if rows is None else self.unit[rows]).astype(np.float64)
        return float(sizes.sum() ** 2 / (sizes**2).sum())


def plan(
    rows: int,
    *,
    groups: Sequence[Hashable] | None = None,
    classes: int = 1,
    replicates: int = 1000,
    seed: int = 0,
) -> Resampling:
    """Decide how to resample so that it takes about a second, whatever the size.

    Parameters
    ----------
    rows
        Number of rows evaluated.
    groups
        The group of each row (gene family, patient, chromosome); rows of one group are drawn together.
    classes
        Number of rankings each replicate computes, one for each class.

    Raises
    ------
    ValueError
        There are no rows, or not one group for each row.
    """
    if rows < 1 or (groups is not None and len(groups) != rows):
        raise ValueError("resampling needs rows, and a group for each when groups are given")
    notes: list[str] = []
    unit = np.arange(rows) if groups is None else _numbered(groups)
    units = int(unit.max()) + 1
    kept: Codes | None = None
    scale = 1.0
    limit = max(1_000, min(MOST_ROWS, _WORK // (FEWEST_REPLICATES * classes)))
    if rows > limit:
        generator = np.random.default_rng([seed, rows])
        if groups is None or units >= MANY_GROUPS:
            sampled = max(1, units * limit // rows)
            kept = np.flatnonzero(np.isin(unit, generator.choice(units, size=sampled, replace=False)))
            scale = math.sqrt(sampled / units)
            notes.append(
                f"drawn from a random {sampled} of {units} {'rows' if groups is None else 'groups'}, "
                "the width scaled to all of them"
            )
        else:
            # With few groups their differences set the width; thinning inside them can only widen it.
            kept = np.sort(generator.choice(rows, size=limit, replace=False))
            notes.append(f"drawn from a random {limit} of {rows} rows, by whole groups")
        unit = _numbered(unit[kept].tolist())
        units = int(unit.max()) + 1
    affordable = max(FEWEST_REPLICATES, _WORK // (len(unit) * classes))
    if affordable < replicates:
        notes.append(f"{affordable} resamples instead of {replicates}, to save time")
    if groups is not None:
        notes.append(f"resampled by group ({units} groups)")
    return Resampling(
        rows=kept,
        unit=unit,
        units=units,
        replicates=min(replicates, affordable),
        scale=scale,
        seed=seed,
        by_group=groups is not None,
        notes=tuple(notes),
    )


def _numbered(groups: Sequence[Hashable]) -> Codes:
    number: dict[Hashable, int] = {}
    return np.fromiter((number.setdefault(group, len(number)) for group in groups), dtype=np.intp, count=len(groups))
