"""Which recipe comes next: a pure function of the data, the findings and what was tried."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentomics_nb.planner.offline.recipe import Member, Recipe

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from agentomics_nb.dataset import Dataset
    from agentomics_nb.evaluation import Interval
    from agentomics_nb.planner.offline.recipe import Family, Findings

MOST_MEMBERS = 3
BLEND_FROM = 3
"""A blend needs this many recipes tried before it, or there is too little to choose its members from."""


@dataclass(frozen=True)
class Tried:
    """A recipe that was tried, and how it ended.

    Parameters
    ----------
    iteration : int
        Its number.
    recipe : str
        Key of the recipe.
    value : float or None
        Validation value of the run's metric, turned so that greater is better; None if the iteration failed.
    interval : Interval or None
        The interval around it.
    diagnoses : tuple of str
        What the reflection found.
    seconds : float or None
        How long the training step took.
    """

    iteration: int
    recipe: str
    value: float | None
    interval: Interval | None
    diagnoses: tuple[str, ...]
    seconds: float | None = None


@dataclass(frozen=True)
class Choice:
    """The next recipe.

    Parameters
    ----------
    recipe : Recipe
        What to do.
    reason : str
        What speaks for it, whatever came before.
    answer : str
        How it follows from the iterations so far, in a sentence; empty where it does not.
    parent : int or None
        The iteration that it varies or builds on.
    """

    recipe: Recipe
    reason: str
    answer: str
    parent: int | None


class Strategy:
    """Chooses recipes for one run.

    Parameters
    ----------
    family : Family
        What is known about this kind of data.
    dataset : Dataset
        The data set.
    findings : dict
        What the exploration found.
    metric : str
        The run's metric.
    iterations : int
        How many iterations are allowed.
    seconds_left : float or None
        Under the time limit; without one no decision depends on a clock.
    """

    def __init__(
        self,
        family: Family,
        dataset: Dataset,
        findings: Findings,
        *,
        metric: str,
        iterations: int,
        seconds_left: float | None = None,
    ) -> None:
        self._family = family
        self._dataset = dataset
        self._iterations = iterations
        self._seconds_left = seconds_left
        self._ladder = family.ladder(dataset, findings, metric=metric)
        self._recipes = {recipe.key: recipe for recipe in self._ladder}

    @property
    def recipes(self) -> dict[str, Recipe]:
        """The recipes of the ladder by key, in its order."""
        return {recipe.key: recipe for recipe in self._ladder}

    def next(self, tried: Sequence[Tried]) -> Choice | None:
        """Return what to try after `tried`; None when nothing is left that could help.

        First ideas that differ, then the best one varied as its diagnosis asks, at the end the mean of the best.
        """
        if not tried:
            return Choice(self._ladder[0], self._ladder[0].why, "", None)
        for past in tried:
            self._recall(past, tried)
        left = self._iterations - len(tried)
        blend = self._blend(tried)
        if blend is not None and not self._fits(blend.recipe, tried):
            blend = None
        if left <= 1 and blend is not None:
            return blend
        varied = next((choice for choice in self._variations(tried) if self._fits(choice.recipe, tried)), None)
        if varied is not None and left > 1 and not self._varied_in_vain(tried):
            return varied
        return self._other_idea(tried) or varied or blend

    def _other_idea(self, tried: Sequence[Tried]) -> Choice | None:
        """Return the next recipe of the ladder; one that answers the best one's diagnosis comes first."""
        known = {past.recipe for past in tried}
        fresh = [recipe for recipe in self._ladder if recipe.key not in known and self._fits(recipe, tried)]
        if not fresh:
            return None
        best = _best(tried)
        if best is None:
            return Choice(fresh[0], fresh[0].why, "What came before failed.", None)
        freedom = self._recipes[best.recipe].freedom
        answers = {
            "overfitting": [recipe for recipe in fresh if recipe.freedom < freedom],
            "underfitting": [recipe for recipe in fresh if recipe.freedom > freedom],
        }
        recipe = next((answers[code][0] for code in best.diagnoses if answers.get(code)), fresh[0])
        said = (_answer(best.iteration, code, freer=recipe.freedom - freedom) for code in best.diagnoses)
        sound = f"Iteration {best.iteration} shows no fault to mend: does another kind of model do better?"
        return Choice(recipe, recipe.why, next(filter(None, said), sound), None)

    def _varied_in_vain(self, tried: Sequence[Tried]) -> bool:
        """Whether the last iteration varied the best one and did not better it: another idea is due."""
        ladder = {recipe.key for recipe in self._ladder}
        return tried[-1].recipe not in ladder and _best(tried) != tried[-1]

    def _variations(self, tried: Sequence[Tried]) -> Iterator[Choice]:
        """Vary the best recipe, where its diagnoses name remedies and the other ideas have had a first try."""
        best = _best(tried)
        if best is None or (len(tried) < BLEND_FROM and len(self._ladder) > len(tried)):
            return
        recipe = self._recipes[best.recipe]
        for diagnosis in best.diagnoses:
            varied = self._family.refine(recipe, diagnosis, self._dataset) if len(recipe.members) == 1 else None
            if varied is not None and varied.key not in {past.recipe for past in tried}:
                self._recipes[varied.key] = varied
                yield Choice(varied, varied.why, _answer(best.iteration, diagnosis, varied=True), best.iteration)

    def _blend(self, tried: Sequence[Tried]) -> Choice | None:
        """Average the best recipes of different kinds, as far as they are not clearly worse than the best."""
        ranked = sorted(
            (past for past in tried if past.value is not None and len(self._recipes[past.recipe].members) == 1),
            key=lambda past: -(past.value or 0.0),
        )
        if len(tried) < BLEND_FROM or len(ranked) < 2:
            return None
        best = ranked[0]
        members: list[tuple[Tried, Member]] = []
        for past in ranked:
            member = self._recipes[past.recipe].members[0]
            if _competes(past, best) and not any(_alike(member, other) for _, other in members):
                members.append((past, member))
        members = members[:MOST_MEMBERS]
        key = "blend:" + "+".join(past.recipe for past, _ in members)
        if len(members) < 2 or key in {past.recipe for past in tried}:
            return None
        parts = [(past, self._recipes[past.recipe], member) for past, member in members]
        averaged = "log-probabilities" if self._dataset.task == "classification" else "predictions"
        recipe = _blend_recipe(key, parts, averaged=averaged)
        self._recipes[key] = recipe
        numbers = _listed([past.iteration for past, _ in members])
        return Choice(
            recipe,
            recipe.why,
            f"Iterations {numbers} come close to each other with different models or features.",
            best.iteration,
        )

    def _fits(self, recipe: Recipe, tried: Sequence[Tried]) -> bool:
        """Whether training would likely be done in two thirds of the time left, judged by what training took before."""
        known = [(past.seconds, self._recipes[past.recipe]) for past in tried if past.seconds]
        if self._seconds_left is None or not known:
            return True
        took = {other.members[0].name: seconds for seconds, other in known if len(other.members) == 1}
        if all(member.name in took for member in recipe.members):
            expected = sum(took[member.name] for member in recipe.members)
        else:
            seconds, other = known[0]
            expected = recipe.weight * seconds / other.weight
        return bool(expected <= self._seconds_left * 2 / 3)

    def _recall(self, past: Tried, tried: Sequence[Tried]) -> None:
        """Make the recipe of an earlier iteration known again, however much time was left then."""
        if past.recipe in self._recipes:
            return
        before = [other for other in tried if other.iteration < past.iteration]
        for other in before:
            self._recall(other, before)
        self._derive(past.recipe, before)

    def _derive(self, key: str, tried: Sequence[Tried]) -> Recipe:
        """Make a recipe that came of `tried`."""
        for choice in (*self._variations(tried), self._blend(tried)):
            if choice is not None and choice.recipe.key == key:
                return choice.recipe
        raise KeyError(key)

    def recipe(self, key: str, tried: Sequence[Tried]) -> Recipe:
        """Return the recipe with this key, among the ladder and what came of `tried`."""
        if key not in self._recipes:
            for past in tried:
                self._recall(past, tried)
        return self._recipes.get(key) or self._derive(key, tried)


