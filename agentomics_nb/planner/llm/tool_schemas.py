"""The tools and the step's answer as a model is told of them: plain schemas, read leniently."""

from __future__ import annotations

import copy
import functools
import json
import tomllib
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from agentomics_nb.experiment.steps import ANSWERS, Step
from agentomics_nb.planner.llm import repair
from agentomics_nb.planner.llm.endpoint import ToolSpec

if TYPE_CHECKING:
    from collections.abc import Mapping


@functools.cache
def _described() -> dict[str, Any]:
    text = files("agentomics_nb.planner.llm").joinpath("prompts", "tools.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def specs(step: Step, *, with_figures: bool) -> list[ToolSpec]:
    """Return the tools of a step, the last one being ``finish`` with the fields of its answer."""
    found = []
    for name, table in _described().items():
        if name == "look_at_figure" and not with_figures:
            continue
        schema = answer_schema(step) if name == "finish" else _schema(table)
        found.append(ToolSpec(name, table["description"], schema))
    return found


def _schema(table: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": table["properties"], "required": table["required"]}


@functools.cache
def answer_schema(step: Step) -> dict[str, Any]:
    """Return the JSON schema of a step's answer in its plainest form, which weak models follow best."""
    schema = ANSWERS[step].model_json_schema()
    plain: dict[str, Any] = _plain(copy.deepcopy(schema), schema.get("$defs", {}))
    return {"type": "object", "properties": plain["properties"], "required": plain.get("required", [])}


def _plain(value: Any, definitions: Mapping[str, Any]) -> Any:
    """Put definitions where they are used, and leave out what only decorates."""
    if isinstance(value, list):
        return [_plain(item, definitions) for item in value]
    if not isinstance(value, dict):
        return value
    if "$ref" in value:
        beside = {key: item for key, item in value.items() if key != "$ref"}
        return _plain({**definitions[value["$ref"].rsplit("/", 1)[-1]], **beside}, definitions)
    choices = [one for one in value.get("anyOf", []) if one != {"type": "null"}]
    if len(choices) == 1:
        return _plain({**{k: v for k, v in value.items() if k != "anyOf"}, **choices[0]}, definitions)
    left_out = ("title", "$defs", "$ref", "default", "additionalProperties", "minLength", "minimum")
    kept = {key: _plain(item, definitions) for key, item in value.items() if key not in left_out or key == "type"}
    names = kept.pop("propertyNames", None)
    if isinstance(names, dict) and "enum" in names:
        kept["description"] = f"{kept.get('description', '')} Keys: {', '.join(names['enum'])}.".strip()
    return kept


def eased(given: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return an answer with what can only be meant in one way put right: one string for a list, unknown extras."""
    names: Mapping[str, Any] = schema["properties"]
    steps = {step.value for step in Step}
    found: dict[str, Any] = {}
    for name, value in given.items():
        if name not in names or value is None:
            continue
        kind = names[name].get("type")
        if kind == "array" and isinstance(value, str):
            value = [value]
        elif kind == "array" and names[name].get("items", {}).get("type") == "string" and isinstance(value, list):
            value = [item if isinstance(item, str) else _text(item) for item in value]
        elif kind == "object" and isinstance(value, str):
            value = repair.parse_object(value) or {}
        elif kind == "string" and not isinstance(value, str):
            value = _text(value)
        if name == "instructions" and isinstance(value, dict):
            value = {_step(key): _text(item) for key, item in value.items() if _step(key) in steps}
        elif kind == "object" and isinstance(value, dict):
            value = {str(key): _scalar(item) for key, item in value.items()}
        found[name] = value
    return found


def _step(name: object) -> str:
    return str(name).strip().lower().replace(" ", "_").replace("-", "_")


def _scalar(value: object) -> str | int | float | bool | None:
    return value if isinstance(value, (str, int, float, bool, type(None))) else _text(value)


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
