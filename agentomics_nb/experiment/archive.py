"""The files of a run that must not change: the frozen split, the frozen iterations, and the best one, ready to use."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agentomics_nb import markdown as md
from agentomics_nb.experiment.steps import Step
from agentomics_nb.experiment.tools import CheckError
from agentomics_nb.journal.directory import write_atomically, write_json
from agentomics_nb.model.description import FILE as DESCRIPTION
from agentomics_nb.model.description import describe_model
from agentomics_nb.record.requirements import requirements_lock

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agentomics_nb.journal.directory import RunDirectory
    from agentomics_nb.journal.state import CellState, IterationState

SPLIT_FILES = ("train.csv", "validation.csv")
OWN_FILES = ("answers.json", "importance.json", "metrics.json", DESCRIPTION, "reflection.md", "requirements.lock")
"""What is written beside the files of an iteration that is kept, in place of whatever had the name."""
RELATION_SCRIPTS = ("shared_stretches.py", "interval_overlaps.py")
"""Written beside ``split.py``; no part of a model."""


class Archive:
    """Keeps files whole: each folder is built beside its place and then renamed into it.

    Parameters
    ----------
    run : RunDirectory
        The run.
    """

    def __init__(self, run: RunDirectory) -> None:
        self._run = run

    def empty_workspace(self) -> None:
        """Empty the workspace but for the split, so that no model of another iteration is left over."""
        workspace = self._run.workspace
        own_directory(workspace)
        for path in workspace.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            elif path.name not in SPLIT_FILES:
                path.unlink()
        if self.has_split:
            self.restore_split()

    @property
    def has_split(self) -> bool:
        """Whether a split has been accepted."""
        return all((self._run.split / name).is_file() for name in SPLIT_FILES)

    def keep_split(self) -> None:
        """Freeze the split of the workspace: scores are computed on this copy."""
        draft = self._run.path / ".split.part"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir()
        for name in SPLIT_FILES:
            _copy_own(self._run.workspace / name, draft / name, self._run.workspace.resolve())
        shutil.rmtree(self._run.split, ignore_errors=True)
        draft.rename(self._run.split)

    def split_has_changed(self) -> bool:
        """Return whether the workspace holds another split than the frozen one."""
        pairs = ((self._run.workspace / name, self._run.split / name) for name in SPLIT_FILES)
        return any(not here.is_file() or here.read_bytes() != kept.read_bytes() for here, kept in pairs)

    def restore_split(self) -> None:
        """Put the frozen split back into the workspace."""
        for name in SPLIT_FILES:
            place = self._run.workspace / name
            if place.is_symlink():  # copying would write to what it leads to
                place.unlink()
            shutil.copyfile(self._run.split / name, place)

    def mend_workspace(self) -> None:
        """Put back what every step needs, should an agent have removed it: the directory and the frozen split."""
        own_directory(self._run.workspace)
        if self.has_split and not all((self._run.workspace / name).is_file() for name in SPLIT_FILES):
            self.restore_split()

    def draft(self, number: int) -> Path:
        """Return where an iteration's files are gathered until it is complete."""
        return self._run.path / "iterations" / f".{number}.part"

    def snapshot(self, number: int) -> Path:
        """Copy what the iteration delivers, all of the workspace but the split, to its draft.

        Raises
        ------
        CheckError
            If the workspace holds a link that leads out of it.
        """
        draft = self.draft(number)
        _copy_files(self._run.workspace, draft, without=SPLIT_FILES)
        return draft

    def discard(self, number: int) -> None:
        """Remove the draft of an iteration that failed."""
        shutil.rmtree(self.draft(number), ignore_errors=True)

    def freeze(self, iteration: IterationState) -> None:
        """Turn a draft into ``iterations/<n>``, with answers, metrics and the reflection."""
        final, draft = self._run.iteration(iteration.number), self.draft(iteration.number)
        if final.exists():
            return
        write_json(draft / "answers.json", {step.value: state.answer for step, state in iteration.steps.items()})
        write_json(draft / "metrics.json", iteration.scores)
        reflection = iteration.answer(Step.REFLECTION) or {}
        write_atomically(draft / "reflection.md", f"{md.harmless(reflection.get('text', ''))}\n")
        draft.rename(final)

    def write_best(self, iteration: IterationState, cells: Iterable[CellState]) -> None:
        """Copy an iteration to ``best/`` with what it needs to run alone.

        Parameters
        ----------
        iteration : IterationState
            With a model.
        cells : iterable of CellState
            Those of the run; they say how it was trained.
        """
        draft = self._run.path / ".best.part"
        shutil.rmtree(draft, ignore_errors=True)
        leave_out = shutil.ignore_patterns(
            "predictions", "exploration", "*_predictions.csv", "split.*", *RELATION_SCRIPTS
        )
        shutil.copytree(self._run.iteration(iteration.number), draft, ignore=leave_out)
        write_atomically(draft / "requirements.lock", requirements_lock(draft))
        describe_model(self._run, iteration, cells).write(draft)
        shutil.rmtree(self._run.best, ignore_errors=True)
        draft.rename(self._run.best)
        self.write_best_metrics(iteration, None)

    def write_best_metrics(self, iteration: IterationState, test: dict[str, Any] | None) -> None:
        """Write ``best/metrics.json``; `test` once the test file has been opened."""
        write_json(
            self._run.best / "metrics.json",
            {"iteration": iteration.number, **(iteration.scores or {}), "test": test},
        )


def own_directory(path: Path) -> None:
    """See to it that a directory is there, and is no link: what is done in it must not be done elsewhere."""
    if path.is_symlink() or path.is_file():
        path.unlink()
    path.mkdir(parents=True, exist_ok=True)


def _copy_files(workspace: Path, destination: Path, *, without: tuple[str, ...]) -> None:
    """Copy files to `destination`, replacing it, but for the named ones, hidden files and caches."""
    shutil.rmtree(destination, ignore_errors=True)
    destination.mkdir(parents=True)
    root = workspace.resolve()
    for path in sorted(workspace.rglob("*")):
        place = path.relative_to(workspace)
        if any(part.startswith(".") or part == "__pycache__" for part in place.parts) or str(place) in without:
            continue
        if path.is_symlink() and not path.resolve().is_relative_to(root):
            raise CheckError(f"{place} is a link that leads out of the workspace; write the file itself.")
        if path.is_dir():
            (destination / place).mkdir(exist_ok=True)
        else:
            _copy_own(path.resolve() if path.is_symlink() else path, destination / place, root)


def _copy_own(path: Path, destination: Path, root: Path) -> None:
    """Copy a file of the workspace, and no other, whatever a thread of the agent's puts in its place meanwhile.

    The engine can read what the agent cannot: a link that appears between a look and the copy must lead nowhere. So
    what is looked at is the file that has been opened.

    Raises
    ------
    CheckError
        If it is no ordinary file of the workspace.
    """
    refused = CheckError(f"{path.name} is no ordinary file of the workspace; write the file itself.")
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise refused from error
    with open(descriptor, "rb") as source:  # noqa: PTH123
        status = os.fstat(descriptor)
        opened = Path(f"/proc/self/fd/{descriptor}")
        inside = not opened.exists() or opened.resolve().is_relative_to(root)
        if not stat.S_ISREG(status.st_mode) or not inside:
            raise refused
        with destination.open("wb") as target:
            shutil.copyfileobj(source, target, 1 << 20)
    destination.chmod(stat.S_IMODE(status.st_mode) | stat.S_IRUSR | stat.S_IWUSR)
    os.utime(destination, ns=(status.st_atime_ns, status.st_mtime_ns))
