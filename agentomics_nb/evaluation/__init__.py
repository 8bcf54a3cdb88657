"""What a model is worth, computed by us from the file its inference script wrote.

The modules, from names to numbers:

``metrics``
    the metrics a person may choose, their names and directions; options are checked without importing numpy
``truth``, ``labels``, ``predictions``, ``independence``
    what was measured and what was predicted, row by row; reading a predictions file, and its checks
``classification``, ``regression``, ``weighted``
    the one definition of each metric
``resampling``, ``intervals``
    bootstrap over rows or groups of rows
``worth``: ``optimism``, ``threshold``, ``slices``
    what the best iteration's score is worth: the luck of having been chosen, the best cut-off, and where it errs
``agreement``
    whether a second training, without the validation labels, does as well
``baseline_ladder``, ``baseline``, ``lookup_baseline``, ``linear_baseline``, ``plain_features``
    what is reached without a model, by memory alone, and by a straight line
``confusion``, ``calibration``, ``curves``, ``residuals``, ``diagnostics``
    the figures that a reflection reads
``scores``
    all of it for one split (``evaluate``) and for an iteration (``Evaluation``)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from agentomics_nb.evaluation.metrics import METRICS, Metric, Task, default, of_task, resolve, score

if TYPE_CHECKING:
    from agentomics_nb.evaluation.baseline import constant_baseline
    from agentomics_nb.evaluation.baseline_ladder import Baseline, ladder
    from agentomics_nb.evaluation.diagnostics import Diagnostics, diagnose
    from agentomics_nb.evaluation.independence import differs
    from agentomics_nb.evaluation.intervals import Interval, bootstrap, paired_difference
    from agentomics_nb.evaluation.predictions import Predictions, PredictionsError, read_predictions
    from agentomics_nb.evaluation.scores import Evaluation, Gain, SplitScore, evaluate
    from agentomics_nb.evaluation.truth import Truth

__all__ = [
    "METRICS",
    "Baseline",
    "Diagnostics",
    "Evaluation",
    "Gain",
    "Interval",
    "Metric",
    "Predictions",
    "PredictionsError",
    "SplitScore",
    "Task",
    "Truth",
    "bootstrap",
    "constant_baseline",
    "default",
    "diagnose",
    "differs",
    "evaluate",
    "ladder",
    "of_task",
    "paired_difference",
    "read_predictions",
    "resolve",
    "score",
]

# These need numpy and pydantic; whoever only checks a metric's name must not wait for them.
_MODULE_OF = {
    "Baseline": "baseline_ladder",
    "Diagnostics": "diagnostics",
    "Evaluation": "scores",
    "Gain": "scores",
    "Interval": "intervals",
    "Predictions": "predictions",
    "PredictionsError": "predictions",
    "SplitScore": "scores",
    "Truth": "truth",
    "bootstrap": "intervals",
    "constant_baseline": "baseline",
    "diagnose": "diagnostics",
    "differs": "independence",
    "evaluate": "scores",
    "ladder": "baseline_ladder",
    "paired_difference": "intervals",
    "read_predictions": "predictions",
}


def __getattr__(name: str) -> object:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
