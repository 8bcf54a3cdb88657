"""Tables of mixed columns: numbers, categories, words, molecules, and sequences beside them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentomics_nb.planner.offline.families import estimators, table_insights, table_probes
from agentomics_nb.planner.offline.families.variation import vary
from agentomics_nb.planner.offline.recipe import Call, Findings, Literal, Member, Probe, Recipe

if TYPE_CHECKING:
    from agentomics_nb.dataset import Dataset

_NUMBERS = ("numeric", "count")
_SEQUENCES = ("nucleotide", "protein")
_SMALL = 1_000
"""Below it the standardised linear model ties with everything (facts of five small tables)."""
_MANY_ROWS = 50_000


@dataclass(frozen=True)
class Columns:
    """The feature columns by what can be made of them."""

    numbers: tuple[str, ...]
    categories: tuple[str, ...]
    texts: tuple[str, ...]
    molecules: tuple[str, ...]
    sequences: tuple[str, ...]

    @classmethod
    def of(cls, dataset: Dataset, findings: Findings | None = None) -> Columns:
        """Sort the columns; identifiers, constants, copies of the target and the group column are left out.

        Where nothing else is there, identifiers are read as runs of letters, so that any data set gets a model.
        """
        group = (findings or {}).get("group_column")

        def named(*kinds: str) -> tuple[str, ...]:
            return tuple(c.name for c in dataset.columns if c.kind in kinds and c.name != group)

        columns = cls(
            numbers=named(*_NUMBERS),
            categories=named("categorical"),
            texts=named("text"),
            molecules=named("smiles"),
            sequences=named(*_SEQUENCES),
        )
        if any((columns.numbers, columns.categories, columns.texts, columns.molecules, columns.sequences)):
            return columns
        rest = named("identifier", "constant", "datetime") or tuple(c.name for c in dataset.columns)
        return cls((), (), (), (), rest[:3])

    @property
    def written(self) -> tuple[str, ...]:
        """All columns that become counts of runs."""
        return self.texts + self.molecules + self.sequences

    @property
    def token_kind(self) -> str:
        """What the first written column is made of."""
        return "words" if self.texts else "atoms" if self.molecules else "letters"

    def named(self, numbers: str) -> str:
        """Return what the model sees, for the idea in one line; `numbers` says how numbers are shown."""
        parts = [
            f"{numbers} numbers" if self.numbers else "",
            "categories" if self.categories else "",
            "words of a text" if self.texts else "",
            "fragments of molecules" if self.molecules else "",
            "runs of letters" if self.sequences else "",
        ]
        told = [part for part in parts if part]
        return " and ".join(filter(None, [", ".join(told[:-1]), told[-1]]))

    def encoded(self, numbers: str, *, rows: int, features: int = 20_000, **arguments: Literal) -> tuple[Call, ...]:
        """Return the feature calls; `numbers` names the function for numbers, `features` bounds those of a text."""
        features = min(features, 5_000) if rows > _MANY_ROWS else features
        calls = []
        if self.numbers:
            calls.append(Call("table", numbers, {"columns": list(self.numbers), **arguments}))
        if self.categories:
            calls.append(Call("table", "categorical", {"columns": list(self.categories)}))
        for function, names in (
            ("words", self.texts),
            ("atom_runs", self.molecules),
            ("letter_runs", self.sequences),
        ):
            calls += [Call("text", function, {"column": name, "features": features}) for name in names]
        return tuple(calls)


class Table:
    """Any labelled table: the family that accepts what no other does."""

    name = "a table of mixed columns"

    def fits(self, dataset: Dataset) -> bool:
        """Return True: the fallback of all families."""
        return True

    def explore(self, dataset: Dataset, *, groups: str | None) -> tuple[Probe, ...]:
        """Return the cells of the exploration; `groups` is the column of a group contract."""
        columns = Columns.of(dataset, {"group_column": groups})
        classes = estimators.is_classification(dataset)
        probes = [*table_probes.gaps_probe(dataset)]
        if columns.numbers:
            numbers: dict[str, Literal] = {"columns": [*columns.numbers], "classes": classes}
            probes.append(table_probes.distributions_probe(columns.numbers, classes=classes))
            probes.append(table_probes.effects_probe(numbers))
            if len(columns.numbers) > 2:
                probes.append(table_probes.map_probe(numbers))
                probes.append(table_probes.redundancy_probe({"columns": [*columns.numbers]}))
        if columns.categories:
            probes.append(table_probes.categories_probe({"columns": [*columns.categories], "classes": classes}))
        if columns.written:
            probes.append(table_probes.tokens_probe(columns.written[0], columns.token_kind, classes=classes))
        if columns.numbers or columns.categories:
            probes.append(
                table_probes.linear_probe(
                    {
                        "numbers": list(columns.numbers),
                        "categories": list(columns.categories),
                        "groups": groups,
                        "classes": classes,
                    }
                )
            )
        return tuple(probes)

    def insights(self, dataset: Dataset, findings: Findings) -> tuple[str, ...]:
        """Return what the findings mean, in sentences that a biologist accepts."""
        return table_insights.insights(dataset, findings)

    def ladder(self, dataset: Dataset, findings: Findings, *, metric: str) -> tuple[Recipe, ...]:
        """Return the recipes worth trying: standardised linear first, then the most promising."""
        columns = Columns.of(dataset, findings)
        baseline = _linear(dataset, columns, metric)
        curved = [_curves(dataset, columns, metric)] if columns.numbers else [_tuned(dataset, columns, metric)]
        smooth = [_machine(dataset, columns, metric)]
        trees = [_boosting(dataset, columns, metric)]
        late = [_forest(dataset, columns, metric), _patient(dataset, columns, metric)]
        gain = findings.get("trees_gain")
        trees_first = gain > 0.01 if isinstance(gain, (int, float)) else dataset.n_rows >= _SMALL
        rest = [*trees, *smooth, *curved, *late] if trees_first else [*smooth, *curved, *trees, *late]
        return tuple(recipe for recipe in (baseline, *rest) if recipe is not None)

    def refine(self, recipe: Recipe, diagnosis: str, dataset: Dataset) -> Recipe | None:
        """Return a variation that answers a diagnosis, or None."""
        return vary(recipe, diagnosis)


_FILLED = "missing values become the median, and a column says so"


def _contents(dataset: Dataset, columns: Columns, numbers: str, gaps: str) -> str:
    """Say how the columns are encoded: the `numbers`, and their `gaps` where there are any."""
    has_gaps = any(column.missing for column in dataset.columns if column.name in columns.numbers)
    told = f"{numbers}; {gaps}" if has_gaps else numbers
    parts = [f"{table_insights.listed(columns.numbers)}: {told}."] if columns.numbers else []
    if columns.categories:
        parts.append(
            f"{table_insights.listed(columns.categories)}: one column of 0 and 1 per category, rare ones pooled."
        )
    if columns.texts:
        parts.append(f"{table_insights.listed(columns.texts)}: words and pairs of words, weighted by tf-idf.")
    if columns.molecules:
        parts.append(f"{table_insights.listed(columns.molecules)}: runs of one to four SMILES tokens (tf-idf).")
    if columns.sequences:
        parts.append(f"{table_insights.listed(columns.sequences)}: runs of one to four letters (tf-idf).")
    return " ".join(parts)


def _width(columns: Columns, text_features: int) -> int:
    return len(columns.numbers) + 5 * len(columns.categories) + text_features * len(columns.written)


def _linear(dataset: Dataset, columns: Columns, metric: str) -> Recipe:
    model = "logistic regression" if estimators.is_classification(dataset) else "ridge regression"
    return Recipe(
        key="standardised-linear",
        idea=f"{columns.named('standardised')}, {model}",
        why="A linear model is the yardstick: on small tables little beats it, and its coefficients can be read.",
        representation=_contents(dataset, columns, "centred and divided by the standard deviation", _FILLED),
        architecture=f"{model.capitalize()} with an L2 penalty.",
        members=(
            Member("linear", columns.encoded("numeric", rows=dataset.n_rows), estimators.linear(dataset, metric)),
        ),
    )


def _tuned(dataset: Dataset, columns: Columns, metric: str) -> Recipe:
    model = "logistic regression" if estimators.is_classification(dataset) else "ridge regression"
    return Recipe(
        key="tuned-linear",
        idea=f"{columns.named('standardised')}, {model} with a tuned penalty",
        why="Counts of categories or words are many and mostly noise; how strongly to shrink them is best asked of "
        "held-out training rows.",
        representation=_contents(dataset, columns, "standardised", _FILLED),
        architecture=f"{model.capitalize()}; {estimators.penalty(dataset)}.",
        freedom=0,
        members=(
            Member("tuned", columns.encoded("numeric", rows=dataset.n_rows), estimators.tuned_linear(dataset, metric)),
        ),
        weight=5.0,
    )


def _curves(dataset: Dataset, columns: Columns, metric: str) -> Recipe:
    return Recipe(
        key="curves-linear",
        idea=f"{columns.named('curves of')}, linear model with a tuned penalty",
        why="Many measurements act up to a threshold or best in a middle range; splines let a linear model bend "
        "without the interactions that small tables cannot support.",
        representation=_contents(
            dataset, columns, "ranked, then cubic splines with five knots", "missing values become the median"
        ),
        architecture=f"Linear model over the curves; {estimators.penalty(dataset)}.",
        freedom=2,
        members=(
            Member(
                "curves",
                columns.encoded("numeric_curves", rows=dataset.n_rows),
                estimators.tuned_linear(dataset, metric),
            ),
        ),
        weight=5.0,
    )


def _machine(dataset: Dataset, columns: Columns, metric: str) -> Recipe | None:
    model = estimators.svm(dataset, metric, C=2.0)
    if model is None:
        return None
    return Recipe(
        key="svm",
        idea=f"{columns.named('ranked')}, support vector machine",
        why="Samples that resemble each other in all columns should get the same answer; a Gaussian kernel compares "
        "whole rows, smoothly.",
        representation=_contents(
            dataset, columns, "ranked on a normal scale, so that outliers lose their leverage", _FILLED
        ),
        architecture="Support vector machine with a Gaussian kernel"
        + (", probabilities calibrated on held-out folds." if estimators.is_classification(dataset) else "."),
        freedom=2,
        members=(Member("svm", columns.encoded("numeric_ranks", rows=dataset.n_rows), model),),
        weight=4.0,
    )


def _boosting(dataset: Dataset, columns: Columns, metric: str) -> Recipe:
    return Recipe(
        key="boosting",
        idea=f"{columns.named('unscaled')}, gradient-boosted trees",
        why="Trees find thresholds and interactions that a linear model cannot"
        + (", and take missing values as they are." if any(column.missing for column in dataset.columns) else "."),
        representation=_contents(dataset, columns, "as measured", "missing values stay missing"),
        architecture="Gradient boosting: 200 rounds of small trees, each split on a random share of the columns.",
        freedom=3,
        members=(
            Member(
                "boosting",
                columns.encoded("numeric_as_is", rows=dataset.n_rows, features=500),
                estimators.boosting(dataset, metric, features=_width(columns, 500)),
            ),
        ),
        weight=3.0,
    )


def _patient(dataset: Dataset, columns: Columns, metric: str) -> Recipe:
    return Recipe(
        key="patient-boosting",
        idea=f"{columns.named('unscaled')}, longer gradient boosting",
        why="Three times the rounds let later trees correct what earlier ones left; worth it once quick boosting "
        "has shown that thresholds matter.",
        representation=_contents(dataset, columns, "as measured", "missing values stay missing"),
        architecture="Gradient boosting: 600 rounds of small trees, each split on a random share of the columns.",
        freedom=3,
        members=(
            Member(
                "patient",
                columns.encoded("numeric_as_is", rows=dataset.n_rows, features=1_000),
                estimators.boosting(dataset, metric, features=_width(columns, 1_000), patient=True),
            ),
        ),
        weight=9.0,
        refines="boosting",
    )


def _forest(dataset: Dataset, columns: Columns, metric: str) -> Recipe | None:
    model = estimators.extra_trees(dataset, metric)
    if model is None:
        return None
    return Recipe(
        key="extra-trees",
        idea=f"{columns.named('standardised')}, extremely randomised trees",
        why="Hundreds of deep trees on random thresholds err in other ways than boosting does; a second opinion, "
        "and good company in an average.",
        representation=_contents(dataset, columns, "standardised", _FILLED),
        architecture="Extra trees, each grown on all rows with random thresholds.",
        freedom=3,
        members=(Member("forest", columns.encoded("numeric", rows=dataset.n_rows, features=1_000), model),),
        weight=4.0,
    )


TABLE = Table()
"""The family, ready to use."""
