"""Score new rows with a run's best model: its ``inference.py``, in a process of its own, without secrets."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import filelock

from agentomics_nb.dataset import ColumnKind, read
from agentomics_nb.dataset.comparison import about_types
from agentomics_nb.dataset.dialect import find_dialect
from agentomics_nb.dataset.encoding import find_encoding
from agentomics_nb.dataset.files import locate
from agentomics_nb.dataset.model import TableFile
from agentomics_nb.dataset.number_marks import PLAIN
from agentomics_nb.dataset.reading import read_row_names
from agentomics_nb.dataset.target import listed
from agentomics_nb.dataset.writing import write_csv
from agentomics_nb.environment import scrubbed
from agentomics_nb.errors import InputError, RunError
from agentomics_nb.frames import plain_table, with_entities
from agentomics_nb.isolation import choose, confined, private, reach_of_scripts
from agentomics_nb.journal import events as ev
from agentomics_nb.journal.state import read_state
from agentomics_nb.journal.writer import JournalWriter

if TYPE_CHECKING:
    import pandas as pd

    from agentomics_nb.dataset import Dataset
    from agentomics_nb.dataset.files import Source
    from agentomics_nb.journal.directory import RunDirectory

_NEVER_LEARNED = {ColumnKind.IDENTIFIER, ColumnKind.CONSTANT, ColumnKind.TARGET_COPY}
_NUMBERS = {ColumnKind.NUMERIC, ColumnKind.COUNT}


@dataclass(frozen=True)
class Scored:
    """What came of scoring a file: the number of rows, and sentences about values that could not be used."""

    rows: int
    notes: tuple[str, ...] = ()


def predict_file(run: RunDirectory, data: Path, output: Path) -> Scored:
    """Score the rows of a file.

    Parameters
    ----------
    run : RunDirectory
        A run with a model.
    data : Path
        csv, tsv or parquet, also compressed, with the columns of the training table; others are ignored.
    output : Path
        Gets one line a row, in the same order: ``prediction``, and ``probability_<class>`` for classes.

    Returns
    -------
    Scored
        How many rows, and what was strange about them.

    Raises
    ------
    InputError
        If the file cannot be used; the sentence names what is missing.
    RunError
        If the run has no model, or its script fails.
    """
    dataset = run.read_record().dataset
    source = locate(data)
    _note_look(run, dataset, source)
    table = _describe(source)
    wanted = _wanted(dataset, table.columns, data.name)
    numbers = {column.name for column in dataset.columns if column.kind in _NUMBERS}
    text = [name for name in wanted if table.marks.plain or name not in numbers]
    rows = read(table, wanted, text=text)
    if rows.empty:
        raise InputError(f"{data.name} holds a header and no rows; give a file with rows to score.")
    learned = [column for column in dataset.columns if column.kind in _NUMBERS]
    notes = about_types(data.name, table.marks, rows, learned)
    predictions = _score(run, dataset, rows)
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        predictions.to_csv(output, index=False)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(f"{output} cannot be written ({reason}); choose another --output.") from None
    return Scored(len(predictions), tuple(notes))


def predict_frame(run: RunDirectory, frame: pd.DataFrame) -> pd.DataFrame:
    """Score the rows of a DataFrame.

    Parameters
    ----------
    run : RunDirectory
        A run with a model.
    frame : DataFrame, shape (rows, columns)
        With the columns of the training table; others are ignored.

    Returns
    -------
    DataFrame, shape (rows, 1 + classes)
        ``prediction``, and ``probability_<class>`` for classes; the index is that of `frame`. Labels have the
        type of the training column where nothing is lost by it: numbers and truth values come back as such.

    Raises
    ------
    InputError
        If a column is missing.
    RunError
        If the run has no model, or its script fails.
    """
    dataset = run.read_record().dataset
    if frame.columns.nlevels > 1:
        raise InputError(f"The columns of the frame have {frame.columns.nlevels} levels; flatten them to one.")
    named = with_entities(frame)
    wanted = _wanted(dataset, tuple(named.columns), "The frame")
    rows = plain_table(named[wanted], "The frame")
    about_types("The frame", PLAIN, rows, [column for column in dataset.columns if column.kind in _NUMBERS])
    predictions = _score(run, dataset, _without_decimals(rows, dataset)) if len(frame) else _nothing(dataset)
    if dataset.task == "classification":
        predictions["prediction"] = restored(predictions["prediction"], dataset)
    return predictions.set_axis(frame.index, axis="index")


def restored(labels: pd.Series[Any], dataset: Dataset) -> pd.Series[Any]:
    """Return labels, which are text in all files, in the type of the training column where it is lossless."""
    classes = dataset.target.classes or ()
    if dataset.train.format == "parquet" and _is_text(dataset):
        return labels
    if all(label in ("True", "False") for label in classes):
        return labels == "True"
    if all(re.fullmatch(r"0|-?[1-9]\d{0,17}", label) for label in classes):
        return labels.astype("int64")
    if all(_is_number(label) for label in classes):
        return labels.astype("float64")
    return labels


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


def _describe(source: Source) -> TableFile:
    """Return how a file is to be read, once all its rows are known to fit the header."""
    facts: dict[str, Any] = {
        "path": str(source.path),
        "compression": source.compression,
        "rows": 0,
        "sha256": "",
        "bytes": source.path.stat().st_size,
    }
    if source.parquet:
        from agentomics_nb.dataset.parquet import column_names, open_parquet

        return TableFile(format="parquet", separator="", columns=column_names(open_parquet(source)), **facts)
    try:
        dialect = find_dialect(source, find_encoding(source))
    except (OSError, EOFError, zlib.error):
        raise InputError(f"{source.name} is damaged or cut short; copy or compress it again.") from None
    read_row_names(source, dialect, dialect.header)
    return TableFile(
        format="tsv" if dialect.separator == "\t" else "csv",
        columns=dialect.header,
        **dialect.facts(),
        **facts,
    )


def _wanted(dataset: Dataset, columns: tuple[str, ...], where: str) -> list[str]:
    """Return the training columns that are there; raise if one is not from which something could be learned."""
    present = set(columns)
    missing = [c.name for c in dataset.columns if c.name not in present and c.kind not in _NEVER_LEARNED]
    if missing:
        word = "column" if len(missing) == 1 else "columns"
        alike = {column.strip().casefold(): column for column in columns}
        there = next((alike[name.strip().casefold()] for name in missing if name.strip().casefold() in alike), None)
        remedy = "add what is missing" if there is None else f"rename {there!r} and its like"
        raise InputError(f"{where} lacks the {word} {listed(missing)} of the training table; {remedy}.")
    return [column.name for column in dataset.columns if column.name in present]


def _without_decimals(rows: pd.DataFrame, dataset: Dataset) -> pd.DataFrame:
    """Return rows in which numbers that are names are whole again: a gap had made 7.0 of chromosome 7."""
    import pandas as pd

    update = {}
    for column in dataset.columns:
        if column.kind not in _NUMBERS and column.name in rows and pd.api.types.is_float_dtype(rows[column.name]):
            values = rows[column.name]
            if (values.dropna() % 1 == 0).all() and not any("." in example for example in column.examples):
                update[column.name] = values.astype("Int64")
    return rows.assign(**update) if update else rows


def _score(run: RunDirectory, dataset: Dataset, rows: pd.DataFrame) -> pd.DataFrame:
    """Run the best ``inference.py`` on rows; in order, labels as text."""
    import pandas as pd

    script = _script(run)
    with tempfile.TemporaryDirectory(prefix="agentomics-") as name:
        place = Path(name)
        full = [column.name for column in dataset.columns]
        write_csv(rows.reindex(columns=full), place / "input.csv")
        _run(script, place)
        kind = {"prediction": str} if dataset.task == "classification" else None
        if (place / "predictions.csv").is_symlink():
            raise RunError(f"{script} wrote no predictions, but a link to another file.")
        try:
            predictions = pd.read_csv(place / "predictions.csv", dtype=kind, keep_default_na=kind is None)
        except (OSError, ValueError) as error:
            raise RunError(f"{script} wrote no readable predictions: {error}") from None
    if len(predictions) != len(rows) or "prediction" not in predictions:
        raise RunError(f"{script} wrote {len(predictions):,} predictions for {len(rows):,} rows.")
    return predictions


def _script(run: RunDirectory) -> Path:
    state = read_state(run)
    if state.best is None or not run.best.is_dir():
        raise RunError(f"{run.path.name} has no model yet; wait for its first iteration to end.")
    answers = state.iterations[state.best].steps
    name = next((s.answer["script"] for key, s in answers.items() if key == "inference" and s.answer), "inference.py")
    return (run.best / str(name)).resolve()


def _note_look(run: RunDirectory, dataset: Dataset, source: Source) -> None:
    """Enter it in the ledger if the rows are those of the test file: a person may look again, and it counts.

    Raises
    ------
    InputError
        If the run has not scored them itself yet.
    """
    test = dataset.test
    if test is None or source.path.stat().st_size != test.bytes or source.sha256() != test.sha256:
        return
    try:
        with run.lock().acquire(timeout=2), JournalWriter(run.events) as journal:
            text = f"{source.name} was scored again by the person, with agentomics predict."
            journal.write(ev.TestOpened(by="person", sha256=test.sha256, text=text))
    except filelock.Timeout:
        raise InputError(
            f"{source.name} is the test file of {run.path.name}, which is still at work; wait for its end, or stop it."
        ) from None


def _run(script: Path, place: Path) -> None:
    """Run ``inference.py``, confined; whatever ends us also ends it, with all it started."""
    log = place / "inference.log"
    argv = [sys.executable, str(script), "--input", "input.csv", "--output", "predictions.csv"]
    place = place.resolve()
    confinement = reach_of_scripts(choose(None)).with_readable(script.parent).with_writable(place)
    with log.open("wb") as stream:
        process = subprocess.Popen(
            confined(argv, confinement, place),
            cwd=place,
            env=private(scrubbed(os.environ, threads=None), place),
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            start_new_session=True,
        )
        try:
            code = process.wait()
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
    if code != 0:
        lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        raise RunError(f"{script} failed: {lines[-1][:300] if lines else f'exit status {code}'}")


def _nothing(dataset: Dataset) -> pd.DataFrame:
    """Return the predictions of no rows."""
    import pandas as pd

    names = [f"probability_{label}" for label in dataset.target.classes or ()]
    empty = pd.DataFrame(columns=["prediction", *names], dtype="float64")
    return empty.astype({"prediction": "str"}) if dataset.task == "classification" else empty
