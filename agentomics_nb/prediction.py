"""Score new rows with a model's ``inference.py``: chunk by chunk, each in a process of its own, without secrets."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import filelock

from agentomics_nb.dataset.chunks import divided, read_chunks
from agentomics_nb.dataset.files import locate
from agentomics_nb.dataset.inspection import describe_rows
from agentomics_nb.dataset.writing import write_csv
from agentomics_nb.errors import InputError, RunError
from agentomics_nb.frames import plain_table, with_entities
from agentomics_nb.journal import events as ev
from agentomics_nb.journal.writer import JournalWriter
from agentomics_nb.model.acceptance import Acceptance
from agentomics_nb.model.folder import settled
from agentomics_nb.model.program import run_program
from agentomics_nb.model.quantities import with_plain_numbers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import pandas as pd

    from agentomics_nb.dataset import TableFile
    from agentomics_nb.dataset.files import Source
    from agentomics_nb.evaluation import Predictions
    from agentomics_nb.model.description import ModelDescription
    from agentomics_nb.model.folder import ModelFolder

    Progress = Callable[[int, int], None]
    """Called with the rows that are scored and the rows that there are."""


@dataclass(frozen=True)
class Scored:
    """What came of scoring a file: the number of rows, and sentences about what is strange about them."""

    rows: int
    notes: tuple[str, ...] = ()


def default_output(data: Path) -> Path:
    """Return where the predictions of a file go, unless another place is named: beside whoever asks."""
    return Path(f"{data.name.split('.')[0]}.predictions.csv")


def predict_file(model: ModelFolder, data: Path, output: Path, *, progress: Progress | None = None) -> Scored:
    """Score the rows of a file; memory holds one chunk of them.

    All rows are looked at before the first is scored. The output is there when all are scored, or not at all.

    Parameters
    ----------
    model : ModelFolder
        Scores.
    data : Path
        csv, tsv or parquet, also compressed, with the columns of the training table; others are ignored.
    output : Path
        Gets one line a row, in the same order: ``prediction``, and ``probability_<class>`` for classes.
    progress : callable, optional
        Told how many rows are scored, of how many.

    Raises
    ------
    InputError
        If the file cannot be used; the sentence names what is missing.
    RunError
        If its script fails.
    """
    source = locate(data)
    if output.resolve() == source.path.resolve():
        raise InputError(f"{output} holds the rows to score; choose another --output.")
    _note_look(model, source)
    table = describe_rows(source)
    if not table.rows:
        raise InputError(f"{data.name} holds a header and no rows; give a file with rows to score.")
    acceptance = Acceptance(data.name, model.description, table.columns, marks=table.marks)
    held = _look_at_all(acceptance, data.name, table)
    notes = [*acceptance.about_columns(), *acceptance.about_values()]
    again = read_chunks(table, acceptance.wanted) if held is None else divided(held)
    plain = (with_plain_numbers(chunk, model.description.numbers, table.marks) for chunk in again)
    with settled(model) as still, _draft_of(output) as append:
        for made in _score_all(still, plain, table.rows, progress):
            append(made)
    return Scored(table.rows, tuple(notes))


def predict_frame(
    model: ModelFolder, frame: pd.DataFrame, *, progress: Progress | None = None
) -> tuple[pd.DataFrame, Scored]:
    """Score the rows of a DataFrame.

    Parameters
    ----------
    model : ModelFolder
        Scores.
    frame : DataFrame, shape (rows, columns)
        With the columns of the training table; others are ignored.
    progress : callable, optional
        Told how many rows are scored, of how many.

    Returns
    -------
    predictions : DataFrame, shape (rows, 1 + classes)
        ``prediction``, and ``probability_<class>`` for classes; the index is that of `frame`. Labels have the
        type of the training column where nothing is lost by it: numbers and truth values come back as such.
    scored : Scored
        What is strange about the values.

    Raises
    ------
    InputError
        If a column is missing, or holds something else.
    RunError
        If its script fails.
    """
    import pandas as pd

    if frame.columns.nlevels > 1:
        raise InputError(f"The columns of the frame have {frame.columns.nlevels} levels; flatten them to one.")
    named, description = with_entities(frame), model.description
    acceptance = Acceptance("The frame", description, tuple(named.columns))
    rows = _without_decimals(plain_table(named[acceptance.wanted], "The frame"), description)
    acceptance.look(rows)
    notes = acceptance.about_values()
    with settled(model) as still:
        parts = list(_score_all(still, divided(rows), len(rows), progress))
    predictions = pd.concat(parts, ignore_index=True) if parts else _nothing(description)
    if description.task == "classification":
        predictions["prediction"] = _restored(predictions["prediction"], description)
    return predictions.set_axis(frame.index, axis="index"), Scored(len(rows), tuple(notes))


def checked_predictions(model: ModelFolder, rows: pd.DataFrame) -> Predictions:
    """Score rows and hold the predictions to their contract.

    Raises
    ------
    RunError
        If the script fails, or its predictions break the contract.
    """
    from agentomics_nb.evaluation import PredictionsError, read_predictions

    description = model.description
    with tempfile.TemporaryDirectory(prefix="agentomics-") as name:
        made = Path(name, "predictions.csv")
        _score(model, rows).to_csv(made, index=False)
        try:
            return read_predictions(
                made, task=description.task, classes=description.target.classes or (), rows=len(rows)
            )
        except PredictionsError as error:
            raise RunError(f"The predictions of {model.inference.name} break the contract: {error}") from None


def _restored(labels: pd.Series[Any], model: ModelDescription) -> pd.Series[Any]:
    """Return labels, which are text in all files, in the type of the training column."""
    kind = model.target.type
    if kind == "truth":
        return labels == "True"
    if kind == "text":
        return labels
    return labels.astype("int64") if kind == "integer" else labels.astype("float64")


def _without_decimals(rows: pd.DataFrame, model: ModelDescription) -> pd.DataFrame:
    """Return rows in which numbers that are names are whole again: a gap had made 7.0 of chromosome 7."""
    import pandas as pd

    update = {}
    for column in model.columns:
        if not column.is_number and column.name in rows and pd.api.types.is_float_dtype(rows[column.name]):
            values = rows[column.name]
            if (values.dropna() % 1 == 0).all() and not column.decimals:
                update[column.name] = values.astype("Int64")
    return rows.assign(**update) if update else rows


def _look_at_all(acceptance: Acceptance, name: str, table: TableFile) -> pd.DataFrame | None:
    """Let all rows of a file be looked at; return them if they fit into one chunk, so that they are read once."""
    seen, last = 0, None
    for rows in read_chunks(table, acceptance.wanted):
        acceptance.look(rows)
        seen, last = seen + len(rows), rows
    if seen != table.rows:
        raise InputError(
            f"{name} has quotation marks that do not match ({table.rows:,} or {seen:,} rows); write it again with "
            "quoted fields closed."
        )
    return last if last is not None and len(last) == seen else None


def _score_all(
    model: ModelFolder, chunks: Iterable[pd.DataFrame], total: int, progress: Progress | None
) -> Iterator[pd.DataFrame]:
    """Yield the predictions of each chunk, and tell how far that is."""
    tell, done = progress or (lambda done, total: None), 0
    for rows in chunks:
        tell(done, total)
        yield _score(model, rows)
        done += len(rows)
    tell(done, total)


def _score(model: ModelFolder, rows: pd.DataFrame) -> pd.DataFrame:
    """Run ``inference.py`` on rows; in order, labels as text."""
    import pandas as pd

    script = model.inference
    if not script.is_file():
        raise RunError(f"{model.path} is no whole model: {script.name} is missing.")
    with tempfile.TemporaryDirectory(prefix="agentomics-") as name:
        place = Path(name)
        write_csv(rows.reindex(columns=model.description.names), place / "input.csv")
        arguments = ["--input", "input.csv", "--output", "predictions.csv"]
        run_program(script, arguments, files=model.path, place=place)
        kind = {"prediction": str} if model.description.task == "classification" else None
        if (place / "predictions.csv").is_symlink():
            raise RunError(f"{script} wrote no predictions, but a link to another file.")
        try:
            predictions = pd.read_csv(place / "predictions.csv", dtype=kind, keep_default_na=kind is None)
        except (OSError, ValueError) as error:
            raise RunError(f"{script} wrote no readable predictions: {error}") from None
    if len(predictions) != len(rows) or "prediction" not in predictions:
        raise RunError(f"{script} wrote {len(predictions):,} predictions for {len(rows):,} rows.")
    return predictions


@contextmanager
def _draft_of(output: Path) -> Iterator[Callable[[pd.DataFrame], None]]:
    """Give a function that appends rows to a file, which takes its place if all goes well, and else leaves no trace."""
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=output.parent, prefix=f".{output.name}.")
    except OSError as error:
        raise _unwritable(output, error) from None
    draft = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:

            def append(rows: pd.DataFrame) -> None:
                try:
                    rows.to_csv(file, index=False, header=file.tell() == 0)
                    file.flush()
                except OSError as error:
                    raise _unwritable(output, error) from None

            yield append
        try:
            draft.chmod(0o644)
            draft.replace(output)
        except OSError as error:
            raise _unwritable(output, error) from None
    finally:
        draft.unlink(missing_ok=True)


def _unwritable(output: Path, error: OSError) -> InputError:
    reason = (error.strerror or str(error)).lower()
    return InputError(f"{output} cannot be written ({reason}); choose another --output.")


def _note_look(model: ModelFolder, source: Source) -> None:
    """Enter it in the ledger if the rows are those of the test file: a person may look again, and it counts.

    Raises
    ------
    InputError
        If the run has not scored them itself yet.
    """
    test = None if model.run is None else model.run.read_record().dataset.test
    if model.run is None or test is None or not source.is_same(test):
        return
    try:
        with model.run.lock().acquire(timeout=2), JournalWriter(model.run.events) as journal:
            text = f"{source.name} was scored again by the person, with agentomics predict."
            journal.write(ev.TestOpened(by="person", sha256=test.sha256, text=text))
    except filelock.Timeout:
        raise InputError(
            f"{source.name} is the test file of {model}, which is still at work; wait for its end, or stop it."
        ) from None


def _nothing(model: ModelDescription) -> pd.DataFrame:
    """Return the predictions of no rows."""
    import pandas as pd

    names = [f"probability_{label}" for label in model.target.classes or ()]
    empty = pd.DataFrame(columns=["prediction", *names], dtype="float64")
    return empty.astype({"prediction": "str"}) if model.task == "classification" else empty
