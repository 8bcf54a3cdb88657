"""What makes rows related beyond being equal: the one definition for the audit, the split and its check."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

LEAST_RELATED = 0.05
"""Share of rows with a relative below which keeping them together changes next to nothing."""
LARGEST_COMPONENT = 0.3
"""Share of the rows above which a component would leave too little on the other side."""


class Relation(BaseModel):
    """When two rows are related; related rows, directly or through others, form a component.

    Parameters
    ----------
    kind : {"stretch", "overlap"}
        ``stretch``: their sequences share a stretch of letters. ``overlap``: their genomic intervals overlap.
    columns : tuple of str
        The sequence column; or chromosome, start and end.
    k : int
        Letters that must be shared; 0 for intervals.
    both_strands : bool
        Whether a stretch also counts as its reverse complement.
    scale : int
        Of all stretches one in so many is looked at, to bound memory; 1 for all of them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["stretch", "overlap"]
    columns: tuple[str, ...]
    k: int = 0
    both_strands: bool = False
    scale: int = 1

    @property
    def in_words(self) -> str:
        """What related rows have in common, as in ``rows that share …``."""
        if self.kind == "overlap":
            return "an overlapping interval in " + ", ".join(self.columns)
        strands = " on either strand" if self.both_strands else ""
        return f"a stretch of {self.k} letters{strands} in {self.columns[0]}"


@dataclass(frozen=True, eq=False)
class Related:
    """The components of the training rows.

    Parameters
    ----------
    relation : Relation
        What makes rows related.
    components : ndarray of int, shape (training rows,)
        From 0.
    """

    relation: Relation
    components: NDArray[np.int64]

    @property
    def related(self) -> float:
        """Share of the rows with a relative."""
        import numpy as np

        sizes = np.bincount(self.components)
        return float(sizes[sizes > 1].sum() / len(self.components))

    @property
    def largest(self) -> float:
        """Share of the rows in the largest component."""
        import numpy as np

        return float(np.bincount(self.components).max() / len(self.components))


def components_of(relation: Relation, frame: pd.DataFrame) -> NDArray[np.int64]:
    """Return the number of each row's component, from 0 in the order of first appearance.

    Parameters
    ----------
    relation : Relation
        What makes rows related.
    frame : DataFrame
        Rows with the relation's columns, as text or typed.
    """
    import pandas as pd

    from agentomics_nb.audit import interval_overlaps, shared_stretches

    if relation.kind == "stretch":
        words = as_words(frame[relation.columns[0]])
        return shared_stretches.components(words, relation.k, relation.both_strands, relation.scale)
    chromosome, start, end = relation.columns
    numbers = [pd.to_numeric(frame[name], errors="coerce").tolist() for name in (start, end)]
    return interval_overlaps.components(as_words(frame[chromosome]), *numbers)


def as_words(values: pd.Series[Any]) -> list[str]:
    """Return a column as text, empty where missing."""
    words: list[str] = values.astype("str").where(values.notna(), "").tolist()
    return words
