"""Train a run's best model again on new labelled rows: a folder of its own, and an honest look at what it is worth."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from agentomics_nb.dataset.files import locate
from agentomics_nb.dataset.writing import write_csv
from agentomics_nb.errors import InputError, RunError
from agentomics_nb.experiment.archive import SPLIT_FILES
from agentomics_nb.journal.directory import write_atomically, write_json
from agentomics_nb.model.comparison import LEAST_SCORED, compare, unseen_rows
from agentomics_nb.model.description import NewTraining, read_description
from agentomics_nb.model.folder import ModelFolder, settled
from agentomics_nb.model.labelled_rows import read_labelled_rows
from agentomics_nb.model.program import run_program
from agentomics_nb.prediction import checked_predictions
from agentomics_nb.record.requirements import requirements_lock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from agentomics_nb.journal.directory import RunDirectory
    from agentomics_nb.model.comparison import Comparison, UnseenRows
    from agentomics_nb.model.description import ModelTraining

_CHECKED = 20
"""New rows that a new model must be able to score where there are too few others."""


@dataclass(frozen=True)
class NewModel:
    """What came of a training on new rows.

    Parameters
    ----------
    folder : ModelFolder
        Where the new model stands.
    seconds : float
        That its training took.
    comparison : Comparison
        What it is worth beside the run's own.
    notes : tuple of str
        What was strange about the rows.
    """

    folder: ModelFolder
    seconds: float
    comparison: Comparison
    notes: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        """What was made and what it is worth, in two sentences."""
        again = self.folder.description.retrained
        rows = "" if again is None else f" on {again.rows:,} rows of {again.data}"
        return f"Trained {self.folder.path}{rows} in {self.seconds:.0f} s.\n{self.comparison.text}"


def retrain(
    model: ModelFolder, data: Path, output: Path | None = None, *, progress: Callable[[float], None] | None = None
) -> NewModel:
    """Train the best model of a run again, with its own scripts, on new labelled rows; the run stays as it is.

    The scripts run confined, in a folder with nothing but the code, ``train.csv``, and as ``validation.csv`` (some
    stop early by it) the run's validation rows that are not among the new ones.

    Parameters
    ----------
    model : ModelFolder
        The best model of a run.
    data : Path
        csv, tsv or parquet, also compressed, with the columns of the training table and its target.
    output : Path, optional
        Folder of the new model; by default ``<run>-retrained``.
    progress : callable, optional
        Called with the seconds that the training has taken.

    Raises
    ------
    InputError
        If the rows or the folder cannot be used.
    RunError
        If the model stands outside its run, or its scripts fail on these rows.
    """
    run, training = model.run, model.description.training
    if run is None or training is None or model.description.retrained is not None:
        raise RunError(
            f"{model.path} is a model outside its run, whose validation rows say what a new one is worth; give the run."
        )
    record = run.read_record()
    place = _free_place(output or Path(f"{record.run}-retrained"), run, record.run)
    source = locate(data)
    labelled = read_labelled_rows(source, model.description, record.dataset)
    unseen = unseen_rows(run, record, model.description, labelled.rows)
    with settled(model) as still, _draft_of(place) as draft:
        _copy_code(still.path, draft)
        write_csv(labelled.rows, draft / "train.csv")
        if len(unseen.rows):
            write_csv(unseen.rows, draft / "validation.csv")
        seconds = _train(training, draft, data.name, progress)
        again = NewTraining(
            data=source.name,
            sha256=source.sha256(),
            rows=len(labelled.rows),
            when=datetime.now(UTC).isoformat(timespec="seconds"),
        )
        description = model.description.trained_on(labelled.rows, again, seconds)
        description.write(draft)
        scored = unseen.rows if len(unseen.rows) >= LEAST_SCORED else labelled.rows.head(_CHECKED)
        made = checked_predictions(ModelFolder(draft, description), scored)
        comparison = compare(run, record, description, unseen, made)
        write_atomically(draft / "requirements.lock", requirements_lock(draft))
        write_json(draft / "metrics.json", comparison.model_dump(mode="json"))
        notes = [*labelled.notes, *_about_stopping(draft, unseen)]
    return NewModel(ModelFolder(place, description), seconds, comparison, tuple(notes))


def _about_stopping(draft: Path, unseen: UnseenRows) -> list[str]:
    """Return a sentence if the scripts name the validation rows: then these helped to train the model."""
    if not any("validation.csv" in path.read_text(encoding="utf-8", errors="replace") for path in draft.rglob("*.py")):
        return []
    return [
        "The scripts read validation.csv, as they did in the run; they got the "
        f"{len(unseen.rows):,} validation rows of the run that are not among the new rows."
    ]


def _free_place(place: Path, run: RunDirectory, name: str) -> Path:
    """Return where the new model goes; only an earlier one of the same run is replaced.

    Raises
    ------
    InputError
        If something else stands there, or it is in the run.
    """
    if place.resolve().is_relative_to(run.path.resolve()):
        raise InputError(f"{place} is in the run, which stays as it is; choose another --output.")
    if place.exists() and not place.is_dir():
        raise InputError(f"{place} is a file; choose another --output.")
    if place.is_dir() and any(place.iterdir()):
        found = read_description(place)
        if found is None or found.retrained is None or found.run != name:
            raise InputError(f"{place} exists and is no retrained model of {name}; choose another --output.")
    return place


@contextmanager
def _draft_of(place: Path) -> Iterator[Path]:
    """Give a folder to build in; it takes its place if all goes well, and leaves no trace if not."""
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(dir=place.parent, prefix=f".{place.name}.")).resolve()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(f"{place} cannot be written ({reason}); choose another --output.") from None
    try:
        yield draft
        draft.chmod(0o755)
        if place.exists():
            shutil.rmtree(place)
        draft.rename(place)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _copy_code(model: Path, draft: Path) -> None:
    """Copy the code and nothing else: what training does not make itself belongs to the old rows."""
    for path in sorted(path for path in model.rglob("*.py") if path.is_file()):
        place = draft / path.relative_to(model)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, place)


def _train(training: ModelTraining, draft: Path, data: str, progress: Callable[[float], None] | None) -> float:
    """Run the training script; return the seconds it took."""
    try:
        seconds = run_program(
            draft / training.script,
            training.arguments,
            files=draft,
            place=draft,
            threads=training.threads,
            meanwhile=progress,
        )
    except RunError as problem:
        reason = str(problem).partition(" failed: ")[2]
        raise RunError(f"{training.script} failed on the rows of {data}: {reason}") from None
    for name in SPLIT_FILES:
        (draft / name).unlink(missing_ok=True)
    artefact = draft / training.artefact
    if artefact.is_symlink() or not artefact.is_file():
        raise RunError(f"{training.script} left no {training.artefact} on the rows of {data}.")
    return seconds
