"""The LLM planner: a language model works on one step at a time; where it does not get through, recipes take over."""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING, Any

from agentomics_nb import markdown as md
from agentomics_nb.experiment.bench import Interruption
from agentomics_nb.experiment.steps import Answer, Step
from agentomics_nb.experiment.tools import StepFailed, cut
from agentomics_nb.journal import events as ev
from agentomics_nb.planner.llm import compaction, narration, prompting, repair
from agentomics_nb.planner.llm.asking import Asking
from agentomics_nb.planner.llm.conversation import Call, Conversation, Done, Form, Learnt, Opened, Said, Told
from agentomics_nb.planner.llm.endpoint import Request
from agentomics_nb.planner.llm.faults import Final, Overflow, Turned, UnknownModel
from agentomics_nb.planner.llm.forecast import forecast
from agentomics_nb.planner.llm.ledger import BudgetSpentError, Ledger
from agentomics_nb.planner.llm.privacy import Curtain
from agentomics_nb.planner.llm.tokens import Calibration, estimate
from agentomics_nb.planner.llm.toolbox import Toolbox
from agentomics_nb.planner.offline.iteration_figures import first_exploration
from agentomics_nb.planner.offline.planner import OfflinePlanner

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from agentomics_nb.experiment.tools import Tools
    from agentomics_nb.journal.journal import Journal
    from agentomics_nb.options import RunOptions
    from agentomics_nb.planner.llm.asking import Pace
    from agentomics_nb.planner.llm.endpoint import Endpoint, ToolSpec
    from agentomics_nb.planner.llm.model import ModelChoice
    from agentomics_nb.planner.port import Brief

MOST_STRIKES = 8
"""After so many answers in a row that lead nowhere a step goes to the recipes."""
MOST_SILENT = 2
"""After so many answers in a row without any call, calls are asked for in a way that leaves nothing else to say."""
MOST_ERRORS = 15
"""After so many cells in a row that fail, too."""
MOST_FALLBACKS = 3
"""After so many steps in a row the recipes do the rest of the iteration, too."""
REMEMBERED = 6
"""A call that repeats one of so many before it, with the same outcome, leads nowhere."""
MOST_OVERFLOWS = 8
MOST_HISTORY = 60_000
"""Tokens of one step's conversation that go with a request, however much the model could read: they cost each time."""
_PLAINER: dict[Form, Form] = {"tools": "schema", "schema": "text"}
_LONGEST_TEXT = 20_000
_AGAIN = "You did exactly this before, with the same outcome. Do something else, or finish."
_WRITING_INTERVAL = 0.5
"""Seconds between two looks at a reflection that is being written."""
_TOOL_OVERHEAD = 30
_LEAST_ROOM = 600


class GaveUpError(Exception):
    """The model does not get through this step; the text says why."""


