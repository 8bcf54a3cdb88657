"""One execution of a cell: asked for, followed until it ends or passes a limit, and summed up."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING, Any

from agentomics_nb.kernel.cell import CellResult, CellStatus, described
from agentomics_nb.kernel.processes import MemoryWatch, ProcessTree, command_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from agentomics_nb.journal.outputs import OutputChange
    from agentomics_nb.kernel.connection import Connection
    from agentomics_nb.kernel.outputs import Outputs

_TICK = 0.05
_SHORT = 0.5
_BATCH = 0.01
_UPDATE_INTERVAL = 0.1
_CUT_UPDATE_INTERVAL = 2.0
_INTERRUPT_GRACE = 3.0
_REPLY_GRACE = 1.0
_IDLE_GRACE = 5.0
_DRAIN_LIMIT = 1.0
_QUIET = 0.02


class Execution:
    """One cell, from the request to the result.

    Parameters
    ----------
    tree
        The kernel's processes.
    connection
        The line to the kernel.
    outputs
        Takes the messages.
    memory
        Watches the tree's memory.
    """

    def __init__(self, tree: ProcessTree, connection: Connection, outputs: Outputs, memory: MemoryWatch) -> None:
        self.asked_to_exit = False
        self._tree = tree
        self._connection = connection
        self._outputs = outputs
        self._memory = memory
        self._id = ""
        self._reply: dict[str, Any] | None = None
        self._idle = False
        self._last_message = 0.0

    def run(
        self,
        source: str,
        time_limit: float,
        on_update: Callable[[list[OutputChange]], None],
        poll: Callable[[], None],
    ) -> CellResult:
        """Run the cell; see `agentomics_nb.kernel.AgentKernel.run`.

        A result with the status ``timeout``, ``memory`` or ``killed`` means that the tree has ended. After an
        exception it still is to be ended.
        """
        start = time.monotonic()
        self._id = self._connection.execute(source)
        end: tuple[CellStatus, str] | None = None
        deadline, interrupted = start + time_limit, False
        next_update = next_poll = start
        while end is None and not self._done():
            now = time.monotonic()
            if now >= next_poll:
                poll()
                next_poll = now + _TICK
            self._connection.wait(_TICK)
            if now - start > _SHORT:
                time.sleep(_BATCH)  # many messages a turn where a cell prints without end, not a turn for each
            self._read()
            now = time.monotonic()
            if now >= next_update:
                self._tell(on_update, live=True)
                next_update = now + (_CUT_UPDATE_INTERVAL if self._outputs.cut else _UPDATE_INTERVAL)
            if not self._tree.alive:
                end = "killed", _death(self._tree.returncode)
            elif self._memory.exceeded():
                end = "memory", self._memory.sentence()
            elif now >= deadline and interrupted:
                break
            elif now >= deadline:
                interrupted, deadline = True, now + _INTERRUPT_GRACE
                self._tree.interrupt()
        if interrupted and end is None:
            end = "timeout", f"Took longer than its time limit of {time_limit:g} s" + self._left_behind()
        if end is None:
            self._memory.measure()
            for line in self._tree.end_detached():
                self._outputs.note(f"[left in the background, and ended with its cell: {line}]")
        else:
            self._tree.end()
            self.drain()
        self._outputs.close()
        self._tell(on_update, live=False)
        status, error = end or self._outcome()
        return CellResult(
            status=status,
            outputs=self._outputs.snapshot(),
            execution_count=self._outputs.execution_count,
            seconds=time.monotonic() - start,
            error=error,
            peak_memory=self._memory.peak,
        )

    def drain(self) -> None:
        """Read what the kernel wrote before it ended."""
        deadline = time.monotonic() + _DRAIN_LIMIT
        while self._connection.has_outputs(_QUIET) and time.monotonic() < deadline:
            self._read()

    def _done(self) -> bool:
        """Return whether both channels said so, or one of them did a while ago.

        An interrupt at the very end of a cell can lose the reply.
        """
        silent = time.monotonic() - self._last_message
        if self._idle:
            return self._reply is not None or silent > _REPLY_GRACE
        return self._reply is not None and silent > _IDLE_GRACE

    def _read(self) -> None:
        for message in self._connection.outputs():
            if message["parent_header"].get("msg_id") != self._id:
                continue  # from a thread that an earlier cell left: that cell is done
            self._last_message = time.monotonic()
            kind, content = message["header"]["msg_type"], message["content"]
            if kind == "status" and content["execution_state"] == "idle":
                self._idle = True
            else:
                self._outputs.take(kind, content)
        for message in self._connection.replies():
            if message["parent_header"].get("msg_id") == self._id:
                self._last_message = time.monotonic()
                self._reply = message["content"]
                payload = self._reply.get("payload") or []
                self.asked_to_exit = any(part.get("source") == "ask_exit" for part in payload)

    def _tell(self, on_update: Callable[[list[OutputChange]], None], *, live: bool) -> None:
        changes = self._outputs.changes(live=live)
        if changes:
            on_update(changes)

    def _outcome(self) -> tuple[CellStatus, str | None]:
        if self._outputs.error is not None:
            return "error", described(self._outputs.error)
        if self._reply is not None and self._reply.get("status") not in ("ok", None):
            return "error", f"{self._reply.get('ename', 'Error')}: {self._reply.get('evalue', 'aborted')}"
        return "ok", None

    def _left_behind(self) -> str:
        background = [command_line(process) for process in self._tree.detached()]
        if not background:
            return "."
        return (
            f" while a process in the background held its output open ({', '.join(background[:3])}): "
            "wait for it in the cell, or send its output to a file."
        )


def _death(code: int | None) -> str:
    if code is not None and code < 0:
        how = f"was killed by signal {-code} ({_signal_name(-code)})"
    else:
        how = f"ended with exit code {code}"
    return f"The agent kernel {how} while it ran this cell; the next cell starts a new one."


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return "unknown"
