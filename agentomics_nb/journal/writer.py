"""Append events to ``events.jsonl`` and read them back, whatever a crash left behind."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Self

from agentomics_nb.errors import AgentomicsError, is_disk_full
from agentomics_nb.journal.events import Event, parse_event

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType

_RESERVE_BYTES = 64 * 1024


class DiskFullError(AgentomicsError):
    """There is no room left to record what happens."""


class JournalWriter:
    """The one writer of a run's events.

    Parameters
    ----------
    path : Path
        ``events.jsonl``. A half-written last line, left by a crash, is cut off.

    Notes
    -----
    A small reserve file stands beside the events. On a full disk it is given up, so that the last word of the
    run ("disk full") still reaches the disk.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._reserve = path.with_name(".reserve")
        end, self._next = _last_whole_line(path)
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
        os.ftruncate(self._file, end)
        os.lseek(self._file, end, os.SEEK_SET)
        self._make_reserve()

    def write(self, event: Event) -> Event:
        """Append an event, flush it to disk, and return it with its sequence number and time.

        Raises
        ------
        DiskFullError
            If there is no room.
        """
        stamped = event.model_copy(update={"seq": self._next, "time": round(time.time(), 3)})
        line = stamped.model_dump_json(exclude_none=True).encode() + b"\n"
        start = os.lseek(self._file, 0, os.SEEK_CUR)
        try:
            self._write_whole(line)
        except OSError as error:
            os.ftruncate(self._file, start)
            os.lseek(self._file, start, os.SEEK_SET)
            if is_disk_full(error):
                raise DiskFullError(f"The disk of {self._path.parent} is full.") from error
            raise
        self._next += 1
        return stamped

    def give_up_reserve(self) -> None:
        """Free the reserve, so that a last event can be written on a full disk."""
        self._reserve.unlink(missing_ok=True)

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _write_whole(self, line: bytes) -> None:
        view = memoryview(line)
        while view:
            view = view[os.write(self._file, view) :]
        os.fdatasync(self._file) if hasattr(os, "fdatasync") else os.fsync(self._file)

    def _make_reserve(self) -> None:
        if not self._reserve.exists():
            try:
                self._reserve.write_bytes(b"\0" * _RESERVE_BYTES)
            except OSError as error:
                self._reserve.unlink(missing_ok=True)
                raise DiskFullError(f"The disk of {self._path.parent} is full.") from error


class JournalReader:
    """Read the events of a run as they come; any number of readers, none of them disturbs the writer.

    Parameters
    ----------
    path : Path
        ``events.jsonl``; it may not exist yet.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0

    def new_events(self) -> Iterator[Event]:
        """Yield the whole events since the last call."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._offset)
                for line in file:
                    if not line.endswith(b"\n"):
                        return
                    event = parse_event(line)
                    self._offset += len(line)
                    yield event
        except FileNotFoundError:
            return


def _last_whole_line(path: Path) -> tuple[int, int]:
    """Return the offset behind the last whole event, and the next sequence number."""
    end, following = 0, 0
    try:
        with path.open("rb") as file:
            for line in file:
                if not line.endswith(b"\n"):
                    break
                try:
                    following = parse_event(line).seq + 1
                except ValueError:
                    break
                end += len(line)
    except FileNotFoundError:
        pass
    return end, following
