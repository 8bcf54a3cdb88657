"""What a person may ask of a run that is there: stop, pause, a hint; said clearly where it makes no sense."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from agentomics_nb.errors import InputError, RunError
from agentomics_nb.journal.directory import find_run, write_atomically
from agentomics_nb.journal.inbox import send
from agentomics_nb.journal.state import read_state
from agentomics_nb.options import read_limit
from agentomics_nb.watching import Watch, has_engine

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from agentomics_nb.journal.directory import RunDirectory
    from agentomics_nb.journal.inbox import CommandName


def stop(run: RunDirectory) -> str:
    """Ask the engine to end cleanly, with the best so far; return what to expect.

    Raises
    ------
    RunError
        If no engine is at work.
    """
    _ask_engine(run, "stop")
    return f"{run.path.name} stops; its best model so far is kept, and it can be resumed."


def pause(run: RunDirectory) -> str:
    """Ask the engine to wait after the cell that runs now; return what to expect.

    Raises
    ------
    RunError
        If no engine is at work.
    """
    _ask_engine(run, "pause")
    return f"{run.path.name} pauses when the cell that runs now has ended."


def skip(run: RunDirectory) -> str:
    """Ask the engine to go on without the step at work; return what to expect.

    Raises
    ------
    RunError
        If no engine is at work.
    """
    _ask_engine(run, "skip")
    return f"{run.path.name} leaves the step at work; an iteration that cannot do without it ends there."


def change_limit(run: RunDirectory, text: str) -> str:
    """Change a limit of a run at work; return what to expect.

    Parameters
    ----------
    text : str
        ``iterations=8``, ``time_limit=30m`` or ``budget=2.50``: in all, what is done already counts.

    Raises
    ------
    InputError
        If the text names no limit, or its value cannot be used.
    RunError
        If no engine is at work.
    """
    changed = read_limit(text)
    if changed is None:
        raise InputError(f"{text!r} sets no limit; give iterations=8, time_limit=30m or budget=2.50.")
    record = run.read_record()
    if changed[0] == "budget" and (record.model is None or record.model.price is None):
        raise InputError(f"{record.run} has no language model with a known price, so a budget cannot be kept.")
    _ask_engine(run, "set", text=text)
    name, value = changed
    shown = {"iterations": f"{value:g} iterations", "time_limit": f"{value:g} s of work", "budget": f"${value:.2f}"}
    return f"{run.path.name} ends after {shown[name]} in all, unless it is done before."


def approve(run: RunDirectory, *, source: str | None = None, cell: str | None = None) -> str:
    """Let the cell that waits run, with another source if one is given; return what to expect.

    Raises
    ------
    RunError
        If no engine is at work, or nothing waits.
    """
    waiting = _waiting(run, cell)
    send(run.inbox, "approve", text=source, cell=waiting)
    return f"{run.path.name} runs the cell{' as you changed it' if source is not None else ''}."


def reject(run: RunDirectory, *, cell: str | None = None) -> str:
    """Skip the cell that waits; return what to expect.

    Raises
    ------
    RunError
        If no engine is at work, or nothing waits.
    """
    send(run.inbox, "reject", cell=_waiting(run, cell))
    return f"{run.path.name} skips the cell; the agent is told so."


def report(run: RunDirectory, output: Path | None = None) -> str:
    """Write what a run has found as one HTML page that needs nothing else; return what was written.

    Parameters
    ----------
    output : Path, optional
        The file; by default ``report.html`` of the run.

    Raises
    ------
    RunError
        If it cannot be written.
    """
    from agentomics_nb.views.html import report as page
    from agentomics_nb.views.portrait import portrait

    path = output if output is not None else run.path / "report.html"
    watch = Watch(run)
    watch.refresh()
    try:
        write_atomically(path, page(portrait(watch.record, watch.state, run.path, run.read_audit())))
    except OSError as error:
        raise RunError(f"{path} cannot be written: {error.strerror or error}.") from None
    return f"Wrote {os.path.relpath(path)}: one page with all pictures in it, to read and to send."


def _waiting(run: RunDirectory, cell: str | None) -> str:
    """Return the id of the cell that waits, which must be `cell` if that is given."""
    _check_at_work(run)
    found = read_state(run).waiting_cell
    if found is None or cell not in (None, found.id):
        raise RunError(f"No cell of {run.path.name} waits for a decision{' any more' if cell else ''}.")
    return found.id


def hint(run: RunDirectory, text: str) -> str:
    """Tell the agent something for its next plan; return what to expect.

    Raises
    ------
    InputError
        If there is no text.
    RunError
        If no engine is at work.
    """
    if not text.strip():
        raise InputError("A hint needs a text, such as `hint try a small CNN next`.")
    _ask_engine(run, "hint", text=text.strip())
    return f"{run.path.name} gets the hint with its next step."


def addressed_hint(
    words: Sequence[str], directory: Path, *, otherwise: RunDirectory | None = None
) -> tuple[RunDirectory, str]:
    """Divide ``[RUN] TEXT`` into a run and the text; `otherwise` or the newest run if the first word names none.

    Raises
    ------
    RunError
        If there is no run at all.
    """
    if len(words) > 1:
        try:
            return find_run(words[0], directory), " ".join(words[1:])
        except RunError:
            pass
    return otherwise or find_run(None, directory), " ".join(words)


def _ask_engine(run: RunDirectory, command: CommandName, *, text: str | None = None) -> None:
    _check_at_work(run)
    send(run.inbox, command, text=text)


def _check_at_work(run: RunDirectory) -> None:
    run.read_record()
    if not has_engine(run):
        raise RunError(f"No engine is at work on {run.path.name}; resume it first.")
