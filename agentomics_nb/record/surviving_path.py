"""The surviving path: of all that an agent did, what the best model came from, in order."""

from __future__ import annotations

import os
import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from agentomics_nb.experiment.recorded_training import RecordedTraining
from agentomics_nb.experiment.steps import Step, Training

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from agentomics_nb.journal.directory import RunDirectory, RunRecord
    from agentomics_nb.journal.state import CellState, IterationState, RunState

Kind = Literal["text", "file", "command", "python"]
DATA = "data"
"""Folder of the replay in which the data stand, under the names of their files."""

_ONLY_LOOKS = frozenset(
    """
    [ awk cat cd column cut date df diff du echo env exit false file find free grep head hostname jq less ls lscpu
    md5sum nproc nvidia-smi od pip printenv printf ps pwd sed set sha256sum sleep sort stat tail test time tr tree true
    type uname uniq wc which whoami xxd zcat
    """.split()  # noqa: SIM905 - a list of words is easier to read so
)
"""Commands that make no file, as long as their output goes nowhere: looking is no part of the path."""
_WRITES_A_SCRIPT = re.compile(
    r"(>>?\s*\S*\.py\b)|\bsed\b[^|;&\n]*\s-\w*i|\bperl\b[^|;&\n]*\s-\w*i|\b(tee|patch|truncate)\b|\b(mv|cp|rm)\b[^;&\n]*\.py\b"
)
"""A command that writes or alters a script: its result is in the file as it was frozen."""
_ENTERS = re.compile(r"%%bash\ncd (.+) \|\| exit 1\n")
"""How each Bash cell of a run begins."""
_SOURCES = frozenset({".py", ".sh", ".r", ".toml", ".yaml", ".yml", ".cfg", ".ini"})
_MADE_IN = (Step.REPRESENTATION, Step.ARCHITECTURE, Step.TRAINING)
"""Steps that make the model; what they run belongs to the path."""


@dataclass(frozen=True)
class Passage:
    """One cell of the path.

    Parameters
    ----------
    kind : {"text", "file", "command", "python"}
        Markdown; a file to write; Bash; Python.
    step : Step
        The step that it belongs to.
    source : str
        The text, with paths as they are in the folder of the replay.
    file : str or None
        Name of the file, where it is one.
    cell : str or None
        Id of the cell of the run that it comes from; None for what was put together from several.
    by : str or None
        Who made it: a planner, or ``person`` for a cell that a person edited.
    outputs : list of dict
        What the cell printed and drew in the run.
    may_fail : bool
        Whether the numbers do not hang on it.
    """

    kind: Kind
    step: Step
    source: str
    file: str | None = None
    cell: str | None = None
    by: str | None = None
    outputs: list[dict[str, Any]] = field(default_factory=list)
    may_fail: bool = False


@dataclass(frozen=True)
class Places:
    """Where a run's files stood, and where they stand in a replay, which works in one folder with the data in it.

    Parameters
    ----------
    base : Path
        Where the cells of the run were executed.
    workspace : Path
        Where its agent worked.
    data : mapping of Path to str
        Each data file, and its name in the replay.
    """

    base: Path
    workspace: Path
    data: Mapping[Path, str]

    @classmethod
    def of(cls, run: RunDirectory, record: RunRecord, cells: Iterable[CellState]) -> Places:
        """Return those of a run, as they were when its cells ran: its directory may have been moved since."""
        base = Path(record.origin.directory)
        entered = (_ENTERS.match(cell.source) for cell in cells if cell.role == "bash")
        named = next((shlex.split(found[1])[0] for found in entered if found is not None), None)
        workspace = run.workspace.absolute() if named is None else Path(os.path.normpath(base / named))
        return cls(base, workspace, names_of([Path(table.path) for table in record.dataset.tables]))

    def in_workspace(self, text: str) -> str:
        """Return a script or command of the workspace with the paths of the replay."""
        for path, name in self.data.items():
            for written in (os.path.relpath(path, self.workspace), str(path)):
                text = _replaced(text, written, f"{DATA}/{name}")
        return self._without_workspace(text)

    def in_notebook(self, text: str) -> str:
        """Return Python that ran where the notebook stands with the paths of the replay."""
        for path, name in self.data.items():
            # The name of a file beside the notebook may be that of a file in the workspace, too: whole literals only.
            written = re.escape(os.path.relpath(path, self.base))
            new = f"{DATA}/{name}"
            text = re.sub(rf"""(?<=["']){written}(?=["'])""", new.replace("\\", r"\\"), text)
            text = _replaced(text, str(path), new)
        return self._without_workspace(text)

    def _without_workspace(self, text: str) -> str:
        for written in (str(self.workspace), os.path.relpath(self.workspace, self.base)):
            text = text.replace(f"{written}/", "")
            text = _replaced(text, written, ".")
        return text


