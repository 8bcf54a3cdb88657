"""A whole run with the LLM planner in this process: requests, files and scores are real, cells need no kernel."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from agentomics_nb.experiment.bench import Interruption
from agentomics_nb.experiment.loop import Experiment
from agentomics_nb.journal import events as ev
from agentomics_nb.journal.directory import Origin, RunDirectory
from agentomics_nb.journal.journal import Journal
from agentomics_nb.journal.state import CONCLUDED, RunState, fold
from agentomics_nb.journal.writer import JournalWriter
from agentomics_nb.launch import prepare
from agentomics_nb.options import RunOptions
from agentomics_nb.planner.llm.endpoint import HttpEndpoint
from agentomics_nb.planner.llm.planner import LLMPlanner
from tests.functional.llm.quick_bench import QuickBench

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest

    from tests.functional.llm.server import ScriptedServer

KEY = "sk-proj-Vd83kfLq0ZmXw7Tn2RbY5sHc9JpA4uGe"
KEY_NAME = "SCRIPTED_API_KEY"


@dataclass
class Trial:
    """A run and what it takes to go on with it.

    Parameters
    ----------
    run : RunDirectory
        The run.
    bench : QuickBench
        Where its cells run, in all attempts.
    """

    run: RunDirectory
    bench: QuickBench
    ends: list[tuple[str, str]] = field(default_factory=list)
    """How each attempt ended: status and reason."""

    @property
    def events(self) -> list[ev.Event]:
        return list(self.run.reader().new_events())

    @property
    def state(self) -> RunState:
        return fold(self.events)

    def carry_out(self, *, after: Callable[[ev.Event], None] = lambda event: None) -> RunState:
        """Work on the run once, as an engine does; return its state.

        Parameters
        ----------
        after : callable
            Called after each event; what it raises ends the attempt as kill -9 would: nothing more is written.
        """
        record = self.run.read_record()
        assert record.model is not None
        state = self.state
        with JournalWriter(self.run.events) as writer:
            journal = Journal(writer, state, after)
            endpoint = HttpEndpoint(record.model, KEY)
            planner = LLMPlanner(
                record.model,
                endpoint,
                journal,
                self.bench,
                conversations=self.run.conversations,
                secrets=(KEY,),
                options=record.options,
                cell_time_limit=record.options.cell_time_limit,
            )
            experiment = Experiment(self.run, record, planner, self.bench, journal)
            try:
                journal.write(ev.RunStarted(pid=os.getpid(), attempt=state.attempts + 1, planner=record.planner))
                status, reason = "finished", "All iterations are done."
                try:
                    experiment.carry_out()
                except Interruption as interruption:
                    status, reason = interruption.status, interruption.reason
                if status == "budget":
                    experiment.conclude()
                self.ends.append((status, reason))
                journal.write(ev.RunEnded(status=status, reason=reason))  # type: ignore[arg-type]
            finally:
                endpoint.close()
        return state

    def finish(self, *, attempts: int = 4) -> RunState:
        """Work on the run until it has concluded, resuming it where it stopped."""
        for _ in range(attempts):
            state = self.carry_out()
            if state.status in CONCLUDED:
                return state
        raise AssertionError(f"not concluded: {self.ends}")


def trial(
    data: Path,
    directory: Path,
    server: ScriptedServer,
    patch: pytest.MonkeyPatch,
    *,
    api: Any = "chat",
    options: dict[str, Any] | None = None,
    **profile: Any,
) -> Trial:
    """Prepare a run whose planner asks the server.

    Parameters
    ----------
    data : Path
        The table.
    directory : Path
        Where the notebook would be.
    server : ScriptedServer
        Plays the model.
    patch : MonkeyPatch
        Sets the key, the profile file, and that waits before another attempt are short.
    api : str
        Which protocol to speak.
    options : dict, optional
        More options of the run.
    **profile
        More settings of the model.
    """
    directory.mkdir(parents=True, exist_ok=True)
    settings = {"model": "scripted", "base_url": server.base_url, "key_name": KEY_NAME, "api": api, **profile}
    lines = [f"{name} = {_toml(value)}" for name, value in settings.items()]
    profiles = directory / "models.toml"
    profiles.write_text("[test]\n" + "\n".join(lines) + "\n", encoding="utf-8")
    patch.setenv("AGENTOMICS_PROFILES", str(profiles))
    patch.setenv(KEY_NAME, KEY)
    patch.setattr("agentomics_nb.planner.llm.asking._FIRST_DELAY", 0.01)
    given = {"name": "trial", "seed": 0, "threads": 1, "iterations": 1, **(options or {})}
    run = prepare(
        RunOptions(data=str(data), llm="test", **given),
        origin=Origin(directory=str(directory), door="cli"),
    )
    return Trial(run, QuickBench(directory))


def _toml(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name} = {_toml(item)}" for name, item in value.items()) + "}"
    return str(value).lower() if isinstance(value, bool) else repr(value)
