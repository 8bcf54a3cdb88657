"""``record.json``: what a record claims, in figures that can be checked."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from agentomics_nb import __version__
from agentomics_nb.dataset.files import sha256_of
from agentomics_nb.errors import RunError
from agentomics_nb.evaluation.metrics import METRICS
from agentomics_nb.experiment.archive import SPLIT_FILES
from agentomics_nb.journal.directory import damaged
from agentomics_nb.record.surviving_path import DATA, names_of

if TYPE_CHECKING:
    from agentomics_nb.dataset import TableFile
    from agentomics_nb.journal.directory import RunDirectory, RunRecord
    from agentomics_nb.journal.state import RunState
    from agentomics_nb.record.directory import RecordDirectory

FORMAT = 1
TOLERANCE = 0.005
"""How far a metric may be from the recorded one on another machine: for errors and losses a share of their size. On the
same machine, with the same versions, nothing changes at all."""
SAME = 1e-9
"""Differences below this are rounding in print."""
Role = Literal["train", "validation", "test"]


class DataFile(BaseModel):
    """A file that the replay reads.

    Parameters
    ----------
    role : {"train", "validation", "test"}
        What it is for.
    path : str
        Where it must stand, relative to the record.
    sha256 : str
        Of the file as it is on disk.
    bytes, rows : int
        Its size.
    included : bool
        Whether the record holds it; else whoever replays must put it there.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: Role
    path: str
    sha256: str
    bytes: int
    rows: int
    included: bool


class Claims(BaseModel):
    """What a record claims.

    Parameters
    ----------
    run, planner, created : str
        Where it comes from; the time is that of the run, ISO 8601.
    iteration : int
        The best one, which is replayed.
    task, target, metric : str
        What was asked.
    seed, threads : int
        With which it was trained.
    data : tuple of DataFile
        All files that the replay reads.
    split : dict of str to str
        The sha256 of ``train.csv`` and ``validation.csv``.
    metrics : dict
        By part (``train``, ``validation``, ``test``) and name.
    predictions : dict of str to str
        By part, the sha256 of the predictions in a canonical form (`fingerprint`).
    tolerance : float
        See `TOLERANCE`.
    python : str
        Version.
    packages : dict of str to str
        Version of each distribution that the replay needs.
    hardware : dict
        Processor, cores, memory and platform.
    edited : tuple of str
        Cells that a person edited after the run: metrics and predictions are then those of the replay.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = FORMAT
    run: str
    planner: str
    version: str
    created: str
    iteration: int
    task: str
    target: str
    metric: str
    seed: int
    threads: int
    data: tuple[DataFile, ...]
    split: dict[str, str]
    metrics: dict[str, dict[str, float | None]]
    predictions: dict[str, str]
    tolerance: float = TOLERANCE
    python: str
    packages: dict[str, str]
    hardware: dict[str, str | int]
    edited: tuple[str, ...] = ()


def claims_of(
    run: RunDirectory, record: RunRecord, state: RunState, packages: dict[str, str], *, included: bool
) -> Claims:
    """Return what a run claims.

    Parameters
    ----------
    packages : dict of str to str
        Version of each distribution that its replay needs.
    included : bool
        Whether the record holds the data.
    """
    assert state.best is not None  # noqa: S101 - for mypy; who calls this has looked
    best = state.iterations[state.best]
    scores = best.scores or {}
    metrics = {part: dict(scores[part]["metrics"]) for part in ("train", "validation")}
    if state.test is not None:
        metrics["test"] = dict(state.test["metrics"])
    predictions = run.iteration(best.number) / "predictions"
    return Claims(
        run=record.run,
        planner=record.planner,
        version=__version__,
        created=record.created,
        iteration=best.number,
        task=record.dataset.task,
        target=record.dataset.target.name,
        metric=record.metric,
        seed=record.seed,
        threads=record.threads,
        data=tuple(data_of(record, state, included=included).values()),
        split={name: sha256_of(run.split / name) for name in SPLIT_FILES},
        metrics=metrics,
        predictions={part: fingerprint(predictions / f"{part}.csv") for part in ("train", "validation")},
        python=record.versions["python"],
        packages=packages,
        hardware=record.hardware,
    )


def data_of(record: RunRecord, state: RunState, *, included: bool) -> dict[Path, DataFile]:
    """Return the files that a replay reads, by where they were; a test file that was never scored stays closed."""
    dataset = record.dataset
    tables: dict[Role, TableFile | None] = {"train": dataset.train, "validation": dataset.validation}
    if state.test is not None:
        tables["test"] = dataset.test
    read = {role: table for role, table in tables.items() if table is not None}
    names = names_of([Path(table.path) for table in read.values()])
    return {
        Path(table.path): DataFile(
            role=role,
            path=f"{DATA}/{names[Path(table.path)]}",
            sha256=table.sha256,
            bytes=table.bytes,
            rows=table.rows,
            included=included,
        )
        for role, table in read.items()
    }


def read_claims(record: RecordDirectory) -> Claims:
    """Read ``record.json``.

    Raises
    ------
    RunError
        If it is absent, damaged, or written by a newer version.
    """
    try:
        return Claims.model_validate_json(record.claims.read_bytes())
    except FileNotFoundError:
        raise RunError(f"{record.path} is no record: it has no {record.claims.name}.") from None
    except ValidationError as error:
        raise damaged(record.claims, error) from None


def agrees(found: float | None, claimed: float | None, metric: str, tolerance: float) -> bool:
    """Say whether a metric is what was claimed, within the tolerance."""
    if found is None or claimed is None:
        return found is claimed
    unbounded = metric in METRICS and not METRICS[metric].greater_is_better
    return abs(found - claimed) <= tolerance * (abs(claimed) if unbounded else 1.0)


def fingerprint(predictions: Path) -> str:
    """Return the sha256 of predictions to nine significant digits, so that it does not hang on how they are printed."""
    import pandas as pd

    table = pd.read_csv(predictions, dtype={"prediction": str}, keep_default_na=False)
    probabilities = [name for name in table.columns if name != "prediction"]
    if not probabilities:
        table["prediction"] = table["prediction"].astype(float)
    text: str = table[["prediction", *probabilities]].to_csv(index=False, float_format="%.9g", lineterminator="\n")
    return hashlib.sha256(text.encode()).hexdigest()
