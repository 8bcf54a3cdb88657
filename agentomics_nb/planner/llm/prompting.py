"""Put the prompts together from their files: what stays the same for the whole run first, what changes last."""

from __future__ import annotations

import functools
import json
import os
import platform
from typing import TYPE_CHECKING, Any

from agentomics_nb import markdown as md
from agentomics_nb.evaluation import resolve
from agentomics_nb.evaluation.baseline_ladder import in_words
from agentomics_nb.experiment.steps import Answer, Exploration, Plan, Reflection, Step

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import jinja2

    from agentomics_nb.dataset.model import Column
    from agentomics_nb.planner.llm.endpoint import ToolSpec
    from agentomics_nb.planner.llm.privacy import Curtain
    from agentomics_nb.planner.port import Brief, PastIteration

VERSION = 2
"""Goes up with every change of a prompt that could change what a model does."""
MOST_COLUMNS = 24
_MOST_CLASSES = 20
_LONGEST_ANSWER = 700
_LONGEST_DESCRIPTION = 3000
_MOST_FINDINGS = 8
_LONGEST_FINDING = 400


def system(brief: Brief, curtain: Curtain, *, cell_time_limit: float) -> str:
    """Return the system prompt, the same for every step of a run."""
    data, target = brief.dataset, brief.dataset.target
    values_shown = curtain.level != "schema"
    metric = resolve(brief.metric, data.task)
    text = _render(
        "system",
        classification=data.task == "classification",
        name=data.name,
        rows=f"{data.n_rows:,}",
        target=repr(target.name),
        task=data.task,
        classes=_classes(brief) if values_shown else _number_of_classes(brief),
        metric=brief.metric,
        direction="higher" if metric.greater_is_better else "lower",
        contract=contract(brief),
        n_columns=f"{len(data.columns):,}",
        columns=_columns(data.columns, values_shown=values_shown),
        warnings=data.warnings if values_shown else (),
        findings=_findings(brief, curtain),
        description=_shortened(data.description or "", _LONGEST_DESCRIPTION),
        instructions=brief.instructions,
        python=platform.python_version(),
        threads=brief.threads,
        seed=brief.seed,
        cell_minutes=f"{cell_time_limit / 60:g}",
        data=brief.data,
        validation=brief.validation,
        data_from_workspace=os.path.relpath(brief.data, brief.workspace),
        read=data.train.pandas_source(repr(brief.data)),
        privacy=curtain.level,
    )
    return curtain.clean(text)


def step(brief: Brief, curtain: Curtain, *, money_left: float | None, offline: Mapping[int, Collection[Step]]) -> str:
    """Return what the model is told at the beginning of a step.

    Parameters
    ----------
    brief : Brief
        The step.
    curtain : Curtain
        What may be told.
    money_left : float or None
        USD.
    offline : mapping
        Steps of each iteration that the offline planner made: its answers hold figures of the data.
    """
    plan = brief.answers.get(Step.PLAN)
    ours = offline.get(brief.iteration, ())
    text = _render(
        "brief",
        step=brief.step.value,
        iteration=brief.iteration,
        iterations=brief.iterations,
        workspace=brief.workspace,
        past=[_past(one, brief) for one in brief.past] if brief.step in (Step.PLAN, Step.REFLECTION) else [],
        reflection=_asked(brief, offline, curtain),
        hints=brief.hints,
        answers=[
            _answer(step, answer, curtain, by_us=step in ours)
            for step, answer in brief.answers.items()
            if step is not Step.EXPLORATION
            or brief.step in (Step.PLAN, Step.REPRESENTATION, Step.ARCHITECTURE, Step.SPLIT)
        ],
        figures=_figures(brief, labels_shown=curtain.level != "schema"),
        time_left=_duration(brief.seconds_left),
        money_left=None if money_left is None else f"${money_left:.2f}",
        task=_render(
            brief.step.value,
            iteration=brief.iteration,
            contract=contract(brief),
            last=brief.iteration + 1 >= brief.iterations,
        ).strip(),
        plan=plan.instructions.get(brief.step) if isinstance(plan, Plan) else None,
    )
    return curtain.clean(text.strip())


