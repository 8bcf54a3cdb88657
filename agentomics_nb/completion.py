"""Tab completion for ``%agentomics``: subcommands, options, their values, files, DataFrames and runs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agentomics_nb.magic import SUBCOMMANDS
from agentomics_nb.options import AUDIT_FLAGS, MODEL_COMMANDS, OPTIONS

if TYPE_CHECKING:
    from agentomics_nb.options import Option

_BY_FLAG = {option.flag: option for option in OPTIONS}
_WITH_RUN = frozenset(SUBCOMMANDS) - {"runs", "doctor", "audit", *MODEL_COMMANDS}


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
    if before and before[0] in MODEL_COMMANDS:
        return _of_model_command(shell, before, symbol)
    option = _BY_FLAG.get(before[-1]) if before else None
    if option is not None and option.placeholder is not None:
        return _values(option, symbol)
    if before and before[0] == "audit":
        flags = [flag for flag in AUDIT_FLAGS if flag not in before]
        data = [*_frames(shell), *_files(symbol), *_runs()] if len(before) == 1 else []
        return flags if symbol.startswith("-") or not data else data
    if before and before[0] in SUBCOMMANDS:
        return _runs() if before[0] in _WITH_RUN and len(before) == 1 else []
    if symbol.startswith("-"):
        return [flag for flag in _BY_FLAG if flag not in before]
    if not before:
        return [*SUBCOMMANDS, *_frames(shell), *_files(symbol)]
    return [*(flag for flag in _BY_FLAG if flag not in before), *_files(symbol)] if not symbol else _files(symbol)


def _of_model_command(shell: Any, before: list[str], symbol: str) -> list[str]:
    options = {option.flag: option for option in MODEL_COMMANDS[before[0]]}
    if before[-1] in options:
        return _values(options[before[-1]], symbol)
    if symbol.startswith("-"):
        return [flag for flag in options if flag not in before]
    if len(before) == 1:
        return [*_runs(), *_files(symbol)]
    return [*_frames(shell), *_files(symbol)]


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
