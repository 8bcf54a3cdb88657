"""A wide matrix of measurements on the scale on which differences between samples are comparable."""

import warnings

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.decomposition import PCA
from sklearn.feature_selection import SelectKBest, f_classif, f_regression
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from .table import Numbers


def library_size(counts):
    """Return log(1 + counts per 10,000): each sample is divided by its own depth, a missing count is zero."""
    counts = np.nan_to_num(np.clip(counts, 0, None))
    depth = counts.sum(axis=1, keepdims=True)
    return np.log1p(1e4 * counts / np.where(depth > 0, depth, 1))


def m_values(beta):
    """Return log2(beta / (1 - beta)), whose noise is even over the range of beta, a share of 0 to 1."""
    beta = np.clip(beta, 0.001, 0.999)
    return np.log2(beta / (1 - beta))


class CentredLogRatio(TransformerMixin, BaseEstimator):
    """Logarithm of each part over the geometric mean of its sample: of a composition only ratios count.

    A zero is read as half of the smallest share seen in training. (Aitchison, 1982)
    """

    def fit(self, parts, y=None):
        """Find the smallest share."""
        shares = self._shares(parts)
        self.floor_ = shares[shares > 0].min(initial=1.0) / 2
        return self

    def transform(self, parts):
        """Return an array of the same shape; each row has mean zero."""
        logs = np.log(np.maximum(self._shares(parts), self.floor_))
        return logs - logs.mean(axis=1, keepdims=True)

    def _shares(self, parts):
        parts = np.nan_to_num(np.clip(parts, 0, None))
        total = parts.sum(axis=1, keepdims=True)
        return parts / np.where(total > 0, total, 1)


class LogIntensities(TransformerMixin, BaseEstimator):
    """Logarithm of intensities; what was too faint to be seen is set to half of the feature's minimum."""

    def fit(self, intensities, y=None):
        """Find the smallest positive intensity of each feature."""
        positive = np.where(intensities > 0, intensities, np.inf)
        smallest = positive.min(axis=0)
        self.floor_ = np.where(np.isfinite(smallest), smallest, 1.0) / 2
        return self

    def transform(self, intensities):
        """Return an array of the same shape."""
        return np.log2(np.where(intensities > 0, np.maximum(intensities, self.floor_), self.floor_))


class MostVariable(TransformerMixin, BaseEstimator):
    """Keep the features that vary most between the training samples; those that never vary go in any case."""

    def __init__(self, keep=5000):
        self.keep = keep

    def fit(self, X, y=None):
        """Rank the features by variance."""
        variance = X.var(axis=0)
        order = np.argsort(-variance, kind="stable")[: self.keep]
        varying = order[variance[order] > 1e-12]
        self.kept_ = np.sort(varying if len(varying) else order[:1])
        return self

    def transform(self, X):
        """Return the kept features."""
        return X[:, self.kept_]


class StrongestSingly(TransformerMixin, BaseEstimator):
    """Keep the features that, one by one, differ most between classes or follow the target (F test)."""

    def __init__(self, keep=200, classes=True):
        self.keep = keep
        self.classes = classes

    def fit(self, X, y):
        """Rank the features on the training samples only; on all of them, noise would look like signal."""
        score = f_classif if self.classes else f_regression
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a feature that is constant within the classes
            self.chosen_ = SelectKBest(score, k=min(self.keep, X.shape[1])).fit(X, y)
        return self

    def transform(self, X):
        """Return the kept features."""
        return self.chosen_.transform(X)


class PrincipalComponents(TransformerMixin, BaseEstimator):
    """The main axes of variation between samples, at most one fewer than there are samples."""

    def __init__(self, keep=30):
        self.keep = keep

    def fit(self, X, y=None):
        """Find the axes on the training samples."""
        self.pca_ = PCA(min(self.keep, X.shape[0] - 1, X.shape[1]), random_state=0).fit(X)
        return self

    def transform(self, X):
        """Return the samples' coordinates on the axes, as a share of the first axis' spread."""
        return self.pca_.transform(X) / np.sqrt(self.pca_.explained_variance_[0] + 1e-12)


def standardised(*steps, variable=5000, strongest=None, components=None, classes=True):
    """Chain the steps, keep the most variable features, standardise, and reduce further where asked."""
    steps = [*steps, MostVariable(variable), StandardScaler()]
    if strongest:
        steps.append(StrongestSingly(strongest, classes))
    if components:
        steps.append(PrincipalComponents(components))
    return make_pipeline(*steps)


def median_filled():
    """Replace a missing value with the feature's median in training."""
    return SimpleImputer(strategy="median", keep_empty_features=True)


def log_expression(columns=None, leave_out=(), **selection):
    """Take values that are on a logarithmic (or another even) scale already."""
    return standardised(Numbers(columns, leave_out), median_filled(), **selection)


def count_matrix(columns=None, leave_out=(), **selection):
    """Take read counts of genes or cells relative to the sample's depth, on a log scale."""
    return standardised(Numbers(columns, leave_out), FunctionTransformer(library_size), **selection)


def composition(columns=None, leave_out=(), **selection):
    """Treat counts or shares of taxa or cell types, where only ratios within a sample mean anything."""
    return standardised(Numbers(columns, leave_out), CentredLogRatio(), **selection)


def methylation(columns=None, leave_out=(), **selection):
    """Take beta values of CpG sites as M-values."""
    return standardised(Numbers(columns, leave_out), median_filled(), FunctionTransformer(m_values), **selection)


def intensities(columns=None, leave_out=(), **selection):
    """Take logarithms of intensities of metabolites, peptides or arrays; the faint ones are missing."""
    return standardised(Numbers(columns, leave_out), LogIntensities(), **selection)
