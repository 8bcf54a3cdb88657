"""The README says what is true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from agentomics_nb.options import RECORD_COMMANDS, options_table

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_options_in_the_readme_come_from_their_one_definition() -> None:
    found = re.search(r"<!-- options:.*?-->\n(.*?)\n<!-- /options -->", README, re.DOTALL)
    assert found is not None
    assert found[1] == options_table()


@pytest.mark.parametrize(("name", "options"), RECORD_COMMANDS.items())
def test_the_options_of_a_record_in_the_readme_come_from_their_one_definition(name, options) -> None:
    found = re.search(rf"<!-- {name} options -->\n(.*?)\n<!-- /{name} options -->", README, re.DOTALL)
    assert found is not None
    assert found[1].splitlines()[1:] == options_table(options).splitlines()[1:]


def test_the_readme_names_two_set_up_commands_and_both_are_targets() -> None:
    setup = README.split("## Set up")[1].split("##")[0]
    commands = re.findall(r"^make (\w+)", setup, re.MULTILINE)
    assert commands == ["demo", "test"]
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert all(re.search(rf"^{command}:", makefile, re.MULTILINE) for command in commands)


def test_every_folder_that_the_readme_explains_is_there() -> None:
    tree = README.split("## The tree")[1]
    for name in re.findall(r"`([\w/]+(?:/|\.py))`", tree):
        assert (ROOT / name).is_dir() or list((ROOT / "agentomics_nb").rglob(name.rstrip("/"))), name
