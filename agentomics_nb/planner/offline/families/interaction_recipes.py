"""The recipes for interacting nucleotide sequences: pairing, products, letters by position, networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentomics_nb.planner.offline.families import estimators
from agentomics_nb.planner.offline.families import sequence_models as models
from agentomics_nb.planner.offline.families.covariates import Covariates, together, width_of
from agentomics_nb.planner.offline.families.table_insights import listed
from agentomics_nb.planner.offline.recipe import Call, Findings, Literal, Member, Recipe

if TYPE_CHECKING:
    from agentomics_nb.dataset import Column, Dataset

_GUIDE = 40
"""Letters up to which a sequence is a guide that slides along its target."""
_TARGET = 400
"""Letters up to which a target is searched cell by cell."""
_MANY_ROWS = 40_000
_NETWORK_CELL = 0.8
"""A cell of the pair matrix costs a network about as much as 0.8 letters of a single sequence."""


def strands(dataset: Dataset) -> tuple[Column, Column]:
    """Return the shortest and the longest nucleotide column, by median length; names decide nothing."""
    columns = dataset.columns_of("nucleotide")
    short = min(columns, key=lambda column: column.length_median or 0)
    others = [column for column in columns if column.name != short.name]
    return short, max(others, key=lambda column: column.length_median or 0)


def slides(short: Column, long: Column) -> bool:
    """Return whether the short strand is short enough to slide along the long one, cell by cell."""
    return (short.length_max or 0) <= _GUIDE and (long.length_max or 0) <= _TARGET


def one_length(dataset: Dataset) -> bool:
    """Return whether each strand has one length in all rows."""
    short, long = strands(dataset)
    return short.length_min == short.length_max and long.length_min == long.length_max


class Setting:
    """The recipes for one data set: which strand is the guide, and what stands beside them."""

    def __init__(self, dataset: Dataset, findings: Findings, metric: str) -> None:
        self.dataset, self.metric = dataset, metric
        self.columns = dataset.columns_of("nucleotide")
        self.names = [column.name for column in self.columns]
        self.short, self.long = strands(dataset)
        self.beside = Covariates.of(dataset, findings)

    def linear(self, c: float, alpha: float) -> Call:
        """Return the linear model with a penalty."""
        return estimators.linear(self.dataset, self.metric, C=c, alpha=alpha)

    def told(self, *sentences: str) -> str:
        """Join the sentences about the sequences with that about the columns beside them."""
        return together(*sentences, self.beside.words)

    def pairing(self, function: str) -> Call:
        """Return a call of `pairing` or `scaled_pairing`."""
        arguments: dict[str, Literal] = {
            "target": self.long.name,
            "guide": self.short.name,
            "target_width": width_of([self.long]),
            "guide_width": width_of([self.short]),
        }
        return Call(function, function, arguments)

    @property
    def pairing_words(self) -> str:
        """How the pairing features come about."""
        return (
            f"All pairs of a letter of {self.short.name} with a letter of {self.long.name}, read antiparallel "
            "(the shorter strand counts as the guide; sequences are DNA letters, so that G-T is the "
            "wobble pair). From them, for "
            "each guide position: the longest stem that starts there, with and without wobbles, and the "
            "best local alignment, "
            "in all and of the seed alone; bonds at the best seed site, A or T content on both sides of it."
        )

    def products(self) -> Recipe:
        """Products of words: evidence of an interaction without pairing rules."""
        size = 3 if self.dataset.n_rows <= _MANY_ROWS else 2
        call = Call("kmer_products", "kmer_products", {"first": self.long.name, "second": self.short.name, "k": size})
        return Recipe(
            key="products-linear",
            idea=f"products of {size}-mers, {models.linear_name(self.dataset)}",
            why="A word of one sequence times a word of the other is the simplest model of an "
            "interaction; it knows no pairing rules, "
            "so that what it finds is evidence.",
            representation=self.told(
                f"1 for each pair of {size}-mers, one in {self.long.name} and one in {self.short.name}."
            ),
            architecture=models.penalty_words(self.dataset, 3, 3),
            members=(Member("products", (call, *self.beside.calls(scaled=True)), self.linear(3.0, 3.0)),),
        )

    def pairing_trees(self) -> Recipe:
        """Pairing features, boosted trees."""
        return Recipe(
            key="pairing-boosting",
            idea="pair matrix of guide and target, gradient boosting",
            why="A short RNA finds its target by pairing, above all in its seed: show the model the "
            "pairing itself, not the letters.",
            representation=self.told(self.pairing_words),
            architecture="Gradient boosting: 300 rounds of small trees, each split on 30 % of the columns.",
            members=(
                Member(
                    "pairing",
                    (self.pairing("pairing"), *self.beside.calls(scaled=False)),
                    models.boosting(self.dataset, self.metric, rounds=300, column_sample=0.3),
                ),
            ),
            weight=4.0,
        )

    def pairing_linear(self) -> Recipe:
        """Pairing features, linear model."""
        return Recipe(
            key="pairing-linear",
            idea=f"pair matrix of guide and target, {models.linear_name(self.dataset)}",
            why="If stems and alignment scores add up, a linear model says so with weights per guide "
            "position that can be read.",
            representation=self.told(self.pairing_words, "Standardised."),
            architecture=models.penalty_words(self.dataset, 0.1, 100),
            members=(
                Member(
                    "stems",
                    (self.pairing("scaled_pairing"), *self.beside.calls(scaled=True)),
                    self.linear(0.1, 100.0),
                ),
            ),
            weight=2.0,
        )

    def pairing_machine(self) -> Recipe | None:
        """Pairing features, support vector machine; None where rows are too many."""
        model = estimators.svm(self.dataset, self.metric, C=1.0)
        if model is None:
            return None
        return Recipe(
            key="pairing-svm",
            idea="pair matrix of guide and target, support vector machine",
            why="Duplexes of like shape should have like effects; a Gaussian kernel compares them as wholes.",
            representation=self.told(self.pairing_words, "Standardised."),
            architecture="Support vector machine with a Gaussian kernel, C = 1.",
            members=(Member("duplexes", (self.pairing("scaled_pairing"), *self.beside.calls(scaled=True)), model),),
            weight=12.0,
        )

    def pair_network(self) -> Recipe | None:
        """Return a network over all alignments; None where rows are too few or too many."""
        target, guide = width_of([self.long]), width_of([self.short])
        model = models.network(
            self.dataset,
            self.metric,
            "pair_cnn",
            cost=_NETWORK_CELL * target * guide / 2,
            target_width=target,
            guide_width=guide,
        )
        if model is None:
            return None
        return Recipe(
            key="pair-cnn",
            idea="every alignment of guide and target, convolutional network",
            why="Bulges and wobbles have no formula here; a network learns from all 16 letter pairs "
            "which of them bind, "
            "and which duplex shapes matter.",
            representation=f"Letter codes of {self.long.name} and {self.short.name}; the network "
            "multiplies them to a matrix of letter pairs.",
            architecture="Each ungapped alignment is a row of an image; two convolutions, of 7 and 5 "
            "guide positions by 3 alignments, the best and the "
            "mean alignment for each guide position, two dense layers. A tenth of the training rows "
            "chooses the epoch, not before the "
            "sixth, and calibrates the probabilities.",
            members=(
                Member(
                    "cnn",
                    (
                        Call("letters", "letters", {"column": self.long.name, "width": target}),
                        Call("letters", "letters", {"column": self.short.name, "width": guide}),
                    ),
                    model,
                ),
            ),
            weight=60.0,
        )

    def guide(self, *, scaled: bool) -> tuple[Call, ...]:
        """Return the features of a guide that is complementary to its target."""
        aligned = [column for column in self.columns if column.length_min == column.length_max]
        places = [
            Call(
                "positions",
                "positional",
                {"column": column.name, "width": width_of([column], _TARGET), "sizes": [1]},
            )
            for column in (aligned or [self.short])
            if column.name == self.short.name or (column.length_max or 0) > (self.short.length_max or 0)
        ]
        words = [Call("kmers", "kmers", {"column": self.short.name, "sizes": [1, 2, 3]})]
        return (*places, *words, *self.beside.calls(scaled=scaled))

    @property
    def guide_words(self) -> str:
        """Which features `guide` returns."""
        columns = [str(c.arguments["column"]) for c in self.guide(scaled=True) if c.function == "positional"]
        return f"The letter at each position of {listed(columns)}, words of 1 to 3 letters of {self.short.name}."

    def guide_linear(self) -> Recipe:
        """Letters of the guide, linear model."""
        return Recipe(
            key="guide-linear",
            idea=f"letters by position, words and measurements, {models.linear_name(self.dataset)}",
            why="The guide matches its target fully, so that pairing is constant; which letters stand "
            "at its ends decides which strand "
            "is loaded. A linear model is the yardstick.",
            representation=self.told(self.guide_words),
            architecture=models.penalty_words(self.dataset, 0.1, 100),
            members=(Member("linear", self.guide(scaled=True), self.linear(0.1, 100.0)),),
        )

    def guide_trees(self) -> Recipe:
        """Letters of the guide, boosted trees."""
        return Recipe(
            key="guide-boosting",
            idea="letters by position, words and measurements, gradient boosting",
            why="Stability of the ends and accessibility act beyond thresholds and together: trees see both.",
            representation=self.told(self.guide_words),
            architecture="Gradient boosting: 300 rounds of small trees, each split on 20 % of the columns.",
            members=(
                Member(
                    "trees",
                    self.guide(scaled=False),
                    models.boosting(self.dataset, self.metric, rounds=300, column_sample=0.2, leaves=8),
                ),
            ),
            weight=4.0,
        )

    def guide_machine(self) -> Recipe | None:
        """Letters of the guide, support vector machine; None where rows are too many."""
        model = estimators.svm(self.dataset, self.metric, C=1.0)
        if model is None:
            return None
        return Recipe(
            key="guide-svm",
            idea="letters by position, words and measurements, support vector machine",
            why="Guides that are alike as wholes should act alike: a kernel errs in other ways than trees.",
            representation=self.told(self.guide_words, "Numbers are standardised."),
            architecture="Support vector machine with a Gaussian kernel, C = 1.",
            members=(Member("machine", self.guide(scaled=True), model),),
            weight=4.0,
        )

    def words(self, largest: int) -> tuple[Call, ...]:
        """Return the words of each sequence, up to a size."""
        return tuple(
            Call("kmers", "kmers", {"column": name, "sizes": list(range(1, largest + 1))}) for name in self.names
        )

    def words_linear(self) -> Recipe:
        """Words of each sequence, linear model: no interaction."""
        return Recipe(
            key="words-linear",
            idea=f"k-mers 1-4 of each sequence, {models.linear_name(self.dataset)}",
            why="Each sequence alone, wherever its words stand: what is left when the interaction is taken away.",
            representation=self.told(f"Words of 1 to 4 letters of {listed(self.names)}."),
            architecture=models.penalty_words(self.dataset, 1, 10),
            members=(Member("words", (*self.words(4), *self.beside.calls(scaled=True)), self.linear(1.0, 10.0)),),
            weight=2.0,
        )

    def words_trees(self) -> Recipe:
        """Words of each sequence, boosted trees."""
        return Recipe(
            key="words-boosting",
            idea="k-mers 1-3 of each sequence, gradient boosting",
            why="Trees join a word of one sequence with a word of the other; both are too long to slide "
            "along each other.",
            representation=self.told(f"Words of 1 to 3 letters of {listed(self.names)}."),
            architecture="Gradient boosting: 300 rounds of small trees, each split on a tenth of the columns.",
            members=(
                Member(
                    "trees",
                    (*self.words(3), *self.beside.calls(scaled=False)),
                    models.boosting(self.dataset, self.metric, rounds=300, column_sample=0.1),
                ),
            ),
            weight=5.0,
        )

    def long_network(self) -> Recipe | None:
        """Return a network over all sequences end to end; None where rows are too few or too many."""
        widths = [width_of([column], _TARGET) for column in self.columns]
        total = sum(widths)
        model = models.network(
            self.dataset,
            self.metric,
            "sequence_cnn",
            cost=total,
            width=total,
            bins=max(8, min(32, total // 8)),
        )
        if model is None:
            return None
        calls = tuple(
            Call("letters", "letters", {"column": column.name, "width": width})
            for column, width in zip(self.columns, widths, strict=True)
        )
        return Recipe(
            key="sequence-cnn",
            idea="the sequences end to end, convolutional network",
            why="Motifs with their tolerances, and where they stand in each of the sequences.",
            representation=f"Letter codes of {listed(self.names)}, one after the other.",
            architecture="64 motif detectors of 11 letters, a second layer that joins neighbours, the "
            "strongest answer in each stretch, "
            "two dense layers. A tenth of the training rows chooses the epoch.",
            members=(Member("cnn", calls, model),),
            weight=25.0,
        )
