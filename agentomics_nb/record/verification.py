"""Verify a record: execute its replay in a clean folder and hold what comes out to what it claims."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, ValidationError

from agentomics_nb.errors import InputError
from agentomics_nb.isolation import Isolation
from agentomics_nb.journal.directory import write_json
from agentomics_nb.record.claims import SAME, agrees, read_claims
from agentomics_nb.record.execution import execute
from agentomics_nb.record.manifest import compare_manifest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from agentomics_nb.record.claims import Claims
    from agentomics_nb.record.directory import RecordDirectory
    from agentomics_nb.record.execution import Execution

_MOST_TOLD = 12


class Check(BaseModel):
    """One thing that a record claims, and whether it holds.

    Parameters
    ----------
    name : str
        ``manifest``, ``environment``, ``data``, ``replay``, ``split``, ``metrics``, ``predictions`` or ``model``.
    holds : bool
        Whether it is so.
    text : str
        One sentence.
    differences : tuple of str
        What differs, and by how much.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    holds: bool
    text: str
    differences: tuple[str, ...] = ()


class MetricCheck(BaseModel):
    """One metric as it was recorded and as the replay gave it; None where it is not defined, or was not reached."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    part: str
    metric: str
    recorded: float | None
    replayed: float | None


class Verification(BaseModel):
    """What came of verifying a record.

    Parameters
    ----------
    run : str
        The run that it is of.
    verified : bool
        Whether all checks hold, but for the environment where other versions were allowed.
    checks : tuple of Check
        In the order in which they were made.
    metrics : tuple of MetricCheck
        Every metric; empty where the replay was not executed.
    time : str
        When, ISO 8601, UTC.
    seconds : float
        How long the replay took.
    isolation : {"bubblewrap", "landlock", "none"} or None
        What kept the replay from the network and from other files; None if nothing was executed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    run: str
    verified: bool
    checks: tuple[Check, ...]
    metrics: tuple[MetricCheck, ...] = ()
    time: str
    seconds: float = 0.0
    isolation: Isolation | None = None

    @property
    def verdict(self) -> str:
        """The outcome in a sentence."""
        failed = [check.name for check in self.checks if not check.holds]
        if not self.verified:
            return f"Not verified: see {', '.join(failed)}."
        if self.isolation is None:
            return "The files are as they were exported; nothing was executed."
        allowed = f", though not everything else is the same: see {', '.join(failed)}" if failed else ""
        return f"Verified: a fresh kernel in a clean folder gives the recorded numbers again{allowed}."


def verify(
    record: RecordDirectory,
    *,
    python: Path | None = None,
    any_versions: bool = False,
    on_cell: Callable[[int, int], None] | None = None,
) -> Verification:
    """Execute the replay of a record in a clean folder, and compare all that it claims.

    Parameters
    ----------
    record : RecordDirectory
        Nothing of it is changed.
    python : Path, optional
        The interpreter; by default this one.
    any_versions : bool
        Whether the numbers alone decide, whatever versions of Python and of packages are there.
    on_cell : callable, optional
        Told which cell of how many begins.

    Raises
    ------
    RunError
        If it is no record, or its replay cannot be executed.
    InputError
        If a data file is absent; the sentence says which file must stand where.
    """
    claims = read_claims(record)
    files = _manifest(record)
    _require_data(record, claims)
    execution = execute(record, python=python, on_cell=on_cell)
    return judged(claims, execution, files, any_versions=any_versions)


def verify_files(record: RecordDirectory) -> Verification:
    """Compare the files of a record with its manifest; nothing is executed.

    Raises
    ------
    RunError
        If it is no record.
    """
    check = _manifest(record)
    return Verification(run=read_claims(record).run, verified=check.holds, checks=(check,), time=_now())


def keep(record: RecordDirectory, verification: Verification) -> None:
    """Leave the outcome in the record, beside what it is about."""
    write_json(record.verification, verification.model_dump(mode="json"))


def read_verification(record: RecordDirectory) -> Verification | None:
    """Return the outcome of the latest verification; None if there was none."""
    try:
        return Verification.model_validate_json(record.verification.read_bytes())
    except (OSError, ValidationError):
        return None


