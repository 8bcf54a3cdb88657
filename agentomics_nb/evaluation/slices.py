"""Where a model errs more often, or less, than elsewhere: parts of the validation rows that a biologist would name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict

from agentomics_nb.dataset.model import ColumnKind
from agentomics_nb.evaluation.intervals import Interval
from agentomics_nb.evaluation.lookup_baseline import can_look_up, most_rows, nearness
from agentomics_nb.evaluation.plain_features import sequence_columns
from agentomics_nb.evaluation.resampling import plan

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from agentomics_nb.dataset.model import Dataset
    from agentomics_nb.evaluation.predictions import Predictions
    from agentomics_nb.evaluation.resampling import Resampling
    from agentomics_nb.evaluation.truth import Truth
    from agentomics_nb.evaluation.weighted import Floats

By = Literal["class", "length", "gc", "category", "group_size", "similarity"]

MOST_ROWS = 4_000
"""Beyond this many validation rows a random sample of them is looked at."""
FEWEST_ROWS = 20
"""Smaller slices, and rests, show nothing."""
FEWEST_UNITS = 5
"""Slices of fewer groups are shown, but not tested: what is common to a group looks like the slice's own."""
MOST_LEVELS = 30
LEVEL = 0.05
"""Chance that any slice of a run is said to differ although none does."""
_REPLICATES = 400
_FEWEST_PERMUTATIONS = 2_000
_AT_ONCE = 4_000_000
_CHROMOSOME = re.compile(r"chr(om(osome)?)?|seq_?name|contig", re.IGNORECASE)
_NAMES = (ColumnKind.CATEGORICAL, ColumnKind.IDENTIFIER, ColumnKind.TEXT)
_LONGEST = 40


class Slice(BaseModel):
    """Some of the validation rows, and how well they are predicted.

    Parameters
    ----------
    by
        What divides the rows.
    column
        The column it is read from; None where it is none.
    level
        Which part: a class, a category, or a third; untrusted text.
    rows
        Of the slice, among those looked at.
    error
        Error rate or root mean squared error, with a 95 % interval of this slice alone.
    rest
        The same of all other rows.
    p
        Chance of such a difference where there is none; None where there is too little to test.
    differs
        Whether it does after Holm's correction for the number of slices.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    by: By
    column: str | None
    level: str
    rows: int
    error: Interval
    rest: float
    p: float | None
    differs: bool = False

    @property
    def is_worse(self) -> bool:
        """Whether its error is larger than that of the rest."""
        return self.error.value is not None and self.error.value > self.rest


class Slices(BaseModel):
    """All slices of the validation rows.

    Parameters
    ----------
    measure
        What `Slice.error` is: share of wrong labels, or root mean squared error in the units of the target.
    rows, of_rows
        Validation rows that were looked at, and all of them.
    slices
        In the order class, sequences, categories, groups, similarity.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    measure: Literal["error_rate", "rmse"]
    rows: int
    of_rows: int
    slices: tuple[Slice, ...]

    @property
    def differing(self) -> tuple[Slice, ...]:
        """Those that differ from the rest: the worse ones first, then the better ones, each by their p-value."""
        found = (each for each in self.slices if each.differs)
        return tuple(sorted(found, key=lambda each: (not each.is_worse, each.p or 0.0)))


@dataclass(frozen=True, eq=False)
class _Part:
    by: By
    column: str | None
    level: str
    chosen: NDArray[np.bool_]


def error_slices(
    truth: Truth,
    predictions: Predictions,
    train: pd.DataFrame,
    validation: pd.DataFrame,
    dataset: Dataset,
    groups: Sequence[Hashable] | None = None,
    *,
    seed: int = 0,
) -> Slices:
    """Return error slices of the validation predictions, and which differ from the rest.

    A slice differs if a permutation of the errors seldom gives such a difference; where rows come in groups, the
    bootstrap of whole groups must say so, too. All p-values are corrected together (Holm 1979).

    Parameters
    ----------
    truth, predictions
        Of the validation rows.
    train, validation
        The rows as text, in their order.
    dataset
        Kinds of the columns.
    groups
        The group of each validation row, where rows of a group resemble each other.

    Raises
    ------
    ValueError
        The parts do not have the same rows.
    """
    if not truth.rows == predictions.rows == len(validation) or (groups is not None and len(groups) != truth.rows):
        raise ValueError("error slices need truth, predictions, columns and groups of the same rows")
    generator = np.random.default_rng([seed, truth.rows])
    sizes = None if groups is None else _sizes(groups)
    of_rows = truth.rows
    if of_rows > MOST_ROWS:
        kept = np.sort(generator.choice(of_rows, size=MOST_ROWS, replace=False))
        truth, predictions, validation = truth.take(kept), predictions.take(kept), validation.iloc[kept]
        groups = None if groups is None else [groups[row] for row in kept]
        sizes = None if sizes is None else sizes[kept]
    parts = [
        part
        for part in _parts(truth, train, validation, dataset, sizes, seed)
        if min(part.chosen.sum(), (~part.chosen).sum()) >= FEWEST_ROWS
    ]
    measured = truth.task == "regression"
    if measured:
        losses = (truth.numbers - predictions.numbers) ** 2
    else:
        losses = (truth.codes != predictions.codes).astype(np.float64)
    resampling = plan(truth.rows, groups=groups, replicates=_REPLICATES, seed=seed)
    return Slices(
        measure="rmse" if measured else "error_rate",
        rows=truth.rows,
        of_rows=of_rows,
        slices=_compared(parts, losses, measured, resampling, generator) if parts else (),
    )


