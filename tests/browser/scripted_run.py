"""A run whose cells the test makes itself: it writes the events and the log as an engine does, and holds its lock."""

from __future__ import annotations

import base64
import time
from typing import TYPE_CHECKING, Any, Self

from agentomics_nb.experiment.steps import Step
from agentomics_nb.journal import events as ev
from agentomics_nb.journal.directory import Origin, RunDirectory
from agentomics_nb.journal.inbox import Command, waiting
from agentomics_nb.journal.journal import Journal
from agentomics_nb.journal.state import RunState
from agentomics_nb.journal.writer import JournalWriter
from agentomics_nb.launch import prepare
from agentomics_nb.options import RunOptions
from agentomics_nb.record.notebook import write_notebook

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from agentomics_nb.journal.outputs import OutputChange

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


class ScriptedRun:
    """Plays the engine of a run in `directory`; use it as a context."""

    def __init__(self, directory: Path, name: str, **options: Any) -> None:
        data = directory / "genes.csv"
        if not data.exists():
            rows = [f"{i % 7},{(i * i) % 11},{'case' if i % 3 else 'control'}" for i in range(60)]
            data.write_text("\n".join(["reads,length,label", *rows]) + "\n")
        origin = Origin(directory=str(directory), door="cli")
        self.run: RunDirectory = prepare(
            RunOptions(data=str(data), out=directory / "agentomics_runs", name=name, iterations=3, **options),
            origin=origin,
        )
        self.record = self.run.read_record()
        self.state = RunState()
        self.iteration = 0
        self.step = Step.EXPLORATION
        self.made = 0

    def __enter__(self) -> Self:
        self._lock = self.run.lock()
        self._lock.acquire()
        self._writer = JournalWriter(self.run.events)
        self.journal = Journal(self._writer, self.state, lambda event: None)
        self.journal.write(ev.RunStarted(pid=1, attempt=1, planner="offline"))
        self.begin_iteration(0)
        return self

    def __exit__(self, *_: object) -> None:
        if self.state.status == "running":
            self.end()
        self._writer.close()

    def begin_iteration(self, number: int) -> None:
        self.iteration = number
        with self.journal.within(number):
            self.journal.write(ev.IterationStarted())
        self.text(f"## Iteration {number} · a scripted idea", role="heading")

    def end_step(self, answer: dict[str, Any] | None = None) -> None:
        with self.journal.within(self.iteration, self.step):
            self.journal.write(ev.StepStarted())
            self.journal.write(ev.StepEnded(answer=answer or {}, seconds=1.0))
        steps = list(Step)
        self.step = steps[(steps.index(self.step) + 1) % len(steps)]

    def end(self) -> None:
        """End the run and write its log."""
        self.journal.write(ev.RunEnded(status="finished", reason="The script is over."))
        write_notebook(self.run.log, self.record, self.state)
        self._lock.release()

    def text(self, source: str, *, role: ev.CellRole = "report") -> str:
        cell = self._next()
        self._write(ev.CellStarted(cell=cell, cell_type="markdown", role=role, source=source))
        self._write(ev.CellEnded(cell=cell, status="ok", seconds=0.0))
        return cell

    def start(self, source: str, *, role: ev.CellRole = "bash") -> str:
        cell = self._next()
        self._write(ev.CellStarted(cell=cell, cell_type="code", role=role, source=source))
        return cell

    def change(self, cell: str, *changes: OutputChange) -> None:
        self._write(ev.CellChanged(cell=cell, changes=[dict(change) for change in changes]))

    def finish(self, cell: str, status: ev.CellStatus = "ok") -> None:
        self._write(ev.CellEnded(cell=cell, status=status, execution_count=self.made, seconds=0.1))

    def code(self, source: str, outputs: Sequence[dict[str, Any]] = (), *, role: ev.CellRole = "bash") -> str:
        """A cell that has run."""
        cell = self.start(source, role=role)
        if outputs:
            self.change(cell, *({"op": "add", "output": output} for output in outputs))
        self.finish(cell)
        return cell

    def propose(self, source: str) -> str:
        """A command that waits for the person."""
        cell = self._next()
        self._write(ev.CellProposed(cell=cell, role="bash", source=source))
        return cell

    def carry_out_decision(self, cell: str) -> Command:
        """Wait for the decision about a cell and act on it as the engine does; return the command."""
        until(lambda: waiting(self.run.inbox))
        ((path, command),) = waiting(self.run.inbox)
        path.unlink()
        assert command is not None
        if command.command == "stop":
            return command
        assert command.cell == cell
        proposed = self.state.cells[cell]
        source = command.text or proposed.source
        decision = "skip" if command.command == "reject" else "run" if source == proposed.source else "edit"
        self._write(ev.CellReviewed(cell=cell, decision=decision, by=command.sender))
        if decision == "skip":
            self._write(ev.CellEnded(cell=cell, status="skipped", seconds=0.0))
        else:
            self._write(ev.CellStarted(cell=cell, cell_type="code", role="bash", source=source))
            self.change(cell, {"op": "add", "output": stream(f"ran {source}\n")})
            self.finish(cell)
        return command

    def play(self, cells: int, pause: float = 0.05) -> None:
        """Make cells of all kinds, with a step ended after every eighth."""
        for number in range(self.made, self.made + cells):
            match number % 5:
                case 0:
                    self.text(f"### Step {number}")
                case 1:
                    cell = self.start(f"%%bash\necho line {number}")
                    self.change(cell, {"op": "add", "output": stream(f"line {number}\n")})
                    time.sleep(pause)
                    for extra in range(5):
                        self.change(cell, {"op": "append_text", "index": 0, "text": f"more {extra}\n"})
                    self.finish(cell)
                case 2:
                    self.code(f"%%writefile file_{number}.py\nx = {number}", [stream("Writing\n")], role="file")
                case 3:
                    self.code(f"figure({number})", [picture()], role="python")
                case _:
                    self.code(f"frame({number})", [table(number)], role="python")
            if number % 8 == 7:
                self.end_step()
            time.sleep(pause)

    def commands(self) -> list[str]:
        """The commands that wait in the inbox."""
        return [command.command for _, command in waiting(self.run.inbox) if command is not None]

    def _next(self) -> str:
        step = self.step.value.replace("_", "-")
        cell = f"{self.record.digest}-{self.iteration:02d}-{step}-{self.made:02d}"
        self.made += 1
        return cell

    def _write(self, event: ev.Event) -> None:
        with self.journal.within(self.iteration, self.step):
            self.journal.write(event)


def stream(text: str, name: str = "stdout") -> dict[str, Any]:
    return {"output_type": "stream", "name": name, "text": text}


def picture() -> dict[str, Any]:
    data = {"image/png": base64.b64encode(PIXEL).decode() + "\n", "text/plain": "<Figure size 640x480>"}
    return {"output_type": "display_data", "data": data, "metadata": {}}


def table(number: int) -> dict[str, Any]:
    data = {
        "text/plain": f"   a\n0  {number}",
        "text/html": f"<table><tbody><tr><td>{number}</td></tr></tbody></table>",
    }
    return {"output_type": "execute_result", "execution_count": None, "data": data, "metadata": {}}


def until(met: Callable[[], object], seconds: float = 40.0) -> None:
    """Wait for a condition."""
    deadline = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < deadline
        time.sleep(0.05)
