"""Understand what a weak model meant: almost-JSON, misspelt tools and arguments, calls written as text."""

from __future__ import annotations

import ast
import difflib
import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

_ALIASES = {
    "bash": ("shell", "sh", "run_bash", "run_shell", "terminal", "command", "execute_bash", "run_command", "exec"),
    "python": ("py", "run_python", "execute_python", "ipython", "code", "python_cell", "run_code", "execute_code"),
    "write_file": ("create_file", "save_file", "writefile", "write", "file_write"),
    "replace_in_file": ("edit_file", "str_replace", "replace", "edit", "patch_file"),
    "read_file": ("open_file", "cat", "view_file", "read", "view", "file_read"),
    "look_at_figure": ("look_at_image", "view_figure", "show_figure", "view_image"),
    "recipe": ("recipes", "get_recipe", "list_recipes", "ask_recipe"),
    "search_history": ("search", "history", "grep_history", "find_in_history"),
    "finish": ("finish_step", "final_answer", "submit", "done", "answer", "complete", "final_result", "final"),
}
_ARGUMENTS = {
    "command": ("cmd", "script", "bash", "shell", "code", "input"),
    "source": ("code", "python", "script", "cell", "command", "input"),
    "path": ("file", "filename", "file_path", "filepath", "file_name", "name", "target"),
    "text": ("content", "contents", "source", "code", "body", "data", "file_text"),
    "old": ("old_str", "old_text", "search", "find", "before"),
    "new": ("new_str", "new_text", "replace", "replacement", "after"),
    "name": ("recipe", "key", "recipe_name", "id"),
    "query": ("pattern", "text", "search", "term", "q"),
    "cell": ("cell_id", "id", "figure", "name"),
}
_NAMES = ("name", "tool", "tool_name", "function", "action", "function_name")
_VALUES = ("arguments", "parameters", "args", "input", "params", "action_input", "kwargs")
_WRAPPERS = ("answer", "result", "output", "response", "arguments", "parameters", "data")
_FENCED = re.compile(r"```[ \t]*([\w+-]*)[^\n]*\n(.*?)(?:```|\Z)", re.DOTALL)
_TAGGED = re.compile(r"<(tool_call|function_call|tool)>\s*(.*?)\s*(?:</\1>|\Z)", re.DOTALL)
_STRING = re.compile(r'("(?:[^"\\]|\\.)*(?:"|\Z))', re.DOTALL)
_NAMED_TAG = re.compile(r"<function=([\w.-]+)>\s*(.*?)\s*(?:</function>|\Z)", re.DOTALL)


def text_so_far(text: str, name: str) -> str:
    """Return the string `name` of a JSON object that is still being written, as far as it stands; else nothing."""
    found = re.search(rf'"{re.escape(name)}"\s*:\s*"((?:[^"\\]|\\.)*)', text, re.DOTALL)
    if found is None:
        return ""
    try:
        return str(json.loads(f'"{found[1]}"', strict=False))
    except ValueError:  # cut in the midst of an escape
        return ""


def parse_object(text: str) -> dict[str, Any] | None:
    """Return the JSON object that a text is, or nearly is; None if there is none in it."""
    text = text.strip()
    fenced = _FENCED.search(text)
    if fenced and not text.startswith("{"):
        text = fenced[2].strip()
    start = text.find("{")
    if start < 0:
        return None
    text = text[start:]
    for attempt in (_strict, _first_object, _as_python, _mended):
        found = attempt(text)
        if isinstance(found, dict):
            return found
    return None


def match_tool(name: str, tools: Collection[str]) -> str | None:
    """Return the tool that a name means; None if none is near."""
    plain = _plain(name)
    for tool in tools:
        if plain == _plain(tool) or plain in map(_plain, _ALIASES.get(tool, ())):
            return tool
    # functions.bash, bash_tool, default_api:bash
    bare = re.sub(r"^(?:tool|function)s?_|_(?:tool|function|call)$", "", name, flags=re.IGNORECASE)
    for part in (bare, *re.split(r"[^A-Za-z0-9_]+", name)):
        if part != name and part and (found := match_tool(part, tools)):
            return found
    near = difflib.get_close_matches(plain, [_plain(tool) for tool in tools], n=1, cutoff=0.72)
    return next((tool for tool in tools if near and _plain(tool) == near[0]), None)


