"""Audit what a person names: a file, a folder, a DataFrame of the notebook, or a run."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from agentomics_nb.audit import audit
from agentomics_nb.dataset import inspect
from agentomics_nb.dataset.class_folders import gather, has_class_folders
from agentomics_nb.errors import RunError
from agentomics_nb.journal.directory import RunDirectory, find_run

if TYPE_CHECKING:
    import pandas as pd

    from agentomics_nb.audit import Audit
    from agentomics_nb.options import RunOptions


def audit_data(options: RunOptions, directory: Path, *, frame: pd.DataFrame | None = None) -> Audit:
    """Return the audit of the data, or of the run, that the options name.

    Parameters
    ----------
    options : RunOptions
        ``data``, and which files and columns are which.
    directory : Path
        Paths are relative to it.
    frame : DataFrame, optional
        The data, if ``options.data`` is the name of a DataFrame.

    Raises
    ------
    InputError
        If the data cannot be used; one sentence says why.
    """
    data = directory / Path(options.data).expanduser()
    run = None if frame is not None else _run(options.data, data, directory)
    if run is not None:
        record = run.read_record()
        return run.read_audit() or audit(record.dataset, record.options.split)
    with tempfile.TemporaryDirectory(prefix="agentomics-audit-") as place:
        if frame is not None:
            from agentomics_nb.frames import write_frame

            data = write_frame(frame, options.data, Path(place))
        elif has_class_folders(data):
            data = gather(data, Path(place))
        dataset = inspect(
            data,
            target=options.target,
            task=options.task,
            validation=None if options.validation is None else directory / options.validation.expanduser(),
            test=None if options.test is None else directory / options.test.expanduser(),
            shown_as=options.data if frame is not None else "",
        )
        return audit(dataset, options.split)


def _run(name: str, path: Path, directory: Path) -> RunDirectory | None:
    """Return the run of that name or path; None if it names data, or nothing."""
    if (path / "run.json").is_file():
        return RunDirectory(path)
    if path.exists():
        return None
    try:
        return find_run(name, directory)
    except RunError:
        return None
