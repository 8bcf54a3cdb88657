"""Small changes to the list of a cell's outputs, as JSON: what the engine records while a cell runs.

Applied one after another to an empty list, a cell's changes give its outputs exactly (`apply_changes`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypedDict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Output = dict[str, Any]
"""One output of a code cell, in nbformat 4. Never modified once made; a change makes a new one."""


class AddOutput(TypedDict):
    """Put an output at the end."""

    op: Literal["add"]
    output: Output


class SetOutput(TypedDict):
    """Replace one output."""

    op: Literal["set"]
    index: int
    output: Output


class AppendText(TypedDict):
    """Put text at the end of a stream."""

    op: Literal["append_text"]
    index: int
    text: str


class ReplaceTail(TypedDict):
    """Keep the first characters of a stream and put this text in place of the rest: a progress bar moved."""

    op: Literal["replace_tail"]
    index: int
    keep: int
    text: str


class ClearOutputs(TypedDict):
    """Remove all outputs."""

    op: Literal["clear"]


class UpdateEarlier(TypedDict):
    """Replace an output of a cell that ran before in this kernel: this cell updated its display."""

    op: Literal["update_earlier"]
    cells_back: int
    """1 for the cell run just before this one."""
    index: int
    output: Output


OutputChange = AddOutput | SetOutput | AppendText | ReplaceTail | ClearOutputs | UpdateEarlier


def apply_changes(outputs: Sequence[Output], changes: Iterable[OutputChange]) -> list[Output]:
    """Return the outputs after the changes; ``update_earlier`` concerns another cell and is passed over."""
    changed = list(outputs)
    for change in changes:
        if change["op"] == "add":
            changed.append(change["output"])
        elif change["op"] == "set":
            changed[change["index"]] = change["output"]
        elif change["op"] == "append_text":
            output = changed[change["index"]]
            changed[change["index"]] = output | {"text": output["text"] + change["text"]}
        elif change["op"] == "replace_tail":
            output = changed[change["index"]]
            changed[change["index"]] = output | {"text": output["text"][: change["keep"]] + change["text"]}
        elif change["op"] == "clear":
            changed.clear()
    return changed


def changes_between(before: Sequence[Output], after: Sequence[Output]) -> list[OutputChange]:
    """Return changes that turn one list of outputs into the other, the smallest there are for text."""
    if len(after) < len(before):
        return [ClearOutputs(op="clear"), *(AddOutput(op="add", output=output) for output in after)]
    changes: list[OutputChange] = []
    for index, (old, new) in enumerate(zip(before, after, strict=False)):
        if old is new or old == new:
            continue
        if _is_stream(old) and _is_stream(new) and old["name"] == new["name"]:
            keep = _common(old["text"], new["text"])
            text = new["text"][keep:]
            if keep == len(old["text"]):
                changes.append(AppendText(op="append_text", index=index, text=text))
            else:
                changes.append(ReplaceTail(op="replace_tail", index=index, keep=keep, text=text))
        else:
            changes.append(SetOutput(op="set", index=index, output=new))
    changes += [AddOutput(op="add", output=output) for output in after[len(before) :]]
    return changes


def _is_stream(output: Output) -> bool:
    return bool(output["output_type"] == "stream")


def _common(one: str, other: str) -> int:
    """Return how many characters two texts have in common at their start."""
    shorter = min(len(one), len(other))
    if one[:shorter] == other[:shorter]:  # the usual case, at the speed of C
        return shorter
    return next(index for index in range(shorter) if one[index] != other[index])
