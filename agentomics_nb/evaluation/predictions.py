"""What a model predicted for each row: its checks, its file, and whether it depends on the other rows."""

from __future__ import annotations

import csv
import reprlib
import warnings
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from agentomics_nb.errors import AgentomicsError
from agentomics_nb.evaluation.labels import LabelMatcher, encode
from agentomics_nb.evaluation.weighted import LARGEST, usable

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from agentomics_nb.evaluation.metrics import Task
    from agentomics_nb.evaluation.weighted import Codes, Floats

PREDICTION = "prediction"
PROBABILITY = "probability_"
SUM_TOLERANCE = 1e-3
"""How far a row's probabilities may sum from 1: enough for three printed decimals."""
_ROUNDING = 1e-6
"""How far a probability may leave [0, 1], as single precision does; it is moved back."""


class PredictionsError(AgentomicsError):
    """Predictions break the contract; the message says where and how, for the planner to mend its script."""


@dataclass(frozen=True, eq=False)
class Predictions:
    """One prediction per row, in the order of the rows.

    Parameters
    ----------
    task
        Decides which of the two follows.
    labels
        Classification: the predicted class of each row as text, shape (rows,).
    values
        Regression: the predicted value of each row, shape (rows,).
    probabilities
        Classification: the probability of each class, shape (rows, classes), columns as in ``classes``; may
        be absent, and then metrics that need them are undefined.
    classes
        Classification: all classes as text, in the order of the truth.

    Raises
    ------
    PredictionsError
        A label is none of the classes, or a number is missing, infinite, or no probability. Rows are counted
        from 1, the header not included.
    ValueError
        The parts do not fit together.
    """

    task: Task
    labels: NDArray[np.object_] | None = None
    values: Floats | None = None
    probabilities: Floats | None = None
    classes: tuple[str, ...] = ()

    def __init__(
        self,
        task: Task,
        labels: Sequence[str] | NDArray[Any] | None = None,
        values: Sequence[float] | NDArray[Any] | None = None,
        probabilities: Sequence[Sequence[float]] | NDArray[Any] | None = None,
        classes: Sequence[str] = (),
    ) -> None:
        set_field = object.__setattr__
        set_field(self, "task", task)
        set_field(self, "labels", None if labels is None else np.asarray(labels, dtype=object))
        set_field(self, "values", None if values is None else np.asarray(values, dtype=np.float64))
        set_field(self, "classes", tuple(classes))
        given = self.labels if task == "classification" else self.values
        if given is None or given.ndim != 1 or len(given) == 0 or (self.labels is None) == (self.values is None):
            raise ValueError("classification needs labels and regression needs values, one for each row")
        if self.values is not None:
            _require_usable(PREDICTION, self.values)
        if self.labels is not None and (self.codes < 0).any():
            row = int(np.argmin(self.codes))
            raise PredictionsError(_unknown_label(row, self.labels[row], self.classes))
        set_field(self, "probabilities", None)
        if probabilities is not None:
            set_field(self, "probabilities", self._checked(np.asarray(probabilities, dtype=np.float64)))

    def _checked(self, probabilities: Floats) -> Floats:
        if probabilities.shape != (self.rows, len(self.classes)):
            raise ValueError("probabilities need one row for each row and one column for each class")
        for name, column in zip(self.classes, probabilities.T, strict=True):
            _require_usable(PROBABILITY + name, column)
            outside = (column < -_ROUNDING) | (column > 1 + _ROUNDING)
            if outside.any():
                row = int(np.argmax(outside))
                raise PredictionsError(
                    f"column {_shown(PROBABILITY + name)}, row {row + 1}: expected a probability from 0 to "
                    f"1, found {column[row]:.6g} ({_counted(outside)})."
                )
        sums = probabilities.sum(axis=1)
        off = np.abs(sums - 1) > SUM_TOLERANCE
        if off.any():
            row = int(np.argmax(off))
            raise PredictionsError(
                f"row {row + 1}: the {PROBABILITY}<class> columns must sum to 1, but sum to {sums[row]:.6g} "
                f"({_counted(off)})."
            )
        return np.clip(probabilities, 0.0, 1.0)

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.labels if self.labels is not None else self.numbers)

    @property
    def numbers(self) -> Floats:
        """The values of a regression, shape (rows,)."""
        if self.values is None:
            raise ValueError("a classification has no values")
        return self.values

    @property
    def class_probabilities(self) -> Floats:
        """The probabilities of a classification, shape (rows, classes)."""
        if self.probabilities is None:
            raise ValueError("these predictions have no probabilities")
        return self.probabilities

    @cached_property
    def codes(self) -> Codes:
        """The place of each row's label in ``classes``, shape (rows,)."""
        if self.labels is None:
            raise ValueError("a regression has no labels")
        return encode(self.labels, self.classes)

    def take(self, rows: Codes) -> Predictions:
        """Return the given rows only, in the given order."""
        if self.labels is None:
            return Predictions(self.task, values=self.numbers[rows])
        probabilities = None if self.probabilities is None else self.probabilities[rows]
        return Predictions(self.task, labels=self.labels[rows], probabilities=probabilities, classes=self.classes)