def match_arguments(given: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments under the names of a tool's schema; what fits no name is kept as it is.

    An object that wraps all arguments is opened, and a lone value goes to a lone required argument.
    """
    names: Mapping[str, Any] = schema.get("properties", {})
    if len(given) == 1:
        key, value = next(iter(given.items()))
        if key not in names and key in _WRAPPERS:
            inner = parse_object(value) if isinstance(value, str) else value
            if isinstance(inner, dict):
                return match_arguments(inner, schema)
    found = {key: value for key, value in given.items() if key in names}
    rest = {key: value for key, value in given.items() if key not in names}
    for key, value in list(rest.items()):
        free = [name for name in names if name not in found]
        name = _argument(key, free)
        if name is not None:
            found[name] = value
            del rest[key]
    required = [name for name in schema.get("required", ()) if name not in found]
    if len(required) == 1 and len(rest) == 1:
        found[required[0]] = rest.popitem()[1]
    return {**found, **rest}


def calls_in_text(text: str, schemas: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    """Return the calls that a text spells out: JSON, tags, a fenced block of bash or Python, or a bare answer."""
    for tag in _NAMED_TAG.finditer(text):
        found, tool = parse_object(tag[2]), match_tool(tag[1], schemas)
        if tool is not None and found is not None:
            return [(tool, found)]
    blocks = [match[2] for match in _TAGGED.finditer(text)]
    blocks += [match[2] for match in _FENCED.finditer(text) if match[1].lower() in ("", "json", "tool_call", "tool")]
    if not blocks and "{" in text:
        blocks = [text]
    calls = [call for block in blocks if (call := _call(parse_object(block), schemas)) is not None]
    if calls:
        return calls
    for match in _FENCED.finditer(text):
        language = match[1].lower()
        if language in ("bash", "sh", "shell", "console") and "bash" in schemas:
            return [("bash", {"command": match[2].strip()})]
        if language in ("python", "py") and "python" in schemas:
            return [("python", {"source": match[2].rstrip()})]
    return []


def _call(found: dict[str, Any] | None, schemas: Mapping[str, Mapping[str, Any]]) -> tuple[str, dict[str, Any]] | None:
    if not found:
        return None
    inner = found.get("function")
    if isinstance(inner, dict):
        found = inner
    name = next((found[key] for key in _NAMES if isinstance(found.get(key), str)), None)
    values = next((found[key] for key in _VALUES if key in found), None)
    tool = match_tool(name, schemas) if name is not None else None
    if tool is not None and values is not None:
        values = parse_object(values) if isinstance(values, str) else values
        return (tool, values) if isinstance(values, dict) else None
    # An object with the fields of the step's answer is the answer, even if nothing says so.
    wanted = schemas.get("finish", {})
    required = wanted.get("required", [])
    answer = match_arguments(found, wanted)
    if required and all(field in answer for field in required):
        return "finish", found
    return None


def _strict(text: str) -> Any:
    try:
        return json.loads(text, strict=False)
    except ValueError:
        return None


def _first_object(text: str) -> Any:
    """Take the object at the beginning, whatever follows it."""
    try:
        return json.JSONDecoder(strict=False).raw_decode(text)[0]
    except ValueError:
        return None


def _as_python(text: str) -> Any:
    """Take it as a Python literal: single quotes, None, True, trailing commas."""
    end = text.rfind("}") + 1
    try:
        return ast.literal_eval(text[:end])
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None


def _mended(text: str) -> Any:
    """Mend what models often get wrong: missing ends, comments, trailing commas, bare names, Python's constants.

    What stands within strings is left alone: it may be a script.
    """
    parts = _STRING.split(text)
    parts[::2] = map(_plain_json, parts[::2])
    for candidate in (_closed(text), _closed("".join(parts))):
        found = _first_object(candidate)
        if found is not None:
            return found
    return None


def _plain_json(text: str) -> str:
    """Return what stands between strings as JSON has it."""
    text = re.sub(r"(?m)^\s*//.*$", "", text)
    text = re.sub(r",\s*([}\]])", r"\1", text)
    text = re.sub(r"([{,]\s*)([A-Za-z_]\w*)(\s*:)", r'\1"\2"\3', text)
    return re.sub(r":\s*None\b", ": null", re.sub(r":\s*True\b", ": true", re.sub(r":\s*False\b", ": false", text)))


def _closed(text: str) -> str:
    """Close the strings, lists and objects that a text leaves open."""
    stack, inside, escaped = [], False, False
    for character in text:
        if escaped:
            escaped = False
        elif character == "\\" and inside:
            escaped = True
        elif character == '"':
            inside = not inside
        elif not inside and character in "{[":
            stack.append("}" if character == "{" else "]")
        elif not inside and character in "}]" and stack:
            stack.pop()
    return (text.rstrip().rstrip(",") if not inside else text + '"') + "".join(reversed(stack))


def _argument(key: str, names: Collection[str]) -> str | None:
    plain = _plain(key)
    for name in names:
        if plain == _plain(name) or plain in map(_plain, _ARGUMENTS.get(name, ())):
            return name
    near = difflib.get_close_matches(plain, [_plain(name) for name in names], n=1, cutoff=0.75)
    return next((name for name in names if near and _plain(name) == near[0]), None)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
