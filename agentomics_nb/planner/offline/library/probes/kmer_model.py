"""Probe: what a linear model learns from short words alone, and whether it merely remembers relatives."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy import sparse
from scipy.stats import spearmanr
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    StratifiedGroupKFold,
    StratifiedKFold,
    cross_val_predict,
)
from sklearn.preprocessing import normalize


def kmer_model(frame, target, columns, groups=None, classes=True):
    """Cross-validate k-mers of 1 to 4 letters in a linear model: random against grouped folds, strand by strand."""
    text = {
        column: frame[column].astype("string").fillna("").str.upper().str.replace("U", "T").tolist()
        for column in columns
    }
    counter = CountVectorizer(analyzer="char", ngram_range=(1, 4), lowercase=False)
    stranded = [counter.fit_transform(sequences) for sequences in text.values()]
    both = [
        counter.fit_transform(
            [f"{sequence} {sequence.translate(str.maketrans('ACGT', 'TGCA'))[::-1]}" for sequence in sequences]
        )
        for sequences in text.values()
    ]
    labels = frame[target].astype(str).to_numpy() if classes else pd.to_numeric(frame[target]).to_numpy()
    random = StratifiedKFold(5, shuffle=True, random_state=0) if classes else KFold(5, shuffle=True, random_state=0)
    scores = {"k-mers as written": cross_validated(stranded, labels, random, None, classes)}
    scores["word or its reverse complement"] = cross_validated(both, labels, random, None, classes)
    if groups:
        kin = pd.factorize(frame[groups].astype("string").fillna("missing"))[0]
        folds = StratifiedGroupKFold(5, shuffle=True, random_state=0) if classes else GroupKFold(5)
        scores[f"k-mers as written, {groups} kept together"[:60]] = cross_validated(
            stranded, labels, folds, kin, classes
        )
    name = "AUROC" if classes else "Spearman correlation"

    _, axis = plt.subplots(figsize=(7, 0.8 + 0.4 * len(scores)), layout="constrained")
    bars = axis.barh([key.replace("$", r"\$") for key in scores], scores.values(), color="#0072B2")
    axis.bar_label(bars, [f"{score:.3f}" for score in scores.values()], padding=3)
    axis.axvline(0.5 if classes else 0, color="grey", linewidth=1)
    axis.set(
        xlim=(min(0, *scores.values()), 1.1),
        xlabel=f"{name}, five-fold cross-validation",
        title="Short words, linear model",
    )
    axis.invert_yaxis()
    axis.spines[["top", "right"]].set_visible(False)
    plt.show()
    values = list(scores.values())
    findings = {"kmer_score_name": name, "kmer_random": values[0], "kmer_both_strands": values[1]}
    return findings | ({"kmer_grouped": values[2]} if groups else {})


def cross_validated(counts, labels, folds, groups, classes):
    """Return AUROC (the mean over classes, one against the rest) or Spearman's correlation of held-out predictions."""
    profile = sparse.hstack([normalize(np.sqrt(block.astype(np.float64))) for block in counts], format="csr")
    if not classes:
        predicted = cross_val_predict(Ridge(1.0), profile, labels, groups=groups, cv=folds)
        return round(float(spearmanr(labels, predicted).statistic), 3)
    model = LogisticRegression(C=10, max_iter=500)
    predicted = cross_val_predict(model, profile, labels, groups=groups, cv=folds, method="predict_proba")
    present = np.unique(labels)
    areas = [roc_auc_score(labels == label, predicted[:, place]) for place, label in enumerate(present)]
    return round(float(np.mean(areas)), 3)
