"""What was done in a run, as actions of a Process Run Crate: by whom, with what, from what, to what."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from agentomics_nb.experiment.steps import Step
from agentomics_nb.record.crate_agents import ENGINE, LANGUAGE_MODEL, planner

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from agentomics_nb.journal import events as ev
    from agentomics_nb.journal.state import IterationState, StepState
    from agentomics_nb.record.crate_files import CrateFiles
    from agentomics_nb.record.facts import Facts

Entity = dict[str, Any]

COMPLETED = "http://schema.org/CompletedActionStatus"
FAILED = "http://schema.org/FailedActionStatus"
_PURPOSE = {
    Step.PLAN: "Decide what the iteration tries.",
    Step.EXPLORATION: "Find out what the data are.",
    Step.SPLIT: "Divide the rows into training and validation rows.",
    Step.REPRESENTATION: "Choose how a row becomes numbers.",
    Step.ARCHITECTURE: "Choose the model and its hyperparameters.",
    Step.TRAINING: "Train the model on the training rows.",
    Step.INFERENCE: "Write the script that predicts, and check it on all rows of the split without their labels.",
    Step.ANALYSIS: "Look at where the validation predictions fail.",
    Step.EVALUATION: "Score the predictions of the inference script on training and validation rows.",
    Step.REFLECTION: "Judge the figures, and say what to do next.",
}
_SAID = {
    Step.PLAN: ("idea", "reason"),
    Step.EXPLORATION: ("description", "features", "insights"),
    Step.SPLIT: ("strategy", "reason"),
    Step.REPRESENTATION: ("encoding", "reason"),
    Step.ARCHITECTURE: ("model", "reason"),
    Step.ANALYSIS: ("errors", "biases"),
    Step.REFLECTION: ("headline",),
}
"""What of an answer tells what the step decided."""
_ONCE = (Step.EXPLORATION, Step.SPLIT)
"""Steps whose work an earlier iteration may have done for all."""


def actions(facts: Facts, files: CrateFiles, *, author: str | None) -> list[Entity]:
    """Return the actions in the order in which they were done, with the values that they made.

    Each step of the iteration that survives is an action, as are the training with other seeds and the test; each
    other iteration is one. What a person started has the person as agent; the instrument is the script or the software.

    Parameters
    ----------
    facts : Facts
        Of a run with a model.
    files : CrateFiles
        What the actions read and write.
    author : str or None
        Id of the person.
    """
    best = facts.best
    found = [_iteration(facts, each) for each in facts.tried if best is None or each.number != best.number]
    if best is not None:
        for step in Step:
            by = _worked_in(facts, step) if step in _ONCE else best
            state = by.steps.get(step)
            if state is not None and state.answer is not None:
                found.append(_step(facts, files, by, state))
        found += [_retraining(facts, files, event) for event in facts.state.retrained]
    if facts.state.test_opened and (tested := _test(facts, files)) is not None:
        found.append(tested)
    entities: list[Entity] = []
    for number, made in enumerate(sorted(found, key=lambda pair: (pair[0]["startTime"], pair[0]["@id"]))):
        action, values = made
        if author is not None:
            action["agent"] = {"@id": author}
        action["position"] = number + 1
        entities += [action, *values]
    return entities


Made = tuple[Entity, list[Entity]]
"""An action with the entities of its values."""


def _action(
    name: str,
    *,
    identity: str,
    text: str,
    span: tuple[float, float],
    instruments: Iterable[str],
    inputs: Iterable[str],
    results: Iterable[str],
    error: str | None = None,
) -> Entity:
    entity: Entity = {
        "@id": f"#{identity}",
        "@type": "CreateAction",
        "name": name,
        "description": text,
        "startTime": _iso(span[0]),
        "endTime": _iso(max(span)),
        "actionStatus": COMPLETED if error is None else FAILED,
        "instrument": [{"@id": each} for each in instruments],
        "object": [{"@id": each} for each in inputs],
        "result": [{"@id": each} for each in results],
    }
    return entity if error is None else entity | {"error": error}


def _step(facts: Facts, files: CrateFiles, iteration: IterationState, state: StepState) -> Made:
    step, answer = state.step, state.answer or {}
    identity = f"iteration-{iteration.number}-{step.value.replace('_', '-')}"
    training, inference = facts.answer(Step.TRAINING), facts.answer(Step.INFERENCE)
    train_script, artefact = str(training.get("script", "train.py")), str(training.get("artefact", "model.joblib"))
    infer_script = str(inference.get("script", "inference.py"))
    split = ("split/train.csv", "split/validation.csv")
    predicted = ("predictions/train.csv", "predictions/validation.csv")
    inputs: list[str] = []
    results: list[str] = []
    values: list[Entity] = []
    instruments = [planner(facts, state)]
    match step:
        case Step.EXPLORATION:
            inputs = files.ids("training")
        case Step.SPLIT:
            inputs, results = files.ids("training", "validation"), files.ids(*split)
            instruments = files.ids("split.py") or instruments
        case Step.TRAINING:
            inputs = files.ids(*split)
            results = files.ids(artefact, "training.json", "training_log.jsonl")
            instruments = files.ids(train_script) or instruments
            values = _hyperparameters(facts, identity)
            inputs += [each["@id"] for each in values]
        case Step.INFERENCE:
            inputs, results = files.ids(artefact, *split), files.ids(infer_script, *predicted)
            instruments = files.ids(infer_script) or instruments
        case Step.EVALUATION:
            inputs, results = files.ids(*predicted, *split), files.ids("metrics.json", "importance.json")
            instruments = [ENGINE]
            for name in ("train", "validation"):
                values += _metrics(facts.split_score(name), name, identity)
            results += [each["@id"] for each in values]
        case Step.REFLECTION:
            inputs, results = files.ids("metrics.json"), files.ids("reflection.md")
        case Step.ANALYSIS:
            inputs = files.ids("split/validation.csv", "predictions/validation.csv")
        case _:
            pass
    if not results:
        values.append(_said(identity, step, answer))
        results = [values[-1]["@id"]]
    text = _PURPOSE[step]
    if step in _ONCE and iteration.number != (facts.best.number if facts.best else None):
        text += " Done once; later iterations go on with it."
    action = _action(
        f"{step.heading} (iteration {iteration.number})",
        identity=identity,
        text=text,
        span=_span(state),
        instruments=instruments,
        inputs=inputs,
        results=results,
    )
    return action, values


def _iteration(facts: Facts, iteration: IterationState) -> Made:
    """Return an iteration that did not survive in short: what it tried, and what came of it."""
    identity = f"iteration-{iteration.number}"
    values = _metrics((iteration.scores or {}).get("validation") or {}, "validation", identity)
    values = [each for each in values if each["propertyID"] == facts.record.metric]
    if not values:
        values = [_value(f"{identity}-outcome", "outcome", "no model")]
    failed = iteration.status == "failed"
    ended = max([iteration.started, *(step.ended or step.started for step in iteration.steps.values())])
    action = _action(
        f"Iteration {iteration.number}",
        identity=identity,
        text=f"Tried: {iteration.idea or 'nothing yet'}. {'It failed.' if failed else 'Its model is not the best.'}",
        span=(iteration.started, ended),
        instruments=[LANGUAGE_MODEL if facts.planned_by_model else ENGINE],
        inputs=[],
        results=[each["@id"] for each in values],
        error=(iteration.reason or "It failed.") if failed else None,
    )
    return action, values


def _retraining(facts: Facts, files: CrateFiles, event: ev.Retrained) -> Made:
    how = "without the validation labels" if event.blind else f"with seed {event.seed}"
    identity = f"iteration-{event.iteration}-again-{'blind' if event.blind else f'seed-{event.seed}'}"
    values = _metrics(event.score or {}, "validation", identity)
    values = [each for each in values if each["propertyID"] == facts.record.metric]
    if not values:
        values = [_value(f"{identity}-outcome", "outcome", "no score")]
    seed = _value(f"{identity}-seed", "seed", event.seed)
    script = str(facts.answer(Step.TRAINING).get("script", "train.py")) if event.iteration == facts.state.best else ""
    action = _action(
        f"Training again {how} (iteration {event.iteration})",
        identity=identity,
        text=event.text,
        span=(event.time - event.seconds, event.time),
        instruments=files.ids(script) or [ENGINE],
        inputs=[*files.ids("split/train.csv"), seed["@id"]],
        results=[each["@id"] for each in values],
    )
    return action, [*values, seed]


def _test(facts: Facts, files: CrateFiles) -> Made | None:
    """Return the one evaluation on the test file; None if it was never reached."""
    ended = facts.state.test_ended
    if ended is None:
        return None
    looks = [look.time for look in facts.state.looks if look.by == "engine"]
    values = [] if facts.test_is_void else _metrics(facts.split_score("test"), "test", "test")
    if not values:
        values = [_value("test-outcome", "outcome", "no score")]
    script = str(facts.answer(Step.INFERENCE).get("script", "inference.py"))
    artefact = str(facts.answer(Step.TRAINING).get("artefact", "model.joblib"))
    action = _action(
        "Test",
        identity="test",
        text="Score the best model on the rows of the test file, after it had been chosen.",
        span=(min(looks, default=ended), ended),
        instruments=[*files.ids(script), ENGINE],
        inputs=files.ids("test", artefact),
        results=[each["@id"] for each in values],
        error=facts.state.test_error,
    )
    return action, values


def _worked_in(facts: Facts, step: Step) -> IterationState:
    """Return the iteration in which a step ran cells: the latest up to the best one, or the best itself."""
    best = facts.best
    if best is None:
        raise ValueError("a run without a model has no surviving path")
    ran = {c.iteration for c in facts.state.cells.values() if c.step is step and c.cell_type == "code" and c.ran}
    numbers = [number for number in ran if number is not None and number <= best.number]
    with_answer = [n for n in numbers if facts.state.iterations[n].answer(step) is not None]
    return facts.state.iterations[max(with_answer)] if with_answer else best


def _span(state: StepState) -> tuple[float, float]:
    return (state.started, state.ended if state.ended is not None else state.started + state.seconds)


def _hyperparameters(facts: Facts, identity: str) -> list[Entity]:
    found = [_value(f"{identity}-seed", "seed", facts.record.seed)]
    found += [
        _value(f"{identity}-hyperparameter-{place}", name, value)
        for place, (name, value) in enumerate(facts.hyperparameters)
    ]
    return found


def _metrics(score: Mapping[str, Any], split: str, identity: str) -> list[Entity]:
    """Return each metric of a split as a value; its interval becomes its limits."""
    found = []
    for name, interval in sorted((score.get("intervals") or {}).items()):
        if interval.get("value") is None:
            continue
        entity = _value(f"{identity}-{split}-{name}".replace("test-test", "test"), f"{split} {name}", interval["value"])
        entity["propertyID"] = name
        if interval.get("low") is not None:
            entity |= {"minValue": interval["low"], "maxValue": interval["high"]}
            entity["description"] = f"{interval.get('level', 0.95):.0%} bootstrap interval from minValue to maxValue."
        found.append(entity)
    return found


def _value(identity: str, name: str, value: str | float) -> Entity:
    return {"@id": f"#{identity}", "@type": "PropertyValue", "name": name, "value": value}


def _said(identity: str, step: Step, answer: Mapping[str, Any]) -> Entity:
    """Return what a step decided, where that is no file."""
    said: list[Any] = []
    for key in _SAID.get(step, ("summary",)):
        value = answer.get(key)
        said += value if isinstance(value, list | tuple) else [value]
    return {
        "@id": f"#{identity}-outcome",
        "@type": "CreativeWork",
        "name": f"Outcome of the step {step.heading.lower()}",
        "text": "\n".join(str(each) for each in said if each) or "Nothing was noted.",
    }


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
