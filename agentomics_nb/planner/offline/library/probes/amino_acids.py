"""Probe: which amino acids go with the target, and how far composition and length alone carry."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy.stats import spearmanr
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    StratifiedGroupKFold,
    StratifiedKFold,
    cross_val_predict,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

# Hydrophobic, aromatic, small or polar, positive, negative: neighbours in the figure behave alike.
AMINO_ACIDS = "AVLIMCFWYGPSTNQHKRDE"
COLOURS = dict.fromkeys("AVLIMC", "#E69F00") | dict.fromkeys("FWY", "#D55E00") | dict.fromkeys("GPSTNQ", "#999999")
COLOURS |= dict.fromkeys("HKR", "#0072B2") | dict.fromkeys("DE", "#CC79A7")


def amino_acids(frame, target, column, groups=None, classes=True):
    """Draw the correlation of each amino acid's share with the target; return the strongest and a linear score."""
    text = frame[column].astype("string").fillna("").str.upper()
    length = text.str.len().clip(lower=1).astype(float)
    share = pd.DataFrame({letter: text.str.count(letter).astype(float) / length for letter in AMINO_ACIDS})
    if classes:
        labels = frame[target].astype(str)
        outcome = (labels == labels.value_counts().sort_index().idxmin()).astype(float)
        name = f"class {labels.value_counts().sort_index().idxmin()}"
    else:
        labels = outcome = pd.to_numeric(frame[target], errors="coerce")
        name = "the target"
    correlation = share.rank().corrwith(outcome.rank()).fillna(0)

    _, axis = plt.subplots(figsize=(8, 3.2), layout="constrained")
    axis.bar(list(AMINO_ACIDS), correlation, color=[COLOURS[letter] for letter in AMINO_ACIDS])
    axis.axhline(0, color="black", linewidth=0.8)
    axis.set(
        ylabel=f"correlation with {name}"[:50].replace("$", r"\$"),
        title="Amino acids: hydrophobic, aromatic, small or polar, positive, negative",
    )
    axis.spines[["top", "right"]].set_visible(False)
    plt.show()

    kin = pd.factorize(frame[groups].astype("string").fillna("missing"))[0] if groups else None
    strongest = correlation.abs().idxmax()
    return {
        "strongest_amino_acid": strongest,
        "strongest_correlation": round(float(correlation[strongest]), 3),
        "composition_of": name,
        "composition_score_name": "AUROC" if classes else "Spearman correlation",
        "length_score": held_out(np.log(length.to_numpy())[:, None], labels, kin, classes),
        "composition_score": held_out(np.column_stack([share, np.log(length)]), labels, kin, classes),
    }


def held_out(features, labels, groups, classes):
    """Return the score of a linear model's held-out predictions."""
    if classes:
        folds = (StratifiedGroupKFold if groups is not None else StratifiedKFold)(5, shuffle=True, random_state=0)
        model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500))
        predicted = cross_val_predict(model, features, labels, groups=groups, cv=folds, method="predict_proba")
        areas = [roc_auc_score(labels == label, predicted[:, n]) for n, label in enumerate(np.unique(labels))]
        return round(float(np.mean(areas)), 3)
    folds = GroupKFold(5) if groups is not None else KFold(5, shuffle=True, random_state=0)
    model = make_pipeline(StandardScaler(), Ridge(1.0))
    predicted = cross_val_predict(model, features, labels, groups=groups, cv=folds)
    return round(float(spearmanr(labels, predicted).statistic), 3)
