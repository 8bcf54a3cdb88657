"""Probe: which kind of measurement the numbers are."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd


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


def scale_of_measurement(frame, target, columns=None, leave_out=()):
    """Draw the values and the spread of each feature over its mean; return what the values look like."""
    numbers = measurements(frame, target, columns, leave_out)
    values = numbers.to_numpy(float)
    seen = values[np.isfinite(values)]
    if not len(seen):
        print("no numbers in this sample")
        return {"measurement": None}
    means, spreads = numbers.mean(), numbers.std()
    skews = numbers.iloc[:, :500].skew().fillna(0)
    totals = numbers.sum(axis=1)
    findings = {
        "measured_features": numbers.shape[1],
        "zero_share": round(float((seen == 0).mean()), 4),
        "negative_share": round(float((seen < 0).mean()), 4),
        "whole_share": round(float((seen == np.round(seen)).mean()), 4),
        "minimum": float(seen.min()),
        "maximum": float(seen.max()),
        "median_skew": round(float(skews.median()), 3),
        "skewed_share": round(float((skews.abs() > 2).mean()), 3),
        "total_spread": round(float(totals.std() / abs(totals.mean())), 4) if totals.mean() else None,
    }
    findings["measurement"] = kind_of_values(findings, means)

    if numbers.shape[1] <= 12:
        draw_each(numbers)
    else:
        draw_all(seen, means, spreads)
    print(f"looks like: {findings['measurement']}")
    return findings


def draw_each(numbers):
    """Draw the distribution of each of a few features."""
    rows = -(-numbers.shape[1] // 4)
    _, grid = plt.subplots(rows, 4, figsize=(9, 0.4 + 1.8 * rows), layout="constrained", squeeze=False)
    for axes, name in zip(grid.flat, numbers.columns, strict=False):
        axes.hist(numbers[name].dropna(), bins=30, color="#0072B2")
        axes.set_title(short(name), fontsize=9)
        axes.spines[["top", "right"]].set_visible(False)
    for axes in grid.flat[numbers.shape[1] :]:
        axes.set_axis_off()
    plt.show()


def draw_all(seen, means, spreads):
    """Draw all values together, and the spread of each feature over its mean."""
    _, (left, right) = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
    left.hist(seen if len(seen) < 100_000 else seen[:: len(seen) // 100_000], bins=80, color="#0072B2", log=True)
    left.set(title="All values", xlabel="value", ylabel="how many (log)")
    right.scatter(means, spreads, s=8, alpha=0.5, color="#D55E00", edgecolors="none")
    right.set(title="Spread grows with the mean?", xlabel="mean of a feature", ylabel="standard deviation")
    if means.min() > 0 and spreads.min() > 0 and means.max() > 100 * means.min():
        right.set(xscale="log", yscale="log")
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    plt.show()


def kind_of_values(seen, means):
    """Name the kind of measurement from the range, the zeros, the tail and the row totals."""
    positive = means[means > 0]
    apart = len(positive) > 1 and positive.quantile(0.9) > 100 * positive.quantile(0.1)
    if seen["measured_features"] < 20 or (seen["measured_features"] < 60 and (apart or seen["negative_share"] > 0)):
        return "mixed"  # columns with units of their own, such as clinical values
    if seen["negative_share"] > 0:
        return "log scale"
    if seen["total_spread"] is not None and seen["total_spread"] < 0.001:
        return "composition"
    if seen["whole_share"] > 0.999 and seen["maximum"] > 20:
        return "counts"
    if seen["maximum"] <= 1:
        return "beta values"
    if seen["median_skew"] > 1.5 and seen["maximum"] > 50:
        return "intensities"
    return "log scale" if seen["measured_features"] >= 60 else "mixed"
