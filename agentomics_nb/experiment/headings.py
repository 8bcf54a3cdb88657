"""The text cells of the log: what a reader needs who skips the code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agentomics_nb import markdown as md
from agentomics_nb.evaluation.baseline_ladder import in_words
from agentomics_nb.experiment.steps import Plan, Reflection

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agentomics_nb.audit import Audit
    from agentomics_nb.experiment.steps import Answer
    from agentomics_nb.journal.directory import RunRecord
    from agentomics_nb.journal.state import IterationState, RunState

_MOST_CLASSES = 12
_MOST_FINDINGS = 6
_MOST_SLICES = 5
_SHOWN = 0.0005
"""Less is shown as .000."""
_SLICED_BY = {
    "class": "class",
    "length": "length of",
    "gc": "GC content of",
    "category": "",
    "group_size": "groups of size",
    "similarity": "",
}


def introduction(record: RunRecord, audit: Audit | None) -> str:
    """Return the first cell: the data, the question, and how the answer will be judged."""
    data = record.dataset
    kinds: dict[str, int] = {}
    for column in data.columns:
        kinds[column.kind] = kinds.get(column.kind, 0) + 1
    target = data.target
    lines = [
        f"# {md.escape(data.name)}: predict {md.code(target.name)}",
        "",
        f"**Data.** {data.train.rows:,} rows, {len(data.columns):,} column{'s' * (len(data.columns) != 1)}: "
        + ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in sorted(kinds.items()))
        + "."
        + (f" Kinds were told from a sample of {data.sampled_rows:,} rows." if data.sampled_rows else ""),
        f"**Question.** {md.escape(data.task_reason)}",
    ]
    if target.classes:
        shown = [f"{md.code(label)} {target.counts.get(label, 0):,}" for label in target.classes[:_MOST_CLASSES]]
        more = f" and {len(target.classes) - _MOST_CLASSES} more" if len(target.classes) > _MOST_CLASSES else ""
        lines.append(f"**Classes.** {', '.join(shown)}{more}.")
    lines += [
        f"**Judged by** {md.code(record.metric)} on validation rows. {_contract(record)}",
        _test(record),
        f"**Planner.** {md.escape(record.planner)}; seed {record.seed}, "
        f"{record.threads} thread{'s' * (record.threads != 1)}.",
    ]
    lines += [f"**Note.** {md.escape(warning)}" for warning in (*data.warnings, *data.test_warnings)]
    if audit is not None:
        lines.append(f"**Audit.** {md.escape(audit.verdict)}")
        told = [finding for finding in audit.findings if finding.severity != "info"]
        lines += [
            f"**{finding.severity.capitalize()}.** {md.escape(finding.text)}" for finding in told[:_MOST_FINDINGS]
        ]
    if record.options.instructions:
        lines += ["**The person's instructions.**", md.quote(md.escape(record.options.instructions))]
    return f"{lines[0]}\n\n" + "  \n".join(lines[2:])


def _contract(record: RunRecord) -> str:
    how = {"random": "Rows are divided at random. ", "time": "Validation is later than training. "}
    doubt = f" {record.contract.doubt}" if record.contract.doubt else ""
    return how.get(record.contract.strategy, "") + md.escape(f"{record.contract.reason}{doubt}")


def _test(record: RunRecord) -> str:
    if record.dataset.test is None:
        return (
            "**Test.** None given: the validation score is the only estimate, and choosing the best of several "
            "iterations makes it optimistic."
        )
    return f"**Test.** {record.dataset.test.rows:,} rows that the agent is never told of; opened once, at the end."


def iteration(number: int, plan: Answer) -> str:
    """Return an iteration's heading with its plan."""
    if not isinstance(plan, Plan):
        raise TypeError("an iteration's heading needs its plan")
    parent = "" if plan.parent is None else f" It builds on iteration {plan.parent}."
    return f"## Iteration {number} · {md.escape(plan.idea)}\n\n" + md.quote(
        f"**Plan.** {md.escape(plan.reason)}{parent}"
    )


def inference_checked(script: str, counts: Mapping[str, int]) -> str:
    """Return the cell that says what the inference script was held to."""
    total = sum(counts.values())
    return (
        f"> **Checked.** {md.code(script)} ran in a new process and an empty directory on {total:,} rows without "
        "labels: one prediction a row, same order; removing and shuffling rows changed nothing."
    )


