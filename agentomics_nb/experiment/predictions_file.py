"""Predictions in the form of the contract: what ``inference.py`` writes, and what we keep."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from agentomics_nb.evaluation import Predictions


def as_table(predictions: Predictions) -> pd.DataFrame:
    """Return predictions as a table: ``prediction``, and ``probability_<class>`` for each class."""
    import pandas as pd

    if predictions.task == "regression":
        return pd.DataFrame({"prediction": predictions.numbers})
    table = pd.DataFrame({"prediction": predictions.labels})
    if predictions.probabilities is not None:
        for label, column in zip(predictions.classes, predictions.probabilities.T, strict=True):
            table[f"probability_{label}"] = column
    return table
