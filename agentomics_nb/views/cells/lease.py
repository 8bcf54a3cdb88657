"""Which of several pages on one notebook writes the cells: one at a time, never two."""

from __future__ import annotations

SILENCE = 6.0
"""Seconds without a sign after which a page counts as closed; pages answer a ping every two seconds."""


class Lease:
    """The right to write a run's cells; the first page gets it, and the next one once it is silent.

    Times are seconds of a monotonic clock, given from outside.
    """

    def __init__(self) -> None:
        self._seen: dict[str, float] = {}
        self.holder: str | None = None

    @property
    def pages(self) -> list[str]:
        """The pages that are there, the one seen first in front."""
        return list(self._seen)

    def sign(self, client: str, now: float) -> None:
        """Note a sign of life; a page that was not known waits in line."""
        self._seen[client] = now

    def drop(self, client: str) -> None:
        """Forget a page that said goodbye."""
        self._seen.pop(client, None)
        if self.holder == client:
            self.holder = None

    def take(self, client: str) -> None:
        """Give the lease to this page, since the person asked for it there."""
        self.holder = client

    def settle(self, now: float) -> bool:
        """Forget silent pages and give a free lease to the next; return whether it changed hands."""
        before = self.holder
        for client, seen in list(self._seen.items()):
            if now - seen > SILENCE:
                self.drop(client)
        if self.holder is None:
            self.holder = next(iter(self._seen), None)
        return self.holder != before and self.holder is not None
