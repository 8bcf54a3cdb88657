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


def kmer_model(frame, target, columns, groups=None, classes=True, strands=False):
    """Cross-validate runs of 1 to 4 letters in a linear model; with groups kept together, and for both `strands`."""
    text = [frame[column].astype("string").fillna("").str.upper() for column in columns]
    if strands:
        text = [sequences.str.replace("U", "T") for sequences in text]
    counter = CountVectorizer(analyzer="char", ngram_range=(1, 4), lowercase=False)
    as_written = [counter.fit_transform(sequences) for sequences in text]
    labels = frame[target].astype(str).to_numpy() if classes else frame[target].to_numpy(float)
    random = StratifiedKFold(5, shuffle=True, random_state=0) if classes else KFold(5, shuffle=True, random_state=0)
    scores = {"words as written": cross_validated(as_written, labels, random, None, classes)}
    findings = {"kmer_random": scores["words as written"]}
    if strands:
        pair = str.maketrans("ACGT", "TGCA")
        both = [counter.fit_transform(read + " " + read.translate(pair)[::-1] for read in reads) for reads in text]
        findings["kmer_both_strands"] = cross_validated(both, labels, random, None, classes)
        scores["word or its reverse complement"] = findings["kmer_both_strands"]
    if groups:
        kin = pd.factorize(frame[groups].astype("string").fillna("missing"))[0]
        folds = StratifiedGroupKFold(5, shuffle=True, random_state=0) if classes else GroupKFold(5)
        findings["kmer_grouped"] = cross_validated(as_written, labels, folds, kin, classes)
        scores[f"as written, {groups} kept together"[:60]] = findings["kmer_grouped"]
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
    return findings | {"kmer_score_name": name}


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
