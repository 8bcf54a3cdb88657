"""The mean of several classifiers."""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, clone


class MeanOfLogits(ClassifierMixin, BaseEstimator):
    """Average the log-probabilities of several classifiers, then let them sum to one again.

    A model that is sure counts for more here than in a mean of probabilities.

    Parameters
    ----------
    models : list of (name, classifier)
        Each takes the rows as they are in the file.
    """

    def __init__(self, models):
        self.models = models

    def fit(self, X, y):
        """Fit each classifier on all rows."""
        self.classes_ = np.unique(y)
        self.fitted_ = []
        for number, (name, classifier) in enumerate(self.models, start=1):
            print(f"model {number} of {len(self.models)}: {name}", flush=True)
            self.fitted_.append(clone(classifier).fit(X, y))
        return self

    def predict_proba(self, X):
        """Return one column of probabilities per class, in the order of `classes_`."""
        logs = [np.log(np.clip(classifier.predict_proba(X), 1e-6, 1)) for classifier in self.fitted_]
        mean = np.mean(logs, axis=0)
        shares = np.exp(mean - mean.max(axis=1, keepdims=True))
        return shares / shares.sum(axis=1, keepdims=True)

    def predict(self, X):
        """Return the most probable class."""
        return self.classes_[self.predict_proba(X).argmax(axis=1)]
