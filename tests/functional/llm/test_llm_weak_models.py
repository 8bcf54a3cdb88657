"""Weak models: what they mean is done, what they do not manage the recipes do, and the person's files stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.conftest import write_small_table
from tests.functional.llm.clumsy import HOPELESS, UNDERSTANDABLE, clumsy
from tests.functional.llm.competent import competent
from tests.functional.llm.exchange import Call, Reply, Request
from tests.functional.llm.in_process import trial
from tests.functional.llm.server import ScriptedServer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from agentomics_nb.journal.state import RunState

pytestmark = pytest.mark.xdist_group("llm-weak-models")


@pytest.fixture(scope="module")
def tumours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_small_table(tmp_path_factory.mktemp("data"))


def fallen_back(state: RunState) -> list[str]:
    return [step.value for step, one in state.iterations[0].steps.items() if one.fell_back is not None]


@pytest.mark.parametrize("slip", UNDERSTANDABLE, ids=lambda slip: slip.__name__)
def test_what_can_be_understood_is_done_at_once(
    slip: Callable[[Request, Call], Reply], tumours: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model that writes every call in one wrong way gets through every step without a word of reproof."""
    with ScriptedServer(clumsy(every=1, slips=(slip,))) as server:
        weak = trial(tumours, tmp_path / "run", server, monkeypatch, requests_per_step=12)
        state = weak.carry_out()
    assert (state.status, state.best, fallen_back(state)) == ("finished", 0, [])
    assert len(server.requests) == 22, "as many as a competent model needs"
    assert all(request.refused is None for request in server.requests)


@pytest.mark.parametrize("slip", HOPELESS, ids=lambda slip: slip.__name__)
def test_one_hopeless_answer_in_every_second_place_does_no_harm(
    slip: Callable[[Request, Call], Reply], tumours: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ScriptedServer(clumsy(every=2, slips=(slip,))) as server:
        weak = trial(tumours, tmp_path / "run", server, monkeypatch, requests_per_step=12)
        state = weak.carry_out()
    assert (state.status, state.best, fallen_back(state)) == ("finished", 0, [])
    assert len(server.requests) <= 2 * 22 + 9
    assert all(request.refused is None for request in server.requests)


@pytest.mark.parametrize("knows", [("schema",), ()], ids=["schema", "text"])
def test_an_endpoint_that_knows_no_tools_is_asked_in_words(
    knows: tuple[str, ...], tumours: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ScriptedServer(competent(), knows=knows) as server:
        weak = trial(tumours, tmp_path / "run", server, monkeypatch)
        state = weak.carry_out()
    assert (state.status, state.best, fallen_back(state)) == ("finished", 0, [])
    assert [request.number for request in server.requests if request.refused] == [1, 2][: 2 - len(knows)]
    assert len(server.requests) == 22 + 2 - len(knows)
    assert len(weak.bench.ran) == 9


def test_a_model_that_only_talks_leaves_every_step_to_the_recipes(
    tumours: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ScriptedServer(lambda _: Reply("Of course! Shall I begin?")) as server:
        weak = trial(tumours, tmp_path / "run", server, monkeypatch, requests_per_step=12)
        state = weak.carry_out()
    assert (state.status, state.best) == ("finished", 0)
    assert len(fallen_back(state)) == 9
    assert len(server.requests) <= 9 * 10, "each step gives up after a few answers"
    made = {cell.planner for cell in state.cells.values() if cell.step is not None and cell.step.value == "training"}
    assert "offline" in made
    assert state.iterations[0].steps


@pytest.mark.parametrize("removal", ["rm -rf ../workspace", "rm -rf ../workspace && ln -s ../../../other ../workspace"])
def test_a_takeover_never_touches_what_lies_outside_the_workspace(
    removal: str, tumours: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even where the model has removed its workspace, or put a link in its place."""
    root = tmp_path.resolve()
    checked = f'case "$PWD" in {root}/*/workspace) {removal} ;; esac'

    def play(request: Request) -> Reply:
        if request.step == "inference":  # its own script would not fit the recipe's model
            return Reply("Done.")
        if request.step != "training":
            return competent()(request)
        return Reply("Done.") if request.exchanges else Reply(calls=(Call("bash", {"command": checked}),))

    mine = {name: root / "run" / name for name in ("thesis.docx", "other/results.csv")}
    for path in mine.values():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("the work of years")
    with ScriptedServer(play) as server:
        careless = trial(tumours, root / "run", server, monkeypatch)
        state = careless.carry_out()
    assert {name: path.read_text() for name, path in mine.items() if path.exists()} == dict.fromkeys(
        mine, "the work of years"
    )
    assert sorted(path.name for path in (root / "run").iterdir()) == [
        "agentomics_runs",
        "models.toml",
        "other",
        "thesis.docx",
    ]
    assert [path.name for path in (root / "run" / "other").iterdir()] == ["results.csv"]
    assert "training" in fallen_back(state)
    assert state.status == "finished"
