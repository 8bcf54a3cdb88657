"""Probe: how many of the features are independent."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy.cluster import hierarchy
from scipy.spatial.distance import squareform


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


def redundant_features(frame, target, columns=None, leave_out=(), most=300):
    """Draw rank correlations of the most variable features, in blocks; return how many are independent."""
    numbers = measurements(frame, target, columns, leave_out)
    ranks = numbers.where(numbers.notna(), numbers.median(), axis=1).rank()
    varying = ranks.loc[:, ranks.std() > 0]
    if varying.shape[1] < 3:
        print("too few varying features to compare")
        return {"features_compared": varying.shape[1]}
    chosen = (numbers.std() / (numbers.mean().abs() + numbers.std() + 1e-12))[varying.columns]
    kept = varying[chosen.sort_values(ascending=False, kind="stable").index[:most]]
    correlation = np.nan_to_num(np.corrcoef(kept.to_numpy().T))
    np.fill_diagonal(correlation, 1)
    distance = squareform(np.clip(1 - np.abs(correlation), 0, 1), checks=False)
    order = hierarchy.leaves_list(hierarchy.linkage(distance, "average"))

    figure, axes = plt.subplots(figsize=(5.4, 4.6), layout="constrained")
    drawn = axes.imshow(correlation[np.ix_(order, order)], cmap="PuOr", vmin=-1, vmax=1, interpolation="nearest")
    figure.colorbar(drawn, label="Spearman correlation")
    axes.set(title=f"{len(order)} features, like beside like", xticks=[], yticks=[])
    if len(order) <= 30:
        axes.set_yticks(range(len(order)), [short(kept.columns[k], 18) for k in order], fontsize=7)
    plt.show()

    strongest = np.abs(correlation - np.eye(len(correlation))).max(axis=0)
    # Participation ratio of the eigenvalues: 1 if all features are copies, their number if none is related.
    spectrum = np.clip(np.linalg.eigvalsh(correlation), 0, None)
    return {
        "features_compared": len(order),
        "independent_features": round(float(spectrum.sum() ** 2 / (spectrum**2).sum()), 1),
        "twin_share": round(float((strongest > 0.9).mean()), 4),
    }
