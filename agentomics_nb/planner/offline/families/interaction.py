"""Nucleotide sequences that act together: a guide RNA and its target, two interacting regions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentomics_nb.planner.offline.families import estimators
from agentomics_nb.planner.offline.families import sequence_models as models
from agentomics_nb.planner.offline.families.covariates import Covariates
from agentomics_nb.planner.offline.families.interaction_insights import is_complement, sentences
from agentomics_nb.planner.offline.families.interaction_recipes import Setting, one_length, slides, strands
from agentomics_nb.planner.offline.recipe import Call, Findings, Probe, Recipe

if TYPE_CHECKING:
    from agentomics_nb.dataset import Dataset


class Interaction:
    """Several nucleotide columns, with or without columns beside them."""

    name = "interacting nucleotide sequences"

    def fits(self, dataset: Dataset) -> bool:
        """Return whether at least two columns hold nucleotide sequences and none holds proteins."""
        return len(dataset.columns_of("nucleotide")) > 1 and not dataset.columns_of("protein")

    def explore(self, dataset: Dataset, *, groups: str | None) -> tuple[Probe, ...]:
        """Return the cells of the exploration; `groups` is the column of a group contract."""
        classes = estimators.is_classification(dataset)
        names = [column.name for column in dataset.columns_of("nucleotide")]
        short, long = strands(dataset)
        probes = [
            models.lengths_probe(names[:3], "GC", classes=classes),
            models.words_probe(names[:3], groups, classes=classes),
            Probe(
                title="Each sequence alone, and both together",
                why="Is the signal in one sequence, or only in how the two fit?",
                call=Call(
                    "strand_products",
                    "strand_products",
                    {"first": long.name, "second": short.name, "groups": groups, "classes": classes},
                ),
            ),
        ]
        if slides(short, long):
            probes.append(
                Probe(
                    title="Pairing along the short strand",
                    why="Strands pair antiparallel: where along the short one do the classes differ?",
                    call=Call(
                        "pairing_profile",
                        "pairing_profile",
                        {"long": long.name, "short": short.name, "classes": classes},
                    ),
                )
            )
        return tuple(probes)

    def insights(self, dataset: Dataset, findings: Findings) -> tuple[str, ...]:
        """Return what the findings mean, in sentences that a biologist accepts."""
        short, long = strands(dataset)
        left_out = Covariates.of(dataset, findings).left_out_words
        return tuple(filter(None, (*sentences(findings, short.name, long.name), left_out)))

    def ladder(self, dataset: Dataset, findings: Findings, *, metric: str) -> tuple[Recipe, ...]:
        """Return the recipes worth trying: products of words first, then the pairing where strands can pair."""
        setting = Setting(dataset, findings, metric)
        if is_complement(findings) or (not findings and one_length(dataset) and setting.beside.numbers):
            order = (
                setting.guide_linear(),
                setting.guide_trees(),
                setting.guide_machine(),
                setting.words_linear(),
                setting.long_network(),
            )
        elif slides(setting.short, setting.long):
            order = (
                setting.products(),
                setting.pairing_trees(),
                setting.pair_network(),
                setting.pairing_linear(),
                setting.pairing_machine(),
            )
        else:
            order = (
                setting.products(),
                setting.words_trees(),
                setting.long_network(),
                setting.words_linear(),
                None,
            )
        return tuple(recipe for recipe in order if recipe is not None)

    def refine(self, recipe: Recipe, diagnosis: str, dataset: Dataset) -> Recipe | None:
        """Return a variation that answers a diagnosis, or None."""
        return models.vary_sequence_recipe(recipe, diagnosis)


INTERACTION = Interaction()
"""The family, ready to use."""
