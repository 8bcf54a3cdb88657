"""Autonomous machine-learning experiments on labelled omics tables, inside the notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from agentomics_nb.handle import RunHandle, open_run
    from agentomics_nb.trained_model import TrainedModel, open_model

    __version__: str

__all__ = [
    "RunHandle",
    "TrainedModel",
    "__version__",
    "load_ipython_extension",
    "open_model",
    "open_run",
    "unload_ipython_extension",
]

_PREFIXES = ("%agentomics", "%%agentomics")


def load_ipython_extension(shell: Any) -> None:
    """Register ``%agentomics``; what it needs is imported when it is first used."""

    def agentomics(line: str, cell: str | None = None) -> Any:
        from agentomics_nb.magic import run_magic

        return run_magic(shell, line, cell)

    def documentation() -> str:
        from agentomics_nb.magic import usage

        text: str = usage()
        return text

    def completions(_: Any, event: Any) -> list[str]:
        from agentomics_nb.completion import complete

        found: list[str] = complete(shell, event.line, event.symbol)
        return found

    # IPython shows the outcome of getdoc() for `%agentomics?`.
    agentomics.getdoc = documentation  # type: ignore[attr-defined]
    shell.register_magic_function(agentomics, magic_kind="line_cell", magic_name="agentomics")
    for key in _PREFIXES:
        shell.set_hook("complete_command", completions, str_key=key)


def unload_ipython_extension(shell: Any) -> None:
    """Take ``%agentomics`` out again; runs go on."""
    for kind in ("line", "cell"):
        shell.magics_manager.magics[kind].pop("agentomics", None)
    for key in _PREFIXES:
        shell.strdispatchers["complete_command"].strs.pop(key, None)


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("agentomics-nb")
    if name in ("RunHandle", "open_run"):
        from agentomics_nb import handle

        return getattr(handle, name)
    if name in ("TrainedModel", "open_model"):
        from agentomics_nb import trained_model

        return getattr(trained_model, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
