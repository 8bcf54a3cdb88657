"""Probe: what single features tell about the label."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy import stats


FEW = 15


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


def strongest_features(frame, target, columns=None, leave_out=(), classes=True):
    """Test each feature by ranks, draw effect against evidence, print the strongest; return counts and names."""
    numbers = measurements(frame, target, columns, leave_out)
    numbers = numbers.loc[:, numbers.nunique() > 1]
    if numbers.shape[1] == 0:
        print("no feature varies in this sample")
        return {"tested_features": 0}
    ranks = numbers.where(numbers.notna(), numbers.median(), axis=1).rank().to_numpy()
    if classes:
        label = frame[target].astype(str)
        effect, p, name = rank_effects(ranks, label)
    else:
        label = pd.to_numeric(frame[target], errors="coerce")
        effect = np.nan_to_num(correlations(ranks, label.fillna(label.median()).rank().to_numpy()))
        strength = effect * np.sqrt((len(ranks) - 2) / np.maximum(1 - effect**2, 1e-12))
        p, name = 2 * stats.t.sf(np.abs(strength), len(ranks) - 2), "Spearman correlation"
    neutral = 0.5 if name.startswith("AUROC") else 0
    adjusted = stats.false_discovery_control(np.clip(p, 0, 1))
    order = np.lexsort((-np.abs(effect), p))

    if numbers.shape[1] > FEW:
        _, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
        bins = np.histogram_bin_edges(effect, 40)
        parts = [effect[adjusted >= 0.05], effect[adjusted < 0.05]]
        left.hist(parts, bins, stacked=True, color=["#999999", "#D55E00"], label=["may be chance", "q < 0.05"])
        left.set(title="All features, one at a time", xlabel=name, ylabel="features")
        left.legend(frameon=False)
        left.spines[["top", "right"]].set_visible(False)
    else:
        _, right = plt.subplots(figsize=(5.6, 0.8 + 0.24 * numbers.shape[1]), layout="constrained")
    top = order[:FEW][::-1]
    colours = np.where(adjusted[top] < 0.05, "#D55E00", "#999999")
    right.hlines(range(len(top)), neutral, effect[top], color=colours)
    right.scatter(effect[top], range(len(top)), color=colours)
    right.axvline(neutral, color="black", linewidth=0.8)
    right.set_yticks(range(len(top)), [short(numbers.columns[each]) for each in top])
    right.set(title="The strongest (orange: q < 0.05)", xlabel=name)
    right.spines[["top", "right"]].set_visible(False)
    plt.show()

    table = pd.DataFrame({"feature": numbers.columns, name: effect.round(3), "q": adjusted}).iloc[order[:10]]
    print(table.to_string(index=False, formatters={"q": "{:.1e}".format}, max_colwidth=40))
    return {
        "tested_features": numbers.shape[1],
        "significant_features": int((adjusted < 0.05).sum()),
        "strongest_feature": str(numbers.columns[order[0]]),
        "strongest_effect": round(float(effect[order[0]]), 4),
        "effect_name": name,
    }


def correlations(ranks, other):
    """Return Pearson's correlation of each column with one vector."""
    centred, other = ranks - ranks.mean(axis=0), other - other.mean()
    return other @ centred / np.sqrt((centred**2).sum(axis=0) * (other @ other))


def rank_effects(ranks, label):
    """Return effect, p and the effect's name: the AUROC of a feature, or for several classes epsilon².

    AUROC with the normal approximation of Mann and Whitney's test; epsilon² from Kruskal and Wallis's.
    """
    names = np.unique(label)
    n = len(ranks)
    if len(names) == 2:
        chosen = (label == names[1]).to_numpy()
        n1, n0 = chosen.sum(), n - chosen.sum()
        auroc = (ranks[chosen].sum(axis=0) - n1 * (n1 + 1) / 2) / (n1 * n0)
        z = (auroc - 0.5) * np.sqrt(12 * n1 * n0 / (n + 1))
        return auroc, 2 * stats.norm.sf(np.abs(z)), f"AUROC for {names[1]}"
    sums = sum(ranks[(label == k).to_numpy()].sum(axis=0) ** 2 / (label == k).sum() for k in names)
    h = np.maximum(12 / (n * (n + 1)) * sums - 3 * (n + 1), 0)
    return h / (n - 1), stats.chi2.sf(h, len(names) - 1), "share of rank variance between classes"
