"""The tools a planner works with: each call becomes a cell of the notebook."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from agentomics_nb.errors import AgentomicsError
from agentomics_nb.experiment.refusals import refusals
from agentomics_nb.experiment.steps import ANSWERS, Answer, Step

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from agentomics_nb.experiment.notebook_cells import CellRecorder
    from agentomics_nb.journal import events as ev

OBSERVATION_LIMIT = 12_000
"""Characters of a cell's output that a planner sees; the rest is cut from the middle."""
MOST_REJECTIONS = 5


class StepFailed(AgentomicsError):
    """The planner gave up on a step, or its answer was refused too often; the iteration has failed."""


@dataclass(frozen=True)
class Observation:
    """What a planner sees of a cell that ran.

    Parameters
    ----------
    cell : str
        The cell's id.
    ok : bool
        Whether it ended without an error.
    text : str
        Its printed output, cut in the middle if it is long, and the error if there was one.
    """

    cell: str
    ok: bool
    text: str


class Tools:
    """The tools of one step.

    On a resume the planner asks for the same cells again; those that had ended are answered from the journal
    and not run a second time.

    Parameters
    ----------
    recorder : CellRecorder
        Runs and records cells.
    step : Step
        The step at work.
    workspace : str
        The workspace, relative to the notebook.
    directory : Path
        The same, absolute.
    check : callable
        Takes the typed answer, raises `CheckError` with a text that tells the planner what to mend.
    reject : callable
        Records a refused answer; takes the text and how often it happened.
    clear : callable
        Empties the workspace but for the split.
    hidden : sequence of str
        Paths and names that no cell may mention: the test file.
    refused : callable, optional
        Records what a cell tried and may not; takes the cell (None if it was not run at all) and one line.
    """

    def __init__(
        self,
        recorder: CellRecorder,
        *,
        step: Step,
        workspace: str,
        directory: Path,
        check: Callable[[Answer], None],
        reject: Callable[[str, int], None],
        clear: Callable[[], None],
        hidden: Sequence[str] = (),
        refused: Callable[[str | None, str], None] | None = None,
    ) -> None:
        self._recorder = recorder
        self._step = step
        self._refused = refused or (lambda cell, text: None)
        self._workspace = workspace
        self._directory = directory
        self._check = check
        self._reject = reject
        self._clear = clear
        self._hidden = re.compile("|".join(rf"(?<![\w.-]){re.escape(text)}" for text in hidden if text) or r"(?!)")
        self._rejections = 0
        self.each_once = False
        """Whether a cell that was cut off is reported as such, rather than run again; for planners that can react."""
        self.answer: Answer | None = None
        """The accepted answer; None until `finish` accepts one."""
        self.refusal: str | None = None
        """Why the last answer was refused."""

    def begin_anew(self, markdown: str) -> None:
        """Empty the workspace but for the split, and say so; done once, whatever resumes follow."""
        said = self._recorder.left_behind
        if said is None or said.ended is None:
            self._clear()
        self.say(markdown)

    def say(self, markdown: str) -> None:
        """Write a text cell. Text that stems from the data must have been escaped."""
        self._recorder.markdown(markdown, role="heading")

    def bash(self, command: str) -> Observation:
        """Run a command in the workspace."""
        return self._run(f"%%bash\ncd {shlex.quote(self._workspace)} || exit 1\n{command}", "bash")

    def python(self, source: str) -> Observation:
        """Run Python in the agent kernel, from the notebook's directory."""
        return self._run(source, "python")

    def write_file(self, path: str, text: str) -> Observation:
        """Write a file of the workspace.

        Raises
        ------
        ValueError
            If `path` leads out of the workspace.
        """
        head = self._writes(path)
        self._leave_no_link(path)
        return self._run(f"{head}{text}", "file")

    def _leave_no_link(self, path: str) -> None:
        """See to it that writing stays in the workspace: a link in the way would lead the text to its target."""
        root, place = self._directory.resolve(), self._directory / path
        if not place.parent.resolve().is_relative_to(root):
            raise ValueError(f"{path!r} leads out of the workspace through a link")
        if place.is_symlink():
            place.unlink()

    def replace_in_file(self, path: str, old: str, new: str) -> Observation:
        """Replace the one occurrence of `old` in a file of the workspace; the cell writes the whole new text.

        Raises
        ------
        ValueError
            If `path` leads out of the workspace, or `old` does not occur in it exactly once.
        """
        head = self._writes(path)
        begun = self._recorder.left_behind
        if begun is not None and begun.role == "file" and begun.source.startswith(head):
            return self._run(begun.source, "file")  # it was written before the engine ended
        text = self.read(path)
        found = text.count(old) if old else 0
        if found != 1:
            raise ValueError(f"the old text occurs {found} times in {path}; it must occur exactly once")
        self._leave_no_link(path)
        return self._run(f"{head}{text.replace(old, new)}", "file")

    def read(self, path: str) -> str:
        """Return the text of a file of the workspace.

        Raises
        ------
        ValueError
            If there is no such file of text.
        """
        place = (self._directory / path).resolve()
        if not place.is_relative_to(self._directory.resolve()) or not place.is_file():
            raise ValueError(f"{path} is no file in the workspace")
        try:
            return place.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            raise ValueError(f"{path} holds no text") from None

    @property
    def made(self) -> int:
        """Cells that this step has made so far."""
        return self._recorder.made

    def go_on_after(self, made: int) -> None:
        """Take the first `made` cells as made, after a resume."""
        self._recorder.go_on_after(made)

    def start_over(self) -> None:
        """Forget refused answers, when another planner takes the step over."""
        self._rejections, self.refusal = 0, None

    def _writes(self, path: str) -> str:
        """Return the first line of the cell that writes a file."""
        if not path or path.startswith(("/", "~")) or ".." in path.split("/") or any(c in path for c in "\n\"'{}$\\"):
            raise ValueError(f"{path!r} is no plain path within the workspace")
        target = f"{self._workspace}/{path}"
        quoted = f'"{target}"' if " " in target else target
        return f"%%writefile {quoted}\n"

    def finish(self, answer: Answer | dict[str, Any]) -> str | None:
        """Deliver the step's answer; return None if it is accepted, else what to mend.

        Raises
        ------
        StepFailed
            If answers have been refused too often.
        """
        try:
            if isinstance(answer, dict):
                answer = ANSWERS[self._step].model_validate(answer)
            self._check(answer)
        except (CheckError, ValidationError) as error:
            self._rejections += 1
            self.refusal = str(error)
            self._reject(str(error), self._rejections)
            if self._rejections > MOST_REJECTIONS:
                raise StepFailed(f"{self._step.heading} was refused {self._rejections} times: {error}") from None
            return str(error)
        self.answer = answer
        return None

    def _run(self, source: str, role: ev.CellRole) -> Observation:
        found = self._hidden.search(source)
        if found:
            self._refused(None, f"a cell that names {found[0]!r} was not run")
            raise ValueError(f"{found[0]!r} names the test file, which is not yours to use; name nothing like it")
        if self._directory.is_symlink() or not self._directory.is_dir():
            self._directory.unlink(missing_ok=True)  # a cell that ends up elsewhere could do harm there
            self._directory.mkdir(parents=True)
        cell = self._recorder.code(source, role=role, once=self.each_once and role != "file")
        text = printed_text(cell.outputs)
        for line in refusals(text):
            self._refused(cell.id, line)
        if cell.error and cell.status != "error":  # an error stands among the outputs already
            text = f"{text}\n{cell.error}".strip()
        if cell.asked is not None and cell.source != cell.asked:
            text = f"The person changed this cell before it ran, to:\n{cell.source}\n\nIts output:\n{text}"
        full = self._recorder.text_file(cell.id)
        return Observation(cell.id, cell.status == "ok", cut(text, OBSERVATION_LIMIT, full))


class CheckError(AgentomicsError):
    """An answer or its files do not hold; the text tells the planner what to mend."""


def printed_text(outputs: list[dict[str, Any]]) -> str:
    """Return what outputs say in plain text; pictures are named, not shown."""
    parts: list[str] = []
    for output in outputs:
        match output["output_type"]:
            case "stream":
                parts.append(output["text"])
            case "error":
                parts.append(f"{output['ename']}: {output['evalue']}\n")
            case _:
                data = output["data"]
                picture = next((kind for kind in data if kind.startswith("image/")), None)
                parts.append(f"[{picture}]\n" if picture else str(data.get("text/plain", "")) + "\n")
    return "".join(parts).strip()


def cut(text: str, limit: int, full: Path | None = None) -> str:
    """Return `text` with its middle left out if it is longer than `limit` characters."""
    if len(text) <= limit:
        return text
    half = limit // 2
    where = f"; all of it is in {full.name}" if full is not None else ""
    return f"{text[:half]}\n[… {len(text) - 2 * half:,} characters left out{where} …]\n{text[-half:]}"
