"""The offline planner: the recipes of one family of data, tried in an order that the figures decide."""

from __future__ import annotations

import shlex
import time
from typing import TYPE_CHECKING

from agentomics_nb import markdown as md
from agentomics_nb.experiment.steps import (
    Architecture,
    Diagnosis,
    Exploration,
    Inference,
    Plan,
    PredictionAnalysis,
    Reflection,
    Representation,
    Split,
    Step,
    Training,
)
from agentomics_nb.experiment.tools import StepFailed
from agentomics_nb.planner.offline import cells, scripts
from agentomics_nb.planner.offline.families import choose
from agentomics_nb.planner.offline.iteration_figures import (
    figures_of,
    first_exploration,
    first_findings,
    left_by,
)
from agentomics_nb.planner.offline.reflection import diagnose, render
from agentomics_nb.planner.offline.strategy import Choice, Strategy, Tried
from agentomics_nb.planner.port import NothingLeft

if TYPE_CHECKING:
    from collections.abc import Callable

    from agentomics_nb.experiment.tools import Observation, Tools
    from agentomics_nb.planner.offline.recipe import Findings, Recipe
    from agentomics_nb.planner.port import Brief


_EXPLORING = 0.2
"""Share of the time left, where it is limited, after which the exploration looks no further."""
_FOLDS_WHY = (
    "Each fifth of the training rows is first predicted by a model of the others: a second opinion beside the few "
    "validation rows. The model that is kept learns from all training rows."
)


