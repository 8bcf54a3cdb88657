"""Probe: whether either sequence tells anything alone, or only both together."""

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


def strand_products(frame, target, first, second, groups=None, classes=True):
    """Compare linear models on the 3-mers of each sequence, on both, and on products of their 3-mers."""
    counter = CountVectorizer(analyzer="char", ngram_range=(3, 3), lowercase=False, binary=True)
    one, two = (
        counter.fit_transform(
            frame[column].astype("string").fillna("").str.upper().str.replace("U", "T") + "   "
        ).astype(np.float64)
        for column in (first, second)
    )
    # A word of one sequence times a word of the other: 1 where both are there. No biology enters.
    products = sparse.vstack([sparse.kron(one[[row]], two[[row]]) for row in range(len(frame))], format="csr")
    labels = frame[target].astype(str).to_numpy() if classes else pd.to_numeric(frame[target]).to_numpy()
    kin = pd.factorize(frame[groups].astype("string").fillna("missing"))[0] if groups else None
    if classes:
        folds = (StratifiedGroupKFold if groups else StratifiedKFold)(5, shuffle=True, random_state=0)
    else:
        folds = GroupKFold(5) if groups else KFold(5, shuffle=True, random_state=0)
    scores = {
        f"{first} alone": held_out(one, labels, folds, kin, classes),
        f"{second} alone": held_out(two, labels, folds, kin, classes),
        "both, side by side": held_out(sparse.hstack([one, two]), labels, folds, kin, classes),
        "products of both": held_out(products, labels, folds, kin, classes),
    }
    name = "AUROC" if classes else "Spearman correlation"

    _, axis = plt.subplots(figsize=(7, 2.4), layout="constrained")
    bars = axis.barh([key[:40].replace("$", r"\$") for key in scores], scores.values(), color="#0072B2")
    axis.bar_label(bars, [f"{score:.3f}" for score in scores.values()], padding=3)
    axis.axvline(0.5 if classes else 0, color="grey", linewidth=1)
    axis.set(
        xlim=(min(0, *scores.values()), 1.1),
        xlabel=f"{name}, five-fold cross-validation",
        title="3-mers, linear model",
    )
    axis.invert_yaxis()
    axis.spines[["top", "right"]].set_visible(False)
    plt.show()
    alone = list(scores.values())
    return {
        "product_score_name": name,
        "first_alone": alone[0],
        "second_alone": alone[1],
        "side_by_side": alone[2],
        "products": alone[3],
        "interaction": round(alone[3] - max(alone[:3]), 3),
    }


def held_out(features, labels, folds, groups, classes):
    """Return the score of held-out predictions; for several classes the mean of one against the rest."""
    features = normalize(features.tocsr())
    if not classes:
        predicted = cross_val_predict(Ridge(1.0), features, labels, groups=groups, cv=folds)
        return round(float(spearmanr(labels, predicted).statistic), 3)
    model = LogisticRegression(C=1.0, max_iter=300)
    predicted = cross_val_predict(model, features, labels, groups=groups, cv=folds, method="predict_proba")
    areas = [roc_auc_score(labels == label, predicted[:, n]) for n, label in enumerate(np.unique(labels))]
    return round(float(np.mean(areas)), 3)
