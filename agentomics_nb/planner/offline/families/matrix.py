"""Wide matrices of one kind of measurement: expression, methylation, metabolites, counts of taxa or cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentomics_nb.planner.offline.families import estimators, table_insights, table_probes
from agentomics_nb.planner.offline.families.variation import vary
from agentomics_nb.planner.offline.recipe import Call, Findings, Literal, Member, Probe, Recipe

if TYPE_CHECKING:
    from agentomics_nb.dataset import Dataset

_NUMBERS = ("numeric", "count")
_WIDE = 60
"""Columns of numbers from which a table is a matrix: more than a person chose by hand."""
_MOSTLY = 0.9
_TREES_WIN = 0.02
"""Lead of trees over a linear model in the probe, above its spread over folds on a few hundred rows."""
_PROFILE = 1_000
"""Features that a distance between profiles can bear; of 2,000 most variable genes out of 20,000, it saw noise only."""
_SPARSE = 0.2
"""Share of significant features below which a panel of the strongest beats a model that weighs them all."""
_LOW_COUNT = 20
"""Whole numbers up to here may be grades or scores; read counts go far beyond."""
_TAXON = ("k__", "p__", "c__", "o__", "f__", "g__", "s__", "otu", "asv")


@dataclass(frozen=True)
class Scale:
    """How one kind of measurement becomes comparable between samples."""

    function: str
    name: str
    words: str


SCALES = {
    "counts": Scale("count_matrix", "log counts", "as log counts per 10,000 of each sample"),
    "composition": Scale("composition", "log-ratios", "as log-ratios to their sample's geometric mean"),
    "beta values": Scale("methylation", "M-values", "as M-values, log2 of methylated over unmethylated"),
    "intensities": Scale("intensities", "log intensities", "as logarithms, the undetected at half of the minimum"),
    "log scale": Scale("log_expression", "features", "on the even scale that they come in"),
}
"""By the name that the probe ``scale_of_measurement`` gives."""
_OTHER = {"counts": "composition", "composition": "counts"}


class Matrix:
    """Many numeric columns of one kind."""

    name = "a matrix of measurements"

    def fits(self, dataset: Dataset) -> bool:
        """Return whether at least 60 columns are numbers and they make up nearly all that can be used."""
        numbers = len(dataset.columns_of(*_NUMBERS))
        usable = sum(c.kind not in ("identifier", "constant", "target_copy", "datetime") for c in dataset.columns)
        return numbers >= _WIDE and numbers >= _MOSTLY * usable

    def explore(self, dataset: Dataset, *, groups: str | None) -> tuple[Probe, ...]:
        """Return the cells of the exploration; `groups` is the column of a group contract."""
        classes = estimators.is_classification(dataset)
        picked = _picked(dataset, groups)
        names = [c.name for c in dataset.columns_of("categorical") if c.name != groups]
        probes = [
            *table_probes.gaps_probe(dataset),
            table_probes.scale_probe(picked),
            table_probes.map_probe({**picked, "classes": classes}),
            table_probes.effects_probe({**picked, "classes": classes}),
            table_probes.redundancy_probe(picked),
        ]
        if names:
            probes.append(table_probes.categories_probe({"columns": list(names), "classes": classes}))
        probes.append(
            table_probes.linear_probe({"numbers": None, **_left_out(picked), "groups": groups, "classes": classes})
        )
        return tuple(probes)

    def insights(self, dataset: Dataset, findings: Findings) -> tuple[str, ...]:
        """Return what the findings mean, in sentences that a biologist accepts."""
        features = len(dataset.columns_of(*_NUMBERS))
        wide = (
            (
                f"{features:,} features for {dataset.n_rows:,} samples: without a strong penalty any labels could be "
                "fitted.",
            )
            if features > dataset.n_rows
            else ()
        )
        return wide + table_insights.insights(dataset, findings, scale=measurement(dataset, findings))

    def ladder(self, dataset: Dataset, findings: Findings, *, metric: str) -> tuple[Recipe, ...]:
        """Return the recipes worth trying: a strongly shrunken linear model first."""
        matrix = _Setting(dataset, findings, metric)
        baseline, tuned, panel = matrix.baseline(), matrix.tuned(), matrix.panel()
        machine, trees, axes, forest = (
            matrix.machine(),
            matrix.boosting(),
            matrix.components(),
            matrix.forest(),
        )
        other = matrix.other_scale()
        order: tuple[Recipe | None, ...]
        if _number(findings, "trees_gain") > _TREES_WIN:
            order = (baseline, trees, panel, forest, tuned, machine, other, axes)
        elif 0 < _number(findings, "significant_features") < _SPARSE * _number(findings, "tested_features"):
            order = (baseline, panel, trees, tuned, other, machine, forest, axes)
        else:
            order = (baseline, tuned, machine, other, panel, trees, axes, forest)
        return tuple(recipe for recipe in order if recipe is not None)

    def refine(self, recipe: Recipe, diagnosis: str, dataset: Dataset) -> Recipe | None:
        """Return a variation that answers a diagnosis, or None."""
        return vary(recipe, diagnosis)


def measurement(dataset: Dataset, findings: Findings) -> str:
    """Return which kind of measurement this is: a key of ``SCALES``.

    The probe's finding decides; without one, the ranges of the columns do.
    """
    found = findings.get("measurement")
    if found in SCALES:
        scale = str(found)
    elif found == "mixed":
        scale = "log scale"
    else:
        columns = dataset.columns_of(*_NUMBERS)
        lowest = min((c.minimum for c in columns if c.minimum is not None), default=0.0)
        highest = max((c.maximum for c in columns if c.maximum is not None), default=0.0)
        if lowest < 0:
            scale = "log scale"
        elif highest > _LOW_COUNT and all(c.kind == "count" or c.integer for c in columns):
            scale = "counts"
        else:
            scale = "beta values" if highest <= 1 else "intensities" if highest > 100 else "log scale"
    if scale == "counts" and any(c.name.lower().startswith(_TAXON) for c in dataset.columns):
        return "composition"
    return scale


class _Setting:
    """The recipes for one matrix: its scale and its size enter all of them."""

    def __init__(self, dataset: Dataset, findings: Findings, metric: str) -> None:
        group = findings.get("group_column")
        self.dataset, self.metric = dataset, metric
        self.scale = measurement(dataset, findings)
        self.picked = _picked(dataset, group if isinstance(group, str) else None)
        self.width = len(dataset.columns_of(*_NUMBERS))
        self.classes = estimators.is_classification(dataset)
        categories = [c.name for c in dataset.columns_of("categorical") if c.name != group]
        self.beside = (Call("table", "categorical", {"columns": list(categories)}),) if categories else ()
        self.linear_name = "logistic regression" if self.classes else "ridge regression"

    def features(self, *, scale: str | None = None, **selection: Literal) -> tuple[Call, ...]:
        function = SCALES[scale or self.scale].function
        return (Call("matrix", function, {**self.picked, **selection}), *self.beside)

    def words(self, selection: str, *, scale: str | None = None) -> str:
        return f"{self.width:,} features {SCALES[scale or self.scale].words}; {selection}."

    def most_variable(self, most: int) -> str:
        return f"the {most:,} most variable ones, standardised" if most < self.width else "standardised"

    def profile(self) -> tuple[str, tuple[Call, ...]]:
        """Return words and features for models that compare whole profiles, where noise drowns the signal."""
        if self.width <= _PROFILE:
            return self.most_variable(self.width), self.features(variable=_PROFILE)
        words = f"the {_PROFILE} strongest one by one, chosen on training samples only"
        return words, self.features(variable=20_000, strongest=_PROFILE, classes=self.classes)

    def baseline(self) -> Recipe:
        return Recipe(
            key="shrunken-linear",
            idea=f"all {SCALES[self.scale].name}, standardised, {self.linear_name}",
            why="With many correlated features, a linear model that is shrunken strongly spreads its weight over "
            "all of them; on wide matrices it is hard to beat.",
            representation=self.words(self.most_variable(5_000)),
            architecture=f"{self.linear_name.capitalize()} with a strong L2 penalty, fixed beforehand.",
            freedom=0,
            members=(
                Member(
                    "linear",
                    self.features(variable=5_000),
                    estimators.linear(self.dataset, self.metric, C=0.01, alpha=float(min(self.width, 5_000))),
                ),
            ),
        )

    def tuned(self) -> Recipe:
        return Recipe(
            key="tuned-linear",
            idea=f"all {SCALES[self.scale].name}, {self.linear_name} with a tuned penalty",
            why="How strongly to shrink depends on how many features carry signal, which nobody knows beforehand: "
            "held-out training samples tell.",
            representation=self.words(self.most_variable(5_000)),
            architecture=f"{self.linear_name.capitalize()}; {estimators.penalty(self.dataset)}.",
            members=(
                Member(
                    "tuned",
                    self.features(variable=5_000),
                    estimators.tuned_linear(self.dataset, self.metric, wide=True),
                ),
            ),
            weight=6.0,
        )

    def panel(self) -> Recipe:
        return Recipe(
            key="panel-linear",
            idea=f"a panel of the 50 strongest features, {self.linear_name}",
            why="If few features carry the signal, a short panel does as well as the whole matrix, and a laboratory "
            "could measure it.",
            representation=self.words(
                "the 50 that differ most between classes one by one, chosen on training samples only"
                if self.classes
                else "the 50 that follow the target most one by one, chosen on training samples only"
            ),
            architecture=f"{self.linear_name.capitalize()} with an L2 penalty.",
            freedom=0,
            members=(
                Member(
                    "panel",
                    self.features(variable=20_000, strongest=50, classes=self.classes),
                    estimators.linear(self.dataset, self.metric, C=0.1, alpha=50.0),
                ),
            ),
        )

    def machine(self) -> Recipe | None:
        model = estimators.svm(self.dataset, self.metric, C=3.0)
        if model is None:
            return None
        words, features = self.profile()
        return Recipe(
            key="svm",
            idea="whole profiles, support vector machine",
            why="Samples with like profiles should get the same answer; a Gaussian kernel compares whole profiles.",
            representation=self.words(words),
            architecture="Support vector machine with a Gaussian kernel"
            + (", probabilities calibrated on held-out folds." if self.classes else "."),
            freedom=2,
            members=(Member("svm", features, model),),
            weight=4.0,
        )

    def boosting(self) -> Recipe:
        return Recipe(
            key="boosting",
            idea="the strongest features, gradient-boosted trees",
            why="Trees find switches and interactions between features; they see only the strongest, since among "
            "thousands a tree finds good splits by chance.",
            representation=self.words("the 300 strongest one by one, chosen on training samples only"),
            architecture="Gradient boosting: 200 rounds of small trees, each split on a random share of the features.",
            freedom=3,
            members=(
                Member(
                    "boosting",
                    self.features(variable=5_000, strongest=300, classes=self.classes),
                    estimators.boosting(self.dataset, self.metric, features=min(self.width, 300)),
                ),
            ),
            weight=5.0,
        )

    def components(self) -> Recipe:
        return Recipe(
            key="components-linear",
            idea=f"30 principal components, {self.linear_name}",
            why="The main axes of variation are the least noisy summary of correlated features; if they suffice, "
            "the signal is a broad programme, not a few genes.",
            representation=self.words("the coordinates on the first 30 principal components"),
            architecture=f"{self.linear_name.capitalize()} with a weak penalty.",
            freedom=0,
            members=(
                Member(
                    "components",
                    self.features(variable=5_000, components=30),
                    estimators.linear(self.dataset, self.metric, C=1.0, alpha=1.0),
                ),
            ),
        )

    def forest(self) -> Recipe | None:
        model = estimators.extra_trees(self.dataset, self.metric)
        if model is None:
            return None
        words, features = self.profile()
        return Recipe(
            key="extra-trees",
            idea="whole profiles, extremely randomised trees",
            why="Random thresholds on random features need no scale and err in other ways than a linear model: "
            "good company in an average.",
            representation=self.words(words),
            architecture="Extra trees, each grown on all samples with random thresholds.",
            freedom=3,
            members=(Member("forest", features, model),),
            weight=5.0,
        )

    def other_scale(self) -> Recipe | None:
        scale = _OTHER.get(self.scale)
        if scale is None:
            return None
        return Recipe(
            key="other-scale",
            idea=f"the counts read as {'a composition' if scale == 'composition' else 'depth-corrected logarithms'}, "
            f"{self.linear_name}",
            why="When one feature blooms, the share of every other falls without a change in them; log-ratios and "
            "depth-corrected counts disagree there, and only a trial tells which reading fits.",
            representation=self.words(self.most_variable(5_000), scale=scale),
            architecture=f"{self.linear_name.capitalize()}; {estimators.penalty(self.dataset)}.",
            members=(
                Member(
                    "ratios",
                    self.features(scale=scale, variable=5_000),
                    estimators.tuned_linear(self.dataset, self.metric, wide=True),
                ),
            ),
            weight=6.0,
        )


def _picked(dataset: Dataset, group: str | None) -> dict[str, Literal]:
    """Name the columns to leave out where they are fewer than those to use: a script need not list 20,000 genes."""
    kept = [c.name for c in dataset.columns_of(*_NUMBERS) if c.name != group]
    chosen = set(kept)
    others = [c.name for c in dataset.columns if c.name not in chosen]
    return {"columns": list(kept)} if len(others) > len(kept) else {"leave_out": list(others)}


def _left_out(picked: dict[str, Literal]) -> dict[str, Literal]:
    return {"numbers": picked["columns"]} if "columns" in picked else picked


def _number(findings: Findings, name: str) -> float:
    value = findings.get(name)
    return float(value) if isinstance(value, (int, float)) else 0.0


MATRIX = Matrix()
"""The family, ready to use."""
