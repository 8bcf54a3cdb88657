"""How far a scoring, a training or a replay has come: a bar in a terminal, a line that is replaced in a notebook."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from html import escape
from typing import TYPE_CHECKING

from agentomics_nb.views.snapshot import clock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, TextIO

    Rows = Callable[[int, int], None]
    """Called with the rows that are scored and the rows that there are."""
    Cells = Callable[[int, int], None]
    """Called when a cell begins with its number and the number of cells."""
    Seconds = Callable[[float], None]
    """Called with the seconds that a training has taken."""

_REDRAW = 1.0


def pace(done: int, total: int, seconds: float) -> str:
    """Return in words how far it is, how fast, and how long the rest takes."""
    text = f"{done:,} of {total:,} rows"
    if not done or seconds <= 0:
        return text
    left = (total - done) * seconds / done
    return f"{text}, {done / seconds:,.0f} rows a second" + (f", {clock(left)} left" if done < total else "")


@contextmanager
def rows_in_terminal(stream: TextIO, what: str) -> Iterator[Rows]:
    """Show a bar while rows are scored; nothing where `stream` is no terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[pace]}"),
        TimeElapsedColumn(),
    )
    console, start = Console(file=stream, highlight=False, force_jupyter=False), time.monotonic()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=None, pace="looking at all rows")

        def show(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total, pace=pace(done, total, time.monotonic() - start))

        yield show


@contextmanager
def rows_in_notebook() -> Iterator[Rows]:
    """Show a line that is replaced, once there is more than one chunk of rows; it goes when all are scored."""
    start, line = time.monotonic(), _Line()

    def show(done: int, total: int) -> None:
        if 0 < done < total:
            words = pace(done, total, time.monotonic() - start)
            line.show(words, f'<progress value="{done}" max="{total}"></progress> {words}')

    try:
        yield show
    finally:
        line.clear()


@contextmanager
def seconds_in_terminal(stream: TextIO, what: str) -> Iterator[Seconds]:
    """Show the time that a training takes; nothing where `stream` is no terminal."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    console = Console(file=stream, highlight=False, force_jupyter=False)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        bar.add_task(what, total=None)
        yield lambda seconds: None  # the bar has a clock of its own


@contextmanager
def seconds_in_notebook(what: str) -> Iterator[Seconds]:
    """Show the time that a training takes in a line that is replaced; it goes at the end."""
    line, shown = _Line(), 0.0

    def show(seconds: float) -> None:
        nonlocal shown
        if seconds - shown >= _REDRAW:
            shown = seconds
            line.show(f"{what}: {clock(seconds)}")

    try:
        yield show
    finally:
        line.clear()


@contextmanager
def cells_in_terminal(stream: TextIO, what: str) -> Iterator[Cells]:
    """Show a bar while the cells of a notebook are executed; nothing where `stream` is no terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(file=stream, highlight=False, force_jupyter=False)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=None)
        yield lambda number, count: bar.update(task, completed=number - 1, total=count)


@contextmanager
def cells_in_notebook(what: str) -> Iterator[Cells]:
    """Show a line that is replaced while the cells of another notebook are executed; it goes at the end."""
    line = _Line()
    words = escape(what, quote=False)
    line.show(f"{what} …", f"<label>{words} <progress></progress></label>")

    def show(number: int, count: int) -> None:
        far = f"{number - 1} of {count} cells"
        line.show(
            f"{what}: {far}", f'<label>{words} <progress value="{number - 1}" max="{count}"></progress></label> {far}'
        )

    try:
        yield show
    finally:
        line.clear()


@contextmanager
def cells_here(what: str) -> Iterator[Cells]:
    """Show how far a notebook is executed, wherever this is: a notebook, a terminal, or neither."""
    with cells_in_notebook(what) if _in_notebook() else cells_in_terminal(sys.stderr, what) as show:
        yield show


@contextmanager
def rows_here(what: str) -> Iterator[Rows]:
    """Show how far the scoring is, wherever this is: a notebook, a terminal, or neither."""
    with rows_in_notebook() if _in_notebook() else rows_in_terminal(sys.stderr, what) as show:
        yield show


@contextmanager
def seconds_here(what: str) -> Iterator[Seconds]:
    """Show the time that a training takes, wherever this is."""
    with seconds_in_notebook(what) if _in_notebook() else seconds_in_terminal(sys.stderr, what) as show:
        yield show


def _in_notebook() -> bool:
    """Return whether a notebook's kernel runs this."""
    return "ipykernel" in sys.modules and hasattr(_shell(), "kernel")


def _shell() -> Any:
    from IPython.core.getipython import get_ipython

    return get_ipython()


class _Line:
    """An output of the cell that is replaced."""

    def __init__(self) -> None:
        self._handle: Any = None

    def show(self, text: str, html: str | None = None) -> None:
        """Put a text in place of the one before."""
        from IPython.display import display

        data = {"text/plain": text} | ({} if html is None else {"text/html": html})
        if self._handle is None:
            self._handle = display(data, raw=True, display_id=True)  # type: ignore[no-untyped-call]
        else:
            self._handle.update(data, raw=True)

    def clear(self) -> None:
        """Leave nothing to be seen."""
        if self._handle is not None:
            self._handle.update({"text/plain": ""}, raw=True)
