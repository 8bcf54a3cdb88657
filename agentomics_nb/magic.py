"""``%agentomics`` and ``%%agentomics``: start a run from a notebook, and steer it."""

from __future__ import annotations

import os
import shlex
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from agentomics_nb import commands
from agentomics_nb.errors import InputError
from agentomics_nb.options import OPTIONS, from_namespace, run_parser

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import pandas as pd

    from agentomics_nb.dataset import Dataset
    from agentomics_nb.handle import RunHandle
    from agentomics_nb.journal.directory import Origin, RunDirectory

_last: RunHandle | None = None


def run_magic(shell: Any, line: str, cell: str | None) -> RunHandle | pd.DataFrame | None:
    """Carry out the magic.

    Parameters
    ----------
    shell : InteractiveShell
        In which it was typed.
    line : str
        What stands after its name.
    cell : str or None
        The rest of the cell: the person's instructions to the agent.

    Raises
    ------
    AgentomicsError
        With one sentence, where something cannot be done as asked.
    """
    words = _words(line)
    action = SUBCOMMANDS.get(words[0]) if words and cell is None else None
    if action is not None:
        return action(shell, words[1:])
    if not words or "--help" in words or "-h" in words:
        print(usage())
        return None
    return _start(shell, words, cell)


def usage() -> str:
    """Return the help text; it lists the options from their one definition."""
    typed = [f"{option.flag} {option.placeholder or ''}" for option in OPTIONS]
    width = max(map(len, typed)) + 2
    lines = [f"  {text:{width}}{o.help.replace('%%', '%')}" for text, o in zip(typed, OPTIONS, strict=True)]
    return _USAGE.format(options="\n".join(lines))


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError:
        raise InputError("A quotation mark in the line is not closed.") from None


def _start(shell: Any, words: Sequence[str], cell: str | None) -> RunHandle | None:
    from agentomics_nb.drafting import drafted
    from agentomics_nb.handle import RunHandle
    from agentomics_nb.launch import find_finished, start_engine

    options = from_namespace(run_parser("%agentomics").parse_args(list(words)))
    options = options.model_copy(update={"instructions": (cell or "").strip() or None})
    display_id = _announcer(shell)
    seen = None if display_id is None or options.show_prompt else lambda dataset: _announce(shell, dataset, display_id)
    with drafted(options, origin=_origin(shell), frame=_frame(shell, options.data), seen=seen) as draft:
        if options.show_prompt:
            from agentomics_nb.preview import preview

            print(preview(draft))
            return None
        known = find_finished(draft)
        run = known or draft.publish()
    if known is not None:
        handle = _remember(RunHandle(known))
        print(f"This cell has a run already, {handle.name}; it is shown here. For another one change --seed or --name.")
    else:
        process = start_engine(run, parent=None if options.detach else os.getpid())
        handle = _remember(RunHandle(run, process))
    _show(shell, handle, display_id)
    if options.json_output:
        _print_summary(handle)
    return handle


def _announcer(shell: Any) -> str | None:
    """Return the name of an output in which the run will be shown; None where outputs cannot be replaced."""
    from agentomics_nb.live import new_display_id

    return new_display_id() if hasattr(shell, "kernel") else None


def _announce(shell: Any, dataset: Dataset, display_id: str) -> None:
    """Show what the data are, before the audit has looked at all of them."""
    from agentomics_nb.views.html import preparing

    shell.display_pub.publish(data=preparing(dataset), metadata={}, transient={"display_id": display_id})


def _attach(shell: Any, words: Sequence[str]) -> RunHandle:
    from agentomics_nb.handle import RunHandle

    handle = _remember(RunHandle(_run(words)))
    _show(shell, handle)
    return handle


def _resume(shell: Any, words: Sequence[str]) -> RunHandle:
    detach = "--detach" in words
    handle = _handle([word for word in words if word != "--detach"])
    handle.resume(detach=detach)
    _show(shell, handle)
    return handle


def _status(shell: Any, words: Sequence[str]) -> None:
    handle = _handle(words)
    handle.refresh()
    _publish(shell, handle)


