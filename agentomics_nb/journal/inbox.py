"""Commands to a running engine: one small file each, written whole, then renamed into the inbox."""

from __future__ import annotations

import getpass
import json
import os
import time
import uuid
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

if TYPE_CHECKING:
    from pathlib import Path

CommandName = Literal["stop", "pause", "resume", "hint", "approve", "reject", "skip", "set"]


class Command(BaseModel):
    """What a person asks of the engine."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    command: CommandName
    text: str | None = None
    """A hint; the source that the person approves in place of the agent's; or a limit as ``iterations=8``."""
    cell: str | None = None
    """The cell that is approved or rejected; None for the one that waits."""
    sender: str | None = None


def send(inbox: Path, command: CommandName, *, text: str | None = None, cell: str | None = None) -> None:
    """Put a command into the inbox; it is there whole or not at all."""
    inbox.mkdir(parents=True, exist_ok=True)
    name = f"{time.time_ns():020d}-{uuid.uuid4().hex[:8]}"
    draft = inbox / f".{name}.part"
    draft.write_text(
        Command(command=command, text=text, cell=cell, sender=_person()).model_dump_json(), encoding="utf-8"
    )
    os.replace(draft, inbox / f"{name}.json")  # noqa: PTH105 - Path.replace is the same call


def waiting(inbox: Path) -> list[tuple[Path, Command | None]]:
    """Return the commands in the inbox in the order sent; None for a file that is no command."""
    try:
        paths = sorted(path for path in inbox.iterdir() if path.suffix == ".json")
    except FileNotFoundError:
        return []
    return [(path, _read(path)) for path in paths]


def _read(path: Path) -> Command | None:
    try:
        return Command.model_validate(json.loads(path.read_bytes()))
    except (OSError, ValueError, ValidationError):
        return None


def _person() -> str | None:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return None
