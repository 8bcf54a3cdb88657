"""Checks on the scripts and artefacts that the training and inference steps deliver."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agentomics_nb.experiment.tools import CheckError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# A file system may stamp a file a little before the clock that the step's start was read from.
_CLOCK_TOLERANCE = 1.0


def within(workspace: Path, name: str) -> Path:
    """Return the path of a delivered file.

    Raises
    ------
    CheckError
        If it is absent, empty, or outside the workspace.
    """
    path = (workspace / name).resolve()
    if not path.is_relative_to(workspace.resolve()):
        raise CheckError(f"{name} must be a file in the workspace.")
    if not path.is_file() or path.stat().st_size == 0:
        raise CheckError(f"{name} is not in the workspace, or empty; write it there.")
    return path


def check_artefact(workspace: Path, name: str, *, since: float) -> None:
    """Check that the trained model was made in this step (`since`, seconds since 1970).

    Raises
    ------
    CheckError
        If it is absent, or older: a model left over from another iteration.
    """
    path = within(workspace, name)
    if path.stat().st_mtime < since - _CLOCK_TOLERANCE:
        raise CheckError(f"{name} is older than this step; run the training script so that it writes the model.")


def check_references(workspace: Path, scripts: Sequence[str], *, forbidden: Sequence[str]) -> None:
    """Check that delivered scripts lead neither to other iterations nor to the test set.

    Parameters
    ----------
    workspace : Path
        Where the scripts are; local modules that they import are looked at too.
    scripts : sequence of str
        Names of the delivered scripts.
    forbidden : sequence of str
        Texts that may not occur, such as the test file's path.

    Raises
    ------
    CheckError
        Naming the script, the line and the reference.
    """
    patterns = [rf"(?<![\w.-]){re.escape(text)}" for text in forbidden if text]
    found_forbidden = re.compile("|".join([r"\biterations/", r"\.\./", r"\bagentomics_nb\b", *patterns]))
    for name in _with_local_modules(workspace, scripts):
        for number, line in enumerate((workspace / name).read_text(encoding="utf-8").splitlines(), start=1):
            match = found_forbidden.search(line)
            if match:
                raise CheckError(
                    f"{name}, line {number} refers to {match[0]!r}; a delivered script uses only files beside it, "
                    "no other iteration, no test set, and no agentomics_nb."
                )


def check_names(workspace: Path, scripts: Sequence[str], *, taken: Sequence[str]) -> None:
    """Check that delivered scripts read no file that has the name of one of ours: ours takes its place.

    Parameters
    ----------
    workspace, scripts
        As for `check_references`.
    taken : sequence of str
        Names of the files that are written beside a delivered model.

    Raises
    ------
    CheckError
        Naming the script and the file.
    """
    there = [name for name in taken if (workspace / name).exists()]
    for script in _with_local_modules(workspace, scripts):
        text = (workspace / script).read_text(encoding="utf-8", errors="replace")
        for name in there:
            if re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w.-])", text):
                raise CheckError(
                    f"{script} names {name}, which is replaced when the iteration is kept; give the file another name "
                    "in the training script and here, and train again."
                )


def _with_local_modules(workspace: Path, scripts: Sequence[str]) -> list[str]:
    waiting, seen = list(scripts), []
    while waiting:
        name = waiting.pop()
        if name in seen or not (workspace / name).is_file():
            continue
        seen.append(name)
        text = (workspace / name).read_text(encoding="utf-8", errors="replace")
        waiting += [f"{module}.py" for module in re.findall(r"^\s*(?:from|import)\s+(\w+)", text, re.MULTILINE)]
    return seen
