"""``replay.ipynb``: the surviving path as a notebook that re-runs with no agent and checks its own numbers."""

from __future__ import annotations

import functools
import hashlib
from typing import TYPE_CHECKING, Any

from agentomics_nb import markdown as md
from agentomics_nb.environment import THREAD_VARIABLES, repeatable
from agentomics_nb.evaluation.baseline_ladder import in_words
from agentomics_nb.evaluation.metrics import METRICS
from agentomics_nb.experiment import headings
from agentomics_nb.experiment.steps import Inference, Step
from agentomics_nb.planner.offline.scripts import literal
from agentomics_nb.record.notebook import TAG, cell_metadata

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import jinja2

    from agentomics_nb.audit import Audit
    from agentomics_nb.journal.directory import RunRecord
    from agentomics_nb.journal.state import IterationState, RunState
    from agentomics_nb.record.claims import Claims, DataFile
    from agentomics_nb.record.surviving_path import Passage

PARAMETERS = "parameters"
"""papermill's tag for the cell whose values it may replace."""
FOLDED = "folded"
_COLLAPSED = "jp-MarkdownHeadingCollapsed"
"""By it JupyterLab and Notebook 7 hide all that stands below a heading."""
_HEADINGS = {
    Step.EXPLORATION: "Exploration",
    Step.SPLIT: "Split",
    Step.REPRESENTATION: "Representation",
    Step.ARCHITECTURE: "Architecture",
    Step.TRAINING: "Training",
    Step.INFERENCE: "Inference",
    Step.ANALYSIS: "Prediction analysis",
}
_WORDS = {
    "train": "the labelled rows",
    "validation": "labelled rows to choose models by",
    "test": "labelled rows that nothing sees before the evaluation",
}


def replay(
    record: RunRecord, state: RunState, audit: Audit | None, claims: Claims, passages: Sequence[Passage]
) -> dict[str, Any]:
    """Return the replay as a notebook in nbformat 4.5.

    Parameters
    ----------
    record, state, audit
        The run.
    claims : Claims
        What the last cells hold the replay to.
    passages : sequence of Passage
        From `surviving_path`.
    """
    assert state.best is not None  # noqa: S101 - for mypy; who calls this has looked
    best = state.iterations[state.best]
    made = _Cells(record, state, claims)
    made.text(headings.introduction(record, None))
    made.text(_result(record, state, best, claims))
    made.text("## Parameters")
    made.code("parameters", data=_parameters(claims), tags=[PARAMETERS])
    made.text("## Environment and data")
    made.code("environment", fold=True, fixed=repeatable(None), thread_variables=list(THREAD_VARIABLES))
    made.code("data", fold=True, data=_parameters(claims))
    told = [f for f in audit.findings if f.severity != "info"] if audit is not None else []
    if told:
        lines = [f"- **{f.severity.capitalize()}.** {md.escape(f.text)} {md.escape(f.effect)}" for f in told]
        made.text("\n".join(["## Audit", "", *lines]))
    step = None
    for passage in passages:
        if passage.step is not step:
            if step is Step.SPLIT:
                made.code("split_check", fold=True)
            step = passage.step
            made.text(_heading(step, record, state, best))
        made.passage(passage)
    made.text("## Evaluation\n\nThe model just trained predicts rows without labels, as it would new ones.")
    made.code("scores", **_scoring(record, best, claims))
    made.code("comparison")
    made.text("### The model of the record\n\nThe fitted model in `model/` is the one that others use. Is it the same?")
    made.code("published", **_scoring(record, best, claims))
    made.text("### Check")
    made.code("check", unbounded=[name for name, metric in METRICS.items() if not metric.greater_is_better])
    made.text("## What led here\n\nAll iterations in order, with the reflection that followed each.")
    made.cells[-1]["metadata"][_COLLAPSED] = True
    for text in _reflections(state, best):
        made.text(text, fold=True)
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {
            "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
            "language_info": {"name": "python", "version": claims.python},
            "agentomics": {"run": record.run, "planner": record.planner, "record": _provenance(record, state, claims)},
        },
        "cells": made.cells,
    }


