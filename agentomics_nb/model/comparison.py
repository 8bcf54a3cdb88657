"""What a model that was trained on new rows is worth, beside the run's own, on validation rows that it has not seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import BaseModel, ConfigDict

from agentomics_nb import markdown as md
from agentomics_nb.evaluation import METRICS, evaluate, paired_difference, read_predictions, resolve
from agentomics_nb.evaluation.intervals import Interval
from agentomics_nb.evaluation.scores import SplitScore
from agentomics_nb.experiment.frozen_split import FrozenSplit
from agentomics_nb.experiment.split import row_hashes

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from agentomics_nb.evaluation import Predictions
    from agentomics_nb.journal.directory import RunDirectory, RunRecord
    from agentomics_nb.model.description import ModelDescription

LEAST_SCORED = 10
"""Validation rows below which a score would be chance."""


@dataclass(frozen=True)
class UnseenRows:
    """Validation rows of a run that are not among some new ones.

    Parameters
    ----------
    rows : DataFrame
        As they stand in the frozen split, with their labels.
    places : ndarray of int, shape (rows,)
        Which of the validation rows they are.
    of : int
        How many validation rows there are.
    """

    rows: pd.DataFrame
    places: NDArray[np.intp]
    of: int


class Comparison(BaseModel):
    """``metrics.json`` of a model that was trained on new rows.

    Parameters
    ----------
    run, iteration
        Of the model that it is compared with.
    task, metric
        What was predicted, and the metric of the run.
    rows : int
        Validation rows that are not among the new ones.
    of : int
        Validation rows of the run.
    validation, before : SplitScore or None
        The new model and the run's on these rows; None where they are too few.
    difference : Interval or None
        By how much the new one is better; negative if it is worse.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    run: str
    iteration: int
    task: str
    metric: str
    rows: int
    of: int
    validation: SplitScore | None = None
    before: SplitScore | None = None
    difference: Interval | None = None

    @property
    def text(self) -> str:
        """What it is worth, in one sentence."""
        if self.validation is None or self.before is None or self.difference is None:
            return (
                f"It has no score: {self.rows:,} of the run's {self.of:,} validation rows are not among the new rows, "
                f"and at least {LEAST_SCORED} are needed."
            )
        new, old, difference = (
            md.with_interval(interval.model_dump())
            for interval in (self.validation.interval, self.before.interval, self.difference)
        )
        return (
            f"On the {self.rows:,} of the run's {self.of:,} validation rows that are not among the new rows, its "
            f"{METRICS[self.metric].label} is {new}; the run's model has {old} there (improvement {difference})."
        )


def unseen_rows(run: RunDirectory, record: RunRecord, model: ModelDescription, new: pd.DataFrame) -> UnseenRows:
    """Return the validation rows whose inputs stand in no row of a new table.

    Only columns from which something could be learned count: an identifier makes no other row of the same measurements.
    """
    import pandas as pd

    frame = FrozenSplit(run.split, record.dataset, record.contract).frame("validation")
    # Numbers are compared as such, however the two files spell them.
    types = {column.name: "float64" if column.is_number else "str" for column in model.columns if column.is_needed}
    like = pd.DataFrame(columns=list(types)).astype(types)
    known, theirs = (row_hashes(rows, like=like) for rows in (new, frame))
    places = np.flatnonzero(~np.isin(theirs, known))
    return UnseenRows(frame.iloc[places].reset_index(drop=True), places, len(frame))


def compare(
    run: RunDirectory, record: RunRecord, model: ModelDescription, unseen: UnseenRows, made: Predictions
) -> Comparison:
    """Score a new model and the run's own on the same rows.

    Parameters
    ----------
    run, record : RunDirectory, RunRecord
        The run.
    model : ModelDescription
        Of the new model.
    unseen : UnseenRows
        What to score it on; too few give no score.
    made : Predictions
        Of the new model for these rows.
    """
    facts: dict[str, Any] = {
        "run": record.run,
        "iteration": model.iteration,
        "task": model.task,
        "metric": record.metric,
        "rows": len(unseen.rows),
        "of": unseen.of,
    }
    if len(unseen.rows) < LEAST_SCORED:
        return Comparison(**facts)
    split = FrozenSplit(run.split, record.dataset, record.contract)
    metric = resolve(record.metric, model.task)
    truth = split.truth("validation").take(unseen.places)
    groups = None if split.groups is None else [split.groups[place] for place in unseen.places]
    before = read_predictions(
        run.iteration(model.iteration) / "predictions" / "validation.csv",
        task=model.task,
        classes=model.target.classes or (),
        rows=unseen.of,
    ).take(unseen.places)
    return Comparison(
        **facts,
        validation=evaluate(truth, made, metric=metric, groups=groups, seed=record.seed),
        before=evaluate(truth, before, metric=metric, groups=groups, seed=record.seed),
        difference=paired_difference(truth, before, made, metric, groups=groups, seed=record.seed),
    )
