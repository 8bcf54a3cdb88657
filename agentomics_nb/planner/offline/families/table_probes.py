"""The exploration of tables and matrices: one question a cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentomics_nb.planner.offline.recipe import Call, Literal, Probe

if TYPE_CHECKING:
    from collections.abc import Mapping


def label_probe(groups: str | None, *, classes: bool) -> Probe:
    """Ask: how is the target distributed, and what is missing."""
    return Probe(
        title="Labels and missing values",
        why="Are the classes of like size, and does a missing value say something about the label?"
        if classes
        else "How is the target distributed, and does a missing value say something about it?",
        call=Call("labels", "labels_and_gaps", {"groups": groups, "classes": classes}),
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
