"""Probe: where along the short strand the two sequences pair, class by class."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

COLOURS = ["#0072B2", "#E69F00", "#009E73", "#CC79A7"]
PAIRS = {("A", "T"), ("T", "A"), ("G", "C"), ("C", "G"), ("G", "T"), ("T", "G")}


def pairing_profile(frame, target, long, short, classes=True):
    """Slide the short strand along the long one, antiparallel; draw the share of pairs at the best place."""
    guides, targets = (
        frame[column].astype("string").fillna("").str.upper().str.replace("U", "T") for column in (short, long)
    )
    width = int(guides.str.len().max())
    paired = np.full((len(frame), width), np.nan)
    for row, (guide, site) in enumerate(zip(guides, targets, strict=True)):
        paired[row, : len(guide)] = best_placement(guide, site)
    if classes:
        labels = frame[target].astype(str)
    else:
        values = pd.to_numeric(frame[target], errors="coerce")
        labels = pd.Series(np.where(values > values.median(), "upper half", "lower half"), index=frame.index)
    shown = labels.value_counts().index[:4]
    # Positions that few guides reach would show noise.
    width = int((np.isfinite(paired).mean(axis=0) > 0.2).sum())
    paired = pd.DataFrame(paired[:, :width], index=frame.index)
    profiles = {label: paired[labels == label].mean() for label in shown}

    _, axis = plt.subplots(figsize=(8, 3.2), layout="constrained")
    for (label, profile), colour in zip(profiles.items(), COLOURS, strict=False):
        axis.plot(range(1, width + 1), profile, marker="o", markersize=4, color=colour, label=str(label)[:20])
    axis.axvspan(1.5, 8.5, color="grey", alpha=0.12, linewidth=0)
    axis.set_ylim(0, 1.1)
    axis.text(5, 0.02, "seed", ha="center", va="bottom", color="dimgrey")
    axis.set_xticks(range(1, width + 1, 1 + width // 25))
    axis.set(
        xlabel=f"position in {short[:30]}".replace("$", r"\$"),
        ylabel="share of rows that pair",
        title="Pairing at the best place",
    )
    axis.legend(frameon=False)
    axis.spines[["top", "right"]].set_visible(False)
    plt.show()

    gap = (profiles[shown[0]] - profiles[shown[-1]]).fillna(0)
    share = paired.mean(axis=1)
    return {
        "profiles_compared": f"{'classes ' if classes else ''}{shown[0]} and {shown[-1]}",
        "paired_share": round(float(share.mean()), 3),
        "fully_paired_share": round(float((share >= 0.95).mean()), 3),
        "largest_gap_position": int(gap.abs().argmax()) + 1,
        "largest_gap": round(float(gap.abs().max()), 3),
        "seed_gap": round(float(abs(gap[1:8].mean())), 3),
        "tail_gap": round(float(abs(gap[8:].mean())), 3) if width > 8 else None,
    }


def best_placement(guide, site):
    """Return for each position of the guide whether it pairs, at the place with most pairs in positions 2 to 8."""
    backwards = site[::-1]
    best = [False] * len(guide)
    for offset in range(max(1, len(site) - 7)):
        pairs = [pair in PAIRS for pair in zip(guide, backwards[offset:], strict=False)]
        pairs += [False] * (len(guide) - len(pairs))
        if (sum(pairs[1:8]), sum(pairs)) > (sum(best[1:8]), sum(best)):
            best = pairs
    return best
