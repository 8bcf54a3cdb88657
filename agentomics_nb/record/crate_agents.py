"""Who and what acted in a run, and on which terms its record may be used, as entities of an RO-Crate."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

from agentomics_nb.errors import InputError
from agentomics_nb.record.endpoint import public_host

if TYPE_CHECKING:
    from agentomics_nb.experiment.steps import Step
    from agentomics_nb.journal.state import StepState
    from agentomics_nb.record.facts import Facts

Entity = dict[str, Any]

ENGINE = "#agentomics-nb"
LANGUAGE_MODEL = "#language-model"
NO_LICENCE = "#no-licence"
_ORCID = re.compile(r"(?:https?://orcid\.org/)?(\d{4}-\d{4}-\d{4}-\d{3}[\dX])")
_SPDX = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+-]*")
PACKAGES = {
    "python": ("Python", "https://www.python.org"),
    "numpy": ("NumPy", "https://numpy.org"),
    "pandas": ("pandas", "https://pandas.pydata.org"),
    "scikit-learn": ("scikit-learn", "https://scikit-learn.org"),
    "torch": ("PyTorch", "https://pytorch.org"),
}


def author_entities(author: str | None, orcid: str | None) -> list[Entity]:
    """Return the person; nothing if nobody is named.

    Raises
    ------
    InputError
        If the ORCID is none.
    """
    if not author:
        return []
    name = " ".join(author.split())
    if orcid is None:
        return [{"@id": f"#person-{hashlib.sha256(name.encode()).hexdigest()[:8]}", "@type": "Person", "name": name}]
    found = _ORCID.fullmatch(orcid.strip())
    if found is None:
        raise InputError(f"{orcid} is no ORCID; give one such as 0000-0002-1825-0097.")
    return [{"@id": f"https://orcid.org/{found[1]}", "@type": "Person", "name": name}]


def licence_entity(licence: str | None) -> Entity:
    """Return the licence, or the statement that none was given.

    Raises
    ------
    InputError
        If it is neither an SPDX identifier nor an address.
    """
    if licence is None:
        return {
            "@id": NO_LICENCE,
            "@type": "CreativeWork",
            "name": "No licence was given",
            "description": "Its authors have given this record no licence: all rights reserved. Ask them before use.",
        }
    text = licence.strip()
    if text.startswith(("https://", "http://")):
        return {"@id": text, "@type": "CreativeWork", "name": text, "description": "The licence of this record."}
    if not _SPDX.fullmatch(text):
        raise InputError(f"{text} is no licence; give an SPDX identifier such as CC-BY-4.0, or an address.")
    return {
        "@id": f"https://spdx.org/licenses/{text}",
        "@type": "CreativeWork",
        "name": text,
        "identifier": text,
        "description": f"The licence of this record, {text} in the list of SPDX.",
    }


def planner_of(facts: Facts, step: Step) -> str:
    """Return the id of what decided a step of the best iteration."""
    state = facts.best.steps.get(step) if facts.best is not None else None
    return planner(facts, state)


def planner(facts: Facts, state: StepState | None) -> str:
    """Return the id of what decided a step: the language model, unless the offline planner took the step over."""
    fell_back = state is not None and state.fell_back is not None
    return LANGUAGE_MODEL if facts.planned_by_model and not fell_back else ENGINE


def software_entities(facts: Facts) -> list[Entity]:
    """Return the software that acted: agentomics-nb, what it computes with, and the language model if one planned."""
    known = facts.record.versions
    packages = [
        {"@id": url, "@type": "SoftwareApplication", "name": words, "softwareVersion": known[name], "url": url}
        for name, (words, url) in PACKAGES.items()
        if name in known
    ]
    engine: Entity = {
        "@id": ENGINE,
        "@type": "SoftwareApplication",
        "name": "agentomics-nb",
        "softwareVersion": facts.version or "unknown",
        "description": "Carries out the experiment in cells, evaluates, and keeps the record; its offline planner "
        "decides by rules where no language model plans.",
        "softwareRequirements": [{"@id": each["@id"]} for each in packages],
    }
    model = facts.record.model
    if model is None:
        return [engine, *packages]
    planner: Entity = {
        "@id": LANGUAGE_MODEL,
        "@type": "SoftwareApplication",
        "name": "a recorded conversation with a language model" if model.replayed else model.name,
        "softwareVersion": "as recorded" if model.replayed else model.name,
        "description": "The language model that planned: it chose what to try and wrote the scripts.",
    }
    if host := public_host(model):
        planner["url"] = f"https://{host}"
    return [engine, planner, *packages]
