"""Probe: how long the sequences are and what they are made of, class by class."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy import stats

COLOURS = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00"]


def lengths_and_composition(frame, target, columns, letters="GC", classes=True):
    """Draw length and share of `letters` of each sequence column against the target; return what differs."""
    if classes:
        labels = frame[target].astype(str)
    else:
        labels = pd.Series(np.where(frame[target] > frame[target].median(), "upper half", "lower half"), frame.index)
    findings, drawn = {}, []
    for column in columns:
        text = frame[column].astype("string").fillna("").str.upper()
        length = text.str.len().astype(int)
        share = sum(text.str.count(letter) for letter in letters).astype(float) / length.clip(lower=1)
        findings[f"repeated:{column}"] = round(float(text.duplicated(keep=False).mean()), 4)
        findings[f"length_effect:{column}"] = difference(length, labels)
        findings[f"composition_effect:{column}"] = difference(share, labels)
        if length.nunique() > 1:
            drawn.append((column, "length in letters", length, 1))
        else:
            print(f"{column}: all of {length.iloc[0]} letters")
        drawn.append(
            (column, f"share of {', '.join(letters[:-1])} and {letters[-1]}", share, 1 / max(length.median(), 1))
        )

    across = min(2, len(drawn))
    down = -(-len(drawn) // across)
    _, grid = plt.subplots(down, across, figsize=(4.5 * across, 2.7 * down), layout="constrained", squeeze=False)
    for axis, (column, name, measured, step) in zip(grid.flat, drawn, strict=False):
        draw(axis, measured, labels, step)
        axis.set(xlabel=name, yticks=[], ylabel="share of rows", title=column[:40].replace("$", r"\$"))
        axis.spines[["top", "right", "left"]].set_visible(False)
    for axis in grid.flat[len(drawn) :]:
        axis.set_axis_off()
    grid[0, 0].legend(frameon=False, fontsize=8)
    plt.show()
    return findings


def draw(axis, measured, labels, step):
    """Draw a histogram for each of the commonest labels; bins are whole multiples of the smallest `step`."""
    low, high = measured.min(), measured.quantile(0.995)
    width = step * max(1, round((high - low) / 25 / step))
    edges = np.arange(low - step / 2, high + width, width)
    for label, colour in zip(labels.value_counts().index, COLOURS, strict=False):
        chosen = measured[labels == label]
        weights = np.full(len(chosen), 1 / len(chosen))
        name = label[:20].replace("$", r"\$")
        axis.hist(chosen, edges, weights=weights, histtype="step", linewidth=1.6, color=colour, label=name)


def difference(measured, labels):
    """Return how well a number alone tells the two most frequent classes apart: an AUROC of .5 to 1."""
    first, second = (measured[labels == label] for label in labels.value_counts().index[:2])
    auroc = stats.mannwhitneyu(first, second).statistic / (len(first) * len(second))
    return round(float(max(auroc, 1 - auroc)), 3)
