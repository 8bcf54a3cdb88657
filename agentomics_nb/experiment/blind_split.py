"""A split whose validation labels tell nothing: what a training script gets that is run again to be checked."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from agentomics_nb.dataset.writing import write_csv
from agentomics_nb.evaluation import PredictionsError, read_predictions

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from agentomics_nb.dataset import Dataset
    from agentomics_nb.journal.directory import RunDirectory

_STAND_INS = ("linear", "lookup")
"""Baselines whose predictions may stand for labels, the smoothest first."""


def write_blind_split(run: RunDirectory, dataset: Dataset, directory: Path, *, seed: int) -> None:
    """Write the frozen ``train.csv``, and ``validation.csv`` with other labels than its own.

    The labels are what a baseline predicts that was fitted on the training rows only. Without any, or with empty ones,
    honest scripts that print a validation score would fail; with random ones, honest scripts that stop early would
    stop at once, and look as bad as those that cheat. These are near enough to the truth to stop by, and hold
    nothing that the training rows do not.

    Parameters
    ----------
    run : RunDirectory
        With the frozen split and the baselines.
    dataset : Dataset
        Task, target and classes.
    directory : Path
        Gets the two files.
    seed : int
        Of random labels, which stand in where there is no baseline.
    """
    import pandas as pd

    shutil.copyfile(run.split / "train.csv", directory / "train.csv")
    frame = pd.read_csv(run.split / "validation.csv", dtype=str, keep_default_na=False)
    target = dataset.target.name
    labels = pd.read_csv(directory / "train.csv", dtype=str, keep_default_na=False, usecols=[target])[target]
    frame[target] = _stand_ins(run, dataset, rows=len(frame), labels=labels, seed=seed)
    write_csv(frame, directory / "validation.csv")


def _stand_ins(run: RunDirectory, dataset: Dataset, *, rows: int, labels: pd.Series[str], seed: int) -> list[str]:
    import numpy as np

    generator = np.random.default_rng(seed)
    for name in _STAND_INS:
        try:
            made = read_predictions(
                run.baselines / f"{name}.csv",
                task=dataset.task,
                classes=dataset.target.classes or (),
                rows=rows,
            )
        except (OSError, PredictionsError):
            continue
        if made.labels is None:
            return [repr(float(value)) for value in made.numbers]
        found = [str(label) for label in made.labels]
        absent = sorted(set(labels) - set(found))
        # A score such as AUROC fails where a class is absent: each has a row, wherever it falls.
        for place, label in zip(generator.permutation(rows), absent, strict=False):
            found[place] = label
        return found
    return [str(label) for label in generator.choice(labels.to_numpy(dtype=object), rows)]
