"""Whether a model that was trained without the validation labels predicts as well as the one that was recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from agentomics_nb.evaluation.intervals import Interval
    from agentomics_nb.evaluation.metrics import Metric

Verdict = Literal["agrees", "differs", "unknown"]
LEAST_DROP = 0.02
"""Of a metric whose best value is 1: what another training may cost by chance alone."""
LEAST_SHARE = 0.1
"""The same of an error or a loss, as a share of what was learned over the constant predictor."""


def agreement(metric: Metric, *, recorded: float | None, constant: float | None, difference: Interval) -> Verdict:
    """Return whether a blind training agrees with the recorded one.

    It differs if it is worse beyond the chance of these rows (the interval excludes zero) and by more than another
    training may cost: many programs give other numbers each time, and with many rows any of these is significant.

    Parameters
    ----------
    metric
        By which both were scored.
    recorded, constant
        What the recorded model and the constant predictor score; None where undefined.
    difference
        By how much the blind model is better on the same rows, as `paired_difference` has it; negative is worse.
    """
    if recorded is None or difference.value is None or difference.high is None:
        return "unknown"
    worse = difference.high < 0 and -difference.value > tolerance(metric, recorded=recorded, constant=constant)
    return "differs" if worse else "agrees"


def tolerance(metric: Metric, *, recorded: float, constant: float | None) -> float:
    """Return by how much a blind model may be worse, in units of the metric."""
    if metric.greater_is_better:
        return LEAST_DROP
    learned = 0.0 if constant is None else metric.improvement(constant, recorded)
    return LEAST_SHARE * (learned if learned > 0 else abs(recorded))
