"""An audit in the notebook and in the terminal: all that was found, and nothing of the data that could do harm."""

from __future__ import annotations

import pytest

from agentomics_nb.audit import Audit, Finding, SplitContract
from agentomics_nb.views.audit_report import as_bundle, markdown, picture, plain

from .test_html import HOSTILE, Tags


def finding(code: str = "shared_rows", severity: str = "severe", rows: int = 82, text: str = "82 rows.") -> Finding:
    return Finding(
        code=code,
        severity=severity,
        text=text,
        rows=rows,
        of=1186,
        files=("train", "test"),
        example=HOSTILE,
        effect="It flatters.",
        remedy="Remove them.",
    )


def audit(*findings: Finding, doubt: str | None = None) -> Audit:
    return Audit(
        dataset="genes",
        task="classification",
        target="label",
        rows={"train": 2000, "test": 1186},
        findings=findings,
        contract=SplitContract(strategy="group", column="patient", reason=f"They repeat. {HOSTILE}", doubt=doubt),
        notes=("A sample was looked at.",),
    )


def test_html_is_closed_and_names_from_the_data_do_no_harm():
    bundle = as_bundle(audit(finding(text=HOSTILE), finding("rare_class", "info", 3)))
    tags = Tags()
    tags.feed(bundle["text/html"])
    assert tags.open == []
    assert not {"script", "img"} & set(tags.found)
    assert not [name for name in tags.attributes if name.startswith("on")]
    assert "{{ 7*7 }}" in bundle["text/html"]
    assert "<script" not in bundle["text/markdown"]


def test_the_picture_says_in_words_what_it_shows():
    shown = picture(audit(finding(), finding("rare_class", "info", 3)))
    assert shown is not None
    assert [bar.name for bar in shown.bars] == ["Shared rows (test)", "Rare class (test)"]
    assert shown.bars[0].width == pytest.approx(shown.track * 82 / 1186)
    assert "Shared rows (test) (severe) 6.9%" in shown.summary
    html = as_bundle(audit(finding()))["text/html"]
    assert 'role="img" aria-label="Share of the rows' in html


def test_every_view_tells_finding_remedy_split_and_verdict():
    found = audit(finding())
    for text in (plain(found), markdown(found), as_bundle(found)["text/html"]):
        for part in ("82", "Remove them.", "by groups of patient", "1 severe finding"):
            assert part in text


def test_a_clean_audit_has_no_picture_and_a_doubt_is_the_verdict():
    assert picture(audit()) is None
    assert "Nothing speaks against" in plain(audit())
    assert "No split is honest here." in plain(audit(finding(), doubt="No split is honest here."))
