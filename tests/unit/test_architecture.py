"""Imports point one way: the core knows no view, and no view knows the engine."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import agentomics_nb

PACKAGE = Path(agentomics_nb.__file__).parent
CORE = ("audit", "dataset", "experiment", "planner", "evaluation", "journal", "model", "prediction.py", "record")
FRONTENDS = {"IPython", "ipywidgets", "jupyter_server", "ipykernel"}
VIEWS = ("views", "magic.py", "cli.py", "handle.py", "trained_model.py", "doctor.py", "launch.py")


def sources(*names: str) -> list[Path]:
    found = []
    for name in names:
        path = PACKAGE / name
        found += [path] if path.is_file() else sorted(path.rglob("*.py"))
    assert found, names
    return found


def imports(path: Path) -> set[str]:
    modules: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            modules.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            modules.add(node.module)
            modules.update(f"{node.module}.{alias.name}" for alias in node.names)
    return modules


@pytest.mark.parametrize("path", sources(*CORE), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_the_core_imports_no_frontend_and_no_view(path: Path) -> None:
    found = imports(path)
    assert not {module for module in found if module.split(".")[0] in FRONTENDS}
    assert not {module for module in found if module.startswith(("agentomics_nb.views", "agentomics_nb.engine"))}


@pytest.mark.parametrize("path", sources(*VIEWS), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_view_imports_the_engine_or_its_kernel(path: Path) -> None:
    found = imports(path)
    assert not {m for m in found if m.startswith(("agentomics_nb.engine", "agentomics_nb.kernel"))}


WRITTEN_OUT = sources("planner/offline/library", "audit/shared_stretches.py", "audit/interval_overlaps.py")


@pytest.mark.parametrize("path", WRITTEN_OUT, ids=lambda path: path.stem)
def test_generated_code_imports_nothing_of_ours(path: Path) -> None:
    assert not {module for module in imports(path) if module.startswith("agentomics_nb")}


def test_one_module_knows_the_client_libraries_and_imports_them_where_it_asks() -> None:
    clients = {"pydantic_ai", "openai", "httpx", "httpx2"}
    endpoint = PACKAGE / "planner" / "llm" / "endpoint.py"
    for path in PACKAGE.rglob("*.py"):
        if path != endpoint:
            assert not {module for module in imports(path) if module.split(".")[0] in clients}, path
    code = (
        "import sys, agentomics_nb.planner.llm.planner, agentomics_nb.planner.llm.endpoint, agentomics_nb.launch\n"
        "print(sorted({m.split('.')[0] for m in sys.modules} & {'pydantic_ai', 'openai', 'genai_prices', 'keyring'}))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert result.stdout.strip() == "[]"


def test_no_module_has_a_name_that_says_nothing() -> None:
    names = {path.stem for path in PACKAGE.rglob("*.py")}
    assert not names & {"util", "utils", "helper", "helpers", "common", "misc", "manager"}


def test_loading_the_extension_imports_nothing_heavy() -> None:
    code = (
        "import sys, IPython\n"
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "shell = InteractiveShell.instance()\n"
        "before = set(sys.modules)\n"
        "shell.extension_manager.load_extension('agentomics_nb')\n"
        "new = {m.split('.')[0] for m in set(sys.modules) - before}\n"
        "print(sorted(new & {'pandas', 'numpy', 'torch', 'sklearn', 'scipy', 'pydantic', 'matplotlib', 'pyarrow'}))\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert result.stdout.strip() == "[]"
