"""Reflections as a person reads them: safe HTML, findings as chips with the figures behind them, what comes next."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from agentomics_nb.experiment.steps import Step

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

    from agentomics_nb.journal.state import IterationState, RunState

MOST = 20
TONES = {
    "good": ("sound", "converged"),
    "bad": ("leakage", "worse_than_baseline"),
    "plain": ("data_hungry", "uncertainty", "stalled"),
}
"""Findings that are no warning; every other one is."""
_HEADLINE = 200


def reflections(state: RunState) -> list[dict[str, Any]]:
    """Return the newest reflections as JSON, the newest first; `html` is safe, every other text is untrusted."""
    found: list[dict[str, Any]] = []
    for iteration in reversed(state.iterations.values()):
        one = reflection(iteration)
        if one is not None:
            found.append(one)
            if len(found) == MOST:
                break
    return found


def reflection(iteration: IterationState) -> dict[str, Any] | None:
    """Return the reflection of one iteration, finished or growing; None before it begins."""
    answer = iteration.answer(Step.REFLECTION)
    if answer is None:
        if iteration.reflection_so_far is None:
            return None
        return _entry(iteration.number, "", iteration.reflection_so_far, writing=True)
    entry = _entry(iteration.number, str(answer["headline"])[:_HEADLINE], str(answer["text"]), writing=False)
    entry["chips"] = [
        {"code": d["code"].replace("_", " "), "tone": tone(d["code"]), "evidence": d["evidence"]}
        for d in answer["diagnoses"]
    ]
    entry["next_idea"] = answer["next_idea"]
    entry["next"] = [
        {"step": Step(step).heading, "text": text} for step, text in (answer["instructions"] or {}).items()
    ]
    return entry


def tone(code: str) -> str:
    """Return how a finding is to be taken: ``good``, ``warn``, ``bad`` or ``plain``."""
    return next((tone for tone, codes in TONES.items() if code in codes), "warn")


def safe_html(markdown: str) -> str:
    """Return Markdown as HTML that holds no HTML of its author's, no link and no picture."""
    return str(_renderer().render(markdown))


def _entry(number: int, headline: str, text: str, *, writing: bool) -> dict[str, Any]:
    return {
        "iteration": number,
        "headline": headline,
        "html": safe_html(text),
        "chips": [],
        "next_idea": None,
        "next": [],
        "writing": writing,
    }


@functools.cache
def _renderer() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False}).enable("table").disable(["image", "link", "autolink"])
