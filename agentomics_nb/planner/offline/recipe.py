"""A recipe: which features and which model, in data and in words."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agentomics_nb.dataset import Dataset

Literal = str | int | float | bool | None | tuple["Literal", ...] | list["Literal"]


@dataclass(frozen=True)
class Call:
    """A call of one function of the snippet library, as it will stand in the generated script.

    Parameters
    ----------
    snippet : str
        Module below ``library/features``, ``library/models`` or ``library/probes``, without ``.py``.
    function : str
        The function or class to call.
    arguments : mapping of str to literal
        Keyword arguments; only literals, so that text from a data set stays text.
    """

    snippet: str
    function: str
    arguments: Mapping[str, Literal] = field(default_factory=dict)

    def with_arguments(self, **arguments: Literal) -> Call:
        """Return the same call with some arguments changed."""
        return replace(self, arguments={**self.arguments, **arguments})


@dataclass(frozen=True)
class Member:
    """One model with the features it sees: a scikit-learn pipeline over the raw rows.

    Parameters
    ----------
    name : str
        An identifier, such as ``linear`` or ``cnn``; it names the feature function of a blend's member.
    features : tuple of Call
        Each returns a transformer that takes the raw DataFrame; several are joined side by side.
    model : Call
        Returns an estimator; it is called with ``seed=seed`` added.
    """

    name: str
    features: tuple[Call, ...]
    model: Call


@dataclass(frozen=True)
class Recipe:
    """One idea to try: a member, or several whose predictions are averaged.

    Parameters
    ----------
    key : str
        Stable name, unique within a family's recipes, such as ``kmers-linear``.
    idea : str
        A line for tables and headings: ``k-mers 1-6, logistic regression``.
    why : str
        One or two sentences: why this, for these data.
    representation, architecture : str
        One to three sentences each, for the typed answers and the headings of the two steps.
    members : tuple of Member
        One, or those of a blend.
    freedom : int
        How closely the model can follow its training rows, compared with other recipes on like features: 0 strongly
        shrunken or on few features, 1 the usual, 2 smooth curves and kernels, 3 trees and networks.
    weight : float
        Relative cost of training; 1 is a linear model on the same rows. What would not fit into the time left is
        left out.
    refines : str or None
        Key of the recipe that this one varies.
    """

    key: str
    idea: str
    why: str
    representation: str
    architecture: str
    members: tuple[Member, ...]
    freedom: int = 1
    weight: float = 1.0
    refines: str | None = None


@dataclass(frozen=True)
class Probe:
    """A cell of the exploration: it prints or draws something a person reads, and a last line of JSON findings.

    Parameters
    ----------
    title : str
        Heading of the cell.
    why : str
        One sentence: which question it answers.
    call : Call
        A function of ``library/probes``; it is called as ``findings = function(frame, target, **arguments)``,
        with ``frame`` a sample of the training rows and ``target`` the label column. It returns a flat
        dict of numbers, strings and booleans, which the cell prints as JSON.
    """

    title: str
    why: str
    call: Call


Findings = dict[str, float | int | str | bool | None]


class Family(Protocol):
    """What the offline planner knows about one kind of data."""

    name: str
    """In words, such as ``one nucleotide sequence``."""

    def explore(self, dataset: Dataset, *, groups: str | None) -> tuple[Probe, ...]:
        """Return the cells of the exploration; `groups` is the column of a group contract."""
        ...

    def insights(self, dataset: Dataset, findings: Findings) -> tuple[str, ...]:
        """Return what the findings mean, in sentences that a biologist accepts."""
        ...

    def ladder(self, dataset: Dataset, findings: Findings, *, metric: str) -> tuple[Recipe, ...]:
        """Return the recipes worth trying: a simple baseline first, then the most promising."""
        ...

    def refine(self, recipe: Recipe, diagnosis: str, dataset: Dataset) -> Recipe | None:
        """Return a variation that answers a diagnosis (``overfitting``, ``underfitting``, …), or None."""
        ...
