"""Cells as the experiment makes them: recorded before they run, run once, never twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentomics_nb.experiment.bench import StepSkipped
from agentomics_nb.experiment.training_watch import TrainingWatch
from agentomics_nb.journal import events as ev

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from agentomics_nb.experiment.bench import Bench
    from agentomics_nb.journal.journal import Journal
    from agentomics_nb.journal.outputs import OutputChange
    from agentomics_nb.journal.state import CellState

CUT_OFF = (
    "This cell was cut off when the engine ended, and was not run again; what it had done by then may be incomplete."
)


class CellRecorder:
    """Makes the cells of one step of one iteration.

    Ids are ``<digest>-<iteration>-<step>-<number>``: a resumed step asks for the same ids in the same order, and
    a cell that had ended with the same source is taken from the journal.

    Parameters
    ----------
    journal : Journal
        Where events go, and what they add up to.
    bench : Bench
        Where code runs.
    prefix : str
        Beginning of every id of this step; letters, digits, ``-`` and ``_`` only.
    outputs : Path
        Directory for the full text of long outputs.
    must_wait : callable, optional
        Tells by its role whether a code cell must wait for the person.
    training_log : Path, optional
        Followed while cells run.
    begun : callable, optional
        Takes the id and the text of each code cell that begins to run.
    """

    def __init__(
        self,
        journal: Journal,
        bench: Bench,
        *,
        prefix: str,
        outputs: Path,
        must_wait: Callable[[ev.CellRole], bool] | None = None,
        training_log: Path | None = None,
        begun: Callable[[str, str], None] | None = None,
    ) -> None:
        self._journal = journal
        self._bench = bench
        self._prefix = prefix
        self._outputs = outputs
        self._must_wait = must_wait
        self._training_log = training_log
        self._begun = begun
        self._made = 0

    @property
    def made(self) -> int:
        """Cells that this step has made so far."""
        return self._made

    def go_on_after(self, made: int) -> None:
        """Take the first `made` cells of this step as made: their planner knows their outcomes."""
        self._made = made

    @property
    def left_behind(self) -> CellState | None:
        """The cell that an earlier attempt had begun in the place of the next one."""
        return self._journal.state.cells.get(self._id)

    def text_file(self, cell: str) -> Path:
        """Return where the full text of a cell's output goes."""
        return self._outputs / f"{cell}.txt"

    def markdown(self, source: str, *, role: ev.CellRole, seconds: float = 0.0) -> CellState:
        """Record a text cell; `seconds` says how long the work took that it reports."""
        cell, known = self._next(source)
        if known is None:
            self._journal.write(ev.CellStarted(cell=cell, cell_type="markdown", role=role, source=source))
            self._journal.write(ev.CellEnded(cell=cell, status="ok", seconds=round(seconds, 3)))
        return self._journal.state.cells[cell]

    def code(self, source: str, *, role: ev.CellRole, once: bool = False) -> CellState:
        """Run a code cell, unless it had ended before a resume.

        Parameters
        ----------
        source : str
            The code.
        role : str
            What it is for.
        once : bool
            Whether it runs at most once: a cell that was cut off by the end of an engine or of its kernel counts
            as killed then, and is not run again.
        """
        begun = self.left_behind
        cell, known = self._next(source)
        if known is not None:
            return known
        self._bench.checkpoint()
        if once and begun is not None and begun.ran and (begun.asked or begun.source) == source:
            self._journal.write(ev.CellEnded(cell=cell, status="killed", seconds=0.0, error=CUT_OFF))
            return self._journal.state.cells[cell]
        if self._must_wait is not None and self._must_wait(role):
            decided = self._ask(cell, source, role)
            if decided is None:
                return self._journal.state.cells[cell]
            source = decided
        if once:
            self._run(cell, source, role)
            return self._journal.state.cells[cell]
        if self._run(cell, source, role) == "killed":
            self._journal.write(
                ev.Notice(level="warning", text="The agent kernel died; the cell runs once more in a new one.")
            )
            self._run(cell, source, role)
        return self._journal.state.cells[cell]

    def _ask(self, cell: str, source: str, role: ev.CellRole) -> str | None:
        """Let the cell wait for the person; return the source to run, None if it is skipped."""
        self._journal.write(ev.CellProposed(cell=cell, role=role, source=source))
        decision = self._bench.await_decision(cell)
        final = source if decision.source is None else decision.source
        if not decision.run:
            self._journal.write(ev.CellReviewed(cell=cell, decision="skip", by=decision.by))
            self._journal.write(
                ev.CellEnded(cell=cell, status="skipped", seconds=0.0, error="The person does not want this to run.")
            )
            return None
        self._journal.write(ev.CellReviewed(cell=cell, decision="run" if final == source else "edit", by=decision.by))
        return final

    def _run(self, cell: str, source: str, role: ev.CellRole) -> str:
        self._journal.write(ev.CellStarted(cell=cell, cell_type="code", role=role, source=source))
        if self._begun is not None:
            self._begun(cell, source)

        def record(changes: list[OutputChange]) -> None:
            self._journal.write(ev.CellChanged(cell=cell, changes=[dict(change) for change in changes]))

        watch = TrainingWatch(self._training_log, self._journal) if self._training_log is not None else None
        try:
            outcome = self._bench.run_cell(
                source,
                text_file=self.text_file(cell),
                on_update=record,
                meanwhile=watch.look if watch is not None else None,
            )
        except StepSkipped as skipped:
            self._journal.write(ev.CellEnded(cell=cell, status="killed", seconds=0.0, error=str(skipped)))
            raise
        if watch is not None:
            watch.end()
        self._journal.write(
            ev.CellEnded(
                cell=cell,
                status=outcome.status,
                execution_count=outcome.execution_count,
                seconds=round(outcome.seconds, 3),
                error=outcome.error,
                peak_memory=outcome.peak_memory,
            )
        )
        return outcome.status

    @property
    def _id(self) -> str:
        return f"{self._prefix}-{self._made:02d}"

    def _next(self, source: str) -> tuple[str, CellState | None]:
        cell = self._id
        self._made += 1
        known = self._journal.state.cells.get(cell)
        ended = known is not None and (known.asked or known.source) == source and known.ended is not None
        return cell, known if ended else None
