"""Pictures that stay: drawn by matplotlib, legible on white and on black, each with what it shows in words."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agentomics_nb import markdown as md
from agentomics_nb.audit.finding import shortened
from agentomics_nb.views.curve import MOST_MARKED, fits

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from agentomics_nb.views.final import Final

INK = "#767b83"
"""A grey that has a contrast above 4 on white and on JupyterLab's dark background."""
BLUE, ORANGE = "#2f7fc1", "#c4651c"
"""Validation and train; they differ in lightness, and lines in dashes and marks, for those who see no colours."""
DPI = 144
_WIDTH, _HEIGHT = 2.9, 2.5
_MOST_NAMED = 12
_MOST_CURVES = 6


@dataclass(frozen=True)
class Picture:
    """A picture with its description.

    Parameters
    ----------
    title : str
        What it is called.
    png : bytes
        With a transparent background.
    alt : str
        What it shows, in words; untrusted text.
    width : int
        Pixels of the page that it takes.
    """

    title: str
    png: bytes
    alt: str
    width: int

    @property
    def address(self) -> str:
        """A data URL, which no page needs a network for."""
        return f"data:image/png;base64,{base64.b64encode(self.png).decode()}"


def metric_curve(iterations: Mapping[str, Any], metric: str, alt: str) -> Picture | None:
    """Draw train and validation by iteration with intervals and baselines; None while nothing is scored."""
    from matplotlib.ticker import MaxNLocator

    columns = iterations["metrics"].get(metric)
    if columns is None:
        return None
    places = [i for i, value in enumerate(columns["value"]) if value is not None]
    numbers = [iterations["number"][i] for i in places]
    figure = _figure(5.4, 2.6)
    axes = _axes(figure.subplots())
    dense = len(places) > MOST_MARKED
    for low, high, number in ((columns["low"][i], columns["high"][i], iterations["number"][i]) for i in places):
        if not dense and low is not None and high is not None:
            axes.vlines(number, low, high, color=BLUE, linewidth=1.4)
    train = [(iterations["number"][i], columns["train"][i]) for i in places if columns["train"][i] is not None]
    axes.plot(
        *zip(*train, strict=True), "--" if dense else "--s", color=ORANGE, markersize=4, label="train"
    ) if train else None
    axes.plot(
        numbers,
        [columns["value"][i] for i in places],
        "-" if dense else "-o",
        color=BLUE,
        markersize=5,
        label="validation",
    )
    values = [v for name in ("train", "value", "low", "high") for i in places if (v := columns[name][i]) is not None]
    for baseline in (b for b in columns["baselines"] if fits(b["value"], values)):
        axes.axhline(baseline["value"], color=INK, linewidth=1, linestyle=":")
        axes.annotate(
            _plain(baseline["label"], 40),
            (1, baseline["value"]),
            xycoords=("axes fraction", "data"),
            color=INK,
            fontsize=8,
            ha="right",
            va="bottom",
        )
    if iterations["best"] in numbers:
        best = places[numbers.index(iterations["best"])]
        axes.plot(iterations["number"][best], columns["value"][best], "*", color=BLUE, markersize=13)
    axes.set(xlabel="iteration", ylabel=columns["label"])
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    _legend(axes)
    return _picture(figure, f"{columns['label']} by iteration", alt)


def training_curve(training: Mapping[str, Any] | None) -> Picture | None:
    """Draw the loss of the model trained last; None where no script noted any."""
    series = [] if training is None else [one for one in training["series"] if one["name"] == "loss"]
    if training is None or not series or len(training["x"]) < 2:
        return None
    figure = _figure(_WIDTH * 1.15, _HEIGHT)
    axes = _axes(figure.subplots())
    words = []
    for one in series:
        x, y = zip(*((x, y) for x, y in zip(training["x"], one["y"], strict=True) if y is not None), strict=True)
        learned = one["part"] == "train"
        axes.plot(x, y, "--" if learned else "-", color=ORANGE if learned else BLUE, label=one["part"])
        words.append(f"{one['part']} from {md.number(y[0])} to {md.number(y[-1])}")
    axes.set(xlabel=training["unit"], ylabel="loss")
    _legend(axes)
    title = f"Loss while iteration {training['iteration']} trained"
    return _picture(figure, title, f"{title}: {'; '.join(words)}.")


