"""What limits what a run's figures mean, a sentence each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentomics_nb import markdown as md
from agentomics_nb.record.prose import plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agentomics_nb.record.facts import Facts

_SHOWN = 0.0005
"""Less is shown as .000."""


def limits(facts: Facts) -> list[str]:
    """Return them, the gravest first; what the audit says already is not said again. Untrusted text.

    Parameters
    ----------
    facts : Facts
        Of a run, with or without a model.
    """
    audit = facts.audit
    said = (
        "" if audit is None else " ".join([audit.verdict, *(f"{each.text} {each.effect}" for each in audit.findings)])
    )
    found = [*_of_the_test(facts), *_of_the_choice(facts), *_of_the_making(facts)]
    found += [n.text for n in facts.state.notices if n.level != "info" and not any(n.text in text for text in found)]
    return [text for text in dict.fromkeys(found) if text not in said]


def _of_the_test(facts: Facts) -> Iterator[str]:
    state, test = facts.state, facts.record.dataset.test
    if test is None:
        yield "There was no test file: nothing but the validation rows has judged the model"
        return
    if state.seen_by is not None:
        yield f"The test score is void. {state.seen_by.text}"
    elif state.test_error:
        yield f"The test file could not be scored. {state.test_error}"
    elif state.test is None:
        yield "The test file was not scored"
    engine, person = facts.looks["engine"], facts.looks["person"]
    if engine > 1:
        yield f"The run was cut off while it scored the test file, and opened it {engine} times"
    if person:
        yield (
            f"The test file was scored again by a person, {plural(person, 'time')}: a choice made after that is not "
            "independent of it"
        )


def _of_the_choice(facts: Facts) -> Iterator[str]:
    label = facts.metric.label
    if (contract := facts.record.contract).doubt:
        yield contract.doubt
    if optimism := facts.optimism:
        least = optimism["optimism"] < _SHOWN
        by = "next to nothing, as estimated" if least else f"an estimated {md.number(optimism['optimism'])}"
        yield (
            f"The model was chosen as the best of {optimism['chosen_from']} on the same validation rows, which "
            f"flatters its validation {label} by {by}"
        )
    elif len(facts.scored) > 1:
        yield (
            f"The model was chosen as the best of {len(facts.scored)} on the same validation rows, which flatters its "
            "validation score; by how much was not estimated"
        )
    for interval, which in ((facts.interval("validation"), "validation"), (facts.interval("test"), "test")):
        if interval is not None and interval.get("low") is None and interval.get("note"):
            yield f"The {which} {label} has no interval: {interval['note']}"
    for event in facts.set_aside:
        yield f"Iteration {event.iteration} was set aside. {event.text}"
    check = facts.blind_check
    if check is not None and check.verdict != "agrees":
        yield f"Iteration {check.iteration}: {check.text}"


def _of_the_making(facts: Facts) -> Iterator[str]:
    state = facts.state
    if state.isolation == "none":
        yield "Nothing isolated the agent's programs from the files of the machine"
    if facts.failed:
        numbers = ", ".join(str(each.number) for each in facts.failed)
        yield f"{plural(len(facts.failed), 'iteration')} failed and left no model: {numbers}"
    if facts.planned_by_model and facts.fallen_back:
        yield f"{plural(len(facts.fallen_back), 'step')} that the language model did not get through came from recipes"
    if facts.record.options.instructions:
        yield "A person gave the planner instructions in words"
    if state.hints:
        yield f"A person gave the planner {plural(len(state.hints), 'hint')} on the way"
    if edited := facts.reviewed["edit"]:
        yield f"A person edited {plural(edited, 'cell')} before {'it' if edited == 1 else 'they'} ran"
    if state.status not in (None, "finished"):
        yield f"The run did not finish by itself ({state.reason or state.status})"
