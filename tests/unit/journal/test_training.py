from __future__ import annotations

import json

from agentomics_nb.experiment.training_watch import TrainingWatch
from agentomics_nb.journal import events as ev
from agentomics_nb.journal.journal import Journal
from agentomics_nb.journal.state import RunState
from agentomics_nb.journal.training import MOST_CURVES, MOST_POINTS, TrainingCurves, add_points, read_point
from agentomics_nb.journal.writer import JournalWriter


def curves_of(*lines: dict[str, object]) -> list[TrainingCurves]:
    curves: list[TrainingCurves] = []
    add_points(curves, lines)
    return curves


def test_a_line_is_a_point_whatever_else_stands_in_it():
    line = {"epoch": 3, "of": 10, "train_loss": 0.4, "held_out_auroc": 0.8, "seconds": 2.5, "note": "x", "lr": 1e-3}
    point = read_point(json.dumps(line))
    assert point is not None
    assert (point.unit, point.x, point.of) == ("epoch", 3, 10)
    assert point.values == {"train_loss": 0.4, "held_out_auroc": 0.8}


def test_what_is_no_point_is_passed_over():
    for line in ("", "epoch 3", "[1]", "{}", '{"epoch": 1}', '{"epoch": 1.5, "train_loss": 1}', '{"train_loss": 1}',
                 '{"epoch": true, "train_loss": 1}', '{"epoch": 1, "train_loss": NaN}', "[" * 100_000):  # fmt: skip
        assert read_point(line) is None


def test_a_count_that_falls_or_another_model_begins_new_curves():
    found = curves_of(
        {"epoch": 1, "train_loss": 2}, {"epoch": 2, "train_loss": 1}, {"epoch": 1, "train_loss": 3},
        {"epoch": 2, "train_loss": 2, "model": "second"}, {"round": 3, "train_loss": 2, "model": "second"},
    )  # fmt: skip
    assert [each.x for each in found] == [[1, 2], [1], [2], [3]]


def test_a_series_that_comes_late_has_gaps_before():
    (found,) = curves_of({"epoch": 1, "train_loss": 2}, {"epoch": 2, "train_loss": 1, "held_out_loss": 1.5})
    assert found.series == {"train_loss": [2, 1], "held_out_loss": [None, 1.5]}


def test_a_hundred_thousand_points_stay_small_and_keep_their_shape():
    (found,) = curves_of(*({"step": i, "train_loss": 1 / (1 + i)} for i in range(100_000)))
    assert len(found.x) <= MOST_POINTS
    assert found.x == sorted(found.x)
    assert found.x[0] == 0
    assert found.x[-1] > 98_000
    assert len(curves_of(*({"epoch": 1, "train_loss": i} for i in range(100)))) == MOST_CURVES


class Watched:
    """A training log with a watch on it."""

    def __init__(self, directory):
        self.file = directory / "training_log.jsonl"
        self.state = RunState()
        self.writer = JournalWriter(directory / "events.jsonl")
        self.journal = Journal(self.writer, self.state, lambda _: None)
        self.at = self.journal.within(0)
        self.at.__enter__()
        self.journal.write(ev.IterationStarted())

    def note(self, *points: dict[str, object], end: str = "\n") -> None:
        with self.file.open("a") as log:
            log.write("".join(json.dumps(point) + "\n" for point in points)[:-1] + end)

    @property
    def curves(self):
        return self.state.iterations[0].training


def test_a_watch_journals_what_is_new_and_nothing_that_an_earlier_cell_left(tmp_path):
    watched = Watched(tmp_path)
    watched.note({"epoch": 1, "train_loss": 9})
    watch = TrainingWatch(watched.file, watched.journal)
    watch.look()
    assert watched.curves == []
    watched.note({"epoch": 1, "train_loss": 2}, {"epoch": 2, "train_loss": 1}, end="")
    watch.end()
    assert watched.curves[0].x == [1, 2]


def test_a_script_that_begins_anew_is_followed_from_its_first_line(tmp_path):
    watched = Watched(tmp_path)
    watch = TrainingWatch(watched.file, watched.journal)
    watched.note({"epoch": 1, "train_loss": 2}, {"epoch": 2, "train_loss": 1})
    watch.end()
    watched.file.write_text('{"epoch": 1, "train_loss": 5}\n')
    watch.end()
    assert [each.x for each in watched.curves] == [[1, 2], [1]]


def test_events_stay_few_however_much_a_script_notes(tmp_path):
    watched = Watched(tmp_path)
    watch = TrainingWatch(watched.file, watched.journal)
    for start in range(0, 100_000, 10_000):
        watched.note(*({"step": start + i, "train_loss": 1.0} for i in range(10_000)))
        watch.end()
    assert (tmp_path / "events.jsonl").stat().st_size < 300_000
    assert watched.curves[-1].x[-1] == 99_999


def test_a_link_in_place_of_the_log_is_not_read(tmp_path):
    watched = Watched(tmp_path)
    secret = tmp_path / "secret"
    watch = TrainingWatch(watched.file, watched.journal)
    secret.write_text('{"epoch": 1, "train_loss": 5}\n')
    watched.file.symlink_to(secret)
    watch.end()
    assert watched.curves == []
