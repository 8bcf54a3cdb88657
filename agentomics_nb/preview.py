"""Show what a language model would be sent first, what may follow, and what it may cost; nothing is sent."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from agentomics_nb.environment import secrets_of
from agentomics_nb.errors import InputError
from agentomics_nb.experiment.steps import Step
from agentomics_nb.options import available_threads
from agentomics_nb.planner.port import Brief

if TYPE_CHECKING:
    from agentomics_nb.drafting import Draft

_LATER = {
    "full": "Later requests add what the model's own cells print, 12,000 characters each at most, and files it reads.",
    "samples": "Later requests add what the model's own cells print: short outputs with at most 20 lines of data each.",
    "schema": "Later requests add whether the model's own cells worked, and where they failed; no output, no values.",
}


def preview(draft: Draft) -> str:
    """Return the first request of a drafted run in plain text.

    Raises
    ------
    InputError
        If no language model is named.
    """
    from agentomics_nb.planner.llm import prompting
    from agentomics_nb.planner.llm.forecast import forecast
    from agentomics_nb.planner.llm.privacy import Curtain
    from agentomics_nb.planner.llm.tokens import estimate
    from agentomics_nb.planner.llm.tool_schemas import specs

    model = draft.model
    if model is None:
        raise InputError("--show-prompt needs a model: name one with --llm NAME.")
    if model.replayed is not None:
        raise InputError("--show-prompt shows nothing for a replay: it sends nothing.")
    curtain = Curtain(model.privacy, draft.dataset, secrets_of(os.environ))
    brief = _brief(draft)
    system = prompting.system(brief, curtain, cell_time_limit=draft.options.cell_time_limit)
    first = prompting.step(brief, curtain, money_left=draft.options.budget, offline={})
    expected = forecast(draft.options.iterations, estimate(system), model.price)
    tools = "\n".join(f"{spec.name}: {spec.description}" for spec in specs(Step.PLAN, with_figures=model.vision))
    return "\n".join(
        [
            f"To {model.name} at {model.base_url} ({model.api}), privacy {model.privacy}:",
            *("", "── system " + "─" * 60, system.rstrip()),
            *("", "── first message " + "─" * 53, first.rstrip()),
            *("", "── tools " + "─" * 61, tools),
            *("", "─" * 70, _LATER[model.privacy], expected.in_words(draft.options.budget)),
            "Nothing was sent. Leave --show-prompt out to start.",
        ]
    )


def _brief(draft: Draft) -> Brief:
    base = Path(draft.origin.directory)
    validation = draft.dataset.validation
    name = draft.options.name or draft.dataset.name
    workspace = draft.runs / name / "workspace"
    return Brief(
        dataset=draft.dataset,
        metric=draft.metric,
        contract=draft.audit.contract,
        findings=draft.audit.for_the_agent,
        instructions=draft.options.instructions,
        hints=(),
        iteration=0,
        iterations=draft.options.iterations,
        step=Step.PLAN,
        answers={},
        past=(),
        best=None,
        evaluation=None,
        diagnostics=None,
        difference=None,
        data=os.path.relpath(draft.dataset.train.path, base),
        validation=os.path.relpath(validation.path, base) if validation else "",
        workspace=os.path.relpath(workspace, base),
        workspace_directory=workspace,
        seed=draft.options.seed,
        threads=draft.options.threads or available_threads(),
        seconds_left=draft.options.time_limit,
    )
