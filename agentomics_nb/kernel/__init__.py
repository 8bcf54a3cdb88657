"""The agent kernel, where all code of the agent runs, and the control over every process that it starts."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from agentomics_nb.kernel.agent import AgentKernel
    from agentomics_nb.kernel.cell import CellResult
    from agentomics_nb.kernel.errors import KernelError
    from agentomics_nb.kernel.isolated import ProcessResult, run_isolated
    from agentomics_nb.kernel.processes import become_subreaper

__all__ = [
    "AgentKernel",
    "CellResult",
    "KernelError",
    "ProcessResult",
    "become_subreaper",
    "run_isolated",
]

# The guard and the kernel's own process are started as modules of this package: neither may pay for its
# imports.
_HOMES = {
    "AgentKernel": "agent",
    "CellResult": "cell",
    "KernelError": "errors",
    "ProcessResult": "isolated",
    "become_subreaper": "processes",
    "run_isolated": "isolated",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
