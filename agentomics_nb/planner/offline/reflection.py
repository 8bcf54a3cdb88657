"""Read the figures of an iteration, name a diagnosis, and say what follows from it."""

from __future__ import annotations

import math
import re
import statistics
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from agentomics_nb.planner.offline.numerals import figure, interval, percent, signed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from agentomics_nb.planner.offline.figures import Figures


class Code(StrEnum):
    """What may be the matter, the gravest first: this order decides which one is the main diagnosis."""

    LEAKAGE = "leakage"
    WORSE_THAN_BASELINE = "worse_than_baseline"
    IMBALANCE = "imbalance"
    OVERFITTING = "overfitting"
    UNDERFITTING = "underfitting"
    INSTABILITY = "instability"
    HARD_CLASS = "hard_class"
    BIAS = "bias"
    MISCALIBRATION = "miscalibration"
    UNCERTAINTY = "uncertainty"
    DATA_HUNGRY = "data_hungry"
    CONVERGED = "converged"
    STALLED = "stalled"
    MILD_OVERFITTING = "mild_overfitting"
    SOUND = "sound"


@dataclass(frozen=True)
class Finding:
    """One code with the figures that led to it, in one sentence."""

    code: Code
    evidence: str


@dataclass(frozen=True)
class Diagnosis:
    """What the figures of one iteration say.

    Parameters
    ----------
    headline : str
        How this iteration compares with the best before it, in one sentence.
    summary : str
        What the headline does not say: training, and validation where there was one before.
    findings : tuple of Finding
        The gravest first; never empty.
    """

    headline: str
    summary: str
    findings: tuple[Finding, ...]

    @property
    def main(self) -> Code:
        """The gravest finding."""
        return self.findings[0].code

    @property
    def codes(self) -> tuple[Code, ...]:
        """All findings, the gravest first."""
        return tuple(finding.code for finding in self.findings)


# Why these thresholds: each names a difference that a second run would show again and that a person would act on.
_LOST_SHARE = 0.1
"""Share of what training learned that validation lacks; below a tenth, the gap is the usual price of fitting."""
_MARKED_SHARE = 0.25
_LITTLE_LEARNED = 0.5
"""A training score less than half way from the constant predictor to perfection leaves room for a freer model."""
_RECALL_GAP = 0.25
"""Recalls this far apart are two kinds of service: one class in four more is missed."""
_RARE = 0.67
"""Share of an even split below which a class counts as rare."""
_FEWEST = 5
"""A recall of fewer rows than these moves by .2 or more with one of them."""
_SIGMAS = 1.96
"""Half of a 95 % interval, in standard errors."""
_FOLDS_APART = 1.75
"""Standard deviation of five folds over the one that chance explains; chance alone exceeds it in 2 % of cases."""
_NOISE_SHARE = 0.3
"""Interval over what was learned, above which iterations can hardly be told apart."""
_BIAS_SHARE = 0.1
_ECE = 0.05
"""A stated 80 % that comes true 75 % of the time still ranks and decides well."""
_BINS = 10
_REPEATED_SHARE = 0.05
_ALONE = 0.97
"""A single column that goes this far from constant to perfect is suspect of restating the label."""
_STALE = 2
_CURVE_SHARE = 0.03
_NEARLY_PERFECT = 0.99


def diagnose(figures: Figures) -> Diagnosis:
    """Return what the figures say; pure, and the same for the same figures."""
    looks = (_leakage, _level, _classes, _fit, _folds, _validation_rows, _residuals, _calibration, _progress)
    found = [finding for look in looks for finding in look(figures)]
    order = list(Code)
    found.sort(key=lambda finding: order.index(finding.code))
    if not found:
        found = [Finding(Code.SOUND, "Training and validation agree, and no class or range stands out.")]
    return Diagnosis(headline(figures), _summary(figures), tuple(found))


