"""An engine that dies between any two things it writes down goes on where it stood, and forgets no token."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from agentomics_nb.journal import events as ev
from agentomics_nb.journal.state import CONCLUDED
from agentomics_nb.planner.llm.conversation import Conversation
from tests.conftest import write_small_table
from tests.functional.llm.competent import competent
from tests.functional.llm.in_process import trial
from tests.functional.llm.server import ScriptedServer

if TYPE_CHECKING:
    from pathlib import Path

    from tests.functional.llm.in_process import Trial

pytestmark = pytest.mark.xdist_group("llm-crashes")


class Dead(BaseException):
    """The engine is gone; nobody catches this, as nobody catches kill -9."""


class Reaper:
    """Kills the engine after each thing it has written down, once after each; but not while Bash or Python runs.

    Parameters
    ----------
    patch : MonkeyPatch
        Wraps what writes conversations.
    server : ScriptedServer
        How often it was asked tells one thing from the next.
    """

    def __init__(self, patch: pytest.MonkeyPatch, server: ScriptedServer) -> None:
        self._server = server
        self._role = ""
        self._seen: set[object] = set()
        self.deaths: Counter[str] = Counter()
        add = Conversation.add

        def add_and_die(conversation: Conversation, line: Any) -> None:
            add(conversation, line)
            self._die(line.kind, len(conversation.turns))

        patch.setattr(Conversation, "add", add_and_die)

    def after(self, event: ev.Event) -> None:
        if isinstance(event, ev.CellStarted):
            self._role = event.role
        running = isinstance(event, (ev.CellStarted, ev.CellChanged)) and self._role in ("bash", "python")
        if not isinstance(event, (ev.RunStarted, ev.RunEnded)) and not running:
            self._die(event.kind, event.iteration, event.step, getattr(event, "cell", None))

    def _die(self, kind: str, *what: object) -> None:
        moment = (kind, len(self._server.requests), *what)
        if moment not in self._seen:
            self._seen.add(moment)
            self.deaths[kind] += 1
            raise Dead(kind)


def carry_out(run: Trial, reaper: Reaper) -> int:
    """Start engines until one finishes; return how many it took."""
    for attempt in range(1, 400):
        try:
            if run.carry_out(after=reaper.after).status in CONCLUDED:
                return attempt
        except Dead:
            continue
    raise AssertionError("it never finishes")


def once(ran: list[str]) -> list[str]:
    """Return the cells that ran; a file that was being written may be written again, with the same text."""
    return [
        cell for cell, before in zip(ran, [None, *ran], strict=False) if cell != before or "%%writefile" not in cell
    ]


@pytest.fixture(scope="module")
def tumours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_small_table(tmp_path_factory.mktemp("data"))


@pytest.mark.parametrize("api", ["chat", "responses"])
def test_an_engine_that_dies_after_everything_it_writes(
    api: str, tumours: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ScriptedServer(competent()) as server:
        calm = trial(tumours, tmp_path / "calm", server, monkeypatch, api=api)
        undisturbed = calm.carry_out()
        asked = len(server.requests)
        dying = trial(tumours, tmp_path / "dying", server, monkeypatch, api=api)
        reaper = Reaper(monkeypatch, server)
        attempts = carry_out(dying, reaper)
        state = dying.state
    requests = server.requests[asked:]

    assert attempts > 100
    assert min(reaper.deaths[kind] for kind in ("request_started", "request_ended", "said", "done", "cell_ended")) >= 20
    assert once(dying.bench.ran) == calm.bench.ran, "a tool ran twice, or not at all"
    in_midst = reaper.deaths["reflection_grew"]  # its answer was still being written
    assert len(requests) == asked + in_midst, "a question that was answered was asked again"
    assert state.best == 0
    assert state.iterations[0].scores == undisturbed.iterations[0].scores
    assert state.spend.tokens_out == sum(request.answer_tokens for request in requests)
    assert state.spend.tokens_in >= sum(request.tokens for request in requests), "tokens were lost"
    assert state.spend.estimated, "what was asked when the engine died may have cost something"
    assert not state.open_requests
    ended = [event.cell for event in dying.events if isinstance(event, ev.CellEnded)]
    assert len(ended) == len(set(ended))
