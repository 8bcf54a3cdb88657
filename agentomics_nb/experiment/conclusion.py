"""The end of a run: what the best iteration is worth, the test file opened once, and the last cell."""

from __future__ import annotations

import time
import traceback
from typing import TYPE_CHECKING

from agentomics_nb.experiment import headings
from agentomics_nb.experiment.notebook_cells import CellRecorder
from agentomics_nb.experiment.steps import Inference, Step
from agentomics_nb.experiment.tools import CheckError
from agentomics_nb.journal import events as ev

if TYPE_CHECKING:
    from collections.abc import Callable

    from agentomics_nb.experiment.archive import Archive
    from agentomics_nb.experiment.bench import Bench
    from agentomics_nb.experiment.evaluation import Evaluator
    from agentomics_nb.journal.directory import RunDirectory, RunRecord
    from agentomics_nb.journal.journal import Journal


class Conclusion:
    """Concludes a run; a second object on the same run goes on where it stood.

    Parameters
    ----------
    run : RunDirectory
        The run.
    record : RunRecord
        Its ``run.json``.
    bench : Bench
        Runs ``inference.py`` on the test rows.
    journal : Journal
        Records; its state says what has been done already.
    archive : Archive
        Keeps the best iteration.
    evaluator : Evaluator
        Scores.
    before_test : callable or None
        Called right before the test file is opened; records what else has opened it.
    """

    def __init__(
        self,
        run: RunDirectory,
        record: RunRecord,
        bench: Bench,
        journal: Journal,
        archive: Archive,
        evaluator: Evaluator,
        before_test: Callable[[], None] | None,
    ) -> None:
        self._run = run
        self._record = record
        self._bench = bench
        self._journal = journal
        self._archive = archive
        self._evaluator = evaluator
        self._before_test = before_test

    def carry_out(self) -> None:
        """Do what is still to be done; nothing without a model."""
        state = self._journal.state
        if state.best is None:
            return
        started = time.monotonic()
        self._warn_of_lookup(state.best)
        if state.worth is None or not state.test_opened:
            self._judge(state.best)
        if self._record.dataset.test is not None and not state.test_opened:
            self._open_test(state.best)
            self._archive.write_best_metrics(state.iterations[state.best], state.test)
        cells = CellRecorder(self._journal, self._bench, prefix=f"{self._record.digest}-end", outputs=self._run.outputs)
        cells.markdown(
            headings.conclusion(self._record, state, self._run.path.name),
            role="report",
            seconds=time.monotonic() - started,
        )

    def _judge(self, best: int) -> None:
        """Record what the score of the best iteration is worth, as far as that can be computed."""
        ended = [iteration.number for iteration in self._journal.state.iterations.values() if iteration.status == "ok"]
        try:
            worth = self._evaluator.worth(self._run.iteration(best), [self._run.iteration(n) for n in ended])
        except Exception:  # it must not cost the person the run
            traceback.print_exc()  # into engine.log
        else:
            self._journal.write(ev.Judged(worth=worth.model_dump(mode="json")))

    def _warn_of_lookup(self, best: int) -> None:
        """Say it where remembering the most similar training rows does as well as the best model."""
        gain = self._evaluator.gain_over_lookup(self._run.iteration(best))
        if gain is None or gain.value is None or (gain.value > 0 and (gain.low is None or gain.low > 0)):
            return
        text = (
            f"A lookup of the most similar training rows does as well as iteration {best}, the best model: validation "
            "may measure memory, not what was learned. Look at the audit."
        )
        self._journal.notice_once(text)

    def _open_test(self, best: int) -> None:
        """Open the test file, with an entry in its ledger, and score an iteration on it, unless it was seen before."""
        if self._before_test is not None:
            self._before_test()
        scores, error = None, None
        if self._journal.state.seen_by is not None:
            error = f"The score is void. {self._journal.state.seen_by.text}"
        else:
            try:
                rows, sha256 = self._evaluator.open_test()
                text = f"Opened by the engine, once, to score iteration {best}."
                self._journal.write(ev.TestOpened(by="engine", sha256=sha256, rows=len(rows), text=text))
                inference = Inference.model_validate(self._journal.state.iterations[best].answer(Step.INFERENCE))
                script = self._run.best / inference.script
                scores = self._evaluator.score_test(script, rows, self._journal.state.worth)
            except CheckError as problem:
                error = str(problem)
        self._journal.write(ev.TestEvaluated(scores=scores and scores.model_dump(mode="json"), error=error))