def headline(figures: Figures) -> str:
    """Return how this iteration compares with the best before it.

    Examples
    --------
    ``New best: +.077 [.058, .096] over iteration 1.``
    """
    if figures.best is None:
        against = f"; a constant prediction has {figure(figures.constant)}" if figures.constant is not None else ""
        return f"A first score: {figures.label} {_estimate(figures)}{against}."
    gain = figures.gain.value if figures.gain else figures.better(figures.validation.value, figures.best.value)
    low, high = (figures.gain.low, figures.gain.high) if figures.gain else (None, None)
    written = f"{signed(gain)} {interval(low, high)}".strip()
    if not figures.greater_is_better:
        written = f"{figures.label} {'lower' if gain >= 0 else 'higher'} by {figure(abs(gain))}"
        ends = (low, high) if gain >= 0 or low is None or high is None else (-high, -low)
        written = f"{written} {interval(*ends)}".strip()
    settled = low is not None and high is not None and (low > 0 or high < 0)
    before = f"iteration {figures.best_iteration}"
    if gain > 0:
        chance = "" if settled or low is None else ", within chance"
        return f"New best: {written} over {before}{chance}."
    if settled or (low is None and gain < 0):
        return f"Worse: {written} against {before}, which stays the best."
    return f"No gain: {written} against {before}, which stays the best."


def _estimate(figures: Figures) -> str:
    estimate = figures.validation
    return f"{figure(estimate.value)} {interval(estimate.low, estimate.high)}".strip()


def _summary(figures: Figures) -> str:
    training = f"{figures.label} {figure(figures.train)} on its own training rows" if figures.train is not None else ""
    if figures.best is None:
        rows = f"{figures.rows_train:,} rows trained it, {figures.rows_validation:,} judged it."
        return f"It reaches {training}. {rows}" if training else rows
    judged = f"{figures.label} {_estimate(figures)} on validation"
    return f"It reaches {judged}, {figure(figures.train)} in training." if training else f"It reaches {judged}."


def _leakage(figures: Figures) -> Iterator[Finding]:
    if figures.repeated_rows and figures.repeated_rows > _REPEATED_SHARE * figures.rows_validation:
        share = figures.repeated_rows / figures.rows_validation
        yield Finding(
            Code.LEAKAGE,
            f"{figures.repeated_rows:,} of {figures.rows_validation:,} validation rows ({percent(share)}) also stand "
            "in the training part: some of the score is memory.",
        )
    if _is_memory(figures):
        yield Finding(
            Code.LEAKAGE,
            f"A lookup of the most similar training rows reaches {figures.label} {figure(figures.lookup)}, no less "
            "than this model: validation may measure memory.",
        )
    single = None if figures.strongest_single is None else figures.learned(figures.strongest_single)
    if single is not None and single >= _ALONE:
        yield Finding(
            Code.LEAKAGE,
            f"One column alone reaches {figures.label} {figure(figures.strongest_single)}: does it restate the label?",
        )


def _is_memory(figures: Figures) -> bool:
    """Say whether a lookup that clearly beats a constant does as well as the model."""
    if figures.lookup is None or figures.constant is None:
        return False
    remembered = figures.better(figures.lookup, figures.constant)
    clearly = remembered > (figures.validation.half_width or 0.0)
    return clearly and figures.better(figures.validation.value, figures.lookup) <= 0


def _level(figures: Figures) -> Iterator[Finding]:
    if figures.constant is None:
        return
    above = figures.better(figures.validation.value, figures.constant)
    if above <= (figures.validation.half_width or 0.0):
        told = "is below" if above < 0 else "cannot be told from"
        yield Finding(
            Code.WORSE_THAN_BASELINE,
            f"Validation {figures.label} {_estimate(figures)} {told} the {figure(figures.constant)} of a predictor "
            "that looks at no column.",
        )


