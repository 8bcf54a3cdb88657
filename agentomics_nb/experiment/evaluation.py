"""Score an iteration from the predictions of its own ``inference.py``: never from the agent's figures."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from threadpoolctl import threadpool_limits

from agentomics_nb.audit.finding import shortened
from agentomics_nb.errors import InputError
from agentomics_nb.evaluation import (
    Diagnostics,
    Evaluation,
    Interval,
    Predictions,
    SplitScore,
    diagnose,
    evaluate,
    paired_difference,
    read_predictions,
    resolve,
)
from agentomics_nb.evaluation.importance import exchanges, importance
from agentomics_nb.experiment.baselines import Baselines
from agentomics_nb.experiment.frozen_split import FrozenSplit
from agentomics_nb.experiment.inference import predict, predict_checked
from agentomics_nb.experiment.predictions_file import as_table
from agentomics_nb.experiment.tools import CheckError
from agentomics_nb.journal.directory import write_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from agentomics_nb.evaluation.worth import Worth
    from agentomics_nb.experiment.bench import Bench
    from agentomics_nb.journal.directory import RunDirectory, RunRecord

# On the training rows only the distance to validation is of interest: few replicates do.
_TRAIN_REPLICATES = 200
_MOST_SHOWN, _LONGEST_SHOWN = 5, 48
"""Columns and characters of a row that a person is shown."""


@dataclass(frozen=True)
class IterationScores:
    """The figures of one iteration.

    Parameters
    ----------
    evaluation : Evaluation
        Train, validation and baseline scores.
    diagnostics : Diagnostics
        Where the validation predictions fail.
    difference : Interval or None
        Improvement over the best iteration before, on the same validation rows; above zero is better.
    importance : list of dict
        `agentomics_nb.evaluation.importance.Importance` of each column as JSON; empty where it was not measured.
    hardest : list of dict
        The validation rows predicted worst, as they are written, with their predictions.
    """

    evaluation: Evaluation
    diagnostics: Diagnostics
    difference: Interval | None
    importance: list[dict[str, Any]]
    hardest: list[dict[str, str]]


class Evaluator:
    """Scores the iterations of one run on its frozen split.

    Parameters
    ----------
    run : RunDirectory
        The run; the truth is read from our own copy of its split.
    record : RunRecord
        Task, classes, metric, contract, seed.
    bench : Bench
        Runs ``inference.py``.
    """

    def __init__(self, run: RunDirectory, record: RunRecord, bench: Bench) -> None:
        self._dataset = record.dataset
        self._split = FrozenSplit(run.split, record.dataset, record.contract)
        self._metric = resolve(record.metric, record.dataset.task)
        self._seed = record.seed
        self._threads = record.threads
        self._bench = bench
        self._baselines = Baselines(
            run.baselines, self._split, record.dataset, self._metric, seed=record.seed, threads=record.threads
        )

    def is_better(self, value: float, best: float) -> bool:
        """Return whether `value` of the run's metric beats `best`."""
        return value > best if self._metric.greater_is_better else value < best

    def predict_split(self, script: Path, directory: Path) -> dict[str, int]:
        """Let ``inference.py`` predict all rows of the split without labels, check it, and keep the predictions.

        Parameters
        ----------
        script : Path
            ``inference.py`` among its files.
        directory : Path
            Gets ``predictions/train.csv``, ``predictions/validation.csv`` and ``importance.json``.

        Returns
        -------
        dict
            Number of rows of each part.

        Raises
        ------
        CheckError
            If the script breaks the contract; the text says how.
        """
        import numpy as np
        import pandas as pd

        parts = {name: self._split.rows(name) for name in ("train", "validation")}
        rows = pd.concat(parts.values(), ignore_index=True)
        first = len(parts["train"])
        made = exchanges(self._dataset, parts["validation"], seed=self._seed)
        predictions, altered = predict_checked(
            self._bench, self._dataset, script, rows, seed=self._seed, altered=None if made is None else made.frame
        )
        table = as_table(predictions)
        (directory / "predictions").mkdir(exist_ok=True)
        for name, part in (("train", table.iloc[:first]), ("validation", table.iloc[first:])):
            part.to_csv(directory / "predictions" / f"{name}.csv", index=False)
        (directory / "importance.json").unlink(missing_ok=True)  # none but ours
        if made is not None and altered is not None:
            of_validation = predictions.take(np.arange(first, predictions.rows))
            found = importance(of_validation, altered, made)
            write_json(directory / "importance.json", [each.model_dump(mode="json") for each in found])
        return {name: len(part) for name, part in parts.items()}

    def score_split(self, directory: Path, best: Path | None) -> IterationScores:
        """Score kept predictions.

        Parameters
        ----------
        directory : Path
            With the files of `predict_split`.
        best : Path or None
            The same of the best iteration so far, to compare with.
        """
        truths = {name: self._split.truth(name) for name in ("train", "validation")}
        made = {name: self._read(directory, name, truth.rows) for name, truth in truths.items()}
        groups = self._split.groups
        self.climb_ladder()
        evaluation = Evaluation(
            task=self._dataset.task,
            metric=self._metric.name,
            train=evaluate(
                truths["train"],
                made["train"],
                metric=self._metric,
                replicates=_TRAIN_REPLICATES,
                seed=self._seed,
            ),
            validation=evaluate(
                truths["validation"], made["validation"], metric=self._metric, groups=groups, seed=self._seed
            ),
            baselines=self._baselines.scores,
            gain=self._baselines.gain(truths["validation"], made["validation"]),
        )
        difference = None
        if best is not None:
            before = self._read(best, "validation", truths["validation"].rows)
            difference = paired_difference(
                truths["validation"], before, made["validation"], self._metric, groups=groups, seed=self._seed
            )
        diagnostics = diagnose(truths["validation"], made["validation"])
        return IterationScores(
            evaluation=evaluation,
            diagnostics=diagnostics,
            difference=difference,
            importance=_read_importance(directory),
            hardest=self._hardest(diagnostics.worst_rows, made["validation"]),
        )

    def climb_ladder(self) -> None:
        """Compute the baselines on the frozen split, once in a run."""
        self._baselines.climb()

    def gain_over_lookup(self, directory: Path) -> Interval | None:
        """Return by how much an iteration is better than a lookup of training rows; None without a lookup.

        Parameters
        ----------
        directory : Path
            With the predictions of the iteration.
        """
        if not self._baselines.has_lookup:
            return None
        truth = self._split.truth("validation")
        return self._baselines.gain_over_lookup(truth, self._read(directory, "validation", truth.rows))

    def worth(self, best: Path, scored: Sequence[Path]) -> Worth:
        """Return what the score of the best iteration is worth.

        Parameters
        ----------
        best : Path
            With its predictions.
        scored : sequence of Path
            The same of all iterations that it was chosen from, itself among them.
        """
        from agentomics_nb.evaluation.worth import judge

        truth = self._split.truth("validation")
        with threadpool_limits(self._threads):
            return judge(
                truth,
                self._read(best, "validation", truth.rows),
                [self._read(directory, "validation", truth.rows) for directory in scored],
                self._split.rows("train"),
                self._split.rows("validation"),
                dataset=self._dataset,
                metric=self._metric,
                groups=self._split.groups,
                seed=self._seed,
            )

    def validation_rows(self) -> pd.DataFrame:
        """Return the validation rows without their labels, as text."""
        return self._split.rows("validation")

    def score_again(self, directory: Path, again: Predictions) -> tuple[SplitScore, Interval]:
        """Score other predictions of the validation rows, and by how much they are better than an iteration's.

        Parameters
        ----------
        directory : Path
            With the predictions of the iteration.
        again : Predictions
            Of a second training.
        """
        truth, groups = self._split.truth("validation"), self._split.groups
        score = evaluate(truth, again, metric=self._metric, groups=groups, seed=self._seed)
        recorded = self._read(directory, "validation", truth.rows)
        return score, paired_difference(truth, recorded, again, self._metric, groups=groups, seed=self._seed)

    def open_test(self) -> tuple[pd.DataFrame, str]:
        """Open the test file; return its labelled rows and its sha256.

        Raises
        ------
        CheckError
            If it is no longer the file that the run began with.
        """
        from agentomics_nb.dataset import read
        from agentomics_nb.dataset.files import locate

        table = self._dataset.test
        if table is None:
            raise ValueError("the run has no test file")
        path = Path(table.path)
        try:
            sha256 = locate(path).sha256()
        except (OSError, InputError) as error:
            raise CheckError(f"The test file could not be opened at the end: {error}") from None
        if sha256 != table.sha256:
            raise CheckError(
                f"{path.name} has changed since the run began, so nothing was scored; put the file back as it was and "
                "start a new run."
            )
        target = self._dataset.target.name
        frame = read(table, text=self._split.text)
        frame = frame[frame[target].notna()].reset_index(drop=True)
        return frame, sha256

    def score_test(self, script: Path, frame: pd.DataFrame, worth: dict[str, Any] | None = None) -> SplitScore:
        """Score the best iteration on the rows of `open_test`, and at the cut-off of its `worth` if there is one.

        Raises
        ------
        CheckError
            If the script cannot predict them.
        """
        target = self._dataset.target.name
        rows = frame[[column.name for column in self._dataset.columns]]
        predictions = predict(self._bench, self._dataset, script, [rows])[0]
        truth = self._split.as_truth(frame[target])
        score = evaluate(truth, predictions, metric=self._metric, seed=self._seed)
        if worth is None or worth["threshold"] is None:
            return score
        from agentomics_nb.evaluation.threshold import Threshold, score_at

        found = score_at(Threshold.model_validate(worth["threshold"]), truth, predictions, seed=self._seed)
        return score.model_copy(update={"at_cut_off": found})

    def _hardest(self, places: Sequence[int], made: Predictions) -> list[dict[str, str]]:
        """Return validation rows with what was predicted for them, cut to what a person takes in."""
        frame = self._split.frame("validation")
        target = self._dataset.target.name
        others = [column.name for column in self._dataset.columns][:_MOST_SHOWN]
        shown = []
        for place in places:
            row = frame.iloc[place]
            entry = {
                "row": str(place + 1),
                "true": shortened(row[target], _LONGEST_SHOWN),
                "predicted": _said(made, place),
            }
            shown.append(entry | {f"column {name}": shortened(row[name], _LONGEST_SHOWN) for name in others})
        return shown

    def _read(self, directory: Path, name: str, rows: int) -> Predictions:
        return read_predictions(
            directory / "predictions" / f"{name}.csv",
            task=self._dataset.task,
            classes=self._dataset.target.classes or (),
            rows=rows,
        )


def _said(made: Predictions, place: int) -> str:
    """Return what was predicted for a row, with its probability."""
    if made.task == "regression":
        return f"{made.numbers[place]:.4g}"
    label = shortened(made.classes[int(made.codes[place])], _LONGEST_SHOWN)
    return label if made.probabilities is None else f"{label} ({made.probabilities[place].max():.2f})"


def _read_importance(directory: Path) -> list[dict[str, Any]]:

    path = directory / "importance.json"
    return list(json.loads(path.read_bytes())) if path.is_file() else []
