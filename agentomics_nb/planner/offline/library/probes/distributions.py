"""Probe: how each measurement is distributed, and which have a long tail."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"]


def short(name, width=24):
    """Return a name that fits beside an axis; a dollar sign stays a dollar sign."""
    name = str(name)
    return (name if len(name) <= width else name[: width - 1] + "…").replace("$", r"\$")


def distributions(frame, target, columns, classes=True, most=16):
    """Draw each column, class by class or against the target; return the one with the longest tail."""
    numbers = frame[columns].apply(pd.to_numeric, errors="coerce").replace([np.inf, -np.inf], np.nan)
    shown = columns[:most]
    across = min(4, len(shown))
    down = -(-len(shown) // across)
    figure, grid = plt.subplots(
        down, across, figsize=(max(4, 2.4 * across), 0.6 + 1.9 * down), layout="constrained", squeeze=False
    )
    for axes, column in zip(grid.flat, shown, strict=False):
        if classes:
            draw_classes(axes, numbers[column], frame[target].astype(str))
        else:
            axes.scatter(numbers[column], frame[target], s=6, alpha=0.4, color="#0072B2", edgecolors="none")
        axes.set_title(short(column), fontsize=9)
        axes.spines[["top", "right"]].set_visible(False)
    for axes in grid.flat[len(shown) :]:
        axes.set_axis_off()
    figure.supylabel("density" if classes else short(target), fontsize=9)
    if classes:
        figure.legend(*grid[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=6, frameon=False)
    plt.show()
    if len(columns) > most:
        print(f"the first {most} of {len(columns)} columns")

    skew = numbers.skew().abs().fillna(0)
    return {"long_tailed": str(skew.idxmax()) if skew.max() > 2 else None}


def draw_classes(axes, values, labels):
    """Draw the distribution in each of the commonest classes as a step."""
    edges = np.histogram_bin_edges(values.dropna(), bins=25)
    for colour, label in zip(COLOURS, labels.value_counts().index, strict=False):
        axes.hist(
            values[labels == label],
            edges,
            density=True,
            histtype="step",
            linewidth=1.4,
            color=colour,
            label=short(label),
        )
    axes.set_yticks([])