def judged(
    claims: Claims, execution: Execution, files: Check | None = None, *, any_versions: bool = False
) -> Verification:
    """Return what an execution says about the claims.

    Parameters
    ----------
    files : Check, optional
        What the manifest says.
    """
    result = execution.result
    checks = [files] if files is not None else []
    if result is not None:
        checks.append(_listed("environment", result["other_versions"], "Python and all packages are as recorded."))
        checks.append(_listed("data", result["other_data"], "The data files are those of the run."))
    checks.append(_replay(execution))
    metrics: tuple[MetricCheck, ...] = ()
    if result is not None:
        metrics = tuple(
            MetricCheck(part=part, metric=name, recorded=value, replayed=result["metrics"].get(part, {}).get(name))
            for part, values in claims.metrics.items()
            for name, value in values.items()
        )
        checks += [
            _listed("split", _other(result["split"], claims.split), "The same rows train and validate."),
            _metrics(metrics, claims.tolerance),
            _listed(
                "predictions",
                _other(result["predictions"], claims.predictions),
                "Every prediction is as it was, to nine digits.",
            ),
            _model(result["published"]),
        ]
    counted = [check for check in checks if not (any_versions and check.name in ("environment", "predictions"))]
    return Verification(
        run=claims.run,
        verified=result is not None and all(check.holds for check in counted),
        checks=tuple(checks),
        metrics=metrics,
        time=_now(),
        seconds=round(execution.seconds, 1),
        isolation=execution.isolation,
    )


def _now() -> str:
    return datetime.fromtimestamp(time.time(), UTC).isoformat(timespec="seconds")


def _manifest(record: RecordDirectory) -> Check:
    return _listed("manifest", compare_manifest(record), "Every file is as it was exported, byte for byte.")


def _require_data(record: RecordDirectory, claims: Claims) -> None:
    for file in claims.data:
        if not (record.path / file.path).is_file():
            raise InputError(
                f"{record.path / file.path} is absent: put the {file.role} file there that has {file.rows:,} rows, "
                f"{file.bytes:,} bytes and the sha256 {file.sha256}, then verify again."
            )


def _listed(name: str, differences: list[str], text: str) -> Check:
    """Return a check that holds if nothing differs."""
    if not differences:
        return Check(name=name, holds=True, text=text)
    count = f"{len(differences)} thing{'s' * (len(differences) != 1)} differ{'s' * (len(differences) == 1)}."
    return Check(name=name, holds=False, text=count, differences=tuple(differences))


def _replay(execution: Execution) -> Check:
    cells = sum(cell["cell_type"] == "code" for cell in execution.notebook["cells"])
    if execution.failed is None:
        return Check(name="replay", holds=True, text=f"All {cells} code cells ran, in {execution.seconds:.0f} s.")
    if execution.result is not None:  # what its last cell, which compares, complains of is told one by one
        text = f"All {cells} code cells ran but the last, which compares, in {execution.seconds:.0f} s."
        return Check(name="replay", holds=True, text=text)
    lines = execution.failed.strip().splitlines()
    return Check(
        name="replay",
        holds=False,
        text=f"Cell {execution.cell} failed: {lines[0][:300]}",
        differences=tuple(lines[1:_MOST_TOLD]),
    )


def _other(found: dict[str, str], claimed: dict[str, str]) -> list[str]:
    return [
        f"{name}: sha256 {found.get(name, 'none')[:12]}… instead of {value[:12]}…"
        for name, value in claimed.items()
        if found.get(name) != value
    ]


def _metrics(metrics: tuple[MetricCheck, ...], tolerance: float) -> Check:
    other = [m for m in metrics if not agrees(m.replayed, m.recorded, m.metric, tolerance)]
    if other:
        told = [f"{m.part} {m.metric} is {_figure(m.replayed)} instead of {_figure(m.recorded)}" for m in other]
        return _listed("metrics", told, "")
    apart = [abs(m.replayed - m.recorded) for m in metrics if m.replayed is not None and m.recorded is not None]
    most = max(apart, default=0.0)
    how = (
        "identical" if most <= SAME else f"as recorded within the tolerance of {tolerance:g}, at most {most:.2g} apart"
    )
    return Check(name="metrics", holds=True, text=f"All {len(metrics)} metrics are {how}.")


def _figure(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.6g}"


def _model(apart: float) -> Check:
    if apart <= 1e-6:
        return Check(name="model", holds=True, text="The fitted model of the record predicts what was recorded.")
    text = f"The fitted model of the record is another one: its predictions are up to {apart:.2g} off."
    return Check(name="model", holds=False, text=text)
