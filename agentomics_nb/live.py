"""The status of a run below the magic's cell, kept up to date from a thread while the kernel stays free."""

from __future__ import annotations

import contextvars
import threading
import time
import uuid
from typing import TYPE_CHECKING, Any

from agentomics_nb.views.html import bundle

if TYPE_CHECKING:
    from agentomics_nb.handle import RunHandle

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

    Notes
    -----
    The thread runs in a copy of the context of the cell that made it, so that its updates belong to that cell.
    The last drawing is static HTML: it stays readable when the notebook is opened without a kernel.
    """

    def __init__(self, shell: Any, handle: RunHandle) -> None:
        self._shell = shell
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
        drawn = time.monotonic()
        while True:
            time.sleep(LOOK)
            changed = self._handle.refresh()
            ended = self._handle.ended
            if changed or ended or time.monotonic() - drawn >= TICK:
                self._draw(update=True)
                drawn = time.monotonic()
            if ended:
                return

    def _draw(self, *, update: bool) -> None:
        self._shell.display_pub.publish(
            data=bundle(self._handle.snapshot()),
            metadata={},
            transient={"display_id": self._display_id},
            update=update,
        )