def _best(tried: Sequence[Tried]) -> Tried | None:
    scored = [past for past in tried if past.value is not None]
    return max(scored, key=lambda past: (past.value or 0.0, -past.iteration), default=None)


def _answer(iteration: int, diagnosis: str, *, freer: int = 0, varied: bool = False) -> str:
    """Return how the next idea follows from the best iteration's diagnosis; empty where it does not.

    Parameters
    ----------
    iteration : int
        The best one.
    diagnosis : str
        One of its codes.
    freer : int
        By how much the next model is freer than the best one's.
    varied : bool
        Whether it is the same model, varied in answer to the diagnosis.
    """
    same, other = {
        "worse_than_baseline": ("", "shows no signal: another view of the data may."),
        "imbalance": (
            "misses a rare class: now every class weighs the same.",
            "misses a rare class: another model may not.",
        ),
        "hard_class": ("", "misses one class more than the others: another view may tell it apart."),
        "overfitting": (
            "overfits: the same model with less freedom.",
            "overfits: this model has less freedom."
            if freer < 0
            else "overfits: other features, or another kind of model, may carry over better.",
        ),
        "underfitting": (
            "underfits: the same model with more freedom.",
            "underfits: this model has more freedom."
            if freer > 0
            else "underfits: other features may show what its own hide.",
        ),
        "instability": ("depends on chance: the same model, steadied.", "depends on chance: another model may not."),
        "converged": ("", "leaves next to nothing to gain: does a model of another kind agree?"),
    }.get(diagnosis, ("", ""))
    said = same if varied else other
    return f"Iteration {iteration} {said}" if said else ""


