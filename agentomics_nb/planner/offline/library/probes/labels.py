"""Probe: how the labels are distributed, and whether gaps in the data say something about them."""

import matplotlib.pyplot as plt
import pandas as pd
from scipy import stats


def short(name, width=24):
    """Return a name that fits beside an axis; a dollar sign stays a dollar sign."""
    name = str(name)
    return (name if len(name) <= width else name[: width - 1] + "…").replace("$", r"\$")


def labels_and_gaps(frame, target, groups=None, classes=True):
    """Draw the labels and the columns with most missing values; return shares."""
    features = frame.drop(columns=target)
    missing = features.isna().mean().sort_values(ascending=False)
    gaps = missing[missing > 0].head(12)[::-1]

    _, axes = plt.subplots(1, 2 if len(gaps) else 1, figsize=(9, 3.4), layout="constrained", squeeze=False)
    left = axes[0, 0]
    if classes:
        counts = frame[target].astype(str).value_counts()
        top = counts.head(15)[::-1]
        left.barh([short(label) for label in top.index], top, color="#0072B2")
        left.set(title="Rows per class", xlabel="rows in the sample")
        findings = {"classes": len(counts), "rarest_share": round(float(counts.min() / counts.sum()), 4)}
    else:
        values = pd.to_numeric(frame[target], errors="coerce").dropna()
        left.hist(values, bins=40, color="#0072B2")
        left.set(title="The target", xlabel=short(target, 40), ylabel="rows in the sample")
        findings = {"target_skew": round(float(stats.skew(values)), 3) if values.nunique() > 1 else 0.0}
    if len(gaps):
        right = axes[0, 1]
        right.barh([short(name) for name in gaps.index], 100 * gaps, color="#E69F00")
        right.set(title="Missing values", xlabel="% of rows", xlim=(0, 100))
    for each in axes.flat:
        each.spines[["top", "right"]].set_visible(False)
    plt.show()

    findings["missing_share"] = round(float(missing.mean()), 4)
    findings["group_column"] = groups
    findings["telling_gap"] = telling_gap(features, frame[target], missing, classes)
    return findings


def telling_gap(features, labels, missing, classes):
    """Return the column whose gaps go most clearly with the label (p < 0.001, corrected for the columns tested)."""
    tested = missing[(missing > 0.01) & (missing < 0.99)].index[:500]
    best, lowest = None, 0.001 / max(len(tested), 1)
    values = None if classes else pd.to_numeric(labels, errors="coerce")
    for column in tested:
        gap = features[column].isna()
        if classes:
            p = stats.chi2_contingency(pd.crosstab(gap, labels.astype(str))).pvalue
        else:
            p = stats.mannwhitneyu(values[gap].dropna(), values[~gap].dropna()).pvalue
        if p < lowest:
            best, lowest = column, p
    return best
