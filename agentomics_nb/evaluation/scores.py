"""The evaluation of one iteration: every metric of every split, with intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, model_validator

from agentomics_nb.evaluation.intervals import Interval, bootstrap_all
from agentomics_nb.evaluation.metrics import Metric, Task, of_task

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from agentomics_nb.evaluation.predictions import Predictions
    from agentomics_nb.evaluation.truth import Truth


class SplitScore(BaseModel):
    """All metrics of one split.

    Parameters
    ----------
    rows
        Number of rows evaluated.
    metric
        Name of the chosen metric, by which iterations are compared.
    metrics
        Every metric of the task by name; None where these rows do not define it.
    intervals
        The same values with their intervals.
    at_cut_off
        What the metric of `agentomics_nb.evaluation.threshold.Threshold` is on these rows; None where none was chosen
        on others.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    rows: int
    metric: str
    metrics: dict[str, float | None]
    intervals: dict[str, Interval]
    at_cut_off: Interval | None = None

    @property
    def value(self) -> float | None:
        """The chosen metric."""
        return self.metrics[self.metric]

    @property
    def interval(self) -> Interval:
        """The chosen metric with its interval."""
        return self.intervals[self.metric]


class Gain(BaseModel):
    """By how much a model is better than a baseline, on the same rows.

    Parameters
    ----------
    over
        Name of the baseline.
    interval
        The improvement of the chosen metric; above zero is better.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    over: str
    interval: Interval


class Evaluation(BaseModel):
    """The scores of one iteration, computed by us from the predictions of its inference script.

    Parameters
    ----------
    task, metric
        What was predicted, and the name of the metric by which iterations are compared.
    train, validation, test
        Scores of each split; None where there is none. The test set is scored once, for the best iteration.
    baselines
        What the rungs of the baseline ladder, fitted on train, score on validation, by name.
    gain
        By how much the model is better than the best of them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    task: Task
    metric: str
    train: SplitScore
    validation: SplitScore
    test: SplitScore | None = None
    baselines: dict[str, SplitScore] = {}
    gain: Gain | None = None

    @model_validator(mode="before")
    @classmethod
    def _of_before_the_ladder(cls, value: Any) -> Any:
        """Read the scores of runs that knew the constant predictor only."""
        if isinstance(value, dict) and "baseline" in value:
            value = dict(value)
            constant = value.pop("baseline")
            value.setdefault("baselines", {} if constant is None else {"constant": constant})
        return value

    @property
    def constant(self) -> SplitScore | None:
        """What a predictor scores that looks at no column."""
        return self.baselines.get("constant")


def evaluate(
    truth: Truth,
    predictions: Predictions,
    *,
    metric: Metric,
    groups: Sequence[Hashable] | None = None,
    replicates: int = 1000,
    seed: int = 0,
) -> SplitScore:
    """Score one split.

    Parameters
    ----------
    metric
        The chosen metric; all others of the task are computed too.
    groups
        The group of each row, where the split keeps groups together: intervals then resample whole groups.

    Raises
    ------
    ValueError
        The metric is of another task, truth and predictions do not belong together, or ``groups`` has not one
        entry for each row.
    """
    if metric.task != truth.task:
        raise ValueError(f"{metric.name} is for {metric.task}, the truth is for {truth.task}")
    intervals = bootstrap_all(truth, predictions, of_task(truth.task), groups=groups, replicates=replicates, seed=seed)
    return SplitScore(
        rows=truth.rows,
        metric=metric.name,
        metrics={name: interval.value for name, interval in intervals.items()},
        intervals=intervals,
    )
