"""The cells of the offline planner that are the same for every family: overview, probes, split, analysis."""

from __future__ import annotations

import math
import os
from importlib import resources
from typing import TYPE_CHECKING

from agentomics_nb.dataset.writing import rows_at_once
from agentomics_nb.experiment.steps import PredictionAnalysis
from agentomics_nb.planner.offline import assemble
from agentomics_nb.planner.offline.numerals import figure, percent
from agentomics_nb.planner.offline.scripts import (
    call_source,
    docstring_lines,
    literal,
    template,
    text_columns,
    uses_torch,
)

if TYPE_CHECKING:
    from agentomics_nb.dataset import TableFile
    from agentomics_nb.planner.offline.recipe import Findings, Probe, Recipe
    from agentomics_nb.planner.port import Brief

SAMPLE_ROWS, SAMPLE_ROWS_LEAST, SAMPLE_CELLS = 2000, 500, 10_000_000
EXPLORATION = "exploration"
"""Folder of the workspace for the sample and what the probes note: no part of a model that is delivered."""
ANALYSIS_FILE = "analysis.json"
RELATION_SCRIPTS = {"stretch": "shared_stretches.py", "overlap": "interval_overlaps.py"}
"""The audit's own definition of related rows, written beside ``split.py``."""
_PROBE_IMPORTS = (
    "import json\nfrom pathlib import Path\nimport pandas as pd\nfrom threadpoolctl import threadpool_limits\n"
)
_FEW_NUMBERS = 200_000
_FEW_ROWS = 1_000
_QUICK = 3_000
"""Rows times a recipe's weight, times the classes beside the first, up to which five fits take some seconds."""
_HURRY = 60.0
_MANY_ROWS = 20_000
"""Rows above which scikit-learn takes seconds to place each as a group."""
_FEWEST = 10
"""Rows of the rarest class from which each fold holds some."""
_SCORERS = {
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced_accuracy",
    "auroc": "roc_auc_ovr",
    "f1_macro": "f1_macro",
    "mcc": "matthews_corrcoef",
    "log_loss": "neg_log_loss",
    "rmse": "neg_root_mean_squared_error",
    "mae": "neg_mean_absolute_error",
    "r2": "r2",
}
"""The metrics that scikit-learn computes under these names for labels of any type."""
_MOST_CLASSES_DRAWN = 20
_FEW_LEVELS = 12
_CHOSEN_BY_HAND = 20
_FEWEST_SURE = 5
_PULLED = 0.5
"""Share of the residuals' spread from which a bias at the ends of the range is worth a sentence."""


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
        seed=brief.seed,
        exploration=literal(f"{brief.workspace}/{EXPLORATION}"),
        sample_path=literal(_sample(brief)),
    )


def probe(brief: Brief, wanted: Probe) -> str:
    """Return the cell of one probe: its function, and the call on the sample."""
    sources = assemble.sources("probes", [wanted.call.snippet])
    return (
        template("probe.py.j2")
        .render(
            code=assemble.join([_PROBE_IMPORTS, *sources]).rstrip(),
            sample_path=literal(_sample(brief)),
            findings_path=literal(f"{brief.workspace}/{findings_file(wanted)}"),
            call=call_source(wanted.call, indent=4, leading=f"rows, {literal(brief.dataset.target.name)}"),
        )
        .rstrip()
    )


def findings_file(wanted: Probe) -> str:
    """Return the file of the workspace in which a probe notes what it found."""
    return f"{EXPLORATION}/{wanted.call.snippet}.json"


def split_files(brief: Brief) -> dict[str, str]:
    """Return by file name the scripts that divide the rows: ``split.py``, and what it needs to find related rows."""
    files = {}
    relation = brief.contract.relation
    if relation is not None:
        name = RELATION_SCRIPTS[relation.kind]
        source = resources.files("agentomics_nb.audit").joinpath(name).read_text(encoding="utf-8")
        files[name] = source
    return files | {"split.py": _split(brief)}


