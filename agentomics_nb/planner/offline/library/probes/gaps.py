"""Probe: where values are missing, and whether a gap says something about the target."""

import matplotlib.pyplot as plt
import pandas as pd
from scipy import stats


def short(name, width=24):
    """Return a name that fits beside an axis; a dollar sign stays a dollar sign."""
    name = str(name)
    return (name if len(name) <= width else name[: width - 1] + "…").replace("$", r"\$")


def missing_values(frame, target, classes=True):
    """Draw the columns with most missing values; return their share and a column whose gaps go with the target."""
    missing = frame.drop(columns=target).isna().mean().sort_values(ascending=False, kind="stable")
    gaps = missing[missing > 0].head(12)[::-1]
    if len(gaps):
        _, axes = plt.subplots(figsize=(6, 0.7 + 0.3 * len(gaps)), layout="constrained")
        axes.barh([short(name) for name in gaps.index], 100 * gaps, color="#0072B2")
        axes.set(title="Missing values", xlabel="% of rows", xlim=(0, 100))
        axes.spines[["top", "right"]].set_visible(False)
        plt.show()
    else:
        print("no value is missing in this sample")
    telling = telling_gap(frame, target, missing, classes)
    return {"missing_share": round(float(missing.mean()), 4), "telling_gap": telling}


def telling_gap(frame, target, missing, classes):
    """Return the column whose gaps go most clearly with the target (p < 0.001, corrected for the columns tested)."""
    tested = missing[(missing > 0.01) & (missing < 0.99)].index[:500]
    best, lowest = None, 0.001 / max(len(tested), 1)
    for column in tested:
        gap = frame[column].isna()
        if classes:
            p = stats.chi2_contingency(pd.crosstab(gap, frame[target].astype(str))).pvalue
        else:
            p = stats.mannwhitneyu(frame.loc[gap, target], frame.loc[~gap, target]).pvalue
        if p < lowest:
            best, lowest = column, p
    return best
