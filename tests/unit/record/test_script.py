"""A notebook as a percent script: it comes back as the same cells, and its text hangs on nothing but the notebook."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import jupytext
import nbformat
from jupytext.cli import jupytext as command

from agentomics_nb.record.script import percent_script
from tests.unit.record.told_run import code, markdown, notebook, told_run

if TYPE_CHECKING:
    from pathlib import Path


def cells(document: nbformat.NotebookNode) -> list[tuple[str, str, list[str]]]:
    return [(cell.cell_type, cell.source.rstrip("\n"), cell.metadata.get("tags", [])) for cell in document.cells]


def test_a_script_comes_back_as_the_same_cells() -> None:
    before = nbformat.from_dict(told_run())
    script = percent_script(told_run())
    assert cells(jupytext.reads(script, fmt="py:percent")) == cells(before)
    ast.parse(script)


def test_it_comes_back_from_the_command_line_too(tmp_path: Path) -> None:
    path = tmp_path / "replay.py"
    path.write_text(percent_script(told_run()), encoding="utf-8")
    command(["--quiet", "--to", "notebook", str(path)])
    again = nbformat.read(path.with_suffix(".ipynb"), as_version=4)
    assert cells(again) == cells(nbformat.from_dict(told_run()))


def test_no_version_of_jupytext_stands_in_it() -> None:
    script = percent_script(told_run())
    assert jupytext.__version__ not in script
    assert script == percent_script(told_run())


def test_a_comment_that_would_divide_its_cell_is_changed_and_a_text_is_not() -> None:
    text = 'TEXT = """\n# %% kept\n"""'
    sources = ["x = 1\n# %% part two\ny = 2", "%%writefile a.py\nif x:\n    #%%\n    y = 2", text]
    back = jupytext.reads(percent_script(notebook(*map(code, sources), markdown("# %% kept"))), fmt="py:percent")
    assert [cell.source for cell in back.cells] == [
        "x = 1\n# (%%) part two\ny = 2",
        "%%writefile a.py\nif x:\n    #(%%)\n    y = 2",
        text,
        "# %% kept",
    ]


def test_what_is_given_is_left_as_it_is() -> None:
    given = told_run()
    percent_script(given)
    assert given == told_run()
