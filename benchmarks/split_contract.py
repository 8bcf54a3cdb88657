"""Whether the split that the audit chooses foretells the test score better than a random one does.

Several models, from a lookup to the best recipe, are trained on the training part of several splits of AGO2, made by
the planner's own ``split.py`` under each contract. Each is scored on the validation part and on the test file.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass, replace
from importlib import import_module
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from agentomics_nb.evaluation import METRICS, Predictions, Truth

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pandas as pd
    from numpy.typing import NDArray

    from agentomics_nb.dataset import Dataset
    from agentomics_nb.planner.offline.recipe import Call, Member

    Predict = Callable[[pd.DataFrame], NDArray[np.float64]]
    """Takes rows with their labels, uses all but these, returns the probability of the positive class."""

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data" / "ago2_clash_hejret"
TARGET, GUIDE = "gene", "noncodingRNA"
METRIC = "auprc"
SEEDS = 5
SEEDS_OF_NETWORKS = 3
"""A network takes minutes a split."""
CLOSE = 0.03
"""How far an estimate may lie from the test score; also about half of the test score's own 95 % interval."""
NOISE = 0.01
"""Below it, differences between models on this test file mean nothing."""
CONTRACTS = {"random": "random", "chosen by the audit": None}
_LIBRARY = "agentomics_nb.planner.offline.library"


@dataclass(frozen=True)
class Part:
    """One split of the data set.

    Parameters
    ----------
    dataset
        As it was inspected.
    train, validation, test
        Rows with their labels.
    """

    dataset: Dataset
    train: pd.DataFrame
    validation: pd.DataFrame
    test: pd.DataFrame


def table() -> str:
    """Return all measurements as Markdown."""
    if not FOLDER.is_dir():
        return "The data sets are not beside the project (../shared/data): nothing was measured."
    fits = models()
    scores: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for contract, asked in CONTRACTS.items():
        for seed in range(SEEDS):
            part = divided(asked, seed)
            for name, fit in fits.items():
                if "network" in name and seed >= SEEDS_OF_NETWORKS:
                    continue
                scores.setdefault((name, contract), []).append(judged(fit, part))
                print(contract, seed, name, scores[name, contract][-1], file=sys.stderr, flush=True)
    return written({key: np.array(pairs) for key, pairs in scores.items()}, list(fits))


def written(found: dict[tuple[str, str], NDArray[np.float64]], names: list[str]) -> str:
    """Return as Markdown what was found for each model under each contract: validation and test scores by split."""
    head = " | ".join(f"{contract}: validation | off by | within {CLOSE}" for contract in CONTRACTS).replace("0.", ".")
    lines = [f"| model | {head} | test |", "|---|" + "---|--:|--:|" * len(CONTRACTS) + "--:|"]
    lines += [_line(name, found) for name in names]
    return "\n".join([*lines, "", *(_order(contract, names, found) for contract in CONTRACTS)])


def _line(name: str, found: dict[tuple[str, str], NDArray[np.float64]]) -> str:
    cells = []
    for contract in CONTRACTS:
        validation, test = found[name, contract].T
        off = validation - test
        spread = f"{validation.mean():.3f} ± {validation.std(ddof=1):.3f}"
        cells += [spread, f"{off.mean():+.3f}", f"{(np.abs(off) <= CLOSE).sum()} of {len(off)}"]
    test = np.concatenate([found[name, contract][:, 1] for contract in CONTRACTS])
    return f"| {name} | {' | '.join(cells)} | {test.mean():.3f} |".replace("0.", ".")


def _order(contract: str, names: list[str], found: dict[tuple[str, str], NDArray[np.float64]]) -> str:
    """Say how often a single split puts two models in the order of the test file, where that tells them apart."""
    on_test = {name: np.concatenate([found[name, known][:, 1] for known in CONTRACTS]).mean() for name in names}
    right, compared, wrong = 0, 0, []
    for one, other in combinations(sorted(names, key=lambda name: on_test[name]), 2):
        if on_test[other] - on_test[one] >= NOISE:
            splits = min(len(found[name, contract]) for name in (one, other))
            agree = found[other, contract][:splits, 0] > found[one, contract][:splits, 0]
            right, compared = right + int(agree.sum()), compared + len(agree)
            wrong += [f"{one} above {other} in {(~agree).sum()} of {len(agree)}"] if not agree.all() else []
    told = f" ({'; '.join(wrong)})" if wrong else ""
    return f"- {contract}: {right} of {compared} comparisons of two models come out in the order of the test{told}."


def divided(asked: str | None, seed: int) -> Part:
    """Return a split under a contract, made and checked as in a run."""
    import pandas as pd

    from tests.unit.planner.test_split_scripts import brief_of, divide

    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(FOLDER / "train.csv", Path(folder) / "data.csv")
        brief = replace(brief_of(Path(folder), asked), seed=seed)
        train, validation = divide(brief)
    return Part(brief.dataset, train, validation, pd.read_csv(FOLDER / "test.csv"))


