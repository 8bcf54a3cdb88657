"""Protein descriptors on one scale, for linear models and kernels."""

from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from .protein import protein


def scaled_protein(column, parts=("composition",)):
    """Describe a protein column by `parts`, each feature standardised."""
    return make_pipeline(protein(column, parts), StandardScaler())
