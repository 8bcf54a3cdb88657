"""``requirements.lock``: the exact versions that scripts need, and nothing more."""

from __future__ import annotations

import ast
import functools
import sys
from importlib import metadata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

ENGINES = {"to_parquet": "pyarrow", "read_parquet": "pyarrow"}
"""What pandas needs for a function without importing it where the function's name stands."""


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
    scripts = {path.stem: path.read_text(encoding="utf-8") for path in directory.glob("*.py")}
    return as_lock(locked_versions(imported_modules(scripts.values()) - set(scripts)))


def as_lock(versions: Mapping[str, str]) -> str:
    """Return versions by name as the text of a lock."""
    python = ".".join(map(str, sys.version_info[:3]))
    lines = [f"{name}=={version}" for name, version in sorted(versions.items())]
    return "\n".join([f"# Python {python}; install with: pip install -r requirements.lock", *lines]) + "\n"


def read_lock(path: Path) -> dict[str, str]:
    """Return the versions by name in a lock."""
    lines = (line.split("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
    return {name: version for name, _, version in (line.partition("==") for line in lines) if version}


def locked_versions(modules: Iterable[str]) -> dict[str, str]:
    """Return the versions, as installed here, of what gives these modules, with all that it depends on."""
    wanted = {name for module in modules for name in _distributions().get(module, ())}
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
    return closed


def imported_modules(sources: Iterable[str]) -> set[str]:
    """Return the names of the top-level modules that Python sources import, but for the standard library."""
    modules: set[str] = set()
    for source in sources:
        modules.update(module for name, module in ENGINES.items() if name in source)
        try:
            tree = ast.parse(source)
        except SyntaxError:
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                modules.update(alias.name.split(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
                modules.add(node.module.split(".")[0])
    return modules - set(sys.stdlib_module_names)


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