def names_of(paths: Sequence[Path]) -> dict[Path, str]:
    """Return a name for each file, its own unless two share it."""
    names: dict[Path, str] = {}
    for path in paths:
        taken = set(names.values())
        name, number = path.name, 1
        while name in taken:
            number += 1
            stem, dot, suffix = path.name.partition(".")
            name = f"{stem}-{number}{dot}{suffix}"
        names.setdefault(path, name)
    return names


def surviving_path(
    run: RunDirectory, record: RunRecord, state: RunState, edited: Mapping[str, str] | None = None
) -> list[Passage]:
    """Return the path to the best model: exploration, split, and the steps of its iteration.

    Failed cells, cells that only look, and what was written over later are no part of it. Scripts have the text in
    which they were frozen, however many cells it took to write them.

    Parameters
    ----------
    run, record, state
        The run; it must have a model.
    edited : mapping of str to str, optional
        Cells that a person edited after they had run, by id: what stands in the notebook now.
    """
    assert state.best is not None  # noqa: S101 - for mypy; who calls this has looked
    best = state.iterations[state.best]
    path = _Path(run, record, state, edited or {})
    passages: list[Passage] = []
    explored = _last_with_code(state, Step.EXPLORATION, up_to=best.number)
    if explored is not None and (explored == best.number or record.planner == "offline"):
        passages += path.step(state.iterations[explored], Step.EXPLORATION)
    divided = next((i for i in state.iterations.values() if i.answer(Step.SPLIT) is not None), best)
    passages += path.step(divided, Step.SPLIT)
    for step in _MADE_IN:
        passages += path.step(best, step)
    passages += path.missing(best, passages)
    passages += path.step(best, Step.INFERENCE)
    passages += path.step(best, Step.ANALYSIS)
    return passages


def _last_with_code(state: RunState, step: Step, *, up_to: int) -> int | None:
    found = [
        cell.iteration
        for cell in state.cells.values()
        if cell.step is step and cell.cell_type == "code" and cell.iteration is not None and cell.iteration <= up_to
    ]
    return max(found, default=None)


