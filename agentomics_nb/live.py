"""A run below the magic's cell: a live dashboard where the page can draw one, else static HTML, redrawn."""

from __future__ import annotations

import contextlib
import contextvars
import threading
import time
import uuid
from typing import TYPE_CHECKING, Any

from agentomics_nb.views.html import bundle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agentomics_nb.handle import RunHandle
    from agentomics_nb.journal.state import RunState
    from agentomics_nb.views.cells.feed import CellFeed
    from agentomics_nb.views.dashboard.feed import DashboardFeed
    from agentomics_nb.views.pictures import Picture

LOOK = 0.25
"""Seconds between two looks at the events."""
REDRAW = 0.5
"""Seconds between two drawings of static HTML, at least."""
TICK = 2.0
"""Seconds after which the clocks of static HTML are redrawn although nothing has happened."""
PATIENCE = 30.0
"""Seconds in which a page must have drawn the dashboard, before static HTML takes its place."""
WIDGET = "application/vnd.jupyter.widget-view+json"


class LiveStatus:
    """Shows a run in place.

    Parameters
    ----------
    shell : InteractiveShell
        Of a kernel.
    handle : RunHandle
        The run.
    feed : CellFeed, optional
        Sends the run's cells to the notebook; what it complains of is shown.
    display_id : str, optional
        An output of the cell that is there already; the run takes its place.

    Notes
    -----
    The thread runs in a copy of the context of the cell that made it, so that its updates belong to that cell.
    Beside the dashboard the output always holds a static twin, brought up to date at the end of each iteration; when
    the run ends the twin takes the dashboard's place. So the notebook reads the same without a kernel.
    """

    def __init__(
        self, shell: Any, handle: RunHandle, feed: CellFeed | None = None, display_id: str | None = None
    ) -> None:
        self._shell = shell
        self._feed = feed
        self._handle = handle
        self._shown = display_id is not None
        self._display_id = display_id or new_display_id()
        self._thread: threading.Thread | None = None
        self._dashboard: DashboardFeed | None = None
        self._began = 0.0
        self._pictured: tuple[object, Sequence[Picture]] = (None, ())

    def begin(self) -> None:
        """Show the run, and keep it up to date until it has ended."""
        self._handle.refresh()
        self._began = time.monotonic()
        if not self._handle.ended:
            self._open_dashboard()
        self._draw(update=self._shown)
        self._handle.shown_in = self._shell.execution_count
        self._handle.on_change = self.redraw
        self._handle.on_resume = self._follow
        self._follow()

    def redraw(self) -> None:
        """Draw once more, from the thread that calls; front ends without a person take only these updates."""
        self._close_dashboard()
        self._draw(update=True)

    def _open_dashboard(self) -> None:
        from agentomics_nb.views.dashboard.feed import open_dashboard

        self._dashboard = open_dashboard(self._handle)

    def _close_dashboard(self) -> None:
        if self._dashboard is not None:
            self._dashboard.close()
            self._dashboard = None

    def _follow(self) -> None:
        if self._handle.ended or (self._thread is not None and self._thread.is_alive()):
            return
        context = contextvars.copy_context()
        self._thread = threading.Thread(
            target=context.run, args=(self._keep_up,), name="agentomics-status", daemon=True
        )
        self._thread.start()

    def _keep_up(self) -> None:
        drawn: tuple[object, float] = (None, 0.0)
        while True:
            time.sleep(LOOK)
            self._handle.refresh()
            ended, complaint, now = self._handle.ended, self._complaint(), time.monotonic()
            if self._dashboard is not None and (ended or self._is_unseen(now)):
                self._close_dashboard()
            if self._dashboard is not None:
                self._dashboard.tell(complaint)
            with self._handle.looking() as (_, state):
                seen = _landmarks(state) if self._dashboard is not None else state.last_seq
            tick = TICK if self._dashboard is None else float("inf")
            changed = drawn[0] != (seen, complaint) and now - drawn[1] >= REDRAW
            if ended or changed or now - drawn[1] >= tick:
                self._draw(update=True)
                drawn = ((seen, complaint), now)
                if ended and self._feed is not None:
                    self._feed.save()  # what stands in the file now still names the dashboard
            if ended and (self._feed is None or self._feed.settled):
                return

    def _is_unseen(self, now: float) -> bool:
        """Whether no page can be thought to draw the dashboard: it would hide the static twin."""
        if self._dashboard is None or self._dashboard.seen or now - self._began < PATIENCE:
            return False
        return self._feed is None or not self._feed.has_page

    def _complaint(self) -> str | None:
        return self._feed.complaint if self._feed is not None else None

    def _draw(self, *, update: bool) -> None:
        complaint = self._complaint()
        portrait = self._handle.portrait(notices=[] if complaint is None else [("info", complaint)])
        with self._handle.looking() as (_, state):
            marks = _landmarks(state)
        if self._pictured[0] != marks:
            self._pictured = (marks, portrait.pictures())
        data: dict[str, Any] = {**bundle(portrait, self._pictured[1])}
        if self._dashboard is not None:
            data[WIDGET] = {"version_major": 2, "version_minor": 0, "model_id": self._dashboard.model_id}
        with contextlib.suppress(OSError):  # the channel closes while the kernel shuts down
            self._shell.display_pub.publish(
                data=data,
                metadata={"agentomics": {"run": self._handle.name}},
                transient={"display_id": self._display_id},
                update=update,
            )


def new_display_id() -> str:
    """Return a name for an output that is to be replaced."""
    return f"agentomics-{uuid.uuid4().hex}"


def _landmarks(state: RunState) -> tuple[object, ...]:
    """Return what changes when an iteration ends, the run ends, or the best one changes."""
    over = sum(iteration.status != "running" for iteration in state.iterations.values())
    ended = state.status not in (None, "running", "paused")
    return over, state.best, state.test_opened, ended and state.status
