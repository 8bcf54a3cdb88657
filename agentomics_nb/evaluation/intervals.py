"""How sure a metric is: BCa bootstrap intervals, for one set of predictions and for two compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel, ConfigDict

from agentomics_nb.evaluation.resampling import Resampling, plan

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping, Sequence

    from agentomics_nb.evaluation.metrics import Metric
    from agentomics_nb.evaluation.predictions import Predictions
    from agentomics_nb.evaluation.truth import Truth
    from agentomics_nb.evaluation.weighted import Floats, Weighted


class Interval(BaseModel):
    """A value and the range in which it would lie for other rows drawn as these were.

    Parameters
    ----------
    value
        The metric on the rows themselves; None where undefined.
    low, high
        Ends of the interval; None where it cannot be computed, and ``note`` says why.
    level
        Share of such intervals that would hold the metric of the population.
    replicates
        Number of bootstrap samples the ends come from.
    note
        What to know before trusting it; None when there is nothing.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    value: float | None
    low: float | None = None
    high: float | None = None
    level: float = 0.95
    replicates: int = 0
    note: str | None = None


def bootstrap(
    truth: Truth,
    predictions: Predictions,
    metric: Metric,
    *,
    groups: Sequence[Hashable] | None = None,
    replicates: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> Interval:
    """Return a metric with its bootstrap interval: bias corrected and accelerated (BCa, Efron 1987).

    Rows, or whole groups of rows when ``groups`` gives each row's, are drawn with replacement. The model is
    taken as it is: the interval holds the chance of these rows, not that of another training. A bootstrap of few
    rows or groups is too narrow; the ends are moved out as Student's t is wider than the normal (Hesterberg 2015). Its
    degrees of freedom are those of the smaller class, of unequal groups by their effective number, and fewer where few
    values decide the variance.

    Raises
    ------
    ValueError
        Truth and predictions do not belong together, or ``groups`` has not one entry for each row.
    """
    return bootstrap_all(truth, predictions, (metric,), groups=groups, replicates=replicates, level=level, seed=seed)[
        metric.name
    ]


def bootstrap_all(
    truth: Truth,
    predictions: Predictions,
    metrics: Sequence[Metric],
    *,
    groups: Sequence[Hashable] | None = None,
    replicates: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> dict[str, Interval]:
    """Return several metrics by name, their intervals from the same draws; otherwise as ``bootstrap``."""
    resampling = plan(truth.rows, groups=groups, classes=_rankings(truth), replicates=replicates, seed=seed)
    intervals: dict[str, Interval] = {}
    prepared: dict[str, Weighted] = {}
    values: dict[str, float] = {}
    rows = resampling.rows
    sample_truth, sample = (truth, predictions) if rows is None else (truth.take(rows), predictions.take(rows))
    for metric in metrics:
        value = metric.compute(truth, predictions)
        if value is None:
            intervals[metric.name] = Interval(value=None, level=level, note=_UNDEFINED)
        else:
            values[metric.name] = value
            prepared[metric.name] = metric.prepare(sample_truth, sample)
    draws = _draw(resampling.weights(), prepared)
    left_out = _draw(resampling.jackknife(), prepared)
    units = _units(sample_truth, resampling)
    for metric in metrics:
        name = metric.name
        if name in values:
            centre = _unweighted(prepared[name], resampling)
            intervals[name] = _interval(
                values[name], draws[name], left_out[name], centre, resampling, units, level, metric.limits
            )
    return {metric.name: intervals[metric.name] for metric in metrics}


def paired_difference(
    truth: Truth,
    a: Predictions,
    b: Predictions,
    metric: Metric,
    *,
    groups: Sequence[Hashable] | None = None,
    replicates: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> Interval:
    """Return by how much ``b`` is better than ``a`` on the same rows; negative when it is worse.

    Both are scored on each resample, so what makes rows easy or hard for both cancels. The sign does not
    depend on the metric: a smaller error is an improvement too.

    Raises
    ------
    ValueError
        The predictions do not belong to this truth, or ``groups`` has not one entry for each row.
    """
    before, after = metric.compute(truth, a), metric.compute(truth, b)
    if before is None or after is None:
        return Interval(value=None, level=level, note=_UNDEFINED)
    resampling = plan(truth.rows, groups=groups, classes=2 * _rankings(truth), replicates=replicates, seed=seed)
    rows = resampling.rows
    if rows is not None:
        truth, a, b = truth.take(rows), a.take(rows), b.take(rows)
    of_a, of_b = metric.prepare(truth, a), metric.prepare(truth, b)
    sign = 1.0 if metric.greater_is_better else -1.0

    def improvement(weights: Floats) -> Floats:
        return sign * (of_b(weights) - of_a(weights))

    statistic = {metric.name: improvement}
    return _interval(
        metric.improvement(before, after),
        _draw(resampling.weights(), statistic)[metric.name],
        _draw(resampling.jackknife(), statistic)[metric.name],
        _unweighted(improvement, resampling),
        resampling,
        _units(truth, resampling),
        level,
        (-np.inf, np.inf),
    )


_UNDEFINED = "undefined on these rows"


def _rankings(truth: Truth) -> int:
    return max(1, len(truth.classes) - 1)


def _units(truth: Truth, resampling: Resampling) -> float:
    """Return how many rows or groups decide a metric: of two classes, those of the smaller one."""
    if len(truth.classes) != 2:
        return resampling.effective_units()
    return min(resampling.effective_units(truth.codes == code) for code in np.unique(truth.codes))


def _unweighted(statistic: Weighted, resampling: Resampling) -> float:
    return float(statistic(np.ones((1, len(resampling.unit))))[0])


def _draw(blocks: Iterable[Floats], statistics: Mapping[str, Weighted]) -> dict[str, Floats]:
    """Return each statistic for all weights that the blocks hold."""
    found: dict[str, list[Floats]] = {name: [] for name in statistics}
    if statistics:
        for weights in blocks:
            for name, statistic in statistics.items():
                found[name].append(statistic(weights))
    return {name: np.concatenate(parts) for name, parts in found.items()}


def _interval(
    value: float,
    draws: Floats,
    left_out: Floats,
    centre: float,
    resampling: Resampling,
    units: float,
    level: float,
    limits: tuple[float, float],
) -> Interval:
    """Turn replicates into an interval; those of a sample are moved to the value and scaled to all rows."""
    notes = list(resampling.notes)
    defined = draws[np.isfinite(draws)]
    if resampling.units < 2:
        notes.append("one row or group alone shows no variation")
    elif len(defined) < len(draws) / 2 or not np.isfinite(centre):
        notes.append("undefined in most resamples")
    else:
        if len(defined) < len(draws):
            notes.append(f"undefined in {len(draws) - len(defined)} of {len(draws)} resamples, left out")
        low, high = np.quantile(defined, _levels(defined, left_out, centre, units, level))
        if resampling.rows is not None:
            low, high = value + resampling.scale * (np.array([low, high]) - centre)
        if low == high:
            notes.append("all resamples agree: too few or too easy rows to show how sure this is")
        return Interval(
            value=value,
            low=float(np.clip(low, *limits)),
            high=float(np.clip(high, *limits)),
            level=level,
            replicates=len(defined),
            note="; ".join(notes) or None,
        )
    return Interval(value=value, level=level, replicates=0, note="; ".join(notes))


def _levels(draws: Floats, left_out: Floats, centre: float, units: float, level: float) -> Floats:
    """Return which quantiles of the replicates are the ends of a BCa interval.

    Parameters
    ----------
    draws, left_out
        The statistic of resamples, and of the sample without a part of it each time.
    centre
        The statistic of the sample.
    units
        Rows or groups that decide the statistic.
    """
    from scipy.special import ndtr, ndtri
    from scipy.stats import t

    below = ((draws < centre).sum() + (draws == centre).sum() / 2) / len(draws)
    bias = ndtri(np.clip(below, 1 / len(draws), 1 - 1 / len(draws)))
    influence = left_out[np.isfinite(left_out)]
    influence = influence.mean() - influence if len(influence) else influence
    largest = np.abs(influence).max(initial=0.0)
    acceleration = 0.0
    if largest > 0:
        influence = influence / largest  # its powers must not vanish
        squares = (influence**2).sum()
        acceleration = (influence**3).sum() / (6 * squares**1.5)
        # A variance that few values decide is itself unsure: degrees of freedom from its fourth moment (Satterthwaite).
        peaked = len(influence) * (influence**4).sum() / squares**2
        units = min(units, 1 + 2 * len(influence) / max(peaked - 1, 1e-9))
    reach = t.ppf((1 + level) / 2, max(units - 1, 1.0)) * np.sqrt(units / max(units - 1, 1.0))
    out = bias + np.array([-reach, reach])
    # Beyond its pole the formula would turn back: there the end is the outermost replicate.
    levels: Floats = ndtr(bias + out / np.maximum(1 - acceleration * out, 1e-3))
    return levels
