"""The places of this machine, taken out of texts that leave it: no absolute path, no user name, no host."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from agentomics_nb.planner.llm.model import ADDRESSES, KEY_NAMES, ModelChoice

if TYPE_CHECKING:
    from collections.abc import Callable

    from agentomics_nb.journal.directory import RunDirectory, RunRecord

_HOME = re.compile(r"(?:/home|/Users)/[^/\s'\"`,;:)]+")
"""Somebody's home on whatever machine: a path in a text of the agent's may lead to another than ours."""
_ROOTED = re.compile(r"(?<![\w./:~-])/(?:[\w.@+-]+/)+(?=[\w.@+-])")
"""The folders of any other absolute path; a fraction such as 3/4 and an address with // are none."""


def without_places(run: RunDirectory, record: RunRecord) -> Callable[[str], str]:
    """Return a function that makes paths of a text relative, and drops the host of an endpoint that is not public.

    Parameters
    ----------
    run, record : RunDirectory, RunRecord
        The run; what it knows of the machine is what texts about it may mention.
    """
    dataset = record.dataset
    known = {str(run.path.resolve()), str(run.path.absolute()), record.origin.directory, str(Path.home())}
    known |= {str(Path(table.path).parent) for table in (dataset.train, dataset.validation, dataset.test) if table}
    roots = sorted((place.rstrip("/") for place in known if len(place) > 1), key=len, reverse=True)
    folders = re.compile(r"(?:" + "|".join(re.escape(root) for root in roots) + r")(?![\w-])/?")
    host = record.model.host if record.model is not None and not is_public(record.model) else ""

    def cleaned(text: str) -> str:
        text = _ROOTED.sub("", _HOME.sub("~", folders.sub("", text)))
        return text.replace(host, "the endpoint") if host else text

    return cleaned


def is_public(model: ModelChoice) -> bool:
    """Return whether an endpoint is one that everybody knows, so that naming it tells nothing of who asked."""
    return model.host in KEY_NAMES or any(model.base_url == known for known in ADDRESSES.values())
