"""How much of a validation score is owed to having chosen the best of several models on the same rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel, ConfigDict

from agentomics_nb.evaluation.intervals import Interval
from agentomics_nb.evaluation.resampling import plan

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence

    from agentomics_nb.evaluation.metrics import Metric
    from agentomics_nb.evaluation.predictions import Predictions
    from agentomics_nb.evaluation.truth import Truth
    from agentomics_nb.evaluation.weighted import Floats, Weighted

_WORK = 30_000_000
"""Rows x models x replicates that fit in some seconds."""
_FEWEST_REPLICATES = 50
_TO_ALL_ROWS = float(np.sqrt(1 / (np.e - 1)))
"""A bag leaves out 1/e of the rows, none twice; their mean varies by the inverse of this more than a bootstrap's."""


class Optimism(BaseModel):
    """The best of several scores, and what it would be on rows that did not choose it.

    Parameters
    ----------
    chosen_from
        Models with a defined metric.
    apparent
        The metric of the best on the rows that chose it; None where no model has one.
    corrected
        The same without the luck of the choice, with an interval.
    optimism
        By how much the apparent value is too good, in the metric's units; 0 for one model, and never less.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    chosen_from: int
    apparent: float | None
    corrected: Interval
    optimism: float | None


def selection_optimism(
    truth: Truth,
    predictions: Sequence[Predictions],
    metric: Metric,
    groups: Sequence[Hashable] | None = None,
    *,
    seed: int = 0,
    replicates: int = 300,
) -> Optimism:
    """Return the bootstrap bias corrected score of the best model (Tsamardinos et al. 2018).

    Rows, or whole groups of them, are drawn with replacement. The model that is best among those drawn is scored on
    the rows left out, beside the one that is best on all rows: the mean loss of the first is what the choice costs.
    Taking the difference on the same rows keeps chance and the small number of rows left out from looking like
    optimism.

    Parameters
    ----------
    predictions
        One for each model, all of the same rows; of equally good ones the first counts as chosen.
    groups
        The group of each row, where rows of a group resemble each other.

    Raises
    ------
    ValueError
        The predictions do not belong to this truth, or ``groups`` has not one entry for each row.
    """
    known = [(made, value) for made in predictions if (value := metric.compute(truth, made)) is not None]
    if not known:
        return Optimism(
            chosen_from=0, apparent=None, corrected=Interval(value=None, note="undefined on these rows"), optimism=None
        )
    sign = 1.0 if metric.greater_is_better else -1.0
    best = int(np.argmax([sign * value for _, value in known]))
    apparent = known[best][1]
    rankings = max(1, len(truth.classes) - 1)
    resampling = plan(truth.rows, groups=groups, classes=rankings, replicates=replicates, seed=seed)
    affordable = max(_FEWEST_REPLICATES, _WORK // (len(resampling.unit) * rankings * (len(known) + 2)))
    kept = resampling.rows
    prepared = [
        metric.prepare(truth, made) if kept is None else metric.prepare(truth.take(kept), made.take(kept))
        for made, _ in known
    ]
    chosen, usual = _out_of_bag(prepared, best, sign, resampling.weights(), affordable)
    if len(chosen) < _FEWEST_REPLICATES // 2:
        note = "undefined in most resamples"
        return Optimism(
            chosen_from=len(known),
            apparent=apparent,
            corrected=Interval(value=None, note=note),
            optimism=None,
        )
    # Of equally good models a sample of the rows chooses by chance more often than all rows do: hence the scale.
    optimism = max(0.0, float((sign * (usual - chosen)).mean())) * resampling.scale
    value = apparent - sign * optimism
    width = resampling.scale * _TO_ALL_ROWS
    low, high = value + width * (np.quantile(chosen, [0.025, 0.975]) - chosen.mean())
    limits = metric.limits
    return Optimism(
        chosen_from=len(known),
        apparent=apparent,
        corrected=Interval(
            value=value,
            low=float(np.clip(low, *limits)),
            high=float(np.clip(high, *limits)),
            replicates=len(chosen),
            note="; ".join(resampling.notes) or None,
        ),
        optimism=optimism,
    )


def _out_of_bag(
    prepared: list[Weighted], best: int, sign: float, blocks: Iterable[Floats], most: int
) -> tuple[Floats, Floats]:
    """Return what the model chosen in each bag scores out of it, and what the one does that is best on all rows."""
    chosen, usual = [], []
    drawn = 0
    for weights in blocks:
        in_bag = weights[: most - drawn]
        drawn += len(in_bag)
        if not len(in_bag):
            break
        scores = np.stack([sign * model(in_bag) for model in prepared])
        winner = np.where(np.isfinite(scores), scores, -np.inf).argmax(axis=0)
        left_out = (in_bag == 0).astype(np.float64)
        has_rows = left_out.any(axis=1)
        left_out, winner = left_out[has_rows], winner[has_rows]
        of_winner = np.empty(len(left_out))
        for model in np.unique(winner):
            of_winner[winner == model] = prepared[model](left_out[winner == model])
        chosen.append(of_winner)
        usual.append(prepared[best](left_out))
    a, b = np.concatenate(chosen), np.concatenate(usual)
    defined = np.isfinite(a) & np.isfinite(b)
    return a[defined], b[defined]
