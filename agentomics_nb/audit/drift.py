"""How the files differ from each other, and what in them is uneven: labels, features, batches, classes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from agentomics_nb.audit import association
from agentomics_nb.audit.entities import MENTIONED
from agentomics_nb.audit.finding import Finding, figures, shortened
from agentomics_nb.audit.genomic_intervals import interval_columns
from agentomics_nb.dataset.model import ColumnKind
from agentomics_nb.dataset.names import words

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    from numpy.typing import NDArray

    from agentomics_nb.audit.tables import Part, Tables

_SURE = 5.0
_SHIFTED = 0.2
_MOVED, _MOVED_FAR = 0.3, 0.6
"""Difference of means in standard deviations."""
_SHARES, _SHARES_FAR = 0.1, 0.25
"""Difference of class shares (total variation)."""
_BATCH, _BATCH_MUCH = 0.3, 0.6
_RARE, _VERY_RARE = 0.1, 0.02
_FEW_LEVELS = 100
_LOOKED_AT = 20_000
_SHOWN = 3


def find(tables: Tables) -> Iterator[Finding]:
    """Yield how files differ, and what is uneven in the training file."""
    yield from _classes(tables)
    yield from _batches(tables)
    for part in tables.others:
        yield from _target(tables, part)
        yield from _features(tables, part)


def _classes(tables: Tables) -> Iterator[Finding]:
    if not tables.classification:
        return
    train, classes = tables.train, tables.dataset.target.classes or ()
    counts = np.bincount(train.labels.astype(np.int64), minlength=len(classes))
    rarest = int(counts.argmin())
    share = counts[rarest] / len(train)
    even = 1 / len(classes)
    if share >= _RARE * 2 * even:
        return
    yield Finding(
        code="rare_class",
        severity="warning" if share < _VERY_RARE * 2 * even else "info",
        text=f"Class {shortened(classes[rarest])} has {counts[rarest]:,} of {len(train):,} rows ({share:.1%}).",
        rows=int(counts[rarest]),
        of=len(train),
        effect="Accuracy hardly depends on this class; its recall rests on few rows.",
        remedy="Judge by balanced accuracy, AUPRC or MCC, and read the interval.",
        figures=figures(share=float(share)),
    )


def _batches(tables: Tables) -> Iterator[Finding]:
    """Find columns of batches, sites or runs that go with the label."""
    import pandas as pd

    train = tables.train
    for column in tables.dataset.columns:
        if MENTIONED.isdisjoint(words(column.name)) or column.kind in (ColumnKind.CONSTANT, ColumnKind.TARGET_COPY):
            continue
        if column.kind == ColumnKind.NUMERIC and not column.integer:
            continue
        codes = np.asarray(pd.factorize(train.frame[column.name])[0], dtype=np.int64)
        found = association.of_groups(codes, train.labels, classification=tables.classification)
        if found.strength < _BATCH or found.z < _SURE:
            continue
        yield Finding(
            code="batch_tells_label",
            severity="severe" if found.strength >= _BATCH_MUCH else "warning",
            text=f"{column.name} goes with the label (strength {found.strength:.2f} of 1): labels are unevenly spread "
            "over its values.",
            rows=int((codes >= 0).sum()),
            of=len(train),
            columns=(column.name,),
            example=shortened(column.examples[0]) if column.examples else None,
            effect="A model may recognise the batch and not the biology; in a new batch it would fail.",
            remedy=f"Judge on batches that training has not seen: --split group={column.name}; make no feature of it.",
            figures=figures(strength=found.strength),
        )


def _target(tables: Tables, part: Part) -> Iterator[Finding]:
    """Compare the labels of another file with those of training."""
    train = tables.train
    if tables.classification:
        classes = tables.dataset.target.classes or ()
        shares = [
            np.bincount(p.labels[p.labels >= 0].astype(np.int64), minlength=len(classes)) / len(p)
            for p in (train, part)
        ]
        gap = shares[1] - shares[0]
        distance = float(np.abs(gap).sum() / 2)
        z = distance / math.sqrt(0.25 * (1 / len(train) + 1 / len(part)))
        if distance < _SHARES or z < _SURE:
            return
        most = int(np.abs(gap).argmax())
        text = (
            f"Class {shortened(classes[most])} has {shares[1][most]:.0%} of the rows of {part.file}, "
            f"{shares[0][most]:.0%} of those of {train.file}."
        )
        severe, numbers = distance >= _SHARES_FAR, figures(distance=distance)
    else:
        means = [float(p.labels.mean()) for p in (train, part)]
        spread = float(train.labels.std()) or 1.0
        distance = abs(means[1] - means[0]) / spread
        if distance < _MOVED or distance < _SURE * math.sqrt(1 / len(train) + 1 / len(part)):
            return
        text = (
            f"The label is {means[1]:.3g} on average in {part.file} and {means[0]:.3g} in {train.file}, "
            f"{distance:.1f} standard deviations apart."
        )
        severe, numbers = distance >= _MOVED_FAR, figures(distance=distance, mean=means[1], train_mean=means[0])
    yield Finding(
        code="target_drift",
        severity="severe" if severe else "warning",
        text=text,
        rows=len(part),
        of=len(part),
        files=("train", part.role),
        effect=f"{part.file} is from another distribution: validation scores do not carry over, errors above all.",
        remedy="Find out why. Judge by a metric of ranks or balance, and do not tune to the shift.",
        figures=numbers,
    )


def _features(tables: Tables, part: Part) -> Iterator[Finding]:
    """Compare the features of another file with those of training, each column alone."""
    ours, theirs = (_sampled(p.frame) for p in (tables.train, part))
    distances: dict[str, float] = {}
    places = (interval_columns(tables.dataset) or ())[1:]
    for column in tables.dataset.columns:
        if column.name in places:
            continue  # other places are what a held-out part of the genome has
        match column.kind:
            case ColumnKind.NUMERIC | ColumnKind.COUNT:
                pair = [frame[column.name].to_numpy(dtype=np.float64, na_value=np.nan) for frame in (ours, theirs)]
                distances[column.name] = _kolmogorov(*pair)
            case ColumnKind.CATEGORICAL if column.unique <= _FEW_LEVELS:
                distances[column.name] = _variation(ours[column.name], theirs[column.name])
            case ColumnKind.NUCLEOTIDE | ColumnKind.PROTEIN:
                lengths = [frame[column.name].str.len() for frame in (ours, theirs)]
                pair = [each.to_numpy(dtype=np.float64, na_value=np.nan) for each in lengths]
                distances[column.name] = _kolmogorov(*pair)
    by_chance = math.sqrt(math.log(1e5 * max(1, len(distances))) / 2 * (1 / len(ours) + 1 / len(theirs)))
    shifted = sorted(((d, name) for name, d in distances.items() if d > max(_SHIFTED, by_chance)), reverse=True)
    if not shifted:
        return
    names = ", ".join(shortened(name) for _, name in shifted[:_SHOWN])
    apart = [name for distance, name in shifted if distance >= 1]
    more = f" and {len(shifted) - _SHOWN:,} more" if len(shifted) > _SHOWN else ""
    many = len(shifted) >= max(2, 0.1 * len(distances)) and len(shifted) > len(apart)
    yield Finding(
        code="feature_drift",
        severity="warning" if many or not apart else "info",
        text=f"{len(shifted):,} of {len(distances):,} columns differ in distribution in {part.file}: {names}{more}."
        + (f" No value of {shortened(apart[0])} is in both files." if apart else ""),
        rows=len(part),
        of=len(part),
        files=("train", part.role),
        columns=tuple(name for _, name in shifted[:_SHOWN]),
        effect=f"{part.file} asks more than validation does: the model must carry over to rows of another kind.",
        remedy="Expect a lower score than on validation; prefer features that mean the same in both files.",
        figures=figures(columns=len(shifted), largest=shifted[0][0]),
    )


def _sampled(frame: pd.DataFrame) -> pd.DataFrame:
    most = max(500, min(_LOOKED_AT, 20_000_000 // max(1, frame.shape[1])))
    if len(frame) <= most:
        return frame
    return frame.iloc[np.sort(np.random.default_rng(0).permutation(len(frame))[:most])]


def _kolmogorov(ours: NDArray[np.float64], theirs: NDArray[np.float64]) -> float:
    """Return the largest distance of two empirical distributions (Kolmogorov-Smirnov), 0 to 1."""
    ours, theirs = (np.sort(values[np.isfinite(values)]) for values in (ours, theirs))
    if not len(ours) or not len(theirs):
        return 0.0
    both = np.concatenate([ours, theirs])
    below = [np.searchsorted(values, both, side="right") / len(values) for values in (ours, theirs)]
    return float(np.abs(below[0] - below[1]).max())


def _variation(ours: pd.Series[str], theirs: pd.Series[str]) -> float:
    """Return the total variation distance of two columns of categories, 0 to 1."""
    shares = [values.astype("str").value_counts(normalize=True) for values in (ours, theirs)]
    return float(shares[0].sub(shares[1], fill_value=0.0).abs().sum() / 2)
