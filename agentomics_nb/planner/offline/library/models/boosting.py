"""Gradient-boosted trees: they find thresholds and interactions, and need no scaling."""

import json
from pathlib import Path

import numpy as np
from scipy import sparse
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer


def dense(X):
    """Return the features as a dense array of 32-bit numbers."""
    return (X.toarray() if sparse.issparse(X) else np.asarray(X)).astype(np.float32, copy=False)


class RoundLog:
    """Notes the loss on training rows some twenty times while trees are added, in ``training_log.jsonl``.

    It stands where a scorer for early stopping would; no round is the last one for it.
    """

    def __init__(self, rounds, most_rows=2000):
        self.rounds = rounds
        self.most_rows = most_rows
        self.round = 0

    def __call__(self, model, X, y, sample_weight=None):
        """Take in that a round is done; the same score each time never stops the training."""
        if self.round and (self.round % max(1, self.rounds // 20) == 0 or self.round == self.rounds):
            line = {"round": self.round, "of": self.rounds, "train_loss": round(self.loss(model, X, y), 5)}
            with Path("training_log.jsonl").open("a") as log:
                log.write(json.dumps(line) + "\n")
        self.round = 0 if self.round == self.rounds else self.round + 1
        return 0.0

    def loss(self, model, X, y):
        """Log loss of the classes, or mean squared error of a number."""
        X, y = X[: self.most_rows], np.asarray(y)[: self.most_rows]
        if not hasattr(model, "classes_"):
            return float(np.mean((model.predict(X) - y) ** 2))
        of_truth = model.predict_proba(X)[np.arange(len(y)), np.searchsorted(model.classes_, y)]
        return float(-np.log(np.clip(of_truth, 1e-12, 1)).mean())


def boosted_classifier(
    rounds=200,
    learning_rate=0.05,
    leaves=15,
    min_leaf=20,
    l2=1.0,
    column_sample=0.3,
    bins=255,
    class_weight=None,
    seed=0,
):
    """Boosted trees; each split looks at a random share (`column_sample`) of the features."""
    return make_pipeline(
        FunctionTransformer(dense, accept_sparse=True),
        HistGradientBoostingClassifier(
            max_iter=rounds,
            learning_rate=learning_rate,
            max_leaf_nodes=leaves,
            min_samples_leaf=min_leaf,
            l2_regularization=l2,
            max_features=column_sample,
            max_bins=bins,
            class_weight=class_weight,
            early_stopping=True,
            n_iter_no_change=rounds + 1,
            validation_fraction=None,
            scoring=RoundLog(rounds),
            random_state=seed,
        ),
    )


def boosted_regressor(
    rounds=200,
    learning_rate=0.05,
    leaves=15,
    min_leaf=20,
    l2=1.0,
    column_sample=0.3,
    bins=255,
    seed=0,
):
    """Boosted trees for a number; each split looks at a random share (`column_sample`) of the features."""
    return make_pipeline(
        FunctionTransformer(dense, accept_sparse=True),
        HistGradientBoostingRegressor(
            max_iter=rounds,
            learning_rate=learning_rate,
            max_leaf_nodes=leaves,
            min_samples_leaf=min_leaf,
            l2_regularization=l2,
            max_features=column_sample,
            max_bins=bins,
            early_stopping=True,
            n_iter_no_change=rounds + 1,
            validation_fraction=None,
            scoring=RoundLog(rounds),
            random_state=seed,
        ),
    )
