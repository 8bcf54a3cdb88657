"""Replay a recorded conversation: the model's answers come from a run, the tools work anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentomics_nb.planner.llm.conversation import Call, Said, Usage, replies
from agentomics_nb.planner.llm.faults import Turned

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from agentomics_nb.planner.llm.endpoint import Request


class ReplayEndpoint:
    """Answers as a recorded run was answered; no network, no key, no cost.

    Parameters
    ----------
    conversations : Path
        The recorded run's conversations.
    workspace : str
        The workspace of the run at hand; it takes the place of the recorded one in every call.
    """

    def __init__(self, conversations: Path, workspace: str) -> None:
        self._folder = conversations
        self._workspace = workspace

    def ask(self, request: Request, poll: Callable[[], None], heard: Callable[[str], None] | None = None) -> Said:
        """Return the recorded answer at this place of the conversation.

        Raises
        ------
        Turned
            If the recording ends here.
        """
        poll()
        step, _, _ = request.number.rpartition("-")
        opened, recorded = replies(self._folder / f"{step}.jsonl")
        if opened is None or request.answered >= len(recorded):
            raise Turned(f"The recorded conversation of {step} ends here.")
        said = recorded[request.answered]
        calls = tuple(
            Call(id=call.id, name=call.name, arguments=call.arguments.replace(opened.workspace, self._workspace))
            for call in said.calls
        )
        return Said(
            request=request.number, text=said.text, calls=calls, usage=Usage(), model=said.model, cut_off=said.cut_off
        )

    def close(self) -> None:
        """Nothing is held open."""
