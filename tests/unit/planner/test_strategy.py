"""Which recipe comes next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agentomics_nb.dataset import inspect
from agentomics_nb.planner.offline.families.table import TABLE
from agentomics_nb.planner.offline.strategy import Strategy, Tried
from tests.conftest import write_small_table

if TYPE_CHECKING:
    from pathlib import Path


def strategy(directory: Path, **options: Any) -> Strategy:
    dataset = inspect(write_small_table(directory))
    return Strategy(TABLE, dataset, {}, metric="auroc", **{"iterations": 5, **options})


def follow(chosen: Strategy, values: list[float | None], seconds: float = 2.0) -> list[Tried]:
    """Try what the strategy says, with these outcomes."""
    tried: list[Tried] = []
    for number, value in enumerate(values):
        choice = chosen.next(tried)
        assert choice is not None
        tried.append(Tried(number, choice.recipe.key, value, None, (), seconds))
    return tried


def test_the_first_ideas_differ_and_the_last_is_the_mean_of_the_best(tmp_path: Path) -> None:
    tried = follow(strategy(tmp_path), [0.9, 0.9, 0.9, 0.9, 0.9])
    assert len({past.recipe for past in tried}) == 5
    assert tried[-1].recipe.startswith("blend:")


def test_a_recipe_that_failed_is_no_member_of_the_blend(tmp_path: Path) -> None:
    tried = follow(strategy(tmp_path), [0.9, None, 0.9, 0.9, 0.9])
    assert tried[1].recipe not in tried[-1].recipe


def test_a_clearly_worse_recipe_is_no_member_of_the_blend(tmp_path: Path) -> None:
    tried = follow(strategy(tmp_path), [0.5, 0.9, 0.9, 0.9, 0.9])
    assert tried[-1].recipe.startswith("blend:")
    assert tried[0].recipe not in tried[-1].recipe


def diagnosed(chosen: Strategy, outcomes: list[tuple[float, str]]) -> list[tuple[str, str]]:
    """Try what the strategy says, with these scores and diagnoses; return keys and how each followed."""
    tried: list[Tried] = []
    seen = []
    for number, (value, diagnosis) in enumerate(outcomes):
        choice = chosen.next(tried)
        assert choice is not None
        seen.append((choice.recipe.key, choice.answer))
        tried.append(Tried(number, choice.recipe.key, value, None, (diagnosis,), 2.0))
    return seen


def test_the_diagnosis_decides_which_idea_comes_next(tmp_path: Path) -> None:
    after = {
        code: diagnosed(strategy(tmp_path), [(0.7, code), (0.7, "sound")])[1]
        for code in ("overfitting", "underfitting", "sound", "converged")
    }
    assert after["underfitting"] == ("svm", "Iteration 0 underfits: this model has more freedom.")
    assert after["overfitting"][1].startswith("Iteration 0 overfits")
    assert "no fault to mend" in after["sound"][1]
    assert "does a model of another kind agree" in after["converged"][1]


def test_with_five_iterations_the_best_is_varied_as_its_diagnosis_asks(tmp_path: Path) -> None:
    seen = diagnosed(strategy(tmp_path), [(0.9, "sound"), (0.95, "overfitting"), (0.95, ""), (0.9, ""), (0.9, "")])
    assert seen[3] == (f"{seen[1][0]}-stiffer", "Iteration 1 overfits: the same model with less freedom.")
    assert seen[4][0].startswith("blend:")


def test_a_variation_in_vain_gives_way_to_another_idea(tmp_path: Path) -> None:
    outcomes = [(0.7, "sound"), (0.9, "overfitting"), (0.8, "sound"), (0.8, "overfitting"), (0.8, ""), (0.8, "")]
    seen = [key for key, _ in diagnosed(strategy(tmp_path, iterations=8), outcomes)]
    assert seen[3].endswith("-stiffer")
    assert seen[4] in {recipe.key for recipe in TABLE.ladder(inspect(tmp_path / "tumours.csv"), {}, metric="auroc")}


def test_a_fresh_strategy_knows_what_an_earlier_one_chose(tmp_path: Path) -> None:
    tried = follow(strategy(tmp_path), [0.9, 0.9, 0.9, 0.9, 0.9])
    again = strategy(tmp_path)
    assert [again.recipe(past.recipe, tried[: past.iteration]).key for past in tried] == [p.recipe for p in tried]


def test_what_does_not_fit_the_time_left_is_not_begun(tmp_path: Path) -> None:
    slow = follow(strategy(tmp_path), [0.9], seconds=100.0)
    assert strategy(tmp_path, seconds_left=10.0).next(slow) is None
    assert strategy(tmp_path, seconds_left=10_000.0).next(slow) is not None


def test_what_was_chosen_with_more_time_left_is_known_when_little_is_left(tmp_path: Path) -> None:
    chosen = strategy(tmp_path, iterations=9, seconds_left=10_000.0)
    tried: list[Tried] = []
    while (choice := chosen.next(tried)) is not None:
        tried.append(Tried(len(tried), choice.recipe.key, 0.9, None, ("overfitting", "imbalance"), 100.0))
    assert any(past.recipe.endswith(("-stiffer", "-balanced")) for past in tried)
    hurried = strategy(tmp_path, iterations=9, seconds_left=1.0)
    assert hurried.next(tried) is None
    for past in tried:
        again = strategy(tmp_path, iterations=9, seconds_left=1.0)
        assert again.recipe(past.recipe, tried[: past.iteration]).key == past.recipe
