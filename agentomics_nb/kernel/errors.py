"""What goes wrong with the agent kernel itself, as opposed to with the code it runs."""

from __future__ import annotations

from agentomics_nb.errors import AgentomicsError


class KernelError(AgentomicsError):
    """A process of the run could not be started; the message holds what it said last."""
