"""``python -m agentomics_nb.engine RUN_DIR``: carry out a run, or go on with it."""

from __future__ import annotations

import argparse
import os
import sys
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

import filelock

from agentomics_nb.engine.bench import LocalBench
from agentomics_nb.engine.control import Control, Parent
from agentomics_nb.engine.ledger import Ledger
from agentomics_nb.engine.reach import reach_of_cells
from agentomics_nb.engine.secrets import take_over_secrets
from agentomics_nb.environment import scrubbed
from agentomics_nb.errors import AgentomicsError, is_disk_full
from agentomics_nb.experiment.bench import Interruption
from agentomics_nb.experiment.loop import Experiment
from agentomics_nb.isolation import available, choose, reach_of_scripts
from agentomics_nb.journal import events as ev
from agentomics_nb.journal.directory import RunDirectory
from agentomics_nb.journal.journal import Journal
from agentomics_nb.journal.state import CONCLUDED, fold
from agentomics_nb.journal.writer import DiskFullError, JournalWriter
from agentomics_nb.kernel import AgentKernel, become_subreaper
from agentomics_nb.planner.offline.planner import OfflinePlanner
from agentomics_nb.record.notebook import write_notebook

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agentomics_nb.engine.secrets import HandedOver
    from agentomics_nb.isolation import Isolation
    from agentomics_nb.journal.directory import RunRecord
    from agentomics_nb.journal.events import Event, RunStatus
    from agentomics_nb.planner.llm.endpoint import Endpoint
    from agentomics_nb.planner.port import Planner

_LOG_INTERVAL = 1.0


