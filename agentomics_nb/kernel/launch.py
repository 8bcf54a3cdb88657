"""The process of the agent kernel: IPython's own, set up to lose no output and to need no frontend.

Run as ``python -m agentomics_nb.kernel.launch -f CONNECTION_FILE``.
"""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path

# As ipykernel_launcher does: a file of the notebook's folder must not stand in for a module of the kernel's
# own. IPython puts the folder back, behind the standard library, before it runs the first cell.
if __name__ == "__main__" and (sys.path[0] == "" or Path(sys.path[0]) == Path.cwd()):
    del sys.path[0]

from typing import Any

import zmq
from ipykernel.kernelapp import IPKernelApp

from agentomics_nb.kernel import attempts


class AgentKernelApp(IPKernelApp):
    """An IPython kernel whose reader may be slow, and which leaves no history and reads no startup files."""

    name = "agentomics-kernel"

    def init_iopub(self, context: Any) -> None:
        """Let output queue without bound: ZeroMQ would drop it when a reader stalls for 1000 messages."""
        context.setsockopt(zmq.SNDHWM, 0)
        super().init_iopub(context)  # type: ignore[no-untyped-call]

    def initialize(self, argv: Any = None) -> None:
        """Set up, then report what cells try and may not."""
        super().initialize(argv)  # type: ignore[no-untyped-call]
        attempts.report()


def main() -> None:
    """Start the kernel; return when it is told to shut down."""
    # Widgets need a frontend: without one a progress bar stands still. With no ipywidgets, tqdm prints text.
    sys.modules["ipywidgets"] = None  # type: ignore[assignment]
    warnings.filterwarnings("ignore", message="IProgress not found")
    for name in ("JPY_PARENT_PID", "JPY_INTERRUPT_EVENT"):  # a parent that this kernel does not have
        os.environ.pop(name, None)
    AgentKernelApp.launch_instance(
        [
            *sys.argv[1:],
            "--HistoryManager.enabled=False",
            "--IPKernelApp.exec_PYTHONSTARTUP=False",
            "--IPKernelApp.parent_handle=0",
            "--log-level=CRITICAL",
        ]
    )


if __name__ == "__main__":
    main()
