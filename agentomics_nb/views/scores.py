"""Scores as the events carry them, taken out for a view: a metric with its interval, and what the baselines reach."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agentomics_nb.evaluation.metrics import Task


@dataclass(frozen=True)
class Score:
    """A metric with its 95 % interval; any of them None where undefined."""

    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Baseline:
    """What a predictor without an idea scores on the validation rows."""

    label: str
    value: float


def score_of(split: Mapping[str, Any], metric: str) -> Score:
    """Return a metric of one split, `agentomics_nb.evaluation.SplitScore` as JSON."""
    interval = (split.get("intervals") or {}).get(metric) or {}
    return Score((split.get("metrics") or {}).get(metric), interval.get("low"), interval.get("high"))


def baselines(scores: Mapping[str, Any] | None, metric: str, task: Task) -> list[Baseline]:
    """Return what predictors without an idea score, from `agentomics_nb.evaluation.Evaluation` as JSON."""
    from agentomics_nb.evaluation.baseline_ladder import CONSTANT, in_words

    known = (scores or {}).get("baselines")
    if known is None:  # runs that knew the constant predictor only
        old = (scores or {}).get("baseline")
        known = {CONSTANT: old} if old else {}
    values = {name: score["metrics"].get(metric) for name, score in known.items()}
    return [Baseline(in_words(name, task), value) for name, value in values.items() if value is not None]
