"""A competent model: asks for a recipe, writes files, runs them, looks at what they say, and answers each step."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.functional.llm.exchange import Call, Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from tests.functional.llm.exchange import Request

SCRIPTS = Path(__file__).with_name("scripts")
_STRENGTHS = (0.1, 1.0, 10.0)
_TARGET = r"target '([^']+)'"
_DATA = r"Training data: ([^\s,]+)"
_WORKSPACE = r"(?m)^Workspace: (\S+)$"


class Stuck(AssertionError):
    """A competent model did all it knows of, and the step goes on: something is wrong with the planner."""


def competent(
    *, model: str = "centroids", also: Callable[[Request], Generator[Call, str, None]] | None = None
) -> Callable[[Request], Reply]:
    """Return the player. It keeps nothing in mind: the conversation that it is shown decides what comes next.

    Parameters
    ----------
    model : str
        Which scripts it writes: ``centroids`` (numbers only, and over in no time) or ``linear`` (any table).
    also : callable, optional
        More calls, made in each step before its own.
    """

    def play(request: Request) -> Reply:
        if request.step not in STEPS:
            raise Stuck(f"The prompt names no step of ours: {request.step!r}.")

        def moves() -> Generator[Call, str, None]:
            if also is not None:
                yield from also(request)
            yield from STEPS[request.step or ""](request, model)

        return Reply(f"I work on the step {request.step}.", calls=(next_call(request, moves()),))

    return play


def next_call(request: Request, moves: Generator[Call, str, None], meant: Mapping[str, Call] | None = None) -> Call:
    """Return the first of the moves that the conversation does not hold; tell them what the earlier ones gave.

    Parameters
    ----------
    request : Request
        With the conversation.
    moves : generator
        Yields calls, takes what they gave.
    meant : mapping, optional
        What calls that were written wrongly were to be, by their ids.
    """
    told = [((meant or {}).get(made.id, made), gave) for made, gave in request.exchanges]
    last = ""
    try:
        move = next(moves)
        while True:
            place = next((i for i, (made, _) in enumerate(told) if _same(made, move)), None)
            if place is None:
                return move
            last = told.pop(place)[1] or ""
            move = moves.send(last)
    except StopIteration:
        raise Stuck(f"{request.step}: all moves are made, and the step goes on. The last one gave: {last}") from None


def _same(made: Call, move: Call) -> bool:
    return made.name == move.name and _stripped(made.values) == _stripped(move.values)


def _stripped(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.strip() if isinstance(value, str) else value for name, value in values.items()}


def told(request: Request, words: str) -> str:
    """Return what the prompt says in a place that a pattern describes."""
    for message in request.messages:
        if message.role in ("system", "user") and (found := re.search(words, message.text)):
            return found[1]
    raise Stuck(f"The prompt does not say {words!r}.")


def script(request: Request, model: str, name: str) -> str:
    """Return a script of ours, made out for the data and the iteration at hand."""
    number = request.iteration or 0
    text = SCRIPTS.joinpath(model, name).read_text(encoding="utf-8")
    for place, words in (("@TARGET@", _TARGET), ("@DATA@", _DATA), ("@WORKSPACE@", _WORKSPACE)):
        if place in text:
            text = text.replace(place, told(request, words))
    strength = _STRENGTHS[number % len(_STRENGTHS)]
    return text.replace("STRENGTH = 1.0", f"STRENGTH = {strength}").replace("WORD = 2", f"WORD = {2 + number % 2}")


def finish(**answer: Any) -> Call:
    return Call("finish", answer)


def _plan(request: Request, model: str) -> Generator[Call, str, None]:
    listed = yield Call("recipe", {})
    if request.iteration:
        yield Call("search_history", {"query": "accuracy"})
    number = request.iteration or 0
    yield finish(
        idea=f"Logistic regression, strength {_STRENGTHS[number % len(_STRENGTHS)]}",
        reason="A simple baseline." if not number else "The reflection asked for another strength.",
        instructions={"architecture": "keep it linear", "training": "set the strength"},
        parent=number - 1 if number else None,
        recipe=recipe_names(listed)[0] if number == 1 else None,
    )


def recipe_names(listed: str) -> list[str]:
    """Return the names of the recipes that the tool lists."""
    names = re.findall(r"^[\s*\-`]*([a-z][\w-]*)`?\s*[:–—]", listed, re.MULTILINE)
    if not names:
        raise Stuck(f"No recipe in what the tool says:\n{listed}")
    return names


def _explore(request: Request, model: str) -> Generator[Call, str, None]:
    if not request.iteration:
        yield Call("bash", {"command": "pwd; ls -la; python -c 'import sklearn; print(sklearn.__version__)'"})
        source = (
            f"import pandas as pd\nrows = pd.read_csv({told(request, _DATA)!r})\nprint(rows.shape)\nrows.describe().T"
        )
        yield Call("python", {"source": source})
    yield finish(
        description="Rows with a label each.",
        features=["the columns differ in scale"],
        insights=["classes overlap"],
        findings={"columns": 6, "balanced": True, "note": "none"},
    )


def _split(request: Request, model: str) -> Generator[Call, str, None]:
    if "the recipe named split" in told(request, r"(?m)^- Split contract: (.*)$"):
        yield Call("recipe", {"name": "split", "write": True})
        yield Call("bash", {"command": "python split.py"})
        yield finish(strategy="related rows on one side, one fifth for validation", reason="Relatives are no news.")
        return
    yield Call("python", {"source": script(request, model, "split.py")})
    yield finish(strategy="random, stratified, one fifth for validation", reason="Rows are independent of each other.")


def _represent(request: Request, model: str) -> Generator[Call, str, None]:
    listed = yield Call("recipe", {})
    yield Call("recipe", {"name": recipe_names(listed)[0]})
    yield finish(encoding="numbers scaled, letters counted", reason="A linear model needs both.")


def _choose_architecture(request: Request, model: str) -> Generator[Call, str, None]:
    hyperparameters = {"C": _STRENGTHS[(request.iteration or 0) % len(_STRENGTHS)], "max_iter": 300}
    yield finish(model="logistic regression", hyperparameters=hyperparameters, reason="Few rows, smooth borders.")


def _recipe_scripts(said: str) -> dict[str, str]:
    """Return the scripts that the tool shows, by name."""
    parts = re.split(r"^# file: (\S+)\n", said, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def _by_recipe(request: Request, model: str) -> bool:
    """Whether this iteration follows a recipe, rather than scripts of its own."""
    return model == "linear" and (request.iteration or 0) % 2 == 1


def _train_by_recipe(request: Request) -> Generator[Call, str, None]:
    listed = yield Call("recipe", {})
    said = yield Call("recipe", {"name": recipe_names(listed)[0]})
    for name, text in _recipe_scripts(said.rpartition("\n\n")[0] + "\n").items():
        yield Call("write_file", {"path": name, "text": text})
    yield Call("bash", {"command": "python train.py --seed 0 --threads 1"})
    yield finish(summary="Fitted as the recipe says.")


def _train(request: Request, model: str) -> Generator[Call, str, None]:
    if _by_recipe(request, model):
        yield from _train_by_recipe(request)
        return
    text = script(request, model, "train.py")
    (strength,) = re.findall(r"^STRENGTH = .*$", text, re.MULTILINE)
    yield Call("write_file", {"path": "train.py", "text": text.replace(strength, "STRENGTH = 99.0")})
    yield Call("replace_in_file", {"path": "train.py", "old": "STRENGTH = 99.0", "new": strength})
    said = yield Call("bash", {"command": "python train.py"})
    if "cut off when the engine ended" in said:
        said = yield Call("bash", {"command": "python train.py  # again"})
    if "train accuracy" not in said:
        raise Stuck(f"train.py did not say what it prints: {said}")
    artefact = "model.json" if model == "centroids" else "model.joblib"
    yield finish(script="train.py", artefact=artefact, summary="Fitted in one go.")


def _infer(request: Request, model: str) -> Generator[Call, str, None]:
    if not _by_recipe(request, model):
        yield Call("write_file", {"path": "inference.py", "text": script(request, model, "inference.py")})
    command = "python inference.py --input validation.csv --output validation_predictions.csv"
    yield Call("bash", {"command": f"{command} && wc -l validation_predictions.csv"})
    yield Call("read_file", {"path": "validation_predictions.csv", "offset": 0, "limit": 5})
    yield finish(script="inference.py", summary="Reads csv, loads the model beside it, writes csv.")


def _analyse(request: Request, model: str) -> Generator[Call, str, None]:
    yield Call("python", {"source": script(request, model, "analysis.py")})
    yield finish(errors=["some benign rows are called malignant"], biases=["towards the larger class"])


def _reflect(request: Request, model: str) -> Generator[Call, str, None]:
    yield finish(
        headline="It learns, and generalises.",
        diagnoses=[{"code": "converged", "evidence": "Train and validation agree."}],
        text="**It works.** Train and validation agree; another strength may do better.",
        next_idea="another strength",
        instructions={"architecture": "change the strength"},
    )


STEPS: dict[str, Callable[[Request, str], Generator[Call, str, None]]] = {
    "plan": _plan,
    "exploration": _explore,
    "split": _split,
    "representation": _represent,
    "architecture": _choose_architecture,
    "training": _train,
    "inference": _infer,
    "prediction_analysis": _analyse,
    "reflection": _reflect,
}
"""What it does in each step, call by call."""
