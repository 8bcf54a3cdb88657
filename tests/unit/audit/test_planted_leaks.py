"""Each kind of leak is found where it was planted, and nothing is found where there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agentomics_nb.audit import audit, tables
from agentomics_nb.dataset import inspect

from .planted_leaks import FORMS, LEAKS, innocent, planted

if TYPE_CHECKING:
    from pathlib import Path

CASES = [(kind, form) for kind, (_, forms) in LEAKS.items() for form in forms]


@pytest.mark.parametrize("strength", [1])
@pytest.mark.parametrize(("kind", "form"), CASES)
def test_a_planted_leak_is_found(kind: str, form: str, strength: int, tmp_path: Path) -> None:
    found = audit(planted(kind, strength, form, 0, tmp_path))
    assert kind in {finding.code for finding in found.findings}
    finding = next(finding for finding in found.findings if finding.code == kind)
    assert 0 < finding.rows <= finding.of
    assert finding.effect
    assert finding.remedy


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("form", FORMS)
def test_a_clean_data_set_raises_no_alarm(form: str, seed: int, tmp_path: Path) -> None:
    found = audit(innocent(form, seed, tmp_path))
    assert [f.code for f in found.findings if f.severity != "info"] == []
    assert (found.contract.strategy, found.contract.doubt) == ("random", None)
    assert found.verdict == "Nothing speaks against a score on an honest split."


def test_blatant_leaks_weigh_more_than_faint_ones(tmp_path: Path) -> None:
    severities = [
        {f.code: f.severity for f in audit(planted("shared_rows", strength, "table", 0, tmp_path)).findings}
        for strength in (0, 2)
    ]
    assert [found["shared_rows"] for found in severities] == ["warning", "severe"]


def test_the_agent_is_told_nothing_of_the_test_file(tmp_path: Path) -> None:
    found = audit(planted("shared_rows", 2, "sequences", 0, tmp_path))
    assert "shared_rows" in {finding.code for finding in found.findings}
    assert not [finding for finding in found.for_the_agent if "test" in finding.text + finding.remedy]


def test_an_audit_is_the_same_each_time_and_survives_json(tmp_path: Path) -> None:
    data = planted("repeated_entities", 2, "table", 0, tmp_path)
    first, second = audit(data), audit(data)
    assert first == second
    assert type(first).model_validate_json(first.model_dump_json()) == first


def test_few_rows_are_counted_exactly(write) -> None:
    lines = [f"{1.5 * i},{i * i / 7:.2f},{'xy'[i % 2]}\n" for i in range(20)]
    train = write("train.csv", "a,b,target\n" + "".join(lines) + lines[0] * 2 + lines[1])
    test = write("test.csv", "a,b,target\n" + "".join(lines[:5]) + "99,1.5,y\n")
    told = {finding.code: finding.text for finding in audit(inspect(train, test=test)).findings}
    assert told["repeated_rows"].startswith("3 of 23 rows of train.csv")
    assert told["shared_rows"].startswith("5 of 6 rows of test.csv")


def test_a_file_that_is_too_large_is_sampled_and_this_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = planted("label_copy", 2, "table", 0, tmp_path)
    monkeypatch.setattr(tables, "FEWEST_ROWS", 100)
    monkeypatch.setattr(tables, "MOST_BYTES", 15_000)
    found = audit(data)
    assert found.rows["train"] < 300
    assert any("train.csv is large: a random sample" in note for note in found.notes)
    assert "label_copy" in {finding.code for finding in found.findings}
