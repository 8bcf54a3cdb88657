"""The experiment: iterations of steps, each checked, recorded and resumable; then the best one, and the test."""

from __future__ import annotations

import itertools
import json
import os
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from pydantic import BaseModel

from agentomics_nb import markdown as md
from agentomics_nb.errors import AgentomicsError
from agentomics_nb.evaluation import Diagnostics, Evaluation, Interval
from agentomics_nb.experiment import headings
from agentomics_nb.experiment.archive import OWN_FILES, SPLIT_FILES, Archive
from agentomics_nb.experiment.bench import Interruption, StepSkipped
from agentomics_nb.experiment.conclusion import Conclusion
from agentomics_nb.experiment.evaluation import Evaluator
from agentomics_nb.experiment.notebook_cells import CellRecorder
from agentomics_nb.experiment.outside import in_words, surroundings
from agentomics_nb.experiment.retraining import Retraining
from agentomics_nb.experiment.scripts import check_artefact, check_names, check_references, within
from agentomics_nb.experiment.split import check_split
from agentomics_nb.experiment.steps import (
    ANSWERS,
    Answer,
    Exploration,
    Inference,
    PredictionAnalysis,
    Reflection,
    Split,
    Step,
    Training,
)
from agentomics_nb.experiment.tools import CheckError, StepFailed, Tools
from agentomics_nb.journal import events as ev
from agentomics_nb.journal.training import FILE as TRAINING_LOG
from agentomics_nb.planner.port import Brief, NothingLeft, PastIteration

if TYPE_CHECKING:
    from collections.abc import Callable

    from agentomics_nb.experiment.bench import Bench
    from agentomics_nb.journal.directory import RunDirectory, RunRecord
    from agentomics_nb.journal.journal import Journal
    from agentomics_nb.journal.state import IterationState, StepState
    from agentomics_nb.planner.port import Planner

_Model = TypeVar("_Model", bound=BaseModel)
SKIPPED: dict[Step, Answer] = {
    Step.EXPLORATION: Exploration(description="Skipped by the person."),
    Step.ANALYSIS: PredictionAnalysis(),
    Step.REFLECTION: Reflection(headline="Skipped by the person.", text="The reflection was skipped by the person."),
}
"""The steps that an iteration can do without, and what stands in their place when a person skips them."""
MOST_FAILURES_IN_A_ROW = 3
"""After so many failed iterations in a row another try is not worth its time."""


