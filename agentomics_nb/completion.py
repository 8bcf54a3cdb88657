"""Tab completion for ``%agentomics``: subcommands, options, their values, files, DataFrames and runs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agentomics_nb.magic import SUBCOMMANDS
from agentomics_nb.options import AUDIT_FLAGS, MODEL_COMMANDS, OPTIONS, RECORD_COMMANDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agentomics_nb.options import Option

_OPTIONS_OF: dict[str, Sequence[Option]] = {
    "audit": [option for option in OPTIONS if option.flag in AUDIT_FLAGS],
    **MODEL_COMMANDS,
    **RECORD_COMMANDS,
}
_WITHOUT_RUN = frozenset({"runs", "doctor", "audit"})


def complete(shell: Any, line: str, symbol: str) -> list[str]:
    """Return what may stand in place of `symbol`, the last word of `line`.

    Parameters
    ----------
    shell : InteractiveShell
        Knows the names of DataFrames.
    line : str
        Up to the cursor, with the magic's name.
    symbol : str
        The word at the cursor, possibly empty.
    """
    before = line[: len(line) - len(symbol)].split()[1:]
    return [found for found in _candidates(shell, before, symbol) if found.startswith(symbol)]


def _candidates(shell: Any, before: list[str], symbol: str) -> list[str]:
    command = before[0] if before and before[0] in SUBCOMMANDS else None
    options = {option.flag: option for option in (OPTIONS if command is None else _OPTIONS_OF.get(command, ()))}
    last = options.get(before[-1]) if before else None
    if last is not None and last.placeholder is not None:
        return _values(last, symbol)
    flags = [flag for flag in options if flag not in before]
    if symbol.startswith("-"):
        return flags
    if command is not None:
        return _named(shell, command, len(before) - 1, symbol) or flags
    if not before:
        return [*SUBCOMMANDS, *_frames(shell), *_files(symbol)]
    return [*flags, *_files(symbol)] if not symbol else _files(symbol)


def _named(shell: Any, command: str, given: int, symbol: str) -> list[str]:
    """Return what a subcommand may name next, after so many words behind it."""
    if command == "audit" and given == 0:
        return [*_frames(shell), *_files(symbol), *_runs()]
    if command in MODEL_COMMANDS and given > 0:
        return [*_frames(shell), *_files(symbol)]
    if given > 0 or command in _WITHOUT_RUN:
        return []
    return [*_runs(), *(_files(symbol) if command in (*MODEL_COMMANDS, "verify") else ())]


def _values(option: Option, symbol: str) -> list[str]:
    if option.choices:
        return list(option.choices)
    if option.flag == "--split":
        return ["random", "group=", "homology", "time="]
    return _files(symbol) if option.placeholder in ("FILE", "DIR") else []


def _files(symbol: str) -> list[str]:
    """Return files and folders that begin with the symbol; folders end with a slash."""
    head, slash, _ = symbol.rpartition("/")
    folder = Path(f"{head}{slash}" or ".").expanduser()
    try:
        return sorted(
            f"{head}{slash}{path.name}{'/' if path.is_dir() else ''}"
            for path in folder.iterdir()
            if not path.name.startswith(".") and " " not in path.name
        )
    except OSError:
        return []


def _frames(shell: Any) -> list[str]:
    pandas = sys.modules.get("pandas")
    if pandas is None:
        return []
    names = [name for name, value in list(shell.user_ns.items()) if isinstance(value, pandas.DataFrame)]
    return sorted(name for name in names if not name.startswith("_"))


def _runs() -> list[str]:
    from agentomics_nb.journal.directory import runs_below

    return [run.path.name for run in runs_below(Path.cwd())]
