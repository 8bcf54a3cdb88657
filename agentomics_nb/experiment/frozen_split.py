"""The frozen split, read from our own copy: rows without labels, the truth, and which rows belong together."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from agentomics_nb.audit import components_of
from agentomics_nb.evaluation import Truth

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence
    from pathlib import Path

    import pandas as pd

    from agentomics_nb.audit import SplitContract
    from agentomics_nb.dataset import Dataset


class FrozenSplit:
    """Reads ``train.csv`` and ``validation.csv`` of a run's frozen split.

    Parameters
    ----------
    directory : Path
        Holds the two files.
    dataset : Dataset
        Task, classes and columns.
    contract : SplitContract
        Says which rows belong together.
    """

    def __init__(self, directory: Path, dataset: Dataset, contract: SplitContract) -> None:
        self._directory = directory
        self._dataset = dataset
        self._contract = contract

    @property
    def text(self) -> tuple[str, ...]:
        """Columns that stay text: the target, where it is a class."""
        return (self._dataset.target.name,) if self._dataset.task == "classification" else ()

    def frame(self, name: str) -> pd.DataFrame:
        """Return a part, ``train`` or ``validation``, as text, exactly as it stands in the file."""
        import pandas as pd

        return pd.read_csv(self._directory / f"{name}.csv", dtype=str, keep_default_na=False)

    def rows(self, name: str) -> pd.DataFrame:
        """Return the same without the labels."""
        return self.frame(name).drop(columns=self._dataset.target.name)

    def truth(self, name: str) -> Truth:
        """Return the labels of a part."""
        import pandas as pd

        target = self._dataset.target.name
        frame = pd.read_csv(
            self._directory / f"{name}.csv",
            usecols=[target],
            dtype=dict.fromkeys(self.text, str),
            keep_default_na=False,
        )
        return self.as_truth(frame[target])

    def as_truth(self, values: pd.Series[Any]) -> Truth:
        """Return labels of any rows of this data set as the truth about them."""
        if self._dataset.task == "classification":
            classes = self._dataset.target.classes or ()
            return Truth("classification", labels=values.to_numpy(dtype=object), classes=classes)
        return Truth("regression", values=values.to_numpy(dtype=float))

    @cached_property
    def groups(self) -> Sequence[Hashable] | None:
        """The group of each validation row; None where each row stands for itself."""
        import pandas as pd

        relation, column = self._contract.relation, self._contract.column
        if relation is None and (self._contract.strategy != "group" or column is None):
            return None
        wanted = list(relation.columns) if relation is not None else [column]
        frame = pd.read_csv(self._directory / "validation.csv", usecols=wanted, dtype=str, keep_default_na=False)
        return components_of(relation, frame).tolist() if relation is not None else list(frame[column])
