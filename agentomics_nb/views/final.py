"""The end of a run as plain values: what the best model scores, where it errs, what it looks at, how to use it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agentomics_nb.evaluation.metrics import of_task
from agentomics_nb.views.scores import Score, score_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agentomics_nb.journal.directory import RunRecord
    from agentomics_nb.journal.state import RunState

MOST_IMPORTANT = 12
MOST_HARDEST = 8
_DESERVES_MENTION = 0.005
"""A column that moves predictions by less than this is not told of."""


@dataclass(frozen=True)
class MetricRow:
    """One metric of the best model on every split."""

    label: str
    train: float | None
    validation: Score
    test: Score | None
    chosen: bool


@dataclass(frozen=True)
class Weight:
    """How far predictions move when a column, or the window of a sequence, is exchanged between rows."""

    label: str
    moved: float
    error: float


@dataclass(frozen=True)
class Final:
    """The best model of a run. All texts are untrusted.

    Parameters
    ----------
    iteration : int
        Which one it is.
    idea, representation, model : str
        What it is.
    metrics : tuple of MetricRow
        The chosen one first.
    columns : tuple of Weight
        The columns that matter, the most important first.
    windows : dict of str to tuple of Weight
        For each sequence column, its windows from the beginning to the end.
    hardest : tuple of dict
        The validation rows predicted worst.
    diagnostics : dict
        `agentomics_nb.evaluation.Diagnostics` of the validation rows as JSON.
    gain : Score or None
        Improvement over the best baseline, with its interval, positive if better.
    gain_over : str
        What that baseline is.
    verdict : str
        Whether the test bears the validation score out, in a sentence; empty without a test.
    worth : str
        What its validation score is worth, as Markdown of ours with escaped texts.
    code : str
        Python that uses the model.
    """

    iteration: int
    idea: str
    representation: str
    model: str
    metrics: tuple[MetricRow, ...]
    columns: tuple[Weight, ...]
    windows: dict[str, tuple[Weight, ...]]
    hardest: tuple[dict[str, str], ...]
    diagnostics: dict[str, Any]
    gain: Score | None
    gain_over: str
    verdict: str
    worth: str
    code: str


def final(record: RunRecord, state: RunState) -> Final | None:
    """Return the best model so far; None while there is none."""
    from agentomics_nb.evaluation.baseline_ladder import in_words
    from agentomics_nb.experiment.headings import test_against_validation, worth_of
    from agentomics_nb.experiment.steps import Step

    best = state.iterations.get(state.best) if state.best is not None else None
    if best is None or best.scores is None:
        return None
    gain = best.scores.get("gain")
    columns = [w for w in best.importance if w["window"] is None and w["moved"] >= _DESERVES_MENTION]
    windows: dict[str, list[Weight]] = {}
    for each in best.importance:
        if each["window"] is not None:
            first, last = (f"{share:.0%}" for share in each["window"])
            windows.setdefault(each["column"], []).append(Weight(f"{first}–{last}", each["moved"], each["error"]))
    return Final(
        iteration=best.number,
        idea=best.idea,
        representation=str((best.answer(Step.REPRESENTATION) or {}).get("encoding") or ""),
        model=str((best.answer(Step.ARCHITECTURE) or {}).get("model") or ""),
        metrics=tuple(_metrics(record, best.scores, state.test)),
        columns=tuple(Weight(w["column"], w["moved"], w["error"]) for w in columns[:MOST_IMPORTANT]),
        windows={column: tuple(found) for column, found in windows.items()},
        hardest=tuple(best.hardest[:MOST_HARDEST]),
        diagnostics=best.diagnostics or {},
        gain=None if gain is None else Score(*(gain["interval"].get(end) for end in ("value", "low", "high"))),
        gain_over="" if gain is None else in_words(gain["over"], record.dataset.task),
        verdict="" if state.test is None else test_against_validation(best, state.test, record.metric),
        worth="\n".join(worth_of(state, record.metric)).strip(),
        code=f'import agentomics_nb\n\nagentomics_nb.open_run("{record.run}").predict(frame)',
    )


def _metrics(record: RunRecord, scores: Mapping[str, Any], test: Mapping[str, Any] | None) -> list[MetricRow]:
    rows = []
    for metric in sorted(of_task(record.dataset.task), key=lambda metric: metric.name != record.metric):
        value = scores["validation"]["metrics"].get(metric.name)
        if value is not None:
            rows.append(
                MetricRow(
                    label=metric.label,
                    train=scores["train"]["metrics"].get(metric.name),
                    validation=score_of(scores["validation"], metric.name),
                    test=None if test is None else score_of(test, metric.name),
                    chosen=metric.name == record.metric,
                )
            )
    return rows
