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
    labels = frame[target].astype(str) if classes else frame[target]
    if classes:
        names = labels.value_counts().index[:6]
        names = names[-1:] if len(names) == 2 else names  # of two classes, one is the mirror image of the other
        outcomes = {f"class {name}": (labels == name).astype(float) for name in names}
    else:
        outcomes = {"the target": labels}
    correlation = pd.DataFrame({name: share.rank().corrwith(outcome.rank()) for name, outcome in outcomes.items()})
    correlation = correlation.fillna(0)
    if len(outcomes) == 1:
        draw_bars(correlation.iloc[:, 0])
    else:
        draw_map(correlation)
    letter, name = correlation.abs().stack().idxmax()

    kin = pd.factorize(frame[groups].astype("string").fillna("missing"))[0] if groups else None
    return {
        "strongest_amino_acid": letter,
        "strongest_correlation": round(float(correlation.loc[letter, name]), 3),
        "composition_of": name,
        "composition_score_name": "AUROC" if classes else "Spearman correlation",
        "length_score": held_out(np.log(length.to_numpy())[:, None], labels, kin, classes),
        "composition_score": held_out(np.column_stack([share, np.log(length)]), labels, kin, classes),
    }


def draw_bars(correlation):
    """Draw one bar per amino acid."""
    _, axis = plt.subplots(figsize=(8, 3.2), layout="constrained")
    axis.bar(correlation.index, correlation, color=[COLOURS[letter] for letter in correlation.index])
    axis.axhline(0, color="black", linewidth=0.8)
    axis.set_ylabel(f"correlation with {correlation.name}"[:50].replace("$", r"\$"))
    axis.set_title("Amino acids: hydrophobic, aromatic, small or polar, positive, negative")
    axis.spines[["top", "right"]].set_visible(False)
    plt.show()


def draw_map(correlation):
    """Draw a row per class."""
    figure, axis = plt.subplots(figsize=(8, 1.1 + 0.35 * correlation.shape[1]), layout="constrained")
    limit = correlation.abs().to_numpy().max()
    image = axis.imshow(correlation.T, cmap="PuOr_r", vmin=-limit, vmax=limit, aspect="auto")
    names = [name[:30].replace("$", r"\$") for name in correlation.columns]
    axis.set_yticks(range(len(names)), names)
    axis.set_xticks(range(len(correlation)), correlation.index)
    axis.set_title("Amino acids: hydrophobic, aromatic, small or polar, positive, negative")
    figure.colorbar(image, label="correlation")
    plt.show()


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
