"""Keeps the notebook's cells up to date with a run, from a thread, for as long as the kernel lives."""

from __future__ import annotations

import contextvars
import json
import queue
import threading
import time
from typing import TYPE_CHECKING, Any

from agentomics_nb.errors import AgentomicsError
from agentomics_nb.views.cells.channel import Channel
from agentomics_nb.views.cells.lease import Lease
from agentomics_nb.views.cells.messages import PROTOCOL, Ack, Ask, Bye, Hello, Take, Taken, Who
from agentomics_nb.views.cells.mirror import Entry, Mirror
from agentomics_nb.views.cells.pacing import Pace
from agentomics_nb.views.cells.removals import Removals
from agentomics_nb.views.cells.standing import standing
from agentomics_nb.views.cells.steering import carry_out

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from agentomics_nb.handle import RunHandle
    from agentomics_nb.views.cells.messages import Incoming

LOOK = 0.03
"""Seconds between two looks at the size of the events."""
REFRESH = 0.5
"""Seconds after which the run is looked at although nothing was written: its engine may have died."""
PING = 2.0
MESSAGE = 400_000
"""Bytes of one message at most, unless a single cell has more."""
PATIENCE = 10.0
"""Seconds in which a page must have answered before the person is told that none can."""


class CellFeed:
    """Sends a run's cells to the notebook from which it was started.

    Parameters
    ----------
    shell : InteractiveShell
        Of a kernel.
    handle : RunHandle
        The run.
    anchor : str or None
        Id of the notebook cell below which the run's cells belong.
    """

    def __init__(self, shell: Any, handle: RunHandle, anchor: str | None) -> None:
        from agentomics_nb import __version__

        self._handle = handle
        self._version = __version__
        with handle.looking() as (record, _):
            greeting = {"version": __version__, "run": record.run, "digest": record.digest, "cell": anchor}
            self._removals = Removals(handle.directory.removals, anchor)
            self._mirror = Mirror(record, self._removals)
        self._channel = Channel(shell, greeting)
        self._lease = Lease()
        self._pace = Pace()
        self._hellos: dict[str, Hello] = {}
        self._owed: Iterator[Entry] | None = None
        self._number = 0
        self._size = -1
        self._refreshed = self._pinged = self._began = time.monotonic()
        self._told: dict[str, Any] | None = None
        self._saved = 0
        self._mismatch: str | None = None
        self._ended = threading.Event()

    def begin(self) -> None:
        """Start the thread; it belongs to the cell that calls."""
        context = contextvars.copy_context()
        threading.Thread(target=context.run, args=(self._work,), name="agentomics-cells", daemon=True).start()

    @property
    def complaint(self) -> str | None:
        """Why no cells appear in the notebook, and what to do; None while all is well."""
        if self._mismatch is not None:
            return self._mismatch
        silent = self._lease.holder is None and not self._hellos and time.monotonic() - self._began > PATIENCE
        if self._channel.refused or silent:
            return (
                "Cells do not appear here: the agentomics-nb labextension did not answer. Install agentomics-nb in the "
                "Jupyter server's environment, reload the page, and run: %agentomics attach"
            )
        return None

    @property
    def has_page(self) -> bool:
        """Whether a page with the labextension shows the notebook now."""
        return bool(self._hellos)

    @property
    def settled(self) -> bool:
        """Whether it is known if a page answers."""
        return self._channel.refused or bool(self._hellos) or time.monotonic() - self._began > PATIENCE

    def save(self) -> None:
        """Let the page save the notebook once more."""
        self._saved = -1

    def end(self) -> None:
        """Let another feed take over."""
        self._ended.set()

    def _work(self) -> None:
        while not (self._channel.refused or self._ended.is_set()):
            now = time.monotonic()
            self._take_messages(now)
            if self._lease.settle(now):
                self._hand_over()
            if self._has_news(now):
                self._handle.refresh()
                self._refreshed = now
                self._owed = None
            self._tell_standing()
            self._send_owed(now)
            if now - self._pinged > PING:
                self._send({"type": "ping"})
                self._pinged = now
        self._channel.close()

    def _take_messages(self, now: float) -> None:
        """Wait a moment for messages and take all there are."""
        try:
            message = self._channel.incoming.get(timeout=LOOK)
            while True:
                self._take(message, now)
                message = self._channel.incoming.get_nowait()
        except queue.Empty:
            return

    def _take(self, message: Incoming, now: float) -> None:
        match message:
            case Who():
                self._channel.send({"type": "greeting", "client": message.client, **self._channel.greeting})
            case Hello():
                self._greet(message, now)
            case Bye():
                self._hellos.pop(message.client, None)
                self._lease.drop(message.client)
            case _ if message.client not in self._hellos:
                self._channel.send({"type": "resync", "client": message.client})
            case Ack():
                self._lease.sign(message.client, now)
                if message.client == self._lease.holder:
                    self._pace.arrived(message.n)
            case Taken():
                self._lease.sign(message.client, now)
                self._removals.take(message.gone, message.back)
            case Take():
                self._lease.take(message.client)
                self._hand_over()
            case Ask():
                self._lease.sign(message.client, now)
                self._answer(message)

    def _greet(self, hello: Hello, now: float) -> None:
        if hello.protocol != PROTOCOL:
            newer = "labextension" if hello.protocol < PROTOCOL else "kernel"
            self._mismatch = (
                f"Cells do not appear here: the labextension is agentomics-nb {hello.version}, the kernel has "
                f"{self._version}. Upgrade the {newer}'s environment to the same version and reload the page."
            )
            self._channel.send({"type": "refused", "client": hello.client, "text": self._mismatch})
            return
        self._mismatch = None
        self._hellos[hello.client] = hello
        self._lease.sign(hello.client, now)
        self._lease.settle(now)
        self._told = None
        if hello.client == self._lease.holder:
            self._hand_over()
        else:
            self._send({"type": "lease", "holder": self._lease.holder})

    def _hand_over(self) -> None:
        """Begin anew with the page that has the lease: it gets what its notebook lacks."""
        holder = self._lease.holder
        if holder is None or holder not in self._hellos:
            return
        hello = self._hellos[holder]
        with self._handle.looking() as (_, state):
            self._removals.compare(state, hello.known)
            self._mirror.begin(state, hello.known)
        self._pace.forget()
        self._owed = None
        self._size = -1
        self._send({"type": "lease", "holder": holder})

    def _has_news(self, now: float) -> bool:
        """Return whether events were written; looking at the file's size costs microseconds."""
        try:
            size = self._handle.directory.events.stat().st_size
        except OSError:
            size = 0
        changed, self._size = size != self._size, size
        return changed or now - self._refreshed > REFRESH

    def _tell_standing(self) -> None:
        if self._lease.holder is None:
            return
        with self._handle.looking() as (record, state):
            told = standing(record, state)
        if told != self._told:
            self._told = told
            self._send({"type": "standing", **told})

    def _send_owed(self, now: float) -> None:
        """Send cells to the page that writes them, as many as may go now."""
        holder = self._lease.holder
        if holder is None or holder not in self._hellos:
            return
        with self._handle.looking() as (_, state):
            if self._owed is None:
                self._owed = self._mirror.owed(state)
            entries: list[Entry] = []
            size = 0
            while self._pace.may_send(now):
                entry = next(self._owed, None)
                if entry is None:
                    break
                entries.append(entry)
                size += len(json.dumps(entry))
                if size >= MESSAGE:
                    self._send_cells(holder, entries, size)
                    entries, size = [], 0
            steps = sum(step.answer is not None for i in state.iterations.values() for step in i.steps.values())
            ends = steps + (state.status not in (None, "running"))
        if entries:
            self._send_cells(holder, entries, size)
        if ends != self._saved:
            self._saved = ends
            self._send({"type": "save", "for": holder})

    def _send_cells(self, holder: str, entries: list[Entry], size: int) -> None:
        self._send({"type": "cells", "for": holder, "cells": entries}, size)

    def _send(self, message: dict[str, Any], size: int = 200) -> None:
        """Send a numbered message: a page that misses a number says hello again."""
        self._number += 1
        self._pace.sent(self._number, size)
        self._channel.send({**message, "n": self._number})

    def _answer(self, ask: Ask) -> None:
        try:
            text, ok = carry_out(self._handle, ask.command, text=ask.text, cell=ask.cell), True
        except AgentomicsError as error:
            text, ok = str(error), False
        self._channel.send({"type": "reply", "client": ask.client, "request": ask.request, "ok": ok, "text": text})


_feeds: dict[Path, CellFeed] = {}


def feed_notebook(shell: Any, handle: RunHandle, anchor: str | None) -> CellFeed:
    """Send a run's cells to the notebook below the cell `anchor`; a run that is sent already is placed anew."""
    path = handle.path.resolve()
    before = _feeds.pop(path, None)
    if before is not None:
        before.end()
    feed = _feeds[path] = CellFeed(shell, handle, anchor)
    feed.begin()
    return feed
