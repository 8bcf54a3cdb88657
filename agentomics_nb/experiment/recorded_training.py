"""How an iteration was trained, as the record of its cells says: what it takes to do the same again."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentomics_nb.experiment.steps import Inference, Step, Training

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from agentomics_nb.journal.state import CellState, IterationState

_START, _SLOWER = 30.0, 3.0
"""Seconds that any program may take, and how much longer a training side by side with others may."""


@dataclass(frozen=True)
class RecordedTraining:
    """How an iteration was trained.

    Parameters
    ----------
    script, inference : str
        Names of the two delivered scripts.
    arguments : tuple of str
        What the training script was last started with.
    seconds : float
        Of the longest cell of the training step.
    peak_memory : int
        Most bytes that one of its cells used.
    """

    script: str
    inference: str
    arguments: tuple[str, ...]
    seconds: float
    peak_memory: int

    @property
    def patience(self) -> float:
        """Seconds after which a second training is given up."""
        return _START + _SLOWER * self.seconds

    @classmethod
    def of(cls, iteration: IterationState, cells: Iterable[CellState]) -> RecordedTraining:
        """Return it from an iteration that ended well and the cells of the run."""
        script = Training.model_validate(iteration.answer(Step.TRAINING)).script
        own = [
            cell
            for cell in cells
            if (cell.iteration, cell.step, cell.cell_type) == (iteration.number, Step.TRAINING, "code")
        ]
        commands = [cell.source for cell in own if cell.role == "bash" and cell.status == "ok"]
        return cls(
            script=script,
            inference=Inference.model_validate(iteration.answer(Step.INFERENCE)).script,
            arguments=arguments_of(script, commands),
            seconds=max((cell.seconds for cell in own), default=0.0),
            peak_memory=max((cell.peak_memory or 0 for cell in own), default=0),
        )


def arguments_of(script: str, commands: Iterable[str]) -> tuple[str, ...]:
    """Return what a Python script was last started with in Bash cells; nothing where it takes a shell to tell.

    Paths are nothing, either: they lead elsewhere in another directory.

    >>> arguments_of("train.py", ["python train.py --seed 0 --epochs 30 > log.txt"])
    ('--seed', '0', '--epochs', '30')
    """
    call = re.compile(
        rf"python[\d.]*(?:\s+-[uBEs])*\s+(?:\S*/)?{re.escape(script)}(?P<arguments>[^\n;|&<>]*?)"
        r"(?:\s\d?[<>]|[\n;|&<>]|$)"
    )
    found = [match["arguments"] for command in commands for match in call.finditer(command)]
    if not found:
        return ()
    try:
        words = shlex.split(found[-1], comments=True)
    except ValueError:
        return ()
    return () if any(mark in word for word in words for mark in "$`*?~/\\") else tuple(words)


def knows_seed(script: Path) -> bool:
    """Return whether a script takes ``--seed``, by its source."""
    return re.search(r"""["']--seed["']""", script.read_text(encoding="utf-8", errors="replace")) is not None
