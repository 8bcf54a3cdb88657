"""How often the 95 % intervals hold the metric of the population, in simulations where that is known."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from agentomics_nb.evaluation import METRICS, Predictions, Truth
from agentomics_nb.evaluation.intervals import bootstrap_all

if TYPE_CHECKING:
    from agentomics_nb.evaluation.metrics import Metric

TRIALS = 1000
REPLICATES = 600
_CLASSES = ("no", "yes")
CLASSIFIED = ("accuracy", "auroc", "auprc")
MEASURED = ("rmse", "spearman")


@dataclass(frozen=True)
class Population:
    """What samples are drawn from.

    Parameters
    ----------
    name
        In the table.
    task
        Classification: scores of two classes are normal, 1.5 apart. Regression: errors are normal.
    rows
        Of one sample.
    groups
        Into which they fall by chance, so that sizes differ; 0 where each row is by itself. Rows of a group share a
        part of what decides the label and of the error.
    positives
        Share of the positive class.
    """

    name: str
    task: str
    rows: int
    groups: int = 0
    positives: float = 0.4

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """Those that are checked."""
        return tuple(METRICS[name] for name in (CLASSIFIED if self.task == "classification" else MEASURED))

    def draw(
        self, generator: np.random.Generator, rows: int | None = None
    ) -> tuple[Truth, Predictions, list[int] | None]:
        """Return truth, predictions, and the group of each row where there are groups."""
        rows = rows or self.rows
        groups = generator.integers(max(1, rows * self.groups // self.rows), size=rows) if self.groups else None
        shared, own = self._effects(generator, rows, groups), generator.standard_normal((2, rows))
        # Parts of variance: a group's effects and a row's own add up to 1.
        kind, error = np.sqrt(0.3) * shared + np.sqrt(0.7) * own if groups is not None else own
        if self.task == "classification":
            from scipy.stats import norm

            codes = (kind > norm.ppf(1 - self.positives)).astype(int)
            odds = self.positives / (1 - self.positives) * np.exp(1.5 * (error + 1.5 * codes) - 1.5**2 / 2)
            yes = odds / (1 + odds)
            names = np.array(_CLASSES, dtype=object)
            made = Predictions(
                "classification",
                labels=names[(yes > 0.5).astype(int)],
                probabilities=np.column_stack([1 - yes, yes]),
                classes=_CLASSES,
            )
            truth = Truth("classification", labels=names[codes], classes=_CLASSES)
        else:
            truth, made = Truth("regression", values=kind), Predictions("regression", values=0.7 * kind + 0.5 * error)
        return truth, made, None if groups is None else groups.tolist()

    @staticmethod
    def _effects(generator: np.random.Generator, rows: int, groups: np.ndarray | None) -> np.ndarray:
        if groups is None:
            return np.zeros((2, rows))
        return generator.standard_normal((2, int(groups.max()) + 1))[:, groups]


POPULATIONS = (
    Population("100 rows", "classification", 100),
    Population("1,000 rows", "classification", 1000),
    Population("300 rows, 10 % positive", "classification", 300, positives=0.1),
    Population("300 rows in 60 groups", "classification", 300, groups=60),
    Population("300 rows in 20 groups", "classification", 300, groups=20),
    Population("100 rows", "regression", 100),
    Population("1,000 rows", "regression", 1000),
    Population("300 rows in 60 groups", "regression", 300, groups=60),
    Population("300 rows in 20 groups", "regression", 300, groups=20),
)


def coverage(
    population: Population, *, trials: int = TRIALS, replicates: int = REPLICATES, of_rows: int = 1_000_000
) -> dict[str, float]:
    """Return for each metric the share of the samples whose interval holds the metric of the population.

    Parameters
    ----------
    of_rows
        Rows from which the metric of the population is computed.
    """
    truth, made, _ = population.draw(np.random.default_rng(1), of_rows)
    real = {metric.name: metric.compute(truth, made) for metric in population.metrics}
    held = dict.fromkeys(real, 0)
    for trial in range(trials):
        truth, made, groups = population.draw(np.random.default_rng([2, trial]))
        found = bootstrap_all(truth, made, population.metrics, groups=groups, replicates=replicates, seed=trial)
        for name, value in real.items():
            interval = found[name]
            held[name] += value is not None and interval.low is not None and interval.low <= value <= interval.high
    return {name: count / trials for name, count in held.items()}


def table(trials: int = TRIALS, populations: tuple[Population, ...] = POPULATIONS) -> str:
    """Return how often intervals hold what they claim to, as Markdown."""
    names = (*CLASSIFIED, *MEASURED)
    lines = ["| sample | " + " | ".join(names) + " |", "|---|" + "--:|" * len(names)]
    shares: dict[str, dict[str, float]] = {}
    for population in populations:
        found = coverage(population, trials=trials)
        print(population.task, population.name, found, file=sys.stderr, flush=True)
        shares.setdefault(population.name, {}).update(found)
    for sample, found in shares.items():
        lines.append(f"| {sample} | " + " | ".join(f"{found[n]:.1%}" if n in found else "" for n in names) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
