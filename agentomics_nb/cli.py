"""``agentomics``: the command line. Exit codes: 0 a model, 1 none, 2 bad input, 3 stopped with a model kept."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agentomics_nb.errors import AgentomicsError
from agentomics_nb.options import (
    Parser,
    add_audit_options,
    add_model_command,
    add_model_options,
    add_options,
    add_record_command,
    from_namespace,
)

if TYPE_CHECKING:
    import argparse
    import subprocess
    from collections.abc import Sequence

    from rich.console import Console

    from agentomics_nb.journal.directory import Origin, RunDirectory
    from agentomics_nb.options import RunOptions

BAD_INPUT = 2
DEMO_ITERATIONS = 4


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code; errors are one sentence on stderr."""
    try:
        namespace = parser().parse_args(arguments)
        return int(namespace.action(namespace))
    except AgentomicsError as error:
        print(f"agentomics: {error}", file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader of a pipe, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    from agentomics_nb import __version__

    top = Parser(
        prog="agentomics",
        description="Autonomous machine-learning experiments on labelled omics tables.",
        epilog="Exit codes: 0 finished with a model, 1 finished without one, 2 bad input or options, "
        "3 stopped or out of time with a model kept.",
        allow_abbrev=False,
    )
    top.add_argument("--version", action="version", version=f"agentomics-nb {__version__}")
    commands = top.add_subparsers(metavar="COMMAND", required=True, parser_class=Parser)

    def command(name: str, action: Any, text: str) -> argparse.ArgumentParser:
        new = commands.add_parser(name, help=text, description=f"{text[:1].upper()}{text[1:]}.", allow_abbrev=False)
        new.set_defaults(action=action)
        return new

    add_options(command("run", _run, "start an experiment on a labelled table and stay with it"))
    add_audit_options(
        command("audit", _audit, "say whether data can be judged honestly, and how: leaks, and the split")
    )
    new = command("resume", _resume, "go on with a run that was stopped, interrupted or paused")
    _add_run(new)
    new.add_argument("--detach", action="store_true", help="go on when the terminal ends")
    _add_json(new)
    _add_run(command("stop", _stop, "end a run cleanly, with its best so far"))
    _add_run(command("pause", _pause, "let a run wait after the cell that runs now"))
    _add_run(command("skip", _skip, "go on without the step at work"))
    new = command("set", _set, "change a limit on the way")
    new.add_argument("words", nargs="+", metavar="[RUN] LIMIT", help="iterations=8, time_limit=30m or budget=2.50")
    new = command("approve", _approve, "let the cell that waits run (with --approve)")
    _add_run(new)
    new.add_argument("--source", metavar="FILE", type=Path, help="run what stands in this file instead")
    _add_run(command("reject", _reject, "skip the cell that waits (with --approve)"))
    new = command("hint", _hint, "tell the agent something for its next step")
    new.add_argument("words", nargs="+", metavar="[RUN] TEXT", help="the text; a run's name may come first")
    new = command("status", _status, "show a run as it stands")
    _add_run(new)
    _add_json(new)
    _add_json(command("runs", _runs, "list the runs of this directory"))
    text = "write the record of a run: it re-runs with no agent"
    add_record_command(command("export", _export, text), "export")
    text = "re-run a record in a clean folder and compare every number"
    add_record_command(command("verify", _verify, text), "verify")
    new = command("report", _report, "write what a run has found as one HTML page, with its pictures")
    _add_run(new)
    new.add_argument("--output", metavar="FILE", type=Path, help="the page (report.html of the run)")
    text = "score the rows of a new table with a run's best model"
    add_model_command(command("predict", _predict, text), "predict")
    text = "train a run's best model again, on new labelled rows"
    add_model_command(command("retrain", _retrain, text), "retrain")
    new = command("demo", _demo, "run a whole experiment on data that come with this package")
    new.add_argument("--sequences", action="store_true", help="simulated promoters instead of real tumours")
    _add_json(new)
    new = command("doctor", _doctor, "say what is installed, what is missing, and how to mend it")
    add_model_options(new)
    _add_json(new)
    return top


def _add_run(to: argparse.ArgumentParser) -> None:
    to.add_argument("run", metavar="RUN", nargs="?", help="name or directory of the run (the newest)")


def _add_json(to: argparse.ArgumentParser) -> None:
    to.add_argument("--json", action="store_true", dest="json_output", help="print one JSON object last on stdout")


def _run(namespace: argparse.Namespace) -> int:
    return _start(from_namespace(namespace))


def _start(options: RunOptions) -> int:
    from agentomics_nb.journal.directory import Origin
    from agentomics_nb.launch import prepare, start_engine

    origin = Origin(directory=str(Path.cwd()), door="cli")
    if options.show_prompt:
        return _show_prompt(options, origin)
    with _console(sys.stderr).status(f"Looking at {options.data} …"):
        run = prepare(options, origin=origin)
    process = start_engine(run, parent=None if options.detach else os.getpid())
    return _stay(run, process, detach=options.detach, as_json=options.json_output)


def _show_prompt(options: RunOptions, origin: Origin) -> int:
    from agentomics_nb.drafting import drafted
    from agentomics_nb.preview import preview

    with drafted(options, origin=origin) as draft:
        print(preview(draft))
    return 0


def _audit(namespace: argparse.Namespace) -> int:
    from agentomics_nb.auditing import audit_data
    from agentomics_nb.views.audit_report import as_text

    options = from_namespace(namespace)
    with _console(sys.stderr).status(f"Auditing {options.data} …"):
        found = audit_data(options, Path.cwd())
    if options.json_output:
        print(json.dumps(found.model_dump(mode="json") | {"verdict": found.verdict}))
    else:
        _console(sys.stdout).print(as_text(found))
    return 0


def _resume(namespace: argparse.Namespace) -> int:
    from agentomics_nb.launch import resume

    run = _find(namespace.run)
    process = resume(run, parent=None if namespace.detach else os.getpid())
    return _stay(run, process, detach=namespace.detach, as_json=namespace.json_output)


def _stay(run: RunDirectory, process: subprocess.Popen[bytes] | None, *, detach: bool, as_json: bool) -> int:
    """Show the run until it ends, unless it was detached; print its outcome; return the exit code."""
    from agentomics_nb.foreground import stay_with, take
    from agentomics_nb.journal.summary import exit_code
    from agentomics_nb.views import terminal
    from agentomics_nb.views.final import final
    from agentomics_nb.watching import Watch

    watch = Watch(run, process)
    stream = sys.stderr if as_json else sys.stdout
    if detach:
        if process is not None:
            process.returncode = 0  # it goes on by itself: nobody here will ask for its end
        watch.refresh()
        print(f"{watch.record.run} goes on by itself; look with: agentomics status {run.path}", file=stream)
    elif stay_with(watch, stream):
        _console(stream).print(terminal.result(take(watch), final(watch.record, watch.state)))
    if as_json:
        _print_summary(watch.record, watch.state, run)
    return 0 if detach else exit_code(watch.state)


def _stop(namespace: argparse.Namespace) -> int:
    from agentomics_nb.commands import stop

    print(stop(_find(namespace.run)))
    return 0


def _pause(namespace: argparse.Namespace) -> int:
    from agentomics_nb.commands import pause

    print(pause(_find(namespace.run)))
    return 0


def _skip(namespace: argparse.Namespace) -> int:
    from agentomics_nb.commands import skip

    print(skip(_find(namespace.run)))
    return 0


def _set(namespace: argparse.Namespace) -> int:
    from agentomics_nb.commands import change_limit
    from agentomics_nb.errors import InputError

    *names, limit = namespace.words
    if len(names) > 1:
        raise InputError("Give one limit after the run's name, such as: agentomics set iterations=8")
    print(change_limit(_find(names[0] if names else None), limit))
    return 0


def _approve(namespace: argparse.Namespace) -> int:
    from agentomics_nb.commands import approve
    from agentomics_nb.errors import InputError

    try:
        source = namespace.source and namespace.source.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{namespace.source} cannot be read: {getattr(error, 'strerror', None) or error}.") from None
    print(approve(_find(namespace.run), source=source))
    return 0


def _reject(namespace: argparse.Namespace) -> int:
    from agentomics_nb.commands import reject

    print(reject(_find(namespace.run)))
    return 0


def _export(namespace: argparse.Namespace) -> int:
    from agentomics_nb.recording import export
    from agentomics_nb.views.progress import cells_in_terminal
    from agentomics_nb.views.verification import as_text

    run = _find(namespace.run)
    with cells_in_terminal(sys.stderr, f"Replaying {run.path.name}") as on_cell:
        made = export(run, namespace, on_cell=on_cell)
    if made.verification is not None:
        _console(sys.stdout).print(as_text(made.verification))
    print(f"{made.text}. Open {made.record.page.name}, or run {made.record.replay.name}.")
    return 0 if made.verification is None or made.verification.verified else 1


def _verify(namespace: argparse.Namespace) -> int:
    from agentomics_nb.recording import verify
    from agentomics_nb.views.progress import cells_in_terminal
    from agentomics_nb.views.verification import as_text

    with cells_in_terminal(sys.stderr, "Replaying") as on_cell:
        found = verify(namespace.record, namespace, Path.cwd(), on_cell=on_cell)
    if namespace.json_output:
        print(json.dumps(found.model_dump(mode="json") | {"verdict": found.verdict}))
    else:
        _console(sys.stdout).print(as_text(found))
    return 0 if found.verified else 1


def _report(namespace: argparse.Namespace) -> int:
    from agentomics_nb.commands import report

    print(report(_find(namespace.run), namespace.output))
    return 0


def _hint(namespace: argparse.Namespace) -> int:
    from agentomics_nb.commands import addressed_hint, hint

    print(hint(*addressed_hint(namespace.words, Path.cwd())))
    return 0


def _status(namespace: argparse.Namespace) -> int:
    from agentomics_nb.foreground import take
    from agentomics_nb.views import terminal
    from agentomics_nb.views.final import final
    from agentomics_nb.watching import Watch

    watch = Watch(_find(namespace.run))
    watch.refresh()
    if namespace.json_output:
        _print_summary(watch.record, watch.state, watch.run)
    else:
        shot = take(watch)
        ended = None if shot.at_work else terminal.result(shot, final(watch.record, watch.state))
        _console(sys.stdout).print(ended if ended is not None else terminal.picture(shot))
    return 0


def _runs(namespace: argparse.Namespace) -> int:
    from agentomics_nb.foreground import take
    from agentomics_nb.journal.directory import RUNS, runs_below
    from agentomics_nb.journal.summary import summary
    from agentomics_nb.views import terminal
    from agentomics_nb.watching import Watch

    watches = [Watch(run) for run in runs_below(Path.cwd())]
    for watch in watches:
        watch.refresh()
    if namespace.json_output:
        found = [summary(watch.record, watch.state, str(watch.run.path)) for watch in watches]
        print(json.dumps({"runs": found}))
    elif watches:
        _console(sys.stdout).print(terminal.runs_table([take(watch) for watch in watches]))
    else:
        print(f"There is no run in {RUNS}; start one with: agentomics run DATA")
    return 0


def _predict(namespace: argparse.Namespace) -> int:
    from agentomics_nb.model.folder import find_model
    from agentomics_nb.prediction import default_output, predict_file
    from agentomics_nb.views.progress import rows_in_terminal

    model, data = find_model(namespace.model, Path.cwd()), Path(namespace.data)
    output = namespace.output or default_output(data)
    with rows_in_terminal(sys.stderr, f"Scoring {data.name}") as progress:
        scored = predict_file(model, data, output, progress=progress)
    _say_notes(scored.notes)
    print(f"{scored.rows:,} predictions in {output}")
    return 0


def _retrain(namespace: argparse.Namespace) -> int:
    from agentomics_nb.model.folder import find_model
    from agentomics_nb.model.retraining import retrain
    from agentomics_nb.views.progress import seconds_in_terminal

    model, data = find_model(namespace.model, Path.cwd()), Path(namespace.data)
    with seconds_in_terminal(sys.stderr, f"Training on {data.name}") as progress:
        made = retrain(model, data, namespace.output, progress=progress)
    _say_notes(made.notes)
    print(made.summary)
    return 0


def _say_notes(notes: Sequence[str]) -> None:
    for note in notes:
        print(f"agentomics: {note}", file=sys.stderr)


def _demo(namespace: argparse.Namespace) -> int:
    from agentomics_nb.demo import write_promoters, write_tumours
    from agentomics_nb.options import RunOptions

    write = write_promoters if namespace.sequences else write_tumours
    folder = write(Path("agentomics_demo"))
    as_json = bool(namespace.json_output)
    code = _start(RunOptions(data=str(folder), iterations=DEMO_ITERATIONS, json_output=as_json))
    if code != 0 or as_json:
        return code
    return int(_export(parser().parse_args(["export"])))


def _doctor(namespace: argparse.Namespace) -> int:
    from agentomics_nb.doctor import examine
    from agentomics_nb.options import model_options
    from agentomics_nb.views.checkup import as_text

    findings = examine(Path.cwd(), model_options(namespace))
    if namespace.json_output:
        print(json.dumps({"ok": findings.ok, "checks": [check.model_dump() for check in findings.checks]}))
    else:
        _console(sys.stdout).print(as_text(findings))
    return 0 if findings.ok else 1


def _find(name: str | None) -> RunDirectory:
    from agentomics_nb.journal.directory import find_run

    return find_run(name, Path.cwd())


def _print_summary(record: Any, state: Any, run: RunDirectory) -> None:
    from agentomics_nb.journal.summary import summary

    print(json.dumps(summary(record, state, str(run.path))), flush=True)


def _console(stream: Any) -> Console:
    from rich.console import Console

    return Console(file=stream, highlight=False, force_jupyter=False)


if __name__ == "__main__":
    sys.exit(main())
