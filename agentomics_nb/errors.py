"""What a person may see instead of a traceback: one sentence, and what to do."""

from __future__ import annotations

import errno


class AgentomicsError(Exception):
    """Base of all errors whose message is written for the person; nobody is shown a traceback with it."""

    def _render_traceback_(self) -> list[str]:
        """Return what IPython shows instead of one; the cell still counts as failed."""
        return [f"agentomics: {self}"]


class InputError(AgentomicsError):
    """The data set or an option cannot be used as given; nothing was started (exit code 2).

    The message is one sentence that names the file, column or option, and says what to do.
    """


class RunError(AgentomicsError):
    """A run directory cannot be used as asked: absent, damaged, or owned by a living engine."""


def is_disk_full(error: BaseException) -> bool:
    """Return whether the system had no room left, or the person's quota was used up."""
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
