"""The status of a run below the magic's cell, kept up to date from a thread while the kernel stays free."""

from __future__ import annotations

import contextvars
import dataclasses
import threading
import time
import uuid
from typing import TYPE_CHECKING, Any

from agentomics_nb.views.html import bundle

if TYPE_CHECKING:
    from agentomics_nb.handle import RunHandle
    from agentomics_nb.views.cells.feed import CellFeed

LOOK = 0.5
"""Seconds between two looks at the events: at most two updates a second."""
TICK = 2.0
"""Seconds after which the clocks are redrawn although nothing has happened."""


class LiveStatus:
    """Draws the status of a run in place.

    Parameters
    ----------
    shell : InteractiveShell
        Of a kernel.
    handle : RunHandle
        The run.
    feed : CellFeed, optional
        Sends the run's cells to the notebook; what it complains of is shown.

    Notes
    -----
    The thread runs in a copy of the context of the cell that made it, so that its updates belong to that cell.
    The last drawing is static HTML: it stays readable when the notebook is opened without a kernel.
    """

    def __init__(self, shell: Any, handle: RunHandle, feed: CellFeed | None = None) -> None:
        self._shell = shell
        self._feed = feed
        self._handle = handle
        self._display_id = f"agentomics-{uuid.uuid4().hex}"
        self._thread: threading.Thread | None = None

    def begin(self) -> None:
        """Show the status, and keep it up to date until the run has ended."""
        self._handle.refresh()
        self._draw(update=False)
        self._handle.shown_in = self._shell.execution_count
        self._handle.on_change = self.redraw
        self._handle.on_resume = self._follow
        self._follow()

    def redraw(self) -> None:
        """Draw once more, from the thread that calls; front ends without a person take only these updates."""
        self._draw(update=True)

    def _follow(self) -> None:
        if self._handle.ended or (self._thread is not None and self._thread.is_alive()):
            return
        context = contextvars.copy_context()
        self._thread = threading.Thread(
            target=context.run, args=(self._keep_up,), name="agentomics-status", daemon=True
        )
        self._thread.start()

    def _keep_up(self) -> None:
        drawn: tuple[int, str | None, float] = (-1, None, 0.0)
        while True:
            time.sleep(LOOK)
            self._handle.refresh()
            ended = self._handle.ended
            with self._handle.looking() as (_, state):
                seen = state.last_seq  # another thread may have taken the events in
            complaint = self._feed.complaint if self._feed is not None else None
            now = time.monotonic()
            if ended or (seen, complaint) != drawn[:2] or now - drawn[2] >= TICK:
                self._draw(update=True)
                drawn = (seen, complaint, now)
            if ended and (self._feed is None or self._feed.settled):
                return

    def _draw(self, *, update: bool) -> None:
        shot = self._handle.snapshot()
        if self._feed is not None and (complaint := self._feed.complaint) is not None:
            shot = dataclasses.replace(shot, notices=(*shot.notices, ("info", complaint)))
        self._shell.display_pub.publish(
            data=bundle(shot),
            metadata={},
            transient={"display_id": self._display_id},
            update=update,
        )
