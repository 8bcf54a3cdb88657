"""Probe: which categories go with the label."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd


def short(name, width=24):
    """Return a name that fits beside an axis; a dollar sign stays a dollar sign."""
    name = str(name)
    return (name if len(name) <= width else name[: width - 1] + "…").replace("$", r"\$")


def categories_and_label(frame, target, columns, classes=True):
    """Draw how strongly each categorical column goes with the label; return the strongest and a suspect."""
    strength = pd.Series(
        {column: association(frame[column], frame[target], classes) for column in columns}
    ).sort_values(kind="stable")
    _, axes = plt.subplots(figsize=(6, 0.6 + 0.3 * min(len(strength), 15)), layout="constrained")
    shown = strength.tail(15)
    axes.barh([short(name) for name in shown.index], shown, color="#0072B2")
    measure = "Cramér's V" if classes else "share of variance explained"
    axes.set(title="Categories and the label", xlabel=f"{measure}, corrected for chance", xlim=(0, 1))
    axes.spines[["top", "right"]].set_visible(False)
    plt.show()

    best = strength.index[-1]
    levels = frame[best].astype("string").fillna("missing")
    common = levels.value_counts().index[:8]
    if classes:
        table = pd.crosstab(levels, frame[target].astype(str)).loc[common].iloc[:, :8]
    else:
        table = pd.to_numeric(frame[target], errors="coerce").groupby(levels).agg(["count", "mean"]).loc[common]
    print(table.round(3).to_string())
    return {
        "strongest_category": str(best),
        "category_strength": round(float(strength.iloc[-1]), 4),
        "possible_batch": str(best) if strength.iloc[-1] > 0.9 else None,
    }


def association(column, label, classes):
    """Return 0 (unrelated) to 1 (the category fixes the label), corrected for the number of categories."""
    levels = column.astype("string").fillna("missing")
    n, k = len(levels), levels.nunique()
    if k < 2 or k >= n:
        return 0.0
    if not classes:
        values = pd.to_numeric(label, errors="coerce")
        explained = values.groupby(levels).transform("mean").var() / max(values.var(), 1e-300)
        return float(max(0.0, 1 - (1 - explained) * (n - 1) / (n - k)))
    table = pd.crosstab(levels, label.astype(str)).to_numpy(float)
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / n
    phi = ((table - expected) ** 2 / expected).sum() / n
    rows, columns = table.shape
    corrected = max(0.0, phi - (rows - 1) * (columns - 1) / (n - 1))  # Bergsma (2013)
    smaller = min(rows - (rows - 1) ** 2 / (n - 1), columns - (columns - 1) ** 2 / (n - 1)) - 1
    return float(np.sqrt(corrected / smaller)) if smaller > 0 else 0.0
