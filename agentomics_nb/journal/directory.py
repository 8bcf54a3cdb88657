"""The run directory: where each file of a run stands."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import filelock
from pydantic import BaseModel, ConfigDict, ValidationError

from agentomics_nb.audit import Audit, SplitContract
from agentomics_nb.dataset import Dataset
from agentomics_nb.errors import RunError
from agentomics_nb.journal.writer import JournalReader
from agentomics_nb.options import RunOptions
from agentomics_nb.planner.llm.model import ModelChoice

RUNS = "agentomics_runs"
FORMAT = 1


class Origin(BaseModel):
    """Where a run was asked for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    directory: str
    """Absolute; the notebook's or the shell's working directory, in which every cell runs."""
    door: str
    """``magic`` or ``cli``."""
    cell: str | None = None
    """Id of the notebook cell with the magic."""


class RunRecord(BaseModel):
    """``run.json``: what a run starts from; written once."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = FORMAT
    run: str
    digest: str
    """Eight hex digits; part of every cell id."""
    created: str
    """ISO 8601, UTC."""
    options: RunOptions
    dataset: Dataset
    metric: str
    contract: SplitContract
    planner: str
    model: ModelChoice | None = None
    """The language model that plans; None for the offline planner."""
    seed: int
    threads: int
    memory_limit: int
    origin: Origin
    fingerprint: str
    """sha256 of what decides the outcome: data, options, seed; equal for a repeated command."""
    versions: dict[str, str]
    hardware: dict[str, str | int]


@dataclass(frozen=True)
class RunDirectory:
    """Paths of one run.

    Parameters
    ----------
    path : Path
        The run's directory.
    """

    path: Path

    @property
    def record_file(self) -> Path:
        """``run.json``."""
        return self.path / "run.json"

    @property
    def events(self) -> Path:
        """``events.jsonl``."""
        return self.path / "events.jsonl"

    @property
    def inbox(self) -> Path:
        """Commands to the engine."""
        return self.path / "inbox"

    @property
    def log(self) -> Path:
        """``log.ipynb``."""
        return self.path / "log.ipynb"

    @property
    def workspace(self) -> Path:
        """Where the agent works."""
        return self.path / "workspace"

    @property
    def split(self) -> Path:
        """Our own copy of the frozen split, to evaluate on."""
        return self.path / "split"

    @property
    def baselines(self) -> Path:
        """Validation predictions and scores of the baseline ladder."""
        return self.path / "baselines"

    @property
    def outputs(self) -> Path:
        """Full text of long outputs, one file a cell."""
        return self.path / "outputs"

    @property
    def conversations(self) -> Path:
        """What was said to and by a language model, one file a step."""
        return self.path / "conversations"

    @property
    def best(self) -> Path:
        """The best iteration, to use."""
        return self.path / "best"

    @property
    def removals(self) -> Path:
        """Which cells the person took out of which notebook; written by the view that shows them there."""
        return self.path / "removed_cells.json"

    @property
    def audit_file(self) -> Path:
        """``audit.json``: what the audit of the data found; absent in runs of before there were audits."""
        return self.path / "audit.json"

    @property
    def exports(self) -> Path:
        """Exports."""
        return self.path / "record"

    @property
    def engine_log(self) -> Path:
        """What the engine process itself printed; empty unless something went wrong."""
        return self.path / "engine.log"

    @property
    def lock_file(self) -> Path:
        """Held by the living engine; the system frees it when the engine dies, however it dies."""
        return self.path / "engine.lock"

    def iteration(self, number: int) -> Path:
        """Return the frozen copy of an iteration."""
        return self.path / "iterations" / str(number)

    def read_record(self) -> RunRecord:
        """Read ``run.json``.

        Raises
        ------
        RunError
            If it is absent, damaged, or written by a newer version.
        """
        try:
            return RunRecord.model_validate_json(self.record_file.read_bytes())
        except FileNotFoundError:
            raise RunError(f"{self.path} is no run: it has no run.json.") from None
        except ValidationError as error:
            raise damaged(self.record_file, error) from None

    def write_audit(self, found: Audit) -> None:
        """Write ``audit.json``."""
        write_atomically(self.audit_file, found.model_dump_json(indent=1) + "\n")

    def read_audit(self) -> Audit | None:
        """Return what the audit of the data found; None if this run has none that can be read."""
        try:
            return Audit.model_validate_json(self.audit_file.read_bytes())
        except (OSError, ValidationError):
            return None

    def reader(self) -> JournalReader:
        """Return a new reader of the events, from the first one on."""
        return JournalReader(self.events)

    def lock(self) -> filelock.FileLock:
        """Return the engine's lock, not yet taken."""
        return filelock.FileLock(self.lock_file)

    def has_living_engine(self) -> bool:
        """Return whether an engine process holds the run now."""
        if not self.lock_file.exists():
            return False
        lock = self.lock()
        try:
            lock.acquire(blocking=False)
        except filelock.Timeout:
            return True
        lock.release()
        return False


def damaged(path: Path, error: ValidationError) -> RunError:
    """Return what to tell a person of a JSON file of ours that does not hold what it should."""
    where = ".".join(str(part) for part in error.errors()[0]["loc"])
    return RunError(f"{path} is damaged or of another version (at {where}).")


def write_atomically(path: Path, text: str | bytes) -> None:
    """Replace a file by a whole new one; a reader sees the old or the new one, nothing between."""
    path.parent.mkdir(parents=True, exist_ok=True)
    data = text.encode() if isinstance(text, str) else text
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(draft).chmod(0o644)
        os.replace(draft, path)  # noqa: PTH105
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


def write_json(path: Path, value: Any) -> None:
    """Write JSON that a person can read, atomically."""
    write_atomically(path, json.dumps(value, indent=1, ensure_ascii=False) + "\n")


def runs_in(directory: Path) -> list[RunDirectory]:
    """Return the runs that stand in a directory, the newest first; runs that are being made do not count."""
    found = [RunDirectory(path.parent) for path in directory.glob("[!.]*/run.json")]
    return sorted(found, key=lambda run: run.record_file.stat().st_mtime, reverse=True)


def runs_below(directory: Path) -> list[RunDirectory]:
    """Return the runs in ``agentomics_runs`` of a directory, the newest first."""
    return runs_in(directory / RUNS)


def find_run(name: str | None, directory: Path) -> RunDirectory:
    """Return a run by name or path; without a name, the newest one.

    Raises
    ------
    RunError
        If there is no such run, or the name fits several.
    """
    if name and (Path(directory, name) / "run.json").is_file():
        return RunDirectory(Path(directory, name))
    runs = runs_below(directory)
    if not name:
        if not runs:
            raise RunError(f"There is no run in {directory / RUNS}.")
        return runs[0]
    fitting = [run for run in runs if run.path.name == name] or [
        run for run in runs if run.path.name.startswith(name) or run.path.name.endswith(name)
    ]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise RunError(f"{name} fits several runs: {', '.join(run.path.name for run in fitting)}.")
    known = ", ".join(run.path.name for run in runs[:8]) or "none"
    raise RunError(f"There is no run {name} in {directory / RUNS}; there are: {known}.")
