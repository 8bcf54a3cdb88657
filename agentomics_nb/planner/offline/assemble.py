"""Join snippets of the library into one script: imports merged on top, each definition once."""

from __future__ import annotations

import ast
import sys
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_WIDTH = 100
_LIBRARY = resources.files("agentomics_nb.planner.offline") / "library"


def snippet(kind: str, name: str) -> str:
    """Return the source of a library module; `kind` is ``features``, ``models`` or ``probes``."""
    return (_LIBRARY / kind / f"{name}.py").read_text(encoding="utf-8")


def sources(kind: str, names: Iterable[str]) -> list[str]:
    """Return library modules, each after those that it imports from beside it (``from .letters import clean``)."""
    found: dict[str, str] = {}

    def visit(name: str) -> None:
        if name in found:
            return
        source = snippet(kind, name)
        for node in ast.parse(source).body:
            if isinstance(node, ast.ImportFrom) and node.level == 1 and node.module:
                visit(node.module)
        found[name] = source

    for name in names:
        visit(name)
    return list(found.values())


def join(sources: Iterable[str], *, docstring: str | None = None, keep: str | None = None) -> str:
    """Return one module with the imports and definitions of all `sources`.

    Parameters
    ----------
    sources : iterable of str
        Python modules. Their own docstrings are dropped; identical definitions are kept once.
    docstring : str, optional
        Docstring of the joined module.
    keep : str, optional
        Beginning of the names that the module is for; what they do not use, directly or by way of others, is left
        out, so that nobody has to read a function that is never called. By default everything stays.

    Raises
    ------
    ValueError
        If two sources define different things under one name.
    """
    parts = [part for source in sources for part in _parts(source)]
    bodies: dict[str, _Part] = {}
    for part in (part for part in parts if not part.is_import):
        name = part.name or f"statement {len(bodies)}"
        if name in bodies and bodies[name].text != part.text:
            raise ValueError(f"two snippets define {name} differently")
        bodies.setdefault(name, part)
    if keep is not None:
        wanted = _reachable(bodies, [name for name in bodies if name.startswith(keep)])
        bodies = {name: part for name, part in bodies.items() if name in wanted}
    used = set().union(*(part.uses for part in bodies.values())) if bodies else set()
    imports = [part.node for part in parts if part.is_import]
    head = [f'"""{docstring}"""', ""] if docstring else []
    lines = [*head, *_import_lines(imports, used if keep is not None else None)]
    return "\n".join(lines).rstrip() + "\n" + _spaced([part.text for part in bodies.values()])


@dataclass(frozen=True)
class _Part:
    """A statement at the top level of a snippet, with the comment lines above it."""

    node: ast.stmt
    text: str

    @property
    def is_import(self) -> bool:
        return isinstance(self.node, (ast.Import, ast.ImportFrom))

    @property
    def name(self) -> str | None:
        return _defined_name(self.node)

    @property
    def uses(self) -> set[str]:
        return {node.id for node in ast.walk(self.node) if isinstance(node, ast.Name)}


def _parts(source: str) -> Iterator[_Part]:
    tree = ast.parse(source)
    lines = source.splitlines()
    end = 0
    for place, node in enumerate(tree.body):
        start = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))]) - 1
        comment = [line for line in lines[end:start] if line.startswith("#")]
        end = node.end_lineno or start + 1
        is_docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and place == 0
        if not is_docstring:
            yield _Part(node, "\n".join([*comment, *lines[start:end]]))


def _reachable(bodies: dict[str, _Part], roots: Iterable[str]) -> set[str]:
    waiting, found = list(roots), set[str]()
    while waiting:
        name = waiting.pop()
        if name in bodies and name not in found:
            found.add(name)
            waiting.extend(bodies[name].uses)
    return found


def _defined_name(node: ast.stmt) -> str | None:
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        return node.name
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return node.target.id
    return None


def _import_lines(imports: Iterable[ast.stmt], used: set[str] | None) -> list[str]:
    """Sort imports as isort does: the standard library, then the rest, then the run's own modules."""
    modules: dict[str, str] = {}
    names: dict[str, set[str]] = {}
    for node in imports:
        if isinstance(node, ast.ImportFrom) and (node.module == "__future__" or node.level):
            continue
        for alias in node.names if isinstance(node, (ast.Import, ast.ImportFrom)) else ():
            if used is not None and (alias.asname or alias.name.split(".")[0]) not in used:
                continue
            written = f"{alias.name} as {alias.asname}" if alias.asname else alias.name
            if isinstance(node, ast.ImportFrom):
                names.setdefault(node.module or "", set()).add(written)
            else:
                modules[alias.name] = written
    blocks: dict[int, list[tuple[str, str]]] = {0: [], 1: [], 2: []}
    for module, written in modules.items():
        blocks[_section(module)].append((f"0{module.lower()}", f"import {written}"))
    for module, imported in names.items():
        line = f"from {module} import {', '.join(sorted(imported, key=str.lower))}"
        if len(line) > _WIDTH:
            listed = "".join(f"    {name},\n" for name in sorted(imported, key=str.lower))
            line = f"from {module} import (\n{listed})"
        blocks[_section(module)].append((f"1{module.lower()}", line))
    lines: list[str] = []
    for section in blocks.values():
        if section:
            lines += [line for _, line in sorted(section)] + [""]
    return lines


def _section(module: str) -> int:
    top = module.split()[0].split(".")[0]
    if top in sys.stdlib_module_names:
        return 0
    return 2 if top in {"features", "model"} else 1


def _spaced(bodies: list[str]) -> str:
    """Two blank lines around functions and classes, one before the first constant; constants stay together."""
    text = ""
    before: bool | None = None
    for body in bodies:
        is_block = body.lstrip("#").startswith(("def ", "class ", "@")) or "\ndef " in body or "\nclass " in body
        gap = "\n\n" if is_block or before else "\n" if before is None else ""
        text += f"{gap}{body}\n"
        before = is_block
    return text
