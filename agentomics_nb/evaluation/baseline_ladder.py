"""The baseline ladder: what is reached without a model, by memory alone, and by a straight line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from agentomics_nb.dataset.target import to_series
from agentomics_nb.evaluation.baseline import constant_baseline
from agentomics_nb.evaluation.predictions import Predictions
from agentomics_nb.evaluation.truth import Truth

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from agentomics_nb.dataset.model import Dataset
    from agentomics_nb.evaluation.metrics import Task

MOST_ROWS = 20_000
CONSTANT, LOOKUP, LINEAR = "constant", "lookup", "linear"
"""The rungs, the lowest first."""


@dataclass(frozen=True, eq=False)
class Baseline:
    """One rung.

    Parameters
    ----------
    name : str
        ``constant``, ``lookup`` or ``linear``.
    label : str
        What it is, in a few words; says so where it saw a sample of the training rows only.
    predictions : Predictions
        Of the validation rows.
    """

    name: str
    label: str
    predictions: Predictions


def in_words(name: str, task: Task) -> str:
    """Return what a rung is, in a few words."""
    return {
        CONSTANT: "no model: the class shares" if task == "classification" else "no model: the mean",
        LOOKUP: "lookup of the most similar training rows",
        LINEAR: "linear model of plain features",
    }.get(name, name)


def ladder(
    train_frame: pd.DataFrame, validation_frame: pd.DataFrame, dataset: Dataset, seed: int = 0
) -> list[Baseline]:
    """Return the baselines for a split, the lowest rung first; deterministic, and bounded to some seconds.

    Parameters
    ----------
    train_frame, validation_frame : DataFrame
        The two parts as text, as they stand in the split, the label among the columns.
    dataset : Dataset
        What the columns are.
    seed : int
        Chooses the training rows where there are too many.
    """
    from agentomics_nb.evaluation import linear_baseline, lookup_baseline

    task, classes = dataset.task, dataset.target.classes or ()
    labels = _labels(train_frame[dataset.target.name], dataset)
    truth = (
        Truth(task, labels=train_frame[dataset.target.name].to_numpy(dtype=object), classes=classes)
        if task == "classification"
        else Truth(task, values=labels)
    )
    rungs = [Baseline(CONSTANT, in_words(CONSTANT, task), constant_baseline(truth, len(validation_frame)))]
    if not lookup_baseline.can_look_up(dataset):
        return rungs
    for name, most in (
        (LOOKUP, lookup_baseline.most_rows(len(validation_frame), dataset)),
        (LINEAR, linear_baseline.most_rows(dataset)),
    ):
        rows = _sample(len(train_frame), min(MOST_ROWS, most), seed)
        known, answers = train_frame.iloc[rows], labels[rows]
        if name == LOOKUP:
            one_hot = np.eye(len(classes))[answers.astype(int)] if classes else answers[:, None]
            found = lookup_baseline.look_up(known, one_hot, validation_frame, dataset)
        else:
            found = linear_baseline.fit_and_predict(known, answers, validation_frame, dataset, classes=len(classes))
        note = f", {len(rows):,} of {len(train_frame):,} training rows" if len(rows) < len(train_frame) else ""
        rungs.append(Baseline(name, in_words(name, task) + note, _predictions(found, classes)))
    return rungs


def _labels(words: pd.Series[Any], dataset: Dataset) -> NDArray[np.float64]:
    import pandas as pd

    if dataset.task == "classification":
        return np.asarray(pd.Categorical(words, categories=dataset.target.classes).codes, dtype=np.float64)
    return np.asarray(to_series(words, dataset.train.marks), dtype=np.float64)


def _sample(rows: int, most: int, seed: int) -> NDArray[np.intp]:
    if rows <= most:
        return np.arange(rows)
    return np.sort(np.random.default_rng(seed).permutation(rows)[:most])


def _predictions(found: NDArray[np.float64], classes: tuple[str, ...]) -> Predictions:
    if not classes:
        return Predictions("regression", values=found[:, 0])
    probabilities = found / found.sum(axis=1, keepdims=True)
    labels = np.array(classes, dtype=object)[probabilities.argmax(axis=1)]
    return Predictions("classification", labels=labels, probabilities=probabilities, classes=classes)
