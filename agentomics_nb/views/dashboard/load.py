"""How busy the machine is: processors, memory, graphics cards."""

from __future__ import annotations

import shutil
import subprocess
from typing import Any

import psutil

_QUERY = "--query-gpu=name,utilization.gpu,memory.used,memory.total"
_MEGABYTE = 1024 * 1024


class Load:
    """Measures the machine's load between two calls."""

    def __init__(self) -> None:
        psutil.cpu_percent()  # the first call measures nothing
        self._smi = shutil.which("nvidia-smi")

    def measure(self) -> dict[str, Any]:
        """Return shares and bytes as JSON; what cannot be measured is None or left out."""
        memory = psutil.virtual_memory()
        return {
            "cpu": psutil.cpu_percent() / 100,
            "memory_used": memory.total - memory.available,
            "memory_total": memory.total,
            "gpus": self._gpus(),
        }

    def _gpus(self) -> list[dict[str, Any]]:
        if self._smi is None:
            return []
        try:
            answer = subprocess.run(
                [self._smi, _QUERY, "--format=csv,noheader,nounits"],
                capture_output=True,
                text=True,
                timeout=2,
                check=True,
            ).stdout
        except (OSError, subprocess.SubprocessError):
            self._smi = None  # it is not asked again
            return []
        return [card for line in answer.splitlines() if (card := _card(line)) is not None]


def _card(line: str) -> dict[str, Any] | None:
    parts = [part.strip() for part in line.rsplit(",", 3)]
    try:
        name, busy, used, total = parts
        return {
            "name": name,
            "busy": None if busy.startswith("[") else int(busy) / 100,
            "used": int(used) * _MEGABYTE,
            "total": int(total) * _MEGABYTE,
        }
    except ValueError:
        return None
