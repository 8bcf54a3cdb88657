"""A comm of a run, open from any thread; what comes in reaches us even while the kernel is busy."""

from __future__ import annotations

import queue
from typing import TYPE_CHECKING, Any

from agentomics_nb.views.cells.messages import CONTROL_MESSAGE, PROTOCOL, TARGET, parse_incoming

if TYPE_CHECKING:
    from agentomics_nb.views.cells.messages import Incoming

_open: dict[str, Channel] = {}


class Channel:
    """The kernel's end of one run's comm.

    A comm message normally waits until the person's cell has ended. The labextension sends its messages over the
    control channel instead, whose thread is always free; they are only put on a queue there.

    Parameters
    ----------
    shell : InteractiveShell
        Of a kernel.
    greeting : dict
        What the labextension is told with the opening, beside the protocol.
    """

    def __init__(self, shell: Any, greeting: dict[str, Any]) -> None:
        from comm import create_comm

        self.incoming: queue.SimpleQueue[Incoming] = queue.SimpleQueue()
        self.refused = False
        """Whether a front end closed the comm: it has no labextension."""
        control = _listen_on_control(shell.kernel)
        self.greeting = {"protocol": PROTOCOL, "control": control, **greeting}
        """What the labextension is told of the run."""
        self._comm = create_comm(target_name=TARGET, data=self.greeting)
        self._comm.on_msg(self.take)
        self._comm.on_close(self._closed)
        _open[self._comm.comm_id] = self

    def send(self, message: dict[str, Any]) -> None:
        """Send a message to every page."""
        self._comm.send(message)

    def close(self) -> None:
        """Tell every page that nothing more will come."""
        if _open.pop(self._comm.comm_id, None) is not None:
            self._comm.close()

    def take(self, message: dict[str, Any]) -> None:
        """Put a message of the labextension on the queue; called on whichever thread it came in."""
        parsed = parse_incoming(message["content"].get("data"))
        if parsed is not None:
            self.incoming.put(parsed)

    def _closed(self, _: dict[str, Any]) -> None:
        self.refused = True
        _open.pop(self._comm.comm_id, None)


def _listen_on_control(kernel: Any) -> bool:
    """Let the control channel take our messages; return whether it can.

    A message type of our own rather than ``comm_msg``: ipykernel's handler of that also triggers the events around a
    cell, and on this thread the figures of the person's running cell would be shown half made.
    """
    handlers = getattr(kernel, "control_handlers", None)
    if not isinstance(handlers, dict):
        return False

    def take(stream: Any, ident: Any, message: dict[str, Any]) -> None:
        channel = _open.get(message["content"].get("comm_id", ""))
        if channel is not None:
            channel.take(message)

    handlers.setdefault(CONTROL_MESSAGE, take)
    return True