class OfflinePlanner:
    """Decides by rules: no key, no network, and the same decisions on the same data every time."""

    name = "offline"

    def __init__(self) -> None:
        self._training_seconds: float | None = None

    def work(self, brief: Brief, tools: Tools) -> None:
        """Work on one step until its answer is accepted."""
        steps: dict[Step, Callable[[Brief, Tools], None]] = {
            Step.PLAN: self._plan,
            Step.EXPLORATION: self._explore,
            Step.SPLIT: self._split,
            Step.REPRESENTATION: self._represent,
            Step.ARCHITECTURE: self._choose_architecture,
            Step.TRAINING: self._train,
            Step.INFERENCE: self._infer,
            Step.ANALYSIS: self._analyse,
            Step.REFLECTION: self._reflect,
        }
        steps[brief.step](brief, tools)
        if tools.answer is None:  # rules have no second idea for a step: the next iteration brings another recipe
            raise StepFailed(tools.refusal or f"The offline planner could not complete the step {brief.step.value}.")

    def take_over(self, brief: Brief, tools: Tools, *, trained: bool) -> None:
        """Work on a step that another planner has begun and given up, whatever it left behind.

        Parameters
        ----------
        brief, tools
            As for `work`.
        trained : bool
            Whether this iteration's model is one of ours; if not, the inference step trains one first.
        """
        if brief.step is Step.TRAINING or (brief.step is Step.INFERENCE and not trained):
            # A module of the same name as a library, or half a model, would get in the way.
            tools.begin_anew("The workspace was emptied but for the split.")
            self._write_scripts(brief, tools)
            if brief.step is Step.INFERENCE:
                _must_work(tools.bash(_training_command(brief, _recipe(brief))), "train.py failed")
        if brief.step is Step.ANALYSIS:
            answer = brief.answers.get(Step.INFERENCE)
            script = answer.script if isinstance(answer, Inference) else "inference.py"
            tools.bash(f"python {shlex.quote(script)} --input validation.csv --output validation_predictions.csv")
        self.work(brief, tools)

    def _write_scripts(self, brief: Brief, tools: Tools) -> None:
        for name, text in written_out(_recipe(brief), brief).items():
            if name != "inference.py":
                tools.write_file(name, text)

    def _plan(self, brief: Brief, tools: Tools) -> None:
        choice = _next_choice(brief, _tried(brief))
        if choice is None:
            if brief.seconds_left is None:
                raise NothingLeft("Every recipe for these data has been tried, and a mean of the best.")
            raise NothingLeft("No recipe that is left to try would be done in the time left.")
        reason = choice.reason
        if brief.iteration == 0:
            reason = f"Begin with a simple baseline that everything later must beat. {reason}"
            if brief.instructions or brief.hints:
                reason += " The offline planner works by rules and cannot follow words; they are kept in the record."
        tools.finish(
            Plan(
                idea=choice.recipe.idea,
                reason=reason,
                instructions=_instructions(choice.recipe),
                parent=choice.parent,
                recipe=choice.recipe.key,
            )
        )

    def _explore(self, brief: Brief, tools: Tools) -> None:
        known = first_exploration(brief)
        if known is not None:
            tools.finish(known)
            return
        family = choose(brief.dataset)
        groups = cells.group_column(brief)
        tools.say(f"### Exploration\n\n{md.quote('What is in the table, and what does it say about the target?')}")
        _must_work(tools.python(cells.overview(brief)), "The data could not be read")
        if told := [finding for finding in brief.findings if finding.severity != "info"]:
            lines = (f"- {md.escape(finding.text)} {md.escape(finding.effect)}" for finding in told)
            tools.say("**What the audit found.**\n\n" + "\n".join(lines))
        findings: Findings = {"group_column": groups} if groups else {}
        began = time.monotonic()
        for probe in family.explore(brief.dataset, groups=groups):
            if brief.seconds_left is not None and time.monotonic() - began > _EXPLORING * brief.seconds_left:
                tools.say("**Time is short.** What else there is to see is left out, so that a model can be trained.")
                break
            tools.say(f"**{md.escape(probe.title)}.** {md.escape(probe.why)}")
            if tools.python(cells.probe(brief, probe)).ok:
                findings |= left_by(brief, cells.findings_file(probe))
        insights = family.insights(brief.dataset, findings)
        if insights:
            tools.say("**What this means.**\n\n" + "\n".join(f"- {md.escape(text)}" for text in insights))
        kinds = sorted({column.kind.replace("_", " ") for column in brief.dataset.columns})
        tools.finish(
            Exploration(
                description=f"{brief.dataset.n_rows:,} rows; {family.name}; columns: {', '.join(kinds)}.",
                features=tuple(f"{c.name}: {c.kind} ({c.reason})" for c in brief.dataset.columns[:50]),
                insights=insights,
                findings=findings,
            )
        )

    def _split(self, brief: Brief, tools: Tools) -> None:
        first = next((p.answers[Step.SPLIT] for p in brief.past if Step.SPLIT in p.answers), None)
        if isinstance(first, Split) and tools.finish(first) is None:
            return
        words = cells.split_words(brief)
        twins = " Rows that are alike but for the target stay together." if cells.keeps_twins(brief) else ""
        tools.say(f"### Split\n\n{md.quote(md.escape(f'{words[:1].upper()}{words[1:]}.{twins}'))}")
        for name, text in cells.split_files(brief).items():
            tools.write_file(name, text)
        _must_work(tools.bash("python split.py"), "split.py failed")
        tools.finish(Split(strategy=words, reason=brief.contract.reason))

    def _represent(self, brief: Brief, tools: Tools) -> None:
        recipe = _recipe(brief)
        tools.say(f"### Representation\n\n{md.quote(md.escape(recipe.representation))}")
        tools.write_file("features.py", scripts.features_script(recipe))
        tools.finish(Representation(encoding=recipe.representation, reason=recipe.why))

    def _choose_architecture(self, brief: Brief, tools: Tools) -> None:
        recipe = _recipe(brief)
        tools.say(f"### Architecture\n\n{md.quote(md.escape(recipe.architecture))}")
        source = scripts.model_script(recipe, classification=brief.dataset.task == "classification")
        tools.write_file("model.py", source)
        settings = {
            f"{member.name}.{name}": value if isinstance(value, (str, int, float, bool, type(None))) else repr(value)
            for member in recipe.members
            for name, value in member.model.arguments.items()
        }
        tools.finish(Architecture(model=recipe.idea, hyperparameters=settings, reason=recipe.architecture))

    def _train(self, brief: Brief, tools: Tools) -> None:
        recipe = _recipe(brief)
        folds = cells.folds(brief, recipe)
        tools.say(f"### Training\n\n{md.quote(_FOLDS_WHY)}" if folds and not brief.past else "### Training")
        tools.write_file("train.py", written_out(recipe, brief)["train.py"])
        began = time.monotonic()
        seen = tools.bash(_training_command(brief, recipe))
        self._training_seconds = time.monotonic() - began
        _must_work(seen, "train.py failed")
        tools.finish(Training(summary=_last_line(seen.text)))

    def _infer(self, brief: Brief, tools: Tools) -> None:
        tools.say("### Inference")
        tools.write_file("inference.py", scripts.inference_script(_recipe(brief), brief.dataset))
        seen = tools.bash(
            "python inference.py --input validation.csv --output validation_predictions.csv\n"
            "head -n 4 validation_predictions.csv"
        )
        _must_work(seen, "inference.py failed")
        refused = tools.finish(Inference(summary="Reads csv, predicts with model.joblib, writes one line per row."))
        if refused is not None:
            raise StepFailed(refused)

    def _analyse(self, brief: Brief, tools: Tools) -> None:
        tools.say(f"### Prediction analysis\n\n{md.quote('Where do the validation predictions fail?')}")
        seen = tools.python(cells.analysis(brief))
        tools.finish(cells.analysis_answer(brief, left_by(brief, cells.ANALYSIS_FILE) if seen.ok else {}))

    def _reflect(self, brief: Brief, tools: Tools) -> None:
        seen = diagnose(figures_of(brief))
        codes = tuple(code.value for code in seen.codes)
        last = brief.iteration + 1 >= brief.iterations
        tried = [*_tried(brief), *_as_tried(brief, codes, self._training_seconds)]
        choice = None if last else _next_choice(brief, tried)
        analysis = brief.answers.get(Step.ANALYSIS)
        errors = (*analysis.errors, *analysis.biases) if isinstance(analysis, PredictionAnalysis) else ()
        idea = choice.recipe.idea if choice else None
        tools.finish(
            Reflection(
                headline=seen.headline,
                diagnoses=tuple(Diagnosis(code=f.code.value, evidence=f.evidence) for f in seen.findings),
                text=render(
                    seen, errors=errors, next_idea=idea, next_reason=choice.answer if choice else _end(brief, last=last)
                ),
                next_idea=idea,
                instructions=_instructions(choice.recipe) if choice else {},
            )
        )


