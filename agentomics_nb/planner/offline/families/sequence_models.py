"""Models and features that the sequence families share, sized for the rows and the letters at hand."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from agentomics_nb.planner.offline.families import estimators
from agentomics_nb.planner.offline.families.variation import vary
from agentomics_nb.planner.offline.recipe import Call, Literal, Probe, Recipe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agentomics_nb.dataset import Dataset
    from agentomics_nb.planner.offline.recipe import Findings

_NETWORK_LETTERS = 4e7
"""Rows times positions that a network reads in one epoch; 4e7 take about two minutes on one core."""
_STEPS = 1_000
"""Steps that a network over pairs takes before it has left its plateau: 200 gave a constant, 1,000 an AUPRC of .81."""
_MOST_EPOCHS = 40
_LEARNED = 0.72
"""Share of the rows that a network learns from: four fifths train, a tenth of these chooses the epoch."""
_FEW_ROWS = 300
"""Below it a network holds out too few rows to choose its epoch."""
_NETWORKS = ("pair_cnn", "pair_cnn_regressor", "sequence_cnn", "sequence_cnn_regressor")


def linear_name(dataset: Dataset) -> str:
    """Return the linear model in words."""
    return "logistic regression" if estimators.is_classification(dataset) else "ridge regression"


def penalty_words(dataset: Dataset, c: float, alpha: float) -> str:
    """Return the architecture of the linear model in a sentence."""
    size = f"C = {c:g}" if estimators.is_classification(dataset) else f"alpha = {alpha:g}"
    return f"{linear_name(dataset).capitalize()} with an L2 penalty ({size})."


def boosting(dataset: Dataset, metric: str, *, rounds: int, column_sample: float, leaves: int = 15) -> Call:
    """Return boosted trees for many sparse features: few bins, a small share of the columns at each split."""
    arguments: dict[str, Literal] = {
        "rounds": rounds,
        "learning_rate": 0.05,
        "leaves": leaves,
        "min_leaf": max(5, min(20, dataset.n_rows // 50)),
        "column_sample": column_sample,
    }
    if estimators.is_classification(dataset):
        return Call("boosting", "boosted_classifier", {**arguments, **estimators.class_weight(dataset, metric)})
    return Call("boosting", "boosted_regressor", arguments)


def network(dataset: Dataset, metric: str, snippet: str, cost: float, **arguments: Literal) -> Call | None:
    """Return a network, or None where rows are too few; epochs shrink as rows times `cost` (letters) grow.

    Few rows are read more often, in smaller batches: what decides is the number of steps.
    """
    rows = dataset.n_rows
    if rows < _FEW_ROWS or rows * cost > 10 * _NETWORK_LETTERS:
        return None
    batch = 64 if rows >= 4_000 else 32 if rows >= 1_000 else 16
    affordable = min(12, max(6, 10 * _NETWORK_LETTERS / max(1.0, rows * cost)))
    epochs = int(min(_MOST_EPOCHS, max(affordable, _STEPS * batch / (_LEARNED * rows))))
    sizes: dict[str, Literal] = {"epochs": epochs, "batch": batch}
    if estimators.is_classification(dataset):
        return Call(snippet, snippet, {**arguments, **sizes, **estimators.class_weight(dataset, metric)})
    return Call(snippet, f"{snippet}_regressor", {**arguments, **sizes})


def vary_sequence_recipe(recipe: Recipe, diagnosis: str) -> Recipe | None:
    """Return a variation of a sequence recipe: several networks for one, other settings for any other model."""
    member = recipe.members[0]
    if len(recipe.members) > 1 or member.model.function not in _NETWORKS:
        return vary(recipe, diagnosis)
    if diagnosis in ("overfitting", "instability") and "networks" not in member.model.arguments:
        return replace(
            recipe,
            key=f"{recipe.key}-three",
            idea=f"{recipe.idea}, three networks",
            why="One network depends on its random start and on the rows it holds out; the mean of three does less.",
            architecture=f"{recipe.architecture} Three networks with other starts and other held-out "
            "rows are averaged.",
            members=(replace(member, model=member.model.with_arguments(networks=3)),),
            weight=3 * recipe.weight,
            refines=recipe.key,
        )
    if diagnosis == "underfitting":
        epochs = member.model.arguments["epochs"]
        longer = min(80, 2 * epochs) if isinstance(epochs, int) else 20
        return replace(
            recipe,
            key=f"{recipe.key}-longer",
            idea=f"{recipe.idea}, {longer} epochs",
            why="Training and validation are equally low: the network has not learned all it could.",
            architecture=f"{recipe.architecture} Trained for {longer} epochs.",
            members=(replace(member, model=member.model.with_arguments(epochs=longer)),),
            weight=2 * recipe.weight,
            refines=recipe.key,
        )
    return vary(recipe, diagnosis)


def lengths_probe(columns: Sequence[str], letters: str, *, classes: bool) -> Probe:
    """Ask how long the sequences are and what they are made of."""
    return Probe(
        title="Lengths and composition",
        why="Do length or composition alone tell the classes apart?"
        if classes
        else "Do length or composition alone go with the target?",
        call=Call(
            "sequence_lengths",
            "lengths_and_composition",
            {"columns": list(columns), "letters": letters, "classes": classes},
        ),
    )


def words_probe(columns: Sequence[str], groups: str | None, *, classes: bool, strands: bool = False) -> Probe:
    """Ask whether short words carry the signal, for new groups too; with `strands`, whether the strand matters."""
    questions = [
        "Do short words carry the signal, wherever they stand?",
        "Does the strand matter?" if strands else "",
        f"Does it hold for a {groups} never seen?" if groups else "",
    ]
    arguments: dict[str, Literal] = {"columns": list(columns), "groups": groups, "classes": classes}
    return Probe(
        title="Short words, linear model",
        why=" ".join(filter(None, questions)),
        call=Call("kmer_model", "kmer_model", {**arguments, "strands": True} if strands else arguments),
    )


def number(findings: Findings, name: str) -> float | None:
    """Return a finding as a number, or None where it is missing or no number."""
    value = findings.get(name)
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
