"""``python -m benchmarks [WHAT] [FOLDER …]``: measure all, or WHAT, and print tables in Markdown."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks import audit, cost, coverage, dashboard, data_sets, records, split_contract


def main() -> int:
    """Run the measurements that were asked for, all by default."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument(
        "what",
        nargs="?",
        choices=("all", "data", "records", "cost", "audit", "contract", "dashboard", "coverage"),
        default="all",
    )
    parser.add_argument("folders", nargs="*", help="data sets of ../shared/data (all with a test file)")
    parser.add_argument("--results", type=Path, default=Path(__file__).parent / "results")
    arguments = parser.parse_args()
    arguments.results.mkdir(parents=True, exist_ok=True)
    if arguments.what in ("all", "cost"):
        print(cost.table(), flush=True)
    if arguments.what in ("all", "dashboard"):
        print(dashboard.table(), flush=True)
    if arguments.what in ("all", "audit"):
        print(audit.table(), flush=True)
    if arguments.what in ("all", "contract"):
        print(split_contract.table(), flush=True)
    if arguments.what in ("all", "coverage"):
        print(coverage.table(), flush=True)
    failed = 0
    if arguments.what in ("all", "data"):
        failed |= data_sets.main(arguments.results, arguments.folders)
    if arguments.what in ("all", "records"):
        failed |= records.main(arguments.results, arguments.folders)
    return failed


if __name__ == "__main__":
    sys.exit(main())
