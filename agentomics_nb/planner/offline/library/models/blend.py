"""Average the voices of several models."""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, clone


class MeanOfLogits(ClassifierMixin, BaseEstimator):
    """Average the log-probabilities of several classifiers, then let them sum to one again.

    A mean of logits lets a voice that is sure count for more than a mean of probabilities does.

    Parameters
    ----------
    voices : list of (name, classifier)
        Each takes the rows as they are in the file.
    """

    def __init__(self, voices):
        self.voices = voices

    def fit(self, X, y):
        """Fit each classifier on all rows."""
        self.classes_ = np.unique(y)
        self.fitted_ = []
        for number, (name, classifier) in enumerate(self.voices, start=1):
            print(f"voice {number} of {len(self.voices)}: {name}", flush=True)
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


class MeanOfPredictions(RegressorMixin, BaseEstimator):
    """Average the predictions of several regression models.

    Parameters
    ----------
    voices : list of (name, regressor)
        Each takes the rows as they are in the file.
    """

    def __init__(self, voices):
        self.voices = voices

    def fit(self, X, y):
        """Fit each model on all rows."""
        self.fitted_ = []
        for number, (name, regressor) in enumerate(self.voices, start=1):
            print(f"voice {number} of {len(self.voices)}: {name}", flush=True)
            self.fitted_.append(clone(regressor).fit(X, y))
        return self

    def predict(self, X):
        """Return the mean prediction of each row."""
        return np.mean([regressor.predict(X) for regressor in self.fitted_], axis=0)