def judged(fit: Callable[[Part], Predict], part: Part) -> tuple[float, float]:
    """Train on a split; return the score on its validation part and on the test file."""
    with _elsewhere(), contextlib.redirect_stdout(sys.stderr):  # networks print their epochs
        probability = fit(part)
        scores = [_score(rows, probability(rows), part) for rows in (part.validation, part.test)]
    return scores[0], scores[1]


def _score(rows: pd.DataFrame, probability: NDArray[np.float64], part: Part) -> float:
    classes = part.dataset.target.classes or ()
    truth = Truth("classification", labels=rows[part.dataset.target.name].astype(str).to_numpy(), classes=classes)
    labels = np.array(classes, dtype=object)[(probability > 0.5).astype(int)]
    both = np.column_stack([1 - probability, probability])
    value = METRICS[METRIC].compute(truth, Predictions("classification", labels, probabilities=both, classes=classes))
    assert value is not None
    return value


@contextlib.contextmanager
def _elsewhere() -> Iterator[None]:
    """Work in an empty folder, as a run does: models note there how their training goes."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            yield
        finally:
            os.chdir(before)


def models() -> dict[str, Callable[[Part], Predict]]:
    """Return by name what trains a model on a split and returns what predicts the positive class."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.pipeline import make_pipeline, make_union
    from sklearn.preprocessing import FunctionTransformer

    from agentomics_nb.dataset import inspect
    from agentomics_nb.planner.offline.families.interaction_recipes import Setting
    from agentomics_nb.planner.offline.recipe import Call
    from benchmarks.seed_match import seed_match

    setting = Setting(inspect(FOLDER / "train.csv"), {}, METRIC)
    products, pairing, network = setting.products(), setting.pairing_trees(), setting.pair_network()
    assert network is not None
    (trees,) = pairing.members

    def seed() -> Any:
        return FunctionTransformer(seed_match, kw_args={"target": TARGET, "guide": GUIDE})

    def seed_and_words() -> Any:
        return make_union(seed(), _called("features", Call("kmers", "kmers", {"column": TARGET, "sizes": [1, 2, 3]})))

    def place() -> Any:
        return FunctionTransformer(_place)

    def boosted() -> Any:
        return _called("models", trees.model, seed=0)

    def plain() -> Any:
        from agentomics_nb.planner.offline.library.models.boosting import dense

        return make_pipeline(
            FunctionTransformer(dense, accept_sparse=True), HistGradientBoostingClassifier(random_state=0)
        )

    return {
        "lookup of similar rows": _look_up,
        "place in the genome, boosting": _trained(lambda: make_pipeline(place(), boosted())),
        "3-mers of each sequence, boosting": _trained(lambda: _built(setting.words_trees().members)),
        "products of 3-mers, linear (iteration 0)": _trained(lambda: _built(products.members)),
        "seed match, boosting": _trained(lambda: make_pipeline(seed(), boosted())),
        "seed match and place, boosting": _trained(lambda: make_pipeline(make_union(seed(), place()), boosted())),
        "seed match and target's 3-mers, boosting": _trained(lambda: make_pipeline(seed_and_words(), boosted())),
        "the same, scikit-learn's settings": _trained(lambda: make_pipeline(seed_and_words(), plain())),
        "pair matrix, boosting (iteration 1)": _trained(lambda: _built(pairing.members)),
        "mean of pair matrix and network (best)": _trained(lambda: _built((*pairing.members, *network.members))),
    }


def _place(rows: pd.DataFrame) -> NDArray[np.float64]:
    """Return where the target lies; the cluster of its gene goes by number. Sequences play no part."""
    import pandas as pd

    columns = ("chr", "start", "gene_cluster_ID")
    return np.column_stack([pd.to_numeric(rows[name], errors="coerce").to_numpy(dtype=float) for name in columns])


def _trained(build: Callable[[], Any]) -> Callable[[Part], Predict]:
    def fit(part: Part) -> Predict:
        import torch

        torch.manual_seed(0)
        target = part.dataset.target.name
        model = build().fit(part.train.drop(columns=target), part.train[target])
        return lambda rows: np.asarray(model.predict_proba(rows.drop(columns=target))[:, 1], dtype=float)

    return fit


def _look_up(part: Part) -> Predict:
    from agentomics_nb.evaluation.lookup_baseline import look_up

    answers = part.train[[part.dataset.target.name]].to_numpy(dtype=float)
    return lambda rows: look_up(part.train, answers, rows, part.dataset)[:, 0]


def _built(members: tuple[Member, ...]) -> Any:
    """Return the untrained model of a recipe, from the library that its scripts are written from."""
    from sklearn.pipeline import make_pipeline, make_union

    parts = [
        (
            member.name,
            make_pipeline(
                make_union(*(_called("features", call) for call in member.features)),
                _called("models", member.model, seed=0),
            ),
        )
        for member in members
    ]
    return parts[0][1] if len(parts) == 1 else import_module(f"{_LIBRARY}.models.blend").MeanOfLogits(parts)


def _called(kind: str, call: Call, **more: int) -> Any:
    return getattr(import_module(f"{_LIBRARY}.{kind}.{call.snippet}"), call.function)(**call.arguments, **more)


if __name__ == "__main__":
    print(table())
