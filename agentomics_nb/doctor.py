"""What is installed, what is missing, and the one command that mends it."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict

from agentomics_nb.environment import redact
from agentomics_nb.errors import InputError
from agentomics_nb.isolation import available
from agentomics_nb.options import available_threads

if TYPE_CHECKING:
    from agentomics_nb.options import RunOptions

PACKAGE = "agentomics-nb"
LEAST_PYTHON = (3, 11)
LEAST_DISK = 2 * 1024**3
LEAST_MEMORY = 2 * 1024**3
_GIB = 1024**3
_GET_BUBBLEWRAP = "Install bubblewrap (Debian, Ubuntu: apt install bubblewrap; Fedora: dnf install bubblewrap)."


class Check(BaseModel):
    """One thing that was looked at.

    Parameters
    ----------
    name : str
        What.
    level : {"ok", "note", "warning", "missing"}
        ``missing``: a run cannot work without it.
    text : str
        What was found.
    remedy : str or None
        One command, or one sentence, that mends it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    level: Literal["ok", "note", "warning", "missing"]
    text: str
    remedy: str | None = None


class Findings(BaseModel):
    """All checks."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """Whether a run can work here."""
        return all(check.level != "missing" for check in self.checks)


def examine(directory: Path, model: RunOptions | None = None) -> Findings:
    """Look at this Python, this machine, and the directory in which a run would start.

    Parameters
    ----------
    directory : Path
        Where a run would start.
    model : RunOptions, optional
        Names a language model; its endpoint is then asked one cheap question.
    """
    asked = _language_model(model) if model is not None else ()
    return Findings(
        checks=(
            _python(),
            _packages(),
            _jupyter(),
            _kernel(),
            _bash(),
            _directory(directory),
            _disk(directory),
            _memory(),
            Check(name="Threads", level="ok", text=f"{available_threads()} available"),
            _system(),
            _isolation(),
            *asked,
        )
    )


def _python() -> Check:
    text = f"{platform.python_version()} at {sys.executable}"
    if sys.version_info < LEAST_PYTHON:
        return Check(name="Python", level="missing", text=text, remedy="Install Python 3.11 or newer.")
    return Check(name="Python", level="ok", text=text)


def _packages() -> Check:
    from packaging.requirements import Requirement

    wrong, wanted = [], []
    requirements = [Requirement(text) for text in metadata.requires(PACKAGE) or ()]
    needed = [r for r in requirements if r.marker is None or r.marker.evaluate({"extra": ""})]
    for requirement in needed:
        version = _version(requirement.name)
        if version is None or not requirement.specifier.contains(version, prereleases=True):
            wrong.append(f"{requirement.name} {version or 'is not installed'}")
            wanted.append(f'"{requirement.name}{requirement.specifier}"')
    if wrong:
        remedy = f"{_pip()} {' '.join(wanted)}"
        return Check(name="Packages", level="missing", text=", ".join(wrong), remedy=remedy)
    return Check(name="Packages", level="ok", text=f"{PACKAGE} {_version(PACKAGE)} and all {len(needed)} it needs")


def _jupyter() -> Check:
    found = [f"{name} {version}" for name in ("jupyterlab", "notebook") if (version := _version(name))]
    if found:
        return Check(name="JupyterLab", level="ok", text=", ".join(found))
    return Check(
        name="JupyterLab",
        level="note",
        text="not installed beside this Python; the command line works without it",
        remedy=f'{_pip()} "{PACKAGE}[lab]"',
    )


def _kernel() -> Check:
    """Find whether a notebook's standard kernel is this interpreter."""
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    remedy = f"{sys.executable} -m ipykernel install --sys-prefix"
    try:
        command = KernelSpecManager().get_kernel_spec("python3").argv[0]
    except NoSuchKernel:
        return Check(name="Kernel", level="warning", text="no kernel named python3", remedy=remedy)
    program = Path(command) if os.path.isabs(command) else Path(shutil.which(command) or sys.executable)  # noqa: PTH117
    if program.parent.resolve() == Path(sys.executable).parent.resolve() or not Path(command).is_absolute():
        return Check(name="Kernel", level="ok", text="the notebook kernel python3 is this Python")
    text = f"the notebook kernel python3 is another Python, {program}"
    return Check(name="Kernel", level="warning", text=text, remedy=remedy)


def _bash() -> Check:
    found = shutil.which("bash")
    if found:
        return Check(name="Bash", level="ok", text=found)
    return Check(name="Bash", level="missing", text="not found", remedy="Install bash with your system's packages.")