class Experiment:
    """Carries out a run with a planner on a bench; a second object on the same run goes on where it stood.

    Parameters
    ----------
    run : RunDirectory
        The run.
    record : RunRecord
        Its ``run.json``.
    planner : Planner
        Decides.
    bench : Bench
        Runs cells and processes.
    journal : Journal
        Records; its state says what has been done already.
    before_test : callable, optional
        Called right before the test file is opened; records what else has opened it.
    """

    def __init__(
        self,
        run: RunDirectory,
        record: RunRecord,
        planner: Planner,
        bench: Bench,
        journal: Journal,
        *,
        before_test: Callable[[], None] | None = None,
    ) -> None:
        self._run = run
        self._record = record
        self._planner = planner
        self._bench = bench
        self._journal = journal
        self._audit = run.read_audit()
        self._before_test = before_test
        self._archive = Archive(run)
        self._evaluator = Evaluator(run, record, bench)
        self._surroundings = surroundings(run, record)
        base = Path(record.origin.directory)
        self._workspace = os.path.relpath(run.workspace, base)
        self._data = os.path.relpath(record.dataset.train.path, base)
        given = record.dataset.validation
        self._validation = os.path.relpath(given.path, base) if given else ""

    def carry_out(self) -> None:
        """Do what is still to be done.

        Raises
        ------
        Interruption
            If the person, a limit, or the end of the notebook's kernel ends the run early. What was finished
            stays; `conclude` may follow.
        """
        self._introduce()
        for number in itertools.count():
            if number >= self._journal.state.limits(self._record.options).iterations:
                break
            if self._journal.state.test_opened or self._failures_in_a_row() >= MOST_FAILURES_IN_A_ROW:
                break
            known = self._journal.state.iterations.get(number)
            if known is None or known.status == "running":
                try:
                    self._iterate(number)
                except NothingLeft as reason:
                    with self._journal.within(number):
                        self._journal.write(ev.IterationEnded(status="skipped", reason=str(reason), seconds=0))
                    break
        Retraining(self._run, self._record, self._bench, self._journal, self._archive, self._evaluator).carry_out()
        self.conclude()

    def conclude(self) -> None:
        """Judge the best iteration, open the test file once for it, and write the last cell."""
        Conclusion(
            self._run, self._record, self._bench, self._journal, self._archive, self._evaluator, self._before_test
        ).carry_out()

    def _introduce(self) -> None:
        if not self._journal.state.cells:
            self._warn()
        cells = CellRecorder(
            self._journal, self._bench, prefix=f"{self._record.digest}-start", outputs=self._run.outputs
        )
        cells.markdown(headings.introduction(self._record, self._audit), role="heading")

    def _warn(self) -> None:
        """Say what the audit found severe, and where no split is honest."""
        said = [f"{finding.text} {finding.effect}" for finding in (self._audit.severe if self._audit else ())]
        doubt = self._record.contract.doubt
        if doubt is not None and not any(text.split(". ")[0] in doubt for text in said):
            said.append(doubt)
        for text in said:
            self._journal.write(ev.Notice(level="warning", text=text))

    def _iterate(self, number: int) -> None:
        with self._journal.within(number):
            known = self._journal.state.iterations.get(number)
            if known is None:
                self._journal.write(ev.IterationStarted())
            if not any(cell.iteration == number for cell in self._journal.state.cells.values()):
                self._archive.empty_workspace()
            iteration = self._journal.state.iterations[number]
            try:
                for step in Step:
                    if iteration.answer(step) is None:
                        self._take_step(iteration, step)
                self._freeze(iteration)
            except (StepFailed, CheckError) as failure:
                self._end(iteration, failure=str(failure))
            except StepSkipped as skipped:
                self._end(iteration, failure=str(skipped), skipped=True)
            except FileNotFoundError as error:
                self._end(iteration, failure=f"{error.filename} is gone: something has removed files of the run.")
            except Interruption as interruption:
                if interruption.status in ("time_limit", "budget"):
                    self._end(iteration, failure=interruption.reason)
                raise
            else:
                self._end(iteration, failure=None)

    def _take_step(self, iteration: IterationState, step: Step) -> None:
        self._bench.checkpoint()
        with self._journal.within(iteration.number, step):
            if step not in iteration.steps:
                self._journal.write(ev.StepStarted())
            recorder = CellRecorder(
                self._journal,
                self._bench,
                prefix=f"{self._record.digest}-{iteration.number:02d}-{step.value.replace('_', '-')}",
                outputs=self._run.outputs,
                must_wait=lambda role: self._must_wait(iteration, step, role),
                training_log=self._run.workspace / TRAINING_LOG if step is Step.TRAINING else None,
                begun=self._note_outside,
            )
            if step is Step.EVALUATION:
                answer = self._evaluate(iteration, recorder)
            else:
                try:
                    answer = self._ask_planner(iteration, step, recorder)
                except StepSkipped as skipped:
                    if step not in SKIPPED:
                        raise
                    recorder.markdown(f"> **{step.heading}: skipped.** {md.escape(skipped)}", role="report")
                    answer = SKIPPED[step].model_dump(mode="json")
            if step is Step.SPLIT:
                self._evaluator.climb_ladder()
            self._journal.write(ev.StepEnded(answer=answer, seconds=self._worked_since(iteration.steps[step])))

    def _ask_planner(self, iteration: IterationState, step: Step, recorder: CellRecorder) -> dict[str, object]:
        def check(answer: Answer) -> None:
            self._check(iteration, step, answer, recorder)

        def reject(text: str, attempt: int) -> None:
            self._journal.write(ev.StepRejected(error=text, attempt=attempt))

        self._archive.mend_workspace()
        tools = Tools(
            recorder,
            step=step,
            workspace=self._workspace,
            directory=self._run.workspace,
            check=check,
            reject=reject,
            clear=self._archive.empty_workspace,
            hidden=self._hidden(),
            refused=self._note_refusal,
        )
        brief = self._brief(iteration, step)
        try:
            self._planner.work(brief, tools)
        except (AgentomicsError, Interruption, StepSkipped, NothingLeft, OSError):
            raise
        except Exception as error:  # a bug of ours must not cost the person the iterations that worked
            traceback.print_exc()  # into engine.log
            raise StepFailed(
                f"The step could not be carried out ({type(error).__name__}: {error}); engine.log has the details."
            ) from error
        answer = _accepted(tools)
        if step is Step.PLAN:
            recorder.markdown(headings.iteration(iteration.number, answer), role="heading")
        if step is Step.REFLECTION:
            recorder.markdown(headings.reflection(answer), role="reflection")
        return answer.model_dump(mode="json")

    def _note_refusal(self, cell: str | None, text: str) -> None:
        """Record once what a cell tried and may not: a resume reads the same cells again."""
        if not any((known.cell, known.text) == (cell, text) for known in self._journal.state.refused):
            self._journal.write(ev.AccessRefused(cell=cell, text=text))

    def _note_outside(self, cell: str, source: str) -> None:
        """Record once what a cell names outside of what its work needs."""
        places = self._surroundings.outside(source)
        if places and not any(known.cell == cell for known in self._journal.state.outside):
            self._journal.write(ev.OutsideNamed(cell=cell, text=in_words(places)))

    def _must_wait(self, iteration: IterationState, step: Step, role: ev.CellRole) -> bool:
        """Tell whether a code cell waits for the person: each command, or the first cell of a step or after a plan."""
        what = self._record.options.approve
        if what == "bash":
            return role == "bash"
        done = [
            cell.step
            for cell in self._journal.state.cells.values()
            if cell.iteration == iteration.number and cell.cell_type == "code" and cell.ended is not None
        ]
        if what == "step":
            return step not in done
        return what == "plan" and step is not Step.PLAN and all(earlier is Step.PLAN for earlier in done)

    def _check(self, iteration: IterationState, step: Step, answer: Answer, recorder: CellRecorder) -> None:
        workspace = self._run.workspace
        match answer:
            case Split():
                train, validation = within(workspace, answer.train), within(workspace, answer.validation)
                if (answer.train, answer.validation) != SPLIT_FILES:
                    raise CheckError("Name the files train.csv and validation.csv.")
                if not self._archive.has_split:
                    check_split(self._record.dataset, self._record.contract, train, validation)
                    self._archive.keep_split()
                elif self._archive.split_has_changed():
                    self._archive.restore_split()
                    raise CheckError(
                        "The split is frozen after its first iteration, or earlier scores could not be compared; "
                        "train.csv and validation.csv have been restored."
                    )
            case Training():
                if self._archive.split_has_changed():
                    self._archive.restore_split()
                    raise CheckError(
                        "train.csv and validation.csv were not as they were frozen; they have been restored. Train on "
                        "them as they are."
                    )
                within(workspace, answer.script)
                check_artefact(workspace, answer.artefact, since=iteration.steps[step].started)
                check_references(workspace, [answer.script], forbidden=self._forbidden())
            case Inference():
                within(workspace, answer.script)
                check_references(workspace, [answer.script], forbidden=self._forbidden())
                check_names(workspace, [answer.script], taken=OWN_FILES)
                self._check_inference(iteration, answer, recorder)

    def _check_inference(self, iteration: IterationState, answer: Inference, recorder: CellRecorder) -> None:
        started = time.monotonic()
        draft = self._archive.snapshot(iteration.number)
        counts = self._evaluator.predict_split(draft / answer.script, draft)
        recorder.markdown(
            headings.inference_checked(answer.script, counts),
            role="report",
            seconds=time.monotonic() - started,
        )

    def _evaluate(self, iteration: IterationState, recorder: CellRecorder) -> dict[str, object]:
        started = time.monotonic()
        best = self._journal.state.best
        figures = self._evaluator.score_split(
            self._archive.draft(iteration.number), None if best is None else self._run.iteration(best)
        )
        self._journal.write(
            ev.Evaluated(
                scores=figures.evaluation.model_dump(mode="json"),
                diagnostics=figures.diagnostics.model_dump(mode="json"),
                difference=figures.difference and figures.difference.model_dump(mode="json"),
                compared_with=best,
                importance=figures.importance,
                hardest=figures.hardest,
            )
        )
        recorder.markdown(
            headings.evaluation(self._record, self._journal.state, iteration.number),
            role="report",
            seconds=time.monotonic() - started,
        )
        return {"metric": self._record.metric}

    def _freeze(self, iteration: IterationState) -> None:
        self._archive.freeze(iteration)
        self._choose_best(iteration)

    def _choose_best(self, iteration: IterationState) -> None:
        state, metric = self._journal.state, self._record.metric
        value = iteration.value("validation", metric)
        if value is None:
            return
        if state.best != iteration.number:
            best = state.iterations[state.best].value("validation", metric) if state.best is not None else None
            if best is not None and not self._evaluator.is_better(value, best):
                return
            self._journal.write(ev.BestChanged(reason=f"validation {metric} {value:.4f}"))
        self._archive.write_best(
            iteration, state.cells.values()
        )  # again after a crash that came between the event and the files

    def _end(self, iteration: IterationState, *, failure: str | None, skipped: bool = False) -> None:
        seconds = self._worked_since(iteration)
        if failure is not None:
            self._archive.discard(iteration.number)
            recorder = CellRecorder(
                self._journal,
                self._bench,
                prefix=f"{self._record.digest}-{iteration.number:02d}-failed",
                outputs=self._run.outputs,
            )
            recorder.markdown(headings.failure(iteration.number, failure), role="report")
        status: Literal["ok", "failed", "skipped"] = "skipped" if skipped else "ok" if failure is None else "failed"
        self._journal.write(ev.IterationEnded(status=status, reason=failure, seconds=seconds))

    def _worked_since(self, begun: IterationState | StepState) -> float:
        """Return the seconds of work since an iteration or step began; pauses and interruptions do not count."""
        return round(max(0.0, self._journal.state.seconds(time.time()) - begun.worked_before), 3)

    def _brief(self, iteration: IterationState, step: Step) -> Brief:
        state, record = self._journal.state, self._record
        past = tuple(
            PastIteration(
                number=other.number,
                ok=other.status == "ok",
                reason=other.reason,
                answers=_typed_answers(other),
                evaluation=_typed(Evaluation, other.scores),
                training_seconds=other.steps[Step.TRAINING].seconds if Step.TRAINING in other.steps else None,
                files=self._run.iteration(other.number),
            )
            for other in state.iterations.values()
            if other.number < iteration.number
        )
        return Brief(
            dataset=record.dataset,
            metric=record.metric,
            contract=record.contract,
            findings=self._audit.for_the_agent if self._audit is not None else (),
            instructions=record.options.instructions,
            hints=tuple(state.hints),
            iteration=iteration.number,
            iterations=state.limits(record.options).iterations,
            step=step,
            answers=_typed_answers(iteration),
            past=past,
            best=state.best,
            evaluation=_typed(Evaluation, iteration.scores),
            diagnostics=_typed(Diagnostics, iteration.diagnostics),
            difference=_typed(Interval, iteration.difference),
            data=self._data,
            validation=self._validation,
            workspace=self._workspace,
            workspace_directory=self._run.workspace,
            seed=record.seed,
            threads=record.threads,
            seconds_left=self._bench.seconds_left(),
        )

    def _forbidden(self) -> tuple[str, ...]:
        places = (f"{os.path.dirname(self._workspace)}/", f"{self._run.path}/")  # noqa: PTH120 - relative on purpose
        return (*places, *self._hidden())

    def _hidden(self) -> tuple[str, ...]:
        test = self._record.dataset.test
        if test is None:
            return ()
        known = [table.path for table in (self._record.dataset.train, self._record.dataset.validation) if table]
        return tuple(text for text in (test.path, Path(test.path).name) if not any(text in path for path in known))

    def _failures_in_a_row(self) -> int:
        count = 0
        for iteration in reversed(self._journal.state.iterations.values()):
            if iteration.status != "failed":
                break
            count += 1
        return count


def _accepted(tools: Tools) -> Answer:
    if tools.answer is None:
        raise StepFailed("The planner ended the step without an answer.")
    return tools.answer


def _typed_answers(iteration: IterationState) -> dict[Step, Answer]:
    return {
        step: ANSWERS[step].model_validate_json(json.dumps(state.answer))
        for step, state in iteration.steps.items()
        if state.answer is not None and step in ANSWERS
    }


def _typed(model: type[_Model], value: dict[str, Any] | None) -> _Model | None:
    """Return what an event carries as the model it was written from; JSON turns its tuples into lists."""
    return None if value is None else model.model_validate_json(json.dumps(value))
