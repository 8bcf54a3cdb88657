"""One nucleotide sequence a row: promoters, enhancers, splice sites, transcripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentomics_nb.planner.offline.families import estimators
from agentomics_nb.planner.offline.families import sequence_models as models
from agentomics_nb.planner.offline.families.covariates import Covariates, together, width_of
from agentomics_nb.planner.offline.numerals import figure, percent
from agentomics_nb.planner.offline.recipe import Call, Findings, Literal, Member, Probe, Recipe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agentomics_nb.dataset import Column, Dataset

_MANY_LETTERS = 5e7
"""Rows times letters above which words of five and six letters cost more time than they are worth."""
_SITE = 5
"""Positions that differ between classes from which the sequences count as aligned on a site."""
_ALIGNED_LIMIT = 1_000
"""Positions; a longer window is seldom aligned letter by letter."""


class Nucleotide:
    """One nucleotide column, with or without columns beside it."""

    name = "one nucleotide sequence"

    def fits(self, dataset: Dataset) -> bool:
        """Return whether exactly one column holds nucleotide sequences and none holds proteins."""
        return len(dataset.columns_of("nucleotide")) == 1 and not dataset.columns_of("protein")

    def explore(self, dataset: Dataset, *, groups: str | None) -> tuple[Probe, ...]:
        """Return the cells of the exploration; `groups` is the column of a group contract."""
        column = dataset.columns_of("nucleotide")[0]
        classes = estimators.is_classification(dataset)
        probes = [models.lengths_probe([column.name], "GC", classes=classes)]
        if _aligned(column):
            probes.append(
                Probe(
                    title="Letters by position",
                    why="All sequences have one length: are they aligned on a site, and where do they differ?",
                    call=Call(
                        "position_enrichment",
                        "position_enrichment",
                        {"column": column.name, "classes": classes},
                    ),
                )
            )
        probes.append(models.words_probe([column.name], groups, classes=classes, strands=True))
        return tuple(probes)

    def insights(self, dataset: Dataset, findings: Findings) -> tuple[str, ...]:
        """Return what the findings mean, in sentences that a biologist accepts."""
        left_out = Covariates.of(dataset, findings).left_out_words
        return tuple(filter(None, (*_sentences(dataset, findings), left_out)))

    def ladder(self, dataset: Dataset, findings: Findings, *, metric: str) -> tuple[Recipe, ...]:
        """Return the recipes worth trying; a linear model first, on words, or on positions where a site is aligned."""
        setting = _Setting(dataset, findings, metric)
        words, places, trees = setting.words(), setting.places(), setting.trees()
        network, gapped = setting.network(), setting.gapped()
        informative = findings.get("informative_positions")
        anchored = isinstance(informative, int) and informative >= _SITE
        order = (places, trees, network, words) if anchored else (words, network, trees, places, gapped)
        return tuple(recipe for recipe in order if recipe is not None)

    def refine(self, recipe: Recipe, diagnosis: str, dataset: Dataset) -> Recipe | None:
        """Return a variation that answers a diagnosis, or None."""
        return models.vary_sequence_recipe(recipe, diagnosis)


def _aligned(column: Column) -> bool:
    return column.length_min == column.length_max and (column.length_max or 0) <= _ALIGNED_LIMIT


def _two(classes: int) -> str:
    """Return which two sets of rows the probe of lengths compares."""
    return {0: "upper and lower half of the target", 2: "the classes"}.get(classes, "the two commonest classes")


def _sentences(dataset: Dataset, findings: Findings) -> Iterator[str]:
    column, classes = dataset.columns_of("nucleotide")[0], len(dataset.target.classes or ())
    effect = models.number(findings, f"composition_effect:{column.name}")
    if effect is not None and effect > 0.6:
        yield (
            f"The share of G and C alone tells {_two(classes)} apart with an AUROC of {figure(effect)}: a "
            "model must beat that."
        )
    effect = models.number(findings, f"length_effect:{column.name}")
    if effect is not None and effect > 0.6:
        yield f"Length alone reaches an AUROC of {figure(effect)}; were {_two(classes)} sampled alike?"
    repeated = models.number(findings, f"repeated:{column.name}")
    if repeated:
        yield (f"{percent(repeated)} of the sampled sequences occur more than once; the split keeps them together.")
    informative = models.number(findings, "informative_positions")
    if informative:
        share, overall = (
            models.number(findings, "strongest_share"),
            models.number(findings, "strongest_share_overall"),
        )
        yield (
            f"{informative:.0f} positions from {findings.get('informative_from')} to "
            f"{findings.get('informative_to')} differ "
            f"between classes; the strongest is {findings.get('strongest_letter')} at "
            f"{findings.get('strongest_position')} "
            f"({percent(share)} in {findings.get('strongest_class')}, {percent(overall)} over all)."
            if share is not None and overall is not None
            else f"{informative:.0f} positions differ between classes."
        )
    random, grouped = models.number(findings, "kmer_random"), models.number(findings, "kmer_grouped")
    both, name = models.number(findings, "kmer_both_strands"), findings.get("kmer_score_name")
    if random is not None:
        yield f"Words of one to four letters reach {name} {figure(random)} in a linear model."
    if random is not None and grouped is not None and random - grouped > 0.05:
        yield (
            f"Kept apart by group they reach only {figure(grouped)}: the difference is memory of "
            "relatives, not biology."
        )
    if random is not None and both is not None:
        if random - both > 0.005:
            yield (f"Read from both strands they lose {figure(random - both)}: the strand matters, and is kept.")
        else:
            yield ("A word and its reverse complement say the same: the strand does not matter, and both count as one.")


class _Setting:
    """The recipes for one column: its length, its rows and the findings enter all of them."""

    def __init__(self, dataset: Dataset, findings: Findings, metric: str) -> None:
        self.dataset, self.metric = dataset, metric
        self.column = dataset.columns_of("nucleotide")[0]
        self.width = width_of([self.column])
        self.beside = Covariates.of(dataset, findings)
        random, both = models.number(findings, "kmer_random"), models.number(findings, "kmer_both_strands")
        self.strandless = random is not None and both is not None and both >= random

    def linear(self, c: float, alpha: float) -> Call:
        return estimators.linear(self.dataset, self.metric, C=c, alpha=alpha)

    def kmers(self, largest: int) -> Call:
        arguments: dict[str, Literal] = {
            "column": self.column.name,
            "sizes": list(range(1, largest + 1)),
            **({"both_strands": True} if self.strandless else {}),
        }
        return Call("kmers", "kmers", arguments)

    def words_told(self, largest: int) -> str:
        strands = "; a word counts with its reverse complement" if self.strandless else ""
        return (
            f"Counts of all words of 1 to {largest} letters in {self.column.name}, square roots, "
            f"each size scaled to length one{strands}."
        )

    def words(self) -> Recipe:
        letters = self.dataset.n_rows * (self.column.length_median or 1)
        largest = 6 if letters <= _MANY_LETTERS else 4
        return Recipe(
            key="kmers-linear",
            idea=f"k-mers 1-{largest}, {models.linear_name(self.dataset)}",
            why="Which short words a sequence contains, wherever they stand, catches composition and "
            "most binding sites; "
            "it trains in seconds and every weight can be read.",
            representation=together(self.words_told(largest), self.beside.words),
            architecture=models.penalty_words(self.dataset, 10, 1),
            members=(Member("words", (self.kmers(largest), *self.beside.calls(scaled=True)), self.linear(10.0, 1.0)),),
        )

    def places(self) -> Recipe | None:
        if not _aligned(self.column):
            return None
        sizes: list[Literal] = [1, 2, 3] if self.width * self.dataset.n_rows <= _MANY_LETTERS / 5 else [1, 2]
        call = Call("positions", "positional", {"column": self.column.name, "width": self.width, "sizes": sizes})
        largest = len(sizes)
        return Recipe(
            key="positions-linear",
            idea=f"letters, pairs and triplets at each position, {models.linear_name(self.dataset)}"
            if largest == 3
            else f"letters and pairs at each position, {models.linear_name(self.dataset)}",
            why="The sequences are aligned: a splice site or a TATA box is a word at its place, which a "
            "count of words forgets.",
            representation=together(
                f"For each of the {self.width} positions, which word of 1 to {largest} letters starts "
                "there (columns of 0 and 1).",
                self.beside.words,
            ),
            architecture=models.penalty_words(self.dataset, 0.03, 100),
            members=(Member("places", (call, *self.beside.calls(scaled=True)), self.linear(0.03, 100.0)),),
            weight=2.0,
        )

    def trees(self) -> Recipe:
        calls = [self.kmers(4)]
        told = self.words_told(4)
        if _aligned(self.column):
            calls.append(
                Call("positions", "positional", {"column": self.column.name, "width": self.width, "sizes": [1]})
            )
            told += f" Beside them the letter at each of the {self.width} positions."
        return Recipe(
            key="kmers-boosting",
            idea="k-mers 1-4 and letters by position, gradient boosting"
            if len(calls) > 1
            else "k-mers 1-4, gradient boosting",
            why="Trees join words that act together, such as a site and the composition around it.",
            representation=together(told, self.beside.words),
            architecture="Gradient boosting: 300 rounds of small trees, each split on a tenth of the columns.",
            members=(
                Member(
                    "trees",
                    (*calls, *self.beside.calls(scaled=False)),
                    models.boosting(self.dataset, self.metric, rounds=300, column_sample=0.1),
                ),
            ),
            weight=6.0,
        )

    def network(self) -> Recipe | None:
        bins = max(4, min(32, self.width // 8)) if _aligned(self.column) else 4
        model = models.network(self.dataset, self.metric, "sequence_cnn", cost=self.width, width=self.width, bins=bins)
        if model is None:
            return None
        letters = Call("letters", "letters", {"column": self.column.name, "width": self.width})
        return Recipe(
            key="sequence-cnn",
            idea="the sequence itself, convolutional network",
            why="A convolution learns motifs with their tolerances, and keeps in which stretch of the "
            "sequence each stands.",
            representation=f"One letter code for each of {self.width} positions of {self.column.name}; "
            "shorter sequences are padded.",
            architecture="64 motif detectors of 11 letters, a second layer that joins neighbours, the "
            f"strongest answer in each of {bins} "
            "stretches, two dense layers. A tenth of the training rows chooses the epoch and calibrates "
            "the probabilities.",
            members=(Member("cnn", (letters,), model),),
            weight=25.0,
        )

    def gapped(self) -> Recipe | None:
        if self.dataset.n_rows * (self.column.length_median or 1) > _MANY_LETTERS:
            return None
        gapped = Call("gapped_kmers", "gapped_kmers", {"column": self.column.name, "half": 3, "gaps": [1, 2, 3, 4]})
        return Recipe(
            key="gapped-linear",
            idea=f"gapped k-mers, {models.linear_name(self.dataset)}",
            why="Many factors bind two short half-sites with a spacer that does not matter; a word with "
            "a hole finds them.",
            representation=together(
                self.words_told(5),
                "Pairs of words of 3 letters with 1 to 4 free letters between them.",
                self.beside.words,
            ),
            architecture=models.penalty_words(self.dataset, 3, 3),
            members=(
                Member("gapped", (self.kmers(5), gapped, *self.beside.calls(scaled=True)), self.linear(3.0, 3.0)),
            ),
            weight=4.0,
        )


NUCLEOTIDE = Nucleotide()
"""The family, ready to use."""
