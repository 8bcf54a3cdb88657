"""The training curves of the model that is trained now, or was trained last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agentomics_nb.journal.training import part_of

if TYPE_CHECKING:
    from agentomics_nb.journal.state import RunState


def training(state: RunState) -> dict[str, Any] | None:
    """Return the newest training curves as JSON; None while no script has noted any."""
    for iteration in reversed(state.iterations.values()):
        if iteration.training:
            curves = iteration.training[-1]
            series = []
            for name, values in curves.series.items():
                part, metric = part_of(name) or ("", name)
                series.append({"name": metric, "part": part.replace("_", "-"), "y": list(values)})
            return {
                "iteration": iteration.number,
                "unit": curves.unit,
                "total": curves.of,
                "x": list(curves.x),
                "series": series,
                "network": curves.model,
            }
    return None
