"""Probe: a map of the samples by their main axes of variation."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.decomposition import PCA

COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#999999"]


def short(name, width=24):
    """Return a name that fits beside an axis; a dollar sign stays a dollar sign."""
    name = str(name)
    return (name if len(name) <= width else name[: width - 1] + "…").replace("$", r"\$")


def measurements(frame, target, columns=None, leave_out=()):
    """Return the number columns as a frame; what is not a finite number becomes missing."""
    names = columns or [c for c in frame.columns if c != target and c not in set(leave_out)]
    numbers = frame[names].copy()
    words = numbers.select_dtypes(exclude="number").columns
    numbers[words] = numbers[words].apply(pd.to_numeric, errors="coerce")
    return numbers.replace([np.inf, -np.inf], np.nan)


def sample_map(frame, target, columns=None, leave_out=(), classes=True):
    """Draw the first two principal components coloured by label; return how much of each axis the label explains."""
    numbers = measurements(frame, target, columns, leave_out)
    numbers = numbers.where(numbers.notna(), numbers.median(), axis=1).fillna(0)
    values = numbers.to_numpy(float)
    if (values >= 0).all() and values.max() > 50:
        values = np.log1p(values)  # counts and intensities; otherwise the largest feature is the first axis
    strongest = np.argsort(-values.var(axis=0), kind="stable")[:2000]
    values = values[:, strongest[values.var(axis=0)[strongest] > 1e-12]]
    if values.shape[1] < 2 or len(values) < 3:
        print("too few varying features for a map")
        return {"label_share": None}
    values = (values - values.mean(axis=0)) / values.std(axis=0)
    pca = PCA(min(10, *values.shape), random_state=0)
    places = pca.fit_transform(values)
    label = frame[target].astype(str) if classes else pd.to_numeric(frame[target], errors="coerce")
    explained = [share_explained(axis, label, classes) for axis in places.T]
    best = int(np.argmax(explained))

    figure, axes = plt.subplots(figsize=(5.6, 4.4), layout="constrained")
    second = best if best > 0 else min(1, places.shape[1] - 1)
    if classes:
        for colour, name in zip(COLOURS, label.value_counts().index, strict=False):
            rows = (label == name).to_numpy()
            axes.scatter(places[rows, 0], places[rows, second], s=12, alpha=0.7, color=colour, label=short(name))
        axes.legend(frameon=False, title=short(target))
    else:
        dots = axes.scatter(places[:, 0], places[:, second], s=12, alpha=0.7, c=label, cmap="viridis")
        figure.colorbar(dots, label=short(target))
    shares = 100 * pca.explained_variance_ratio_
    axes.set(
        title="Samples by main axes of variation",
        xlabel=f"component 1 ({shares[0]:.0f} % of the variance)",
        ylabel=f"component {second + 1} ({shares[second]:.0f} %)",
    )
    axes.spines[["top", "right"]].set_visible(False)
    plt.show()
    return {
        "first_component_share": round(float(shares[0]) / 100, 4),
        "axis_of_label": best + 1,
        "label_share": round(float(explained[best]), 4),
    }


def share_explained(axis, label, classes):
    """Return which share of the variance along an axis the label explains (R² or eta²)."""
    if not classes:
        return np.nan_to_num(np.corrcoef(axis, label.fillna(label.mean()))[0, 1]) ** 2
    means = pd.Series(axis).groupby(label.to_numpy()).transform("mean")
    return means.var() / axis.var(ddof=1)
