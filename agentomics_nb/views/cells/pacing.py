"""How fast cells may go to the browser: the server drops messages of a kernel that sends more than it allows."""

from __future__ import annotations

RATE = 800_000.0
"""Bytes a second; jupyter_server drops messages above a million, over three seconds."""
WINDOW = 800_000
"""Bytes on their way without an acknowledgement: a page that cannot keep up gets less, not more."""


class Pace:
    """Says when the next message may go. Times are seconds of a monotonic clock, given from outside."""

    def __init__(self) -> None:
        self._allowance = RATE
        self._looked: float | None = None
        self._flying: dict[int, int] = {}

    def may_send(self, now: float) -> bool:
        """Return whether there is room for a message, whatever its size."""
        if self._looked is not None:
            self._allowance = min(RATE, self._allowance + RATE * (now - self._looked))
        self._looked = now
        return self._allowance > 0 and sum(self._flying.values()) < WINDOW

    def sent(self, number: int, size: int) -> None:
        """Count a message."""
        self._allowance -= size
        self._flying[number] = size

    def arrived(self, number: int) -> None:
        """Take everything up to this number as arrived."""
        self._flying = {n: size for n, size in self._flying.items() if n > number}

    def forget(self) -> None:
        """Forget what is on its way: its reader is gone."""
        self._flying.clear()