def _directory(directory: Path) -> Check:
    if os.access(directory, os.W_OK | os.X_OK):
        return Check(name="Directory", level="ok", text=f"{directory} can be written")
    remedy = "Change to a directory of your own, or give one with --out."
    return Check(name="Directory", level="missing", text=f"{directory} cannot be written", remedy=remedy)


def _disk(directory: Path) -> Check:
    free = shutil.disk_usage(directory).free
    text = f"{free / _GIB:.1f} GiB free"
    if free < LEAST_DISK:
        return Check(name="Disk", level="warning", text=text, remedy="Free some space; runs on large data need GiB.")
    return Check(name="Disk", level="ok", text=text)


def _memory() -> Check:
    import psutil

    memory = psutil.virtual_memory()
    text = f"{memory.available / _GIB:.1f} of {memory.total / _GIB:.1f} GiB available"
    if memory.available < LEAST_MEMORY:
        remedy = "Close other programs, or end greedy cells early with --memory-limit."
        return Check(name="Memory", level="warning", text=text, remedy=remedy)
    return Check(name="Memory", level="ok", text=text)


def _system() -> Check:
    system = platform.system()
    if system == "Linux":
        return Check(name="System", level="ok", text=f"Linux {platform.machine()}")
    if system == "Windows":
        return Check(name="System", level="missing", text="Windows", remedy="Use WSL: wsl --install")
    return Check(name="System", level="note", text=f"{system}: works with fallbacks for ending processes")


def _isolation() -> Check:
    """Try what could isolate the agent's programs here, and say what holds."""
    why = {kind: available(kind) for kind in ("bubblewrap", "landlock")}
    if why["bubblewrap"] is None:
        text = (
            "bubblewrap: the agent's programs see the system, the notebook's folder and their workspace, nothing else"
        )
        return Check(name="Isolation", level="ok", text=text)
    if why["landlock"] is None:
        text = (
            "Landlock: the agent's programs read only the system, the notebook's folder and their workspace; "
            f"bubblewrap would also hide other processes, but {why['bubblewrap']}"
        )
        return Check(name="Isolation", level="ok", text=text, remedy=_GET_BUBBLEWRAP)
    return Check(
        name="Isolation",
        level="warning",
        text="none: the agent's programs have your rights over files and network (keys and tokens are taken out of "
        "their environment). Nothing can keep them from looking at a test file; each access to it is noticed and voids "
        f"its score (bubblewrap: {why['bubblewrap']}; Landlock: {why['landlock']})",
        remedy=_GET_BUBBLEWRAP if sys.platform.startswith("linux") else "Isolation needs Linux; in a container, say.",
    )


def _language_model(options: RunOptions) -> tuple[Check, ...]:
    """Ask a language model one question, and say what works there."""
    from agentomics_nb.planner.llm.endpoint import HttpEndpoint
    from agentomics_nb.planner.llm.model import choose_model, find_key
    from agentomics_nb.planner.llm.trial import try_endpoint

    choice = choose_model(options, os.environ)
    if choice is None or choice.replayed is not None:
        raise InputError("Name the model to try: doctor --llm NAME, or AGENTOMICS_LLM.")
    key = find_key(choice, os.environ)
    endpoint = HttpEndpoint(choice, key)
    try:
        trial = try_endpoint(endpoint)
    finally:
        endpoint.close()
    place = f"{choice.name} at {choice.host}, {choice.api}"
    if trial.error is not None:
        text = redact(trial.error, [key] if key else [])
        return (Check(name="Model", level="missing", text=text, remedy="Check address, model name and key."),)

    def check(name: str, works: bool, well: str, badly: str) -> Check:
        return Check(name=name, level="ok" if works else "warning", text=well if works else badly)

    price = choice.price
    cost = "" if price is None else f", ${price.of(trial.tokens_in, 0, trial.tokens_out):.6f}"
    known = "no price is known: give --price to keep a --budget" if price is None else f"price: {price.source}"
    return (
        Check(name="Model", level="ok", text=f"{place}, answers as {trial.model or choice.name}: {trial.text!r}"),
        check("Tools", trial.calls_tools, "it calls tools", _TEXT_ONLY[trial.understood]),
        check("Answers", trial.structured, "they keep to the schema", "they do not keep to the schema"),
        check(
            "Streaming", trial.streams, "answers come as a stream", "only whole answers; a long one looks like silence"
        ),
        check(
            "Usage",
            trial.counts,
            f"it counts tokens ({trial.tokens_in} in, {trial.tokens_out} out{cost}); {known}",
            "it says nothing of tokens; they are estimated",
        ),
    )


_TEXT_ONLY = {
    True: "it calls no tools by itself; calls are asked for as JSON then, which works",
    False: "it did not call the tool: steps will fall back to the offline recipes",
}


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _pip() -> str:
    return f"{sys.executable} -m pip install"
