"""The line to a kernel: its connection file, its sockets, and the Jupyter messages that go over them."""

from __future__ import annotations

import contextlib
import hmac
import json
import os
import secrets
import shutil
import tempfile
from pathlib import Path
from typing import Any

import zmq
from jupyter_client.blocking.client import BlockingKernelClient

_LONGEST_SOCKET_PATH = 100
_AT_ONCE = 500


class Connection:
    """Files and sockets for one kernel process, made before it starts.

    The sockets are files in a folder of their own that nobody else can enter: no port to collide with, none
    to listen in on, and they reach a kernel that has no network. The path of such a file has to be short (108
    bytes on Linux, 104 on macOS), so it is in the folder for temporary files.

    Parameters
    ----------
    folder
        Where the connection file goes (mode 0600: it holds the key that signs the messages).
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.file = folder / "kernel.json"
        self.scratch = Path(tempfile.mkdtemp(prefix="agentomics-"))
        if len(os.fsencode(self.scratch)) + len("/s-5") > _LONGEST_SOCKET_PATH:
            self.scratch.rmdir()
            self.scratch = Path(tempfile.mkdtemp(prefix="agentomics-", dir="/tmp"))
        channels = ("shell", "iopub", "stdin", "control", "hb")
        information: dict[str, Any] = {
            "transport": "ipc",
            "ip": str(self.scratch / "s"),
            "key": secrets.token_hex(32),
            "signature_scheme": "hmac-sha256",
            **{f"{channel}_port": number for number, channel in enumerate(channels, 1)},
        }
        self.ipython = self.scratch / "ipython"
        self.ipython.mkdir()
        self.file.unlink(missing_ok=True)
        with os.fdopen(os.open(self.file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(information, file)
        self._context = zmq.Context()
        self._context.setsockopt(zmq.RCVHWM, 0)  # as on the kernel's side: no message is dropped, however slow we are
        self._context.setsockopt(zmq.LINGER, 0)
        self._client = BlockingKernelClient(context=self._context)
        self._client.load_connection_file(str(self.file))
        self._client.start_channels(stdin=False, hb=False, control=False)
        self._iopub: zmq.Socket[bytes] = self._client.iopub_channel.socket
        self._shell: zmq.Socket[bytes] = self._client.shell_channel.socket
        self._poller = zmq.Poller()
        self._poller.register(self._iopub, zmq.POLLIN)
        self._poller.register(self._shell, zmq.POLLIN)

    def watch(self, descriptor: int) -> None:
        """Let `wait` return for this file descriptor, too."""
        self._poller.register(descriptor, zmq.POLLIN)

    def ask(self) -> None:
        """Send a request that any living kernel answers."""
        self._client.kernel_info()

    def execute(self, source: str) -> str:
        """Send a cell; return the id that all messages about it name as their parent."""
        identifier: str = self._client.execute(source, allow_stdin=False, stop_on_error=False)
        return identifier

    def wait(self, seconds: float) -> bool:
        """Wait until there is something to read, at most so long; return whether there is."""
        return bool(self._poller.poll(int(seconds * 1000)))

    def has_outputs(self, seconds: float) -> bool:
        """Wait for a message of the iopub channel, at most so long; return whether there is one."""
        return bool(self._iopub.poll(int(seconds * 1000)))

    def outputs(self) -> list[dict[str, Any]]:
        """Return messages of the iopub channel that have arrived, some hundreds at most. Never waits."""
        return self._receive(self._iopub)

    def replies(self) -> list[dict[str, Any]]:
        """Return messages of the shell channel that have arrived. Never waits."""
        return self._receive(self._shell)

    def _receive(self, socket: zmq.Socket[bytes]) -> list[dict[str, Any]]:
        messages: list[dict[str, Any]] = []
        for _ in range(_AT_ONCE):
            try:
                parts = socket.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                break
            # A message that is no message (wrong signature, bytes that are not UTF-8) must not end the run.
            with contextlib.suppress(ValueError):
                messages.append(self._parsed(parts))
        return messages

    def _parsed(self, parts: list[bytes]) -> dict[str, Any]:
        """Return a message as `Session.deserialize` does, but for the dates: they take ten times the rest."""
        session = self._client.session
        _, (signature, *signed) = session.feed_identities(parts)
        header, parent, metadata, content, *_ = signed
        if not hmac.compare_digest(session.sign([header, parent, metadata, content]), signature):
            raise ValueError("The signature is not ours.")
        return {
            "header": json.loads(header),
            "parent_header": json.loads(parent),
            "content": json.loads(content),
        }

    def close(self) -> None:
        """Close the sockets and remove the files. May be called again."""
        self._client.stop_channels()
        self._context.destroy(linger=0)
        self.file.unlink(missing_ok=True)
        shutil.rmtree(self.scratch, ignore_errors=True)
