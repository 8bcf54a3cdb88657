"""The protocol against a server that we did not write: llama.cpp with a small real model (`make test-llm`)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from agentomics_nb.experiment.steps import Step
from agentomics_nb.planner.llm import prompting
from agentomics_nb.planner.llm.conversation import Call, Done, Said, Told
from agentomics_nb.planner.llm.endpoint import HttpEndpoint, Request, ToolSpec
from agentomics_nb.planner.llm.faults import Overflow
from agentomics_nb.planner.llm.model import ModelChoice
from agentomics_nb.planner.llm.planner import understood
from agentomics_nb.planner.llm.repair import parse_object
from agentomics_nb.planner.llm.tool_schemas import specs
from agentomics_nb.planner.llm.trial import try_endpoint
from tests.conftest import write_small_table

PYTHON = os.environ.get("AGENTOMICS_LLAMA_PYTHON")
pytestmark = [pytest.mark.external, pytest.mark.skipif(not PYTHON, reason="make test-llm sets the server up")]
APIS = ("chat", "responses")
COUNT = ToolSpec(
    "finish",
    "Deliver the answer.",
    {
        "type": "object",
        "properties": {"count": {"type": "integer"}, "word": {"type": "string"}},
        "required": ["count", "word"],
    },
)


@pytest.fixture(scope="module")
def server():
    script = Path(__file__).with_name("llama_server.py")
    process = subprocess.Popen(
        [str(PYTHON), str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    address = process.stdout.readline().strip()
    assert address.startswith("http://127.0.0.1:")
    yield f"{address}/v1"
    process.stdin.close()
    process.wait(timeout=30)


@pytest.fixture(params=APIS)
def endpoint(server, request):
    found = HttpEndpoint(ModelChoice(name="smollm2", base_url=server, api=request.param, timeout=120), None)
    yield found
    found.close()


def ask(endpoint, text="How many letters has the word gene?", *, polled=None, **changes):
    given = {
        "number": "t", "instructions": "You answer briefly.", "turns": [Told(text=text)], "tools": [], "max_output": 40,
        "form": "text",
    }  # fmt: skip
    return endpoint.ask(Request(**(given | changes)), lambda: polled.append(1) if polled is not None else None)


@pytest.mark.parametrize("stream", [True, False])
def test_text_and_usage(endpoint, stream):
    said = ask(endpoint, stream=stream)
    assert said.text.strip()
    assert said.usage.tokens_in > 10
    assert 0 < said.usage.tokens_out <= 40
    assert not said.usage.estimated


def test_an_answer_at_its_limit_is_known_as_cut_off(endpoint):
    assert ask(endpoint, "Count from one to one hundred in words.", max_output=8).cut_off


@pytest.mark.parametrize("stream", [True, False])
def test_a_schema_forces_a_call(endpoint, stream):
    for word in ("gene", "exon", "codon"):
        said = ask(
            endpoint,
            f"How many letters has the word {word}?",
            tools=[COUNT],
            form="schema",
            stream=stream,
            instructions=prompting.tools_in_text([COUNT]),
            max_output=400,
        )
        (call,) = understood(said, {"finish": COUNT.schema}).calls
        values = json.loads(call.arguments)
        assert call.name == "finish"
        assert isinstance(values["count"], int)
        assert isinstance(values["word"], str)


def test_our_own_tools_are_forced_too(endpoint):
    tools = specs(Step.REPRESENTATION, with_figures=False)
    said = ask(
        endpoint,
        "Finish: the encoding is k-mers, since order matters little.",
        tools=tools,
        form="schema",
        instructions=prompting.tools_in_text(tools),
        max_output=300,
    )
    found = parse_object(said.text)
    assert found is not None
    assert found["tool"] in {tool.name for tool in tools}


def test_a_history_with_tool_calls_is_taken(endpoint):
    turns = [
        Told(text="List the files."),
        Said(request="0", calls=(Call(id="c1", name="bash", arguments='{"command": "ls"}'),)),
        Done(call="c1", name="bash", text="train.csv", outcome="ok", cells=1),
    ]
    said = ask(endpoint, turns=turns, tools=specs(Step.TRAINING, with_figures=False), form="tools")
    assert said.usage.tokens_in > 20


def test_what_is_too_long_is_known_as_such(endpoint):
    with pytest.raises(Overflow):
        ask(endpoint, "word " * 12_000)


def test_a_request_is_broken_off_at_once(endpoint):
    class Stop(Exception):
        pass

    def stop():
        raise Stop

    request = Request("t", "Write.", [Told(text="Write a long story.")], [], 2000, form="text")
    with pytest.raises(Stop):
        endpoint.ask(request, stop)
    assert ask(endpoint).text


def test_the_doctor_says_what_works(endpoint):
    trial = try_endpoint(endpoint)
    assert trial.error is None
    assert trial.streams
    assert trial.counts
    assert trial.structured


def test_a_run_with_so_small_a_model_ends_with_a_model(server, tmp_path):
    """It understands nothing: each step goes to the recipes after a few answers, and the run has its model."""
    data = write_small_table(tmp_path)
    profiles = tmp_path / "models.toml"
    profiles.write_text(
        f'[tiny]\nmodel = "smollm2"\nbase_url = "{server}"\ncontext = 8192\nmax_output = 256\nrequests_per_step = 2\n',
        encoding="utf-8",
    )
    done = subprocess.run(
        [
            *(sys.executable, "-m", "agentomics_nb.cli", "run", str(data), "--llm", "tiny"),
            *("--iterations", "1", "--cell-time-limit", "120", "--json"),
        ],
        cwd=tmp_path,
        env={**os.environ, "AGENTOMICS_PROFILES": str(profiles)},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    summary = json.loads(done.stdout.splitlines()[-1])
    assert summary["status"] == "finished"
    assert summary["best"]["validation"]["auroc"]["value"] > 0.8
    assert summary["cost_usd"] == 0