def _split(brief: Brief) -> str:
    """Return ``split.py``."""
    dataset, contract = brief.dataset, brief.contract
    tables = [dataset.train, *([dataset.validation] if dataset.validation else [])]

    def source(table: TableFile, path: str) -> str:
        place = f"HERE / {literal(_from_workspace(brief, path))}"
        return read_source(table, place, text=None if table.marks.plain else _text(brief))

    return template("split.py.j2").render(
        words=docstring_lines(_capital(split_words(brief))),
        strategy=contract.strategy,
        relation=contract.relation,
        relation_script=RELATION_SCRIPTS[contract.relation.kind].removesuffix(".py") if contract.relation else None,
        related_columns=[literal(name) for name in contract.relation.columns] if contract.relation else [],
        column=literal(contract.column),
        target=literal(dataset.target.name),
        columns=literal(list(dataset.train.columns)),
        classification=_classification(brief),
        strata=max(2, min(10, dataset.n_rows // 10)),
        seed=brief.seed,
        many_rows=dataset.n_rows > _MANY_ROWS,
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
        case "homology" if brief.contract.relation is not None:
            shared = brief.contract.relation.in_words
            return f"four fifths to train and one fifth to validate, rows that share {shared} together"
        case "time":
            return f"the latest fifth by {brief.contract.column} validates"
        case "given":
            return "the files as they were given"
        case _:
            kind = "class" if _classification(brief) else "range of the target"
            return f"four fifths to train and one fifth to validate, at random within each {kind}"


def _capital(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}"


def keeps_twins(brief: Brief) -> bool:
    """Return whether ``split.py`` keeps rows with the same features on one side."""
    return brief.contract.strategy in ("random", "group", "homology")


def analysis(brief: Brief) -> str:
    """Return the cell that looks at the validation predictions."""
    classes = brief.dataset.target.classes or ()
    return (
        template("analysis.py.j2")
        .render(
            target=literal(brief.dataset.target.name),
            validation=literal(f"{brief.workspace}/validation.csv"),
            predictions=literal(f"{brief.workspace}/validation_predictions.csv"),
            findings_path=literal(f"{brief.workspace}/{ANALYSIS_FILE}"),
            text_columns=literal(list(_text(brief))),
            classification=_classification(brief),
            binary=len(classes) == 2,
            shown=literal(classes[-1]) if classes else None,
            slices=_slices(brief),
        )
        .rstrip()
    )


def _slices(brief: Brief) -> list[dict[str, str | bool | None]]:
    """Return the columns by which errors may differ: sequences, conditions, and numbers that a person chose."""
    columns = [c for c in brief.dataset.columns if c.name != group_column(brief)]
    numbers = [c for c in columns if c.kind in ("numeric", "count")]
    chosen = [c for c in columns if c.kind == "categorical" and c.unique <= _FEW_LEVELS]
    chosen += numbers if len(numbers) <= _CHOSEN_BY_HAND else []
    sequences = [c for c in columns if c.kind in ("nucleotide", "protein")][:2]
    return [
        {
            "sequence": column in sequences,
            "column": literal(column.name),
            "length": literal(f"length of {column.name}"),
            "composition": literal(f"share of G and C in {column.name}") if column.kind == "nucleotide" else None,
        }
        for column in (*sequences, *chosen)
    ]


def analysis_answer(brief: Brief, found: Findings) -> PredictionAnalysis:
    """Return the typed answer from what the analysis cell noted."""
    errors: list[str] = []
    biases: list[str] = []
    rows, wrong, sure, sure_wrong = (_number(found.get(name)) for name in ("rows", "wrong", "sure", "sure_wrong"))
    if rows and wrong is not None and sure is not None and sure_wrong is not None:
        errors.append(f"{wrong:,.0f} of {rows:,.0f} validation rows are predicted wrongly ({percent(wrong / rows)}).")
        if wrong and sure >= _FEWEST_SURE:
            none = "none is" if not sure_wrong else f"{sure_wrong:,.0f} {'is' if sure_wrong == 1 else 'are'}"
            errors.append(f"Of the {sure:,.0f} that it is at least 90 % sure of, {none} wrong.")
    worst, overall = _number(found.get("worst_error")), _number(found.get("overall_error"))
    if worst and overall:
        how = "frequent" if _classification(brief) else "large"
        errors.append(
            f"Where {found.get('uneven')} is {found.get('worst')}, errors are {worst / overall:.1f} times as {how} as "
            "overall."
        )
    low, high, spread = (_number(found.get(name)) for name in ("bias_low", "bias_high", "spread"))
    if low is not None and high is not None and spread:
        if low > 0 > high and min(low, -high) > _PULLED * spread:
            biases.append(
                f"Predictions are drawn to the mean: the lowest fifth of true values is predicted {figure(low)} too "
                f"high, the highest {figure(-high)} too low."
            )
        biases.append(f"Residuals have a standard deviation of {figure(spread)}.")
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
    types = ("dtype=dict.fromkeys(TEXT, str)", "keep_default_na=False", "na_values=MISSING", "low_memory=False")
    function, arguments = source.removesuffix(")").split("(", 1)
    return f"{function}(\n    {arguments},\n    " + ",\n    ".join(types) + ",\n)"


def _text(brief: Brief) -> tuple[str, ...]:
    names = text_columns(brief.dataset)
    return (*names, brief.dataset.target.name) if _classification(brief) else names


def threads(brief: Brief) -> int:
    """Return the threads for training: on few numbers, handing work out costs more than it saves."""
    numbers = brief.dataset.n_rows * len(brief.dataset.columns)
    sequences = any(c.kind in ("nucleotide", "protein") for c in brief.dataset.columns)
    return 1 if numbers < _FEW_NUMBERS and not sequences else brief.threads


def folds(brief: Brief, recipe: Recipe) -> str | None:
    """Return the scorer for cross-validation of a recipe inside the training part; None where it is not worth its time.

    Where validation rows are few, they place a score only roughly, and five quick fits more are affordable. Rows
    of one group, and rows in time, would need folds of their own.
    """
    dataset = brief.dataset
    counts = dataset.target.counts.values()
    few = dataset.n_rows <= _FEW_ROWS and dataset.n_rows * len(dataset.columns) <= _FEW_NUMBERS
    quick = dataset.n_rows * recipe.weight * max(1, len(counts) - 1) <= _QUICK
    affordable = few and quick and (brief.seconds_left is None or brief.seconds_left > _HURRY)
    if not affordable or uses_torch(recipe) or brief.contract.strategy not in ("random", "given"):
        return None
    return _SCORERS.get(brief.metric) if min(counts, default=_FEWEST) >= _FEWEST else None


def group_column(brief: Brief) -> str | None:
    """Return the column whose rows stay together, if there is one."""
    return brief.contract.column if brief.contract.strategy == "group" else None


def _sample(brief: Brief) -> str:
    return f"{brief.workspace}/{EXPLORATION}/sample.parquet"


def _from_workspace(brief: Brief, path: str) -> str:
    return os.path.relpath(path, brief.workspace)


def _classification(brief: Brief) -> bool:
    return brief.dataset.task == "classification"


def _number(value: object) -> float | None:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    return None
