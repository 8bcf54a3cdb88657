"""Ask until there is an answer: every attempt is recorded and paid for, every wait says why and until when."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from agentomics_nb.journal import events as ev
from agentomics_nb.planner.llm.conversation import Asked, Said, Usage
from agentomics_nb.planner.llm.faults import Fault, Final, Passing

if TYPE_CHECKING:
    from collections.abc import Callable

    from agentomics_nb.journal.journal import Journal
    from agentomics_nb.planner.llm.conversation import Conversation
    from agentomics_nb.planner.llm.endpoint import Endpoint, Request
    from agentomics_nb.planner.llm.ledger import Ledger
    from agentomics_nb.planner.llm.model import ModelChoice

_FIRST_DELAY = 0.5
_LONGEST_DELAY = 60.0
_STREAMS_TRIED = 2
_LOOK_INTERVAL = 0.1


class Pace(Protocol):
    """Where the engine's commands come in; both raise when the run must end."""

    def poll(self) -> None:
        """Look, while something goes on."""
        ...

    def checkpoint(self) -> None:
        """Stand between two actions: wait here while the run is paused."""
        ...


class Asking:
    """Sends requests to one endpoint.

    Parameters
    ----------
    endpoint : Endpoint
        Answers.
    choice : ModelChoice
        How long to wait, and for how long to try again.
    ledger : Ledger
        Holds the budget.
    journal : Journal
        Records.
    pace : Pace
        Looked at meanwhile.
    redact : callable
        Takes secrets out of what an endpoint says, such as a key quoted in an error.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        choice: ModelChoice,
        ledger: Ledger,
        journal: Journal,
        pace: Pace,
        redact: Callable[[str], str],
    ) -> None:
        self._endpoint = endpoint
        self._choice = choice
        self._ledger = ledger
        self._journal = journal
        self._pace = pace
        self._redact = redact
        self._answered_as: str | None = None

    def ask(
        self,
        request: Request,
        tokens_in: int,
        conversation: Conversation,
        prefix: str,
        understand: Callable[[Said], Said],
        heard: Callable[[str], None] | None = None,
    ) -> Said:
        """Return the answer to a request; it stands in the conversation then.

        Parameters
        ----------
        request : Request
            What to send; each attempt gets a number of its own.
        tokens_in : int
            How long it is, by estimate.
        conversation : Conversation
            Where request and answer are kept.
        prefix : str
            Beginning of the request's number: iteration and step.
        understand : callable
            Makes the best of an answer before it is kept.
        heard : callable, optional
            Hears an answer as it comes.

        Raises
        ------
        BudgetSpentError
            If it could cost more than is left.
        Fault
            If there was no answer, and trying again is of no use.
        """
        give_up = time.monotonic() + self._choice.patience
        delay, broken_streams = _FIRST_DELAY, 0
        while True:
            self._pace.checkpoint()
            try:
                said = self._attempt(
                    request, tokens_in, conversation, f"{prefix}-{conversation.requests:03d}", understand, heard
                )
            except Passing as fault:
                broken_streams += fault.in_stream
                if broken_streams >= _STREAMS_TRIED:
                    request = replace(request, stream=False)
                wait = max(delay, fault.after or 0.0)
                if time.monotonic() + wait > give_up:
                    raise Final(self._no_more(fault, wait)) from fault
                self._wait(self._redact(str(fault)), wait)
                delay = min(_LONGEST_DELAY, 2 * delay)
            else:
                return said

    def _no_more(self, fault: Passing, wait: float) -> str:
        text = self._redact(str(fault))
        if fault.after is not None and fault.after > self._choice.patience:
            until = time.strftime("%H:%M", time.localtime(time.time() + wait))
            return f"{text} It asks to wait until {until}; resume the run then."
        return f"{text} It was tried again for {self._choice.patience:g} s; resume the run when it works."

    def _attempt(
        self,
        request: Request,
        tokens_in: int,
        conversation: Conversation,
        number: str,
        understand: Callable[[Said], Said],
        heard: Callable[[str], None] | None,
    ) -> Said:
        most = self._ledger.affordable(tokens_in, request.max_output)
        request = replace(request, number=number, max_output=most)
        conversation.add(Asked(request=number, tokens_in=tokens_in))
        now = time.time()
        self._journal.write(
            ev.RequestStarted(
                request=number,
                model=self._choice.name,
                tokens_in=tokens_in,
                cost_limit=self._ledger.most(tokens_in, most),
                until=round(now + self._choice.timeout, 3),
            )
        )
        try:
            said = self._endpoint.ask(request, self._pace.poll, heard)
        except Fault as fault:
            spent = None if fault.tokens_out is None else Usage(tokens_in=tokens_in, tokens_out=fault.tokens_out)
            self._book(number, spent, now, estimated=True, error=self._redact(str(fault)))
            raise
        except BaseException:
            self._book(number, Usage(tokens_in=tokens_in), now, estimated=True, error="broken off")
            raise
        if said.usage.estimated:
            said = said.model_copy(update={"usage": said.usage.model_copy(update={"tokens_in": tokens_in})})
        said = understand(said)
        conversation.add(said)
        self.book_answer(said, since=now)
        self._notice_other_model(said)
        return said

    def book_answer(self, said: Said, *, since: float) -> None:
        """Record what an answer has cost."""
        self._book(said.request, said.usage, since, estimated=said.usage.estimated, model=said.model)

    def book_lost(self, request: ev.RequestStarted) -> None:
        """Record a request that was cut off by the end of an engine: it may have to be paid."""
        usage = Usage(tokens_in=request.tokens_in)
        self._journal.write(
            ev.RequestEnded(
                request=request.request,
                tokens_in=usage.tokens_in,
                cost_usd=request.cost_limit,
                estimated=True,
                error="cut off by the end of the engine",
            )
        )

    def _book(
        self,
        number: str,
        usage: Usage | None,
        since: float,
        *,
        estimated: bool,
        model: str | None = None,
        error: str | None = None,
    ) -> None:
        usage = usage or Usage()
        cost = self._ledger.cost(usage)
        self._journal.write(
            ev.RequestEnded(
                request=number,
                model=model,
                tokens_in=usage.tokens_in,
                tokens_cached=usage.cached,
                tokens_out=usage.tokens_out,
                cost_usd=None if cost is None else round(cost, 8),
                estimated=estimated and bool(usage.tokens_in or usage.tokens_out),
                seconds=round(max(0.0, time.time() - since), 3),
                error=error,
            )
        )

    def _notice_other_model(self, said: Said) -> None:
        """Say once that another model answers than before; the run goes on."""
        if said.model and self._answered_as and said.model != self._answered_as:
            text = f"{self._choice.host} now answers with the model {said.model} in place of {self._answered_as}."
            self._journal.write(ev.Notice(level="warning", text=self._redact(text)))
        self._answered_as = said.model or self._answered_as

    def _wait(self, reason: str, seconds: float) -> None:
        until = time.time() + seconds
        self._journal.write(ev.Waiting(reason=reason, until=round(until, 3)))
        while (left := until - time.time()) > 0:
            self._pace.checkpoint()
            time.sleep(min(_LOOK_INTERVAL, left))
