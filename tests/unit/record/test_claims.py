"""What a record claims, and when a figure is what was claimed."""

from __future__ import annotations

import pytest

from agentomics_nb.errors import RunError
from agentomics_nb.journal import events as ev
from agentomics_nb.record.claims import agrees, data_of, fingerprint, read_claims
from agentomics_nb.record.directory import RecordDirectory
from tests.unit.record.finished_run import finished


@pytest.mark.parametrize(
    ("found", "claimed", "metric", "same"),
    [
        (0.9, 0.904, "auroc", True),
        (0.9, 0.906, "auroc", False),
        (100.4, 100.0, "rmse", True),
        (0.0104, 0.01, "rmse", False),
        (-0.2, -0.201, "r2", True),
        (None, None, "mcc", True),
        (None, 0.5, "mcc", False),
        (0.5, None, "mcc", False),
    ],
)
def test_a_metric_agrees_within_its_tolerance(found, claimed, metric, same):
    assert agrees(found, claimed, metric, 0.005) is same


def test_a_test_file_that_was_never_scored_is_no_part_of_a_record(tmp_path):
    made = finished(tmp_path)
    assert [file.role for file in data_of(made.record, made.state, included=True).values()] == ["train", "test"]
    made.events = [event for event in made.events if not isinstance(event, ev.TestEvaluated)]
    assert [file.role for file in data_of(made.record, made.state, included=True).values()] == ["train"]


def test_a_fingerprint_hangs_on_predictions_and_not_on_how_they_are_printed(tmp_path):
    def of(*lines: str) -> str:
        path = tmp_path / "predictions.csv"
        path.write_text("\n".join(lines) + "\n")
        return fingerprint(path)

    head = "prediction,probability_0,probability_1"
    one = of(head, "1,0.25,0.75", "0,0.9999999999999,1e-13")
    assert one == of(head, "1,2.5e-1,0.7500000000000001", "0,0.9999999999999,0.0000000000001")
    assert one != of(head, "1,0.25,0.75", "1,0.9999999999999,1e-13")
    assert one != of(head, "1,0.2500001,0.7499999", "0,0.9999999999999,1e-13")
    assert of("prediction", "1.50") == of("prediction", "1.5")


def test_what_is_no_record_is_named(tmp_path):
    record = RecordDirectory(tmp_path)
    with pytest.raises(RunError, match=r"has no record\.json"):
        read_claims(record)
    record.claims.write_text('{"run": "r"}')
    with pytest.raises(RunError, match="damaged or of another version"):
        read_claims(record)
