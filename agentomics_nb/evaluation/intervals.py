"""How sure a metric is: percentile bootstrap intervals, for one set of predictions and for two compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel, ConfigDict

from agentomics_nb.evaluation.resampling import Resampling, plan

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

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
    """Return a metric with its percentile bootstrap interval (Efron 1979).

    Rows, or whole groups of rows when ``groups`` gives each row's, are drawn with replacement. The model is
    taken as it is: the interval holds the chance of these rows, not that of another training.

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
    draws = _draw(resampling, prepared)
    for metric in metrics:
        if metric.name in values:
            centre = _unweighted(prepared[metric.name], resampling)
            intervals[metric.name] = _interval(
                values[metric.name], draws[metric.name], centre, resampling, level, _limits(metric)
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

    return _interval(
        metric.improvement(before, after),
        _draw(resampling, {metric.name: improvement})[metric.name],
        _unweighted(improvement, resampling),
        resampling,
        level,
        (-np.inf, np.inf),
    )


_UNDEFINED = "undefined on these rows"


def _rankings(truth: Truth) -> int:
    return max(1, len(truth.classes) - 1)


def _limits(metric: Metric) -> tuple[float, float]:
    return (-np.inf, metric.best) if metric.greater_is_better else (metric.best, np.inf)


def _unweighted(statistic: Weighted, resampling: Resampling) -> float:
    return float(statistic(np.ones((1, len(resampling.unit))))[0])


def _draw(resampling: Resampling, statistics: dict[str, Callable[[Floats], Floats]]) -> dict[str, Floats]:
    blocks: dict[str, list[Floats]] = {name: [] for name in statistics}
    if statistics:
        for weights in resampling.weights():
            for name, statistic in statistics.items():
                blocks[name].append(statistic(weights))
    return {name: np.concatenate(parts) for name, parts in blocks.items()}


def _interval(
    value: float,
    draws: Floats,
    centre: float,
    resampling: Resampling,
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
        low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
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
