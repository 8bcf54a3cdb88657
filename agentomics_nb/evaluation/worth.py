"""What the validation score of the chosen model is worth: the luck of the choice, the cut-off, and where it errs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from agentomics_nb.evaluation.optimism import Optimism, selection_optimism
from agentomics_nb.evaluation.slices import Slices, error_slices
from agentomics_nb.evaluation.threshold import Threshold, choose_threshold

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    import pandas as pd

    from agentomics_nb.dataset.model import Dataset
    from agentomics_nb.evaluation.metrics import Metric
    from agentomics_nb.evaluation.predictions import Predictions
    from agentomics_nb.evaluation.truth import Truth


class Worth(BaseModel):
    """What is known of the best model beside its scores, from its validation predictions.

    Parameters
    ----------
    optimism
        What choosing it on the same rows has added to its score.
    threshold
        The best cut-off on the probability of the positive class; None but for two classes.
    slices
        Its error in parts of the rows.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    optimism: Optimism
    threshold: Threshold | None
    slices: Slices


def judge(
    truth: Truth,
    best: Predictions,
    candidates: Sequence[Predictions],
    train: pd.DataFrame,
    validation: pd.DataFrame,
    *,
    dataset: Dataset,
    metric: Metric,
    groups: Sequence[Hashable] | None = None,
    seed: int = 0,
) -> Worth:
    """Judge the best of several models.

    Parameters
    ----------
    truth, best
        Of the validation rows.
    candidates
        Predictions of all models it was chosen from, itself among them.
    train, validation
        The rows as text, in their order.
    dataset, metric
        Kinds of the columns, and what chose the best.
    groups
        The group of each validation row, where rows of a group resemble each other.
    """
    return Worth(
        optimism=selection_optimism(truth, candidates, metric, groups, seed=seed),
        threshold=choose_threshold(truth, best, metric, groups, seed=seed),
        slices=error_slices(truth, best, train, validation, dataset, groups, seed=seed),
    )
