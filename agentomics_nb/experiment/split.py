"""Does a split hold what it promises? Checked by code before any score depends on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agentomics_nb.experiment.tools import CheckError

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import pandas as pd

    from agentomics_nb.audit import Relation, SplitContract
    from agentomics_nb.dataset import Dataset

MOST_REPEATED = 0.5
"""Where more than this share of the rows repeats another, repeats are the nature of the table, no leak."""
# What pandas reads as missing by default.
_READ_AS_MISSING = (
    "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA",
    "NULL", "NaN", "None", "n/a", "nan", "null",
)  # fmt: skip


def check_split(dataset: Dataset, contract: SplitContract, train: Path, validation: Path) -> None:
    """Check the two files of a split against the data set and the contract.

    Raises
    ------
    CheckError
        With what is wrong, how many rows it concerns, and what to do.
    """
    from agentomics_nb.dataset import read

    parts = {"train": _read(train), "validation": _read(validation)}
    expected = list(dataset.train.columns)
    for path, part in zip((train, validation), parts.values(), strict=True):
        if list(part.columns) != expected:
            missing = sorted(set(expected) ^ set(map(str, part.columns)))
            raise CheckError(
                f"{path.name} must have the columns of the data set in the same order; "
                f"look at {missing[:5] or expected[:5]}."
            )
    target = dataset.target.name
    text = (target,) if dataset.task == "classification" else ()
    if contract.strategy == "given":
        given = dataset.validation
        if given is None:
            raise CheckError("The contract says that a validation file is given, but there is none.")
        for name, table in (("train", dataset.train), ("validation", given)):
            source = _labelled(read(table, text=text)[expected], target)
            _same_rows(row_hashes(source), row_hashes(parts[name], like=source), f"{name}.csv")
    else:
        import numpy as np

        source = _labelled(read(dataset.train, text=text), target)
        hashes = {name: row_hashes(part, like=source) for name, part in parts.items()}
        whole = row_hashes(source)
        _same_rows(whole, np.concatenate(list(hashes.values())), "train.csv and validation.csv together")
        _no_twins(parts, source, target)
    if dataset.task == "classification":
        _all_classes(parts, target, dataset.target.classes or ())
    _contract(contract, parts)


def row_hashes(frame: pd.DataFrame, *, like: pd.DataFrame | None = None) -> np.ndarray[Any, Any]:
    """Return a 64-bit hash of each row that does not depend on how a file spells its values.

    Parameters
    ----------
    frame : DataFrame
        The rows.
    like : DataFrame, optional
        Types are taken from here, so that rows written to csv and read back hash the same.
    """
    import numpy as np
    import pandas as pd

    model = frame if like is None else like
    total = np.zeros(len(frame), dtype=np.uint64)
    for place, column in enumerate(model.columns):
        values, kind = frame[column], model[column].dtype
        if pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_bool_dtype(kind):
            numbers = pd.to_numeric(values, errors="coerce")
            if kind == np.float32:
                numbers = numbers.astype(np.float32)
            hashed = pd.util.hash_array(numbers.to_numpy(dtype=np.float64, na_value=np.nan))
        else:
            words = values.astype("str").fillna("")
            words = words.mask(words.isin(_READ_AS_MISSING), "")  # one file writes NA where another leaves a gap
            hashed = pd.util.hash_array(words.to_numpy(dtype=object))
        mixed = (hashed ^ np.uint64(place + 1)) * np.uint64(0x9E3779B97F4A7C15)
        total = (total ^ (mixed >> np.uint64(29)) ^ mixed) * np.uint64(0xBF58476D1CE4E5B9)
    return total


def _read(path: Path) -> pd.DataFrame:
    import pandas as pd

    try:
        return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
    except FileNotFoundError:
        raise CheckError(f"{path.name} is not in the workspace; write it as csv with a header line.") from None
    except (ValueError, pd.errors.ParserError) as error:
        raise CheckError(f"{path.name} cannot be read as csv: {error}") from None


def _labelled(frame: pd.DataFrame, target: str) -> pd.DataFrame:
    return frame[frame[target].notna()]


def _same_rows(whole: np.ndarray[Any, Any], parts: np.ndarray[Any, Any], what: str) -> None:
    import numpy as np

    expected, expected_counts = np.unique(whole, return_counts=True)
    found, found_counts = np.unique(parts, return_counts=True)
    lost = int(expected_counts[~np.isin(expected, found)].sum())
    new = int(found_counts[~np.isin(found, expected)].sum())
    if lost or new or len(whole) != len(parts):
        raise CheckError(
            f"{what} must hold every labelled row of the data set once: {len(whole):,} rows are expected, "
            f"{len(parts):,} are there, {lost:,} are lost or changed, {new:,} are not from the data set."
        )
    torn = int((expected_counts != found_counts).sum())
    if torn:
        raise CheckError(f"{what} must hold every row once: {torn:,} rows occur too often or too rarely.")


def _no_twins(parts: dict[str, pd.DataFrame], source: pd.DataFrame, target: str) -> None:
    """No row may stand on both sides with the same features."""
    import numpy as np

    features = source.drop(columns=target)
    hashes = {n: row_hashes(part.drop(columns=target), like=features) for n, part in parts.items()}
    everything = np.concatenate(list(hashes.values()))
    repeated = 1 - len(np.unique(everything)) / max(1, len(everything))
    shared = int(np.isin(hashes["validation"], hashes["train"]).sum())
    if shared and repeated <= MOST_REPEATED:
        raise CheckError(
            f"{shared:,} validation rows have the same features as a training row; keep identical rows on one side."
        )


def _all_classes(parts: dict[str, pd.DataFrame], target: str, classes: tuple[str, ...]) -> None:
    for name, part in parts.items():
        absent = [label for label in classes if label not in set(part[target])]
        if absent:
            raise CheckError(f"{name}.csv has no row of class {', '.join(map(repr, absent[:5]))}; stratify by class.")


def _contract(contract: SplitContract, parts: dict[str, pd.DataFrame]) -> None:
    import pandas as pd

    if contract.strategy == "group" and contract.column is not None:
        column = contract.column
        shared = (set(parts["train"][column]) & set(parts["validation"][column])) - {""}
        if shared:
            raise CheckError(
                f"The contract keeps each {column} on one side, but {len(shared):,} are on both, such as "
                f"{sorted(shared)[0]!r}; split by groups of {column}."
            )
    if contract.strategy == "homology" and contract.relation is not None:
        _whole_components(contract.relation, parts)
    if contract.strategy == "time" and contract.column is not None:
        column = contract.column
        times = {name: _as_times(part[column]) for name, part in parts.items()}
        if times["train"].max() > times["validation"].min():
            raise CheckError(
                f"The contract puts later {column} into validation, but train reaches to {times['train'].max()} "
                f"and validation begins at {times['validation'].min()}."
            )
        if pd.isna(times["train"].max()) or pd.isna(times["validation"].min()):
            raise CheckError(f"{column} holds no times that can be read.")


def _whole_components(relation: Relation, parts: dict[str, pd.DataFrame]) -> None:
    import numpy as np
    import pandas as pd

    from agentomics_nb.audit import components_of

    components = components_of(relation, pd.concat(parts.values(), ignore_index=True))
    train, validation = np.split(components, [len(parts["train"])])
    torn = np.flatnonzero(np.isin(validation, train))
    if len(torn):
        example = ", ".join(f"{parts['validation'][name].iloc[int(torn[0])][:60]!r}" for name in relation.columns)
        raise CheckError(
            f"The contract keeps rows that share {relation.in_words}, directly or through other rows, on one side, "
            f"but {len(torn):,} validation rows have such a relative in train, the first with {example}; "
            "split by components."
        )


def _as_times(values: pd.Series[Any]) -> pd.Series[Any]:
    import pandas as pd

    numbers = pd.to_numeric(values.replace("", None), errors="coerce")
    if numbers.notna().mean() > 0.9:
        return numbers
    return pd.to_datetime(values, errors="coerce", format="mixed", utc=True)
