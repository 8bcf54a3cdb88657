"""Prompts as they are sent: a change shows here, is looked at, and raises `prompting.VERSION`."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from agentomics_nb.audit import Finding
from agentomics_nb.experiment.steps import Exploration, Plan, Reflection, Split, Step
from agentomics_nb.planner.llm import prompting
from agentomics_nb.planner.llm.privacy import Curtain
from agentomics_nb.planner.port import PastIteration

SNAPSHOTS = Path(__file__).parent / "snapshots"
ANSWERS = {
    Step.PLAN: Plan(idea="k-mers", reason="simple", instructions={Step.TRAINING: "Train with C = 1."}),
    Step.EXPLORATION: Exploration(description="120 rows", findings={"mean_of_malignant": 17.99}),
    Step.SPLIT: Split(strategy="random", reason="no groups"),
}
PAST = PastIteration(
    number=0,
    ok=False,
    reason="train.py failed",
    answers={
        Step.PLAN: Plan(idea="a baseline", reason="first"),
        Step.REFLECTION: Reflection(
            headline="It failed.", text="…", next_idea="less", instructions={Step.TRAINING: "Use fewer rounds."}
        ),
    },
    evaluation=None,
    training_seconds=None,
    files=Path("x"),
)


def check(name, text):
    """Compare with the snapshot; UPDATE_SNAPSHOTS=1 writes it anew."""
    path = SNAPSHOTS / f"{name}.md"
    text = text.replace(prompting.platform.python_version(), "3.x")
    if os.environ.get("UPDATE_SNAPSHOTS"):
        path.write_text(text + "\n", encoding="utf-8")
    assert text + "\n" == path.read_text(encoding="utf-8"), f"{name}: UPDATE_SNAPSHOTS=1 takes the new text"


@pytest.mark.parametrize("level", ["full", "samples", "schema"])
def test_system_prompt(brief, tumours, level):
    asked = brief(instructions="Prefer models that can be read.")
    check(f"system-{level}", prompting.system(asked, Curtain(level, tumours, []), cell_time_limit=600))


@pytest.mark.parametrize("step", [step for step in Step if step is not Step.EVALUATION])
def test_step_prompts(brief, tumours, step):
    known = {one: answer for one, answer in ANSWERS.items() if list(Step).index(one) < list(Step).index(step)}
    asked = brief(
        step=step, iteration=1, answers=known, past=(PAST,), hints=("Try a tree.",), seconds_left=1800, best=None
    )
    check(step.value, prompting.step(asked, Curtain("full", tumours, []), money_left=1.5, offline={}))


def test_the_stable_part_is_the_same_in_every_step(brief, tumours):
    curtain = Curtain("samples", tumours, [])
    texts = {
        prompting.system(brief(step=step, iteration=number, seconds_left=number), curtain, cell_time_limit=60)
        for step in (Step.PLAN, Step.TRAINING)
        for number in (0, 1)
    }
    assert len(texts) == 1


def test_schema_names_no_value_of_the_data(brief, tumours):
    curtain = Curtain("schema", tumours, [])
    text = prompting.system(brief(), curtain, cell_time_limit=600)
    text += prompting.step(
        brief(step=Step.TRAINING, answers=ANSWERS), curtain, money_left=None, offline={0: [Step.EXPLORATION]}
    )
    assert "mean radius" in text
    for value in ("malignant", "benign", "6.981", "17.99", "25.22"):
        assert value not in text


def test_findings_of_the_audit_are_told_as_far_as_privacy_allows(brief, tumours):
    finding = Finding(
        code="repeated_entities",
        severity="severe",
        text="mean radius has 17 values.",
        rows=80,
        of=120,
        columns=("mean radius",),
        example="17.99 malignant",
        effect="It flatters.",
        remedy="Group by it.",
    )
    minor = finding.model_copy(update={"severity": "info", "text": "Of no weight."})
    texts = {
        level: prompting.system(brief(findings=(finding, minor)), Curtain(level, tumours, []), cell_time_limit=600)
        for level in ("samples", "schema")
    }
    assert "mean radius has 17 values. It flatters." in texts["samples"]
    assert "repeated_entities (severe): 'mean radius'" in texts["schema"]
    for text in texts.values():
        assert "17.99" not in text
        assert "Of no weight" not in text
    assert "17 values" not in texts["schema"]


def test_the_test_file_is_never_mentioned(brief, tumours):
    table = tumours.train.model_copy(update={"path": "/data/held_out_rows.csv"})
    asked = brief(dataset=tumours.model_copy(update={"test": table}))
    assert "held_out_rows" not in prompting.system(asked, Curtain("full", tumours, []), cell_time_limit=600)


def test_a_wide_table_is_told_in_a_few_lines(brief, tumours):
    column = tumours.columns[0]
    many = tuple(column.model_copy(update={"name": f"gene_{number}"}) for number in range(20_000))
    text = prompting.system(
        brief(dataset=tumours.model_copy(update={"columns": many})), Curtain("full", tumours, []), cell_time_limit=600
    )
    assert "20,000 numeric" in text
    assert len(text) < 4000
