"""Train the best model again before the test is opened: without the validation labels, and with other seeds."""

from __future__ import annotations

import math
import shutil
import sys
import tempfile
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from agentomics_nb import markdown as md
from agentomics_nb.evaluation import resolve
from agentomics_nb.evaluation.agreement import agreement
from agentomics_nb.experiment.archive import SPLIT_FILES
from agentomics_nb.experiment.bench import Interruption, Job
from agentomics_nb.experiment.blind_split import write_blind_split
from agentomics_nb.experiment.inference import predict
from agentomics_nb.experiment.recorded_training import RecordedTraining, knows_seed
from agentomics_nb.experiment.tools import CheckError
from agentomics_nb.journal import events as ev

if TYPE_CHECKING:
    from agentomics_nb.evaluation import Predictions
    from agentomics_nb.evaluation.agreement import Verdict
    from agentomics_nb.experiment.archive import Archive
    from agentomics_nb.experiment.bench import Bench, ProcessOutcome
    from agentomics_nb.experiment.evaluation import Evaluator
    from agentomics_nb.journal.directory import RunDirectory, RunRecord
    from agentomics_nb.journal.journal import Journal
    from agentomics_nb.journal.state import IterationState

MOST_CHECKED = 3
"""Iterations that are trained again, from the best one on, until one agrees."""
OTHER_SEEDS = 2
LEAST_PLANNED = 3
"""Iterations that a run of the offline planner must plan for its best model to be trained again."""
LONGEST_CHECK, LONGEST_REPEAT = 120.0, 60.0
"""Seconds that the recorded training may have taken, for the check and where there are other seeds only."""


