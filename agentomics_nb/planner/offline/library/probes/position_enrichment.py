"""Probe: which letters are enriched at which position, for sequences of one length."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

BASES = "ACGT"


def position_enrichment(frame, target, column, classes=True):
    """Draw log2 of each letter's frequency, a class over all rows, along the sequence; return the strongest."""
    text = frame[column].astype("string").fillna("").str.upper().str.replace("U", "T")
    width = int(text.str.len().max())
    letters = np.array([list(sequence.ljust(width)) for sequence in text])
    if classes:
        labels = frame[target].astype(str).to_numpy()
        shown = list(pd.Series(labels).value_counts().index[:4])
    else:
        values = pd.to_numeric(frame[target], errors="coerce")
        labels = np.where(values > values.quantile(2 / 3), "upper third", "the rest")
        shown = ["upper third"]
    if len(shown) == 2:
        shown = [max(shown)]  # of two classes, one is the mirror image of the other
    present = np.stack([letters == base for base in BASES])
    background = present.mean(axis=1)

    figure, axes = plt.subplots(
        len(shown), 1, figsize=(9, 0.9 + 1.3 * len(shown)), layout="constrained", squeeze=False, sharex=True
    )
    strongest, informative = (0.0, "", 0, "", 0.0), np.zeros(width, dtype=bool)
    for axis, label in zip(axes[:, 0], shown, strict=True):
        inside = labels == label
        count = inside.sum()
        # Half a row is added, so that a letter that never occurs does not give an infinite value.
        enriched = np.log2((present[:, inside].sum(axis=1) + 0.5) / (count + 2) / (background + 0.5 / len(labels)))
        error = np.sqrt(np.clip(background * (1 - background), 1e-3, None) / count)
        share = present[:, inside].mean(axis=1)
        z = (share - background) / error
        informative |= np.abs(z).max(axis=0) > 5
        sure = np.where(np.abs(z) > 3, enriched, 0)
        base, position = np.unravel_index((share - background).argmax(), share.shape)
        if share[base, position] - background[base, position] > strongest[0] - strongest[4]:
            strongest = (share[base, position], BASES[base], position + 1, label, background[base, position])
        image = axis.imshow(sure, cmap="PuOr_r", vmin=-2, vmax=2, aspect="auto", interpolation="nearest")
        axis.set(yticks=range(4), yticklabels=list(BASES), title=str(label)[:40].replace("$", r"\$"))
    ticks = np.linspace(0, width - 1, min(width, 11)).astype(int)
    axes[-1, 0].set(xticks=ticks, xticklabels=ticks + 1, xlabel="position")
    figure.colorbar(image, ax=axes[:, 0], label="log2 enrichment", shrink=0.9)
    plt.show()
    return {
        "informative_positions": int(informative.sum()),
        "informative_from": int(np.flatnonzero(informative)[0]) + 1 if informative.any() else None,
        "informative_to": int(np.flatnonzero(informative)[-1]) + 1 if informative.any() else None,
        "strongest_letter": strongest[1],
        "strongest_position": int(strongest[2]),
        "strongest_class": str(strongest[3]),
        "strongest_share": round(float(strongest[0]), 3),
        "strongest_share_overall": round(float(strongest[4]), 3),
    }
