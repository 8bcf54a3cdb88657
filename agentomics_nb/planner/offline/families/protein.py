"""Proteins and peptides, alone or beside other columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentomics_nb.planner.offline.families import estimators
from agentomics_nb.planner.offline.families import sequence_models as models
from agentomics_nb.planner.offline.families.covariates import Covariates, together
from agentomics_nb.planner.offline.families.table_insights import listed
from agentomics_nb.planner.offline.numerals import figure
from agentomics_nb.planner.offline.recipe import Call, Findings, Member, Probe, Recipe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agentomics_nb.dataset import Dataset

_PEPTIDE = 30
"""Residues up to which a chain is a peptide: most of its triplets occur once or never."""


class Protein:
    """One or more protein columns, with or without nucleotide and other columns."""

    name = "protein sequences"

    def fits(self, dataset: Dataset) -> bool:
        """Return whether a column holds proteins or peptides."""
        return bool(dataset.columns_of("protein"))

    def explore(self, dataset: Dataset, *, groups: str | None) -> tuple[Probe, ...]:
        """Return the cells of the exploration; `groups` is the column of a group contract."""
        classes = estimators.is_classification(dataset)
        names = [column.name for column in dataset.columns_of("protein")]
        composition = (
            Probe(
                title=f"Amino acids of {name}" if len(names) > 1 else "Amino acids",
                why="Which residues go with the target, and how far do composition and length alone carry?",
                call=Call("amino_acids", "amino_acids", {"column": name, "groups": groups, "classes": classes}),
            )
            for name in names[:2]
        )
        return (
            models.lengths_probe(names[:3], "DEKR", classes=classes),
            *composition,
            models.words_probe(names, groups, classes=classes),
        )

    def insights(self, dataset: Dataset, findings: Findings) -> tuple[str, ...]:
        """Return what the findings mean, in sentences that a biologist accepts."""
        left_out = Covariates.of(dataset, findings).left_out_words
        return tuple(filter(None, (*_sentences(findings), left_out)))

    def ladder(self, dataset: Dataset, findings: Findings, *, metric: str) -> tuple[Recipe, ...]:
        """Return the recipes worth trying: composition and a linear model first."""
        setting = _Setting(dataset, findings, metric)
        order = (
            setting.baseline(),
            setting.trees(),
            setting.machine(),
            setting.network(),
            setting.composition_machine(),
            setting.pairs(),
        )
        return tuple(recipe for recipe in order if recipe is not None)

    def refine(self, recipe: Recipe, diagnosis: str, dataset: Dataset) -> Recipe | None:
        """Return a variation that answers a diagnosis, or None."""
        return models.vary_sequence_recipe(recipe, diagnosis)


def _sentences(findings: Findings) -> Iterator[str]:
    letter, strength = findings.get("strongest_amino_acid"), models.number(findings, "strongest_correlation")
    if letter and strength is not None:
        yield (
            f"The share of {letter} goes most clearly with {findings.get('composition_of')} (rank correlation "
            f"{figure(strength)})."
        )
    length, composition = (
        models.number(findings, "length_score"),
        models.number(findings, "composition_score"),
    )
    name = findings.get("composition_score_name")
    if length is not None and composition is not None:
        yield (
            f"Length alone reaches {name} {figure(length)}, with the composition "
            f"{figure(composition)}: what goes beyond is order."
        )
    words = models.number(findings, "kmer_random")
    if words is not None and composition is not None and words - composition > 0.02:
        yield f"Words of one to four residues reach {figure(words)}: short patterns add to composition."
    grouped = models.number(findings, "kmer_grouped")
    if words is not None and grouped is not None and words - grouped > 0.05:
        yield f"Kept apart by group, words reach {figure(grouped)}: the difference is memory of relatives."


_LONGEST_READ = 500
"""Residues that a network reads: nine in ten bacterial proteins are shorter."""


class _Setting:
    """The recipes for one data set's proteins."""

    def __init__(self, dataset: Dataset, findings: Findings, metric: str) -> None:
        self.dataset, self.metric = dataset, metric
        self.proteins = tuple(column.name for column in dataset.columns_of("protein"))
        self.nucleotides = tuple(column.name for column in dataset.columns_of("nucleotide"))
        self.beside = Covariates.of(dataset, findings)
        self.peptides = max(column.length_max or 0 for column in dataset.columns_of("protein")) <= _PEPTIDE

    def features(self, *parts: str, scaled: bool) -> tuple[Call, ...]:
        scale = "scaled_" if scaled else ""
        proteins = [
            Call(f"{scale}protein", f"{scale}protein_{part}", {"column": name})
            for name in self.proteins
            for part in parts
        ]
        words = [Call("kmers", "kmers", {"column": name, "sizes": [1, 2, 3]}) for name in self.nucleotides]
        return (*proteins, *words, *self.beside.calls(scaled=scaled))

    def told(self, *sentences: str) -> str:
        words = f"Words of 1 to 3 letters of {listed(self.nucleotides)}." if self.nucleotides else ""
        return together(*sentences, words, self.beside.words)

    @property
    def composition_words(self) -> str:
        return f"Of {listed(self.proteins)}: log length and the share of each amino acid."

    @property
    def property_words(self) -> str:
        return (
            "Means, extremes and autocorrelations of hydropathy, helix and strand propensity, volume "
            "and charge; "
            "the composition of both ends, where signal and targeting peptides sit."
        )

    def baseline(self) -> Recipe:
        return Recipe(
            key="composition-linear",
            idea=f"amino-acid composition, {models.linear_name(self.dataset)}",
            why="Length, charge and hydrophobic residues decide much of a protein's behaviour; all else "
            "has to beat them.",
            representation=self.told(self.composition_words, "Standardised."),
            architecture=models.penalty_words(self.dataset, 1, 100),
            members=(
                Member(
                    "composition",
                    self.features("composition", scaled=True),
                    estimators.linear(self.dataset, self.metric, C=1.0, alpha=100.0),
                ),
            ),
        )

    def trees(self) -> Recipe:
        return Recipe(
            key="properties-boosting",
            idea="composition and physical properties, gradient boosting",
            why="A membrane-spanning stretch or a charged tail acts beyond a threshold: trees see thresholds.",
            representation=self.told(self.composition_words, self.property_words),
            architecture="Gradient boosting: 300 rounds of small trees, each split on 30 % of the columns.",
            members=(
                Member(
                    "trees",
                    self.features("composition", "properties", scaled=False),
                    models.boosting(self.dataset, self.metric, rounds=300, column_sample=0.3),
                ),
            ),
            weight=4.0,
        )

    def machine(self) -> Recipe | None:
        model = estimators.svm(self.dataset, self.metric, C=1.0)
        if model is None:
            return None
        return Recipe(
            key="properties-svm",
            idea="composition and physical properties, support vector machine",
            why="Proteins of like composition and like ends should behave alike; a Gaussian kernel "
            "compares them as wholes.",
            representation=self.told(self.composition_words, self.property_words, "Standardised."),
            architecture="Support vector machine with a Gaussian kernel, C = 1.",
            members=(Member("machine", self.features("composition", "properties", scaled=True), model),),
            weight=3.0,
        )

    def composition_machine(self) -> Recipe | None:
        model = estimators.svm(self.dataset, self.metric, C=1.0)
        if model is None:
            return None
        return Recipe(
            key="composition-svm",
            idea="amino-acid composition, support vector machine",
            why="With few numbers a row the kernel's distances stay meaningful: the leaner description "
            "may generalise better.",
            representation=self.told(self.composition_words, "Standardised."),
            architecture="Support vector machine with a Gaussian kernel, C = 1.",
            members=(Member("plain", self.features("composition", scaled=True), model),),
            weight=2.0,
        )

    def network(self) -> Recipe | None:
        column = max(self.dataset.columns_of("protein"), key=lambda c: c.length_median or 0)
        width = min(column.length_max or _LONGEST_READ, _LONGEST_READ)
        model = models.network(self.dataset, self.metric, "sequence_cnn", cost=width, width=width, bins=4, alphabet=20)
        if model is None:
            return None
        return Recipe(
            key="protein-cnn",
            idea="the protein itself, convolutional network",
            why="A convolution learns motifs with their tolerances, which no share of letters shows.",
            representation=f"One code for each of the first {width} residues of {column.name}; shorter ones padded.",
            architecture="64 motif detectors of 11 residues, a second layer that joins neighbours, the strongest "
            "answer in each of 4 stretches, two dense layers. A tenth of the training rows chooses the epoch.",
            members=(Member("cnn", (Call("residues", "residues", {"column": column.name, "width": width}),), model),),
            weight=25.0,
        )

    def pairs(self) -> Recipe:
        parts = (
            ("composition", "properties", "pairs")
            if self.peptides
            else ("composition", "properties", "pairs", "triplets")
        )
        words = "neighbouring pairs of amino acids" + (
            "" if self.peptides else " and triplets of seven residue classes"
        )
        return Recipe(
            key="patterns-boosting",
            idea=f"composition, properties, {words}, gradient boosting",
            why="Order at short range, such as charge patches and amphipathic repeats, shows in pairs and triplets.",
            representation=self.told(self.composition_words, self.property_words, f"Shares of {words}."),
            architecture="Gradient boosting: 400 rounds of small trees, each split on a tenth of the columns.",
            members=(
                Member(
                    "patterns",
                    self.features(*parts, scaled=False),
                    models.boosting(self.dataset, self.metric, rounds=400, column_sample=0.1),
                ),
            ),
            weight=12.0,
        )


PROTEIN = Protein()
"""The family, ready to use."""
