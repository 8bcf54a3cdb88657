"""What delivered scripts may name."""

from __future__ import annotations

import pytest

from agentomics_nb.experiment.archive import OWN_FILES
from agentomics_nb.experiment.scripts import check_names
from agentomics_nb.experiment.tools import CheckError


def test_a_file_of_ours_takes_the_place_of_none_that_a_script_reads(tmp_path):
    (tmp_path / "inference.py").write_text("import threshold\n")
    (tmp_path / "threshold.py").write_text("CUT = json.loads(Path('metrics.json').read_text())['cut']\n")
    check_names(tmp_path, ["inference.py"], taken=OWN_FILES)
    (tmp_path / "metrics.json").write_text("{}")
    with pytest.raises(CheckError, match=r"threshold\.py names metrics\.json"):
        check_names(tmp_path, ["inference.py"], taken=OWN_FILES)
    (tmp_path / "threshold.py").write_text("CUT = json.loads(Path('my_metrics.json').read_text())['cut']\n")
    check_names(tmp_path, ["inference.py"], taken=OWN_FILES)
