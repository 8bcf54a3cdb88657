"""With what a run was made: versions and hardware, found without importing anything heavy."""

from __future__ import annotations

import os
import platform
from importlib import metadata
from pathlib import Path

PACKAGES = ("agentomics-nb", "numpy", "pandas", "scikit-learn", "torch")


def versions() -> dict[str, str]:
    """Return the versions that decide what a run computes; a package that is not installed is left out."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package.replace("agentomics-nb", "agentomics_nb")] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


def hardware() -> dict[str, str | int]:
    """Return processor, cores, memory (bytes) and platform; no name of the machine."""
    return {
        "cpu": _processor(),
        "cores": os.cpu_count() or 1,
        "memory": memory(),
        "platform": f"{platform.system()} {platform.release()} {platform.machine()}",
    }


def memory() -> int:
    """Return the machine's memory in bytes."""
    import psutil

    return int(psutil.virtual_memory().total)


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
