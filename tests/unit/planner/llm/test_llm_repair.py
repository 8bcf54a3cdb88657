from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentomics_nb.experiment.steps import Step
from agentomics_nb.planner.llm.repair import calls_in_text, match_arguments, match_tool, parse_object
from agentomics_nb.planner.llm.tool_schemas import answer_schema, eased, specs

TOOLS = [spec.name for spec in specs(Step.TRAINING, with_figures=True)]
SCHEMAS = {spec.name: spec.schema for spec in specs(Step.TRAINING, with_figures=True)}


@pytest.mark.parametrize(
    "text",
    [
        '{"command": "ls -l"}',
        '```json\n{"command": "ls -l"}\n```',
        "{'command': 'ls -l'}",
        '{command: "ls -l"}',
        '{"command": "ls -l",}',
        '{"command": "ls -l"',
        '{"command": "ls -l',
        'Sure! {"command": "ls -l"} Done.',
        '// a comment\n{"command": "ls -l"}',
    ],
)
def test_almost_json_is_read(text):
    assert parse_object(text) == {"command": "ls -l"}


def test_python_words_and_line_breaks_within_strings_are_read():
    assert parse_object('{"a": True, "b": None, "c": [1, 2,]}') == {"a": True, "b": None, "c": [1, 2]}
    assert parse_object('{"text": "one\ntwo"}') == {"text": "one\ntwo"}


@pytest.mark.parametrize("text", ["", "no object", "[1, 2]", "{", "}{", '"text"'])
def test_what_is_no_object_is_none_or_empty(text):
    assert not parse_object(text)


@settings(deadline=None)
@given(st.dictionaries(st.text(min_size=1), st.one_of(st.text(), st.integers(), st.booleans(), st.none()), min_size=1))
def test_valid_json_is_never_changed(value):
    assert parse_object(json.dumps(value)) == value


@settings(deadline=None)
@given(st.text())
def test_no_text_whatever_raises(text):
    parse_object(text)
    calls_in_text(text, SCHEMAS)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("bash", "bash"), ("Bash", "bash"), ("run_bash", "bash"), ("shell", "bash"), ("bsah", "bash"),
        ("functions.bash", "bash"), ("writeFile", "write_file"), ("create_file", "write_file"),
        ("wirte_file", "write_file"), ("final_answer", "finish"), ("Finish", "finish"), ("recipes", "recipe"),
        ("teleport", None), ("", None),
    ],
)  # fmt: skip
def test_misspelt_tools_are_understood(written, meant):
    assert match_tool(written, TOOLS) == meant


@pytest.mark.parametrize(
    ("tool", "given", "meant"),
    [
        ("bash", {"cmd": "ls"}, {"command": "ls"}),
        ("bash", {"anything": "ls"}, {"command": "ls"}),
        ("python", {"code": "1"}, {"source": "1"}),
        ("write_file", {"filename": "a", "content": "b"}, {"path": "a", "text": "b"}),
        ("replace_in_file", {"path": "a", "old_str": "b", "new_str": "c"}, {"path": "a", "old": "b", "new": "c"}),
        ("finish", {"answer": {"summary": "s"}}, {"summary": "s"}),
        ("finish", {"answer": '{"summary": "s"}'}, {"summary": "s"}),
    ],
)
def test_wrong_argument_names_are_understood(tool, given, meant):
    assert match_arguments(given, SCHEMAS[tool]) == meant


@pytest.mark.parametrize(
    ("text", "call"),
    [
        ('```json\n{"tool": "bash", "arguments": {"command": "ls"}}\n```', ("bash", {"command": "ls"})),
        ('<tool_call>{"name": "bash", "arguments": {"command": "ls"}}</tool_call>', ("bash", {"command": "ls"})),
        ('{"name": "run_bash", "parameters": "{\\"command\\": \\"ls\\"}"}', ("bash", {"command": "ls"})),
        ('<function=bash>{"command": "ls"}</function>', ("bash", {"command": "ls"})),
        ("I list the files:\n```bash\nls\n```", ("bash", {"command": "ls"})),
        ("```python\nprint(1)\n```", ("python", {"source": "print(1)"})),
        ('My answer: {"summary": "trained"}', ("finish", {"summary": "trained"})),
    ],
)
def test_calls_written_as_text_are_found(text, call):
    assert calls_in_text(text, SCHEMAS) == [call]


def test_prose_is_no_call():
    assert calls_in_text("I will now train the model. It uses {curly} words.", SCHEMAS) == []


def test_an_answer_is_eased_where_only_one_thing_can_be_meant():
    given = {"errors": "one", "biases": [1, "two"], "unknown": 3}
    assert eased(given, answer_schema(Step.ANALYSIS)) == {"errors": ["one"], "biases": ["1", "two"]}
    plan = {"idea": 5, "reason": "r", "instructions": {"Prediction analysis": "x", "nonsense": "y"}, "parent": None}
    assert eased(plan, answer_schema(Step.PLAN)) == {
        "idea": "5", "reason": "r", "instructions": {"prediction_analysis": "x"},
    }  # fmt: skip
    model = {"model": "m", "reason": "r", "hyperparameters": {"layers": [8, 4]}}
    assert eased(model, answer_schema(Step.ARCHITECTURE))["hyperparameters"] == {"layers": "[8, 4]"}


@pytest.mark.parametrize("step", [step for step in Step if step is not Step.EVALUATION])
def test_schemas_are_plain_enough_for_any_server(step):
    text = json.dumps(answer_schema(step))
    for word in ("$ref", "$defs", "anyOf", "propertyNames", "title"):
        assert word not in text
