"""Columns of a table as numbers: measurements and categories."""

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    OneHotEncoder,
    QuantileTransformer,
    SplineTransformer,
    StandardScaler,
)


class Numbers(TransformerMixin, BaseEstimator):
    """Pick the number columns of the raw rows; what is not a finite number becomes missing.

    Parameters
    ----------
    columns : list of str, optional
        The columns to use; by default all columns but `leave_out`, as they stand in the training rows.
    leave_out : list of str
        Columns that are not measurements.
    """

    def __init__(self, columns=None, leave_out=()):
        self.columns = columns
        self.leave_out = leave_out

    def fit(self, rows, y=None):
        """Remember the columns of the training rows."""
        self.columns_ = list(self.columns or [c for c in rows.columns if c not in set(self.leave_out)])
        return self

    def transform(self, rows):
        """Return an array of shape (rows, columns)."""
        picked = rows[self.columns_]
        words = [c for c, dtype in picked.dtypes.items() if not pd.api.types.is_numeric_dtype(dtype)]
        if words:
            picked = picked.assign(**{c: pd.to_numeric(picked[c], errors="coerce") for c in words})
        numbers = picked.to_numpy(dtype=np.float64, na_value=np.nan)
        return np.where(np.isfinite(numbers), numbers, np.nan)

    def get_feature_names_out(self, names=None):
        """Return the names of the columns."""
        return np.asarray(self.columns_, dtype=object)


def numeric(columns=None, leave_out=()):
    """Standardise numbers; a missing one becomes the median, and an extra column says that it was missing."""
    return make_pipeline(
        Numbers(columns, leave_out),
        SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),
        StandardScaler(),
    )


class Ranks(QuantileTransformer):
    """Ranks in the training rows, on as many steps as there are rows, 200 at most."""

    def fit(self, X, y=None):
        """Learn the quantiles of each column."""
        self.n_quantiles = min(200, len(X))
        return super().fit(X, y)


def numeric_ranks(columns=None, leave_out=()):
    """Place numbers by rank on a normal scale, so that outliers and skew lose their leverage."""
    return make_pipeline(
        Numbers(columns, leave_out),
        SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),
        Ranks(output_distribution="normal", random_state=0),
    )


def numeric_curves(columns=None, leave_out=(), knots=5):
    """Bend each number into cubic splines, so that a linear model can follow a dose that saturates."""
    return make_pipeline(
        Numbers(columns, leave_out),
        SimpleImputer(strategy="median", keep_empty_features=True),
        Ranks(random_state=0),
        SplineTransformer(n_knots=knots, include_bias=False),
        StandardScaler(),
    )


def numeric_as_is(columns=None, leave_out=()):
    """Leave numbers as measured and missing ones missing: trees split on both."""
    return Numbers(columns, leave_out)


def categories(rows):
    """Return the columns as text, where a missing value is a category of its own."""
    return rows.astype("string").fillna("missing").astype(object)


def pick(rows, columns):
    """Return some columns of the rows."""
    return rows[list(columns)]


def categorical(columns, min_rows=5):
    """Make one column of 0 and 1 per category; rare (below `min_rows` rows) and unseen ones share one."""
    return make_pipeline(
        FunctionTransformer(pick, kw_args={"columns": columns}),
        FunctionTransformer(categories),
        OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=min_rows, dtype=np.float32),
    )
