"""Stay with a run in the terminal until it ends; Ctrl-C ends it cleanly."""

from __future__ import annotations

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
    with terminal.view(stream) as view:
        while True:
            try:
                events = watch.refresh()
                view.show(take(watch), events)
                if watch.ended:
                    return True
                time.sleep(INTERVAL)
            except KeyboardInterrupt:
                if asked or not stop_on_interrupt:
                    view.say(f"Left at work; look with: agentomics status {watch.record.run}")
                    return False
                asked = True
                send(watch.run.inbox, "stop")
                view.say("Stopping; the best so far is kept. Ctrl-C again leaves at once.")


def take(watch: Watch) -> Snapshot:
    """Return the picture of a watched run, its clocks running."""
    return snapshot(watch.record, watch.state, watch.run.path, now=time.time())
