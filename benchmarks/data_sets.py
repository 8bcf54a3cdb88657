"""Whole offline runs on the real data sets: validation, test, seconds, beside the published figures."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


@dataclass(frozen=True)
class Case:
    """A data set, its metric, and what others have reached on its test file."""

    folder: str
    metric: str
    published: str
    floor: str


CASES = (
    Case("ago2_clash_hejret", "auprc", ".726 (2025), .832 (2026), state of the art .86", ".841"),
    Case("sirbench", "spearman", "none found", ".394"),
    Case("arabidopsis_promoters", "accuracy", ".938", ".923"),
    Case("splice_junctions", "accuracy", ".845 to .959", ".962"),
    Case("tcga_breast_subtypes", "balanced_accuracy", "about .93 to .96", ".957 (accuracy)"),
    Case("protein_solubility", "r2", ".483 (with structure)", ".369"),
)


def main(results: Path, folders: list[str]) -> int:
    """Run the cases one after another and print a row for each; return 1 if one failed."""
    if not SHARED.is_dir():
        print("The data sets are not beside the project (../shared/data): nothing was measured.")
        return 0
    print("| data set | metric | validation | test | best idea | seconds | published | floor |")
    print("|---|---|---|---|---|--:|---|---|", flush=True)
    failed = False
    for case in CASES:
        if folders and case.folder not in folders:
            continue
        outcome = run(case, results)
        failed |= outcome is None
        print(row(case, outcome, results), flush=True)
    return int(failed)


def run(case: Case, results: Path) -> dict[str, object] | None:
    """Run one case as a person would type it; return what ``--json`` printed, None if it failed."""
    shutil.rmtree(results / case.folder, ignore_errors=True)
    command = [sys.executable, "-m", "agentomics_nb.cli", "run", str(SHARED / case.folder)]
    command += ["--test", str(SHARED / case.folder / "test.csv"), "--metric", case.metric]
    command += ["--iterations", "4", "--time-limit", "10m", "--threads", "2", "--json"]
    command += ["--name", case.folder, "--out", str(results)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        print(done.stderr[-2000:], file=sys.stderr)
        return None
    found: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return found


def row(case: Case, outcome: dict[str, object] | None, results: Path) -> str:
    """Return one line of the table."""
    if outcome is None or not isinstance(outcome["best"], dict):
        return f"| {case.folder} | {case.metric} | failed | | | | {case.published} | {case.floor} |"
    best = outcome["best"]
    answers = json.loads((results / case.folder / "best" / "answers.json").read_text())
    scores = [shown(best[split][case.metric]) if best[split] else "–" for split in ("validation", "test")]
    return (
        f"| {case.folder} | {case.metric} | {scores[0]} | {scores[1]} | {answers['plan']['idea']} | "
        f"{outcome['seconds']:.0f} | {case.published} | {case.floor} |"
    )


def shown(score: dict[str, float]) -> str:
    """Return ``.862 [.848, .876]``."""
    value, low, high = (f"{score[key]:.3f}".replace("0.", ".") for key in ("value", "low", "high"))
    return f"{value} [{low}, {high}]"
