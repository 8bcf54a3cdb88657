"""The text of an output stream, as a screen shows it after carriage returns and backspaces, within bounds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

HEAD = TAIL = 20_000
"""Characters kept from the start and from the end of a stream that is longer than both together."""

_CONTROL = re.compile(r"[\r\b]")


class StreamText:
    """Text that arrives in pieces and is kept up to a bound.

    Finished lines can no longer change (the cursor never leaves its line), so they are handed on at once and
    only the first and the last `HEAD` and `TAIL` characters of them stay here. Memory is bounded whatever
    arrives.

    Parameters
    ----------
    finished
        Called with all text that can no longer change, in order, each character once.
    """

    def __init__(self, finished: Callable[[str], None]) -> None:
        self._finished = finished
        self._head = ""
        self._tail = ""
        self._size = 0  # of the finished text, in characters
        self._line = ""
        self._cursor = 0

    @property
    def cut(self) -> bool:
        """Whether more has arrived than is kept."""
        return self._size + len(self._line) > HEAD + TAIL

    @property
    def kept(self) -> int:
        """Characters that are kept here."""
        return len(self._head) + len(self._tail) + len(self._line)

    def write(self, text: str) -> None:
        """Take up more text."""
        *lines, rest = text.split("\n")
        if lines and not _CONTROL.search(text):
            # No cursor movement: all lines but the last are finished as they are.
            self._type(lines[0])
            self._finish("\n".join([self._line, *lines[1:], ""]))
            self._type(rest)
        else:
            for line in lines:
                self._type(line)
                self._finish(self._line + "\n")
            self._type(rest)
        if len(self._line) > TAIL:  # no terminal line is as long: let its beginning go
            excess = len(self._line) - TAIL // 2
            line, cursor = self._line, self._cursor
            self._finish(line[:excess])
            self._line, self._cursor = line[excess:], max(0, cursor - excess)

    def close(self) -> None:
        """Count the last line as finished; nothing may be written afterwards."""
        self._finish(self._line)

    def text(self, left_out: Callable[[int], str], tail: int = TAIL) -> str:
        """Return what a person sees.

        Parameters
        ----------
        left_out
            Gives the line that stands for a number of characters in the midst, if the stream is too long.
        tail
            Characters from the end to show in that case.
        """
        if not self.cut:
            return self._head + self._tail + self._line
        end = (self._tail + self._line)[-tail:] if tail else ""
        missing = self._size + len(self._line) - len(self._head) - len(end)
        return f"{self._head.removesuffix(chr(10))}\n{left_out(missing)}\n{end}"

    def _finish(self, text: str) -> None:
        self._line, self._cursor = "", 0
        if not text:
            return
        self._finished(text)
        self._size += len(text)
        room = HEAD - len(self._head)
        self._head += text[:room]
        self._tail = (self._tail + text[room:])[-TAIL:]

    def _type(self, text: str) -> None:
        """Write at the cursor, over what stands there, by the rules of JupyterLab's own output area."""
        position = 0
        for control in _CONTROL.finditer(text):
            self._overwrite(text[position : control.start()])
            position = control.end()
            if control.group() == "\r":
                self._cursor = 0
            elif self._cursor > 0:
                self._line = self._line[: self._cursor - 1] + self._line[self._cursor + 1 :]
                self._cursor -= 1
        self._overwrite(text[position:])

    def _overwrite(self, text: str) -> None:
        if text:
            end = self._cursor + len(text)
            self._line = self._line[: self._cursor] + text + self._line[end:]
            self._cursor = end
