"""A run in the terminal: a live picture where there is a screen, one line a step where there is none."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from agentomics_nb import markdown as md
from agentomics_nb.journal import events as ev
from agentomics_nb.views.snapshot import clock

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType
    from typing import Self, TextIO

    from rich.console import RenderableType

    from agentomics_nb.views.final import Final
    from agentomics_nb.views.scores import Score
    from agentomics_nb.views.snapshot import Row, Snapshot

_COLOURS = {
    None: "dim",
    "running": "green",
    "paused": "yellow",
    "finished": "green",
    "failed": "red",
    "stopped": "yellow",
    "time_limit": "yellow",
    "budget": "yellow",
    "interrupted": "yellow",
    "disk_full": "red",
}
_LEVELS = {"info": "dim", "warning": "yellow", "error": "red"}
_DECISIONS = {"run": "approved", "edit": "edited and approved", "skip": "skipped"}
_REFRESH = 4


class LiveView:
    """The picture of a run, redrawn in place.

    Parameters
    ----------
    console : Console
        A terminal.
    """

    def __init__(self, console: Console) -> None:
        self._live = Live(console=console, refresh_per_second=_REFRESH, transient=True)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def show(self, shot: Snapshot, events: Sequence[ev.Event]) -> None:
        """Redraw."""
        self._live.update(picture(shot, "Ctrl-C stops cleanly"))

    def say(self, text: str) -> None:
        """Print a line above the picture."""
        self._live.console.print(plain(text))

    def ask(self, source: str) -> str:
        """Show a cell that waits and return what the person types about it."""
        self._live.stop()
        try:
            self._live.console.print(Panel(plain_lines(source), title="waits for your decision", title_align="left"))
            return self._live.console.input("Run it? [b]y[/b]es, [b]n[/b]o, [b]s[/b]top: ")
        finally:
            self._live.start()


class LineView:
    """One line a step, for log files and pipes; no control codes.

    Parameters
    ----------
    stream : TextIO
        Where the lines go.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def show(self, shot: Snapshot, events: Sequence[ev.Event]) -> None:
        """Print what is new."""
        for event in events:
            line = event_line(event, shot)
            if line:
                self.say(f"[{clock(shot.seconds):>5}] {line}")

    def say(self, text: str) -> None:
        """Print a line."""
        print(printable(text), file=self._stream, flush=True)


def view(stream: TextIO) -> LiveView | LineView:
    """Return the view that suits a stream."""
    console = Console(file=stream, highlight=False, force_jupyter=False)
    return LiveView(console) if console.is_terminal and not console.is_dumb_terminal else LineView(stream)


def event_line(event: ev.Event, shot: Snapshot) -> str | None:
    """Return an event as a line of text; None for those that are too small to mention."""
    match event:
        case ev.RunStarted():
            again = f", attempt {event.attempt}" if event.attempt > 1 else ""
            return f"{shot.run} · {shot.data} · {event.planner} planner · {shot.metric}{again}"
        case ev.StepStarted() if event.step is not None:
            return f"iteration {event.iteration} · {event.step.heading.lower()}"
        case ev.CellProposed():
            return f"waits for your decision: {shot.command or event.source} · agentomics approve | reject {shot.run}"
        case ev.CellReviewed():
            return f"{_DECISIONS[event.decision]} by {event.by or 'someone'}"
        case ev.StepRejected():
            return f"iteration {event.iteration} · a check refused the answer: {_first_line(event.error)}"
        case ev.IterationEnded():
            row = next((row for row in shot.rows if row.number == event.iteration), None)
            return _iteration_line(row, shot) if row else None
        case ev.TestEvaluated():
            return f"test · {shot.metric} {interval(shot.test)}" if event.scores else f"test · {event.error}"
        case ev.Notice():
            return f"{event.level}: {event.text}"
        case ev.CommandReceived():
            return f"received: {event.command}{f' · {event.text}' if event.text else ''}"
        case ev.Waiting():
            return f"waits until {clock_of(event.until)}: {event.reason}"
        case ev.FellBack():
            return f"iteration {event.iteration} · the offline planner takes over: {_first_line(event.reason)}"
        case ev.Paused():
            return "paused"
        case ev.Resumed():
            return "goes on"
        case _:
            return None


