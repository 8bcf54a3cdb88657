"""Probe: a linear model and trees, cross-validated on growing numbers of rows."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy import stats
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold, KFold, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler


def measurements(frame, target, columns=None, leave_out=()):
    """Return the number columns as a frame; what is not a finite number becomes missing."""
    names = columns or [c for c in frame.columns if c != target and c not in set(leave_out)]
    numbers = frame[names].copy()
    words = numbers.select_dtypes(exclude="number").columns
    numbers[words] = numbers[words].apply(pd.to_numeric, errors="coerce")
    return numbers.replace([np.inf, -np.inf], np.nan)


def linear_and_trees(frame, target, numbers=None, categories=(), leave_out=(), groups=None, classes=True, most=500):
    """Cross-validate both models on a quarter, a half and all of the rows; draw and return the scores."""
    rows = frame.sample(min(len(frame), 1000), random_state=0).reset_index(drop=True)
    parts = [rows[[]]]
    if numbers or numbers is None:
        measured = measurements(rows, target, numbers, leave_out)
        if measured.shape[1] >= 60 and measured.min().min() >= 0 and measured.max().max() > 50:
            measured = np.log1p(measured)  # counts and intensities, or the largest would rule
        if measured.shape[1] > most:
            measured = measured[measured.var().sort_values(ascending=False, kind="stable").index[:most]]
        parts.append(measured)
    parts.append(rows[list(categories)].astype("string").fillna("missing").astype(object))
    table = pd.concat(parts, axis=1)
    labels = rows[target].astype(str).to_numpy() if classes else pd.to_numeric(rows[target]).to_numpy()
    clusters = rows[groups].astype(str).to_numpy() if groups in rows.columns else None

    curve = []
    for share in (0.25, 0.5, 1.0):
        n = int(share * len(rows))
        part = None if clusters is None else clusters[:n]
        scores = [
            cross_validated(model, table[:n], labels[:n], part, classes)
            for model in models(categories, classes, table.shape[1])
        ]
        curve.append((n, *scores))
    curve = pd.DataFrame(curve, columns=["rows", "linear", "trees"]).set_index("rows").dropna()

    name = "AUROC" if classes else "Spearman"
    if curve.empty:
        print("too few rows per class for a cross-validation")
        return {"linear_score": None, "trees_score": None, "trees_gain": None, "score_name": name}
    _, axes = plt.subplots(figsize=(5.6, 3.6), layout="constrained")
    axes.plot(curve.index, curve["linear"], "o-", color="#0072B2", label="linear")
    axes.plot(curve.index, curve["trees"], "s--", color="#D55E00", label="boosted trees")
    low, high = axes.get_ylim()
    axes.set_ylim(min(low, high - 0.1), high)  # a tenth at least, or noise would look like a trend
    axes.set(title="Would more rows help?", xlabel="rows", ylabel=f"{name}, cross-validated")
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    plt.show()
    print(curve.round(3).to_string())
    last = curve.iloc[-1]
    best = curve.max(axis=1)
    return {
        "linear_score": round(float(last["linear"]), 4),
        "trees_score": round(float(last["trees"]), 4),
        "trees_gain": round(float(last["trees"] - last["linear"]), 4),
        "gain_of_doubling": round(float(best.iloc[-1] - best.iloc[-2]), 4) if len(best) > 1 else None,
        "score_name": name,
        "probed_rows": len(rows),
    }


def models(categories, classes, width):
    """Return a shrunken linear model and a small boosted one."""
    encode = (OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=5), list(categories))
    scale = make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler())
    numbers = lambda table: [c for c in table.columns if c not in set(categories)]  # noqa: E731
    linear = LogisticRegression(C=0.01 if width > 60 else 1.0, max_iter=3000) if classes else Ridge(10.0)
    boosted = HistGradientBoostingClassifier if classes else HistGradientBoostingRegressor
    trees = boosted(
        max_iter=60, max_leaf_nodes=7, max_features=0.3, min_samples_leaf=10, early_stopping=False, random_state=0
    )
    return (
        make_pipeline(make_column_transformer((scale, numbers), encode, sparse_threshold=0), linear),
        make_pipeline(make_column_transformer(("passthrough", numbers), encode, sparse_threshold=0), trees),
    )


def cross_validated(model, table, labels, clusters, classes):
    """Return AUROC (one class against the rest, averaged) or Spearman's correlation of held-out predictions."""
    if classes:
        names, counts = np.unique(labels, return_counts=True)
        kept = np.isin(labels, names[counts >= 6])
        table, labels = table[kept], labels[kept]
        clusters = None if clusters is None else clusters[kept]
        names = np.unique(labels)
        if len(names) < 2:
            return np.nan
    if clusters is not None and len(np.unique(clusters)) >= 3:
        folds = GroupKFold(3).split(table, labels, clusters)
    else:
        folds = (StratifiedKFold if classes else KFold)(3, shuffle=True, random_state=0).split(table, labels)
    scores = []
    for train, held_out in folds:
        if (classes and set(names) - set(labels[train])) or (classes and set(names) - set(labels[held_out])):
            continue
        model.fit(table.iloc[train], labels[train])
        if classes:
            chances = model.predict_proba(table.iloc[held_out])
            chances = chances[:, 1] if len(names) == 2 else chances
            scores.append(roc_auc_score(labels[held_out], chances, multi_class="ovr"))
        else:
            made = model.predict(table.iloc[held_out])
            varies = np.ptp(made) > 0 and np.ptp(labels[held_out]) > 0
            scores.append(stats.spearmanr(labels[held_out], made).statistic if varies else 0.0)
    return float(np.nanmean(scores)) if np.isfinite(scores).any() else np.nan
