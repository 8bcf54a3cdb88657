"""What a person may ask from the notebook's toolbar, menu or palette, carried out through the inbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentomics_nb import commands
from agentomics_nb.errors import InputError

if TYPE_CHECKING:
    from agentomics_nb.handle import RunHandle


def carry_out(handle: RunHandle, command: str, *, text: str | None = None, cell: str | None = None) -> str:
    """Carry out a command on a run; return what to expect.

    Raises
    ------
    AgentomicsError
        With one sentence, where it cannot be done.
    """
    match command:
        case "stop":
            return commands.stop(handle.directory)
        case "pause":
            return commands.pause(handle.directory)
        case "resume":
            handle.resume()
            return f"{handle.name} goes on."
        case "skip":
            return commands.skip(handle.directory)
        case "set":
            return commands.change_limit(handle.directory, text or "")
        case "approve":
            return commands.approve(handle.directory, source=text, cell=cell)
        case "reject":
            return commands.reject(handle.directory, cell=cell)
        case "report":
            return commands.report(handle.directory)
        case "hint":
            return commands.hint(handle.directory, text or "")
        case _:
            raise InputError(f"This version of agentomics-nb does not know how to {command}; install the newest one.")