class _Cells:
    """Puts the cells together."""

    def __init__(self, record: RunRecord, state: RunState, claims: Claims) -> None:
        self.cells: list[dict[str, Any]] = []
        self._record = record
        self._state = state
        self._claims = claims

    def text(self, source: str, *, fold: bool = False) -> None:
        """Add Markdown; of what is folded, the page shows the heading only."""
        self.cells.append(self._cell("markdown", source, [FOLDED] if fold else []))

    def code(self, template: str, *, tags: Sequence[str] = (), fold: bool = False, **values: Any) -> None:
        """Add Python of ours from a template."""
        claims = self._claims
        facts = {name: getattr(claims, name) for name in type(claims).model_fields}
        facts["classification"] = claims.task == "classification"
        source = environment().get_template(f"replay/{template}.py.j2").render(facts | values)
        self.cells.append(self._cell("code", source.rstrip(), [*tags, *([FOLDED] if fold else [])]))

    def passage(self, passage: Passage) -> None:
        """Add a cell of the path."""
        if passage.by == "person":
            self.text("> **Edited by the person.** The cell below is not as the agent wrote it.")
        source = {
            "text": passage.source,
            "python": passage.source,
            "file": f"%%writefile {passage.file}\n{passage.source}",
            "command": f"%%bash\n{self._parameterised(passage.source)}",
        }[passage.kind]
        if passage.kind == "file" and passage.file is not None and "/" in passage.file:
            folder = passage.file.rpartition("/")[0]
            self.cells.append(self._cell("code", f"Path({literal(folder)}).mkdir(parents=True, exist_ok=True)", []))
        tags = [FOLDED] if passage.kind in ("file", "python") else []
        cell = self._cell("markdown" if passage.kind == "text" else "code", source.rstrip(), tags)
        known = self._state.cells.get(passage.cell or "")
        if known is not None:
            cell["id"] = known.id
            mark = cell_metadata(self._record, known) | {
                "source_sha256": hashlib.sha256(source.rstrip().encode()).hexdigest()
            }
            cell["metadata"]["agentomics"] = mark
            if passage.by == "person":
                cell["metadata"]["agentomics"]["edited_by"] = "person"
        if passage.may_fail:
            cell["metadata"]["tags"].append("raises-exception")
        if cell["cell_type"] == "code":
            cell["outputs"] = passage.outputs
        self.cells.append(cell)

    def _parameterised(self, command: str) -> str:
        """Return a command that takes seed and threads from the parameters, where it names those of the run."""
        for option, value in (("seed", self._claims.seed), ("threads", self._claims.threads)):
            command = command.replace(f"--{option} {value}", f"--{option} ${option.upper()}")
        return command

    def _cell(self, kind: str, source: str, tags: Sequence[str]) -> dict[str, Any]:
        name = f"replay-{len(self.cells):03d}-{hashlib.sha256(source.encode()).hexdigest()[:8]}"
        metadata: dict[str, Any] = {"tags": [TAG, *tags]}
        if FOLDED in tags and kind == "code":
            metadata["jupyter"] = {"source_hidden": True}
        cell: dict[str, Any] = {"cell_type": kind, "id": name, "metadata": metadata, "source": source}
        return cell if kind == "markdown" else cell | {"execution_count": None, "outputs": []}


@functools.cache
def environment() -> jinja2.Environment:
    """Return the Jinja environment of what a record is written with."""
    import jinja2

    made = jinja2.Environment(
        loader=jinja2.PackageLoader("agentomics_nb.record", "templates"),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701 - the templates are Python and Markdown; values enter as literals and escaped
    )
    made.filters["literal"] = literal
    return made


def _parameters(claims: Claims) -> list[dict[str, Any]]:
    names = {"train": "data", "validation": "validation", "test": "test"}
    return [
        {
            "parameter": names[file.role],
            "path": file.path,
            "name": _name(file),
            "sha256": file.sha256,
            "bytes": file.bytes,
            "words": _WORDS[file.role],
        }
        for file in claims.data
    ]


def _name(file: DataFile) -> str:
    return file.path.rpartition("/")[2]


def _scoring(record: RunRecord, best: IterationState, claims: Claims) -> dict[str, Any]:
    """Return what the cells need that score."""
    from agentomics_nb.dataset.writing import rows_at_once

    dataset = record.dataset
    classes = dataset.target.classes or ()
    source = labels = None
    imports: set[str] = set()
    scored = next((file for file in claims.data if file.role == "test"), None)
    test = dataset.test if scored is not None else None
    if scored is not None and test is not None:
        place = literal(scored.path)
        source = labels = test.pandas_source(place)
        imports.update(line for line in test.pandas_imports() if line != "import pandas as pd")
        if test.format == "parquet":
            source = f"{source}.reset_index(drop=True)"
        else:
            source = f"{source[:-1]}, low_memory=False)"
            labels = f"{labels[:-1]}, usecols=[TARGET], dtype=str, keep_default_na=False, na_values=MISSING)"
    return {
        "classes": list(classes),
        "numeric_labels": record.planner != "offline" and all(_is_number(label) for label in classes),
        "inference": Inference.model_validate(best.answer(Step.INFERENCE)).script,
        "rows_at_once": rows_at_once(len(dataset.columns)),
        "test": test,
        "test_source": source,
        "test_labels": labels,
        "imports": sorted(imports),
    }


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _heading(step: Step, record: RunRecord, state: RunState, best: IterationState) -> str:
    """Return a step's heading with its why, from the answer that was accepted."""
    source = best
    if step in (Step.SPLIT, Step.EXPLORATION):
        source = next((i for i in state.iterations.values() if i.answer(step) is not None), best)
    answer = source.answer(step) or {}
    match step:
        case Step.EXPLORATION:
            told = [answer.get("description", "")]
        case Step.SPLIT:
            told = [f"{answer.get('strategy', '')}.", answer.get("reason", "")]
        case Step.REPRESENTATION:
            told = [answer.get("encoding", ""), answer.get("reason", "")]
        case Step.ARCHITECTURE:
            given = answer.get("hyperparameters") or {}
            named = ", ".join(f"{name} = {value}" for name, value in given.items())
            told = [f"{answer.get('model', '')}{f' ({named})' if named else ''}.", answer.get("reason", "")]
        case Step.ANALYSIS:
            told = [*answer.get("errors", ()), *answer.get("biases", ())]
        case _:
            told = [answer.get("summary", "")]
    words = " ".join(_sentence(text) for text in dict.fromkeys(told) if text.strip(" ."))
    return f"## {_HEADINGS[step]}" + (f"\n\n{md.escape(words)}" if words else "")