def picture(shot: Snapshot, hint: str | None = None) -> RenderableType:
    """Return a run at work as a picture of a few lines; `hint` says what the person can do."""
    parts: list[RenderableType] = [_header(shot)]
    if shot.at_work:
        parts += [_steps(shot), _now(shot)]
    if shot.training:
        parts.append(Text(printable(shot.training), style="dim"))
    if shot.meter:
        parts.append(Text(shot.meter, style="dim"))
    if shot.rows:
        parts += [Text(), table(shot), Text()]
    if shot.review is not None:
        review = Text.assemble(("Reflection ", "bold"), f"after {shot.review.iteration} · ")
        parts.append(review.append(printable(shot.review.headline)))
    parts += [Text(f"{level}: {printable(text)}", style=_LEVELS[level]) for level, text in shot.notices]
    if shot.at_work:
        parts.append(Text(" · ".join(filter(None, [printable(shot.path), hint])), style="dim"))
    return Group(*parts)


def result(shot: Snapshot, final: Final | None = None) -> RenderableType:
    """Return the end of a run: what it is worth, where it errs, what it looks at, and how to use it."""
    lines: list[RenderableType] = []
    if shot.rows:
        lines += [table(shot), Text()]
    if final is not None:
        lines += [_metrics(final, with_test=shot.test is not None), Text()]
        if final.gain is not None:
            lines += [_labelled("Gain", f"{interval(final.gain)} over the best baseline: {final.gain_over}"), Text()]
        if final.worth:
            lines += [plain_lines(final.worth.replace("**", "").replace("`", "").replace("\\", "")), Text()]
        if final.columns:
            told = ", ".join(f"{printable(each.label)} {md.number(each.moved)}" for each in final.columns[:6])
            lines += [_labelled("Hangs on", told), Text()]
    best = shot.best
    if best is None:
        lines.append(Text(printable(shot.reason or "No iteration ended with a model."), style="bold"))
    else:
        lines.append(_score_line("Validation", best.validation, f"iteration {best.number}, chosen on it", shot))
        if shot.test is not None:
            lines.append(_score_line("Test", shot.test, "opened once", shot))
            if final is not None and final.verdict:
                lines.append(Text(" " * 12 + final.verdict, style="dim"))
        elif shot.test_error:
            lines.append(Text(f"Test could not be scored: {printable(shot.test_error)}", style="yellow"))
    if shot.reason and best is not None:
        lines += [Text(), Text(printable(shot.reason), style="dim")]
    lines.append(Text())
    if best is not None:
        lines += [_labelled("Model", f"{shot.path}/best"), _labelled("Cells", f"{shot.path}/log.ipynb")]
        lines.append(_labelled("Predict", f"agentomics predict {shot.run} new.csv"))
    else:
        lines.append(_labelled("Cells", f"{shot.path}/log.ipynb"))
    if shot.guarded:
        lines.append(_labelled("Guarded", shot.guarded))
    if shot.meter:
        lines.append(_labelled("Model calls", shot.meter))
    if shot.resumable:
        lines.append(_labelled("Resume", f"agentomics resume {shot.run}"))
    title = Text.assemble((f"{shot.mark} {shot.run} · {shot.word} ", "bold"), (clock(shot.seconds), "dim"))
    return Panel(Group(*lines), title=title, title_align="left", border_style=_colour(shot), padding=(1, 2))


def _metrics(final: Final, *, with_test: bool) -> Table:
    grid = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    grid.add_column("metric", no_wrap=True)
    for name in ("train", "validation", *(["test"] if with_test else [])):
        grid.add_column(name, justify="right", no_wrap=True)
    for row in final.metrics:
        test = [interval(row.test)] if with_test else []
        grid.add_row(
            row.label, md.number(row.train), interval(row.validation), *test, style="bold" if row.chosen else None
        )
    return grid


def runs_table(shots: Sequence[Snapshot]) -> Table:
    """Return runs as a table, one a line."""
    grid = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for name in ("run", "status"):
        grid.add_column(name, no_wrap=True)
    for name in ("metric", "iterations", "validation", "test", "time"):
        grid.add_column(name, justify="right", overflow="fold")
    for shot in shots:
        best = shot.best
        grid.add_row(
            plain(shot.run),
            Text(f"{shot.mark} {shot.word}", style=_colour(shot)),
            shot.metric,
            f"{shot.done} of {shot.iterations}",
            md.number(best.validation.value if best and best.validation else None),
            md.number(shot.test.value if shot.test else None),
            clock(shot.seconds),
        )
    return grid


