"""What a cell's text names outside of what its work needs: a home, the root, other processes, other folders.

A search of a place that isolation hides finds nothing and says nothing; this keeps it in the ledger all the same. It is
a record and no barrier, read off the program before it runs. It does not see what a program puts together while it runs
(joined names, encoded ones, ``.parent.parent``, variables other than HOME, ``cd`` in one line and a plain name in the
next), nor what stood in a file before. A place that does not exist is not noted: text is full of slashes, and nothing
was to be found there.
"""

from __future__ import annotations

import os
import re
import shlex
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from agentomics_nb.isolation.confinement import is_below, system_paths
from agentomics_nb.journal.directory import RUNS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from agentomics_nb.journal.directory import RunDirectory, RunRecord

MOST_NAMED = 3
"""Places of one cell that its entry names."""
_LONGEST = 200
_DEVICES = ("null", "zero", "full", "random", "urandom", "stdin", "stdout", "stderr", "tty", "fd", "shm")
_OF_ITSELF = ("cpuinfo", "meminfo", "loadavg", "stat", "version", "mounts", "self/status", "self/statm", "self/cgroup")
_TEMPORARY = frozenset({Path("/tmp"), Path("/var/tmp"), Path(tempfile.gettempdir())})  # noqa: S108 - only compared
"""Where a program may leave files of its own; the folders that stand there already are those of others."""
_HOME = r"(?:~|\$HOME|\$\{HOME\})"
_END = r"[^\s\"'`;|&<>(),=:]*"
_PLACE = re.compile(rf"(?<![^\s\"'`=(,;|&<>])((?:{_HOME}|\.\.)/{_END}|/[\w.]{_END})")
"""A path that begins at the root, at home or above, where a word of its own begins."""
_PLAIN = re.compile(r"[^\s\"'`;|&<>(),=:\\]+")
_COMMAND = r"(?:cat|cd|cp|du|find|git|grep|ls|mv|pushd|rg|rsync|tar|tree|zip)"
_ARGUMENT = rf"{_COMMAND}\s(?:[^;|&\n\"']{{0,200}}\s)?(/\*?|\.\.|{_HOME})(?=\s*(?:[\"';|&)]|\d?>|$)|\s+-)"
_SHELL = re.compile(rf"(?:^|[;|&(`])[ \t]*{_ARGUMENT}", re.MULTILINE)
_SHELL_IN_PYTHON = re.compile(rf"(?:[\"'`]|^[ \t]*!)[ \t]*{_ARGUMENT}", re.MULTILINE)
_LISTED = re.compile(rf"[\"']{_COMMAND}[\"'][^\]\n]{{0,200}}?[\"'](/|~|\.\.)[\"']")
_CALLED = re.compile(r"\b(?:walk|listdir|scandir|i?glob|chdir|Path|expanduser)\([ \t]*[\"'](/|~|\.\.)[\"']")
_AT_HOME = re.compile(r"\bPath\.home\(\)")
"""The root, the home and the folder above are noted by themselves only where they are looked into: ``/`` divides."""


@dataclass(frozen=True)
class Surroundings:
    """Where cells run, and what they need there.

    Parameters
    ----------
    folder
        The notebook's, in which Python cells begin.
    workspace
        In which Bash cells begin.
    own
        What the cells are about: data, workspace, earlier iterations; each with all below it.
    system
        Any program's needs, each with all below it.
    hidden
        What of the notebook's folder no cell needs.
    """

    folder: Path
    workspace: Path
    own: tuple[Path, ...]
    system: tuple[Path, ...]
    hidden: tuple[Path, ...]

    def outside(self, source: str) -> list[str]:
        """Return the places outside that the text of a cell names, as it writes them, each once."""
        for spelling in self._odd_spellings():
            source = source.replace(spelling, "own")
        return list(dict.fromkeys(word for word in _named(source) if word.isprintable() and self._is_outside(word)))

    def _odd_spellings(self) -> set[str]:
        """Return how cells may write their own paths where these hold spaces or quotes, at which a word would end."""
        written = {os.path.relpath(path, base) for path in self.own for base in (self.folder, self.workspace)}
        odd = {text for text in (*written, *map(str, self.own)) if not _PLAIN.fullmatch(text)}
        return {spelling for text in odd for spelling in (text, shlex.quote(text), repr(text)[1:-1])}

    def _is_outside(self, word: str) -> bool:
        known = self._meanings(word)
        return any(map(_is_there, known)) and not any(map(self._is_needed, known))

    def _meanings(self, word: str) -> set[Path]:
        """Return what a word may stand for; of a pattern or a variable, the folder it is in."""
        parts = re.sub(rf"^{_HOME}", lambda _: str(Path.home()), word).split("/")
        plain = next((at for at, part in enumerate(parts) if set(part) & set("*?[{$")), len(parts))
        path = "/".join(parts[:plain]) or "/"
        return {Path(os.path.normpath(base / path)) for base in (self.folder, self.workspace)}

    def _is_needed(self, path: Path) -> bool:
        both = (path, Path(os.path.realpath(path)))
        if any(is_below(place, (*self.own, *self.system)) for place in both):
            return True
        if path in _TEMPORARY or (path.parent in _TEMPORARY and not path.is_dir()):
            return True
        inside = path.relative_to(self.folder).parts if path.is_relative_to(self.folder) else ()
        at_home = Path.home().resolve().is_relative_to(self.folder)
        return bool(inside) and not at_home and not inside[0].startswith(".") and not is_below(path, self.hidden)


def surroundings(run: RunDirectory, record: RunRecord) -> Surroundings:
    """Return where the cells of a run are at work."""
    folder = Path(record.origin.directory).resolve()
    tables = (record.dataset.train, record.dataset.validation)
    data = [Path(table.path) for table in tables if table is not None]
    own = [*data, run.workspace, run.path / "iterations", run.outputs]
    machine = [*(Path("/dev", name) for name in _DEVICES), *(Path("/proc", name) for name in _OF_ITSELF)]
    return Surroundings(
        folder=folder,
        workspace=run.workspace.resolve(),
        own=tuple(dict.fromkeys(path for place in own for path in (place, place.resolve()))),
        system=(*system_paths(os.environ), *machine),
        hidden=(folder / RUNS, run.path, run.path.resolve()),
    )


def in_words(places: Sequence[str]) -> str:
    """Return the entry of the ledger for places that a cell names, in a sentence."""
    shown = [place[:_LONGEST] for place in places[:MOST_NAMED]]
    more = f" and {len(places) - MOST_NAMED} more" if len(places) > MOST_NAMED else ""
    return f"A cell names {', '.join(shown)}{more}, outside of what its work needs."


def _is_there(path: Path) -> bool:
    """Return whether a place exists, or the folder that it would be in; everything could be in the root."""
    return os.path.lexists(path) or (path.parent != Path("/") and os.path.isdir(path.parent))  # noqa: PTH112 - never raises


def _named(source: str) -> Iterator[str]:
    """Yield the words of a cell's text that may be places outside."""
    yield from _PLACE.findall(source)
    for pattern in (_SHELL,) if source.startswith("%%bash") else (_SHELL_IN_PYTHON, _LISTED, _CALLED):
        yield from pattern.findall(source)
    if _AT_HOME.search(source):
        yield "~"