def _classes(figures: Figures) -> Iterator[Finding]:
    few = [each for each in figures.classes if each.support < _FEWEST]
    if few and figures.best is None:
        told = ", ".join(f"{each.name} ({each.support})" for each in sorted(few, key=lambda each: each.support)[:3])
        yield Finding(
            Code.UNCERTAINTY,
            f"Too few validation rows to judge a class: {told}. A metric that averages over classes turns on them.",
        )
    seen = [each for each in figures.classes if each.support >= _FEWEST]
    if len(seen) < 2:
        return
    worst = min(seen, key=lambda each: (each.recall, each.name))
    best = max(seen, key=lambda each: (each.recall, each.name))
    if best.recall - worst.recall < _RECALL_GAP:
        return
    told = f"Recall of {worst.name} is {figure(worst.recall)}, of {best.name} {figure(best.recall)}"
    share = worst.support / sum(each.support for each in figures.classes)
    rare = share < _RARE / len(figures.classes)
    if rare and not figures.probabilities:
        yield Finding(Code.IMBALANCE, f"{told}; {worst.name} has only {percent(share)} of the rows.")
    elif rare:
        told = f"{told}; {worst.name} has only {percent(share)} of the rows"
        why = f", so that its probability seldom is the largest. {figures.label} does not depend on that, decisions do."
        yield Finding(Code.HARD_CLASS, f"{told}{why if figures.best is None else '.'}")
    else:
        yield Finding(Code.HARD_CLASS, f"{told}, though {worst.name} is not rare ({percent(share)} of the rows).")


def _fit(figures: Figures) -> Iterator[Finding]:
    if figures.train is None:
        return
    held_out, half, name = figures.validation.value, figures.validation.half_width or 0.0, "validation"
    if figures.folds:  # more rows than validation has
        held_out, half = statistics.fmean(figures.folds), half * math.sqrt(figures.rows_validation / figures.rows_train)
        name = f"its held-out fifths ({figure(held_out)} on average)"
    gap = figures.better(figures.train, held_out)
    trained = None if figures.constant is None else figures.better(figures.train, figures.constant)
    lost = gap / trained if trained and trained > 0 else None
    beyond_chance = gap > half
    if beyond_chance and lost is not None and lost > _LOST_SHARE:
        word = "mild" if lost < _MARKED_SHARE else "marked" if lost < 2 * _MARKED_SHARE else "severe"
        wide = (
            f", with {figures.features:,} features for {figures.rows_train:,} rows"
            if figures.features and figures.features > figures.rows_train
            else ""
        )
        yield Finding(
            # A mild gap is worth a sentence, not an iteration.
            Code.MILD_OVERFITTING if word == "mild" else Code.OVERFITTING,
            f"Training and {name} are {figure(gap)} apart, {percent(lost)} of what training learned: {word} "
            f"overfitting{wide}.{_freedom_in_vain(figures, gap)}",
        )
        return
    learned = figures.learned(figures.train)
    if learned is not None and learned < _LITTLE_LEARNED:
        yield Finding(
            Code.UNDERFITTING,
            f"Even in training it comes only {percent(max(learned, 0))} of the way from a constant to perfect "
            "predictions: the model lacks freedom, or the features lack the signal.",
        )


def _freedom_in_vain(figures: Figures, gap: float) -> str:
    """Return what it means that a model fits training far better than the best before it, and judges no better."""
    if figures.best is None or figures.best_train is None or figures.train is None:
        return ""
    more = figures.better(figures.train, figures.best_train)
    settled = figures.gain is not None and figures.gain.low is not None and figures.gain.low > 0
    if more < gap / 2 or settled:
        return ""
    return f" Iteration {figures.best_iteration}, with {figure(figures.best_train)} in training, generalises as well."


def _folds(figures: Figures) -> Iterator[Finding]:
    half = figures.validation.half_width
    if len(figures.folds) < 2 or not half:
        return
    mean, spread = statistics.fmean(figures.folds), statistics.stdev(figures.folds)
    rows = figures.rows_train // len(figures.folds)
    told = f"Held out one by one, the fifths of the training rows give {figure(min(figures.folds))} to "
    told += f"{figure(max(figures.folds))}, {figure(mean)} on average"
    by_chance = half / _SIGMAS * math.sqrt(figures.rows_validation / max(rows, 1))
    if spread > _FOLDS_APART * by_chance:
        yield Finding(
            Code.INSTABILITY,
            f"{told}: further apart than {rows} rows to judge by explain; the fit depends on the rows that it sees.",
        )
    lucky = figures.better(figures.validation.value, mean)
    if abs(lucky) > half:
        yield Finding(
            Code.UNCERTAINTY,
            f"{told}, but validation {figure(figures.validation.value)}: this validation part is "
            f"{'easier' if lucky > 0 else 'harder'} than most.",
        )