def _stop(shell: Any, words: Sequence[str]) -> None:
    print(commands.stop(_run(words)))


def _pause(shell: Any, words: Sequence[str]) -> None:
    print(commands.pause(_run(words)))


def _skip(shell: Any, words: Sequence[str]) -> None:
    print(commands.skip(_run(words)))


def _set(shell: Any, words: Sequence[str]) -> None:
    limits = [word for word in words if "=" in word]
    if len(limits) != 1:
        raise InputError("Give one limit, such as: %agentomics set iterations=8")
    print(commands.change_limit(_run([word for word in words if "=" not in word]), limits[0]))


def _approve(shell: Any, words: Sequence[str]) -> None:
    print(commands.approve(_run(words)))


def _reject(shell: Any, words: Sequence[str]) -> None:
    print(commands.reject(_run(words)))


def _export(shell: Any, words: Sequence[str]) -> None:
    from agentomics_nb.options import Parser, add_record_command
    from agentomics_nb.recording import export
    from agentomics_nb.views.progress import cells_here
    from agentomics_nb.views.verification import exported_bundle

    parser = Parser(prog="%agentomics export", allow_abbrev=False)
    add_record_command(parser, "export")
    wanted = parser.parse_args(list(words))
    run = _run([wanted.run] if wanted.run else [])
    with cells_here(f"Replaying {run.path.name}") as on_cell:
        made = export(run, wanted, on_cell=on_cell)
    _publish_data(shell, exported_bundle(made))


def _verify(shell: Any, words: Sequence[str]) -> None:
    import json

    from agentomics_nb.options import Parser, add_record_command
    from agentomics_nb.recording import verify
    from agentomics_nb.views.progress import cells_here
    from agentomics_nb.views.verification import as_bundle

    parser = Parser(prog="%agentomics verify", allow_abbrev=False)
    add_record_command(parser, "verify")
    wanted = parser.parse_args(list(words))
    name = wanted.record or str(_run([]).path)
    with cells_here("Replaying") as on_cell:
        found = verify(name, wanted, Path.cwd(), on_cell=on_cell)
    if wanted.json_output:
        print(json.dumps(found.model_dump(mode="json") | {"verdict": found.verdict}))
    else:
        _publish_data(shell, as_bundle(found))


def _report(shell: Any, words: Sequence[str]) -> None:
    print(commands.report(_run(words)))


def _hint(shell: Any, words: Sequence[str]) -> None:
    newest = _run([])
    print(commands.hint(*commands.addressed_hint(words, Path.cwd(), otherwise=newest)))


def _runs(shell: Any, words: Sequence[str]) -> None:
    from agentomics_nb.handle import RunHandle
    from agentomics_nb.journal.directory import RUNS, runs_below
    from agentomics_nb.views.html import runs_bundle

    handles = [RunHandle(run) for run in runs_below(Path.cwd())]
    for handle in handles:
        handle.refresh()
    if not handles:
        print(f"There is no run in {RUNS}; start one with: %agentomics DATA")
        return
    _publish_data(shell, runs_bundle([handle.snapshot() for handle in handles]))


def _doctor(shell: Any, words: Sequence[str]) -> None:
    from agentomics_nb.doctor import examine
    from agentomics_nb.options import Parser, add_model_options, model_options
    from agentomics_nb.views.checkup import as_bundle

    parser = Parser(prog="%agentomics doctor", allow_abbrev=False)
    add_model_options(parser)
    _publish_data(shell, as_bundle(examine(Path.cwd(), model_options(parser.parse_args(list(words))))))


def _audit(shell: Any, words: Sequence[str]) -> None:
    import json

    from agentomics_nb.auditing import audit_data
    from agentomics_nb.options import Parser, add_audit_options
    from agentomics_nb.views.audit_report import as_bundle

    parser = Parser(prog="%agentomics audit", allow_abbrev=False)
    add_audit_options(parser)
    options = from_namespace(parser.parse_args(list(words)))
    found = audit_data(options, Path.cwd(), frame=_frame(shell, options.data))
    if options.json_output:
        print(json.dumps(found.model_dump(mode="json") | {"verdict": found.verdict}))
    else:
        _publish_data(shell, as_bundle(found))