def read_predictions(path: str | Path, *, task: Task, classes: Sequence[str] = (), rows: int) -> Predictions:
    """Read the CSV file that an inference script wrote, and hold it to the contract.

    Parameters
    ----------
    path
        UTF-8, comma-separated, with a header: ``prediction``, and for a classification
        ``probability_<class>`` for each class. Labels are text; "1.0" is taken for the class "1" where no two
        classes are that number. Other columns are ignored.
    rows
        How many rows the input of the script had.

    Raises
    ------
    PredictionsError
        The file breaks the contract; the message names the file, the column and the row, counted from 1
        without the header, and says what was expected and found.
    """
    path = Path(path)
    try:
        table = _read_text(path)
        if len(table) != rows:
            raise PredictionsError(f"expected {rows} rows, one for each input row, found {len(table)}.")
        if task == "regression":
            return _regression(table)
        return _classification(table, tuple(classes))
    except PredictionsError as error:
        raise PredictionsError(f"{path.name}: {error}") from None


def _read_text(path: Path) -> pd.DataFrame:
    """Return every cell as text, None where missing; names of columns are those of the file, undoubled."""
    import pandas as pd

    if not path.is_file():
        raise PredictionsError("the file does not exist; the inference script must write it to --output.")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            header = next(csv.reader(file), [])
        if not any(header):
            raise PredictionsError("the file is empty; expected a header and one row for each input row.")
        doubled = [name for name in header if header.count(name) > 1]
        if doubled:
            raise PredictionsError(f"column {_shown(doubled[0])} occurs {header.count(doubled[0])} times.")
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            return pd.read_csv(
                path,
                encoding="utf-8-sig",
                dtype=str,
                header=0,
                names=header,
                index_col=False,
                keep_default_na=False,
                na_values=[""],
                skip_blank_lines=False,
            )
    except OSError as error:
        raise PredictionsError(f"the file cannot be read: {error.strerror}.") from None
    except (UnicodeDecodeError, csv.Error, pd.errors.ParserError, pd.errors.ParserWarning) as error:
        detail = str(error).strip().splitlines()[0]
        raise PredictionsError(f"not a UTF-8 comma-separated table with a header: {detail}.") from None


def _regression(table: pd.DataFrame) -> Predictions:
    _require_columns(table, [PREDICTION])
    stray = [name for name in table.columns if name.startswith(PROBABILITY)]
    if stray:
        raise PredictionsError(f"column {_shown(stray[0])} does not belong to a regression.")
    return Predictions("regression", values=_numbers(table, PREDICTION))


def _classification(table: pd.DataFrame, classes: tuple[str, ...]) -> Predictions:
    matcher = LabelMatcher(classes)
    column_of: dict[str, str] = {}
    for column in table.columns:
        if not column.startswith(PROBABILITY):
            continue
        name = matcher.find(column.removeprefix(PROBABILITY))
        if name is None:
            raise PredictionsError(f"column {_shown(column)} belongs to none of the classes {_listed(classes)}.")
        if name in column_of:
            raise PredictionsError(f"columns {_shown(column_of[name])} and {_shown(column)} are the same class.")
        column_of[name] = column
    _require_columns(table, [PREDICTION, *(column_of.get(name, PROBABILITY + name) for name in classes)])

    found = table[PREDICTION]
    _require_present(PREDICTION, found.isna().to_numpy())
    spellings = {text: matcher.find(text) for text in found.unique()}
    unknown = found.map({text: name is None for text, name in spellings.items()}).to_numpy(dtype=bool)
    if unknown.any():
        row = int(np.argmax(unknown))
        raise PredictionsError(_unknown_label(row, found.iloc[row], classes))
    return Predictions(
        "classification",
        labels=found.map(spellings).to_numpy(dtype=object),
        probabilities=np.column_stack([_numbers(table, column_of[name]) for name in classes]),
        classes=classes,
    )


def _require_columns(table: pd.DataFrame, wanted: list[str]) -> None:
    absent = [name for name in wanted if name not in table.columns]
    if absent:
        raise PredictionsError(
            f"column {_shown(absent[0])} is missing; expected {_listed(wanted)}, found {_listed(table.columns)}."
        )


def _numbers(table: pd.DataFrame, column: str) -> Floats:
    import pandas as pd

    cells = table[column]
    _require_present(column, cells.isna().to_numpy())
    numbers = pd.to_numeric(cells, errors="coerce").to_numpy(dtype=np.float64)
    if not usable(numbers).all():
        row = int(np.argmin(usable(numbers)))
        raise PredictionsError(_not_usable(column, row, cells.iloc[row]))
    return numbers


def _require_present(column: str, missing: NDArray[np.bool_]) -> None:
    if missing.any():
        row = int(np.argmax(missing))
        raise PredictionsError(f"column {_shown(column)}, row {row + 1}: the value is missing ({_counted(missing)}).")


def _require_usable(column: str, numbers: Floats) -> None:
    good = usable(numbers)
    if not good.all():
        row = int(np.argmin(good))
        raise PredictionsError(_not_usable(column, row, numbers[row]))


def _not_usable(column: str, row: int, found: object) -> str:
    return (
        f"column {_shown(column)}, row {row + 1}: expected a finite number of at most {LARGEST:g} in size, "
        f"found {_shown(found)}."
    )


def _unknown_label(row: int, found: object, classes: Sequence[str]) -> str:
    return (
        f"column {PREDICTION!r}, row {row + 1}: expected one of the classes {_listed(classes)}, found {_shown(found)}."
    )


def _shown(value: object) -> str:
    return reprlib.repr(str(value))


def _listed(names: Sequence[str] | pd.Index, most: int = 12) -> str:
    shown = [_shown(name) for name in names[:most]]
    return ", ".join(shown) + (f" … ({len(names)} in all)" if len(names) > most else "")


def _counted(rows: NDArray[np.bool_]) -> str:
    count = int(rows.sum())
    return "1 such row" if count == 1 else f"{count} such rows"
