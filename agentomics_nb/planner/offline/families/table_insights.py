"""What the probes of tables and matrices found, in a biologist's words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from agentomics_nb.planner.offline.numerals import figure, percent

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from agentomics_nb.dataset import Dataset
    from agentomics_nb.planner.offline.recipe import Findings

_UNEVEN = 0.4
"""Share of an even split below which a class is worth a warning."""
_LONG_TAIL = 0.5
_WEAK = 0.1
_NOISE = 0.4
"""Over the square root of the rows: about the standard error of a cross-validated AUROC or correlation."""
_SCALES = {
    "counts": "The values are whole numbers with a long tail, as read counts are: divide by depth, take logarithms.",
    "composition": "The values are counts or shares of a whole, such as taxa or cell types: when one rises, all others "
    "seem to fall, so that only ratios within a sample can be compared.",
    "beta values": "The values lie between 0 and 1 and crowd at both ends, as beta values do: use M-values.",
    "intensities": "The values are positive with a long tail, as intensities and concentrations are: take logarithms.",
    "log scale": "The values are on an even scale, as log-transformed measurements are: no further logarithm.",
}


def insights(dataset: Dataset, findings: Findings, *, scale: str | None = None) -> tuple[str, ...]:
    """Return a sentence for each finding that a reader should know; what was not looked at is passed over.

    Parameters
    ----------
    dataset : Dataset
        Its target and size.
    findings : dict
        What the probes noted.
    scale : str, optional
        Which kind of measurement the recipes take the numbers for, a key of ``_SCALES``.
    """
    target = _classes(dataset) if dataset.task == "classification" else _numbers(dataset)
    return (*target, *_contents(findings, scale), *_signal(findings, dataset.task == "classification"))


def _classes(dataset: Dataset) -> Iterator[str]:
    counts = dataset.target.counts
    rarest = min(counts, key=lambda label: counts[label])
    share = counts[rarest] / sum(counts.values())
    if share < _UNEVEN / len(counts):
        yield (
            f"{rarest} makes up {percent(share)} of the rows: accuracy alone would flatter a model that never names it."
        )


def _numbers(dataset: Dataset) -> Iterator[str]:
    low, middle, high = (dataset.target.quantiles.get(name) for name in ("5%", "50%", "95%"))
    if low is None or middle is None or high is None or high <= low:
        return
    skew = (high + low - 2 * middle) / (high - low)  # Kelly's, between -1 and 1
    if abs(skew) > _LONG_TAIL:
        yield f"The target has a long {'upper' if skew > 0 else 'lower'} tail: a few rows dominate squared errors."


def _contents(findings: Findings, scale: str | None) -> Iterator[str]:
    gaps = _number(findings, "missing_share")
    if gaps is not None and gaps > 0.005:
        telling = findings.get("telling_gap")
        told = f" Whether {telling} is missing goes with the target: the gap itself is a feature." if telling else ""
        yield f"{percent(gaps)} of the values are missing.{told}"
    if scale in _SCALES:
        yield _SCALES[scale]
    if (tailed := findings.get("long_tailed")) is not None:
        yield f"{tailed} has a long tail: ranks or trees read it better than a straight line does."
    axis, explained = findings.get("axis_of_label"), _number(findings, "label_share")
    if explained is not None and isinstance(axis, int):
        if explained > 0.3:
            yield (
                f"The target explains {percent(explained)} of component {axis}: it goes with a main axis of variation, "
                "not with a detail."
            )
        elif explained < 0.05:
            yield "None of the first components follows the target: the signal, if any, is in small differences."
    independent, looked = _number(findings, "independent_features"), _number(findings, "features_compared")
    if independent is not None and looked and independent < 0.7 * looked:
        yield (
            f"Of {looked:,.0f} features compared, about {independent:,.0f} are independent: many measure the same, "
            "and a penalty that shares weight among them suits."
        )


def _signal(findings: Findings, classes: bool) -> Iterator[str]:
    count, total = _number(findings, "significant_features"), _number(findings, "tested_features")
    top, effect = findings.get("strongest_feature"), _number(findings, "strongest_effect")
    if count is not None and total and top and effect is not None:
        if total > 1:
            yield f"{count:,.0f} of {total:,.0f} features go with the target one by one (false discovery rate 5 %)."
        words = effect_words(str(findings.get("effect_name")), effect)
        yield f"{'The strongest is ' if total > 1 else ''}{top}: {words}."
    category, strength = findings.get("strongest_category"), _number(findings, "category_strength")
    if (batch := findings.get("possible_batch")) is not None:
        yield f"{batch} alone goes with the target almost perfectly: if it is a batch, every score here flatters."
    elif category is not None and strength is not None and strength > _WEAK:
        measure = "Cramér's V" if classes else "share of variance"
        yield f"Among the categories {category} goes most clearly with the target ({measure} {figure(strength)})."
    token, told = findings.get("strongest_token"), _number(findings, "token_score")
    if token is not None and told is not None:
        yield (
            f"“{token}” goes most clearly with the target; all such tokens in a linear model reach "
            f"{findings.get('token_score_name')} {figure(told)}."
        )
    yield from _first_models(findings)


def _first_models(findings: Findings) -> Iterator[str]:
    linear, trees = _number(findings, "linear_score"), _number(findings, "trees_score")
    name, rows = findings.get("score_name"), _number(findings, "probed_rows") or 1_000
    noise = _NOISE / math.sqrt(rows)
    if linear is not None and trees is not None:
        chance = 0.5 if name == "AUROC" else 0.0
        both = f"a linear model reaches {name} {figure(linear)}, trees {figure(trees)}"
        if max(linear, trees) < chance + 2 * noise:
            yield f"First models hardly beat chance: {both}."
        elif trees - linear > noise:
            yield f"Thresholds or interactions matter: {both}."
        elif linear - trees > noise:
            yield f"The signal is close to additive: {both}."
        else:
            yield f"First models cannot be told apart: {both}."
    slope = _number(findings, "gain_of_doubling")
    if slope is not None and slope > noise:
        yield f"Doubling the rows still gained {figure(slope)}: more samples would help more than a larger model."
    elif slope is not None and slope > -noise:
        yield "The learning curve is nearly flat: more rows of the same kind would add little."


def effect_words(measure: str, effect: float) -> str:
    """Return the strength of one feature in words.

    Examples
    --------
    >>> effect_words("AUROC for tumour", 0.009)
    'lower in tumour, AUROC .991'
    """
    label = measure.removeprefix("AUROC for ")
    if label != measure:
        return f"{'higher' if effect >= 0.5 else 'lower'} in {label}, AUROC {figure(max(effect, 1 - effect))}"
    return f"{measure} {figure(effect)}"


def listed(names: Sequence[str], shown: int = 4) -> str:
    """Return names as a phrase: all of them if few, else the first and how many more.

    Examples
    --------
    >>> listed(["age", "dose"])
    'age and dose'
    >>> listed(["a", "b", "c", "d", "e", "f"])
    'a, b, c, d and 2 more columns'
    """
    plain = [" ".join(name.split())[:40] for name in names]
    if len(plain) > shown + 1:
        return f"{', '.join(plain[:shown])} and {len(plain) - shown} more columns"
    return " and ".join(filter(None, [", ".join(plain[:-1]), plain[-1]])) if plain else "no column"


def _number(findings: Findings, name: str) -> float | None:
    value = findings.get(name)
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
