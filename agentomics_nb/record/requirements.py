"""``requirements.lock``: the exact versions that a folder of scripts needs, and nothing more."""

from __future__ import annotations

import ast
import functools
import sys
from importlib import metadata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def requirements_lock(directory: Path) -> str:
    """Return the lock of what the scripts in `directory` import, with all dependencies.

    Parameters
    ----------
    directory : Path
        Folder with ``*.py`` files.

    Returns
    -------
    str
        One ``name==version`` a line, sorted; local version labels such as ``+cpu`` are left out.
    """
    wanted = {name for module in _imported_modules(directory) for name in _distributions().get(module, ())}
    closed: dict[str, str] = {}
    while wanted:
        name = wanted.pop()
        key = _normal(name)
        if key in closed:
            continue
        try:
            distribution = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue  # an optional dependency that is not installed was not used
        closed[key] = distribution.version.split("+")[0]
        wanted.update(_dependencies(distribution))
    python = ".".join(map(str, sys.version_info[:3]))
    lines = [f"{name}=={version}" for name, version in sorted(closed.items())]
    return "\n".join([f"# Python {python}; install with: pip install -r requirements.lock", *lines]) + "\n"


def _imported_modules(directory: Path) -> set[str]:
    modules: set[str] = set()
    own = {path.stem for path in directory.glob("*.py")}
    for path in directory.glob("*.py"):
        try:
            tree = ast.parse(path.read_text(encoding="utf-8"))
        except SyntaxError:
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                modules.update(alias.name.split(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
                modules.add(node.module.split(".")[0])
    return modules - own - set(sys.stdlib_module_names)


@functools.cache
def _distributions() -> dict[str, list[str]]:
    return dict(metadata.packages_distributions())


def _dependencies(distribution: metadata.Distribution) -> set[str]:
    from packaging.requirements import Requirement

    names = set()
    for text in distribution.requires or ():
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            names.add(requirement.name)
    return names


def _normal(name: str) -> str:
    from packaging.utils import canonicalize_name

    return canonicalize_name(name)