def _predict(shell: Any, words: Sequence[str]) -> pd.DataFrame | None:
    from agentomics_nb.model.folder import find_model
    from agentomics_nb.options import Parser, add_model_command
    from agentomics_nb.prediction import default_output, predict_file
    from agentomics_nb.trained_model import predict_with
    from agentomics_nb.views.progress import rows_here

    parser = Parser(prog="%agentomics predict", allow_abbrev=False)
    add_model_command(parser, "predict")
    asked = parser.parse_args(list(words))
    model, frame = find_model(asked.model, Path.cwd()), _frame(shell, asked.data)
    if frame is not None and asked.output is None:
        return predict_with(model, frame, stacklevel=3)
    with _as_file(frame, asked.data) as data, rows_here(f"Scoring {data.name}") as progress:
        output = asked.output or default_output(data)
        scored = predict_file(model, data, output, progress=progress)
    print("\n".join([*scored.notes, f"{scored.rows:,} predictions in {output}"]))
    return None


def _retrain(shell: Any, words: Sequence[str]) -> None:
    from agentomics_nb.model.folder import find_model
    from agentomics_nb.model.retraining import retrain
    from agentomics_nb.options import Parser, add_model_command
    from agentomics_nb.views.progress import seconds_here

    parser = Parser(prog="%agentomics retrain", allow_abbrev=False)
    add_model_command(parser, "retrain")
    asked = parser.parse_args(list(words))
    model, frame = find_model(asked.model, Path.cwd()), _frame(shell, asked.data)
    with _as_file(frame, asked.data) as data, seconds_here(f"Training on {asked.data}") as progress:
        made = retrain(model, data, asked.output, progress=progress)
    print("\n".join([*made.notes, made.summary]))


@contextmanager
def _as_file(frame: pd.DataFrame | None, name: str) -> Iterator[Path]:
    """Give the file that was named, or one that holds the DataFrame of that name for a while."""
    if frame is None:
        yield Path(name)
        return
    import tempfile

    from agentomics_nb.frames import write_frame

    with tempfile.TemporaryDirectory(prefix="agentomics-") as folder:
        yield write_frame(frame, name, Path(folder))


SUBCOMMANDS: dict[str, Callable[[Any, Sequence[str]], RunHandle | pd.DataFrame | None]] = {
    "status": _status,
    "stop": _stop,
    "pause": _pause,
    "resume": _resume,
    "attach": _attach,
    "hint": _hint,
    "skip": _skip,
    "set": _set,
    "approve": _approve,
    "reject": _reject,
    "export": _export,
    "verify": _verify,
    "report": _report,
    "runs": _runs,
    "doctor": _doctor,
    "audit": _audit,
    "predict": _predict,
    "retrain": _retrain,
}

_USAGE = """Run an autonomous experiment on a labelled table.

  %agentomics DATA [options]      start a run; the kernel stays free
  %%agentomics DATA [options]     the same; the cell's text is your instructions to the agent
  %agentomics status [RUN]        show a run as it stands
  %agentomics stop [RUN]          end it cleanly, with its best so far
  %agentomics pause [RUN]         let it wait after the cell that runs now
  %agentomics resume [RUN]        go on
  %agentomics attach [RUN]        follow a run again, such as after the kernel was restarted
  %agentomics hint [RUN] TEXT     tell the agent something for its next step
  %agentomics skip [RUN]          go on without the step at work
  %agentomics set [RUN] LIMIT     change a limit on the way: iterations=8, time_limit=30m or budget=2.50
  %agentomics approve [RUN]       let the cell that waits run (with --approve)
  %agentomics reject [RUN]        skip the cell that waits
  %agentomics export [RUN]        write its record: it re-runs with no agent and gives the same numbers
  %agentomics verify [RECORD]     re-run a record in a clean folder and compare every number
  %agentomics report [RUN]        write what it has found as one HTML page, with its pictures
  %agentomics audit DATA|RUN      leaks in the data, and the split that is honest; no model, in seconds
  %agentomics predict RUN DATA    score new rows with its best model: a file, or a DataFrame [--output FILE]
  %agentomics retrain RUN DATA    train its best model again, on new labelled rows [--output DIR]
  %agentomics runs                list the runs of this directory
  %agentomics doctor [--llm NAME] what is installed, what is missing; whether a language model works

DATA is a csv, tsv or parquet file (also .gz, .zst), a folder with train[, validation][, test] files, or the name of
a DataFrame; ./NAME is always a file or folder. RUN is a run's name or directory; the newest by default.

{options}

`run = %agentomics DATA` gives a handle: run.status, run.metrics, run.cells, run.predict(frame), run.stop(),
run.pause(), run.resume(), run.hint(text), run.wait(), run.path, run.log. A notebook that is executed without a
person (nbconvert, papermill, jupyter execute) needs run.wait(), since its kernel ends after the last cell."""


