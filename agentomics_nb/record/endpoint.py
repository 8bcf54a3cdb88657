"""Whether the endpoint of a language model may be named to others: a public service, but no host of one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from agentomics_nb.planner.llm.model import ADDRESSES, KEY_NAMES

if TYPE_CHECKING:
    from agentomics_nb.planner.llm.model import ModelChoice

_PUBLIC = frozenset(KEY_NAMES) | {urlsplit(address).hostname for address in ADDRESSES.values()}


def public_host(model: ModelChoice | None) -> str:
    """Return the host of a model that a public service runs; empty for any other."""
    if model is None or model.on_this_machine or model.host not in _PUBLIC:
        return ""
    return model.host


def private_host(model: ModelChoice | None) -> str:
    """Return the host that says who asked; empty where it is this machine or a public service."""
    if model is None or model.on_this_machine or public_host(model):
        return ""
    return model.host
