"""The widget of the dashboard: it carries values to the page and brings the person's wishes back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from agentomics_nb.errors import AgentomicsError

if TYPE_CHECKING:
    from collections.abc import Callable

STATIC = Path(__file__).parent / "static"
MODULE, STYLE = STATIC / "dashboard.js", STATIC / "dashboard.css"


class Dashboard(anywidget.AnyWidget):
    """A run on the page; values go there only, wishes come back as messages.

    Parameters
    ----------
    carry_out : callable
        Takes a command and its text or None, returns what to tell the person; may raise `AgentomicsError`.
    """

    _esm = MODULE
    _css = STYLE
    board = traitlets.Dict().tag(sync=True)
    load = traitlets.Dict().tag(sync=True)
    iterations = traitlets.Dict().tag(sync=True)
    training = traitlets.Dict(allow_none=True, default_value=None).tag(sync=True)
    reflections: traitlets.List[dict[str, Any]] = traitlets.List().tag(sync=True)
    dataset = traitlets.Dict().tag(sync=True)

    def __init__(self, carry_out: Callable[[str, str | None], str]) -> None:
        super().__init__()
        self._carry_out = carry_out
        self.seen = False
        """Whether a page has drawn it."""
        self.on_msg(self._take)

    def _take(self, _: Any, message: Any, __: Any) -> None:
        if not isinstance(message, dict):
            return
        if message.get("type") == "seen":
            self.seen = True
        elif message.get("type") == "ask":
            self.seen = True
            try:
                text, ok = self._carry_out(str(message.get("command")), _text(message.get("text"))), True
            except AgentomicsError as error:
                text, ok = str(error), False
            self.send({"type": "reply", "request": message.get("request"), "ok": ok, "text": text})


def is_built() -> bool:
    """Return whether the front end's files are there; an editable install without Node lacks them."""
    return MODULE.is_file() and STYLE.is_file()


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