def main() -> int:
    """Take the run's lock and work; return 0 unless the run was already being worked on."""
    parser = argparse.ArgumentParser(prog="agentomics_nb.engine", description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--parent", type=int)
    arguments = parser.parse_args()
    run = RunDirectory(arguments.run.resolve())
    handed_over = take_over_secrets(sys.stdin)
    lock = run.lock()
    try:
        lock.acquire(timeout=2)  # a view may hold it for a moment, to see whether an engine lives
    except filelock.Timeout:
        print(f"{run.path.name} has a living engine already.", file=sys.stderr)
        return 2
    with lock:
        parent = Parent(arguments.parent) if arguments.parent else None
        return _work(run, run.read_record(), parent, handed_over)


def _work(run: RunDirectory, record: RunRecord, parent: Parent | None, handed_over: HandedOver) -> int:
    state = fold(run.reader().new_events())
    if state.status in CONCLUDED:
        return 0
    become_subreaper()
    with JournalWriter(run.events) as writer:
        log = _Log(run, record)
        journal = Journal(writer, state, log.after)
        log.journal = journal
        isolation = _isolation(record)
        ledger = Ledger(record, journal, isolation)
        control = Control(run.inbox, journal, options=record.options, parent=parent, observe=ledger.observe)
        kernel = _kernel(run, record, handed_over.secrets, isolation)
        bench = LocalBench(
            kernel,
            control,
            directory=run.path,
            environment=scrubbed(os.environ, threads=record.threads),
            cell_time_limit=record.options.cell_time_limit,
            memory_limit=record.memory_limit,
            reach=reach_of_scripts(isolation),
        )
        endpoint = _endpoint(run, record, handed_over.key)
        planner = _planner(run, record, journal, control, handed_over.secrets, endpoint)
        experiment = Experiment(run, record, planner, bench, journal, before_test=ledger.close)
        attempt = state.attempts + 1
        journal.write(ev.RunStarted(pid=os.getpid(), attempt=attempt, planner=record.planner, isolation=isolation))
        ledger.begin()
        try:
            status, reason = _carry_out(experiment, control, journal)
        except Exception as error:
            status, reason = _unexpected(error)
            if status == "disk_full":  # there is no room for a traceback, and no need of one
                writer.give_up_reserve()
            else:
                traceback.print_exc()
        kernel.shutdown()
        journal.write(ev.RunEnded(status=status, reason=reason))
        try:
            log.write()
        except OSError as error:
            if not is_disk_full(error):  # the log stays as it was last written; a resume mends it
                raise
        if endpoint is not None:
            endpoint.close()
    return 0


def _carry_out(experiment: Experiment, control: Control, journal: Journal) -> tuple[RunStatus, str]:
    status: RunStatus = "finished"
    reason = "All iterations are done."
    try:
        experiment.carry_out()
    except Interruption as interruption:
        status, reason = interruption.status, interruption.reason  # type: ignore[assignment]
    if status in ("time_limit", "budget"):
        control.concluding = True
        try:
            experiment.conclude()
        except Interruption as interruption:
            status, reason = interruption.status, interruption.reason  # type: ignore[assignment]
    if journal.state.best is None and status == "finished":
        return "failed", "No iteration ended with a model."
    return status, reason


def _unexpected(error: Exception) -> tuple[RunStatus, str]:
    """Tell a full disk, which a person can mend, from a bug of ours; both leave a run that can be resumed."""
    if is_disk_full(error) or isinstance(error, DiskFullError):
        return "disk_full", "The disk is full; free some space and resume the run."
    if isinstance(error, AgentomicsError):
        return "interrupted", str(error)
    return (
        "interrupted",
        f"The engine failed ({type(error).__name__}: {error}); see engine.log and resume the run.",
    )


def _endpoint(run: RunDirectory, record: RunRecord, key: str | None) -> Endpoint | None:
    """Return where a language model answers; None for the offline planner, which then never loads any of this."""
    if record.model is None:
        return None
    from agentomics_nb.planner.llm.endpoint import HttpEndpoint
    from agentomics_nb.planner.llm.replay import ReplayEndpoint

    if record.model.replayed is not None:
        workspace = os.path.relpath(run.workspace, record.origin.directory)
        return ReplayEndpoint(RunDirectory(Path(record.model.replayed)).conversations, workspace)
    return HttpEndpoint(record.model, key)


def _planner(
    run: RunDirectory,
    record: RunRecord,
    journal: Journal,
    control: Control,
    secrets: Sequence[str],
    endpoint: Endpoint | None,
) -> Planner:
    if record.model is None or endpoint is None:
        return OfflinePlanner()
    from agentomics_nb.planner.llm.planner import LLMPlanner

    return LLMPlanner(
        record.model,
        endpoint,
        journal,
        control,
        conversations=run.conversations,
        secrets=secrets,
        options=record.options,
        cell_time_limit=record.options.cell_time_limit,
    )


def _isolation(record: RunRecord) -> Isolation:
    """Return what isolates this run here: as asked for, unless a resume on another machine finds it gone."""
    asked = record.options.isolation
    return choose(asked if asked is not None and available(asked) is None else None)


def _kernel(run: RunDirectory, record: RunRecord, secrets: Sequence[str], isolation: Isolation) -> AgentKernel:
    connection = run.path / ".kernel"
    connection.mkdir(mode=0o700, exist_ok=True)
    return AgentKernel(
        cwd=Path(record.origin.directory),
        connection_dir=connection,
        environment=scrubbed(os.environ, threads=record.threads),
        threads=record.threads,
        secrets=secrets,
        confinement=reach_of_cells(run, record, isolation),
    )


class _Log:
    """Keeps ``log.ipynb`` up to date, without writing it for every line of output."""

    def __init__(self, run: RunDirectory, record: RunRecord) -> None:
        self._run = run
        self._record = record
        self._written = 0.0
        self.journal: Journal | None = None

    def after(self, event: Event) -> None:
        if (
            isinstance(event, (ev.CellStarted, ev.CellEnded)) and time.monotonic() - self._written > _LOG_INTERVAL
        ) or isinstance(event, (ev.StepEnded, ev.IterationEnded)):
            self.write()

    def write(self) -> None:
        if self.journal is not None:
            write_notebook(self._run.log, self._record, self.journal.state)
            self._written = time.monotonic()


if __name__ == "__main__":
    sys.exit(main())
