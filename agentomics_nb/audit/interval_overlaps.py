"""Which genomic intervals belong together: those that overlap, directly or through other intervals."""

import numpy as np
import pandas as pd


def components(chromosomes: list[str], starts: list[float], ends: list[float]) -> np.ndarray:
    """Return for each interval the number of its component: 0, 1, 2, … in the order of first appearance.

    Two intervals are linked if they are on one chromosome and share a position, whatever their strands; a component is
    all that is linked, directly or through others. An interval without a chromosome, start or end stands alone.

    Parameters
    ----------
    chromosomes
        Names; empty where unknown.
    starts, ends
        Positions, counted alike; an interval ends before its `end`, or at it: a shared end point alone links nothing.
    """
    rows = pd.DataFrame({"chromosome": chromosomes, "start": starts, "end": ends})
    known = rows[(rows["chromosome"] != "") & rows["start"].notna() & rows["end"].notna()]
    known = known.sort_values(["chromosome", "start", "end"], kind="stable")
    # An interval that starts where all before it on its chromosome have ended begins a new component.
    reached = known.groupby("chromosome")["end"].cummax().shift()
    fresh = (known["chromosome"] != known["chromosome"].shift()) | (known["start"] >= reached)
    numbers = pd.Series(-1 - np.arange(len(rows)), index=rows.index)
    numbers[known.index] = fresh.cumsum()
    return np.asarray(pd.factorize(numbers)[0])