def _origin(shell: Any) -> Origin:
    from agentomics_nb.journal.directory import Origin

    return Origin(directory=str(Path.cwd()), door="magic", cell=_cell_id(shell))


def _cell_id(shell: Any) -> str | None:
    """Return the id of the cell that is executed; None where there are no cells."""
    kernel = getattr(shell, "kernel", None)
    parent = kernel.get_parent() if kernel is not None else None
    found = ((parent or {}).get("metadata") or {}).get("cellId")
    return str(found) if found else None


def _frame(shell: Any, name: str) -> pd.DataFrame | None:
    """Return the notebook's DataFrame of that name, if it has one."""
    pandas = sys.modules.get("pandas")
    value = shell.user_ns.get(name) if name.isidentifier() else None
    if value is None:
        return None
    if pandas is not None and isinstance(value, pandas.DataFrame):
        return cast("pd.DataFrame", value)
    if not Path(name).exists():
        raise InputError(f"{name} is a {type(value).__name__}, not a DataFrame; give a DataFrame, a file or a folder.")
    return None


def _remember(handle: RunHandle) -> RunHandle:
    global _last  # the newest run of this kernel is what `%agentomics stop` means
    _last = handle
    return handle


def _run(words: Sequence[str]) -> RunDirectory:
    """Return the run that was named, else the one this kernel had last, else the newest."""
    from agentomics_nb.journal.directory import find_run

    if len(words) > 1:
        raise InputError(f"Give one run, not {len(words)}: {' '.join(words)}.")
    if not words and _last is not None and _last.directory.record_file.exists():
        return _last.directory
    return find_run(words[0] if words else None, Path.cwd())


def _handle(words: Sequence[str]) -> RunHandle:
    from agentomics_nb.handle import RunHandle

    run = _run(words)
    if _last is not None and _last.path == run.path:
        return _last
    return _remember(RunHandle(run))


def _show(shell: Any, handle: RunHandle, display_id: str | None = None) -> None:
    """Show the status and keep it up to date; in a terminal, say how to look."""
    if hasattr(shell, "kernel"):
        from agentomics_nb.live import LiveStatus
        from agentomics_nb.views.cells.feed import feed_notebook

        LiveStatus(shell, handle, feed_notebook(shell, handle, _cell_id(shell)), display_id).begin()
    else:
        print(f"{handle.name} works in {handle.path}; watch it with: %agentomics status, or run.wait() on its handle")


def _publish(shell: Any, handle: RunHandle) -> None:
    from agentomics_nb.views.html import bundle

    _publish_data(shell, bundle(handle.portrait()))


def _publish_data(shell: Any, data: dict[str, str]) -> None:
    if hasattr(shell, "kernel"):
        shell.display_pub.publish(data=data, metadata={})
    else:
        print(data["text/plain"])


def _print_summary(handle: RunHandle) -> None:
    import json

    from agentomics_nb.journal.summary import summary

    print(json.dumps(summary(handle.directory.read_record(), handle.state, str(handle.path))))