def no_call(specs: Sequence[ToolSpec]) -> str:
    """Return what is said on an answer without a call."""
    fields = ", ".join(specs[-1].schema["properties"])
    return _render("no_call", tools=", ".join(spec.name for spec in specs), fields=fields).strip()


def cut_off(tokens: int) -> str:
    """Return what is said on an answer that was too long."""
    return _render("cut_off", tokens=tokens).strip()


def tools_in_text(specs: Sequence[ToolSpec]) -> str:
    """Return the tools in words, for endpoints that know none."""
    return _render("tools_in_text", tools=specs)


def contract(brief: Brief) -> str:
    """Return the split contract in one line."""
    column = brief.contract.column
    match brief.contract.strategy:
        case "group":
            return f"rows of one {column} stay on one side"
        case "homology":
            shared = brief.contract.relation.in_words if brief.contract.relation is not None else "homology"
            return (
                f"rows that share {shared}, directly or through other rows, stay on one side (no component is torn; "
                "the recipe named split does this)"
            )
        case "time":
            return f"validation rows are later than training rows by {column}"
        case "given":
            return "the validation file is used as given: copy both files"
        case _:
            return "random" + (", stratified by class" if brief.dataset.task == "classification" else "")


def _findings(brief: Brief, curtain: Curtain) -> list[str]:
    """Return what the audit found, the gravest first: no values of rows, and at ``schema`` no figures and no values."""
    told = [f for f in brief.findings if f.severity != "info"][:_MOST_FINDINGS]
    if curtain.level == "schema":
        return [f"{f.code} ({f.severity}): {', '.join(map(repr, f.columns)) or 'whole rows'}" for f in told]
    return [_shortened(f"{f.text} {f.effect}", _LONGEST_FINDING) for f in told]


@functools.cache
def _templates() -> jinja2.Environment:
    import jinja2

    return jinja2.Environment(
        loader=jinja2.PackageLoader("agentomics_nb.planner.llm", "prompts"),
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701 - prompts are text for a model, not HTML
    )


def _render(template: str, /, **values: Any) -> str:
    return _templates().get_template(f"{template}.md.j2").render(**values)


def _classes(brief: Brief) -> str:
    target = brief.dataset.target
    shown = [f"{label!r} ({target.counts.get(label, 0):,})" for label in (target.classes or ())[:_MOST_CLASSES]]
    more = len(target.classes or ()) - _MOST_CLASSES
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")


def _number_of_classes(brief: Brief) -> str:
    return str(len(brief.dataset.target.classes)) if brief.dataset.target.classes else ""