def _validation_rows(figures: Figures) -> Iterator[Finding]:
    """Say once, with the first score, what holds for the whole run."""
    gained = None if figures.constant is None else figures.better(figures.validation.value, figures.constant)
    if not gained or gained <= 0 or figures.best is not None:
        return
    half = figures.validation.half_width
    if half is not None and 2 * half > _NOISE_SHARE * gained:
        yield Finding(
            Code.UNCERTAINTY,
            f"{figures.rows_validation:,} validation rows leave a wide interval: trust a later gain only where the "
            "interval of the difference excludes zero.",
        )
    if len(figures.learning_curve) > 1:
        (fewer, before), (more, after) = figures.learning_curve[-2:]
        step = figures.better(after, before)
        if step > _CURVE_SHARE * gained:
            yield Finding(
                Code.DATA_HUNGRY,
                f"From {fewer:,} to {more:,} rows {figures.label} still improved by {figure(step)}: more rows would "
                "help.",
            )


def _residuals(figures: Figures) -> Iterator[Finding]:
    bias, spread, target = figures.residual_bias, figures.residual_spread, figures.target_spread
    if bias is None or spread is None or not target:
        return
    if abs(bias) > _BIAS_SHARE * target and abs(bias) > 2 * spread / math.sqrt(figures.rows_validation):
        yield Finding(
            Code.BIAS,
            f"Predictions are {figure(abs(bias))} too {'high' if bias > 0 else 'low'} on average, "
            f"{percent(abs(bias) / target)} of the target's standard deviation.",
        )


def _calibration(figures: Figures) -> Iterator[Finding]:
    # Of a perfectly calibrated model each bin of n / 10 rows is off by at most .4 sqrt(10 / n) on average, by chance.
    if figures.ece is not None and figures.ece > _ECE + 0.4 * math.sqrt(_BINS / figures.rows_validation):
        brier = f" (Brier score {figure(figures.brier)})" if figures.brier is not None else ""
        yield Finding(
            Code.MISCALIBRATION,
            f"Stated probabilities are off by {figure(figures.ece)} on average{brier}: ranks can be trusted, "
            "percentages cannot.",
        )


def _progress(figures: Figures) -> Iterator[Finding]:
    learned = figures.learned(figures.validation.value)
    if learned is not None and learned >= _NEARLY_PERFECT:
        yield Finding(
            Code.CONVERGED, f"{figures.label} {figure(figures.validation.value)} leaves next to nothing to gain."
        )
    elif figures.without_gain >= _STALE:
        yield Finding(Code.STALLED, f"{figures.without_gain} iterations in a row brought no new best.")


def render(diagnosis: Diagnosis, *, errors: Sequence[str] = (), next_idea: str | None, next_reason: str) -> str:
    """Return the reflection in Markdown, as the person reads it.

    Parameters
    ----------
    diagnosis : Diagnosis
        What the figures say.
    errors : sequence of str
        Where validation predictions fail, one sentence each; names from the data are escaped.
    next_idea : str or None
        The next iteration in one line; None where the run ends.
    next_reason : str
        How it follows, or why the run ends.
    """
    from agentomics_nb.planner.offline.scripts import template

    return template("reflection.md.j2").render(
        headline=plain(diagnosis.headline),
        summary=plain(diagnosis.summary),
        findings=[plain(finding.evidence) for finding in diagnosis.findings],
        errors=[plain(error) for error in errors],
        next_idea=plain(next_idea) if next_idea else None,
        next_reason=plain(next_reason),
    )


def plain(text: str) -> str:
    r"""Return text that Markdown shows as it stands: names from a data set become neither HTML nor links.

    Examples
    --------
    >>> plain("<b> of *class* [x](y)")
    '&lt;b> of \\*class\\* [x]\\(y)'
    """
    flat = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;")
    return re.sub(r"([\\`*_$|~])", r"\\\1", flat).replace("](", "]\\(").replace("][", "]\\[")
