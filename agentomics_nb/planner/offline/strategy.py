"""Which recipe comes next: a pure function of the data, the findings and what was tried."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentomics_nb.planner.offline.recipe import Member, Recipe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agentomics_nb.dataset import Dataset
    from agentomics_nb.evaluation import Interval
    from agentomics_nb.planner.offline.recipe import Family, Findings

MOST_VOICES = 3
BLEND_FROM = 3
"""A blend needs this many recipes tried before it, or there is too little to choose its voices from."""


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
    """The next recipe, why it comes now, and the iteration it varies."""

    recipe: Recipe
    reason: str
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
        """Return what to try after `tried`; None when nothing is left that could help."""
        if not tried:
            return Choice(self._ladder[0], self._ladder[0].why, None)
        for past in tried:
            self._recall(past, tried)
        left = self._iterations - len(tried)
        blend = self._blend(tried)
        if left <= 1 and blend is not None:
            return blend
        varied = self._variation(tried)
        if varied is not None and left > 2:
            return varied
        for recipe in self._ladder:
            if recipe.key not in {past.recipe for past in tried} and self._fits(recipe, tried):
                return Choice(recipe, recipe.why, None)
        return varied or blend

    def _variation(self, tried: Sequence[Tried]) -> Choice | None:
        """Vary the best recipe, where its diagnosis names a remedy and the other ideas have had a first try."""
        best = _best(tried)
        if best is None or (len(tried) < BLEND_FROM and len(self._ladder) > len(tried)):
            return None
        recipe = self._recipes[best.recipe]
        for diagnosis in best.diagnoses:
            varied = self._family.refine(recipe, diagnosis, self._dataset) if len(recipe.members) == 1 else None
            if varied is None or varied.key in {past.recipe for past in tried}:
                continue
            if self._fits(varied, tried):
                self._recipes[varied.key] = varied
                return Choice(varied, varied.why, best.iteration)
        return None

    def _blend(self, tried: Sequence[Tried]) -> Choice | None:
        """Average the best recipes of different kinds, as far as they are not clearly worse than the best."""
        ranked = sorted(
            (past for past in tried if past.value is not None and len(self._recipes[past.recipe].members) == 1),
            key=lambda past: -(past.value or 0.0),
        )
        if len(tried) < BLEND_FROM or len(ranked) < 2:
            return None
        best = ranked[0]
        voices: list[tuple[Tried, Member]] = []
        for past in ranked:
            member = self._recipes[past.recipe].members[0]
            if _competes(past, best) and not any(_alike(member, voice) for _, voice in voices):
                voices.append((past, member))
        voices = voices[:MOST_VOICES]
        key = "blend:" + "+".join(past.recipe for past, _ in voices)
        if len(voices) < 2 or key in {past.recipe for past in tried}:
            return None
        recipe = _blend_recipe(key, [(past, self._recipes[past.recipe], member) for past, member in voices])
        self._recipes[key] = recipe
        if not self._fits(recipe, tried):
            return None
        numbers = _listed([past.iteration for past, _ in voices])
        return Choice(
            recipe,
            f"Iterations {numbers} come close to each other with different views of the data; where their "
            "errors differ, the average is right more often than each alone.",
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
        """Make the recipe of an earlier iteration known again, after a resume or in a later step."""
        if past.recipe in self._recipes:
            return
        before = [other for other in tried if other.iteration < past.iteration]
        for other in before:
            self._recall(other, before)
        for choice in (self._variation(before), self._blend(before)):
            if choice is not None and choice.recipe.key == past.recipe:
                return
        raise KeyError(past.recipe)

    def recipe(self, key: str, tried: Sequence[Tried]) -> Recipe:
        """Return the recipe with this key, among the ladder and what came of `tried`."""
        if key not in self._recipes:
            for past in tried:
                self._recall(past, tried)
            self.next(tried)
        return self._recipes[key]


def _best(tried: Sequence[Tried]) -> Tried | None:
    scored = [past for past in tried if past.value is not None]
    return max(scored, key=lambda past: (past.value or 0.0, -past.iteration), default=None)


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


def _blend_recipe(key: str, voices: Sequence[tuple[Tried, Recipe, Member]]) -> Recipe:
    def voiced(texts: Sequence[str]) -> str:
        return " ".join(f"Voice {place}: {text}" for place, text in enumerate(texts, 1))

    return Recipe(
        key=key,
        idea=f"mean of iterations {_listed([past.iteration for past, _, _ in voices])}",
        why="Models that err on different rows are better together.",
        representation=voiced([recipe.representation for _, recipe, _ in voices]),
        architecture=voiced([recipe.architecture for _, recipe, _ in voices])
        + " Their predictions are averaged with equal weight.",
        members=_named_apart([member for _, _, member in voices]),
        weight=sum(recipe.weight for _, recipe, _ in voices),
    )


def _listed(numbers: Sequence[int]) -> str:
    ordered = [str(number) for number in sorted(numbers)]
    return f"{', '.join(ordered[:-1])} and {ordered[-1]}"


def _named_apart(members: Sequence[Member]) -> tuple[Member, ...]:
    from dataclasses import replace

    names: list[str] = []
    for member in members:
        same = sum(name.rstrip("0123456789_") == member.name for name in names)
        names.append(f"{member.name}_{same + 1}" if same else member.name)
    return tuple(replace(member, name=name) for member, name in zip(members, names, strict=True))