def evaluation(record: RunRecord, state: RunState, number: int) -> str:
    """Return the table of an iteration's scores beside the baselines and the best before."""
    this = state.iterations[number]
    scores = this.scores or {}
    rows = [_row(f"**iteration {number}**", scores, record.metric)]
    if this.compared_with is not None:
        before = state.iterations[this.compared_with]
        rows.append(_row(f"best before (iteration {before.number})", before.scores or {}, record.metric))
    task = record.dataset.task
    for name, score in reversed(scores.get("baselines", {}).items()):
        rows.append([in_words(name, task), "", md.with_interval(score["intervals"].get(record.metric))])
    others = [
        f"{name} {md.number(value)}"
        for name, value in scores["validation"]["metrics"].items()
        if name != record.metric and value is not None
    ]
    text = ["### Evaluation", "", md.table([record.metric, "train", f"validation ({_how(record)})"], rows)]
    if others:
        text += ["", f"Also on validation: {', '.join(others)}."]
    if scores.get("gain"):
        gain = scores["gain"]
        over = in_words(gain["over"], task)
        text += ["", f"**Gain** over the best baseline ({over}): {md.with_interval(gain['interval'])}."]
    text += ["", "Computed from the predictions of `inference.py`, with 95 % bootstrap intervals."]
    return "\n".join(text)


def _row(name: str, scores: Mapping[str, Any], metric: str) -> list[str]:
    if not scores:
        return [name, "–", "–"]
    train = scores["train"]["metrics"].get(metric)
    return [name, md.number(train), md.with_interval(scores["validation"]["intervals"].get(metric))]


def _how(record: RunRecord) -> str:
    match record.contract.strategy:
        case "group":
            return f"grouped by {md.code(record.contract.column)}"
        case "homology":
            return "no relatives in train"
        case "time":
            return f"later {md.code(record.contract.column)}"
        case "given":
            return "as given"
        case _:
            return "random rows"


def reflection(answer: Answer) -> str:
    """Return the reflection as the person reads it."""
    if not isinstance(answer, Reflection):
        raise TypeError("a reflection cell needs the reflection")
    return f"### Reflection\n\n{md.quote(md.harmless(answer.text))}"


def failure(number: int, reason: str) -> str:
    """Return the cell that says why an iteration failed."""
    return f"> **Iteration {number} failed.** {md.escape(reason)} Its files are not kept; the run goes on."


def conclusion(record: RunRecord, state: RunState, run_name: str) -> str:
    """Return the last cell: which iteration won, what it is worth, and how to use it."""
    best = state.iterations[state.best] if state.best is not None else None
    if best is None or best.scores is None:
        return "## Result\n\nNo iteration ended with a model."
    tried = [i for i in state.iterations.values() if i.scores is not None]
    rows = [_result_row(i, record.metric, best=i.number == best.number) for i in tried]
    text = [
        "## Result",
        "",
        md.table(["", "iteration", f"train {record.metric}", "validation", "gap"], rows, numbers_from=2),
        "",
        f"**Best: iteration {best.number}, {md.escape(best.idea)}.** Chosen on validation among {len(tried)}"
        + (", which makes its validation score a little optimistic." if len(tried) > 1 and not state.worth else "."),
    ]
    if gain := best.scores.get("gain"):
        over = in_words(gain["over"], record.dataset.task)
        text += ["", f"**Gain** over the best baseline ({over}): {md.with_interval(gain['interval'])} on validation."]
    text += worth_of(state, record.metric)
    if state.test is not None:
        engine_looks = sum(look.by == "engine" for look in state.looks)
        opened = "opened once" if engine_looks < 2 else f"opened {engine_looks} times, since the run was cut off"
        shown = [
            f"{name} {md.with_interval(i)}" for name, i in state.test["intervals"].items() if i.get("value") is not None
        ]
        text += [
            "",
            f"**Test** ({state.test['rows']:,} rows, {opened}): {_chosen_first(shown, record.metric)}.",
            test_against_validation(best, state.test, record.metric),
            *_test_at_cut_off(state),
        ]
    elif state.test_error:
        text += ["", f"**Test.** Could not be scored: {md.escape(state.test_error)}"]
    text += [
        "",
        f"Use it: `agentomics predict {run_name} new.csv`; its files stand alone in `{run_name}/best/`.",
    ]
    return "\n".join(line for line in text if line is not None)


def worth_of(state: RunState, metric: str) -> list[str]:
    """Return what the score of the best is worth, as Markdown: the luck of the choice, where it errs, other seeds."""
    return [*(_worth(state.worth, metric) if state.worth is not None else []), *_trained_again(state, metric)]