class Retraining:
    """Trains the best iteration again, and lets the next best take its place where its score does not hold.

    The scripts of a language model are checked: its ``train.py`` runs as a process of ours in an empty directory with
    nothing but the code, the frozen training rows, and validation rows with stand-ins for labels. A model that scores
    clearly worse then was trained on the validation labels, or holds them. The offline planner's scripts are ours.

    Parameters
    ----------
    run, record : RunDirectory, RunRecord
        The run.
    bench : Bench
        Runs the scripts.
    journal : Journal
        Records; what it holds already is not done again.
    archive : Archive
        Writes ``best/``.
    evaluator : Evaluator
        Scores.
    """

    def __init__(
        self,
        run: RunDirectory,
        record: RunRecord,
        bench: Bench,
        journal: Journal,
        archive: Archive,
        evaluator: Evaluator,
    ) -> None:
        self._run = run
        self._record = record
        self._bench = bench
        self._journal = journal
        self._archive = archive
        self._evaluator = evaluator
        self._metric = resolve(record.metric, record.dataset.task)

    def carry_out(self) -> None:
        """Do what is still to be done; no failure here costs the run.

        Raises
        ------
        Interruption
            If the run is to end.
        """
        state = self._journal.state
        if state.best is None or state.test_opened:
            return
        try:
            if self._record.model is not None:
                self._choose_best()
            elif state.limits(self._record.options).iterations >= LEAST_PLANNED:
                self._train_again(state.iterations[state.best])
        except Interruption:
            raise
        except Exception:  # a check must not cost the person the run
            traceback.print_exc()  # into engine.log
            self._journal.notice_once("The best model could not be trained again; engine.log has the details.")

    def _choose_best(self) -> None:
        """Check the iterations from the best one on, until one does not differ."""
        ranked = self._ranked()[:MOST_CHECKED]
        for iteration in ranked:
            if self._verdict(iteration) == "differs":
                continue
            if iteration is not ranked[0]:  # before it is checked: should time run out, the other must not come back
                self._make_best(iteration, "the best of those whose score may hold without the validation labels")
            self._train_again(iteration)
            if self._verdict(iteration) != "differs":
                return
        last = max(ranked, key=self._blind_worth)
        self._journal.notice_once(
            "No iteration that was trained again keeps its score without the validation labels. Iteration "
            f"{last.number} does best without them and is kept, but its validation score is not to be believed."
        )
        self._make_best(last, "the best without the validation labels")

    def _ranked(self) -> list[IterationState]:
        """Return the iterations with a model, the best first; of equal ones, the earliest."""
        values = {
            number: value
            for number, iteration in self._journal.state.iterations.items()
            if iteration.status == "ok" and (value := iteration.value("validation", self._metric.name)) is not None
        }
        ranked = sorted(values, key=lambda number: -self._metric.improvement(0.0, values[number]))
        return [self._journal.state.iterations[number] for number in ranked]

    def _make_best(self, iteration: IterationState, reason: str) -> None:
        if self._journal.state.best != iteration.number:
            with self._journal.within(iteration.number):
                self._journal.write(ev.BestChanged(reason=reason))
        # Again after a crash that came between the event and the files.
        self._archive.write_best(iteration, self._journal.state.cells.values())

    def _check_of(self, iteration: IterationState) -> ev.Retrained | None:
        known = (e for e in self._journal.state.retrained if e.iteration == iteration.number and e.blind)
        return next(known, None)

    def _verdict(self, iteration: IterationState) -> Verdict:
        check = self._check_of(iteration)
        return "unknown" if check is None else check.verdict

    def _blind_worth(self, iteration: IterationState) -> float:
        """Return the metric of a check, signed so that more is better; of one without, less than any."""
        check = self._check_of(iteration)
        value = None if check is None or check.score is None else check.score["metrics"].get(self._metric.name)
        return -math.inf if value is None else self._metric.improvement(0.0, value)

    def _train_again(self, iteration: IterationState) -> None:
        """Train as the iteration did, and with other seeds; record what has not been recorded yet."""
        known = {e.seed for e in self._journal.state.retrained if e.iteration == iteration.number}
        recorded = RecordedTraining.of(iteration, self._journal.state.cells.values())
        script = self._run.iteration(iteration.number) / recorded.script
        checked = self._record.model is not None
        wanted = [self._record.seed] if checked else []
        if knows_seed(script) and (OTHER_SEEDS + 1) * recorded.peak_memory < self._record.memory_limit:
            wanted += [self._record.seed + place for place in range(1, OTHER_SEEDS + 1)]
        wanted = [seed for seed in wanted if seed not in known]
        if not wanted:
            return
        refusal = self._refusal(recorded, LONGEST_CHECK if checked else LONGEST_REPEAT)
        if refusal is not None:
            if checked and not known:
                self._note(iteration, self._unknown(refusal, 0.0))
            return
        with tempfile.TemporaryDirectory(prefix="agentomics-", ignore_cleanup_errors=True) as name:
            jobs = [self._job(iteration, recorded, seed, Path(name, str(seed))) for seed in wanted]
            for seed, job, outcome in zip(wanted, jobs, self._bench.run_processes(jobs), strict=True):
                if seed != self._record.seed:
                    event = self._repeated(iteration, recorded, job, outcome, seed)
                else:
                    event = self._judged(iteration, recorded, job, outcome)
                if event is not None:
                    self._note(iteration, event)
                if self._verdict(iteration) == "differs":
                    return  # other seeds of what is set aside tell nothing

    def _refusal(self, recorded: RecordedTraining, longest: float) -> str | None:
        """Return why there is no time to train again; None if there is."""
        if recorded.seconds > longest:
            return f"its training took {recorded.seconds:.0f} s, more than {longest:.0f} s"
        left = self._bench.seconds_left()
        if left is not None and left < recorded.patience:
            return "the time limit leaves no room for it"
        return None

    def _job(self, iteration: IterationState, recorded: RecordedTraining, seed: int, directory: Path) -> Job:
        """Lay out an empty directory with the code and the split, and return the training in it."""
        frozen = self._run.iteration(iteration.number)
        directory.mkdir()
        # Code and nothing else: a file that training does not make itself may hold the labels.
        for path in sorted(path for path in frozen.rglob("*.py") if path.is_file()):
            place = directory / path.relative_to(frozen)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, place)
        write_blind_split(self._run, self._record.dataset, directory, seed=self._record.seed)
        seeded = ["--seed", str(seed)] if seed != self._record.seed else []
        argv = [sys.executable, recorded.script, *recorded.arguments, *seeded]
        return Job(argv, directory, directory, recorded.patience)

    def _predict(self, recorded: RecordedTraining, job: Job, outcome: ProcessOutcome) -> Predictions:
        """Return what the new model predicts for the validation rows.

        Raises
        ------
        CheckError
            In words that end a sentence, if it could not be trained or does not predict.
        """
        script = recorded.script
        if outcome.status != "ok":
            last = (outcome.stderr.strip().splitlines() or [""])[-1][:200]
            raise CheckError(f"{script} ended with {outcome.status} where it had only code and the split: {last}")
        try:
            for name in SPLIT_FILES:
                (job.cwd / name).unlink(missing_ok=True)  # they were not there when the recorded model predicted
            rows = self._evaluator.validation_rows()
            return predict(self._bench, self._record.dataset, job.cwd / recorded.inference, [rows])[0]
        except (CheckError, OSError) as problem:
            raise CheckError(f"the new model did not predict: {str(problem).splitlines()[0]}") from problem

    def _judged(
        self, iteration: IterationState, recorded: RecordedTraining, job: Job, outcome: ProcessOutcome
    ) -> ev.Retrained:
        """Compare a training without the validation labels with the recorded one."""
        try:
            made = self._predict(recorded, job, outcome)
        except CheckError as problem:
            return self._unknown(str(problem), outcome.seconds)
        score, difference = self._evaluator.score_again(self._run.iteration(iteration.number), made)
        name = self._metric.name
        before = iteration.value("validation", name)
        constant = ((iteration.scores or {}).get("baselines", {}).get("constant") or {}).get("metrics", {}).get(name)
        verdict = agreement(self._metric, recorded=before, constant=constant, difference=difference)
        values = f"{md.number(score.value)} instead of {md.number(before)}"
        text = {
            "agrees": f"Without the validation labels it scores {name} {values}: its score does not hang on them.",
            "differs": f"Trained again without the validation labels, it scores {name} {values}: it was trained on "
            "these labels, or holds them.",
            "unknown": f"Without the validation labels it scores {name} {values}; too little to compare.",
        }[verdict]
        return ev.Retrained(
            seed=self._record.seed,
            blind=True,
            score=score.model_dump(mode="json"),
            seconds=round(outcome.seconds, 3),
            verdict=verdict,
            text=text,
        )

    def _unknown(self, reason: str, seconds: float) -> ev.Retrained:
        text = f"Whether its score hangs on the validation labels is not known: {reason.rstrip('.')}."
        return ev.Retrained(seed=self._record.seed, blind=True, seconds=round(seconds, 3), verdict="unknown", text=text)

    def _repeated(
        self, iteration: IterationState, recorded: RecordedTraining, job: Job, outcome: ProcessOutcome, seed: int
    ) -> ev.Retrained | None:
        """Score a training with another seed; None if it failed."""
        try:
            made = self._predict(recorded, job, outcome)
        except CheckError as problem:
            print(f"iteration {iteration.number}, seed {seed}: {problem}", file=sys.stderr)  # into engine.log
            return None
        score, _ = self._evaluator.score_again(self._run.iteration(iteration.number), made)
        return ev.Retrained(
            seed=seed,
            blind=False,
            score=score.model_dump(mode="json"),
            seconds=round(outcome.seconds, 3),
            verdict="unknown",
            text=f"With seed {seed} it scores {self._metric.name} {md.number(score.value)}.",
        )

    def _note(self, iteration: IterationState, event: ev.Retrained) -> None:
        if event.blind and event.verdict != "agrees":
            # Said first, since a resume does not check again.
            self._journal.notice_once(f"Iteration {iteration.number}: {event.text}")
        with self._journal.within(iteration.number):
            self._journal.write(event)
