"""Read the figures of an iteration, name a diagnosis, and say what follows from it."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from agentomics_nb.experiment.steps import Step
from agentomics_nb.planner.offline.numerals import figure, interval, signed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from agentomics_nb.planner.offline.figures import Figures


class Code(StrEnum):
    """What may be the matter, the gravest first: this order decides which one is the main diagnosis."""

    LEAKAGE = "leakage"
    WORSE_THAN_BASELINE = "worse_than_baseline"
    DRIFT = "drift"
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
        Training, validation and the constant predictor side by side, in one sentence.
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
_SEED_SHARE = 0.05
"""Seeds that move the score by a twentieth of what was learned would reorder the usual next ideas."""
_NOISE_SHARE = 0.3
"""Interval over what was learned, above which iterations can hardly be told apart."""
_BIAS_SHARE = 0.1
_ECE = 0.05
"""A stated 80 % that comes true 75 % of the time still ranks and decides well."""
_BINS = 10
_REPEATED_SHARE = 0.05
_ALONE = 0.97
"""A single column that goes this far from constant to perfect is suspect of restating the label."""
_SHIFT = 0.75
_STALE = 2
_CURVE_SHARE = 0.03
_NEARLY_PERFECT = 0.99


def diagnose(figures: Figures) -> Diagnosis:
    """Return what the figures say; pure, and the same for the same figures."""
    found = [
        finding
        for look in (
            _leakage,
            _level,
            _drift,
            _classes,
            _fit,
            _stability,
            _residuals,
            _calibration,
            _progress,
        )
        for finding in look(figures)
    ]
    order = list(Code)
    found.sort(key=lambda finding: order.index(finding.code))
    mild = [f for f in found if f.code is Code.OVERFITTING and " mild " in f" {f.evidence} "]
    # A mild gap is worth a sentence, not the next iteration, if there is anything else to act on.
    found = [f for f in found if f not in mild] + mild
    if not found:
        found = [Finding(Code.SOUND, "Training and validation agree, and no class or range stands out.")]
    return Diagnosis(headline(figures), _summary(figures), tuple(found))


def headline(figures: Figures) -> str:
    """Return how this iteration compares with the best before it.

    Examples
    --------
    ``New best: +.077 [.058, .096] over iteration 1.``
    """
    value = f"{figures.label} {_estimate(figures)}"
    if figures.best is None:
        against = f", against {figure(figures.constant)} for a constant" if figures.constant is not None else ""
        return f"First figure: {value}{against}."
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
    parts = [f"training {figure(figures.train)}"] if figures.train is not None else []
    parts.append(f"validation {_estimate(figures)}")
    if figures.constant is not None:
        parts.append(f"constant {figure(figures.constant)}")
    rows = f"{figures.rows_train:,} training and {figures.rows_validation:,} validation rows"
    return f"{figures.label}: {', '.join(parts)} ({rows})."


def _leakage(figures: Figures) -> Iterator[Finding]:
    if figures.repeated_rows and figures.repeated_rows > _REPEATED_SHARE * figures.rows_validation:
        share = figures.repeated_rows / figures.rows_validation
        yield Finding(
            Code.LEAKAGE,
            f"{figures.repeated_rows:,} of {figures.rows_validation:,} validation rows ({share:.0%}) also stand in "
            "the training part: part of the score is memory.",
        )
    single = None if figures.strongest_single is None else figures.learned(figures.strongest_single)
    if single is not None and single >= _ALONE:
        yield Finding(
            Code.LEAKAGE,
            f"One column alone reaches {figures.label} {figure(figures.strongest_single)}: it may restate the label.",
        )


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


def _drift(figures: Figures) -> Iterator[Finding]:
    if figures.shift is not None and figures.shift > _SHIFT:
        yield Finding(
            Code.DRIFT,
            f"A model tells validation rows from training rows with AUROC {figure(figures.shift)}: they come from "
            "different distributions.",
        )


def _classes(figures: Figures) -> Iterator[Finding]:
    seen = [each for each in figures.classes if each.support >= _FEWEST]
    if len(seen) < 2:
        return
    worst = min(seen, key=lambda each: (each.recall, each.name))
    best = max(seen, key=lambda each: (each.recall, each.name))
    if best.recall - worst.recall < _RECALL_GAP:
        return
    told = f"Recall of {worst.name} is {figure(worst.recall)}, of {best.name} {figure(best.recall)}"
    share = worst.support / sum(each.support for each in figures.classes)
    if share < _RARE / len(figures.classes):
        yield Finding(Code.IMBALANCE, f"{told}; {worst.name} has only {share:.0%} of the rows.")
    else:
        yield Finding(Code.HARD_CLASS, f"{told}, though {worst.name} is not rare ({share:.0%} of the rows).")


def _fit(figures: Figures) -> Iterator[Finding]:
    if figures.train is None:
        return
    gap = figures.better(figures.train, figures.validation.value)
    trained = None if figures.constant is None else figures.better(figures.train, figures.constant)
    lost = gap / trained if trained and trained > 0 else None
    beyond_chance = gap > (figures.validation.half_width or 0.0)
    if beyond_chance and lost is not None and lost > _LOST_SHARE:
        word = "mild" if lost < _MARKED_SHARE else "marked" if lost < 2 * _MARKED_SHARE else "severe"
        wide = (
            f", with {figures.features:,} features for {figures.rows_train:,} rows"
            if figures.features and figures.features > figures.rows_train
            else ""
        )
        yield Finding(
            Code.OVERFITTING,
            f"Train and validation are {figure(gap)} apart, {lost:.0%} of what training learned: {word} "
            f"overfitting{wide}.",
        )
        return
    learned = figures.learned(figures.train)
    if learned is not None and learned < _LITTLE_LEARNED:
        yield Finding(
            Code.UNDERFITTING,
            f"Training itself reaches only {figure(figures.train)}, {max(learned, 0):.0%} of the way from constant "
            "to perfect: the model lacks freedom, or the features lack the signal.",
        )


def _stability(figures: Figures) -> Iterator[Finding]:
    gained = None if figures.constant is None else figures.better(figures.validation.value, figures.constant)
    if not gained or gained <= 0:
        return
    if len(figures.seeds) > 1:
        spread = max(figures.seeds) - min(figures.seeds)
        if spread > _SEED_SHARE * gained:
            yield Finding(
                Code.INSTABILITY,
                f"{len(figures.seeds)} seeds give {figure(min(figures.seeds))} to {figure(max(figures.seeds))}: "
                "chance decides as much as the next idea would.",
            )
    half = figures.validation.half_width
    if half is not None and 2 * half > _NOISE_SHARE * gained:
        yield Finding(
            Code.UNCERTAINTY,
            f"With {figures.rows_validation:,} validation rows the interval is {figure(2 * half)} wide: smaller "
            "differences than that prove nothing.",
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
            f"{abs(bias) / target:.0%} of the target's standard deviation.",
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
        yield Finding(Code.CONVERGED, f"{figures.label} {_estimate(figures)} leaves next to nothing to gain.")
    elif figures.without_gain >= _STALE:
        yield Finding(Code.CONVERGED, f"{figures.without_gain} iterations in a row brought no new best.")


ADVICE: Mapping[Code, Mapping[Step, str]] = {
    Code.LEAKAGE: {
        Step.EXPLORATION: "Name the columns and rows that give the label away.",
        Step.REPRESENTATION: "Leave out any column that restates the label.",
    },
    Code.WORSE_THAN_BASELINE: {
        Step.REPRESENTATION: "Change the representation: this one carries no signal that the model can use.",
    },
    Code.DRIFT: {
        Step.REPRESENTATION: "Prefer features that mean the same in both parts, such as ranks and ratios.",
        Step.ARCHITECTURE: "Shrink more strongly: what is peculiar to the training rows does not carry over.",
    },
    Code.IMBALANCE: {Step.ARCHITECTURE: "Weight the classes so that each counts the same in training."},
    Code.OVERFITTING: {
        Step.REPRESENTATION: "Use fewer features, or smoother ones.",
        Step.ARCHITECTURE: "Give the model less freedom: a stronger penalty, smaller trees, fewer rounds.",
    },
    Code.UNDERFITTING: {
        Step.REPRESENTATION: "Add features that show what this representation hides.",
        Step.ARCHITECTURE: "Give the model more freedom.",
    },
    Code.INSTABILITY: {Step.ARCHITECTURE: "Average several models, or shrink more strongly."},
    Code.HARD_CLASS: {Step.REPRESENTATION: "Look for features that tell the missed class from its neighbours."},
    Code.BIAS: {Step.ARCHITECTURE: "Shrink less, or predict a transformed target."},
    Code.MISCALIBRATION: {Step.ARCHITECTURE: "Calibrate the probabilities on held-out training rows."},
    Code.UNCERTAINTY: {Step.ARCHITECTURE: "Prefer the simpler of two models that cannot be told apart."},
    Code.DATA_HUNGRY: {Step.ARCHITECTURE: "Prefer models that need few rows: strong penalties, averages."},
    Code.CONVERGED: {Step.ARCHITECTURE: "Average the best models that differ; else stop."},
    Code.SOUND: {Step.ARCHITECTURE: "Try another kind of model on the same split."},
}
"""What follows from each code, per step of the next iteration, where the planner has nothing more precise to say."""


def render(
    diagnosis: Diagnosis,
    *,
    errors: Sequence[str] = (),
    next_idea: str | None = None,
    next_reason: str | None = None,
    instructions: Mapping[Step, str] | None = None,
) -> str:
    """Return the reflection in Markdown, as the person reads it.

    Parameters
    ----------
    diagnosis : Diagnosis
        What the figures say.
    errors : sequence of str
        Where validation predictions fail, one sentence each; names from the data are escaped.
    next_idea, next_reason : str, optional
        The next iteration in one line and why; without an idea the run ends here.
    instructions : mapping of Step to str, optional
        For the next iteration.
    """
    from agentomics_nb.planner.offline.scripts import template

    return template("reflection.md.j2").render(
        headline=plain(diagnosis.headline),
        summary=plain(diagnosis.summary),
        findings=[plain(finding.evidence) for finding in diagnosis.findings],
        errors=[plain(error) for error in errors],
        next_idea=plain(next_idea) if next_idea else None,
        next_reason=plain(next_reason) if next_reason else None,
        instructions={step.heading: plain(text) for step, text in (instructions or {}).items()},
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
