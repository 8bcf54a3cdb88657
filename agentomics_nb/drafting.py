"""Draft a run: look at the data, check every option, and create the run directory whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from agentomics_nb.audit import audit
from agentomics_nb.dataset import inspect
from agentomics_nb.errors import InputError, is_disk_full
from agentomics_nb.evaluation import default, resolve
from agentomics_nb.isolation import choose
from agentomics_nb.journal.directory import RUNS, RunDirectory, RunRecord, find_run, write_atomically
from agentomics_nb.options import available_threads
from agentomics_nb.planner.llm.model import REPLAY, choose_model, find_key
from agentomics_nb.provenance import hardware, memory, versions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pandas as pd

    from agentomics_nb.audit import Audit, SplitContract
    from agentomics_nb.dataset import Dataset
    from agentomics_nb.journal.directory import Origin
    from agentomics_nb.options import RunOptions
    from agentomics_nb.planner.llm.model import ModelChoice

LEAST_MEMORY = 200_000_000
"""Bytes below which no cell could import what it needs."""
MEMORY_SHARE = 0.8
"""Part of the machine's memory that one cell may use, unless the person says otherwise."""
UNSUITABLE = re.compile(r"[${}\"'\\\n\r]")
"""Characters of a path that IPython would expand or quote in ``%%writefile PATH``."""


@dataclass(frozen=True)
class Draft:
    """A run that could begin: everything is known and checked, nothing is to be seen on disk.

    Parameters
    ----------
    options : RunOptions
        As given.
    origin : Origin
        Where it was asked for.
    dataset : Dataset
        The data, inspected.
    metric : str
        Its canonical name.
    audit : Audit
        What speaks for and against the data, and how the rows may be divided.
    model : ModelChoice or None
        The language model that plans; None for the offline planner.
    fingerprint : str
        sha256 of what decides the outcome.
    runs : Path
        The directory that holds the run directories.
    workshop : Path
        The hidden directory in which the run is built.
    """

    options: RunOptions
    origin: Origin
    dataset: Dataset
    metric: str
    audit: Audit
    model: ModelChoice | None
    fingerprint: str
    runs: Path
    workshop: Path

    def publish(self) -> RunDirectory:
        """Create the run directory, whole at once, under a name that was free.

        Raises
        ------
        InputError
            If the name that was asked for is taken, or the disk refuses.
        """
        attempt = 0
        while True:
            name, digest = self._name(attempt)
            place = self.runs / name
            if not os.path.lexists(place):
                record = self._record(name, digest, place)
                with _disk_errors(self.runs):
                    RunDirectory(self.workshop).write_audit(self.audit)
                    write_atomically(self.workshop / "run.json", record.model_dump_json(indent=1) + "\n")
                try:
                    self.workshop.rename(place)
                except OSError as error:  # somebody took the name meanwhile
                    if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
                        raise
                else:
                    place.chmod(0o755)
                    return RunDirectory(place)
            if self.options.name:
                raise InputError(f"There is a run {name} in {self.runs} already; choose another --name.")
            attempt += 1

    def _name(self, attempt: int) -> tuple[str, str]:
        """Return the run's name and its digest; equal for equal commands in empty directories."""
        digest = hashlib.sha256(f"{self.fingerprint} {self.options.name or attempt}".encode()).hexdigest()[:8]
        return self.options.name or f"{self.dataset.name}-{digest}", digest

    def _record(self, name: str, digest: str, place: Path) -> RunRecord:
        dataset, train = self.dataset, self.dataset.train
        if Path(train.path).is_relative_to(self.workshop):
            moved = place / Path(train.path).relative_to(self.workshop)
            dataset = dataset.model_copy(update={"train": train.model_copy(update={"path": str(moved)})})
        options = self.options
        return RunRecord(
            run=name,
            digest=digest,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            options=options,
            dataset=dataset,
            metric=self.metric,
            contract=self.audit.contract,
            planner=planner_name(self.model),
            model=self.model,
            seed=options.seed,
            threads=options.threads or available_threads(),
            memory_limit=options.memory_limit or int(memory() * MEMORY_SHARE),
            origin=self.origin,
            fingerprint=self.fingerprint,
            versions=versions(),
            hardware=hardware(),
        )


@contextmanager
def drafted(
    options: RunOptions,
    *,
    origin: Origin,
    frame: pd.DataFrame | None = None,
    seen: Callable[[Dataset], None] | None = None,
) -> Iterator[Draft]:
    """Inspect the data and check every option; what is not published within the block leaves no trace.

    Parameters
    ----------
    options : RunOptions
        What was asked for.
    origin : Origin
        Where.
    frame : DataFrame, optional
        The data, if ``options.data`` is the name of a DataFrame.
    seen : callable, optional
        Told what the data are as soon as that is known: the audit that follows takes longer on a large table.

    Raises
    ------
    InputError
        If the data or an option cannot be used, or nothing can be written where the run should stand.
    """
    base = Path(origin.directory)
    runs = _runs_directory(options, base)
    made = _make(runs)
    workshop = None
    try:
        with _disk_errors(runs):
            workshop = Path(tempfile.mkdtemp(dir=runs, prefix=".draft-"))
        yield _draft(options, origin, frame, runs, workshop, seen)
    finally:
        if workshop is not None:
            shutil.rmtree(workshop, ignore_errors=True)
        for directory in made:
            if directory.is_dir() and not any(directory.iterdir()):
                directory.rmdir()


