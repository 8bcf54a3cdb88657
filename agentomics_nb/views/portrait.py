"""A run as it is drawn to stay: the snapshot with everything that a page has room for, and its pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agentomics_nb.views.dashboard.data_card import data_card
from agentomics_nb.views.dashboard.iterations import iterations
from agentomics_nb.views.dashboard.reflections import reflections
from agentomics_nb.views.dashboard.training import training
from agentomics_nb.views.final import Final, final
from agentomics_nb.views.snapshot import Snapshot, snapshot

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from agentomics_nb.audit import Audit
    from agentomics_nb.journal.directory import RunRecord
    from agentomics_nb.journal.state import RunState
    from agentomics_nb.views.pictures import Picture


@dataclass(frozen=True)
class Portrait:
    """Everything a page shows of a run at one moment.

    Parameters
    ----------
    shot : Snapshot
        What every view shows.
    data : dict
        The data set.
    iterations : dict
        All iterations in columns.
    reflections : list of dict
        The newest first.
    training : dict or None
        The training curves of the model trained last.
    final : Final or None
        The best model; None while the run is at work, or without one.
    notices : tuple of (level, text)
        What is to be told beside the run's own notices.
    """

    shot: Snapshot
    data: dict[str, Any]
    iterations: dict[str, Any]
    reflections: list[dict[str, Any]]
    training: dict[str, Any] | None
    final: Final | None
    notices: tuple[tuple[str, str], ...] = ()

    def pictures(self) -> list[Picture]:
        """Draw what there is to draw; takes a second."""
        from agentomics_nb.views import pictures
        from agentomics_nb.views.curve import curve

        shape = curve(self.shot)
        key = next(iter(self.iterations["metrics"]), "")
        drawn = [
            pictures.metric_curve(self.iterations, key, shape.summary if shape is not None else ""),
            pictures.training_curve(self.training),
            *(pictures.final_pictures(self.final) if self.final is not None else []),
        ]
        return [picture for picture in drawn if picture is not None]


def portrait(
    record: RunRecord,
    state: RunState,
    path: Path,
    audit: Audit | None,
    *,
    now: float | None = None,
    notices: Sequence[tuple[str, str]] = (),
) -> Portrait:
    """Return what a page shows; see `agentomics_nb.views.snapshot.snapshot`."""
    shot = snapshot(record, state, path, now=now)
    return Portrait(
        shot=shot,
        data=data_card(record.dataset, record.contract.reason, audit),
        iterations=iterations(record, state),
        reflections=reflections(state),
        training=training(state),
        final=None if shot.at_work else final(record, state),
        notices=tuple(notices),
    )
