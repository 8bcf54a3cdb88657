"""What the probes of interacting sequences found, in a biologist's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentomics_nb.planner.offline.families.sequence_models import number
from agentomics_nb.planner.offline.numerals import figure, percent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agentomics_nb.planner.offline.recipe import Findings

COMPLEMENT = 0.9
"""Share of fully paired rows from which one strand is simply the complement of the other."""


def is_complement(findings: Findings) -> bool:
    """Return whether the short strand pairs along its whole length in nearly all rows."""
    return (number(findings, "fully_paired_share") or 0.0) > COMPLEMENT


def sentences(findings: Findings, short: str, long: str) -> Iterator[str]:
    """Give a sentence for each finding about two sequences, `short` and `long` being their columns."""
    repeated = {column: number(findings, f"repeated:{column}") or 0.0 for column in (short, long)}
    shared = [f"{percent(share)} share their {column}" for column, share in repeated.items() if share > 0.2]
    if shared:
        yield (
            f"Of the sampled rows {' and '.join(shared)} with another row: relatives on both sides of a split flatter "
            "every score."
        )
    random, grouped = number(findings, "kmer_random"), number(findings, "kmer_grouped")
    if random is not None and grouped is not None and random - grouped > 0.05:
        yield (
            f"Short words reach {figure(random)} on random folds and {figure(grouped)} with groups "
            "kept together: memory of relatives."
        )
    if is_complement(findings):
        yield (
            f"{short} is fully complementary to {long} in "
            f"{percent(number(findings, 'fully_paired_share') or 0)} of the rows: "
            "pairing itself is constant, what differs is the sequence, its ends and their stability."
        )
        return
    name = findings.get("product_score_name")
    products, gain = number(findings, "products"), number(findings, "interaction")
    one, two = number(findings, "first_alone"), number(findings, "second_alone")
    if products is not None and gain is not None and one is not None and two is not None:
        if gain > 0.02:
            yield (
                f"Each sequence alone reaches {name} {figure(one)} and {figure(two)}, products of their "
                f"3-mers {figure(products)}: "
                "the signal is in the interaction, so that a model must see both strands against each other."
            )
        else:
            yield (
                f"Products of 3-mers ({name} {figure(products)}) add nothing to the sequences side by side: "
                "each strand tells its part alone."
            )
    seed, tail = number(findings, "seed_gap"), number(findings, "tail_gap")
    if seed is not None:
        where = "the seed (positions 2-8)" if tail is None or seed > tail else "the 3' half"
        yield (
            f"At the best ungapped place {percent(number(findings, 'paired_share') or 0)} of the positions pair; "
            f"{findings.get('profiles_compared', 'the classes')} differ most in {where}, by "
            f"{percent(max(seed, tail or 0.0))} of the pairs."
        )