def final_pictures(final: Final) -> list[Picture]:
    """Draw what is known of the best model: errors, curves, calibration, and what it looks at."""
    diagnostics = final.diagnostics
    drawn = [
        _confusion(diagnostics.get("confusion")),
        *_curves(diagnostics.get("curves")),
        _calibration(diagnostics.get("calibration")),
        *_residuals(diagnostics.get("residuals")),
        _weights(final),
        *(_windows(column, found) for column, found in final.windows.items()),
    ]
    return [picture for picture in drawn if picture is not None]


def _confusion(confusion: Mapping[str, Any] | None) -> Picture | None:
    import numpy as np

    if not confusion or not confusion.get("counts"):
        return None
    classes, counts = [_plain(label) for label in confusion["classes"]], np.array(confusion["counts"])
    shares = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
    size = max(_HEIGHT, min(5.0, 0.42 * len(classes) + 1.2))
    figure = _figure(size * 1.15, size)
    axes = _axes(figure.subplots())
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1.15, alpha=0.9)
    if len(classes) <= _MOST_NAMED:
        for (row, column), count in np.ndenumerate(counts):
            dark = shares[row, column] > 0.55
            axes.text(
                column, row, f"{count:,}", ha="center", va="center", fontsize=8, color="white" if dark else "#1f2328"
            )
        axes.set_xticks(range(len(classes)), classes, rotation=45 if len(classes) > 3 else 0)
        axes.set_yticks(range(len(classes)), classes)
    else:
        axes.set_xticks([])
        axes.set_yticks([])
    axes.set(xlabel="predicted", ylabel="true")
    found = ", ".join(f"{_plain(r['label'])} {md.number(r['recall'])}" for r in confusion["reports"][:_MOST_NAMED])
    return _picture(figure, "Confusion (validation rows)", f"Share of each true class that is found: {found}.")