def _sentence(text: str) -> str:
    text = " ".join(str(text).split()).rstrip(".")
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('!', '?')) else '.'}"


def _result(record: RunRecord, state: RunState, best: IterationState, claims: Claims) -> str:
    """Return the table of what the model scores, and how to check it."""
    scores = best.scores or {}
    metric = record.metric
    names = sorted(scores["validation"]["metrics"], key=lambda name: name != metric)
    rows = []
    for name in names:
        if scores["validation"]["metrics"][name] is None:
            continue
        row = [
            f"**{METRICS[name].label}**" if name == metric else METRICS[name].label,
            md.number(claims.metrics["train"].get(name)),
            _interval(scores["validation"], name, claims.metrics["validation"].get(name)),
        ]
        if "test" in claims.metrics:
            row.append(_interval(state.test, name, claims.metrics["test"].get(name)))
        rows.append(row)
    head = ["", "train", "validation", *(["test"] if "test" in claims.metrics else [])]
    text = ["## Result", "", f"{md.escape(_sentence(best.idea))}", "", md.table(head, rows)]
    if gain := scores.get("gain"):
        over = in_words(gain["over"], record.dataset.task)
        text += ["", f"**Gain** over the best baseline ({over}): {md.with_interval(gain['interval'])} on validation."]
    text += headings.worth_of(state, metric)
    if state.test is not None:
        text += ["", f"**Test.** {headings.test_against_validation(best, state.test, metric)}"]
    if state.test_error:
        text += ["", f"**Test.** {md.escape(state.test_error)}"]
    if claims.edited:
        text += [
            "",
            f"**Edited after the run.** {len(claims.edited)} cell{'s' * (len(claims.edited) != 1)} below "
            "stand as the person edited them; the figures are those of the replay with these edits, the intervals "
            "those of the run.",
        ]
    text += [
        "",
        "**To check it,** run all cells: the last one compares every metric. It takes nothing but the packages in "
        "`requirements.lock` and the files beside this notebook; no agent, no language model, no network.",
    ]
    return "\n".join(text)


def _interval(scores: Any, name: str, value: float | None) -> str:
    interval = ((scores or {}).get("intervals") or {}).get(name)
    if interval is None or interval.get("value") is None or value is None:
        return md.number(value)
    return md.with_interval(dict(interval) | {"value": value})


def _reflections(state: RunState, best: IterationState) -> Iterator[str]:
    """Yield the way to the best iteration: what was tried, and what was thought of it."""
    for iteration in (known for known in state.iterations.values() if known.idea):
        mark = " ★" if iteration.number == best.number else ""
        text = f"### Iteration {iteration.number}{mark}: {md.escape(iteration.idea)}"
        plan = iteration.answer(Step.PLAN) or {}
        text += f"\n\n{md.quote(md.escape(plan.get('reason', '')))}"
        answer = iteration.answer(Step.REFLECTION)
        if answer is not None:
            text += f"\n\n{md.harmless(answer['text'])}"
        elif iteration.reason:
            text += f"\n\nIt failed: {md.escape(iteration.reason)}"
        yield text


def _provenance(record: RunRecord, state: RunState, claims: Claims) -> dict[str, Any]:
    """Return what the page shows of where the record comes from."""

    def interval(scores: Mapping[str, Any] | None) -> Any:
        return ((scores or {}).get("intervals") or {}).get(record.metric)

    return {
        "created": record.created,
        "version": claims.version,
        "data": [{"name": _name(f), "sha256": f.sha256, "bytes": f.bytes} for f in claims.data],
        "iterations": [
            {
                "number": iteration.number,
                "idea": iteration.idea,
                "status": iteration.status,
                "train": iteration.value("train", record.metric),
                "validation": interval((iteration.scores or {}).get("validation")),
                "best": iteration.number == state.best,
            }
            for iteration in state.iterations.values()
        ],
        "metric": METRICS[record.metric].label,
        "test": interval(state.test),
        "environment": {"python": claims.python} | claims.packages,
        "hardware": dict(claims.hardware),
        "seed": claims.seed,
        "threads": claims.threads,
    }
