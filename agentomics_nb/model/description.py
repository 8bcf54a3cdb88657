"""``model_description.json``: what a model expects of the rows it scores, and how it was trained.

With it a model's folder stands alone.

It holds names of columns, classes and categories and the range of each number, but no row, no path and no secret.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from agentomics_nb.dataset.model import ColumnKind, Task
from agentomics_nb.dataset.target import to_series
from agentomics_nb.dataset.verbatim import MISSING
from agentomics_nb.errors import RunError
from agentomics_nb.experiment.recorded_training import RecordedTraining
from agentomics_nb.experiment.steps import Step, Training
from agentomics_nb.journal.directory import damaged, write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

    from agentomics_nb.dataset import Dataset
    from agentomics_nb.dataset.model import Column
    from agentomics_nb.journal.directory import RunDirectory
    from agentomics_nb.journal.state import CellState, IterationState

FILE = "model_description.json"
"""No agent names its model so: the file must not take the place of one of its own."""
MOST_CATEGORIES = 200
"""Different words of a column up to which they are kept; more are names rather than categories."""
_LONGEST_CATEGORY = 100
_NEVER_LEARNED = {ColumnKind.IDENTIFIER, ColumnKind.CONSTANT, ColumnKind.TARGET_COPY}
_NUMBERS = {ColumnKind.NUMERIC, ColumnKind.COUNT}
LabelType = Literal["text", "truth", "integer", "number"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ModelColumn(_Part):
    """A column that rows to be scored must have, as the training rows showed it.

    Parameters
    ----------
    name : str
        As in the file.
    kind : ColumnKind
        What its values are.
    alphabet : str or None
        Of sequences, as in `agentomics_nb.dataset.model.Column`.
    length : int or None
        Of sequences that all have this many letters.
    categories : tuple of str or None
        All words that the model was trained with; None for other kinds, and where there are too many.
    minimum, maximum : float or None
        Of numbers.
    decimals : bool
        Whether values are written with a point.
    """

    name: str
    kind: ColumnKind
    alphabet: str | None = None
    length: int | None = None
    categories: tuple[str, ...] | None = None
    minimum: float | None = None
    maximum: float | None = None
    decimals: bool = False

    @property
    def is_needed(self) -> bool:
        """Whether something could be learned from it."""
        return self.kind not in _NEVER_LEARNED

    @property
    def is_number(self) -> bool:
        """Whether its values are quantities."""
        return self.kind in _NUMBERS


class ModelTarget(_Part):
    """What is predicted.

    Parameters
    ----------
    name : str
        Of the column in the training table.
    classes : tuple of str or None
        Labels as text, in the order of the probabilities; None for a regression.
    type : {"text", "truth", "integer", "number"}
        Of the labels in Python; files hold them as text.
    """

    name: str
    classes: tuple[str, ...] | None = None
    type: LabelType


class ModelTraining(_Part):
    """How the model was trained: ``python SCRIPT ARGUMENTS`` beside ``train.csv``.

    Parameters
    ----------
    script, artefact : str
        The training script, and the file that it writes.
    arguments : tuple of str
        What it was started with.
    seed, threads : int
        Of the run.
    seconds : float
        That it took then.
    """

    script: str
    artefact: str
    arguments: tuple[str, ...] = ()
    seed: int
    threads: int
    seconds: float


class NewTraining(_Part):
    """On what a model was trained again, after its run.

    Parameters
    ----------
    data : str
        Name of the file.
    sha256 : str
        Of the file.
    rows : int
        Labelled rows.
    when : str
        ISO 8601, UTC.
    """

    data: str
    sha256: str
    rows: int
    when: str


class ModelDescription(_Part):
    """``model_description.json``.

    Parameters
    ----------
    format : int
        Version of this form: 1.
    run, iteration
        Where the scripts come from.
    task : {"classification", "regression"}
        What was learned.
    metric : str
        By which the run compared its iterations.
    target : ModelTarget
        What is predicted.
    columns : tuple of ModelColumn
        In the order of the training table, without the target.
    inference : str
        The script that scores rows, a file in the folder.
    training : ModelTraining or None
        None where the run does not say.
    retrained : NewTraining or None
        None for the model of the run itself.
    """

    format: Literal[1]
    run: str
    iteration: int
    task: Task
    metric: str
    target: ModelTarget
    columns: tuple[ModelColumn, ...]
    inference: str
    training: ModelTraining | None = None
    retrained: NewTraining | None = None

    @field_validator("inference")
    @classmethod
    def _within(cls, name: str) -> str:
        """Refuse a script outside the folder: whoever is given a model runs what stands here."""
        if Path(name).is_absolute() or ".." in Path(name).parts:
            raise ValueError("leads out of the folder")
        return name

    @property
    def names(self) -> list[str]:
        """Names of the columns."""
        return [column.name for column in self.columns]

    @property
    def numbers(self) -> list[ModelColumn]:
        """The columns of quantities."""
        return [column for column in self.columns if column.is_number]

    def trained_on(self, rows: pd.DataFrame, again: NewTraining, seconds: float) -> ModelDescription:
        """Return the description of the same model, trained on other rows in so many seconds."""
        training = self.training and self.training.model_copy(update={"seconds": round(seconds, 3)})
        columns = tuple(_seen_in(column, rows[column.name]) for column in self.columns)
        return self.model_copy(update={"columns": columns, "training": training, "retrained": again})

    def write(self, folder: Path) -> None:
        """Write ``model_description.json`` into a folder."""
        write_atomically(folder / FILE, self.model_dump_json(indent=1, exclude_defaults=True) + "\n")


def read_description(folder: Path) -> ModelDescription | None:
    """Read ``model_description.json``; None if there is none.

    Raises
    ------
    RunError
        If it is damaged, or written by a newer version.
    """
    path = folder / FILE
    try:
        return ModelDescription.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise RunError(f"{path} cannot be read: {error.strerror or error}.") from None
    except ValidationError as error:
        raise damaged(path, error) from None


def describe_model(run: RunDirectory, iteration: IterationState, cells: Iterable[CellState]) -> ModelDescription:
    """Return what the model of an iteration expects, from ``run.json`` and the frozen training rows.

    Parameters
    ----------
    run : RunDirectory
        The run.
    iteration : IterationState
        With a model.
    cells : iterable of CellState
        Those of the run; they say how the training script was started.
    """
    record = run.read_record()
    dataset, inference = record.dataset, iteration.answer(Step.INFERENCE) or {}
    training = None
    if iteration.answer(Step.TRAINING):
        recorded = RecordedTraining.of(iteration, cells)
        training = ModelTraining(
            script=recorded.script,
            artefact=Training.model_validate(iteration.answer(Step.TRAINING)).artefact,
            arguments=recorded.arguments,
            seed=record.seed,
            threads=record.threads,
            seconds=round(recorded.seconds, 3),
        )
    return ModelDescription(
        format=1,
        run=record.run,
        iteration=iteration.number,
        task=dataset.task,
        metric=record.metric,
        target=ModelTarget(name=dataset.target.name, classes=dataset.target.classes, type=_label_type(dataset)),
        columns=_with_categories([_column(column) for column in dataset.columns], run.split / "train.csv"),
        inference=str(inference.get("script", "inference.py")),
        training=training,
    )


def _categories_of(values: pd.Series[Any]) -> tuple[str, ...] | None:
    """Return the different words of a column, or None if they are too many, or too long to be categories."""
    words = sorted(str(word) for word in values.dropna().unique())
    fit = len(words) <= MOST_CATEGORIES and all(len(word) <= _LONGEST_CATEGORY for word in words)
    return tuple(words) if fit else None


def _column(column: Column) -> ModelColumn:
    is_sequence = column.alphabet is not None
    return ModelColumn(
        name=column.name,
        kind=column.kind,
        alphabet=column.alphabet,
        length=column.length_max if is_sequence and column.length_min == column.length_max else None,
        minimum=column.minimum if column.kind in _NUMBERS else None,
        maximum=column.maximum if column.kind in _NUMBERS else None,
        decimals=any("." in example for example in column.examples),
    )


def _seen_in(column: ModelColumn, values: pd.Series[Any]) -> ModelColumn:
    """Return a column as other training rows show it."""
    import numpy as np

    update: dict[str, Any] = {}
    if column.kind == ColumnKind.CATEGORICAL:
        update["categories"] = _categories_of(values)
    elif column.is_number:
        numbers = to_series(values.astype("str")).to_numpy()
        finite = numbers[np.isfinite(numbers)]
        update = {"minimum": float(finite.min()), "maximum": float(finite.max())} if len(finite) else {}
    elif column.alphabet is not None:
        lengths = values.dropna().astype("str").str.len().unique()
        update["length"] = int(lengths[0]) if len(lengths) == 1 else None
    return column.model_copy(update=update)


def _with_categories(columns: Sequence[ModelColumn], train: Path) -> tuple[ModelColumn, ...]:
    """Return the columns with the categories that stand in the training rows of the split."""
    import pandas as pd

    wanted = [column.name for column in columns if column.kind == ColumnKind.CATEGORICAL]
    if not wanted or not train.is_file():
        return tuple(columns)
    rows = pd.read_csv(train, usecols=wanted, dtype=str, keep_default_na=False, na_values=list(MISSING))
    update = {name: {"categories": _categories_of(rows[name])} for name in wanted}
    return tuple(column.model_copy(update=update.get(column.name)) for column in columns)


def _label_type(dataset: Dataset) -> LabelType:
    """Return the type that labels, which are text in all files, have in Python where nothing is lost by it."""
    classes = dataset.target.classes or ()
    if dataset.task == "regression":
        return "number"
    if dataset.train.format == "parquet" and _is_text(dataset):
        return "text"
    if all(label in ("True", "False") for label in classes):
        return "truth"
    if all(re.fullmatch(r"0|-?[1-9]\d{0,17}", label) for label in classes):
        return "integer"
    return "number" if all(_is_number(label) for label in classes) else "text"


def _is_number(label: str) -> bool:
    try:
        return repr(float(label)) == label
    except ValueError:
        return False


def _is_text(dataset: Dataset) -> bool:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        kind = pq.read_schema(dataset.train.path).field(dataset.target.name).type
    except (OSError, KeyError, pa.ArrowException):
        return False  # the training file has gone: judge by the labels themselves
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))
