"""What a cell names outside of what its work needs is noted; what any cell writes is not."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from agentomics_nb.experiment.outside import Surroundings, in_words, surroundings
from agentomics_nb.journal.directory import Origin
from agentomics_nb.launch import prepare
from agentomics_nb.options import RunOptions
from tests.conftest import write_small_table

if TYPE_CHECKING:
    from collections.abc import Iterator

BASH = "%%bash\ncd {workspace} || exit 1\n"
OUTSIDE = {
    BASH + "find {folder} -name '*.csv'": "{folder}",
    BASH + "find / -name '*.csv' 2>/dev/null": "/",
    BASH + "true && ls -la ~": "~",
    BASH + "ls ..": "..",
    BASH + "cat $HOME/.netrc": "$HOME/.netrc",
    BASH + "cat /proc/*/environ": "/proc/*/environ",
    BASH + "for process in $(seq 99); do cat /proc/$process/cmdline; done": "/proc/$process/cmdline",
    BASH + "head -c 100 /dev/[sv]da?": "/dev/[sv]da?",
    BASH + "cat ../run.json": "../run.json",
    "import os\nfor place in os.walk('/'):\n    print(place)": "/",
    "import subprocess\nsubprocess.run(['grep', '-r', 'x', '~'])": "~",
    "!find / -name '*.csv'": "/",
    "import os\nos.system('tar c .. | tar x')": "..",
    "from pathlib import Path\nprint(list(Path.home().rglob('*')))": "~",
    "print(open('{folder}/.git/config').read())": "{folder}/.git/config",
    "print(open('{folder}/agentomics_runs/other/notes.csv').read())": "{folder}/agentomics_runs/other/notes.csv",
    "print(open('{home}/.netrc').read())": "{home}/.netrc",
}
HARMLESS = (
    BASH + "python train.py --seed 0 > /dev/null 2>&1; ls; cat ./notes.txt; /usr/bin/env python -V; du -sh .",
    BASH + "cat ../iterations/0/metrics.json; find . -name '*.csv' | grep -v '/tmp'; mktemp -d /tmp/mine.XXX",
    BASH + "awk -F/ '$1 ~ /case/ {{print $2 / $3}}' train.csv; echo 'a / b ~ c'; sed 's/^\\/home\\///' x",
    "%%writefile {workspace}/split.py\nrows = pd.read_csv(HERE / '../../../data.csv')\nshare = a / b // c  # and/or",
    "%%writefile {workspace}/note.md\n<b>A/T</b> </div> https://x.org/home/etc ... 1..5 ~5 % and y ~ x // z",
    "import pandas as pd\nrows = pd.read_csv('data.csv')\nprint('/'.join('ab'), rows[~rows.isna().any(axis=1)].shape)",
    "rows = open(\"{folder}/data.csv\").read()\nprint(open('/proc/meminfo').read(), open('/sys/x'), open('/drive/x'))",
    'path = "/".join(["cat", "dog"]); print(path.split("/"), f"{{path}}/home", r"\\.\\./", "find the ratio a / b")',
)


@pytest.fixture(scope="module", params=["study", "O'Brien's  (old) data"])
def here(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Surroundings]:
    home = tmp_path_factory.mktemp("home")
    folder = home / str(request.param)
    folder.mkdir()
    write_small_table(home).rename(folder / "data.csv")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(home))
        run = prepare(RunOptions(data="data.csv", name="trial"), origin=Origin(directory=str(folder), door="cli"))
        for made in (run.workspace, run.path / "iterations", run.path.parent / "other", folder / ".git"):
            made.mkdir(parents=True, exist_ok=True)
        yield surroundings(run, run.read_record())


@pytest.mark.parametrize("source", OUTSIDE)
def test_a_look_outside_is_noted(source: str, here: Surroundings) -> None:
    folder = "/".join([".."] * 3) if "'" in str(here.folder) else str(here.folder)  # a word ends at a space
    filled = {"folder": folder, "home": Path.home(), "workspace": "agentomics_runs/trial/workspace"}
    assert here.outside(source.format(**filled)) == [OUTSIDE[source].format(**filled)]


@pytest.mark.parametrize("source", HARMLESS)
def test_what_any_cell_writes_is_not(source: str, here: Surroundings) -> None:
    for workspace in ("agentomics_runs/trial/workspace", shlex.quote(str(here.workspace))):
        assert here.outside(source.format(folder=here.folder, workspace=workspace)) == []


def test_a_hostile_text_is_read_in_no_time() -> None:
    here = Surroundings(Path("/x"), Path("/x/w"), (), (), ())
    for text in (
        "cat " * 100_000,
        "%%bash\n" + "\n" * 100_000,
        f"/{'a' * 5000}/b \0 /usr/\udc80 /usr/a\0b",
        "'/'," * 50_000,
    ):
        here.outside(text)


def test_the_entry_names_the_first_places() -> None:
    assert in_words(["/", "~"]) == "A cell names /, ~, outside of what its work needs."
    assert in_words(list("abcd")) == "A cell names a, b, c and 1 more, outside of what its work needs."
