"""Where a trained model stands: in a run, in the record of one, or in a folder by itself."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from agentomics_nb.errors import RunError
from agentomics_nb.journal.directory import RunDirectory, find_run
from agentomics_nb.journal.state import read_state
from agentomics_nb.model.description import FILE, describe_model, read_description

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agentomics_nb.model.description import ModelDescription


@dataclass(frozen=True)
class ModelFolder:
    """A folder with a trained model and the scripts that use it.

    Parameters
    ----------
    path : Path
        The folder.
    description : ModelDescription
        What it expects.
    run : RunDirectory or None
        The run in which the folder stands; None for a copy elsewhere.
    """

    path: Path
    description: ModelDescription
    run: RunDirectory | None = None

    @property
    def inference(self) -> Path:
        """The script that scores rows."""
        return (self.path / self.description.inference).resolve()

    def __str__(self) -> str:
        """Return the name of the run, or of the folder by itself."""
        return self.path.name if self.run is None else self.run.path.name


def find_model(name: str | Path, directory: Path) -> ModelFolder:
    """Return the model that a name or path leads to: of a run, of a record, or a model's own folder.

    Raises
    ------
    RunError
        If there is none.
    """
    place = Path(directory, name).expanduser()
    for folder in (place, place / "model"):
        description = read_description(folder)
        if description is not None:
            return ModelFolder(folder, description, _run_around(folder))
    if place.name == "best" and (place.parent / "run.json").is_file():
        return model_of(RunDirectory(place.parent))  # of a run from before there was model_description.json
    try:
        run = find_run(str(name), directory)
    except RunError:
        if place.is_dir():
            raise RunError(f"{place} is neither a run nor a model: it has no run.json and no {FILE}.") from None
        raise
    return model_of(run)


@contextmanager
def settled(model: ModelFolder) -> Iterator[ModelFolder]:
    """Give a model that stays the same while it is used: a copy where its run is at work, and may replace it.

    Raises
    ------
    RunError
        If it was just being replaced.
    """
    if model.run is None or not model.run.has_living_engine():
        yield model
        return
    with tempfile.TemporaryDirectory(prefix="agentomics-") as name:
        copy = Path(name, model.path.name)
        try:
            shutil.copytree(model.path, copy)
        except (OSError, shutil.Error):
            raise RunError(f"{model} has just found a better model; try again.") from None
        yield replace(model, path=copy, description=read_description(copy) or model.description)


def model_of(run: RunDirectory) -> ModelFolder:
    """Return the best model of a run.

    Raises
    ------
    RunError
        If it has none yet.
    """
    description = read_description(run.best)
    if description is None:
        run.read_record()
        state = read_state(run)
        if state.best is None or not run.best.is_dir():
            raise RunError(f"{run.path.name} has no model yet; wait for its first iteration to end.")
        description = describe_model(run, state.iterations[state.best], state.cells.values())
    return ModelFolder(run.best, description, run)


def _run_around(folder: Path) -> RunDirectory | None:
    """Return the run whose ``best/``, or whose record's ``model/``, a folder is."""
    above = folder.resolve().parents
    return next((RunDirectory(place) for place in above[:2] if (place / "run.json").is_file()), None)
