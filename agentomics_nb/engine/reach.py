"""What the agent's cells may reach."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from agentomics_nb.dataset.files import sha256_of
from agentomics_nb.isolation import Confinement
from agentomics_nb.isolation.confinement import system_paths, system_secrets
from agentomics_nb.journal.directory import RUNS, runs_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agentomics_nb.dataset.model import TableFile
    from agentomics_nb.isolation import Isolation
    from agentomics_nb.journal.directory import RunDirectory, RunRecord

MOST_LOOKED_AT = 50_000
"""Files in the notebook's folder beyond which it is too large to look for copies of the test file in it."""
_FORMS = (".gz", ".zst", ".csv", ".tsv", ".tab", ".txt", ".parquet", ".pq")


def reach_of_cells(run: RunDirectory, record: RunRecord, isolation: Isolation) -> Confinement:
    """Return what the agent's cells may reach.

    They read the system, the notebook's folder, the data, and what the run has made so far; they write to the
    workspace. Of the notebook's folder stay hidden: the test file with all its copies that can be found, other runs,
    whatever has a name with a dot in front, such as a repository's history or checkpoints, and notebooks, which show
    what the person has looked at. A folder that is the person's home, or too large to look through, is not readable
    as a whole.
    """
    folder = Path(record.origin.directory).resolve()
    made = (run.path / "iterations", run.outputs)
    for path in (*made, run.workspace):
        path.mkdir(parents=True, exist_ok=True)
    system = system_paths(os.environ)
    dataset = record.dataset
    data = [Path(table.path) for table in (dataset.train, dataset.validation) if table is not None]
    readable = [*system, *made, *data, *(path.resolve() for path in data)]
    other_runs = (folder / RUNS, run.path, *(other.path for other in runs_in(run.path.parent)))
    hidden = [*system_secrets(), *other_runs]
    at_home = Path.home().resolve().is_relative_to(folder)
    found = None if at_home else _hidden_in(folder, dataset.test, {*system, folder / RUNS, run.path.resolve()})
    if found is not None:
        readable.append(folder)
        hidden += found
    if dataset.test is not None:
        hidden += [Path(dataset.test.path), Path(dataset.test.path).resolve()]
    hidden = [path for path in hidden if path not in readable]
    return Confinement(
        tuple(dict.fromkeys(readable)),
        (run.workspace.resolve(),),
        tuple(dict.fromkeys(hidden)),
        network=record.options.network,
        isolation=isolation,
    )


def _hidden_in(folder: Path, test: TableFile | None, leave_out: set[Path]) -> list[Path] | None:
    """Return what of a folder must stay hidden; None if it is too large to know."""
    hidden = []
    twins = None if test is None else _Twins(test)
    for count, path in enumerate(_walk(folder, leave_out), start=1):
        if count > MOST_LOOKED_AT:
            return None
        if path.name.startswith(".") or path.suffix == ".ipynb" or (twins is not None and twins.has(path)):
            hidden.append(path)
    return hidden


def _walk(folder: Path, leave_out: set[Path]) -> Iterator[Path]:
    """Yield what is in a folder and below, but for some places; hidden folders by name only, no link is followed."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        path = Path(entry.path)
        needed = any(place.is_relative_to(path) for place in leave_out)
        if entry.is_symlink() or path in leave_out or (needed and entry.name.startswith(".")):
            continue
        yield path
        if entry.is_dir(follow_symlinks=False) and not entry.name.startswith("."):
            yield from _walk(path, leave_out)


class _Twins:
    """Finds files that hold the test rows, too: hard links, copies, and other forms of the file beside it."""

    def __init__(self, test: TableFile) -> None:
        self._test = test
        self._path = Path(test.path).resolve()
        self._place = self._path.stat() if self._path.exists() else None

    def has(self, path: Path) -> bool:
        if path.parent == self._path.parent and path.is_file() and _plain(path.name) == _plain(self._path.name):
            return True
        try:
            status = path.stat(follow_symlinks=False)
        except OSError:
            return False
        if self._place is not None and os.path.samestat(status, self._place):
            return True
        return path.is_file() and status.st_size == self._test.bytes and self._same_bytes(path)

    def _same_bytes(self, path: Path) -> bool:
        try:
            return sha256_of(path) == self._test.sha256
        except OSError:
            return True  # nobody can tell


def _plain(name: str) -> str:
    """Return a file's name without its format and compression."""
    while name.endswith(_FORMS):
        name = name[: name.rindex(".")]
    return name
