"""Gradient-boosted trees: they find thresholds and interactions, and need no scaling."""

import numpy as np
from scipy import sparse
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer


def dense(X):
    """Return the features as a dense array of 32-bit numbers."""
    return (X.toarray() if sparse.issparse(X) else np.asarray(X)).astype(np.float32, copy=False)


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
            early_stopping=False,
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
            early_stopping=False,
            random_state=seed,
        ),
    )
