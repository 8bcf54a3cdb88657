"""The paragraph for a methods section: how the model was made and judged, each figure read from the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentomics_nb.record.endpoint import public_host
from agentomics_nb.record.prose import templates
from agentomics_nb.record.redaction import Redaction

if TYPE_CHECKING:
    from agentomics_nb.record.facts import Facts

BASELINE_WORDS = {
    "classification": {
        "constant": "the class shares of the training rows",
        "lookup": "a lookup of the most similar training rows",
        "linear": "a linear model of plain features",
    },
    "regression": {
        "constant": "the mean of the training rows",
        "lookup": "a lookup of the most similar training rows",
        "linear": "a linear model of plain features",
    },
}
"""What each rung of the baseline ladder is, within a sentence."""
MOST_CLASSES = 12
MOST_HYPERPARAMETERS = 20


def methods(facts: Facts) -> str:
    """Return the paragraph as Markdown on one line; a sentence whose fact is missing is left out.

    Parameters
    ----------
    facts : Facts
        Of a run with a model.
    """
    text = (
        templates(Redaction.of(facts.run, facts.record).text)
        .get_template("methods.md.j2")
        .render(
            facts=facts,
            record=facts.record,
            data=facts.record.dataset,
            state=facts.state,
            contract=facts.record.contract,
            endpoint=public_host(facts.record.model),
            baseline_words=BASELINE_WORDS[facts.record.dataset.task],
            most_classes=MOST_CLASSES,
            most_hyperparameters=MOST_HYPERPARAMETERS,
        )
    )
    return " ".join(text.split())
