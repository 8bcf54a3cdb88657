"""What is known of a run's best model, as plain values: each read from the run, None or empty where it is not known."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from agentomics_nb.audit.finding import shortened
from agentomics_nb.evaluation.baseline_ladder import CONSTANT, LINEAR, LOOKUP
from agentomics_nb.evaluation.metrics import METRICS, of_task
from agentomics_nb.experiment.steps import Step

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agentomics_nb.audit import Audit, Finding
    from agentomics_nb.dataset import TableFile
    from agentomics_nb.evaluation.metrics import Metric
    from agentomics_nb.journal import events as ev
    from agentomics_nb.journal.directory import RunDirectory, RunRecord
    from agentomics_nb.journal.state import IterationState, RunState

PACKAGES = {
    "python": "Python",
    "numpy": "NumPy",
    "pandas": "pandas",
    "scikit-learn": "scikit-learn",
    "torch": "PyTorch",
}
"""Names that ``run.json`` gives versions under, as people write them."""
KIND_WORDS = {
    "nucleotide": "nucleotide sequence",
    "protein": "protein sequence",
    "smiles": "SMILES string",
    "numeric": "numeric column",
    "count": "column of counts",
    "categorical": "categorical column",
    "text": "text column",
    "datetime": "column of dates",
    "identifier": "identifier",
    "constant": "constant column",
    "target_copy": "copy of the target",
}
_GROUPS = re.compile(r"resampled by group \(([\d,]+) groups\)")
_LONGEST_DESCRIPTION = 1000
_DRIFT = ("target_drift", "feature_drift")
_FIT = ("overfitting", "underfitting", "instability")


@dataclass(frozen=True)
class Baseline:
    """What a predictor without an idea scores on the validation rows.

    Parameters
    ----------
    name : str
        ``constant``, ``lookup`` or ``linear``.
    interval : mapping
        `agentomics_nb.evaluation.Interval` of the run's metric as JSON.
    """

    name: str
    interval: Mapping[str, Any]


@dataclass(frozen=True)
class MetricRow:
    """One metric on every split, each an interval as JSON; None where the split has none."""

    metric: Metric
    train: float | None
    validation: Mapping[str, Any] | None
    test: Mapping[str, Any] | None


@dataclass(frozen=True)
class Facts:
    """Everything that a report of a run may say. Texts of the data and the planner are untrusted.

    Parameters
    ----------
    run, record, state, audit
        The run, what it started from, what its events add up to, and what the audit of its data found.
    """

    run: RunDirectory
    record: RunRecord
    state: RunState
    audit: Audit | None

    @property
    def best(self) -> IterationState | None:
        """The best iteration; None without a model."""
        found = self.state.iterations.get(self.state.best) if self.state.best is not None else None
        return found if found is not None and found.scores is not None else None

    @property
    def metric(self) -> Metric:
        """By which iterations were compared."""
        return METRICS[self.record.metric]

    @property
    def version(self) -> str:
        """Of agentomics-nb, when the run began."""
        return self.record.versions.get("agentomics_nb", "")

    @property
    def software(self) -> list[tuple[str, str]]:
        """Name and version of what decides what a run computes."""
        found = self.record.versions
        return [(words, found[name]) for name, words in PACKAGES.items() if name in found]

    # The data

    @property
    def kinds(self) -> list[tuple[int, str]]:
        """How many feature columns there are of each kind, the commonest first."""
        counts = Counter(str(column.kind) for column in self.record.dataset.columns)
        return [(n, KIND_WORDS.get(kind, kind)) for kind, n in sorted(counts.items(), key=lambda item: -item[1])]

    @property
    def classes(self) -> list[tuple[str, int]]:
        """The labels and how many rows each has, in the order of the data set; empty for a regression."""
        target = self.record.dataset.target
        return [(label, target.counts.get(label, 0)) for label in target.classes or ()]

    @property
    def with_gaps(self) -> int:
        """Feature columns that lack a value somewhere."""
        return sum(column.missing > 0 for column in self.record.dataset.columns)

    @property
    def files(self) -> list[tuple[str, TableFile]]:
        """The files by their role, as they were given."""
        data = self.record.dataset
        given = (("training", data.train), ("validation", data.validation), ("test", data.test))
        return [(role, table) for role, table in given if table is not None]

    @property
    def contract_reason(self) -> str:
        """Why the audit chose the contract of the split, without what that contract is."""
        reason = self.record.contract.reason
        return reason.partition(" stay together: ")[2] or reason

    @property
    def description(self) -> str:
        """What the authors wrote about the data, cut where it gets long."""
        return shortened(self.record.dataset.description or "", _LONGEST_DESCRIPTION)

    # The planner

    @property
    def planned_by_model(self) -> bool:
        """Whether a language model planned."""
        return self.record.model is not None

    @property
    def fallen_back(self) -> list[tuple[int, str]]:
        """The steps that the offline recipes took over from a language model: iteration and name."""
        return [
            (iteration.number, step.step.heading.lower())
            for iteration in self.state.iterations.values()
            for step in iteration.steps.values()
            if step.fell_back is not None
        ]

    @property
    def tried(self) -> list[IterationState]:
        """The iterations that were carried out, failed ones among them."""
        return [i for i in self.state.iterations.values() if i.status in ("ok", "failed")]

    @property
    def scored(self) -> list[IterationState]:
        """The iterations that ended with a model."""
        return [i for i in self.tried if i.status == "ok" and i.scores is not None]

    @property
    def failed(self) -> list[IterationState]:
        """The iterations that ended without one."""
        return [i for i in self.tried if i.status == "failed"]

    @property
    def set_aside(self) -> list[ev.Retrained]:
        """Checks that took a model out of the choice, as it had seen the validation labels."""
        return [
            e for e in self.state.retrained if e.blind and e.verdict == "differs" and e.iteration != self.state.best
        ]

    @property
    def reviewed(self) -> Counter[str]:
        """What a person decided about cells before they ran: how many were run, edited and skipped."""
        return Counter(c.review["decision"] for c in self.state.cells.values() if c.review is not None)

    # The model

    def answer(self, step: Step) -> dict[str, Any]:
        """Return the best iteration's answer of a step; empty where there is none."""
        return (self.best.answer(step) if self.best is not None else None) or {}

    @property
    def encoding(self) -> str:
        """What the model sees of a row."""
        return str(self.answer(Step.REPRESENTATION).get("encoding") or "").strip()

    @property
    def model(self) -> str:
        """What the model is."""
        return str(self.answer(Step.ARCHITECTURE).get("model") or "").strip()

    @property
    def recipe(self) -> str:
        """The recipe of the offline planner; empty where none was used."""
        return str(self.answer(Step.PLAN).get("recipe") or "")

    @property
    def is_mean_of_others(self) -> bool:
        """Whether it averages models of other iterations, fitted anew."""
        return self.recipe.startswith("blend:")

    @property
    def hyperparameters(self) -> list[tuple[str, str]]:
        """Names and values, as the architecture states them."""
        found = self.answer(Step.ARCHITECTURE).get("hyperparameters") or {}
        return [(str(name), _plain(value)) for name, value in found.items()]

    @cached_property
    def noted_by_training(self) -> dict[str, int]:
        """Figures that a training script of ours left: ``rows``, ``features``; no other is believed."""
        if self.best is None or self.planned_by_model:
            return {}
        place = self.run.iteration(self.best.number) / "training.json"
        try:
            found = json.loads(place.read_bytes())
        except (OSError, ValueError):
            return {}
        if not isinstance(found, dict):
            return {}
        return {name: n for name, n in found.items() if isinstance(n, int) and not isinstance(n, bool)}

    @property
    def training_seconds(self) -> float | None:
        """How long the training step of the best iteration took."""
        step = self.best.steps.get(Step.TRAINING) if self.best is not None else None
        return None if step is None or step.answer is None else step.seconds

    @property
    def fit_findings(self) -> list[str]:
        """What the reflection says of over- and underfitting, with its figures."""
        found = self.answer(Step.REFLECTION).get("diagnoses") or []
        return [str(each["evidence"]) for each in found if each.get("code") in _FIT]

    @property
    def held_out_losses(self) -> list[str]:
        """Names of the curves on held-out rows that the training script noted."""
        curves = self.best.training if self.best is not None else []
        return sorted({name for curve in curves for name in curve.series if name.startswith("held_out")})

    @property
    def importance(self) -> list[tuple[str, float]]:
        """The columns whose exchange between rows moves the predictions, the most important first."""
        found = self.best.importance if self.best is not None else []
        columns = [(str(each["column"]), float(each["moved"])) for each in found if each["window"] is None]
        return sorted(columns, key=lambda each: -each[1])

    # The evaluation

    def split_score(self, split: str) -> Mapping[str, Any]:
        """Return ``train``, ``validation`` or ``test`` of the best as JSON; empty where there is none."""
        if split == "test":
            return self.state.test or {}
        return (self.best.scores or {}).get(split) or {} if self.best is not None else {}

    def rows(self, split: str) -> int | None:
        """Return the labelled rows of a split; None where it was not scored."""
        found = self.split_score(split).get("rows")
        return None if found is None else int(found)

    def interval(self, split: str) -> Mapping[str, Any] | None:
        """Return the run's metric on a split with its interval; None where undefined."""
        found = (self.split_score(split).get("intervals") or {}).get(self.record.metric)
        if found is None or found.get("value") is None:
            return None
        return {"low": None, "high": None, "replicates": 0, "note": None, **found}

    @property
    def validation_classes(self) -> list[tuple[str, int]]:
        """How many validation rows each class has; empty for a regression, or where there are too many classes."""
        confusion = ((self.best.diagnostics or {}).get("confusion") if self.best is not None else None) or {}
        return [(str(each["label"]), int(each["support"])) for each in confusion.get("reports") or []]

    @property
    def drift(self) -> list[Finding]:
        """Findings that files differ in their distributions."""
        return [each for each in (self.audit.findings if self.audit is not None else ()) if each.code in _DRIFT]

    @property
    def across_files(self) -> list[Finding]:
        """Findings that rows of one file are known from another."""
        known = self.audit.findings if self.audit is not None else ()
        return [each for each in known if len(each.files) > 1 and each not in self.drift]

    @property
    def metrics(self) -> list[MetricRow]:
        """Every metric of the task, the run's own first."""
        rows = []
        for metric in sorted(of_task(self.record.dataset.task), key=lambda m: m.name != self.record.metric):
            splits = {name: self.split_score(name) for name in ("train", "validation", "test")}
            found = {name: (score.get("intervals") or {}).get(metric.name) for name, score in splits.items()}
            if any(each is not None and each.get("value") is not None for each in found.values()):
                train = splits["train"].get("metrics", {}).get(metric.name)
                rows.append(MetricRow(metric, train, found["validation"], found["test"]))
        return rows

    @property
    def resampled_groups(self) -> int | None:
        """How many groups of validation rows the intervals were resampled by; None if by rows."""
        found = _GROUPS.search(str((self.interval("validation") or {}).get("note") or ""))
        return int(found[1].replace(",", "")) if found else None

    @property
    def baselines(self) -> list[Baseline]:
        """What each rung of the ladder scores, the highest rung first."""
        known = (self.best.scores or {}).get("baselines") or {} if self.best is not None else {}
        order = [name for name in (LINEAR, LOOKUP, CONSTANT) if name in known]
        found = [Baseline(name, known[name]["intervals"].get(self.record.metric) or {}) for name in order]
        return [each for each in found if each.interval.get("value") is not None]

    @property
    def gain(self) -> Mapping[str, Any] | None:
        """Which baseline is the best, and by how much the model is better, with its interval; None if unknown."""
        found = (self.best.scores or {}).get("gain") if self.best is not None else None
        return found if found is not None and found["interval"].get("value") is not None else None

    @property
    def other_baselines(self) -> list[Baseline]:
        """The baselines but the best one."""
        over = None if self.gain is None else self.gain["over"]
        return [each for each in self.baselines if each.name != over]

    @property
    def optimism(self) -> Mapping[str, Any] | None:
        """What choosing the best of several has added to its score; None where nothing was chosen."""
        found = (self.state.worth or {}).get("optimism")
        return found if found and found["chosen_from"] > 1 and found["optimism"] is not None else None

    @property
    def cut_off(self) -> Mapping[str, Any] | None:
        """The cut-off on the probability that is better than one half; None where none surely is."""
        found = (self.state.worth or {}).get("threshold")
        return found if found and (found["gain"].get("low") or 0) > 0 else None

    @property
    def slices(self) -> list[Mapping[str, Any]]:
        """Parts of the validation rows in which the model errs more than elsewhere, the surest first."""
        known = ((self.state.worth or {}).get("slices") or {}).get("slices") or []
        worse = [each for each in known if each["differs"] and each["error"]["value"] > each["rest"]]
        return sorted(worse, key=lambda each: float(each["p"]))

    @property
    def slices_tested(self) -> int:
        """Parts of the validation rows that were tested."""
        known = ((self.state.worth or {}).get("slices") or {}).get("slices") or []
        return sum(each["p"] is not None for each in known)

    @property
    def sliced_by(self) -> list[str]:
        """What divided the validation rows."""
        known = ((self.state.worth or {}).get("slices") or {}).get("slices") or []
        words = {"gc": "GC content", "group_size": "size of the group", "similarity": "similarity to training rows"}
        return list(dict.fromkeys(words.get(each["by"], each["by"]) for each in known if each["p"] is not None))

    @property
    def slice_measure(self) -> str:
        """What the errors of slices are."""
        measure = ((self.state.worth or {}).get("slices") or {}).get("measure")
        return {"error_rate": "error rate", "rmse": "RMSE"}.get(str(measure), "error")

    @property
    def other_seeds(self) -> list[tuple[int, float]]:
        """Seed and score of each further training of the best iteration."""
        found = [
            (event.seed, (event.score or {}).get("metrics", {}).get(self.record.metric))
            for event in self.state.retrained
            if event.iteration == self.state.best and not event.blind
        ]
        return [(seed, float(value)) for seed, value in found if value is not None]

    @property
    def blind_check(self) -> ev.Retrained | None:
        """What came of training the best iteration again without the validation labels; None if it was not done."""
        return next((e for e in self.state.retrained if e.blind and e.iteration == self.state.best), None)

    @property
    def looks(self) -> Counter[str]:
        """How often the test file was opened, by whom: ``engine``, ``person`` or ``process``."""
        return Counter(look.by for look in self.state.looks)

    @property
    def test_seconds(self) -> float | None:
        """From the opening of the test file to its scores; None without a score."""
        opened = [look.time for look in self.state.looks if look.by == "engine"]
        if self.state.test is None or self.state.test_ended is None or not opened:
            return None
        return self.state.test_ended - max(opened)

    @property
    def ended_on(self) -> str:
        """The day of the last event; empty before the first."""
        return "" if self.state.updated is None else day(self.state.updated)

    @property
    def test_opened_on(self) -> str:
        """The day on which the engine opened the test file first; empty if it did not."""
        return next((day(look.time) for look in self.state.looks if look.by == "engine"), "")

    @property
    def test_is_void(self) -> bool:
        """Whether something opened the test file that must not have."""
        return self.state.seen_by is not None


def day(seconds: float) -> str:
    """Return a day as prose has it, such as ``28 November 2026``, UTC."""
    at = datetime.fromtimestamp(seconds, UTC)
    return f"{at.day} {at:%B %Y}"


def _plain(value: object) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "none"}[value]
    return f"{value:g}" if isinstance(value, float) else str(value)