class _Path:
    """Takes the passages of one step after another."""

    def __init__(self, run: RunDirectory, record: RunRecord, state: RunState, edited: Mapping[str, str]) -> None:
        self._run = run
        self._cells = sorted(state.cells.values(), key=lambda cell: cell.seq)
        self._places = Places.of(run, record, self._cells)
        self._edited = edited
        self._offline = record.planner == "offline"

    def step(self, iteration: IterationState, step: Step) -> list[Passage]:
        """Return the passages of a step."""
        own = [cell for cell in self._cells if (cell.iteration, cell.step) == (iteration.number, step)]
        later = [cell for cell in self._cells if cell.iteration == iteration.number and cell.role == "file"]
        last = {self._file(cell): cell.id for cell in later if cell.status == "ok"}
        passages = []
        runs = [cell for cell in own if cell.role == "bash" and self._runs_training(iteration, cell)]
        for cell in own:
            if cell.cell_type == "markdown":
                # What a language model says on the way stands in its answers, which the headings tell.
                if self._offline and cell.role == "heading" and not cell.source.startswith("#"):
                    passages.append(Passage("text", step, self._places.in_notebook(cell.source), cell=cell.id))
            elif cell.status != "ok":
                continue
            elif cell.role == "file":
                if last[self._file(cell)] == cell.id:
                    passages.append(self._written(iteration, cell))
            elif cell.role == "bash":
                if not (cell in runs and cell is not runs[-1]):
                    passages += self._command(cell)
            else:
                passages.append(self._python(cell))
        return passages

    def missing(self, iteration: IterationState, passages: Iterable[Passage]) -> list[Passage]:
        """Return what the path lacks: scripts that no cell wrote as a file, and the training, if none is left of it."""
        known = {passage.file for passage in passages if passage.kind == "file"}
        known |= {
            self._file(cell) for cell in self._cells if cell.iteration == iteration.number and cell.role == "file"
        }
        frozen = self._run.iteration(iteration.number)
        found = [
            Passage("file", Step.TRAINING, self._places.in_workspace(path.read_text(encoding="utf-8")), file=name)
            for path in sorted(frozen.rglob("*"))
            if path.suffix.lower() in _SOURCES and (name := path.relative_to(frozen).as_posix()) not in known
        ]
        training = Training.model_validate(iteration.answer(Step.TRAINING))
        if not any(p.kind == "command" and p.step is Step.TRAINING and training.script in p.source for p in passages):
            recorded = RecordedTraining.of(iteration, self._cells)
            words = " ".join(["python", training.script, *recorded.arguments])
            found.append(Passage("command", Step.TRAINING, words))
        return found

    def _file(self, cell: CellState) -> str:
        """Return the name of the file that a cell writes, in the workspace."""
        head = cell.source.split("\n", 1)[0].removeprefix("%%writefile").strip().strip('"')
        return os.path.relpath(self._places.base / head, self._places.workspace)

    def _written(self, iteration: IterationState, cell: CellState) -> Passage:
        name = self._file(cell)
        frozen = self._run.iteration(iteration.number) / name
        source = (self._edited.get(cell.id) or cell.source).partition("\n")[2]
        if cell.id not in self._edited and frozen.is_file():
            source = frozen.read_text(encoding="utf-8")
        assert cell.step is not None  # noqa: S101 - for mypy
        text = self._places.in_workspace(source)
        return Passage("file", cell.step, text, file=name, cell=cell.id, by=self._author(cell))

    def _command(self, cell: CellState) -> list[Passage]:
        """Return what a Bash cell does besides looking; nothing if that is all it did."""
        source = self._edited.get(cell.id) or cell.source
        entered = _ENTERS.match(source)
        body = source[entered.end() :] if entered is not None else source.partition("\n")[2]
        text = self._places.in_workspace(body).strip()
        if not text or _only_looks(text) or (_WRITES_A_SCRIPT.search(text) and cell.id not in self._edited):
            return []
        return [self._passage("command", cell, text)]

    def _python(self, cell: CellState) -> Passage:
        return self._passage("python", cell, self._places.in_notebook(self._edited.get(cell.id) or cell.source))

    def _passage(self, kind: Kind, cell: CellState, text: str) -> Passage:
        """Return what a cell runs, with what it printed."""
        assert cell.step is not None  # noqa: S101 - for mypy
        return Passage(
            kind,
            cell.step,
            text,
            cell=cell.id,
            by=self._author(cell),
            outputs=cell.outputs,
            may_fail=self._may_fail(cell),
        )

    def _author(self, cell: CellState) -> str | None:
        by_person = cell.id in self._edited or (cell.review or {}).get("decision") == "edit"
        return "person" if by_person else cell.planner

    def _may_fail(self, cell: CellState) -> bool:
        """Say whether a cell of a language model was for looking: it may hang on what a failed cell had left."""
        return not self._offline and cell.step in (Step.EXPLORATION, Step.ANALYSIS)

    def _runs_training(self, iteration: IterationState, cell: CellState) -> bool:
        answer = iteration.answer(Step.TRAINING)
        script = Training.model_validate(answer).script if answer else "train.py"
        found = re.search(rf"\bpython[\d.]*\b[^;&|\n]*{re.escape(script)}", cell.source)
        return cell.step is Step.TRAINING and cell.status == "ok" and found is not None


def _only_looks(text: str) -> bool:
    """Say whether a command makes nothing: every program in it only looks, and no output goes into a file."""
    quiet = re.sub(r"\d?>\s*/dev/null|\d?>&\d", "", text)
    if re.search(r">|<<|\$\(|`", quiet):
        return False
    parts = [part.strip() for part in re.split(r"\n|;|&&|\|\||\|", quiet)]
    words = [part.split()[0] for part in parts if part]
    asks_pip = all(re.match(r"pip3?\s+(list|show|freeze|--version)", part) for part in parts if part.startswith("pip"))
    return asks_pip and all(word in _ONLY_LOOKS or word.startswith(("#", "pip")) for word in words)


def _replaced(text: str, written: str, new: str) -> str:
    """Replace a path where it stands by itself, and not as the beginning of a longer one."""
    return re.sub(rf"(?<![\w./-]){re.escape(written)}(?![\w/-]|\.\w)", lambda _: new, text)
