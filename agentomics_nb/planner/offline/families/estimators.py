"""Models that any family may call upon, sized for the number of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentomics_nb.planner.offline.recipe import Call

if TYPE_CHECKING:
    from agentomics_nb.dataset import Dataset
    from agentomics_nb.planner.offline.recipe import Literal

_BALANCED_METRICS = {"balanced_accuracy", "f1_macro", "mcc"}
_EVEN = 0.67
"""Rarest over commonest class: below it, a metric that counts classes equally gains from class weights."""
_SVM_ROWS = 8_000
"""A kernel machine's time grows with the square of the rows: 8,000 take about a minute with calibration."""
_FOREST_ROWS = 50_000
"""Above it a forest of 300 trees takes minutes and hundreds of megabytes."""
_MANY_ROWS = 50_000
"""Above it the penalty hardly matters, and five folds take most of a minute."""
_RAREST_FOR_FOLDS = 4
"""Rows that the rarest class must have so that folds inside a training part still hold some of each class."""


def is_classification(dataset: Dataset) -> bool:
    """Return whether classes are predicted."""
    return dataset.task == "classification"


def class_weight(dataset: Dataset, metric: str) -> dict[str, str]:
    """Return the argument that lets each class count equally, where metric and class sizes ask for it."""
    counts = [count for count in dataset.target.counts.values() if count]
    uneven = bool(counts) and min(counts) < _EVEN * max(counts)
    balanced = is_classification(dataset) and metric in _BALANCED_METRICS and uneven
    return {"class_weight": "balanced"} if balanced else {}


def has_rows_for_folds(dataset: Dataset) -> bool:
    """Return whether every class has rows enough for a cross-validation inside the training part."""
    return not is_classification(dataset) or min(dataset.target.counts.values()) >= _RAREST_FOR_FOLDS


def linear(dataset: Dataset, metric: str, *, C: float = 1.0, alpha: float = 10.0) -> Call:
    """Return logistic regression, or ridge regression for a number, with a fixed penalty."""
    if is_classification(dataset):
        return Call("linear", "logistic_regression", {"C": C, **class_weight(dataset, metric)})
    return Call("linear", "ridge_regression", {"alpha": alpha})


def tuned_linear(dataset: Dataset, metric: str, *, wide: bool = False) -> Call:
    """Return the linear model whose penalty is chosen inside the training part; `wide` tries stronger ones."""
    if dataset.n_rows > _MANY_ROWS:
        return linear(dataset, metric)
    if not _can_tune(dataset):
        return linear(dataset, metric, C=0.01 if wide else 0.1)
    if is_classification(dataset):
        penalties: list[Literal] = [1e-4, 1e-3, 0.01, 0.1] if wide else [0.001, 0.01, 0.1, 1.0, 10.0]
        return Call("linear", "tuned_logistic_regression", {"Cs": penalties, **class_weight(dataset, metric)})
    alphas: list[Literal] = [10.0, 100.0, 1e3, 1e4, 1e5] if wide else [0.1, 1.0, 10.0, 100.0, 1e3, 1e4]
    return Call("linear", "tuned_ridge_regression", {"alphas": alphas})


def penalty(dataset: Dataset) -> str:
    """Return how `tuned_linear` comes by its penalty, in words."""
    return (
        "its L2 penalty is chosen by five-fold cross-validation on training rows"
        if _can_tune(dataset)
        else "its L2 penalty is fixed beforehand"
    )


def boosting(dataset: Dataset, metric: str, *, features: int, patient: bool = False) -> Call:
    """Return boosted trees; `features` (about how many the model sees) sets the share that a split looks at."""
    small = dataset.n_rows < 1_000
    arguments: dict[str, float | int] = {
        "rounds": 600 if patient else 200,
        "learning_rate": 0.02 if patient and small else 0.05,
        "leaves": 7 if small else 31,
        "min_leaf": max(3, min(20, dataset.n_rows // 30)),
        "column_sample": 0.5 if features < 60 else 0.2 if features < 600 else 0.05,
    }
    if is_classification(dataset):
        return Call("boosting", "boosted_classifier", {**arguments, **class_weight(dataset, metric)})
    return Call("boosting", "boosted_regressor", dict(arguments))


def _can_tune(dataset: Dataset) -> bool:
    return dataset.n_rows <= _MANY_ROWS and has_rows_for_folds(dataset)


def svm(dataset: Dataset, metric: str, *, C: float = 1.0) -> Call | None:
    """Return a Gaussian support vector machine, or None where rows are too many, or too few in a class."""
    if dataset.n_rows > _SVM_ROWS or not has_rows_for_folds(dataset):
        return None
    if is_classification(dataset):
        return Call("svm", "svm_classifier", {"C": C, **class_weight(dataset, metric)})
    return Call("svm", "svm_regressor", {"C": C})


def extra_trees(dataset: Dataset, metric: str) -> Call | None:
    """Return randomised trees, or None where the rows are too many."""
    if dataset.n_rows > _FOREST_ROWS:
        return None
    arguments = {
        "trees": 500 if dataset.n_rows < 1_500 else 200,
        "min_leaf": 2 if dataset.n_rows < 5_000 else 5,
    }
    if is_classification(dataset):
        return Call("forest", "extra_trees_classifier", {**arguments, **class_weight(dataset, metric)})
    return Call("forest", "extra_trees_regressor", dict(arguments))