def _end(brief: Brief, *, last: bool) -> str:
    """Return why no iteration follows, and which one stands."""
    gained = brief.best is None or (brief.difference is not None and (brief.difference.value or 0.0) > 0)
    stands = f"Iteration {brief.iteration if gained else brief.best} stands."
    if last:
        return f"This was the last of {brief.iterations} iterations. {stands}"
    why = (
        "Nothing else fits these data"
        if brief.seconds_left is None
        else "Nothing else fits these data and the time left"
    )
    return f"{why}. {stands}"


def _strategy(brief: Brief) -> Strategy:
    return Strategy(
        choose(brief.dataset),
        brief.dataset,
        first_findings(brief),
        metric=brief.metric,
        iterations=brief.iterations,
        seconds_left=brief.seconds_left,
    )


def _next_choice(brief: Brief, tried: list[Tried]) -> Choice | None:
    return _strategy(brief).next(tried)


def recipes(brief: Brief) -> dict[str, Recipe]:
    """Return the recipes for these data by name, in the order in which they are worth trying."""
    return _strategy(brief).recipes


def written_out(recipe: Recipe, brief: Brief) -> dict[str, str]:
    """Return the scripts of a recipe by file name."""
    dataset, threads = brief.dataset, cells.threads(brief)
    classification = dataset.task == "classification"
    return {
        "features.py": scripts.features_script(recipe),
        "model.py": scripts.model_script(recipe, classification=classification),
        "train.py": scripts.train_script(
            recipe,
            dataset,
            seed=brief.seed,
            threads=threads,
            folds=cells.folds(brief, recipe),
            metric=brief.metric,
        ),
        "inference.py": scripts.inference_script(recipe, dataset),
    }


def _training_command(brief: Brief, recipe: Recipe) -> str:
    folds = " --folds" if cells.folds(brief, recipe) else ""
    return f"python train.py --seed {brief.seed} --threads {cells.threads(brief)}{folds}"


def _recipe(brief: Brief) -> Recipe:
    """Return the recipe that the plan names; where another planner's plan names none, the one to try next."""
    plan = brief.answers.get(Step.PLAN)
    tried = _tried(brief)
    if isinstance(plan, Plan) and plan.recipe is not None:
        try:
            return _strategy(brief).recipe(plan.recipe, tried)
        except KeyError:
            pass
    choice = _next_choice(brief, tried)
    return choice.recipe if choice is not None else next(iter(recipes(brief).values()))


def _tried(brief: Brief) -> list[Tried]:
    from agentomics_nb.evaluation import resolve

    sign = 1.0 if resolve(brief.metric, brief.dataset.task).greater_is_better else -1.0
    found = []
    for past in brief.past:
        plan, reflection = past.answers.get(Step.PLAN), past.answers.get(Step.REFLECTION)
        if not isinstance(plan, Plan) or plan.recipe is None:
            continue  # the idea of another planner
        score = past.evaluation.validation if past.ok and past.evaluation is not None else None
        value = None if score is None or score.value is None else sign * score.value
        codes = tuple(d.code for d in reflection.diagnoses) if isinstance(reflection, Reflection) else ()
        interval = None if score is None else score.interval
        found.append(Tried(past.number, plan.recipe, value, interval, codes, past.training_seconds))
    return found


def _as_tried(brief: Brief, codes: tuple[str, ...], seconds: float | None) -> list[Tried]:
    """Return this iteration as the strategy will see it once it has ended; nothing if it follows no recipe."""
    from agentomics_nb.evaluation import resolve

    plan, score = brief.answers[Step.PLAN], brief.evaluation and brief.evaluation.validation
    if not isinstance(plan, Plan) or plan.recipe is None:
        return []
    sign = 1.0 if resolve(brief.metric, brief.dataset.task).greater_is_better else -1.0
    value = None if not score or score.value is None else sign * score.value
    return [Tried(brief.iteration, plan.recipe, value, score.interval if score else None, codes, seconds)]


def _instructions(recipe: Recipe) -> dict[Step, str]:
    return {Step.REPRESENTATION: recipe.representation, Step.ARCHITECTURE: recipe.architecture}


def _must_work(seen: Observation, what: str) -> None:
    if not seen.ok:
        raise StepFailed(f"{what}: {_last_line(seen.text)}")


def _last_line(text: str) -> str:
    """Return the last line that says something: IPython's word that bash has failed does not."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    lines = [line for line in lines if not line.startswith(("CalledProcessError", "returned non-zero"))]
    return lines[-1][:500] if lines else "it printed nothing"
