"""Probe: how long the sequences are and what they are made of, class by class."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy import stats

COLOURS = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00"]


def lengths_and_composition(frame, target, columns, letters="GC", classes=True, groups=None):
    """Draw length and share of `letters` of each sequence column against the target; return what differs."""
    if classes:
        labels = frame[target].astype(str)
    else:
        values = pd.to_numeric(frame[target], errors="coerce")
        labels = pd.Series(np.where(values > values.median(), "upper half", "lower half"), index=frame.index)
    shown = labels.value_counts().index[:6]
    findings = {"group_column": groups}
    _, axes = plt.subplots(len(columns), 2, figsize=(9, 2.7 * len(columns)), layout="constrained", squeeze=False)
    for row, column in zip(axes, columns, strict=True):
        text = frame[column].astype("string").fillna("").str.upper()
        length = text.str.len().astype(int)
        share = sum(text.str.count(letter) for letter in letters).astype(float) / length.clip(lower=1)
        for axis, measured, name in (
            (row[0], length, "letters"),
            (row[1], share, f"share of {' and '.join(letters)}"),
        ):
            low, high = measured.quantile([0.0, 0.995])
            edges = np.linspace(low, max(high, low + 1e-6 if name != "letters" else low + 1), 31)
            for label, colour in zip(shown, COLOURS, strict=False):
                axis.hist(
                    measured[labels == label],
                    edges,
                    density=True,
                    histtype="step",
                    linewidth=1.6,
                    color=colour,
                    label=label[:20],
                )
            axis.set(xlabel=name, yticks=[], title=column[:40].replace("$", r"\$"))
            axis.spines[["top", "right", "left"]].set_visible(False)
        findings[f"length_min:{column}"] = int(length.min())
        findings[f"length_max:{column}"] = int(length.max())
        findings[f"repeated:{column}"] = round(float(text.duplicated(keep=False).mean()), 4)
        findings[f"length_effect:{column}"] = difference(length, labels)
        findings[f"composition_effect:{column}"] = difference(share, labels)
    axes[0, 0].legend(frameon=False, fontsize=8)
    plt.show()
    return findings


def difference(measured, labels):
    """Return how well a number alone tells the two most frequent classes apart: an AUROC of .5 to 1."""
    first, second = (measured[labels == label] for label in labels.value_counts().index[:2])
    auroc = stats.mannwhitneyu(first, second).statistic / (len(first) * len(second))
    return round(float(max(auroc, 1 - auroc)), 3)
