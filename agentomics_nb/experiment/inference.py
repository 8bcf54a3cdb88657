"""Run an iteration's ``inference.py`` as a stranger would, and hold it to its contract."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from agentomics_nb.dataset.writing import write_csv
from agentomics_nb.evaluation import Predictions, PredictionsError, differs, read_predictions
from agentomics_nb.experiment.bench import Job
from agentomics_nb.experiment.tools import CheckError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from agentomics_nb.dataset import Dataset
    from agentomics_nb.experiment.bench import Bench, ProcessOutcome

MOST_COMPARED = 400
"""Rows that are scored a second time, shuffled and without the others."""


def predict(bench: Bench, dataset: Dataset, script: Path, tables: Sequence[pd.DataFrame]) -> list[Predictions]:
    """Score tables of label-less rows, each in a new process and an empty directory, side by side.

    Parameters
    ----------
    bench : Bench
        Runs the processes.
    dataset : Dataset
        Task and classes.
    script : Path
        ``inference.py`` among its files.
    tables : sequence of DataFrame
        The rows, without the target column.

    Raises
    ------
    CheckError
        If the script fails or its predictions break the contract.
    """
    with tempfile.TemporaryDirectory(prefix="agentomics-") as name:
        jobs = []
        for place, rows in enumerate(tables):
            directory = Path(name, str(place))
            directory.mkdir()
            write_csv(rows, directory / "input.csv")
            argv = [sys.executable, str(script), "--input", "input.csv", "--output", "predictions.csv"]
            jobs.append(Job(argv, directory, script.parent))
        outcomes = bench.run_processes(jobs)
        return [
            _read(dataset, script.name, outcome, job.cwd / "predictions.csv", rows=len(rows))
            for outcome, job, rows in zip(outcomes, jobs, tables, strict=True)
        ]


def _read(dataset: Dataset, script: str, outcome: ProcessOutcome, path: Path, *, rows: int) -> Predictions:
    if outcome.status != "ok":
        raise CheckError(
            f"{script} --input input.csv --output predictions.csv ended with {outcome.status} in an empty directory, "
            f"on rows without labels:\n{outcome.stderr[-2000:]}"
        )
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise CheckError(f"{script} must write its predictions as an ordinary file.")
    try:
        return read_predictions(path, task=dataset.task, classes=dataset.target.classes or (), rows=rows)
    except PredictionsError as error:
        raise CheckError(f"The predictions of {script} break the contract: {error}") from None


def predict_checked(
    bench: Bench,
    dataset: Dataset,
    script: Path,
    rows: pd.DataFrame,
    *,
    seed: int,
    altered: pd.DataFrame | None = None,
) -> tuple[Predictions, Predictions | None]:
    """Score rows, and some of them a second time, shuffled and without the others.

    Parameters
    ----------
    altered : DataFrame, optional
        More rows to score, such as no file has ever held; a script may fail on them.

    Returns
    -------
    tuple
        The predictions of `rows`, and those of `altered` if there are any.

    Raises
    ------
    CheckError
        As `predict`, and if a row's prediction depends on the other rows of the file.
    """
    import numpy as np
    import pandas as pd

    order = np.random.default_rng(seed).permutation(len(rows))[: min(MOST_COMPARED, max(1, len(rows) // 2))]
    second = rows.iloc[order]
    try:
        more = second if altered is None else pd.concat([second, altered], ignore_index=True)
        predictions, again = predict(bench, dataset, script, [rows, more])
    except CheckError:
        if altered is None:
            raise
        return predict_checked(bench, dataset, script, rows, seed=seed)
    of_altered = None if altered is None else again.take(np.arange(len(second), again.rows))
    again = again.take(np.arange(len(second)))
    difference = differs(predictions.take(order), again)
    if difference is not None:
        raise CheckError(
            "A row's prediction must not depend on the other rows of the file, but it changed when rows were "
            f"removed and shuffled: {difference} Compute no feature across the rows that are scored."
        )
    return predictions, of_altered
