"""The metrics a person may choose: names, aliases, directions.

Their formulas live in ``classification`` and ``regression``, which need numpy; this module does not.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from agentomics_nb.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from agentomics_nb.evaluation.predictions import Predictions
    from agentomics_nb.evaluation.truth import Truth
    from agentomics_nb.evaluation.weighted import Weighted

Task = Literal["classification", "regression"]
"""What is predicted: one of several classes, or a number."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One way to say how good predictions are.

    Parameters
    ----------
    name
        As it is typed after ``--metric`` and written to ``metrics.json``; also the name of the function that
        is its formula.
    label
        As people write it in a figure or a sentence.
    task
        The task it belongs to.
    greater_is_better
        False for losses and errors, whose best value is 0; True for all others, whose best is 1.
    needs_probabilities
        Whether class labels alone are not enough.
    aliases
        Other spellings; case, spaces, ``-`` and ``_`` never matter.
    """

    name: str
    label: str
    task: Task
    greater_is_better: bool
    needs_probabilities: bool = False
    aliases: tuple[str, ...] = ()

    @property
    def best(self) -> float:
        """The value of perfect predictions."""
        return 1.0 if self.greater_is_better else 0.0

    @property
    def limits(self) -> tuple[float, float]:
        """The ends of an interval may not lie beyond these; the worse end is left open."""
        return (-math.inf, self.best) if self.greater_is_better else (self.best, math.inf)

    def prepare(self, truth: Truth, predictions: Predictions) -> Weighted:
        """Sort, match and count once; the result gives the metric for any weights of the rows.

        Returns
        -------
        Weighted
            From weights of shape (replicates, rows) to values of shape (replicates,), NaN where undefined.

        Raises
        ------
        ValueError
            Truth and predictions differ in task, classes or rows, or probabilities are needed and absent.
        """
        if truth.task != self.task:
            raise ValueError(f"{self.name} is for {self.task}, the truth is for {truth.task}")
        if (truth.task, truth.classes, truth.rows) != (
            predictions.task,
            predictions.classes,
            predictions.rows,
        ):
            raise ValueError("truth and predictions differ in task, classes or number of rows")
        if self.needs_probabilities and predictions.probabilities is None:
            raise ValueError(f"{self.name} needs probabilities")
        formula: Callable[[Truth, Predictions], Weighted]
        if self.task == "classification":
            from agentomics_nb.evaluation import classification

            formula = getattr(classification, self.name)
        else:
            from agentomics_nb.evaluation import regression

            formula = getattr(regression, self.name)
        return formula(truth, predictions)

    def compute(self, truth: Truth, predictions: Predictions) -> float | None:
        """Return the metric, or None where these rows do not define it (one class only, constant truth …)."""
        import numpy as np

        if self.needs_probabilities and predictions.probabilities is None:
            return None
        value = float(self.prepare(truth, predictions)(np.ones((1, truth.rows)))[0])
        return value if math.isfinite(value) else None

    def improvement(self, before: float, after: float) -> float:
        """Return by how much ``after`` is better than ``before``; negative when it is worse."""
        return after - before if self.greater_is_better else before - after


def _classification(name: str, label: str, *aliases: str, probabilities: bool = False) -> Metric:
    return Metric(name, label, "classification", name != "log_loss", probabilities, aliases)


def _regression(name: str, label: str, *aliases: str, greater_is_better: bool) -> Metric:
    return Metric(name, label, "regression", greater_is_better, False, aliases)


METRICS: Mapping[str, Metric] = MappingProxyType(
    {
        metric.name: metric
        for metric in (
            _classification("accuracy", "accuracy", "acc"),
            _classification("balanced_accuracy", "balanced accuracy", "bacc", "balanced acc"),
            _classification("auroc", "AUROC", "auc", "roc auc", "au roc", "roc", probabilities=True),
            _classification(
                "auprc", "AUPRC", "ap", "average precision", "pr auc", "auc pr", "aupr", probabilities=True
            ),
            _classification("f1_macro", "macro F1", "f1", "macro f1", "f1 score"),
            _classification("mcc", "MCC", "matthews", "matthews corrcoef"),
            _classification("log_loss", "log loss", "cross entropy", "nll", probabilities=True),
            _regression("rmse", "RMSE", "root mean squared error", greater_is_better=False),
            _regression("mae", "MAE", "mean absolute error", greater_is_better=False),
            _regression("r2", "R²", "r²", "r squared", "r2 score", greater_is_better=True),
            _regression("pearson", "Pearson", "pearsonr", "pearson r", "pcc", greater_is_better=True),
            _regression("spearman", "Spearman", "spearmanr", "spearman rho", "rho", "scc", greater_is_better=True),
        )
    }
)
"""All metrics by name, in the order in which tables show them."""


def _plain(name: str) -> str:
    return re.sub(r"[\s_\-]+", "", name).casefold()


_BY_SPELLING: Mapping[str, Metric] = {
    _plain(spelling): metric for metric in METRICS.values() for spelling in (metric.name, *metric.aliases)
}


def of_task(task: Task) -> tuple[Metric, ...]:
    """Return the metrics of a task, in the order of METRICS."""
    return tuple(metric for metric in METRICS.values() if metric.task == task)


def default(task: Task) -> Metric:
    """Return the metric used when none is named: AUROC for classes, RMSE for numbers."""
    return METRICS["auroc" if task == "classification" else "rmse"]


def resolve(name: str, task: Task) -> Metric:
    """Find a metric by its name or an alias.

    Raises
    ------
    InputError
        No metric has that name, or it belongs to the other task.
    """
    metric = _BY_SPELLING.get(_plain(name))
    choices = ", ".join(each.name for each in of_task(task))
    if metric is None:
        raise InputError(f"--metric {name!r} is unknown; for {task} choose one of {choices}.")
    if metric.task != task:
        raise InputError(f"--metric {name} is for {metric.task}, but the task is {task}; choose one of {choices}.")
    return metric


def score(truth: Truth, predictions: Predictions) -> dict[str, float | None]:
    """Return every metric of the task by name; None where these rows do not define it.

    Examples
    --------
    >>> from agentomics_nb.evaluation.predictions import Predictions
    >>> from agentomics_nb.evaluation.truth import Truth
    >>> score(Truth("regression", values=[1, 2]), Predictions("regression", values=[1, 4]))["mae"]
    1.0
    """
    return {metric.name: metric.compute(truth, predictions) for metric in of_task(truth.task)}
