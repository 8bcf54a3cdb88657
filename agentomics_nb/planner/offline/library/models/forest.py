"""Extremely randomised trees: many deep trees on random thresholds, averaged; robust to odd scales."""

from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor


def extra_trees_classifier(trees=500, min_leaf=2, column_sample="sqrt", class_weight=None, seed=0):
    """Extra trees; `column_sample` features are tried at each split."""
    return ExtraTreesClassifier(
        n_estimators=trees,
        min_samples_leaf=min_leaf,
        max_features=column_sample,
        class_weight=class_weight,
        random_state=seed,
    )


def extra_trees_regressor(trees=500, min_leaf=2, column_sample=0.33, seed=0):
    """Extra trees for a number; `column_sample` is the share of features tried at each split."""
    return ExtraTreesRegressor(
        n_estimators=trees, min_samples_leaf=min_leaf, max_features=column_sample, random_state=seed
    )
