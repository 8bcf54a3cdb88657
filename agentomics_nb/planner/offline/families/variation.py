"""Vary a recipe in answer to a diagnosis: more or less freedom, or equal voice for every class."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agentomics_nb.planner.offline.recipe import Call, Literal, Member, Recipe

Range = tuple[float, float]

_FREEDOM: Mapping[str, Mapping[str, tuple[float, Range]]] = {
    "logistic_regression": {"C": (4.0, (1e-5, 100.0))},
    "sparse_logistic_regression": {"C": (3.0, (1e-3, 10.0))},
    "ridge_regression": {"alpha": (0.2, (1e-2, 1e6))},
    "svm_classifier": {"C": (4.0, (0.05, 100.0))},
    "svm_regressor": {"C": (4.0, (0.05, 100.0))},
    "boosted_classifier": {
        "leaves": (2.0, (3, 63)),
        "min_leaf": (0.5, (2, 200)),
        "rounds": (1.5, (50, 1500)),
    },
    "boosted_regressor": {"leaves": (2.0, (3, 63)), "min_leaf": (0.5, (2, 200)), "rounds": (1.5, (50, 1500))},
    "extra_trees_classifier": {"min_leaf": (0.4, (1, 50))},
    "extra_trees_regressor": {"min_leaf": (0.4, (1, 50))},
}
"""Per model: by which factor an argument changes when the model gets more freedom, and within which range."""
_USUAL: Mapping[str, float] = {"C": 1.0, "alpha": 1.0, "leaves": 15, "min_leaf": 20, "rounds": 200}
_TREES_LEAF = 2

_ANSWERS: Mapping[str, tuple[str, str, str]] = {
    "overfitting": (
        "stiffer",
        "less freedom",
        "Training is well above validation: less freedom should cost training and spare validation.",
    ),
    "instability": (
        "steadier",
        "less freedom",
        "The score moves with the seed or the fold: a stronger penalty lets chance decide less.",
    ),
    "underfitting": (
        "freer",
        "more freedom",
        "Training and validation are equally low: the model lacks the freedom to follow the data.",
    ),
    "imbalance": (
        "balanced",
        "classes weighted equally",
        "The rare class is missed most: weighting lets each class count the same in training.",
    ),
}


def vary(recipe: Recipe, diagnosis: str) -> Recipe | None:
    """Return the recipe with another setting of the same models, or None where nothing answers the diagnosis.

    Parameters
    ----------
    recipe : Recipe
        One that was tried.
    diagnosis : str
        ``overfitting``, ``instability``, ``underfitting`` or ``imbalance``; anything else gives None.
    """
    if diagnosis not in _ANSWERS:
        return None
    suffix, words, why = _ANSWERS[diagnosis]
    members = tuple(_vary_member(member, diagnosis) for member in recipe.members)
    if members == recipe.members:
        return None
    return replace(
        recipe,
        key=f"{recipe.key}-{suffix}",
        idea=f"{recipe.idea}, {words}",
        why=why,
        architecture=f"{recipe.architecture} {_changes(recipe.members, members)}",
        members=members,
        refines=recipe.key,
    )


def _vary_member(member: Member, diagnosis: str) -> Member:
    model = member.model
    if diagnosis == "imbalance":
        takes_weights = "logistic" in model.function or model.function.endswith("_classifier")
        return replace(member, model=model.with_arguments(class_weight="balanced")) if takes_weights else member
    return replace(member, model=_freedom(model, more=diagnosis == "underfitting"))


def _freedom(model: Call, *, more: bool) -> Call:
    changed: dict[str, Literal] = {}
    for name, (factor, (low, high)) in _FREEDOM.get(model.function, {}).items():
        usual = _TREES_LEAF if model.function.startswith("extra_trees") else _USUAL[name]
        now = model.arguments.get(name, usual)
        if not isinstance(now, (int, float)) or (name == "rounds" and not more):
            continue
        value = min(max(now * factor if more else now / factor, low), high)
        changed[name] = max(1, round(value)) if isinstance(now, int) else float(f"{value:.2g}")
    return model.with_arguments(**changed) if changed else model


def _changes(before: tuple[Member, ...], after: tuple[Member, ...]) -> str:
    told = []
    for old, new in zip(before, after, strict=True):
        for name, value in new.model.arguments.items():
            if old.model.arguments.get(name) != value:
                was = f" (was {old.model.arguments[name]})" if name in old.model.arguments else ""
                told.append(f"{name} = {value}{was}")
    return "Changed: " + ", ".join(dict.fromkeys(told)) + "."
