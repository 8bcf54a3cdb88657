"""Execute a notebook in this interpreter's kernel; a program of its own, which imports nothing of ours.

Run as ``python execute_notebook.py NOTEBOOK EXECUTED PROGRESS``: NOTEBOOK is executed in its folder, EXECUTED gets it
with its outputs, also where a cell fails, and PROGRESS a line for each cell that begins: its number, and how many there
are. Exit status 3 says that a cell failed.
"""

import os
import sys
import tempfile
from pathlib import Path

CELL_FAILED = 3


def main(notebook: Path, executed: Path, progress: Path) -> int:
    """Execute a notebook; return the exit status."""
    os.environ["JUPYTER_RUNTIME_DIR"] = tempfile.gettempdir()
    import nbformat
    from jupyter_client.kernelspec import KernelSpec
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    content = nbformat.read(notebook, as_version=4)
    # Sockets in the file system: with no network there is no other way. Their names must be short.
    kernel = AsyncKernelManager(transport="ipc", ip=str(Path(tempfile.gettempdir(), "ipc")))
    # Whatever kernels are installed elsewhere: it must be this interpreter.
    command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}", "--HistoryManager.enabled=False"]
    kernel._kernel_spec = KernelSpec(argv=command, display_name="replay", language="python")
    count = len(content.cells)

    def begun(cell: object, cell_index: int) -> None:
        with progress.open("a") as file:
            file.write(f"{cell_index + 1} {count}\n")

    client = NotebookClient(
        content,
        km=kernel,
        timeout=None,
        resources={"metadata": {"path": str(notebook.parent)}},
        record_timing=False,
        on_cell_start=begun,
    )
    status = 0
    try:
        client.execute()
    except CellExecutionError:
        status = CELL_FAILED
    finally:
        nbformat.write(content, executed)
    return status


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:4])))