def table(shot: Snapshot) -> Table:
    """Return the iterations as a table; the best is marked with a star, too."""
    grid = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    grid.add_column("", width=1)
    grid.add_column("#", justify="right", no_wrap=True)
    grid.add_column("idea", overflow="fold", max_width=56)
    grid.add_column(f"train {shot.metric}", justify="right", no_wrap=True)
    grid.add_column("validation", justify="right", no_wrap=True)
    grid.add_column("gap", justify="right", no_wrap=True)
    grid.add_column("seconds", justify="right", no_wrap=True)
    for row in shot.rows:
        grid.add_row(
            "★" if row.best else "",
            str(row.number),
            _idea(row),
            md.number(row.train),
            interval(row.validation),
            md.number(row.gap),
            "…" if row.seconds is None else f"{row.seconds:.0f}",
            style="bold" if row.best else None,
        )
    return grid


def clock_of(seconds: float) -> str:
    """Return a moment, in seconds since 1970, as the local time of day."""
    return time.strftime("%H:%M:%S", time.localtime(seconds))


def interval(score: Score | None) -> str:
    """Return ``.862 [.848, .876]``, a dash for None."""
    if score is None:
        return "–"
    return md.with_interval({"value": score.value, "low": score.low, "high": score.high})


def printable(text: str) -> str:
    """Return text without anything that a terminal would obey."""
    return "".join(c if c.isprintable() else " " for c in text)


def plain(text: str) -> Text:
    """Return text that rich shows as it is."""
    return Text(printable(text))


def plain_lines(text: str) -> Text:
    """Return text of several lines that rich shows as it is."""
    return Text("\n".join(printable(line) for line in text.splitlines()))


def _header(shot: Snapshot) -> Text:
    status = (f"{shot.mark} {shot.word}", _colour(shot))
    rest = f" · {printable(shot.data)} · {shot.planner} planner · {shot.metric}"
    return Text.assemble((shot.run, "bold"), "  ", status, (rest, "dim"))


def _steps(shot: Snapshot) -> RenderableType:
    done = sum(progress == "done" for _, progress in shot.steps)
    number = 0 if shot.iteration is None else shot.iteration
    grid = Table.grid(padding=(0, 1))
    grid.add_row(
        f"iteration {number} ({min(shot.done + 1, shot.iterations)} of {shot.iterations})",
        ProgressBar(total=max(1, len(shot.steps)), completed=done, width=30),
        f"step {min(done + 1, len(shot.steps))} of {len(shot.steps)}",
    )
    return grid


def _now(shot: Snapshot) -> Text:
    limit = f" of {clock(shot.time_limit)}" if shot.time_limit else ""
    line = Text.assemble((shot.activity, "bold"))
    if shot.command:
        line.append(f" · {printable(shot.command)} · {clock(shot.command_seconds)}")
    return line.append(f" · {clock(shot.seconds)}{limit} in all", style="dim")


def _idea(row: Row) -> Text:
    text = plain(row.idea or "…")
    if row.status in ("failed", "skipped"):
        text.append(f" ({row.status}: {printable(_first_line(row.reason or ''))})", style="yellow")
    return text


def _iteration_line(row: Row, shot: Snapshot) -> str:
    if row.status != "ok":
        return f"iteration {row.number} {row.status}: {_first_line(row.reason or '')}"
    star = " ★ best so far" if row.best else ""
    scores = f"train {md.number(row.train)}, validation {interval(row.validation)}"
    return f"iteration {row.number} · {row.idea} · {shot.metric} {scores}{star}"


def _score_line(name: str, score: Score | None, note: str, shot: Snapshot) -> Text:
    return Text.assemble((f"{name:12}", "bold"), f"{shot.metric} {interval(score)}", (f"  {note}", "dim"))


def _labelled(name: str, value: str) -> Text:
    return Text.assemble((f"{name:12}", "bold"), printable(value), overflow="fold")


def _colour(shot: Snapshot) -> str:
    return _COLOURS.get(shot.status, "dim")


def _first_line(text: str) -> str:
    return (text.strip().splitlines() or [""])[0][:160]