def _parts(
    truth: Truth, train: pd.DataFrame, rows: pd.DataFrame, dataset: Dataset, sizes: Floats | None, seed: int
) -> Iterator[_Part]:
    if truth.task == "classification":
        for code in np.argsort(-np.bincount(truth.codes), kind="stable")[:MOST_LEVELS]:
            yield _Part("class", None, truth.classes[code], truth.codes == code)
    for column in sequence_columns(dataset):
        words = rows[column.name]
        yield from _thirds("length", column.name, np.array([len(word) for word in words], dtype=np.float64))
        if column.kind == ColumnKind.NUCLEOTIDE:
            yield from _thirds("gc", column.name, _gc(words))
    for column in dataset.columns:
        values = rows[column.name]
        named = _CHROMOSOME.fullmatch(column.name) is not None
        if (named or column.kind in _NAMES) and 2 <= values.nunique() <= MOST_LEVELS:
            for level in values.value_counts(sort=True).index:
                yield _Part("category", column.name, _shown(level), (values == level).to_numpy(dtype=bool))
    if sizes is not None:
        yield from _thirds("group_size", None, sizes)
    if can_look_up(dataset):
        known = train.sample(min(len(train), most_rows(4 * len(rows), dataset)), random_state=seed)
        names = ("least similar to train", "middling in similarity to train", "most similar to train")
        yield from _thirds("similarity", None, nearness(known, rows, dataset), names)


def _thirds(by: By, column: str | None, values: Floats, names: tuple[str, ...] = ()) -> Iterator[_Part]:
    """Yield the rows with low, middle and high values; equal values stay together, so that a third may be missing."""
    known = np.isfinite(values)
    if not known.any():
        return
    third = np.searchsorted(np.quantile(values[known], [1 / 3, 2 / 3]), values)
    for place in range(3):
        chosen = known & (third == place)
        if chosen.any():
            low, high = values[chosen].min(), values[chosen].max()
            level = names[place] if names else f"{low:.3g}" if low == high else f"{low:.3g} to {high:.3g}"
            yield _Part(by, column, level, chosen)


def _gc(words: pd.Series[Any]) -> Floats:
    """Return the share of G and C among the letters that are A, C, G, T or U; NaN where there are none."""
    strong, letters = (words.str.count(f"[{which}]").to_numpy(dtype=np.float64) for which in ("GCgc", "ACGTUacgtu"))
    out = np.full(len(letters), np.nan)
    np.divide(strong, letters, out=out, where=letters > 0)
    return out


def _sizes(groups: Sequence[Hashable]) -> Floats:
    """Return how many rows each row's group has."""
    place: dict[Hashable, int] = {}
    codes = np.array([place.setdefault(group, len(place)) for group in groups])
    sizes: Floats = np.bincount(codes)[codes].astype(np.float64)
    return sizes


