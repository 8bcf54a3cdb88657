"""The journal as the experiment writes it: every event goes to disk, into the state, and to the log notebook."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from agentomics_nb.journal.events import Notice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from agentomics_nb.experiment.steps import Step
    from agentomics_nb.journal.events import Event
    from agentomics_nb.journal.state import RunState


class EventSink(Protocol):
    """Where events are appended."""

    def write(self, event: Event) -> Event:
        """Append an event; return it with its sequence number and time."""
        ...


class Journal:
    """Writes events and keeps the state they add up to.

    Parameters
    ----------
    sink : EventSink
        ``events.jsonl``.
    state : RunState
        The state so far; changed in place.
    after : callable
        Called after each event with the event; keeps ``log.ipynb`` up to date.
    """

    def __init__(self, sink: EventSink, state: RunState, after: Callable[[Event], None]) -> None:
        self._sink = sink
        self._after = after
        self._iteration: int | None = None
        self._step: Step | None = None
        self.state = state

    def write(self, event: Event) -> Event:
        """Write an event, placed in the iteration and step at work."""
        placed = event.model_copy(update={"iteration": self._iteration, "step": self._step})
        stamped = self._sink.write(placed)
        self.state.apply(stamped)
        self._after(stamped)
        return stamped

    def notice_once(self, text: str) -> None:
        """Warn the person of something, unless the run has done so before, such as in an earlier attempt."""
        if all(notice.text != text for notice in self.state.notices):
            self.write(Notice(level="warning", text=text))

    @contextmanager
    def within(self, iteration: int | None, step: Step | None = None) -> Iterator[None]:
        """Place the events written inside in an iteration and a step."""
        before = self._iteration, self._step
        self._iteration, self._step = iteration, step
        try:
            yield
        finally:
            self._iteration, self._step = before
