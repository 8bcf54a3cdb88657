"""Export the record of a run, and verify one: what a person names becomes a run, a folder or a zip file."""

from __future__ import annotations

import contextlib
import os
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from agentomics_nb.errors import InputError, RunError
from agentomics_nb.journal.directory import RunDirectory, find_run
from agentomics_nb.journal.state import read_state
from agentomics_nb.record.directory import RecordDirectory

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from agentomics_nb.record.verification import Verification


@dataclass(frozen=True)
class Exported:
    """What an export wrote.

    Parameters
    ----------
    run : str
        Of which run.
    record : RecordDirectory
        The folder.
    zipped : Path or None
        The same as one file, where that was wanted.
    edited : int
        Cells that stand as the person edited them.
    verification : Verification or None
        What came of the replay; None if it was not executed.
    """

    run: str
    record: RecordDirectory
    zipped: Path | None
    edited: int
    verification: Verification | None

    @property
    def text(self) -> str:
        """What was written, in a sentence."""
        said = f"Wrote the record of {self.run}: {os.path.relpath(self.record.path)}/"
        if self.edited:
            said += f", with your edits in {self.edited} cell{'s' * (self.edited != 1)}"
        return said + (f", and {os.path.relpath(self.zipped)}" if self.zipped is not None else "")


def export(
    run: RunDirectory, wanted: argparse.Namespace, *, on_cell: Callable[[int, int], None] | None = None
) -> Exported:
    """Write the record of a run.

    Parameters
    ----------
    run : RunDirectory
        A run with a model.
    wanted : Namespace
        Its options, from `agentomics_nb.options.RECORD_COMMANDS`.
    on_cell : callable, optional
        Told which cell of how many begins while the replay is executed.

    Raises
    ------
    AgentomicsError
        With one sentence, where it cannot be done.
    """
    from agentomics_nb.record.edits import edited_cells, notebook_of
    from agentomics_nb.record.export import Wishes, write_record
    from agentomics_nb.record.verification import read_verification

    record, state = run.read_record(), read_state(run)
    notebook = wanted.notebook or notebook_of(record)
    edited = edited_cells(notebook, record, state) if notebook is not None else {}
    wishes = Wishes(
        with_data=not wanted.without_data,
        replayed=not wanted.no_replay,
        zipped=bool(wanted.zipped),
        author=wanted.author,
        orcid=wanted.orcid,
        licence=wanted.licence,
    )
    place = wanted.output or run.exports
    try:
        written = write_record(run, place, wishes, edited=edited, on_cell=on_cell)
    except OSError as error:
        raise RunError(
            f"{error.filename or place} cannot be written ({(error.strerror or str(error)).lower()})."
        ) from None
    zipped = written.path.parent / f"{record.run}-record.zip" if wishes.zipped else None
    return Exported(record.run, written, zipped, len(edited), read_verification(written))


def verify(
    name: str | None,
    wanted: argparse.Namespace,
    directory: Path,
    *,
    on_cell: Callable[[int, int], None] | None = None,
) -> Verification:
    """Verify a record.

    Parameters
    ----------
    name : str or None
        Folder or zip file of a record, or name or directory of a run whose record was exported; the newest run.
    wanted : Namespace
        Its options, from `agentomics_nb.options.RECORD_COMMANDS`.
    directory : Path
        Paths are relative to it.
    on_cell : callable, optional
        Told which cell of how many begins.

    Raises
    ------
    AgentomicsError
        With one sentence, where it cannot be done.
    """
    from agentomics_nb.record import verification
    from agentomics_nb.record.fresh_environment import fresh_environment

    if wanted.fresh and wanted.python:
        raise InputError("--fresh makes an environment of its own; leave --python out.")
    with _record(name, directory) as record:
        if wanted.manifest:
            return verification.verify_files(record)
        environment = fresh_environment(record.lock) if wanted.fresh else contextlib.nullcontext(wanted.python)
        with environment as python:
            found = verification.verify(record, python=python, any_versions=bool(wanted.any_versions), on_cell=on_cell)
        verification.keep(record, found)
        return found


@contextlib.contextmanager
def _record(name: str | None, directory: Path) -> Iterator[RecordDirectory]:
    """Give the record that a name means; one in a zip file is unpacked for the time."""
    named = directory / Path(name or ".").expanduser()
    if name and named.is_file() and zipfile.is_zipfile(named):
        with tempfile.TemporaryDirectory(prefix="agentomics-") as place, zipfile.ZipFile(named) as archive:
            archive.extractall(place)  # it neither follows links nor leaves the folder
            yield RecordDirectory(Path(place).resolve())
    elif name and RecordDirectory(named).claims.is_file():
        yield RecordDirectory(named.resolve())
    elif name and named.is_dir() and not (named / "run.json").is_file():
        raise InputError(f"{name} is no record: it has no record.json; give the folder that `agentomics export` wrote.")
    else:
        run = find_run(name, directory)
        record = RecordDirectory(run.exports)
        if not record.claims.is_file():
            raise InputError(f"{run.path.name} has no record yet; write it with: agentomics export {run.path.name}")
        yield RecordDirectory(record.path.resolve())