def _alike(one: Member, other: Member) -> bool:
    """Whether two members would err on the same rows: the same kind of model on the same features."""
    return one.features == other.features and one.model.snippet == other.model.snippet


def _competes(past: Tried, best: Tried) -> bool:
    """Whether a recipe is not clearly worse: at most three quarters of the best one's interval below it."""
    if past.value is None or best.value is None:
        return False
    interval = best.interval
    if interval is None or interval.low is None or interval.high is None:
        return past.value >= best.value
    return best.value - past.value <= 0.75 * (interval.high - interval.low)


def _blend_recipe(key: str, parts: Sequence[tuple[Tried, Recipe, Member]], *, averaged: str) -> Recipe:
    count = {2: "two", 3: "three"}[len(parts)]
    ordered = sorted(parts, key=lambda part: part[0].iteration)
    ideas = "; ".join(f"of iteration {past.iteration}, {recipe.idea}" for past, recipe, _ in ordered)
    return Recipe(
        key=key,
        idea=f"mean of iterations {_listed([past.iteration for past, _, _ in parts])}",
        why="Where models err on different rows, their average is right more often than each alone.",
        representation=f"Each of the {count} models sees the features that it saw before: {ideas}.",
        architecture=f"The {count} models, fitted anew to the same rows; the mean of their {averaged} decides.",
        members=_named_apart([member for _, _, member in ordered]),
        weight=sum(recipe.weight for _, recipe, _ in parts),
    )


def _listed(numbers: Sequence[int]) -> str:
    ordered = [str(number) for number in sorted(numbers)]
    return " and ".join(filter(None, [", ".join(ordered[:-1]), ordered[-1]]))


def _named_apart(members: Sequence[Member]) -> tuple[Member, ...]:
    from dataclasses import replace

    names: list[str] = []
    for member in members:
        same = sum(name.rstrip("0123456789_") == member.name for name in names)
        names.append(f"{member.name}_{same + 1}" if same else member.name)
    return tuple(replace(member, name=name) for member, name in zip(members, names, strict=True))
