"""Records of the runs that ``python -m benchmarks data`` left: each alone, verified in a new environment."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from agentomics_nb.record.directory import RecordDirectory
from agentomics_nb.record.fresh_environment import fresh_environment
from benchmarks.data_sets import CASES


def main(results: Path, folders: list[str]) -> int:
    """Print a row for each run; return 1 if a record did not give its numbers again."""
    head = ["data set", "export", "size", "environment", "replay", "metrics", "others that run it unchanged"]
    print(f"| {' | '.join(head)} |\n|---|--:|--:|--:|--:|---|---|", flush=True)
    failed = False
    for case in CASES:
        run = results / case.folder
        if (folders and case.folder not in folders) or not (run / "best").is_dir():
            continue
        row, verified = measured(run)
        print(f"| {case.folder} | {' | '.join(row)} |", flush=True)
        failed |= not verified
    return int(failed)


def measured(run: Path) -> tuple[list[str], bool]:
    """Return the columns of one run, and whether its numbers came again."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name, "record")
        cli = [sys.executable, "-m", "agentomics_nb.cli"]
        started = time.perf_counter()
        subprocess.run(
            [*cli, "export", str(run), "--no-replay", "--output", str(place)], check=True, stdout=subprocess.DEVNULL
        )
        exported = time.perf_counter() - started
        alone = RecordDirectory(Path(name, "alone"))
        shutil.move(place, alone.path)
        size = sum(path.stat().st_size for path in alone.path.rglob("*") if path.is_file())
        started = time.perf_counter()
        with fresh_environment(alone.lock) as python:
            made = time.perf_counter() - started
            done = subprocess.run(
                [*cli, "verify", str(alone.path), "--python", str(python), "--json"],
                capture_output=True, text=True, check=False, cwd=name,
            )  # fmt: skip
            found = json.loads(done.stdout.splitlines()[-1])
            others = ", ".join(_others(alone, python.parent, Path(name)))
    told = next((check["text"] for check in found["checks"] if check["name"] == "metrics"), found["verdict"])
    if not found["verified"]:
        print(json.dumps(found["checks"], indent=1), file=sys.stderr)
    row = [f"{exported:.0f} s", f"{size / 1e6:.1f} MB", f"{made:.0f} s", f"{found['seconds']:.0f} s", told, others]
    return row, bool(found["verified"])


def _others(record: RecordDirectory, programs: Path, scratch: Path) -> list[str]:
    """Return which other tools execute the replay to its end: two of this environment, one of the record's own."""
    ours = Path(sys.executable).parent
    to_html = ["nbconvert", "--to", "html", "--execute", "--output-dir"]
    commands = {
        "jupyter execute": [programs / "jupyter", "execute", "--output", scratch / "e.ipynb", record.replay],
        "papermill": [ours / "papermill", "--cwd", record.path, record.replay, scratch / "p.ipynb"],
        "nbconvert": [ours / "jupyter", *to_html, scratch, record.replay],
    }
    good = []
    for name, command in commands.items():
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
        if done.returncode == 0:
            good.append(name)
        else:
            print(f"{name}: {done.stderr[-800:]}", file=sys.stderr)
        shutil.rmtree(record.path / "replay", ignore_errors=True)
    return good


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
