"""Launch a run: create its directory, start its engine, resume it, and find runs launched before."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from agentomics_nb.drafting import drafted
from agentomics_nb.environment import secrets_of, without_secrets
from agentomics_nb.errors import RunError
from agentomics_nb.journal.directory import RunDirectory, runs_in
from agentomics_nb.journal.inbox import send, waiting
from agentomics_nb.journal.state import CONCLUDED, read_state
from agentomics_nb.watching import has_engine

if TYPE_CHECKING:
    import pandas as pd

    from agentomics_nb.drafting import Draft
    from agentomics_nb.journal.directory import Origin, RunRecord
    from agentomics_nb.options import RunOptions


def prepare(options: RunOptions, *, origin: Origin, frame: pd.DataFrame | None = None) -> RunDirectory:
    """Create a run directory with its ``run.json``; the run can then be started.

    Parameters
    ----------
    options : RunOptions
        What was asked for.
    origin : Origin
        Where; cells will run in its directory.
    frame : DataFrame, optional
        The data, if ``options.data`` is the name of a DataFrame; it is written into the run directory.

    Raises
    ------
    InputError
        If the data or an option cannot be used; nothing is left behind.
    """
    with drafted(options, origin=origin, frame=frame) as draft:
        return draft.publish()


def start_engine(run: RunDirectory, *, parent: int | None) -> subprocess.Popen[bytes]:
    """Start the engine of a run in a session of its own.

    Parameters
    ----------
    run : RunDirectory
        The run; its engine must not be alive.
    parent : int or None
        Process whose end stops the run cleanly; None to go on without anyone.

    Raises
    ------
    InputError
        If the run's language model needs a key that is not there.
    RunError
        If the directory is gone in which its cells must run.
    """
    record = run.read_record()
    handed_over = _secrets(record)
    directory = Path(record.origin.directory)
    if not directory.is_dir():
        raise RunError(f"{directory}, where {record.run} was started, is gone; put it back to resume the run.")
    # -P: a file named json.py beside the notebook must not become the engine's json.
    command = [sys.executable, "-P", "-m", "agentomics_nb.engine", str(run.path.resolve())]
    if parent is not None:
        command += ["--parent", str(parent)]
    run.engine_log.touch()  # its time says to others that an engine is on its way
    with run.engine_log.open("ab") as log:
        process = subprocess.Popen(
            command,
            cwd=directory,
            env=without_secrets(os.environ),
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    assert process.stdin is not None  # noqa: S101 - for mypy
    with contextlib.suppress(BrokenPipeError):
        process.stdin.write(handed_over)
        process.stdin.close()
    process.stdin = None
    return process


def _secrets(record: RunRecord) -> bytes:
    """Return what the engine gets through its pipe: a key, if a language model needs one, and what to redact.

    Raises
    ------
    InputError
        If the key is not there.
    """
    from agentomics_nb.planner.llm.model import find_key, proxies

    key = find_key(record.model, os.environ) if record.model is not None else None
    secrets = secrets_of(os.environ)
    if key is not None and key not in secrets:
        secrets = (key, *secrets)
    return json.dumps({"key": key, "secrets": secrets, "proxies": proxies(os.environ)}).encode()


def find_finished(draft: Draft) -> RunDirectory | None:
    """Return the run that the same cell launched before with equal data and options, the newest if several.

    Where a cell's id is not known on either side, as in a terminal or under nbclient, equal data and options
    suffice. The run may also still be at work.
    """
    for run in runs_in(draft.runs):
        try:
            record = run.read_record()
        except RunError:
            continue
        same_name = draft.options.name in (None, record.run)
        if record.fingerprint == draft.fingerprint and same_name and _may_be_same(draft.origin, record.origin):
            return run
    return None


def _may_be_same(asked: Origin, known: Origin) -> bool:
    if asked.cell is None:
        return True
    return known.cell == asked.cell or (known.cell is None and known.door == "magic")


def resume(run: RunDirectory, *, parent: int | None) -> subprocess.Popen[bytes] | None:
    """Go on with a run: wake it if it is paused, start a new engine if it has none.

    Returns
    -------
    Popen or None
        The new engine; None if the living one was told to go on.

    Raises
    ------
    RunError
        If there is nothing to go on with.
    """
    if has_engine(run):
        send(run.inbox, "resume")
        return None
    state = read_state(run)
    if state.status in CONCLUDED:
        raise RunError(f"{run.path.name} has ended ({state.status}); there is nothing to resume.")
    for path, command in waiting(run.inbox):
        if command is None or command.command != "hint":  # an old stop must not end the new attempt
            path.unlink(missing_ok=True)
    return start_engine(run, parent=parent)
