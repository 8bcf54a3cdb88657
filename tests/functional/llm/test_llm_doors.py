"""What a person types for a language model, and what they are promised: nothing unseen, no value too much, no cent."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING

import pytest

from agentomics_nb.cli import main
from agentomics_nb.journal import events as ev
from agentomics_nb.planner.llm.privacy import MOST_ROWS_A_STEP, data_lines
from tests.conftest import write_small_table
from tests.functional.llm.competent import Stuck, competent, next_call, told
from tests.functional.llm.exchange import Call, Reply
from tests.functional.llm.in_process import trial
from tests.functional.llm.server import ScriptedServer

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from tests.functional.llm.exchange import Request

pytestmark = pytest.mark.xdist_group("llm-doors")


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A directory with the small table, no profiles, no key, no model named."""
    for name in list(os.environ):
        if name.endswith("_API_KEY") or name.startswith(("AGENTOMICS_", "OPENAI_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr("agentomics_nb.planner.llm.model._from_keyring", lambda name: None)
    monkeypatch.chdir(tmp_path)
    write_small_table(tmp_path)
    return tmp_path


def counted(request: Request) -> Reply:
    return Reply(calls=(Call("finish", {"count": 4, "word": "gene"}),))


def test_what_would_be_sent_is_shown_and_nothing_is_sent(home, capsys):
    with ScriptedServer(competent()) as server:
        arguments = ["run", "tumours.csv", "--llm", "scripted", "--base-url", server.base_url, "--price", "1/4"]
        assert main([*arguments, "--budget", "2", "--show-prompt"]) == 0
        assert server.requests == []
        assert server.looked_up == 0
        shown = capsys.readouterr().out
    for words in (
        "Judged by auroc",
        "Step: plan",
        "write_file: ",
        "Forecast: about",
        "the run ends at $2.00",
        "Nothing was sent",
    ):
        assert words in shown
    assert not (home / "agentomics_runs").exists()


def test_what_was_shown_is_what_is_sent(home, capsys, monkeypatch):
    with ScriptedServer(competent()) as server:
        main(["run", "tumours.csv", "--llm", "m", "--base-url", server.base_url, "--show-prompt", "--name", "trial",
              "--threads", "1", "--iterations", "1"])  # fmt: skip
        shown = capsys.readouterr().out
        run = trial(home / "tumours.csv", home, server, monkeypatch, patience=5)
        run.carry_out()
        system, first = server.requests[0].messages[:2]
    assert (system.role, first.role) == ("system", "user")
    assert system.text.strip() in shown
    assert first.text.strip() in shown


@pytest.mark.parametrize("api", ["chat", "responses"])
def test_the_doctor_makes_one_cheap_call(home, capsys, api):
    with ScriptedServer(counted) as server:
        code = main(["doctor", "--llm", "scripted", "--base-url", server.base_url, "--api", api, "--json"])
        assert [request.api for request in server.requests] == [api]
    checks = {check["name"]: check for check in json.loads(capsys.readouterr().out.splitlines()[-1])["checks"]}
    assert code == 0
    assert {checks[name]["level"] for name in ("Model", "Tools", "Answers", "Streaming", "Usage")} == {"ok"}


def test_the_doctor_says_what_does_not_work(home, capsys):
    with ScriptedServer(lambda request: Reply("Four letters.")) as server:
        assert main(["doctor", "--llm", "m", "--base-url", server.base_url, "--json"]) == 0
    checks = {check["name"]: check for check in json.loads(capsys.readouterr().out.splitlines()[-1])["checks"]}
    assert checks["Tools"]["level"] == "warning"
    assert "fall back" in checks["Tools"]["text"]
    with ScriptedServer(counted, key="right") as server:
        assert main(["doctor", "--llm", "m", "--base-url", server.base_url]) == 1
    assert "key" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--llm", "gpt-5-mini"], "OPENAI_API_KEY"),
        (["--llm", "m", "--base-url", "https://llm.example.org/v1"], "LLM_EXAMPLE_ORG_API_KEY"),
        (["--llm", "m", "--base-url", "https://llm.example.org/v1", "--budget", "1"], "--price"),
        (["--llm", "replay:nothing"], "nothing"),
        (["--budget", "1"], "--llm"),
    ],
)
def test_what_cannot_start_is_one_sentence_and_leaves_nothing(home, capsys, arguments, named):
    assert main(["run", "tumours.csv", *arguments]) == 2
    said = capsys.readouterr().err
    assert named in said
    assert len(said.strip().splitlines()) == 1
    assert not (home / "agentomics_runs").exists()


