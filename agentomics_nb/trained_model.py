"""A trained model in the person's hands: of a run, of a record, or a folder by itself."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from agentomics_nb.model.folder import find_model

if TYPE_CHECKING:
    import pandas as pd

    from agentomics_nb.model.description import ModelDescription
    from agentomics_nb.model.folder import ModelFolder


class TrainedModel:
    """A model that scores rows.

    Parameters
    ----------
    folder : ModelFolder
        Where it stands.
    """

    def __init__(self, folder: ModelFolder) -> None:
        self._folder = folder

    @property
    def path(self) -> Path:
        """Its directory: ``inference.py``, the model, and what it needs."""
        return self._folder.path

    @property
    def description(self) -> ModelDescription:
        """What it expects of the rows, and how it was trained."""
        return self._folder.description

    @property
    def iteration(self) -> int:
        """The iteration of its run that it comes from."""
        return self.description.iteration

    def predict(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Score the rows of a DataFrame in a process of its own; warn of what is strange about their values.

        Parameters
        ----------
        frame : DataFrame, shape (rows, columns)
            With the columns of the training table; others are ignored.

        Returns
        -------
        DataFrame, shape (rows, 1 + classes)
            ``prediction``, and ``probability_<class>`` for classes, with the index of `frame`.

        Raises
        ------
        InputError
            If a column is missing, or holds something else than the model knows.
        RunError
            If its script fails.
        """
        return predict_with(self._folder, frame, stacklevel=3)

    def __repr__(self) -> str:
        text = f"<model of {self.description.run}: iteration {self.iteration}"
        again = self.description.retrained
        return f"{text}>" if again is None else f"{text}, trained again on {again.rows:,} rows of {again.data}>"


def predict_with(model: ModelFolder, frame: pd.DataFrame, *, stacklevel: int) -> pd.DataFrame:
    """Score the rows of a DataFrame, showing how far it is; warn as `warnings.warn` with that `stacklevel` does."""
    from agentomics_nb.prediction import predict_frame
    from agentomics_nb.views.progress import rows_here

    with rows_here(f"Scoring {len(frame):,} rows") as progress:
        predictions, scored = predict_frame(model, frame, progress=progress)
    for note in scored.notes:
        warnings.warn(note, stacklevel=stacklevel)
    return predictions


def open_model(path: str | Path) -> TrainedModel:
    """Return a model: of a run, by its name or directory, of a record, or a model's own folder.

    Raises
    ------
    RunError
        If there is none.
    """
    return TrainedModel(find_model(path, Path.cwd()))
