"""Stay with a run in the terminal until it ends; Ctrl-C ends it cleanly."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from agentomics_nb.journal.inbox import send
from agentomics_nb.views import terminal
from agentomics_nb.views.snapshot import snapshot

if TYPE_CHECKING:
    from typing import TextIO

    from agentomics_nb.views.snapshot import Snapshot
    from agentomics_nb.watching import Watch

INTERVAL = 0.25
"""Seconds between two looks at the events."""


def stay_with(watch: Watch, stream: TextIO, *, stop_on_interrupt: bool = True) -> bool:
    """Show a run until it has ended.

    Parameters
    ----------
    watch : Watch
        The run.
    stream : TextIO
        A terminal gets a live picture, anything else one line a step.
    stop_on_interrupt : bool
        Whether the first Ctrl-C asks the engine to stop, and only the second one leaves.

    Returns
    -------
    bool
        Whether the run has ended; False if it was left at work.
    """
    asked = False
    answered: str | None = None
    with terminal.view(stream) as view:
        while True:
            try:
                events = watch.refresh()
                view.show(take(watch), events)
                if watch.ended:
                    return True
                if isinstance(view, terminal.LiveView) and sys.stdin.isatty():
                    answered = _decide(watch, view, answered)
                time.sleep(INTERVAL)
            except KeyboardInterrupt:
                if asked or not stop_on_interrupt:
                    view.say(f"Left at work; look with: agentomics status {watch.record.run}")
                    return False
                asked = True
                send(watch.run.inbox, "stop")
                view.say("Stopping; the best so far is kept. Ctrl-C again leaves at once.")


def _decide(watch: Watch, view: terminal.LiveView, answered: str | None) -> str | None:
    """Ask the person about the cell that waits, once; return its id."""
    cell = watch.state.waiting_cell
    if cell is None or cell.id == answered:
        return answered
    answer = view.ask(cell.source).strip().lower()
    if answer.startswith("s"):
        send(watch.run.inbox, "stop")
    elif answer.startswith(("y", "n")):
        send(watch.run.inbox, "approve" if answer.startswith("y") else "reject", cell=cell.id)
    else:
        return None  # asked again
    return cell.id


def take(watch: Watch) -> Snapshot:
    """Return the picture of a watched run, its clocks running."""
    return snapshot(watch.record, watch.state, watch.run.path, now=time.time())
