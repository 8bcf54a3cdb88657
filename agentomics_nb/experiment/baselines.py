"""The ladder of baselines on a run's frozen split: computed once, kept as files, compared with on the same rows."""

from __future__ import annotations

import json
import traceback
from functools import cached_property
from typing import TYPE_CHECKING

from threadpoolctl import threadpool_limits

from agentomics_nb.evaluation import (
    Gain,
    Interval,
    SplitScore,
    constant_baseline,
    evaluate,
    paired_difference,
    read_predictions,
)
from agentomics_nb.experiment.predictions_file import as_table
from agentomics_nb.journal.directory import write_json

if TYPE_CHECKING:
    from pathlib import Path

    from agentomics_nb.dataset import Dataset
    from agentomics_nb.evaluation import Metric, Predictions, Truth
    from agentomics_nb.experiment.frozen_split import FrozenSplit

_REPLICATES = 200


class Baselines:
    """What predictors without an idea score on the validation rows.

    Parameters
    ----------
    directory : Path
        Keeps predictions and scores.
    split : FrozenSplit
        The rows.
    dataset : Dataset
        What the columns are.
    metric : Metric
        By which they are compared.
    seed, threads : int
        Of the run.
    """

    def __init__(
        self, directory: Path, split: FrozenSplit, dataset: Dataset, metric: Metric, *, seed: int, threads: int
    ) -> None:
        self._directory = directory
        self._split = split
        self._dataset = dataset
        self._metric = metric
        self._seed = seed
        self._threads = threads

    def climb(self) -> None:
        """Compute the baselines, once in a run; without those that cannot be computed."""
        from agentomics_nb.evaluation.baseline_ladder import CONSTANT, Baseline, in_words, ladder

        if (self._directory / "scores.json").is_file():
            return
        truths = {name: self._split.truth(name) for name in ("train", "validation")}
        try:
            train, validation = self._split.frame("train"), self._split.frame("validation")
            with threadpool_limits(self._threads):
                rungs = ladder(train, validation, self._dataset, self._seed)
        except Exception:  # a baseline must not cost the person the run
            traceback.print_exc()  # into engine.log
            label = in_words(CONSTANT, self._dataset.task)
            rungs = [Baseline(CONSTANT, label, constant_baseline(truths["train"], truths["validation"].rows))]
        self._directory.mkdir(exist_ok=True)
        groups = self._split.groups
        scores = {}
        for rung in rungs:
            as_table(rung.predictions).to_csv(self._directory / f"{rung.name}.csv", index=False)
            score = evaluate(
                truths["validation"],
                rung.predictions,
                metric=self._metric,
                groups=groups,
                replicates=_REPLICATES,
                seed=self._seed,
            )
            scores[rung.name] = {"label": rung.label, "score": score.model_dump(mode="json")}
        write_json(self._directory / "scores.json", scores)

    @cached_property
    def scores(self) -> dict[str, SplitScore]:
        """The scores by name."""
        found = json.loads((self._directory / "scores.json").read_text(encoding="utf-8"))
        return {name: SplitScore.model_validate(entry["score"]) for name, entry in found.items()}

    def gain(self, truth: Truth, made: Predictions) -> Gain | None:
        """Return by how much predictions of the validation rows are better than the best baseline."""
        known = {name: score.value for name, score in self.scores.items() if score.value is not None}
        if not known:
            return None
        over = (max if self._metric.greater_is_better else min)(known, key=lambda name: known[name])
        return Gain(over=over, interval=self._against(over, truth, made))

    @property
    def has_lookup(self) -> bool:
        """Whether a lookup of training rows could be computed."""
        return (self._directory / "lookup.csv").is_file()

    def gain_over_lookup(self, truth: Truth, made: Predictions) -> Interval:
        """Return by how much they are better than a lookup of training rows, which must be there."""
        return self._against("lookup", truth, made)

    def _against(self, baseline: str, truth: Truth, made: Predictions) -> Interval:
        theirs = read_predictions(
            self._directory / f"{baseline}.csv",
            task=self._dataset.task,
            classes=self._dataset.target.classes or (),
            rows=truth.rows,
        )
        return paired_difference(truth, theirs, made, self._metric, groups=self._split.groups, seed=self._seed)
