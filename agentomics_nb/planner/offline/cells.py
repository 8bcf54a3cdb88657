"""The cells of the offline planner that are the same for every family: overview, probes, split, analysis."""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING

from agentomics_nb.dataset.writing import rows_at_once
from agentomics_nb.experiment.steps import PredictionAnalysis
from agentomics_nb.planner.offline import assemble
from agentomics_nb.planner.offline.scripts import call_source, docstring_text, literal, template, text_columns

if TYPE_CHECKING:
    from agentomics_nb.dataset import TableFile
    from agentomics_nb.planner.offline.recipe import Findings, Probe
    from agentomics_nb.planner.port import Brief

SAMPLE_ROWS, SAMPLE_ROWS_LEAST, SAMPLE_CELLS = 2000, 500, 10_000_000
_PROBE_IMPORTS = "import json\nimport pandas as pd\nfrom threadpoolctl import threadpool_limits\n"
_FEW_NUMBERS = 200_000
_MOST_CLASSES_DRAWN = 20
_UNEVEN = 1.3
"""Errors differ between thirds of the rows by at least this factor before they are worth a sentence."""


def overview(brief: Brief) -> str:
    """Return the cell that shows the table and its target, and writes a sample for the probes."""
    target = brief.dataset.target
    classes = min(len(target.classes or ()), _MOST_CLASSES_DRAWN)
    return template("overview.py.j2").render(
        target=literal(target.name),
        imports=brief.dataset.train.pandas_imports(),
        source=read_source(brief.dataset.train, literal(brief.data), text=_text(brief)),
        text_columns=None if brief.dataset.train.format == "parquet" else literal(list(_text(brief))),
        classification=_classification(brief),
        height=max(1.6, 0.6 + 0.32 * classes) if classes else 2.6,
        sample_rows=max(SAMPLE_ROWS_LEAST, min(SAMPLE_ROWS, SAMPLE_CELLS // len(brief.dataset.train.columns))),
        rows_at_once=rows_at_once(len(brief.dataset.train.columns)),
        seed=brief.seed,
        sample_path=literal(_sample(brief)),
    )


def probe(brief: Brief, wanted: Probe) -> str:
    """Return the cell of one probe: its function, and the call on the sample."""
    sources = assemble.sources("probes", [wanted.call.snippet])
    return (
        template("probe.py.j2")
        .render(
            code=assemble.join([_PROBE_IMPORTS, *sources]).rstrip(),
            target=literal(brief.dataset.target.name),
            sample_path=literal(_sample(brief)),
            text_columns=literal(list(_text(brief))),
            call=call_source(wanted.call, indent=4, leading="frame, TARGET"),
        )
        .rstrip()
    )


def split(brief: Brief) -> str:
    """Return ``split.py``."""
    dataset, contract = brief.dataset, brief.contract
    tables = [dataset.train, *([dataset.validation] if dataset.validation else [])]

    def source(table: TableFile, path: str) -> str:
        place = f"HERE / {literal(_from_workspace(brief, path))}"
        return read_source(table, place, text=None if table.marks.plain else _text(brief))

    return template("split.py.j2").render(
        words=docstring_text(split_words(brief)),
        strategy=contract.strategy,
        column=literal(contract.column),
        target=literal(dataset.target.name),
        columns=literal(list(dataset.train.columns)),
        classification=_classification(brief),
        strata=max(2, min(10, dataset.n_rows // 10)),
        seed=brief.seed,
        rows_at_once=rows_at_once(len(dataset.train.columns)),
        imports=sorted({line for table in tables for line in table.pandas_imports()}),
        text_columns=literal(list(_text(brief))) if not all(table.marks.plain for table in tables) else None,
        source=source(dataset.train, brief.data),
        validation_source=source(dataset.validation, brief.validation) if dataset.validation else None,
    )


def split_words(brief: Brief) -> str:
    """Return the strategy in words."""
    match brief.contract.strategy:
        case "group":
            return f"four fifths to train and one fifth to validate, rows of one {brief.contract.column} together"
        case "time":
            return f"the latest fifth by {brief.contract.column} validates"
        case "given":
            return "the files as they were given"
        case _:
            kind = "class" if _classification(brief) else "range of the target"
            return f"four fifths to train and one fifth to validate, at random within each {kind}"


def analysis(brief: Brief) -> str:
    """Return the cell that looks at the validation predictions."""
    sequences = [c for c in brief.dataset.columns if c.kind in ("nucleotide", "protein")]
    return (
        template("analysis.py.j2")
        .render(
            target=literal(brief.dataset.target.name),
            validation=literal(f"{brief.workspace}/validation.csv"),
            predictions=literal(f"{brief.workspace}/validation_predictions.csv"),
            text_columns=literal(list(_text(brief))),
            classification=_classification(brief),
            slices=[(literal(column.name), str(column.kind)) for column in sequences[:2]],
        )
        .rstrip()
    )


def analysis_answer(brief: Brief, found: Findings) -> PredictionAnalysis:
    """Return the typed answer from what the analysis cell printed."""
    errors: list[str] = []
    biases: list[str] = []
    sure, wrong = _number(found.get("sure_share")), _number(found.get("sure_error_rate"))
    rate = _number(found.get("error_rate"))
    if rate is not None:
        errors.append(f"{rate:.1%} of the validation rows are predicted wrongly.")
    if sure and wrong is not None:
        errors.append(f"Where the model is at least 90 % sure ({sure:.0%} of the rows), {wrong:.1%} are wrong.")
    for name in ("length", "GC"):
        ratio = _number(found.get(f"{name}_error_ratio"))
        if ratio is not None and _UNEVEN <= ratio < 1e6:
            errors.append(f"Errors are {ratio:.1f} times as frequent where {name} is {found[f'{name}_worst_third']}.")
    low, high, spread = (_number(found.get(name)) for name in ("bias_low", "bias_high", "spread"))
    if low is not None and high is not None and spread:
        biases.append(
            f"The lowest fifth of true values is predicted {low:+.3g} off, the highest {high:+.3g}; "
            f"residuals spread {spread:.3g}."
        )
    return PredictionAnalysis(errors=tuple(errors), biases=tuple(biases))


def read_source(table: TableFile, path: str, *, text: tuple[str, ...] | None) -> str:
    """Return the expression that reads a file of the data set.

    Parameters
    ----------
    table : TableFile
        The file's format, separator and encoding.
    path : str
        A Python expression.
    text : tuple of str or None
        Columns to read as text, which the script calls TEXT; None for values exactly as they are written.
    """
    source = table.pandas_source(path)
    if table.format == "parquet":
        return source
    if text is None and table.marks.plain:
        return f"{source[:-1]}, dtype=str, keep_default_na=False)"
    types = "dtype=dict.fromkeys(TEXT, str), keep_default_na=False, na_values=MISSING, low_memory=False"
    return f"{source[:-1]}, {types})"


def _text(brief: Brief) -> tuple[str, ...]:
    names = text_columns(brief.dataset)
    return (*names, brief.dataset.target.name) if _classification(brief) else names


def threads(brief: Brief) -> int:
    """Return the threads for training: on few numbers, handing work out costs more than it saves."""
    numbers = brief.dataset.n_rows * len(brief.dataset.columns)
    sequences = any(c.kind in ("nucleotide", "protein") for c in brief.dataset.columns)
    return 1 if numbers < _FEW_NUMBERS and not sequences else brief.threads


def _sample(brief: Brief) -> str:
    return f"{brief.workspace}/sample.csv"


def _from_workspace(brief: Brief, path: str) -> str:
    return os.path.relpath(path, brief.workspace)


def _classification(brief: Brief) -> bool:
    return brief.dataset.task == "classification"


def _number(value: object) -> float | None:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    return None
