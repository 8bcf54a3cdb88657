"""New labelled rows to train a model on: the columns, classes and labels that its scripts expect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agentomics_nb.dataset.chunks import read_chunks
from agentomics_nb.dataset.inspection import describe_rows
from agentomics_nb.dataset.target import FEWEST_PER_CLASS, FEWEST_ROWS, listed, to_series
from agentomics_nb.errors import InputError
from agentomics_nb.evaluation.labels import LabelMatcher
from agentomics_nb.model.acceptance import Acceptance
from agentomics_nb.model.quantities import with_plain_numbers

if TYPE_CHECKING:
    import pandas as pd

    from agentomics_nb.dataset import Dataset
    from agentomics_nb.dataset.files import Source
    from agentomics_nb.dataset.number_marks import NumberMarks
    from agentomics_nb.model.description import ModelDescription


@dataclass(frozen=True)
class LabelledRows:
    """Rows as a training script reads them.

    Parameters
    ----------
    rows : DataFrame
        With all columns of the training table, in its order; each row has a label.
    notes : tuple of str
        What was strange about them.
    """

    rows: pd.DataFrame
    notes: tuple[str, ...]


def read_labelled_rows(source: Source, model: ModelDescription, dataset: Dataset) -> LabelledRows:
    """Read rows for another training of a model.

    Parameters
    ----------
    source : Source
        The file.
    model : ModelDescription
        What they must hold.
    dataset : Dataset
        Of the run.

    Raises
    ------
    InputError
        If it is the test file, a column or the target is missing, or there are other classes than the model's.
    """
    import pandas as pd

    if dataset.test is not None and source.is_same(dataset.test):
        raise InputError(
            f"{source.name} is the test file of {model.run}, and a model that was trained on it cannot be tested; give "
            "other rows."
        )
    table, target = describe_rows(source), model.target.name
    if target not in table.columns:
        raise InputError(f"{source.name} has no target column {target!r}; a training needs the labels.")
    acceptance = Acceptance(source.name, model, table.columns, marks=table.marks, learns=True)
    notes, parts = acceptance.about_columns(), []
    for part in read_chunks(table, [*acceptance.wanted, target]):
        acceptance.look(part)
        parts.append(part)
    if not parts:
        raise InputError(f"{source.name} holds a header and no rows; give a file with labelled rows.")
    notes += acceptance.about_values()
    rows = with_plain_numbers(pd.concat(parts, ignore_index=True), model.numbers, table.marks)
    labelled = rows[rows[target].notna()].reset_index(drop=True)
    if len(labelled) < len(rows):
        missing = len(rows) - len(labelled)
        notes.append(f"{missing:,} of {len(rows):,} rows of {source.name} have no {target}; they are left out.")
    if len(labelled) < FEWEST_ROWS:
        raise InputError(
            f"{source.name} has {len(labelled)} rows with a {target}; at least {FEWEST_ROWS} are needed to train."
        )
    classes = model.target.classes
    if classes is None:
        labels = _values(source.name, labelled[target], table.marks)
    else:
        labels = _classes(source.name, labelled[target], classes)
    columns = list(dataset.train.columns)
    return LabelledRows(labelled.assign(**{target: labels}).reindex(columns=columns), tuple(notes))


def _classes(file: str, labels: pd.Series[Any], classes: tuple[str, ...]) -> pd.Series[Any]:
    """Return labels as the model spells them; raise if the classes are others than its own."""
    matcher = LabelMatcher(classes)
    spelled = {label: matcher.find(str(label)) for label in labels.unique()}
    new = sorted(str(label) for label, name in spelled.items() if name is None)
    if new:
        count = int(labels.isin(new).sum())
        raise InputError(
            f"{file} has the {'label' if len(new) == 1 else 'labels'} {listed(new)} in {count:,} rows, but the model's "
            f"classes are {listed(classes)}; remove these rows, or start a new run to learn other classes."
        )
    named = labels.map(spelled)
    counts = named.value_counts()
    rare = [name for name in classes if counts.get(name, 0) < FEWEST_PER_CLASS]
    if rare:
        raise InputError(
            f"{file} has fewer than {FEWEST_PER_CLASS} rows of {'class' if len(rare) == 1 else 'classes'} "
            f"{listed(rare)}, which the model predicts; add such rows."
        )
    return named


def _values(file: str, labels: pd.Series[Any], marks: NumberMarks) -> pd.Series[Any]:
    """Return the numbers of a regression target; raise if one is none."""
    import numpy as np

    values = to_series(labels, marks)
    wrong = labels[~np.isfinite(values)]
    if len(wrong):
        raise InputError(
            f"The target {labels.name!r} of {file} is no finite number in {len(wrong):,} of {len(labels):,} rows, such "
            f"as {str(wrong.iloc[0])[:40]!r}; mend or empty them."
        )
    return labels if marks.plain else values