class LLMPlanner:
    """Lets a language model decide.

    Parameters
    ----------
    choice : ModelChoice
        The model, and on which terms.
    endpoint : Endpoint
        Where it answers.
    journal : Journal
        The run's events and state.
    pace : Pace
        Where the person's commands come in.
    conversations : Path
        Directory of the run's conversations.
    secrets : sequence of str
        Values that go nowhere.
    options : RunOptions
        Hold the budget that the run began with.
    cell_time_limit : float
        Seconds that a cell may take, for the prompt.
    """

    name = "llm"

    def __init__(
        self,
        choice: ModelChoice,
        endpoint: Endpoint,
        journal: Journal,
        pace: Pace,
        *,
        conversations: Path,
        secrets: Sequence[str],
        options: RunOptions,
        cell_time_limit: float,
    ) -> None:
        self._choice = choice
        self._journal = journal
        self._pace = pace
        self._folder = conversations
        self._secrets = secrets
        self._options = options
        self._cell_time_limit = cell_time_limit
        self._offline = OfflinePlanner()
        self._calibration = Calibration()
        self._context = choice.context
        self._form: Form = "tools"
        self._asking: Asking | None = None
        self._endpoint = endpoint
        self._gone: Interruption | None = None

    def work(self, brief: Brief, tools: Tools) -> None:
        """Work on one step until its answer is accepted."""
        known = self._journal.state.iterations[brief.iteration].steps[brief.step]
        if known.fell_back is not None:
            tools.go_on_after(known.cells_before)
            self._take_over(brief, tools)
        elif self._gone is not None:
            self._do_without(brief, tools)
        elif self._hopeless(brief):
            self._fall_back(f"The model did not get through {MOST_FALLBACKS} steps in a row.", brief, tools)
        elif not self._keep(brief, tools):
            self._lead(brief, tools)

    def _hopeless(self, brief: Brief) -> bool:
        """Whether asking for the rest of this iteration would only cost: the last steps all fell back."""
        steps = [state for state in self._journal.state.iterations[brief.iteration].steps.values() if state.answer]
        last = [state for state in steps if state.step is not Step.EVALUATION][-MOST_FALLBACKS:]
        return len(last) == MOST_FALLBACKS and all(state.fell_back is not None for state in last)

    def _keep(self, brief: Brief, tools: Tools) -> bool:
        """Answer a step that needs no model: the split is frozen, and one exploration is enough unless asked again."""
        kept: Answer | None = None
        if brief.step is Step.SPLIT:
            kept = next((past.answers[Step.SPLIT] for past in brief.past if Step.SPLIT in past.answers), None)
        elif brief.step is Step.EXPLORATION and not narration.asks_for(brief, Step.EXPLORATION):
            kept = first_exploration(brief)
        return kept is not None and tools.finish(kept) is None

    def _lead(self, brief: Brief, tools: Tools) -> None:
        """Converse with the model on one step, and decide what happens if that does not work."""
        curtain = Curtain(self._choice.privacy, brief.dataset, self._secrets)
        asking = self._prepared(curtain)
        conversation = Conversation(self._folder / f"{_prefix(brief)}.jsonl", curtain.clean)
        self._settle(conversation, asking, brief)
        if not conversation.turns:
            self._open(conversation, brief, curtain)
        tools.each_once = True
        tools.go_on_after(conversation.cells)
        if conversation.cells == 0 and brief.step not in (Step.PLAN, Step.REFLECTION):
            tools.say(f"### {brief.step.heading}")
        vision = self._choice.vision and not conversation.no_pictures
        box = Toolbox(brief, tools, curtain, self._journal.state, conversation, vision=vision)
        try:
            self._converse(conversation, box, asking, brief, tools)
        except (GaveUpError, StepFailed) as failure:
            self._fall_back(str(failure), brief, tools)
        except BudgetSpentError as spent:
            self._lose(Interruption("budget", str(spent)), brief, tools)
        except UnknownModel as fault:
            if self._journal.state.spend.tokens_out == 0:
                raise Interruption("failed", str(fault)) from None
            self._lose(Interruption("interrupted", str(fault)), brief, tools)
        except Final as fault:
            self._lose(Interruption("interrupted", curtain.clean(str(fault))), brief, tools)
        else:
            narration.tell(brief.step, tools)

    def _converse(self, conversation: Conversation, box: Toolbox, asking: Asking, brief: Brief, tools: Tools) -> None:
        while True:
            said = conversation.last_said
            calls = conversation.open_calls
            if said is not None and calls:
                if len(calls) == len(said.calls) and brief.step is not Step.PLAN:
                    narration.say_words(said, conversation.said_before(said), tools)
                self._carry_out(calls[0], said, conversation, box)
                if tools.answer is not None:
                    return
                continue
            if said is not None and not said.calls and conversation.turns[-1] is said:
                conversation.add(Told(text=_word_on(said, box.specs), nudge=True))
            self._check_progress(conversation)
            self._ask(conversation, box, asking, brief)

    def _carry_out(self, call: Call, said: Said, conversation: Conversation, box: Toolbox) -> None:
        if said.cut_off:
            text = prompting.cut_off(said.usage.tokens_out)
            done = Done(call=call.id, name=call.name, text=text, outcome="misuse", cells=box.made)
        else:
            done = box.carry_out(call)
            if done.outcome in ("ok", "error") and _repeats(call, done, conversation):
                done = done.model_copy(update={"outcome": "misuse", "text": f"{done.text}\n{_AGAIN}"})
        conversation.add(done)

    def _check_progress(self, conversation: Conversation) -> None:
        """Give the step up when the model goes nowhere; only what is recorded counts, so a resume counts alike."""
        strikes = silent = errors = 0
        for turn in reversed(conversation.turns):
            if (isinstance(turn, Done) and turn.outcome == "misuse") or (isinstance(turn, Told) and turn.nudge):
                strikes += 1
            elif not isinstance(turn, Said):
                break
            silent += isinstance(turn, Told) and strikes == silent + 1
        for turn in reversed(conversation.turns):
            if isinstance(turn, Done):
                if turn.outcome == "ok":
                    break
                errors += 1
        if conversation.form == "tools" and silent >= MOST_SILENT:
            conversation.add(Learnt(form="schema"))
            self._form = "schema"
        if strikes >= MOST_STRIKES:
            raise GaveUpError(f"{strikes} answers in a row led nowhere.")
        if errors >= MOST_ERRORS:
            raise GaveUpError(f"{errors} calls in a row failed.")
        answered = sum(isinstance(turn, Said) for turn in conversation.turns)
        if answered >= self._choice.requests_per_step:
            raise GaveUpError(f"The step was not done after {answered} requests.")

    def _ask(self, conversation: Conversation, box: Toolbox, asking: Asking, brief: Brief) -> None:
        """Send what fits, and make it fit better when the endpoint says that it does not."""
        for _ in range(MOST_OVERFLOWS):
            request, tokens = self._request(conversation, box)
            try:
                said = asking.ask(
                    request,
                    tokens,
                    conversation,
                    _prefix(brief),
                    lambda said: understood(said, box.schemas),
                    self._listener(brief),
                )
            except Overflow as fault:
                learnt = min(fault.limit or tokens, int(0.8 * (tokens + request.max_output)))
                conversation.add(Learnt(context=learnt))
                self._context = learnt
            except Turned as fault:
                if self._choice.replayed is not None:
                    raise GaveUpError(str(fault)) from None
                lesson = _lesson(fault, request)
                conversation.add(lesson)
                self._form = lesson.form or self._form
            else:
                if not said.usage.estimated:
                    self._calibration.learn(tokens, said.usage.tokens_in)
                return
        raise GaveUpError("The conversation does not fit into what the model can read.")

    def _listener(self, brief: Brief) -> Callable[[str], None] | None:
        """Return what journals a reflection while it is written, for those who watch; other steps are heard whole."""
        if brief.step is not Step.REFLECTION:
            return None
        clean = Curtain(self._choice.privacy, brief.dataset, self._secrets).clean
        said, at = "", 0.0

        def heard(so_far: str) -> None:
            nonlocal said, at
            if time.monotonic() - at < _WRITING_INTERVAL:
                return
            text = clean(repair.text_so_far(so_far, "text"))
            if text and text != said:
                self._journal.write(ev.ReflectionGrew(text=text))
                said, at = text, time.monotonic()

        return heard

    def _request(self, conversation: Conversation, box: Toolbox) -> tuple[Request, int]:
        opened = conversation.opened
        instructions = opened.instructions if opened is not None else ""
        if conversation.form != "tools":
            instructions += prompting.tools_in_text(box.specs)
        sent_tools = [] if conversation.form == "text" else box.specs
        fixed = self._calibration.of(estimate(instructions) + sum(map(_size, sent_tools)))
        context = min(filter(None, (self._context, conversation.context)), default=None)
        most = self._choice.max_output if context is None else min(self._choice.max_output, context // 4)
        limit = MOST_HISTORY if context is None else min(MOST_HISTORY, max(_LEAST_ROOM, context - most - fixed))
        turns = list(conversation.turns)
        if conversation.no_pictures:
            turns = [turn.model_copy(update={"picture": None}) if isinstance(turn, Done) else turn for turn in turns]
        fitted = compaction.fit(turns, upto=conversation.upto, limit=limit, corrected=self._calibration.of)
        if not fitted.fits:
            raise GaveUpError("The conversation does not fit into what the model can read.")
        if fitted.upto != conversation.upto:
            conversation.compact(fitted.upto)
        request = Request(
            number="",
            instructions=instructions,
            turns=fitted.turns,
            tools=sent_tools,
            max_output=most,
            form=conversation.form,
            answered=sum(isinstance(turn, Said) for turn in conversation.turns),
        )
        return request, fixed + fitted.tokens

    def _open(self, conversation: Conversation, brief: Brief, curtain: Curtain) -> None:
        state = self._journal.state
        instructions = prompting.system(brief, curtain, cell_time_limit=self._cell_time_limit)
        if state.spend.requests == 0:
            self._say_forecast(brief, instructions)
        if conversation.opened is None:  # else an engine died before it had told the brief
            conversation.add(
                Opened(
                    iteration=brief.iteration,
                    step=brief.step.value,
                    workspace=brief.workspace,
                    model=self._choice.name,
                    instructions=instructions,
                )
            )
        offline = {
            number: [step for step, one in iteration.steps.items() if one.fell_back is not None]
            for number, iteration in state.iterations.items()
        }
        money = None if self._budget is None else max(0.0, self._budget - state.spend.cost_usd)
        if self._form != "tools":
            conversation.add(Learnt(form=self._form))
        conversation.add(Told(text=prompting.step(brief, curtain, money_left=money, offline=offline)))

    @property
    def _budget(self) -> float | None:
        """USD for the whole run; the person may change it on the way."""
        return self._journal.state.limits(self._options).budget

    def _say_forecast(self, brief: Brief, instructions: str) -> None:
        if self._choice.replayed is not None:
            return
        expected = forecast(brief.iterations, estimate(instructions), self._choice.price)
        self._journal.write(ev.Notice(level="info", text=expected.in_words(self._budget)))

    def _settle(self, conversation: Conversation, asking: Asking, brief: Brief) -> None:
        """Book what was under way when an engine ended: its tokens are not lost, and nothing is booked twice."""
        said = conversation.last_said
        for number, request in list(self._journal.state.open_requests.items()):
            if said is not None and said.request == number:
                asking.book_answer(said, since=time.time())
            else:
                asking.book_lost(request)

    def _prepared(self, curtain: Curtain) -> Asking:
        if self._asking is None:
            ledger = Ledger(self._choice.price, lambda: self._budget, self._journal.state)
            self._asking = Asking(self._endpoint, self._choice, ledger, self._journal, self._pace, curtain.clean)
        return self._asking

    def _lose(self, interruption: Interruption, brief: Brief, tools: Tools) -> None:
        """Go on without the model from here, as far as that is worth it."""
        self._gone = interruption
        self._journal.write(ev.Notice(level="error", text=interruption.reason))
        self._do_without(brief, tools)

    def _do_without(self, brief: Brief, tools: Tools) -> None:
        """End the run if it has a model to keep; else finish the iteration with the recipes, which cost nothing.

        Raises
        ------
        Interruption
            If there is a model already, and none is about to be completed.
        """
        assert self._gone is not None  # noqa: S101 - for mypy
        nearly_done = self._gone.status == "budget" and Step.TRAINING in brief.answers
        if self._journal.state.best is not None and not nearly_done:
            raise self._gone
        self._fall_back(self._gone.reason, brief, tools)

    def _fall_back(self, reason: str, brief: Brief, tools: Tools) -> None:
        self._journal.write(ev.FellBack(reason=reason, cells=tools.made))
        self._take_over(brief, tools)

    def _take_over(self, brief: Brief, tools: Tools) -> None:
        steps = self._journal.state.iterations[brief.iteration].steps
        training = steps.get(Step.TRAINING)
        untouched = steps[brief.step].cells_before <= 1  # the heading; what else was run may have broken something
        trained = training is not None and training.fell_back is not None and untouched
        reason = steps[brief.step].fell_back or ""
        tools.each_once = False
        tools.start_over()
        tools.say(f"> **The offline planner takes this step over.** {md.escape(reason)}")
        self._offline.take_over(brief, tools, trained=trained)


def understood(said: Said, schemas: Mapping[str, Mapping[str, Any]]) -> Said:
    """Return an answer with the calls that its text spells out, if it makes none; each call has an id of its own."""
    if len(said.text) > _LONGEST_TEXT:  # no provider should send so much, and nobody wants it back with each request
        said = said.model_copy(update={"text": cut(said.text, _LONGEST_TEXT), "raw": None})
    if not said.calls and not said.cut_off and said.text:
        found = repair.calls_in_text(said.text, schemas)
        calls = tuple(
            Call(id=f"{said.request}-{place}", name=name, arguments=json.dumps(values, ensure_ascii=False, default=str))
            for place, (name, values) in enumerate(found)
        )
        words = re.split(r"```|<tool_call|<function", said.text)[0].strip()
        return (
            said.model_copy(update={"calls": calls, "text": "" if words.startswith("{") else words}) if calls else said
        )
    if len({call.id for call in said.calls if call.id}) < len(said.calls):
        calls = tuple(
            call.model_copy(update={"id": f"{said.request}-{place}"}) for place, call in enumerate(said.calls)
        )
        return said.model_copy(update={"calls": calls, "raw": None})
    return said


def _prefix(brief: Brief) -> str:
    return f"{brief.iteration:02d}-{brief.step.value}"


def _size(spec: ToolSpec) -> int:
    return estimate(spec.description) + estimate(json.dumps(spec.schema)) + _TOOL_OVERHEAD


def _word_on(said: Said, specs: Sequence[ToolSpec]) -> str:
    return prompting.cut_off(said.usage.tokens_out) if said.cut_off else prompting.no_call(specs)


def _repeats(call: Call, done: Done, conversation: Conversation) -> bool:
    """Whether one of the last calls was the same and had the same outcome."""
    calls = {one.id: one for turn in conversation.turns if isinstance(turn, Said) for one in turn.calls}
    recent = [turn for turn in conversation.turns if isinstance(turn, Done)][-REMEMBERED:]
    return any(_outcome(turn) == _outcome(done) and _meaning(calls.get(turn.call)) == _meaning(call) for turn in recent)


def _outcome(done: Done) -> str:
    """Return the text of an outcome without the id of its cell, and without what was said to it."""
    text = done.text.removesuffix(f"\n{_AGAIN}")
    return text.partition("]")[2] if text.startswith("[") else text


def _meaning(call: Call | None) -> object:
    return None if call is None else (call.name, str(repair.parse_object(call.arguments) or call.arguments))


def _lesson(fault: Turned, request: Request) -> Learnt:
    """Return what an endpoint that turned a request down seems not to be able to do.

    Raises
    ------
    GaveUpError
        If nothing is left that could be left out.
    """
    if any(isinstance(turn, Done) and turn.picture for turn in request.turns):
        return Learnt(no_pictures=True)
    plainer = _PLAINER.get(request.form)
    if plainer is not None:
        return Learnt(form=plainer)
    raise GaveUpError(str(fault))