def _curves(curves: Mapping[str, Any] | None) -> list[Picture]:
    if not curves or not curves["roc"]:
        return []
    drawn = []
    for name, found, x, y in (
        ("ROC", curves["roc"], "false positive rate", "true positive rate"),
        ("Precision and recall", curves["precision_recall"], "recall", "precision"),
    ):
        figure = _figure(_WIDTH, _HEIGHT)
        axes = _axes(figure.subplots())
        for place, curve in enumerate(found[:_MOST_CURVES]):
            axes.plot(curve["x"], curve["y"], color=_shade(place), linewidth=1.6, label=_plain(curve["label"]))
        if name == "ROC":
            axes.plot([0, 1], [0, 1], ":", color=INK, linewidth=1)
        axes.set(xlabel=x, ylabel=y, xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
        if len(found) > 1:
            _legend(axes)
        words = "; ".join(_at_half(name, curve) for curve in found[:_MOST_CURVES])
        drawn.append(_picture(figure, name, f"{name} on validation rows: {words}."))
    return drawn


def _at_half(name: str, curve: Mapping[str, Any]) -> str:
    """Say one point of a curve in words."""
    if name == "ROC":
        reached = max((y for x, y in zip(curve["x"], curve["y"], strict=True) if x <= 0.1), default=0.0)
        return f"{_plain(curve['label'])} reaches {reached:.0%} true positives at 10 % false ones"
    reached = max((p for r, p in zip(curve["x"], curve["y"], strict=True) if r >= 0.5), default=0.0)
    return f"{_plain(curve['label'])} has a precision of {reached:.0%} at half of all recalled"


def _calibration(calibration: Mapping[str, Any] | None) -> Picture | None:
    if not calibration:
        return None
    bins = [b for b in calibration["bins"] if b["predicted"] is not None]
    figure = _figure(_WIDTH, _HEIGHT)
    axes = _axes(figure.subplots())
    axes.plot([0, 1], [0, 1], ":", color=INK, linewidth=1)
    most = max(b["rows"] for b in bins)
    axes.plot([b["predicted"] for b in bins], [b["observed"] for b in bins], color=BLUE, linewidth=1)
    for one in bins:
        axes.plot(one["predicted"], one["observed"], "o", color=BLUE, markersize=3 + 5 * (one["rows"] / most) ** 0.5)
    axes.set(xlabel="probability stated", ylabel="share that came true", xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    error, brier = md.number(calibration["expected_calibration_error"]), md.number(calibration["brier"])
    title = f"Calibration (ECE {error}, Brier {brier})"
    return _picture(figure, title, f"{title}: what was stated against what came true on validation rows.")


def _residuals(residuals: Mapping[str, Any] | None) -> list[Picture]:
    if not residuals:
        return []
    drawn = []
    if residuals.get("points"):
        true, predicted = zip(*residuals["points"], strict=True)
        figure = _figure(_WIDTH, _HEIGHT)
        axes = _axes(figure.subplots())
        ends = [min(*true, *predicted), max(*true, *predicted)]
        axes.plot(ends, ends, ":", color=INK, linewidth=1)
        axes.scatter(true, predicted, s=9, alpha=0.55, color=BLUE, edgecolors="none")
        axes.set(xlabel="true", ylabel="predicted")
        slope = residuals["slope"]
        words = "" if slope is None else f" Predictions rise by {md.number(slope)} for one unit of truth."
        drawn.append(_picture(figure, "Predicted against true", f"Validation rows, predicted against true.{words}"))
    figure = _figure(_WIDTH, _HEIGHT)
    axes = _axes(figure.subplots())
    stretches = residuals["stretches"]
    middles = [(s["low"] + s["high"]) / 2 for s in stretches]
    axes.axhline(0, color=INK, linewidth=1, linestyle=":")
    axes.errorbar(
        middles, [s["bias"] for s in stretches], [s["rmse"] for s in stretches], fmt="o", color=BLUE, markersize=4
    )
    axes.set(xlabel="true", ylabel="predicted − true")
    bias = f"Mean error {md.number(residuals['bias'])}, standard deviation {md.number(residuals['spread'])}"
    return [*drawn, _picture(figure, "Errors along the range", f"{bias}; by tenths of the true values.")]


def _weights(final: Final) -> Picture | None:
    if len(final.columns) < 2:  # of a single one there is nothing to compare
        return None
    shown = list(reversed(final.columns))
    figure = _figure(_WIDTH * 1.25, max(1.2, 0.5 + 0.22 * len(shown)))
    axes = _axes(figure.subplots())
    axes.barh(
        range(len(shown)), [w.moved for w in shown], xerr=[w.error for w in shown], color=BLUE, ecolor=INK, height=0.6
    )
    axes.set_yticks(range(len(shown)), [_plain(w.label, 24) for w in shown])
    axes.set_xlabel("how far predictions move")
    words = ", ".join(f"{_plain(w.label)} {md.number(w.moved)}" for w in final.columns)
    return _picture(
        figure, "What predictions hang on", f"Columns exchanged between rows; predictions move by: {words}."
    )


def _windows(column: str, found: Sequence[Any]) -> Picture | None:
    if not found or max(w.moved for w in found) <= 0:
        return None
    figure = _figure(_WIDTH * 1.25, 1.7)
    axes = _axes(figure.subplots())
    places = [(k + 0.5) / len(found) for k in range(len(found))]
    axes.bar(places, [w.moved for w in found], 0.85 / len(found), yerr=[w.error for w in found], color=BLUE, ecolor=INK)
    axes.set(xlabel=f"place in {_plain(column, 24)}", ylabel="moved", xlim=(0, 1))
    axes.set_xticks([0, 0.5, 1], ["begin", "middle", "end"])
    top = max(found, key=lambda w: w.moved)
    title = f"Where in {_plain(column, 24)}"
    return _picture(
        figure,
        title,
        f"Windows exchanged between rows; predictions move most at {top.label}, by {md.number(top.moved)}.",
    )


def _figure(width: float, height: float) -> Figure:
    # Not pyplot: that would touch the figures of the person, in whose kernel this may run.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained", facecolor="none")
    FigureCanvasAgg(figure)
    return figure


def _axes(axes: Axes) -> Axes:
    axes.set_facecolor("none")
    axes.tick_params(colors=INK, labelsize=8)
    axes.xaxis.label.set(color=INK, fontsize=9)
    axes.yaxis.label.set(color=INK, fontsize=9)
    for name, spine in axes.spines.items():
        spine.set(color=INK, linewidth=0.8, visible=name in ("left", "bottom"))
    return axes


def _legend(axes: Axes) -> None:
    axes.legend(frameon=False, fontsize=8, labelcolor=INK)


def _shade(place: int) -> str:
    return (BLUE, ORANGE, "#2a9d78", "#a2578f", "#8a7a1f", INK)[place % _MOST_CURVES]


def _plain(text: object, most: int = 18) -> str:
    """Return text that matplotlib draws as it is: no mathematics, no line breaks, not too long."""
    printable = "".join(c if c.isprintable() else " " for c in str(text))
    return shortened(printable.replace("$", "\\$"), most)


def _picture(figure: Figure, title: str, alt: str) -> Picture:
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=DPI, transparent=True, metadata={"Software": None})
    width = round(figure.get_figwidth() * 96)
    return Picture(title.replace("\\$", "$"), stream.getvalue(), alt.replace("\\$", "$"), width)
