"""``report_card.md``: a methods paragraph, DOME and a model card, of facts only; what is unknown is shown as such."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from agentomics_nb import markdown as md
from agentomics_nb.experiment.headings import slice_in_words
from agentomics_nb.record.facts import Facts
from agentomics_nb.record.limits import limits
from agentomics_nb.record.methods import BASELINE_WORDS, MOST_CLASSES, MOST_HYPERPARAMETERS, methods
from agentomics_nb.record.prose import templates
from agentomics_nb.record.redaction import Redaction

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agentomics_nb.audit import Audit
    from agentomics_nb.journal.directory import RunDirectory, RunRecord
    from agentomics_nb.journal.state import RunState

MOST_COLUMNS = 8
MOST_SLICES = 12


def report_card(run: RunDirectory, record: RunRecord, state: RunState, audit: Audit | None) -> str:
    """Return the report card as Markdown; without a model, what is left of it.

    Parameters
    ----------
    run, record, state : RunDirectory, RunRecord, RunState
        The run.
    audit : Audit or None
        What the audit of its data found.
    """
    from agentomics_nb.experiment.steps import Step

    facts = Facts(run, record, state, audit)
    environment = templates(Redaction.of(run, record).text)
    environment.filters["slice_words"] = lambda found: Markup(slice_in_words(found))  # noqa: S704
    text = environment.get_template("report_card.md.j2").render(
        facts=facts,
        record=record,
        data=record.dataset,
        state=state,
        audit=audit,
        contract=record.contract,
        plan={"reason": "", **facts.answer(Step.PLAN)},
        architecture={"reason": "", **facts.answer(Step.ARCHITECTURE)},
        methods=Markup(methods(facts) if facts.best is not None else ""),  # noqa: S704
        metrics_table=Markup(_metrics(facts)),  # noqa: S704
        limits=limits(facts),
        baseline_words=BASELINE_WORDS[record.dataset.task],
        most_classes=MOST_CLASSES,
        most_columns=MOST_COLUMNS,
        most_hyperparameters=MOST_HYPERPARAMETERS,
        most_slices=MOST_SLICES,
    )
    return _laid_out(text)


def _metrics(facts: Facts) -> str:
    rows = [
        [
            f"**{row.metric.label}**" if row.metric.name == facts.record.metric else row.metric.label,
            md.number(row.train),
            md.with_interval(row.validation),
            *([] if facts.record.dataset.test is None else [_test(facts, row.test)]),
        ]
        for row in facts.metrics
    ]
    tested = [] if facts.record.dataset.test is None else ["test"]
    return md.table(["metric", "train", "validation", *tested], rows)


def _test(facts: Facts, interval: Mapping[str, Any] | None) -> str:
    return "void" if facts.test_is_void else md.with_interval(interval)


def _laid_out(text: str) -> str:
    """Return text with one space between sentences and one empty line between blocks."""
    blocks = [block.strip("\n") for block in re.split(r"\n[ \t]*\n\s*", text.strip())]
    return "\n\n".join("\n".join(_lines(block)) for block in blocks if block.strip()) + "\n"


def _lines(block: str) -> list[str]:
    """Return the lines of a block: those of lists, tables and headings as they are, those of a paragraph as one."""
    lines = [" ".join(line.split()) for line in block.splitlines() if line.strip()]
    if all(line.startswith(("- ", "|", "#")) for line in lines):
        return lines
    return [" ".join(lines)]