def _runs_directory(options: RunOptions, base: Path) -> Path:
    runs = base / (options.out.expanduser() if options.out is not None else RUNS)
    relative = os.path.relpath(runs, base)
    found = UNSUITABLE.search(relative)
    if found:
        raise InputError(
            f"The run's directory {relative!r} holds the character {found[0]!r}, which notebook cells would "
            "misread; give another one with --out."
        )
    return runs


def _draft(
    options: RunOptions,
    origin: Origin,
    frame: pd.DataFrame | None,
    runs: Path,
    workshop: Path,
    seen: Callable[[Dataset], None] | None,
) -> Draft:
    if options.memory_limit is not None and options.memory_limit < LEAST_MEMORY:
        raise InputError("--memory-limit leaves no room for Python and its libraries; give 500M or more.")
    if options.isolation is not None:
        choose(options.isolation)
    base = Path(origin.directory)
    data = base / Path(options.data).expanduser()
    if frame is not None:
        from agentomics_nb.frames import write_frame

        with _disk_errors(runs):
            data = write_frame(frame, options.data, workshop / "input")
    dataset = inspect(
        data,
        target=options.target,
        task=options.task,
        validation=_beside(options.validation, base),
        test=_beside(options.test, base),
        description=_beside(options.description, base),
        shown_as=options.data if frame is not None else "",
    )
    metric = resolve(options.metric, dataset.task) if options.metric else default(dataset.task)
    if seen is not None:
        seen(dataset)
    audited = audit(dataset, options.split)
    model = _model(options, base)
    return Draft(
        options=options,
        origin=origin,
        dataset=dataset,
        metric=metric.name,
        audit=audited,
        model=model,
        fingerprint=_fingerprint(options, dataset, metric.name, audited.contract, model),
        runs=runs,
        workshop=workshop,
    )


def _beside(path: Path | None, base: Path) -> Path | None:
    return None if path is None else base / path.expanduser()


def planner_name(model: ModelChoice | None) -> str:
    """Return which planner a run with this model has."""
    return "offline" if model is None else "llm"


def _model(options: RunOptions, base: Path) -> ModelChoice | None:
    """Return the model that was named, its key looked for; a run to be replayed is found."""
    model = choose_model(options, os.environ)
    if model is None:
        return None
    if model.replayed is not None:
        run = find_run(model.replayed, base)
        if not run.conversations.is_dir():
            raise InputError(f"{run.path.name} holds no conversation to replay; it was planned offline.")
        return model.model_copy(update={"name": f"{REPLAY}{run.path.resolve()}"})
    if not options.show_prompt:
        find_key(model, os.environ)
    return model


def _fingerprint(
    options: RunOptions, dataset: Dataset, metric: str, contract: SplitContract, model: ModelChoice | None
) -> str:
    """Return the sha256 of what decides the outcome; where files lie and who watches do not."""
    files = {"train": dataset.train, "validation": dataset.validation, "test": dataset.test}
    facts = {
        "data": {role: file.sha256 for role, file in files.items() if file is not None},
        "description": dataset.description,
        "target": dataset.target.name,
        "task": dataset.task,
        "metric": metric,
        "split": contract.model_dump(mode="json", include={"strategy", "column", "relation"}),
        "planner": planner_name(model),
        "options": options.model_dump(
            mode="json",
            include={
                "iterations",
                "time_limit",
                "cell_time_limit",
                "memory_limit",
                "seed",
                "threads",
                "instructions",
            },
        ),
    }
    if model is not None:
        facts["model"] = model.model_dump(mode="json", include={"name", "base_url", "api", "privacy"})
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def _make(directory: Path) -> list[Path]:
    """Create a directory with its parents; return those that are new, the innermost first."""
    with _disk_errors(directory):
        made = []
        place = directory
        while not place.exists() and place != place.parent:
            made.append(place)
            place = place.parent
        directory.mkdir(parents=True, exist_ok=True)
    return made


@contextmanager
def _disk_errors(directory: Path) -> Iterator[None]:
    """Turn what the disk refuses into one sentence."""
    try:
        yield
    except OSError as error:
        if is_disk_full(error):
            raise InputError(f"The disk of {directory} is full; free some space, or choose another --out.") from None
        reason = (error.strerror or str(error)).lower()
        raise InputError(f"{directory} cannot be written ({reason}); choose another directory with --out.") from None