def _columns(columns: Sequence[Column], *, values_shown: bool) -> list[str]:
    if len(columns) <= MOST_COLUMNS:
        return [_column(column, values_shown=values_shown) for column in columns]
    kinds: dict[str, list[Column]] = {}
    for column in columns:
        kinds.setdefault(column.kind.value, []).append(column)
    lines = []
    for kind, members in kinds.items():
        few = members[: max(2, MOST_COLUMNS // (2 * len(kinds)))]
        lines.append(f"{len(members):,} {kind}: {', '.join(repr(column.name) for column in few)}, …")
    return lines


def _column(column: Column, *, values_shown: bool) -> str:
    facts = [column.kind.value]
    if not values_shown:
        return f"{column.name!r}: {column.kind.value}"
    if column.alphabet:
        facts.append(column.alphabet)
    if column.length_max is not None and column.kind in ("nucleotide", "protein", "smiles", "text"):
        facts.append(f"{column.length_min}-{column.length_max} characters")
    if column.minimum is not None and column.maximum is not None:
        facts.append(f"{column.minimum:.4g} to {column.maximum:.4g}")
    if column.kind in ("categorical", "identifier"):
        facts.append(f"{column.unique:,} values")
    if column.missing:
        facts.append(f"{column.missing:,} missing")
    return f"{column.name!r}: {', '.join(facts)}"


def _answer(step: Step, answer: Answer, curtain: Curtain, *, by_us: bool) -> str:
    if by_us and curtain.level == "schema":
        shown = answer.description if isinstance(answer, Exploration) else ""
        return f"{step.value}: made by tested recipes. {curtain.words(shown)}".strip()
    fields = answer.model_dump(mode="json", exclude_defaults=True)
    fields.pop("instructions", None)
    return f"{step.value}: {_shortened(json.dumps(fields, ensure_ascii=False), _LONGEST_ANSWER)}"


def _past(past: PastIteration, brief: Brief) -> str:
    plan = past.answers.get(Step.PLAN)
    idea = plan.idea if isinstance(plan, Plan) else "no plan"
    best = " (best so far)" if past.number == brief.best else ""
    if not past.ok or past.evaluation is None:
        return f"{past.number}{best}: {idea}. It failed: {_shortened(past.reason or '', 200)}"
    train, validation = past.evaluation.train.value, past.evaluation.validation
    return (
        f"{past.number}{best}: {idea}. {brief.metric}: train {md.number(train)}, "
        f"validation {md.with_interval(validation.interval.model_dump())}"
    )


def _asked(brief: Brief, offline: Mapping[int, Collection[Step]], curtain: Curtain) -> str | None:
    """Return what the last reflection asks of this step; all of it in the plan step."""
    last = next((past for past in reversed(brief.past) if Step.REFLECTION in past.answers), None)
    answer = last.answers[Step.REFLECTION] if last else None
    if not isinstance(answer, Reflection) or last is None:
        return None
    if brief.step is not Step.PLAN:
        return answer.instructions.get(brief.step)
    parts = [answer.headline, f"Next: {answer.next_idea}" if answer.next_idea else ""]
    parts += [f"{step.value}: {text}" for step, text in answer.instructions.items()]
    text = _shortened(" ".join(filter(None, parts)), 2 * _LONGEST_ANSWER)
    return curtain.words(text) if Step.REFLECTION in offline.get(last.number, ()) else text


def _figures(brief: Brief, *, labels_shown: bool) -> str | None:
    """Return the scores, which we computed: values of metrics, not of rows; class labels where they may be shown."""
    evaluation = brief.evaluation
    if evaluation is None or brief.step is not Step.REFLECTION:
        return None
    lines = [f"- {name}: train {md.number(evaluation.train.metrics.get(name))}, validation {md.number(value)}"
             for name, value in evaluation.validation.metrics.items() if value is not None]  # fmt: skip
    interval = md.with_interval(evaluation.validation.interval.model_dump())
    lines.insert(0, f"- validation {brief.metric} with its interval: {interval}")
    lines += [
        f"- {in_words(name, brief.dataset.task)}: {brief.metric} {md.number(score.value)}"
        for name, score in evaluation.baselines.items()
    ]
    if evaluation.gain is not None:
        gain = md.with_interval(evaluation.gain.interval.model_dump())
        lines.append(f"- improvement over the best of these baselines: {gain}")
    if brief.difference is not None:
        lines.append(f"- improvement over the best before: {md.with_interval(brief.difference.model_dump())}")
    return "\n".join([*lines, *_diagnostics(brief, labels_shown=labels_shown)])


def _diagnostics(brief: Brief, *, labels_shown: bool) -> list[str]:
    """Return where the validation predictions fail, as far as aggregates tell."""
    found = brief.diagnostics
    lines: list[str] = []
    if found is None:
        return lines
    if found.confusion is not None and labels_shown:
        recalls = [
            f"{r.label!r} {md.number(r.recall)} of {r.support:,}" for r in found.confusion.reports[:_MOST_CLASSES]
        ]
        lines.append(f"- recall by class: {', '.join(recalls)}")
    if found.calibration is not None and found.calibration.expected_calibration_error is not None:
        lines.append(f"- expected calibration error: {md.number(found.calibration.expected_calibration_error)}")
    if found.residuals is not None:
        lines.append(f"- residuals: bias {found.residuals.bias:.4g}, spread {found.residuals.spread:.4g}")
    return lines


def _duration(seconds: float | None) -> str | None:
    return None if seconds is None else f"{max(0, seconds) / 60:.0f} minutes"


def _shortened(text: str, most: int) -> str:
    text = text.strip()
    return text if len(text) <= most else f"{text[:most]}…"
