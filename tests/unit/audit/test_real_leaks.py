"""The leaks of published benchmarks are found, with the figures that were counted by hand."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from agentomics_nb.auditing import audit_data
from agentomics_nb.options import RunOptions

if TYPE_CHECKING:
    from agentomics_nb.audit import Audit


@pytest.fixture(scope="module")
def seen(shared_data: Path):
    """Audit a folder of the real data once."""
    known: dict[str, Audit] = {}

    def seen(folder: str) -> Audit:
        if folder not in known:
            test = shared_data / folder / "test.csv"
            options = RunOptions(data=str(shared_data / folder), test=test if test.is_file() else None)
            known[folder] = audit_data(options, Path.cwd())
        return known[folder]

    return seen


def finding(audit: Audit, code: str, *, role: str = "train", column: str | None = None):
    found = [
        f for f in audit.findings if f.code == code and f.files[-1] == role and (column is None or column in f.columns)
    ]
    assert len(found) == 1, [f.code for f in audit.findings]
    return found[0]


@pytest.mark.parametrize(
    ("folder", "share", "lookup", "severity"),
    [
        ("human_nontata_promoters", 0.492, 0.997, "severe"),
        ("human_enhancers_ensembl", 0.385, 0.875, "severe"),
        ("human_enhancers_cohn", 0.007, 0.507, "info"),
    ],
)
def test_intervals_of_the_test_files_overlap_training(seen, folder, share, lookup, severity) -> None:
    audit = seen(f"genomic_benchmarks_intervals/{folder}")
    found = finding(audit, "overlap_across_files", role="test")
    assert (found.figures["share"], found.figures["lookup_accuracy"]) == pytest.approx((share, lookup), abs=0.0005)
    assert found.severity == severity
    assert bool(audit.severe) == (severity == "severe")
    assert audit.contract.strategy == ("homology" if severity == "severe" else "random")


def test_negatives_of_the_promoters_and_positives_of_the_enhancers_are_known(seen) -> None:
    promoters = seen("genomic_benchmarks_intervals/human_nontata_promoters")
    enhancers = seen("genomic_benchmarks_intervals/human_enhancers_ensembl")
    found = finding(promoters, "overlap_across_files", role="test").figures
    assert found["share_of_class_negative"] == pytest.approx(0.996, abs=0.0005)
    identical = finding(enhancers, "overlap_across_files", role="test").figures["identical"]
    assert 2 * identical == pytest.approx(0.755, abs=0.0005)  # half of the rows are positives, and no negative is


def test_ago2_repeats_genes_and_their_number_tells(seen) -> None:
    audit = seen("ago2_clash_hejret")
    assert finding(audit, "repeated_entities", column="gene").share == pytest.approx(0.843, abs=0.001)
    assert finding(audit, "entity_count", column="gene").figures["auroc"] > 0.7
    assert finding(audit, "repeated_entities", column="gene_cluster_ID").severity == "warning"
    assert (audit.contract.strategy, audit.contract.column) == ("group", "gene_cluster_ID")
    assert not [f for f in audit.findings if f.code.endswith("across_files")]  # the test is another chromosome


def test_splice_junctions_share_82_rows(seen) -> None:
    found = finding(seen("splice_junctions"), "shared_rows", role="test")
    assert (found.rows, found.of, found.severity) == (82, 1186, "severe")


def test_sirbench_shares_transcripts_and_drifts(seen) -> None:
    audit = seen("sirbench")
    assert finding(audit, "related_across_files", role="validation").share == pytest.approx(0.915, abs=0.0005)
    assert finding(audit, "related_across_files", role="test").share == pytest.approx(0.154, abs=0.0005)
    drift = finding(audit, "target_drift", role="test")
    assert (drift.figures["mean"], drift.figures["train_mean"]) == pytest.approx((0.712, 0.537), abs=0.001)
    assert (audit.contract.strategy, audit.contract.doubt is not None) == ("given", True)
