"""Score an iteration from the predictions of its own ``inference.py``: never from the agent's figures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agentomics_nb.errors import InputError
from agentomics_nb.evaluation import (
    Diagnostics,
    Evaluation,
    Interval,
    Predictions,
    SplitScore,
    Truth,
    constant_baseline,
    diagnose,
    evaluate,
    paired_difference,
    read_predictions,
    resolve,
)
from agentomics_nb.experiment.inference import predict, predict_checked
from agentomics_nb.experiment.tools import CheckError

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    import pandas as pd

    from agentomics_nb.experiment.bench import Bench
    from agentomics_nb.journal.directory import RunDirectory, RunRecord

# On the training rows only the distance to validation is of interest: few replicates do.
_TRAIN_REPLICATES = 200


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
    """

    evaluation: Evaluation
    diagnostics: Diagnostics
    difference: Interval | None


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
        self._run = run
        self._dataset = record.dataset
        self._contract = record.contract
        self._metric = resolve(record.metric, record.dataset.task)
        self._seed = record.seed
        self._bench = bench

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
            Gets ``predictions/train.csv`` and ``predictions/validation.csv``.

        Returns
        -------
        dict
            Number of rows of each part.

        Raises
        ------
        CheckError
            If the script breaks the contract; the text says how.
        """
        import pandas as pd

        parts = {name: self._rows(name) for name in ("train", "validation")}
        rows = pd.concat(parts.values(), ignore_index=True)
        predictions = predict_checked(self._bench, self._dataset, script, rows, seed=self._seed)
        table = _table(predictions)
        first = len(parts["train"])
        (directory / "predictions").mkdir(exist_ok=True)
        for name, part in (("train", table.iloc[:first]), ("validation", table.iloc[first:])):
            part.to_csv(directory / "predictions" / f"{name}.csv", index=False)
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
        truths = {name: self._truth(name) for name in ("train", "validation")}
        made = {name: self._read(directory, name, truth.rows) for name, truth in truths.items()}
        groups = self._groups()
        baseline = constant_baseline(truths["train"], truths["validation"].rows)
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
            baseline=evaluate(
                truths["validation"],
                baseline,
                metric=self._metric,
                replicates=_TRAIN_REPLICATES,
                seed=self._seed,
            ),
        )
        difference = None
        if best is not None:
            before = self._read(best, "validation", truths["validation"].rows)
            difference = paired_difference(
                truths["validation"], before, made["validation"], self._metric, groups=groups, seed=self._seed
            )
        return IterationScores(evaluation, diagnose(truths["validation"], made["validation"]), difference)

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
        frame = read(table, text=self._text())
        frame = frame[frame[target].notna()].reset_index(drop=True)
        return frame, sha256

    def score_test(self, script: Path, frame: pd.DataFrame) -> SplitScore:
        """Score the best iteration on the rows of `open_test`.

        Raises
        ------
        CheckError
            If the script cannot predict them.
        """
        target = self._dataset.target.name
        rows = frame[[column.name for column in self._dataset.columns]]
        predictions = predict(self._bench, self._dataset, script, [rows])[0]
        return evaluate(self._as_truth(frame[target]), predictions, metric=self._metric, seed=self._seed)

    def _rows(self, name: str) -> pd.DataFrame:
        """Return the label-less rows as text, exactly as they stand in the split."""
        import pandas as pd

        frame = pd.read_csv(self._run.split / f"{name}.csv", dtype=str, keep_default_na=False)
        return frame.drop(columns=self._dataset.target.name)

    def _truth(self, name: str) -> Truth:
        import pandas as pd

        target = self._dataset.target.name
        frame = pd.read_csv(
            self._run.split / f"{name}.csv",
            usecols=[target],
            dtype=dict.fromkeys(self._text(), str),
            keep_default_na=False,
        )
        return self._as_truth(frame[target])

    def _as_truth(self, values: pd.Series[Any]) -> Truth:
        if self._dataset.task == "classification":
            classes = self._dataset.target.classes or ()
            return Truth("classification", labels=values.to_numpy(dtype=object), classes=classes)
        return Truth("regression", values=values.to_numpy(dtype=float))

    def _text(self) -> tuple[str, ...]:
        return (self._dataset.target.name,) if self._dataset.task == "classification" else ()

    def _groups(self) -> Sequence[Hashable] | None:
        import pandas as pd

        if self._contract.strategy != "group" or self._contract.column is None:
            return None
        column = self._contract.column
        frame = pd.read_csv(self._run.split / "validation.csv", usecols=[column], dtype=str, keep_default_na=False)
        return list(frame[column])

    def _read(self, directory: Path, name: str, rows: int) -> Predictions:
        return read_predictions(
            directory / "predictions" / f"{name}.csv",
            task=self._dataset.task,
            classes=self._dataset.target.classes or (),
            rows=rows,
        )


def _table(predictions: Predictions) -> pd.DataFrame:
    """Return predictions in the form of the contract."""
    import pandas as pd

    if predictions.task == "regression":
        return pd.DataFrame({"prediction": predictions.numbers})
    table = pd.DataFrame({"prediction": predictions.labels})
    if predictions.probabilities is not None:
        for label, column in zip(predictions.classes, predictions.probabilities.T, strict=True):
            table[f"probability_{label}"] = column
    return table
