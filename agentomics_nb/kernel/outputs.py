"""The messages of a running cell, folded into nbformat outputs as JupyterLab folds them, within bounds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

from agentomics_nb.environment import redact
from agentomics_nb.journal.outputs import Output, OutputChange, UpdateEarlier, changes_between
from agentomics_nb.kernel.processes import readable_size
from agentomics_nb.kernel.terminal import HEAD, TAIL, StreamText

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from typing import TextIO

MOST_CHARACTERS = 1_000_000
"""A cell's outputs together, as JSON: the page stalls at a few times as much."""
MOST_OUTPUTS = 200
"""Outputs of one cell: text that alternates between stdout and stderr makes a new one at each turn."""
_LIVE_TAIL = 2_000
_LONGEST_TRACEBACK = 50_000


class Displays:
    """Where each ``display_id`` is shown, in all cells that one kernel ran.

    Attributes
    ----------
    places
        For each id, pairs of the number of the cell and the index of the output in it.
    shown
        The output at each of these places.
    """

    def __init__(self) -> None:
        self.places: dict[str, list[tuple[int, int]]] = {}
        self.shown: dict[tuple[int, int], Output] = {}

    def forget(self, cell: int) -> None:
        """Drop all places in a cell: its outputs were cleared."""
        for places in self.places.values():
            places[:] = [place for place in places if place[0] != cell]
        self.shown = {place: output for place, output in self.shown.items() if place[0] != cell}


class _Stream:
    """One stream output that still can grow."""

    def __init__(self, name: Literal["stdout", "stderr"], outputs: Outputs) -> None:
        self.name = name
        self.text = StreamText(outputs.keep_text)


