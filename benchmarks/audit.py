"""How long an audit takes and what it finds: a million sequences, the real data sets, and planted leaks."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROWS, LENGTH = 1_000_000, 200
SEEDS = 10
SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
FOLDERS = (
    "ago2_clash_hejret",
    "sirbench",
    "arabidopsis_promoters",
    "splice_junctions",
    "tcga_breast_subtypes",
    "protein_solubility",
    "genomic_benchmarks_intervals/human_nontata_promoters",
    "genomic_benchmarks_intervals/human_enhancers_ensembl",
    "genomic_benchmarks_intervals/human_enhancers_cohn",
)


def table(rows: int = ROWS) -> str:
    """Return all measurements as Markdown."""
    lines = ["| audit of | rows | seconds | peak memory | split | severe findings |", "|---|--:|--:|--:|---|---|"]
    with tempfile.TemporaryDirectory() as folder:
        write_sequences(Path(folder) / "million.csv", rows)
        lines.append(_line(f"simulated {LENGTH}-nt sequences", Path(folder) / "million.csv"))
    if SHARED.is_dir():
        lines += [_line(name, SHARED / name) for name in FOLDERS]
    return "\n".join([*lines, "", *planted_leaks()])


def write_sequences(path: Path, rows: int) -> None:
    """Write random sequences of which one in a hundred overlaps another by three quarters."""
    import numpy as np

    generator = np.random.default_rng(0)
    letters = np.frombuffer(b"ACGT", dtype=np.uint8)[generator.integers(0, 4, (rows, LENGTH), dtype=np.uint8)]
    related = rows // 100
    letters[:related, : 3 * LENGTH // 4] = letters[rows // 2 : rows // 2 + related, LENGTH // 4 :]
    labels = generator.integers(0, 2, rows)
    with path.open("w") as file:
        file.write("sequence,label\n")
        for row, label in zip(letters, labels, strict=True):
            file.write(f"{row.tobytes().decode()},{label}\n")


def _line(name: str, data: Path) -> str:
    """Audit in a process of its own, on one core, as a person would; return a row of the table."""
    code = (
        "import contextlib, io, json, os, pathlib, re, sys\n"
        "if hasattr(os, 'sched_setaffinity'): os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"
        "from agentomics_nb.cli import main\n"
        "out = io.StringIO()\n"
        "with contextlib.redirect_stdout(out): main(sys.argv[1:])\n"
        "peak = int(re.search(r'VmHWM:\\s+(\\d+)', pathlib.Path('/proc/self/status').read_text())[1])\n"
        "print(json.dumps({'audit': json.loads(out.getvalue()), 'peak': peak}))"
    )
    test = data / "test.csv"
    command = [
        sys.executable,
        "-c",
        code,
        "audit",
        str(data),
        "--json",
        *(["--test", str(test)] if test.is_file() else []),
    ]
    began = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds = time.monotonic() - began
    found = json.loads(done.stdout)
    audit, contract = found["audit"], found["audit"]["contract"]
    severe = [f["code"] + (f" ({f['files'][-1]})" if len(f["files"]) > 1 else "")
              for f in audit["findings"] if f["severity"] == "severe"]  # fmt: skip
    split = contract["strategy"] + (f" {contract['column']}" if contract["column"] else "")
    rows = sum(audit["rows"].values())
    return (
        f"| {name} | {rows:,} | {seconds:.1f} | {found['peak'] / 1e6:.2f} GB | {split} | {', '.join(severe) or '–'} |"
    )


def planted_leaks(seeds: int = SEEDS) -> list[str]:
    """Return how many planted leaks are found, and how often clean data sets raise an alarm."""
    from agentomics_nb.audit import audit
    from tests.unit.audit.planted_leaks import FORMS, LEAKS, STRENGTHS, innocent, planted

    found = dict.fromkeys(STRENGTHS, 0)
    made = dict.fromkeys(STRENGTHS, 0)
    for kind, (_, forms) in LEAKS.items():
        for form in forms:
            for strength in STRENGTHS:
                for seed in range(seeds):
                    with tempfile.TemporaryDirectory() as folder:
                        seen = audit(planted(kind, strength, form, seed, Path(folder)))
                    found[strength] += kind in {finding.code for finding in seen.findings}
                    made[strength] += 1
    alarms, clean = 0, 0
    for form in FORMS:
        for seed in range(10_000, 10_000 + 10 * seeds):
            with tempfile.TemporaryDirectory() as folder:
                seen = audit(innocent(form, seed, Path(folder)))
            alarms += any(finding.severity != "info" for finding in seen.findings)
            clean += 1
    names = ("faint", "clear", "blatant")
    told = [f"{names[s]} {found[s]} of {made[s]} ({found[s] / made[s]:.1%})" for s in STRENGTHS]
    total = f"all {sum(found.values())} of {sum(made.values())} ({sum(found.values()) / sum(made.values()):.1%})"
    return [
        f"Planted leaks found ({len(LEAKS)} kinds): {', '.join([*told, total])}.",
        f"False alarms: {alarms} of {clean} clean data sets ({alarms / clean:.1%}).",
    ]


if __name__ == "__main__":
    print(table())
