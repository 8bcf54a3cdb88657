"""Read the figures of the iteration at hand off its brief."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from agentomics_nb.evaluation import resolve
from agentomics_nb.experiment.steps import Exploration, Step
from agentomics_nb.planner.offline.figures import ClassFigures, Estimate, Figures

if TYPE_CHECKING:
    from agentomics_nb.evaluation import Evaluation, Interval
    from agentomics_nb.planner.offline.recipe import Findings
    from agentomics_nb.planner.port import Brief, PastIteration

PROBED_ROWS = 1000
"""Rows that the probe of the learning curve looks at, at most."""


def figures_of(brief: Brief) -> Figures:
    """Return the figures that the reflection of this iteration reads.

    Raises
    ------
    ValueError
        If the iteration has no defined score yet.
    """
    evaluation = brief.evaluation
    if evaluation is None or evaluation.validation.value is None:
        raise ValueError(f"iteration {brief.iteration} has no validation score")
    metric = resolve(brief.metric, brief.dataset.task)
    best = next((past for past in brief.past if past.number == brief.best and past.evaluation), None)
    diagnostics = brief.diagnostics
    confusion = diagnostics.confusion if diagnostics else None
    calibration = diagnostics.calibration if diagnostics else None
    residuals = diagnostics.residuals if diagnostics else None
    findings, training = first_findings(brief), left_by(brief, "training.json")
    return Figures(
        iteration=brief.iteration,
        task=brief.dataset.task,
        label=metric.label,
        greater_is_better=metric.greater_is_better,
        perfect=metric.best,
        probabilities=metric.needs_probabilities,
        train=evaluation.train.value,
        validation=_estimate(evaluation.validation.interval),
        rows_train=evaluation.train.rows,
        rows_validation=evaluation.validation.rows,
        constant=_constant(evaluation),
        lookup=evaluation.baselines["lookup"].value if "lookup" in evaluation.baselines else None,
        best=_estimate(best.evaluation.validation.interval) if best and best.evaluation else None,
        best_train=best.evaluation.train.value if best and best.evaluation else None,
        best_iteration=brief.best,
        gain=_estimate(brief.difference) if brief.difference and brief.difference.value is not None else None,
        without_gain=_without_gain(brief, best),
        classes=tuple(
            ClassFigures(report.label, report.recall, report.support)
            for report in (confusion.reports if confusion else ())
            if report.recall is not None
        ),
        ece=calibration.expected_calibration_error if calibration else None,
        brier=calibration.brier if calibration else None,
        residual_bias=residuals.bias if residuals else None,
        residual_spread=residuals.spread if residuals else None,
        target_spread=brief.dataset.target.std,
        learning_curve=learning_curve(findings, metric.label, brief.dataset.n_rows),
        folds=tuple(score for score in training.get("folds", ()) if math.isfinite(score)),
        features=training.get("features"),
        repeated_rows=left_by(brief, "split.json").get("repeated_rows"),
        strongest_single=_strongest_single(findings, metric.label),
    )


def left_by(brief: Brief, name: str) -> dict[str, Any]:
    """Return what a cell or a script of this run has noted in a JSON file; nothing if there is none."""
    try:
        found = json.loads((brief.workspace_directory / name).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _strongest_single(findings: Findings, label: str) -> float | None:
    """Return the AUROC of the best single column, if that is the run's metric."""
    effect, name = findings.get("strongest_effect"), str(findings.get("effect_name"))
    if label != "AUROC" or not name.startswith(label) or not isinstance(effect, (int, float)):
        return None
    return max(effect, 1 - effect) if math.isfinite(effect) else None


def first_exploration(brief: Brief) -> Exploration | None:
    """Return the exploration; it is made in the first iteration and kept."""
    answers = [brief.answers, *(past.answers for past in brief.past)]
    found = (each.get(Step.EXPLORATION) for each in answers)
    return next((answer for answer in found if isinstance(answer, Exploration)), None)


def first_findings(brief: Brief) -> Findings:
    """Return what the exploration found, nothing before it is done."""
    exploration = first_exploration(brief)
    return dict(exploration.findings) if exploration is not None else {}


def learning_curve(findings: Findings, label: str, rows: int) -> tuple[tuple[int, float], ...]:
    """Return the last two points of the probe's learning curve, if it was drawn in the run's own metric."""
    gain, scores = findings.get("gain_of_doubling"), [findings.get("linear_score"), findings.get("trees_score")]
    known = [float(score) for score in scores if isinstance(score, (int, float))]
    if findings.get("score_name") != label or not isinstance(gain, (int, float)) or not known:
        return ()
    seen = min(rows, PROBED_ROWS)
    return ((seen // 2, max(known) - gain), (seen, max(known)))


def _estimate(interval: Interval) -> Estimate:
    return Estimate(interval.value or 0.0, interval.low, interval.high)


def _constant(evaluation: Evaluation) -> float | None:
    return evaluation.constant.value if evaluation.constant is not None else None


def _without_gain(brief: Brief, best: PastIteration | None) -> int:
    """Count the iterations since the best one, this one included; 0 if this one is better."""
    if best is None or (brief.difference is not None and (brief.difference.value or 0.0) > 0):
        return 0
    return sum(1 for past in brief.past if past.number > best.number and past.ok) + 1
