"""Keeps the widget of a run up to date: only what has changed is sent, and no more often than a person can see."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from agentomics_nb.experiment.steps import Step
from agentomics_nb.views.cells.steering import carry_out
from agentomics_nb.views.dashboard.board import board
from agentomics_nb.views.dashboard.data_card import data_card
from agentomics_nb.views.dashboard.iterations import iterations
from agentomics_nb.views.dashboard.load import Load
from agentomics_nb.views.dashboard.reflections import reflections
from agentomics_nb.views.dashboard.training import training

if TYPE_CHECKING:
    from agentomics_nb.handle import RunHandle
    from agentomics_nb.journal.state import RunState
    from agentomics_nb.views.dashboard.widget import Dashboard

LOAD_INTERVAL = 2.0
TRAINING_INTERVAL = 0.5
CLOCK_INTERVAL = 5.0
"""Seconds after which the clocks are set anew although nothing has happened; the page lets them run meanwhile."""
_CLOCKS = ("seconds", "now")


class DashboardFeed:
    """Tells a widget what a run's events say.

    Parameters
    ----------
    handle : RunHandle
        The run.
    widget : Dashboard
        What is told.
    """

    def __init__(self, handle: RunHandle, widget: Dashboard) -> None:
        self._handle = handle
        self._widget = widget
        self._load = Load()
        self._load_at = self._training_at = self._clock_at = 0.0
        self._iterations_of: object = None
        self._reflections_of: object = None
        with handle.looking() as (record, _):
            widget.dataset = data_card(record.dataset, record.contract.reason, handle.audit)
        self.tell(None)

    @property
    def model_id(self) -> str:
        """Which widget a page is to draw."""
        return str(self._widget.model_id)

    @property
    def seen(self) -> bool:
        """Whether a page has drawn it."""
        return self._widget.seen

    def close(self) -> None:
        """Let go of the widget."""
        self._widget.close()

    def tell(self, complaint: str | None) -> None:
        """Send what has changed since the last call."""
        now = time.monotonic()
        told: dict[str, Any] = {}
        with self._handle.looking() as (record, state):
            told["board"] = board(record, state, self._handle.path, now=time.time(), complaint=complaint)
            if self._iterations_of != (marks := _of_iterations(state)):
                self._iterations_of = marks
                told["iterations"] = iterations(record, state)
            if self._reflections_of != (marks := _of_reflections(state)):
                self._reflections_of = marks
                told["reflections"] = reflections(state)
            if now - self._training_at >= TRAINING_INTERVAL:
                told["training"], self._training_at = training(state), now
        if now - self._load_at >= LOAD_INTERVAL:
            told["load"], self._load_at = self._load.measure(), now
        if self._is_old(told["board"], now):
            del told["board"]
        else:
            self._clock_at = now
        with self._widget.hold_sync():
            for name, value in told.items():
                setattr(self._widget, name, value)

    def _is_old(self, told: dict[str, Any], now: float) -> bool:
        """Whether nothing but the time has changed."""
        before = {k: v for k, v in self._widget.board.items() if k not in _CLOCKS}
        return before == {k: v for k, v in told.items() if k not in _CLOCKS} and now - self._clock_at < CLOCK_INTERVAL


def open_dashboard(handle: RunHandle) -> DashboardFeed | None:
    """Return a feed of a new widget; None where its front end is not built."""
    from agentomics_nb.views.dashboard.widget import Dashboard, is_built

    if not is_built():
        return None
    return DashboardFeed(handle, Dashboard(lambda command, text: carry_out(handle, command, text=text)))


def _of_iterations(state: RunState) -> tuple[object, ...]:
    """Return what changes whenever an iteration does."""
    last = next(reversed(state.iterations.values()), None)
    answers = () if last is None else tuple(step for step, one in last.steps.items() if one.answer is not None)
    heading = last is not None and any(cell.iteration == last.number for cell in reversed(state.cells.values()))
    return len(state.iterations), state.best, last and last.status, answers, last and last.scores is not None, heading


def _of_reflections(state: RunState) -> tuple[object, ...]:
    last = next(reversed(state.iterations.values()), None)
    so_far = last.reflection_so_far if last is not None else None
    done = sum(iteration.status != "running" for iteration in state.iterations.values())
    return len(state.iterations), done, so_far, last is not None and last.answer(Step.REFLECTION) is not None
