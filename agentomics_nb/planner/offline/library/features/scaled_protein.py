"""Protein descriptors on one scale, for linear models and kernels."""

from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from .protein import protein_composition, protein_properties


def scaled_protein_composition(column):
    """Length and amino-acid composition, each feature standardised."""
    return make_pipeline(protein_composition(column), StandardScaler())


def scaled_protein_properties(column):
    """Physical properties along the chain and at both ends, each feature standardised."""
    return make_pipeline(protein_properties(column), StandardScaler())
