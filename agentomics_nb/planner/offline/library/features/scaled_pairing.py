"""Pairing features on one scale, for linear models and kernels."""

from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from .pairing import pairing


def scaled_pairing(target, guide, target_width, guide_width):
    """Stems, alignment scores and the best seed site, each feature standardised."""
    return make_pipeline(pairing(target, guide, target_width, guide_width), StandardScaler())
