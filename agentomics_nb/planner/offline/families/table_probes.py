"""The exploration of tables and matrices: one question a cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentomics_nb.planner.offline.recipe import Call, Literal, Probe

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from agentomics_nb.dataset import Dataset


def gaps_probe(dataset: Dataset) -> tuple[Probe, ...]:
    """Ask what is missing, where anything is."""
    if not any(column.missing for column in dataset.columns):
        return ()
    return (
        Probe(
            title="Missing values",
            why="Where are the gaps, and does a gap itself say something about the target?",
            call=Call("gaps", "missing_values", {"classes": dataset.task == "classification"}),
        ),
    )


def distributions_probe(columns: Sequence[str], *, classes: bool) -> Probe:
    """Ask: how is each measurement distributed."""
    return Probe(
        title="The measurements",
        why="How is each distributed; do the classes part, and does any have a long tail?"
        if classes
        else "How does each go with the target, and does any have a long tail?",
        call=Call("distributions", "distributions", {"columns": list(columns), "classes": classes}),
    )


def tokens_probe(column: str, kind: str, *, classes: bool) -> Probe:
    """Ask: which words or fragments tell; `kind` is ``words``, ``atoms`` or ``letters``."""
    what = {"words": "words", "atoms": "fragments", "letters": "runs of letters"}[kind]
    return Probe(
        title=f"Telling {what} of {column}",
        why=f"Which {what} go with the target, and how far does a linear model come with them?",
        call=Call("tokens", "telling_tokens", {"column": column, "kind": kind, "classes": classes}),
    )


def scale_probe(arguments: Mapping[str, Literal]) -> Probe:
    """Ask: what was measured."""
    return Probe(
        title="Scale of the measurements",
        why="Counts, shares, intensities and logarithms each need another transform: which are these?",
        call=Call("scale", "scale_of_measurement", arguments),
    )


def map_probe(arguments: Mapping[str, Literal]) -> Probe:
    """Ask: which structure do the samples have."""
    return Probe(
        title="Map of the samples",
        why="Do the main axes of variation follow the label, or something else, such as a batch?",
        call=Call("sample_map", "sample_map", arguments),
    )


def effects_probe(arguments: Mapping[str, Literal]) -> Probe:
    """Ask: what do single features tell."""
    return Probe(
        title="Strongest single features",
        why="How much does one feature alone tell about the label, and how many do?",
        call=Call("effects", "strongest_features", arguments),
    )


def redundancy_probe(arguments: Mapping[str, Literal]) -> Probe:
    """Ask: how many independent features are there."""
    return Probe(
        title="Redundant features",
        why="Features that rise and fall together count once: how many independent ones are there?",
        call=Call("redundancy", "redundant_features", arguments),
    )


def categories_probe(arguments: Mapping[str, Literal]) -> Probe:
    """Ask: do categories go with the label."""
    return Probe(
        title="Categories",
        why="Which categories go with the label, and could one of them be a batch rather than biology?",
        call=Call("categories", "categories_and_label", arguments),
    )


def linear_probe(arguments: Mapping[str, Literal]) -> Probe:
    """Ask: is the signal linear, and would more rows help."""
    return Probe(
        title="A first model, on growing numbers of rows",
        why="Does a linear model suffice, do trees find more, and would more rows help?",
        call=Call("learning", "linear_and_trees", arguments),
    )