class Outputs:
    """The outputs of one cell.

    A stream keeps the first and the last 20,000 characters, the outputs together a megabyte; all text of a
    cell that prints more than a stream keeps is also written to a file.

    Parameters
    ----------
    displays
        Shared by all cells of a kernel.
    cell
        Number of this cell, counted by the kernel's client.
    secrets
        Values that never leave here; ``[secret]`` stands in their place.
    text_file
        Where the full text goes; created only if it is needed.
    text_name
        The name of that file, as a person sees it.
    """

    def __init__(
        self,
        *,
        displays: Displays | None = None,
        cell: int = 0,
        secrets: Sequence[str] = (),
        text_file: Path | None = None,
        text_name: str | None = None,
    ) -> None:
        self.execution_count: int | None = None
        self.error: Output | None = None
        self._displays = displays if displays is not None else Displays()
        self._cell = cell
        self._secrets = secrets
        self._path = text_file
        self._place = f"; the full text is in {text_name}" if text_name and text_file else ""
        self._items: list[_Stream | Output] = []
        self._sizes: dict[int, int] = {}
        self._clear_next = False
        self._full = False
        self._told: list[Output] = []
        self._earlier: list[OutputChange] = []
        self._finished: list[str] = []
        self._finished_size = 0
        self._file: TextIO | None = None
        self._overflow: StreamText | None = None

    @property
    def cut(self) -> bool:
        """Whether the text that still grows already is longer than what is kept of it."""
        return any(isinstance(item, _Stream) and item.text.cut for item in self._items[-1:])

    def take(self, kind: str, content: dict[str, Any]) -> None:
        """Fold in one message of the iopub channel; kinds that show nothing are passed over."""
        if kind == "stream":
            # Redacted here for what the bounds might cut in two, and in the snapshot for what came in two
            # pieces.
            self._write(content["name"], redact(_well_formed(content["text"]), self._secrets))
        elif kind in ("display_data", "execute_result"):
            self._display(kind, content)
        elif kind == "update_display_data":
            self._update(content)
        elif kind == "error":
            self._fail(content)
        elif kind == "clear_output":
            if content.get("wait"):
                self._clear_next = True
            else:
                self._clear()
        elif kind == "execute_input":
            self.execution_count = content["execution_count"]

    def note(self, text: str) -> None:
        """Add a line of our own, as text on stderr."""
        self._write("stderr", text + "\n")

    def close(self) -> None:
        """Finish all text, and the file with it if there is one."""
        for stream in [item.text for item in self._items if isinstance(item, _Stream)][-1:]:
            stream.close()
        if self._overflow is not None:
            self._overflow.close()
        if self._file is not None:
            self._file.close()
            self._file = None

    def changes(self, *, live: bool = True) -> list[OutputChange]:
        """Return what changed since the last call.

        Parameters
        ----------
        live
            The cell still runs: show only a little from the end of a stream that is too long, since it is
            sent again and again.
        """
        now = self.snapshot(tail=_LIVE_TAIL if live else TAIL)
        changes = [*self._earlier, *changes_between(self._told, now)]
        self._told, self._earlier = now, []
        return changes

    def snapshot(self, tail: int = TAIL) -> list[Output]:
        """Return the outputs as they are now."""
        return [
            {
                "output_type": "stream",
                "name": item.name,
                "text": redact(item.text.text(self._left_out, tail), self._secrets),
            }
            if isinstance(item, _Stream)
            else item
            for item in self._items
        ]

    def keep_text(self, text: str) -> None:
        """Take text that can no longer change; it goes to the file once there is too much of it to keep."""
        if self._path is None:
            return
        text = redact(text, self._secrets)
        if self._file is not None:
            self._file.write(text)
            return
        self._finished.append(text)
        self._finished_size += len(text)
        if self._finished_size > HEAD + TAIL:
            self._open_file(self._path)

    def _open_file(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("w", encoding="utf-8")
        self._file.write("".join(self._finished))
        self._finished.clear()

    def _left_out(self, characters: int) -> str:
        return f"[… {characters:,} characters left out{self._place} …]"

    def _write(self, name: Literal["stdout", "stderr"], text: str) -> None:
        self._clear_if_due()
        last = self._items[-1] if self._items else None
        if not self._full and not (isinstance(last, _Stream) and last.name == name):
            last = _Stream(name, self)
            self._append(last)
        if self._full:
            self._overflow = self._overflow or StreamText(self.keep_text)
            self._overflow.write(text)
        elif isinstance(last, _Stream):
            last.text.write(text)

    def _display(self, kind: str, content: dict[str, Any]) -> None:
        self._clear_if_due()
        output: Output = {"output_type": kind} | self._bundle(content, self._room())
        if kind == "execute_result":
            output["execution_count"] = content["execution_count"]
        place = (self._cell, len(self._items))
        if self._append(output):
            display_id = (content.get("transient") or {}).get("display_id")
            if display_id:
                self._displays.places.setdefault(display_id, []).append(place)
                self._displays.shown[place] = output

    def _update(self, content: dict[str, Any]) -> None:
        display_id = (content.get("transient") or {}).get("display_id", "")
        for cell, index in self._displays.places.get(display_id, []):
            old = self._displays.shown[cell, index]
            room = MOST_CHARACTERS // 4 if cell != self._cell else self._room() + _size(old)
            new = old | self._bundle(content, room)
            self._displays.shown[cell, index] = new
            if cell == self._cell:
                self._items[index] = new
                self._sizes[index] = _size(new)
            else:
                self._earlier.append(
                    UpdateEarlier(op="update_earlier", cells_back=self._cell - cell, index=index, output=new)
                )

    def _fail(self, content: dict[str, Any]) -> None:
        self._clear_if_due()
        traceback = [redact(_well_formed(line), self._secrets) for line in content["traceback"]]
        if sum(map(len, traceback)) > _LONGEST_TRACEBACK:
            text = "\n".join(traceback)
            half = _LONGEST_TRACEBACK // 2
            traceback = [text[:half], self._left_out(len(text) - 2 * half), text[-half:]]
        value = redact(_well_formed(str(content["evalue"])), self._secrets)
        self.error = {
            "output_type": "error",
            "ename": str(content["ename"]),
            "evalue": value if len(value) <= 5_000 else value[:2_500] + " … " + value[-2_500:],
            "traceback": traceback,
        }
        self._finish_last()
        self._items.append(self.error)  # however full it is: why the cell failed is what one must know

    def _bundle(self, content: dict[str, Any], room: int) -> Output:
        """Return data and metadata of a display, without those representations that would not fit."""
        data: dict[str, Any] = self._cleaned(content["data"])
        metadata: dict[str, Any] = self._cleaned(content.get("metadata") or {})
        left_out = []
        while data and _size(data) + _size(metadata) > room:
            largest = max(data, key=lambda mime: _size(data[mime]))
            left_out.append(f"{largest} of {readable_size(_size(data[largest]))}")
            data = {mime: value for mime, value in data.items() if mime != largest}
            metadata = {key: value for key, value in metadata.items() if key != largest}
        if left_out:
            kept = f"a cell keeps {readable_size(MOST_CHARACTERS)} of outputs"
            note = f"[{' and '.join(left_out)} left out: {kept}]"
            data["text/plain"] = "\n".join([part for part in (data.get("text/plain"), note) if part])
        return {"data": data, "metadata": metadata}

    def _cleaned(self, value: Any) -> Any:
        if isinstance(value, str):
            return redact(_well_formed(value), self._secrets)
        if isinstance(value, list):
            return [self._cleaned(part) for part in value]
        if isinstance(value, dict):
            return {self._cleaned(key): self._cleaned(part) for key, part in value.items()}
        return value

    def _append(self, item: _Stream | Output) -> bool:
        """Add an output if there is room for one more; else say so, once, and return False."""
        if self._full:
            return False
        self._finish_last()
        if len(self._items) >= MOST_OUTPUTS - 1 or self._room() <= 0:
            self._full = True
            if self._path is not None and self._file is None:
                self._open_file(self._path)
            text = f"[… further outputs left out{self._place} …]\n"
            self._items.append({"output_type": "stream", "name": "stderr", "text": text})
            return False
        if not isinstance(item, _Stream):
            self._sizes[len(self._items)] = _size(item)
        self._items.append(item)
        return True

    def _finish_last(self) -> None:
        """Let go of a stream's cursor: what is printed after another output begins a new stream."""
        last = self._items[-1] if self._items else None
        if isinstance(last, _Stream):
            last.text.close()

    def _room(self) -> int:
        streams = sum(item.text.kept for item in self._items if isinstance(item, _Stream))
        return MOST_CHARACTERS - streams - sum(self._sizes.values())

    def _clear_if_due(self) -> None:
        if self._clear_next:
            self._clear()

    def _clear(self) -> None:
        self._finish_last()
        self._clear_next = self._full = False
        self._items = []
        self._sizes = {}
        self._displays.forget(self._cell)


def _size(value: Any) -> int:
    return len(value) if isinstance(value, str) else len(json.dumps(value, ensure_ascii=False, default=str))


def _well_formed(text: str) -> str:
    """Return the text with halves of surrogate pairs replaced: they cannot be written as UTF-8."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