def _worth(worth: Mapping[str, Any], metric: str) -> list[str]:
    """Return what the score of the best is worth: the luck of the choice, the cut-off, and where it errs."""
    text = []
    optimism, threshold, slices = worth["optimism"], worth["threshold"], worth["slices"]
    if optimism["chosen_from"] > 1 and optimism["optimism"] is not None:
        flatters = f"by {md.number(optimism['optimism'])}" if optimism["optimism"] >= _SHOWN else "by next to nothing"
        corrected = md.with_interval(optimism["corrected"])
        text += ["", f"**Optimism.** Having been chosen flatters its {metric} {flatters}; corrected: {corrected}."]
    if threshold is not None:
        text += ["", f"**Cut-off.** {_cut_off(threshold)}"]
    # Where some rows are worse the others are better: the worse ones tell it all.
    worse = [each for each in slices["slices"] if each["differs"] and each["error"]["value"] > each["rest"]]
    if worse:
        measure = {"error_rate": "error rate", "rmse": "RMSE"}[slices["measure"]]
        text += ["", f"**It errs more than elsewhere here** ({measure} on validation):", ""]
        text += [f"- {_slice(each)}" for each in sorted(worse, key=lambda each: float(each["p"]))[:_MOST_SLICES]]
        if len(worse) > _MOST_SLICES:
            text.append(f"- and {len(worse) - _MOST_SLICES} more")
    return text


def _cut_off(threshold: Mapping[str, Any]) -> str:
    metric, low = threshold["metric"], threshold["gain"]["low"]
    if low is None or low <= 0:
        return f"None is surely better than .5 for the {metric}."
    return (
        f"{md.code(threshold['positive'])} from a probability of {md.with_interval(threshold['cut_off'])} on: {metric} "
        f"{md.number(threshold['value'])} on validation, {md.number(threshold['value_at_half'])} from .5 on."
    )


def _test_at_cut_off(state: RunState) -> list[str]:
    threshold, found = (state.worth or {}).get("threshold"), (state.test or {}).get("at_cut_off")
    if threshold is None or found is None:
        return []
    cut_off = md.number(threshold["cut_off"]["value"])
    return [f"At validation's cut-off of {cut_off} its {threshold['metric']} is {md.with_interval(found)}."]


def slice_in_words(found: Mapping[str, Any]) -> str:
    """Return which rows an error slice holds, as Markdown."""
    column = md.code(found["column"]) if found["column"] is not None else ""
    return " ".join(part for part in (_SLICED_BY[found["by"]], column, md.escape(found["level"])) if part)


def _slice(found: Mapping[str, Any]) -> str:
    where = slice_in_words(found)
    error = md.with_interval(found["error"])
    return f"{where}, {found['rows']:,} rows: {error}, elsewhere {md.number(found['rest'])}"


def _trained_again(state: RunState, metric: str) -> list[str]:
    """Return what came of training the best iteration, and those that were better before, once more."""
    told, values = [], []
    for event in state.retrained:
        if event.blind and event.iteration != state.best and event.verdict == "differs":
            told.append(f"Iteration {event.iteration} was set aside. {md.escape(event.text)}")
        elif event.blind and event.iteration == state.best:
            told.append(f"Iteration {event.iteration}: {md.escape(event.text)}")
        elif event.iteration == state.best and event.score is not None:
            values.append(event.score["metrics"].get(metric))
    recorded = None if state.best is None else state.iterations[state.best].value("validation", metric)
    known = [value for value in (recorded, *values) if value is not None]
    if len(known) > 1:
        told.append(
            f"With {len(known)} seeds {metric} is {md.number(sum(known) / len(known))} on average, from "
            f"{md.number(min(known))} to {md.number(max(known))}."
        )
    return ["", f"**Trained again.** {' '.join(told)}"] if told else []


def _result_row(iteration: IterationState, metric: str, *, best: bool) -> list[str]:
    scores = iteration.scores or {}
    train, validation = iteration.value("train", metric), iteration.value("validation", metric)
    gap = None if train is None or validation is None else train - validation
    return [
        "★" if best else "",
        f"{iteration.number} · {md.escape(iteration.idea)}",
        md.number(train),
        md.with_interval(scores["validation"]["intervals"].get(metric)),
        md.number(gap),
    ]


def _chosen_first(shown: list[str], metric: str) -> str:
    chosen = [text for text in shown if text.startswith(f"{metric} ")]
    return ", ".join([f"**{text}**" for text in chosen] + [text for text in shown if text not in chosen])


def test_against_validation(best: IterationState, test: Mapping[str, Any], metric: str) -> str:
    """Return whether the test score lies inside the validation interval, and what follows; empty if unknown."""
    judged = (best.scores or {})["validation"]["intervals"].get(metric) or {}
    value, low, high = test["metrics"].get(metric), judged.get("low"), judged.get("high")
    if value is None or low is None:
        return ""
    if low <= value <= high:
        return "It lies inside the validation interval: validation judged the model fairly."
    where = "below" if value < low else "above"
    interval = f"[{md.number(low)}, {md.number(high)}]"
    return f"It lies {where} the validation interval {interval}: the test rows differ from the validation rows."
