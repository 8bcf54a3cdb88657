"""The audit of a data set: every check in turn, and the split contract that follows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from agentomics_nb.audit.contract import SplitContract, choose
from agentomics_nb.audit.finding import SEVERITIES, Finding, Role

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agentomics_nb.audit.relation import Related
    from agentomics_nb.audit.tables import Tables
    from agentomics_nb.dataset.model import Dataset


class Audit(BaseModel):
    """What an audit found.

    Parameters
    ----------
    dataset : str
        Name of the data set.
    task : {"classification", "regression"}
        What is learned.
    target : str
        The label column.
    rows : dict of str to int
        Labelled rows of each file.
    findings : tuple of Finding
        The gravest first; within a severity those that concern most rows.
    contract : SplitContract
        How the training rows may be divided, and why.
    notes : tuple of str
        What was not looked at in full, a sentence each.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    dataset: str
    task: str
    target: str
    rows: dict[Role, int]
    findings: tuple[Finding, ...]
    contract: SplitContract
    notes: tuple[str, ...] = ()

    @property
    def severe(self) -> tuple[Finding, ...]:
        """The findings that can mislead about which model is good."""
        return tuple(finding for finding in self.findings if finding.severity == "severe")

    @property
    def for_the_agent(self) -> tuple[Finding, ...]:
        """The findings that say nothing about the test file, of which the agent is never told."""
        return tuple(finding for finding in self.findings if "test" not in finding.files)

    @property
    def verdict(self) -> str:
        """The outcome in a sentence."""
        severe, warnings = len(self.severe), sum(f.severity == "warning" for f in self.findings)
        if self.contract.doubt is not None:
            return self.contract.doubt
        if severe:
            ignored = "it misleads" if severe == 1 else "them misleads"
            return f"{severe} severe finding{'s' * (severe != 1)}: a score that ignores {ignored}."
        if warnings:
            return f"{warnings} warning{'s' * (warnings != 1)}: scores need care; an honest split is possible."
        return "Nothing speaks against a score on an honest split."


def audit(dataset: Dataset, split: str | None = None) -> Audit:
    """Audit an inspected data set.

    Reads the files once; pure but for that, deterministic, and bounded in memory: of files with more than 60 million
    values or 240 MB a random sample of the rows is read, and of more than 20 million letters one stretch in so many is
    compared.

    Parameters
    ----------
    dataset : Dataset
        From `inspect`.
    split : str, optional
        The split that was asked for: ``random``, ``group=COL``, ``homology`` or ``time=COL``.

    Raises
    ------
    InputError
        If a file has changed since the inspection, or the split cannot be granted; one sentence says why.
    """
    from agentomics_nb.audit import drift, duplicates, entities, genomic_intervals, homology, label_copies
    from agentomics_nb.audit.tables import load

    tables = load(dataset)
    candidates = entities.find_groups(tables)
    overlaps = genomic_intervals.relate(dataset, tables.train.frame)
    alike = homology.relate(dataset, tables.train.frame)
    relations = [related for related in (overlaps, alike) if related is not None]
    findings = [
        *duplicates.find(tables),
        *homology.find(tables, alike),
        *genomic_intervals.find(tables, overlaps),
        *entities.find(tables, candidates),
        *label_copies.find(tables),
        *drift.find(tables),
    ]
    return Audit(
        dataset=dataset.name,
        task=dataset.task,
        target=dataset.target.name,
        rows={part.role: len(part) for part in tables.parts},
        findings=tuple(sorted(findings, key=_gravity)),
        contract=choose(tables, candidates, relations, findings, split),
        notes=tuple(_notes(tables, relations)),
    )


def _gravity(finding: Finding) -> tuple[int, float, str]:
    return (SEVERITIES.index(finding.severity), -finding.share, finding.code)


def _notes(tables: Tables, relations: Sequence[Related]) -> list[str]:
    notes = [
        f"{part.file} is large: a random sample of {len(part):,} of its rows was looked at."
        for part in tables.parts
        if part.sampled
    ]
    notes += [
        f"Sequences are many: one stretch in {related.relation.scale} was compared; short overlaps may be missed."
        for related in relations
        if related.relation.scale > 1
    ]
    return notes
