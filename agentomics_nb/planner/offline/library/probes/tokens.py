"""Probe: which words of a text, or fragments of a molecule, go with the target, and how far they carry."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy import stats
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import KFold, StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline

PATTERNS = {"words": (r"\w+", 2), "atoms": (r"\[[^\]]*\]|Br|Cl|%\d\d|\S", 3), "letters": (r"\S", 3)}


def telling_tokens(frame, target, column, kind="words", classes=True):
    """Draw the tokens, and runs of them, that go most with the target; return the first and a linear model's score."""
    pattern, longest = PATTERNS[kind]
    text = frame[column].astype("string").fillna("").tolist()
    counter = CountVectorizer(
        token_pattern=pattern, ngram_range=(1, longest), lowercase=kind == "words", min_df=5, max_features=2000
    )
    try:
        counts = counter.fit_transform(text)
    except ValueError:
        print("no token occurs in five rows")
        return {}
    if classes:
        labels = frame[target].astype(str).to_numpy()
        shown = pd.Series(labels).value_counts().sort_index().idxmin()
        outcome, said = (labels == shown).astype(float), f"class {shown}"
    else:
        labels = outcome = frame[target].to_numpy(float)
        said = "the target"
    present = (counts > 0).toarray()
    varying = np.flatnonzero(present.any(axis=0) & ~present.all(axis=0))
    if not len(varying):
        print("no token is in some rows and not in others")
        return {}
    correlation = np.corrcoef(present[:, varying].T, stats.rankdata(outcome))[-1, :-1]
    names = counter.get_feature_names_out()[varying]
    names = [name if kind == "words" else name.replace(" ", "") for name in names]
    top = np.argsort(-np.abs(correlation), kind="stable")[:15][::-1]

    _, axes = plt.subplots(figsize=(6, 0.7 + 0.26 * len(top)), layout="constrained")
    axes.barh([names[k].replace("$", r"\$") for k in top], correlation[top], color="#0072B2")
    axes.axvline(0, color="black", linewidth=0.8)
    axes.set(title="Most telling tokens", xlabel=f"correlation with {said}"[:60].replace("$", r"\$"))
    axes.spines[["top", "right"]].set_visible(False)
    plt.show()
    return {
        "strongest_token": names[top[-1]],
        "token_score_name": "AUROC" if classes else "Spearman",
        "token_score": held_out(counts, labels, classes),
    }


def held_out(counts, labels, classes):
    """Return the score of a linear model's held-out predictions; None where a class has too few rows."""
    if not classes:
        model = make_pipeline(TfidfTransformer(sublinear_tf=True), Ridge(1.0))
        predicted = cross_val_predict(model, counts, labels, cv=KFold(5, shuffle=True, random_state=0))
        return round(float(stats.spearmanr(labels, predicted).statistic), 3)
    names, rows = np.unique(labels, return_counts=True)
    if rows.min() < 5:
        return None
    model = make_pipeline(TfidfTransformer(sublinear_tf=True), LogisticRegression(max_iter=500))
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    predicted = cross_val_predict(model, counts, labels, cv=folds, method="predict_proba")
    areas = [roc_auc_score(labels == name, predicted[:, k]) for k, name in enumerate(names)]
    return round(float(np.mean(areas)), 3)
