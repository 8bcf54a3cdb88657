"""What a predictor achieves that never looks at the columns: the floor every model must clear."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from agentomics_nb.evaluation.predictions import Predictions

if TYPE_CHECKING:
    from agentomics_nb.evaluation.truth import Truth


def constant_baseline(train: Truth, rows: int) -> Predictions:
    """Predict the same for every row.

    A classification gets the majority class and the class shares of train, a regression the mean of train. Of
    equally frequent classes the first of ``classes`` is the majority. The mean is the constant with the
    least squared error, the class shares those with the least log loss.

    Parameters
    ----------
    rows
        Number of rows to predict.
    """
    if train.task == "regression":
        return Predictions("regression", values=np.full(rows, train.numbers.mean()))
    shares = np.bincount(train.codes, minlength=len(train.classes)) / train.rows
    return Predictions(
        "classification",
        labels=np.full(rows, train.classes[int(np.argmax(shares))], dtype=object),
        probabilities=np.tile(shares, (rows, 1)),
        classes=train.classes,
    )
