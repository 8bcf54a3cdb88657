"""A bench without a kernel: cells run at once, in this process or in bash, and are counted."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from agentomics_nb.experiment.bench import Interruption

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from agentomics_nb.experiment.bench import Job
    from agentomics_nb.journal.outputs import OutputChange


@dataclass(frozen=True)
class Outcome:
    """How a cell or process ended."""

    status: Literal["ok", "error"]
    error: str | None = None
    returncode: int = 0
    stderr: str = ""
    execution_count: int | None = 1
    seconds: float = 0.0
    peak_memory: int | None = None


class QuickBench:
    """Carries out an experiment's cells; what they do is real, how they run is not.

    Parameters
    ----------
    directory : Path
        Where the notebook would be.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.ran: list[str] = []
        """The cells that ran, in order."""
        self.stop: Callable[[], bool] = lambda: False
        """Asked whenever a person's command would be looked at; True ends the run as a stop does."""

    def run_cell(
        self,
        source: str,
        *,
        text_file: Path,
        on_update: Callable[[list[OutputChange]], None],
        meanwhile: Callable[[], None] | None = None,
    ) -> Outcome:
        self.ran.append(source)
        first, _, rest = source.partition("\n")
        match first.split(maxsplit=1):
            case ["%%writefile", path]:
                place = self._directory / path.strip('"')
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(f"{rest}\n", encoding="utf-8")
                text, error = f"Writing {path}\n", None
            case ["%%bash", *_]:
                text, error = self._bash(rest)
            case _:
                text, error = self._python(source)
        if text:
            on_update([{"op": "add", "output": {"output_type": "stream", "name": "stdout", "text": text}}])
        return Outcome("error" if error else "ok", error)

    def _bash(self, command: str) -> tuple[str, str | None]:
        path = os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])  # noqa: PTH120
        done = subprocess.run(
            ["bash"], input=command, cwd=self._directory, capture_output=True, text=True, timeout=60, check=False,
            env={"PATH": path},
        )  # fmt: skip
        return done.stdout + done.stderr, f"exit status {done.returncode}" if done.returncode else None

    def _python(self, source: str) -> tuple[str, str | None]:
        printed = io.StringIO()
        with contextlib.chdir(self._directory), contextlib.redirect_stdout(printed):
            try:
                exec(compile(source, "<cell>", "exec"), {"__name__": "__main__"})
            except BaseException as error:
                trace = traceback.format_exception_only(error)
                return printed.getvalue() + "".join(trace), str(error)
            finally:
                if pyplot := sys.modules.get("matplotlib.pyplot"):
                    pyplot.close("all")  # the kernel does so, too; past twenty figures matplotlib warns
        return printed.getvalue(), None

    def run_processes(self, jobs: Sequence[Job]) -> list[Outcome]:
        started = [
            subprocess.Popen(job.argv, cwd=job.cwd, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            for job in jobs
        ]
        said = [process.communicate(timeout=60)[1] for process in started]
        return [
            Outcome("error" if process.returncode else "ok", returncode=process.returncode, stderr=text)
            for process, text in zip(started, said, strict=True)
        ]

    def checkpoint(self) -> None:
        self.poll()

    def poll(self) -> None:
        if self.stop():
            raise Interruption("stopped", "Stopped by the test.")

    def seconds_left(self) -> float | None:
        return None
