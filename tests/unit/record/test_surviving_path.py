"""Of a messy iteration, the path keeps what the model came from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agentomics_nb.experiment.steps import Step
from agentomics_nb.journal import events as ev
from agentomics_nb.record.surviving_path import Places, surviving_path
from tests.unit.record.finished_run import finished

if TYPE_CHECKING:
    from pathlib import Path

SPACE = "agentomics_runs/genes-1/workspace"


class Told:
    """A finished run whose best iteration gets the cells that a test is about."""

    def __init__(self, directory: Path) -> None:
        self._made = finished(directory)
        self._cells: list[ev.Event] = []
        self.frozen = self._made.run.iteration(1)
        self.frozen.mkdir(parents=True)

    def cell(self, step: Step, role: ev.CellRole, source: str, status: ev.CellStatus = "ok", **more: str) -> str:
        name = f"c{len(self._cells):02d}"
        place = {"iteration": int(more.get("iteration", 1)), "step": step}
        if "asked" in more:
            self._cells.append(ev.CellProposed(cell=name, role=role, source=more["asked"], **place))
            self._cells.append(ev.CellReviewed(cell=name, decision="edit", by="ada", **place))
        self._cells += [
            ev.CellStarted(cell=name, cell_type="code", role=role, source=source, **place),
            ev.CellEnded(cell=name, status=status, seconds=1.0, **place),
        ]
        return name

    def bash(self, command: str, step: Step = Step.TRAINING, status: ev.CellStatus = "ok", **more: str) -> str:
        return self.cell(step, "bash", f"%%bash\ncd {SPACE} || exit 1\n{command}", status, **more)

    def file(self, name: str, text: str, step: Step = Step.TRAINING, **more: str) -> str:
        return self.cell(step, "file", f"%%writefile {SPACE}/{name}\n{text}", **more)

    def freeze(self, **files: str) -> None:
        for name, text in files.items():
            (self.frozen / f"{name}.py").write_text(text)

    def path(self, edited: dict[str, str] | None = None) -> list[tuple[str, str]]:
        return [(p.kind, p.source.strip()) for p in self.passages(edited)]

    def passages(self, edited=None):
        made = self._made
        made.events[-1:-1] = self._cells
        self._cells = []
        return surviving_path(made.run, made.record, made.state, edited)


@pytest.fixture
def told(tmp_path):
    return Told(tmp_path)


def test_what_failed_what_only_looks_and_what_was_written_over_is_left_out(told):
    told.file("train.py", "first")
    told.bash("python train.py", status="error")
    told.file("train.py", "second")
    told.bash("ls -la && head -n 3 train.csv | cut -c1-80; nvidia-smi 2> /dev/null")
    told.bash("python train.py --epochs 1")
    told.bash("pip list")
    told.bash("python train.py --epochs 30 > log.txt")
    told.freeze(train="second")
    assert told.path() == [("file", "second"), ("command", "python train.py --epochs 30 > log.txt")]


def test_a_file_has_the_text_that_was_frozen_however_it_was_altered(told):
    told.file("train.py", "RATE = 1")
    told.bash("sed -i 's/RATE = 1/RATE = 2/' train.py")
    told.bash("cat >> train.py <<'END'\nfit()\nEND")
    told.bash("python train.py")
    told.freeze(train="RATE = 2\nfit()\n")
    assert told.path() == [("file", "RATE = 2\nfit()"), ("command", "python train.py")]


def test_a_script_that_no_file_cell_wrote_and_a_training_in_disguise_are_added(told):
    told.bash("cat > train.py <<'END'\nfit()\nEND\npython train.py --seed 3")
    told.freeze(train="fit()\n", inference="predict()\n")
    assert told.path() == [
        ("file", "predict()"),
        ("file", "fit()"),
        ("command", "python train.py --seed 3"),
    ]


def test_commands_that_make_what_training_needs_stay_in_order(told):
    told.file("featurise.py", "make()", Step.REPRESENTATION)
    told.bash("python featurise.py", Step.REPRESENTATION)
    told.file("train.py", "fit()")
    told.bash("python train.py")
    told.freeze(train="fit()", featurise="make()")
    assert [source for _, source in told.path()] == ["make()", "python featurise.py", "fit()", "python train.py"]


def test_the_split_comes_from_the_iteration_that_made_it_and_the_rest_from_the_best(told):
    told.file("split.py", "divide('../../../genes.csv')", Step.SPLIT, iteration="0")
    told.bash("python split.py", Step.SPLIT, iteration="0")
    told.file("train.py", "the baseline", iteration="0")
    told.file("train.py", "the best")
    told.bash("python train.py")
    told.freeze(train="the best")
    assert [source for _, source in told.path()] == [
        "divide('data/genes.csv')",
        "python split.py",
        "the best",
        "python train.py",
    ]


def test_what_the_person_edited_is_used_and_marked_as_theirs(told):
    told.file("train.py", "by the agent")
    told.bash("python train.py --steps 9", asked=f"%%bash\ncd {SPACE} || exit 1\npython train.py")
    told.freeze(train="by the agent")
    (name,) = (p.cell for p in told.passages() if p.kind == "file")
    found = told.passages({name: f"%%writefile {SPACE}/train.py\nby the person\n"})
    assert [(p.source.strip(), p.by) for p in found] == [
        ("by the person", "person"),
        ("python train.py --steps 9", "person"),
    ]


def test_paths_become_those_of_the_replay_and_nothing_else_changes(tmp_path):
    data = tmp_path / "train.csv"
    places = Places(tmp_path, tmp_path / "runs" / "r" / "workspace", {data: "train.csv"})
    python = f'read("train.csv"); write("runs/r/workspace/train.csv"); cd("runs/r/workspace"); read("{data}")'
    assert places.in_notebook(python) == 'read("data/train.csv"); write("train.csv"); cd("."); read("data/train.csv")'
    script = 'read(HERE / "../../../train.csv"); write(HERE / "train.csv"); old("../../../train.csv.gz")'
    assert places.in_workspace(script) == (
        'read(HERE / "data/train.csv"); write(HERE / "train.csv"); old("../../../train.csv.gz")'
    )
