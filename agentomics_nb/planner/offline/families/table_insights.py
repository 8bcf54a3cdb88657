"""What the probes of tables and matrices found, in a biologist's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentomics_nb.planner.offline.numerals import figure

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from agentomics_nb.planner.offline.recipe import Findings

_SCALES = {
    "counts": "The values are whole numbers with a long tail, as read counts are: divide by depth, take logarithms.",
    "composition": "Each row sums to the same total: the values are shares of a whole, so that only ratios within "
    "a sample can be compared.",
    "beta values": "The values lie between 0 and 1 and crowd at both ends, as beta values do: use M-values.",
    "intensities": "The values are positive with a long tail, as intensities and concentrations are: take logarithms.",
    "log scale": "The values are on an even scale, as log-transformed measurements are: no further logarithm.",
    "mixed": "The columns have different scales and units: each is standardised on its own.",
}


def insights(findings: Findings, *, classes: bool) -> tuple[str, ...]:
    """Return a sentence for each finding that a reader should know; what was not looked at is passed over."""
    return tuple(_sentences(findings, classes=classes))


def _sentences(findings: Findings, *, classes: bool) -> Iterator[str]:
    rarest = _number(findings, "rarest_share")
    if classes and rarest is not None and rarest < 0.2:
        yield (
            f"The rarest class makes up {rarest:.0%} of the rows: accuracy alone would flatter a model that never "
            "names it."
        )
    skew = _number(findings, "target_skew")
    if not classes and skew is not None and abs(skew) > 1.5:
        yield (
            f"The target has a long {'upper' if skew > 0 else 'lower'} tail (skewness {figure(skew)}): a few rows "
            "dominate squared errors."
        )
    gaps = _number(findings, "missing_share")
    if gaps is not None and gaps > 0.005:
        telling = findings.get("telling_gap")
        told = (
            f" Whether {telling} is missing goes with the label, so that the gap itself is a feature."
            if telling
            else ""
        )
        yield f"{gaps:.1%} of the values are missing.{told}"
    if (scale := findings.get("measurement")) in _SCALES:
        yield _SCALES[str(scale)]
    axes, explained = findings.get("axis_of_label"), _number(findings, "label_share")
    if explained is not None and isinstance(axes, int):
        if explained > 0.3:
            yield (
                f"The label explains {explained:.0%} of component {axes}: a main axis of variation is the biology in "
                "question."
            )
        elif explained < 0.05:
            yield ("None of the first components follows the label: the signal, if any, is in small differences.")
    count, total = _number(findings, "significant_features"), _number(findings, "tested_features")
    top, effect = findings.get("strongest_feature"), _number(findings, "strongest_effect")
    if count is not None and total:
        measure = str(findings.get("effect_name"))
        lower = " (below .5: lower in that class)" if measure.startswith("AUROC") and (effect or 1) < 0.5 else ""
        share = f"{count:,.0f} of {total:,.0f} features go with the label one by one (false discovery rate 5 %)"
        yield (
            f"{share}; the strongest is {top}, with {measure} {figure(effect)}{lower}."
            if top and effect is not None
            else f"{share}."
        )
    independent = _number(findings, "independent_features")
    looked = _number(findings, "features_compared")
    if independent is not None and looked and independent < 0.7 * looked:
        yield (
            f"Of {looked:,.0f} features compared, about {independent:,.0f} are independent: many measure the same, "
            "and a penalty that shares weight among them suits."
        )
    if (batch := findings.get("possible_batch")) is not None:
        yield (f"{batch} alone goes with the label almost perfectly: if it is a batch, every score here flatters.")
    linear, trees = _number(findings, "linear_score"), _number(findings, "trees_score")
    if linear is not None and trees is not None:
        name = findings.get("score_name")
        if trees - linear > 0.01:
            yield (
                f"Trees reach {name} {figure(trees)} where a linear model reaches {figure(linear)}: thresholds or "
                "interactions matter."
            )
        else:
            yield (
                f"A linear model reaches {name} {figure(linear)}, and trees {figure(trees)}: the signal is close to "
                "additive."
            )
    slope = _number(findings, "gain_of_doubling")
    if slope is not None:
        if slope > 0.01:
            yield (f"Doubling the rows still gained {figure(slope)}: more samples would help more than a larger model.")
        elif slope > -0.02:
            yield "The learning curve is flat: more rows of the same kind would add little."


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