PRINT_EVERYTHING = """
import pandas as pd
rows = pd.read_csv({data!r})
print(rows.to_csv())
print(rows.mean(numeric_only=True))
raise ValueError(f"the first row is {{rows.iloc[0].to_dict()}}")
"""


def nosy(request: Request) -> Generator[Call, str, None]:
    """Try to see all of the data, in each step, in every way."""
    data = told(request, r"Training data: ([^\s,]+)")
    yield Call("python", {"source": PRINT_EVERYTHING.format(data=data)})
    yield Call("bash", {"command": f"cat ../../../{data}"})
    yield Call("read_file", {"path": data})
    yield Call("read_file", {"path": "train.csv", "limit": 400})
    yield Call("search_history", {"query": "malignant"})


def sent(server: ScriptedServer) -> str:
    return "\n".join(json.dumps(request.body, ensure_ascii=False) for request in server.requests)


def values_of(table: Path) -> set[str]:
    """Return the cells of a table that occur nowhere by chance: numbers of four digits or more."""
    found = set(re.findall(r"\d+\.\d+", table.read_text()))
    return {value for value in found if len(value) > 5}


def only_nosy(request: Request) -> Reply:
    try:
        return Reply(calls=(next_call(request, nosy(request)),))
    except Stuck:
        return Reply("I have seen enough.")


class Seen(Exception):
    """The model has seen what there is to see."""


def stop_behind_exploration(event: ev.Event) -> None:
    if isinstance(event, ev.FellBack) and event.step == "exploration":
        raise Seen


def results_of(server: ScriptedServer, step: str) -> str:
    """Return all that the model was told by tools in a step."""
    last = [request for request in server.requests if request.step == step][-1]
    return "\n".join(result.text for message in last.messages for result in message.tool_results)


@pytest.mark.parametrize("level", ["schema", "samples", "full"])
def test_what_leaves_of_the_data_is_what_was_allowed(home, monkeypatch, level):
    table = home / "tumours.csv"
    with ScriptedServer(only_nosy) as server:
        run = trial(table, home, server, monkeypatch, options={"privacy": level}, patience=5)
        with pytest.raises(Seen):
            run.carry_out(after=stop_behind_exploration)
        text, seen = sent(server), results_of(server, "exploration")
    values = {value for value in values_of(table) if value in text}
    match level:
        case "schema":
            assert "mean radius" in text
            assert not values
            assert "benign" not in text
        case "samples":
            assert 0 < len(values) < len(values_of(table)) / 2
            assert data_lines(seen) <= MOST_ROWS_A_STEP
        case _:
            assert values == values_of(table)


@pytest.mark.parametrize("budget", [0.004, 0.04])
def test_a_budget_holds_and_the_run_has_a_model(home, monkeypatch, budget):
    price = {"input": 1.0, "cached": 0.5, "output": 4.0}
    with ScriptedServer(competent()) as server:
        run = trial(
            home / "tumours.csv", home, server, monkeypatch,
            options={"budget": budget, "iterations": 3}, price=price, max_output=1024, patience=5,
        )  # fmt: skip
        state = run.carry_out()
        bill = sum(
            ((r.tokens - r.cached) * 1.0 + r.cached * 0.5 + r.answer_tokens * 4.0) / 1e6 for r in server.requests
        )
    assert bill <= budget
    assert state.spend.cost_usd == pytest.approx(bill, abs=1e-6)
    assert state.status == "budget", (run.ends, [(i.number, i.status, i.reason) for i in state.iterations.values()])
    assert state.best is not None
    assert "budget" in (state.reason or "")
    asked = [event for event in run.events if isinstance(event, ev.RequestStarted)]
    assert all(event.cost_limit is not None and event.cost_limit <= budget for event in asked)
