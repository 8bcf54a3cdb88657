"""``ro-crate-metadata.json``: the record as a Process Run Crate, for repositories and workflow tools."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agentomics_nb.journal.directory import write_json
from agentomics_nb.record.crate_actions import actions
from agentomics_nb.record.crate_agents import author_entities, licence_entity, software_entities
from agentomics_nb.record.crate_files import described_files
from agentomics_nb.record.facts import Facts, day
from agentomics_nb.record.redaction import Redaction

if TYPE_CHECKING:
    from collections.abc import Callable

    from agentomics_nb.journal.directory import RunDirectory, RunRecord
    from agentomics_nb.journal.state import RunState
    from agentomics_nb.record.directory import RecordDirectory

SPECIFICATION = "1.1"
"""The RO-Crate that the profile builds on."""
PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
TERMS = {"sha256": "http://schema.org/sha256"}
"""What the context of RO-Crate 1.1 lacks and that of 1.2 has."""


def write_crate(
    directory: RecordDirectory,
    run: RunDirectory,
    record: RunRecord,
    state: RunState,
    *,
    author: str | None = None,
    licence: str | None = None,
    orcid: str | None = None,
) -> None:
    """Describe a record that is complete but for the manifest; the same record gives the same text.

    Parameters
    ----------
    directory : RecordDirectory
        The record. All its files are described with their sha256, but for the manifest, which is written after this.
    run, record, state : RunDirectory, RunRecord, RunState
        The run, with a model.
    author : str, optional
        Name of the person who answers for the record; becomes the agent of every action.
    licence : str, optional
        An SPDX identifier such as ``CC-BY-4.0``, or the address of a licence.
    orcid : str, optional
        Of the author: ``0000-0002-1825-0097`` or its address.
    """
    from rocrate.model import ContextEntity, File
    from rocrate.rocrate import ROCrate

    facts = Facts(run, record, state, None)
    cleaned = Redaction.of(run, record).text
    crate = ROCrate(version=SPECIFICATION)
    crate.metadata.extra_terms.update(TERMS)

    def add(kind: type[Any], entity: dict[str, Any]) -> None:
        properties = {name: value for name, value in entity.items() if name != "@id"}
        if kind is File:
            crate.add(File(crate, dest_path=entity["@id"], properties=_tidied(properties, cleaned)))
        else:
            crate.add(ContextEntity(crate, entity["@id"], properties=_tidied(properties, cleaned)))

    files = described_files(directory, facts)
    for entity in files.entities:
        add(File, entity)
    persons = author_entities(author, orcid)
    licences = licence_entity(licence)
    made = actions(facts, files, author=persons[0]["@id"] if persons else None)
    profile = {"@id": PROFILE, "@type": "CreativeWork", "name": "Process Run Crate", "version": "0.5"}
    for entity in [profile, licences, *persons, *software_entities(facts), *files.outside, *made]:
        add(ContextEntity, entity)
    root = {
        "name": f"{record.dataset.name}: a model of {record.dataset.target.name}, with all that made it",
        "description": _description(facts),
        "datePublished": _date(facts),
        "license": {"@id": licences["@id"]},
        "conformsTo": {"@id": PROFILE},
        "author": {"@id": persons[0]["@id"]} if persons else None,
        "mentions": [{"@id": entity["@id"]} for entity in made if entity["@type"] == "CreateAction"],
        "hasPart": [{"@id": entity["@id"]} for entity in files.entities],
        "keywords": "machine learning, omics, agentomics",
    }
    for name, value in _tidied(root, cleaned).items():
        crate.root_dataset[name] = value
    write_json(directory.crate, crate.metadata.generate())


def _description(facts: Facts) -> str:
    data, best, test = facts.record.dataset, facts.interval("validation"), facts.interval("test")
    text = f"An experiment with {len(facts.tried)} iterations on {data.name} ({data.n_rows:,} labelled rows)."
    if facts.best is not None:
        text += f" The best model is that of iteration {facts.best.number}: {facts.best.idea}."
    if best is not None:
        text += f" Validation {facts.metric.label} {best['value']:.4g}"
        text += f"; test {facts.metric.label} {test['value']:.4g}." if test is not None else "."
    ended = facts.state.updated
    return text + (f" The run ended on {day(ended)}." if ended is not None else "")


def _date(facts: Facts) -> str:
    """Return the day on which the run was worked on last: the record's own making must not change its text."""
    from datetime import UTC, datetime

    if facts.state.updated is None:
        return facts.record.created[:10]
    return datetime.fromtimestamp(facts.state.updated, UTC).date().isoformat()


def _tidied(properties: dict[str, Any], cleaned: Callable[[str], str]) -> dict[str, Any]:
    """Return properties without empty ones, lists of one as the one, and texts without places of this machine."""
    tidy: dict[str, Any] = {}
    for name, value in properties.items():
        if isinstance(value, list) and len(value) == 1:
            tidy[name] = value[0]
        elif isinstance(value, str) and name in ("name", "description", "text", "error", "value"):
            tidy[name] = cleaned(value)
        elif value not in (None, [], ""):
            tidy[name] = value
    return tidy