def _compared(
    parts: list[_Part], losses: Floats, measured: bool, resampling: Resampling, generator: np.random.Generator
) -> tuple[Slice, ...]:
    inside = np.stack([part.chosen for part in parts]).T.astype(np.float64)
    drawn = [_means(weights, losses, inside) for weights in resampling.weights()]
    of_slice, of_rest = (np.concatenate(each) for each in zip(*drawn, strict=True))
    slice_mean, rest_mean = (each[0] for each in _means(np.ones((1, len(losses))), losses, inside))
    units = [len(np.unique(resampling.unit[part.chosen])) for part in parts]
    p = _permuted(losses, inside, slice_mean - rest_mean, generator)
    if resampling.by_group:
        p = np.maximum(p, _by_group(of_slice - of_rest, slice_mean - rest_mean, units))
    tested = [value if count >= FEWEST_UNITS else None for value, count in zip(p.tolist(), units, strict=True)]
    differ = _holm(tested)
    found = []
    for place, part in enumerate(parts):
        draws = of_slice[:, place]
        error = (
            _root_interval(slice_mean[place], draws)
            if measured
            else _rate_interval(slice_mean[place], draws, int(part.chosen.sum()), units[place], resampling.by_group)
        )
        rest = float(np.sqrt(rest_mean[place]) if measured else rest_mean[place])
        found.append(
            Slice(
                by=part.by,
                column=part.column,
                level=part.level,
                rows=int(part.chosen.sum()),
                error=error,
                rest=rest,
                p=tested[place],
                differs=differ[place],
            )
        )
    return tuple(found)


def _means(weights: Floats, losses: Floats, inside: Floats) -> tuple[Floats, Floats]:
    """Return the mean loss of each slice and of its rest, both of shape (replicates, slices)."""
    count, total = weights @ inside, (weights * losses) @ inside
    all_count, all_total = weights.sum(axis=1, keepdims=True), (weights @ losses)[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        return total / count, (all_total - total) / (all_count - count)


def _permuted(losses: Floats, inside: Floats, seen: Floats, generator: np.random.Generator) -> Floats:
    """Return how often mixed losses differ as much between each slice and its rest: exact, however few the errors."""
    sizes = inside.sum(axis=0)
    more = np.zeros(inside.shape[1])
    # Enough that the smallest p-value stands even when it is multiplied by the number of slices.
    permutations = max(_FEWEST_PERMUTATIONS, int(2 * inside.shape[1] / LEVEL))
    block = max(1, _AT_ONCE // len(losses))
    for start in range(0, permutations, block):
        many = min(block, permutations - start)
        mixed = generator.permuted(np.broadcast_to(losses, (many, len(losses))), axis=1)
        total = mixed @ inside
        gap = total / sizes - (losses.sum() - total) / (len(losses) - sizes)
        more += (np.abs(gap) >= np.abs(seen) * (1 - 1e-9)).sum(axis=0)
    return (more + 1) / (permutations + 1)


def _by_group(draws: Floats, seen: Floats, units: list[int]) -> Floats:
    """Return the p-values that the spread over resampled groups gives, by Student's t with the slice's groups."""
    from scipy.stats import t

    spread = np.nanstd(draws, axis=0)
    size = np.divide(np.abs(seen), spread, out=np.zeros_like(seen), where=spread > 0)
    p: Floats = 2 * t.sf(size, np.maximum(np.array(units) - 1, 1))
    return p


def _holm(values: list[float | None]) -> list[bool]:
    """Return which p-values stay below the level after Holm's correction."""
    known = sorted((value, place) for place, value in enumerate(values) if value is not None)
    found = [False] * len(values)
    for rank, (value, place) in enumerate(known):
        if value * (len(known) - rank) > LEVEL:
            break
        found[place] = True
    return found


def _rate_interval(rate: float, draws: Floats, rows: int, units: int, by_group: bool) -> Interval:
    """Return Wilson's interval, which is right without a single error, too; groups count as fewer rows."""
    from scipy.stats import norm

    count = float(rows)
    if by_group:
        variance = float(np.nanvar(draws))
        count = min(count, rate * (1 - rate) / variance) if variance > 0 else float(units)
    z = float(norm.ppf(0.975))
    middle = (rate + z**2 / (2 * count)) / (1 + z**2 / count)
    half = z / (1 + z**2 / count) * float(np.sqrt(rate * (1 - rate) / count + z**2 / (4 * count**2)))
    return Interval(value=float(rate), low=max(0.0, middle - half), high=min(1.0, middle + half))


def _root_interval(mean: float, draws: Floats) -> Interval:
    defined = np.sqrt(draws[np.isfinite(draws)])
    if len(defined) < len(draws) / 2:
        return Interval(value=float(np.sqrt(mean)), note="undefined in most resamples")
    low, high = np.quantile(defined, [0.025, 0.975])
    return Interval(value=float(np.sqrt(mean)), low=float(low), high=float(high), replicates=len(defined))


def _shown(level: object) -> str:
    flat = " ".join(str(level).split()) or "(missing)"
    return flat if len(flat) <= _LONGEST else f"{flat[: _LONGEST - 1]}…"
