"""Tables and sequences with a leak planted in them, and the same without: the audit must tell them apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from agentomics_nb.dataset import Dataset, inspect

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ROWS, TEST_ROWS = 600, 200
STRENGTHS = (0, 1, 2)
"""Faint, clear, blatant."""
FORMS = ("table", "sequences")


class Sheet:
    """A train and a test table under construction, with a generator of their own."""

    def __init__(self, form: str, seed: int) -> None:
        self.generator = np.random.default_rng(seed)
        self.form = form
        self.train, self.test = self.rows(ROWS), self.rows(TEST_ROWS)

    def rows(self, count: int) -> pd.DataFrame:
        """Honest rows: labels go with the features, but no column gives them away."""
        label = self.generator.integers(0, 2, count)
        if self.form == "table":
            signal = np.outer(label, [0.8, 0.5, 0.3, 0, 0, 0])
            frame = pd.DataFrame(
                self.generator.normal(size=(count, 6)) + signal, columns=["ALB", "CRP", "LDH", "TP53", "BRCA1", "MYC"]
            )
            frame["tissue"] = self.generator.choice(["lung", "liver", "skin"], count)
            frame["age"] = self.generator.integers(20, 90, count)
        else:
            words = ["".join(row) for row in self.generator.choice(list("ACGT"), (count, 120))]
            motif = self.generator.random(count) < 0.2 + 0.6 * label
            words = [f"{w[:50]}TATAAAGC{w[58:]}" if m else w for w, m in zip(words, motif, strict=True)]
            frame = pd.DataFrame({"sequence": words})
        return frame.assign(label=np.where(label == 1, "case", "control"))

    def labels(self, part: str = "train") -> np.ndarray:
        return (getattr(self, part)["label"] == "case").to_numpy()

    def chosen(self, share: float, part: str = "train") -> np.ndarray:
        """Places of a random share of the rows."""
        rows = len(getattr(self, part))
        return self.generator.choice(rows, max(1, round(share * rows)), replace=False)

    def add(self, column: str, train: object, test: object) -> None:
        self.train.insert(0, column, train)
        self.test.insert(0, column, test)


def _repeated_rows(sheet: Sheet, strength: int) -> None:
    copies = sheet.train.iloc[sheet.chosen((0.03, 0.1, 0.4)[strength])]
    sheet.train = pd.concat([sheet.train, copies], ignore_index=True)


def _shared_rows(sheet: Sheet, strength: int) -> None:
    copies = sheet.train.iloc[sheet.chosen((0.01, 0.05, 0.2)[strength])]
    sheet.test = pd.concat([sheet.test, copies], ignore_index=True)


def _conflicting_labels(sheet: Sheet, strength: int) -> None:
    copies = sheet.train.iloc[sheet.chosen((0.02, 0.06, 0.2)[strength])].copy()
    copies["label"] = copies["label"].map({"case": "control", "control": "case"})
    sheet.train = pd.concat([sheet.train, copies], ignore_index=True)


def _repeated_entities(sheet: Sheet, strength: int) -> None:
    """Patients with several rows each, whose rows mostly have one label."""
    agree = (0.6, 0.8, 1.0)[strength]
    for part, patients in (("train", 150), ("test", 50)):
        frame, labels = getattr(sheet, part), sheet.labels(part)
        own = sheet.generator.integers(0, 2, patients)
        named = np.where(
            sheet.generator.random(len(frame)) < agree,
            [sheet.generator.choice(np.flatnonzero(own == label)) for label in labels],
            sheet.generator.integers(0, patients, len(frame)),
        )
        frame.insert(0, "patient_id", [f"{part[:2]}{number:04d}" for number in named])


def _entity_count(sheet: Sheet, strength: int) -> None:
    """A gene that occurs once is a case more often than one that occurs again and again."""
    often = (0.65, 0.8, 1.0)[strength]
    labels = sheet.labels()
    genes = [
        f"GENE{sheet.generator.integers(0, 40)}x"
        if sheet.generator.random() < (often if not case else 1 - often)
        else f"SOLO{place}x"
        for place, case in enumerate(labels)
    ]
    sheet.add("gene", genes, [f"TEST{place}x" for place in range(len(sheet.test))])


def _label_copy(sheet: Sheet, strength: int) -> None:
    agree = (0.94, 0.97, 1.0)[strength]
    for part in ("train", "test"):
        labels = sheet.labels(part)
        kept = sheet.generator.random(len(labels)) < agree
        numbers = np.where(kept, labels, ~labels) * 2.0 + sheet.generator.normal(scale=0.2, size=len(labels))
        getattr(sheet, part).insert(0, "marker_level", numbers)


def _identifier(sheet: Sheet, strength: int) -> None:
    agree = (0.75, 0.9, 1.0)[strength]
    for part in ("train", "test"):
        labels = sheet.labels(part)
        kept = sheet.generator.random(len(labels)) < agree
        told = np.where(kept, labels, ~labels)
        getattr(sheet, part).insert(
            0, "sample_id", [f"{'C' if case else 'N'}-{place:05d}" for place, case in enumerate(told)]
        )


def _dates(sheet: Sheet, strength: int) -> None:
    """Cases were measured later than controls."""
    days = (60, 120, 400)[strength]
    for part in ("train", "test"):
        labels = sheet.labels(part)
        offset = sheet.generator.integers(0, 200, len(labels)) + days * labels
        dates = pd.Timestamp("2020-01-01") + pd.to_timedelta(offset, unit="D")
        getattr(sheet, part).insert(0, "measured_on", dates.strftime("%Y-%m-%d"))


def _missing(sheet: Sheet, strength: int) -> None:
    rates = ((0.05, 0.3), (0.05, 0.5), (0.0, 0.9))[strength]
    for part in ("train", "test"):
        labels = sheet.labels(part)
        gone = sheet.generator.random(len(labels)) < np.where(labels, rates[1], rates[0])
        values = sheet.generator.normal(size=len(labels))
        getattr(sheet, part).insert(0, "hdl", np.where(gone, np.nan, values))


def _batches(sheet: Sheet, strength: int) -> None:
    agree = (0.7, 0.85, 1.0)[strength]
    for part in ("train", "test"):
        labels = sheet.labels(part)
        kept = sheet.generator.random(len(labels)) < agree
        told = np.where(kept, labels, ~labels)
        plates = 2 * sheet.generator.integers(0, 4, len(labels)) + told
        getattr(sheet, part).insert(0, "plate", [f"plate {plate}" for plate in plates])


def _intervals(sheet: Sheet, strength: int) -> None:
    """Test intervals that overlap training intervals."""
    share = (0.02, 0.1, 0.5)[strength]

    def fresh(count: int) -> pd.DataFrame:
        start = sheet.generator.integers(0, 2_000_000_000 // 22, count)
        chromosome = sheet.generator.integers(1, 23, count)
        return pd.DataFrame({"chr": [f"chr{c}" for c in chromosome], "start": start, "end": start + 300})

    train, test = fresh(len(sheet.train)), fresh(len(sheet.test))
    places = sheet.chosen(share, "test")
    like = train.iloc[sheet.generator.choice(len(train), len(places), replace=False)].reset_index(drop=True)
    moved = like.assign(start=like["start"] + 120, end=like["end"] + 120)
    for name in ("chr", "start", "end"):
        values = test[name].to_numpy().copy()
        values[places] = moved[name].to_numpy()
        sheet.add(name, train[name].to_numpy(), values)


def _target_drift(sheet: Sheet, strength: int) -> None:
    """The test file has more cases, and fewer controls."""
    stay = (0.45, 0.36, 0.12)[strength]
    keep = sheet.labels("test") | (sheet.generator.random(len(sheet.test)) < stay)
    more = sheet.rows(400)
    sheet.test = pd.concat([sheet.test[keep], more[more["label"] == "case"]], ignore_index=True)


def _feature_drift(sheet: Sheet, strength: int) -> None:
    by = (1.0, 2.0, 4.0)[strength]
    sheet.add(
        "glucose",
        sheet.generator.normal(size=len(sheet.train)),
        sheet.generator.normal(size=len(sheet.test)) + by,
    )


def _row_order(sheet: Sheet, strength: int) -> None:
    noise = (1.0, 0.5, 0.0)[strength]
    rank = sheet.labels() + sheet.generator.normal(scale=noise, size=len(sheet.train)) if noise else sheet.labels()
    sheet.train = sheet.train.iloc[np.argsort(rank, kind="stable")].reset_index(drop=True)


def _mutated(sheet: Sheet, word: str, rate: float) -> str:
    letters = np.array(list(word))
    hit = sheet.generator.random(len(letters)) < rate
    letters[hit] = sheet.generator.choice(list("ACGT"), int(hit.sum()))
    return "".join(letters)


def _related_sequences(sheet: Sheet, strength: int) -> None:
    source = sheet.train.iloc[sheet.chosen((0.06, 0.15, 0.5)[strength])]
    near = source.assign(sequence=[_mutated(sheet, word, 0.05) for word in source["sequence"]])
    sheet.train = pd.concat([sheet.train, near], ignore_index=True)


def _related_across(sheet: Sheet, strength: int) -> None:
    source = sheet.train.iloc[sheet.chosen((0.04, 0.1, 0.3)[strength])]
    near = source.assign(sequence=[_mutated(sheet, word, 0.05) for word in source["sequence"]])
    sheet.test = pd.concat([sheet.test, near], ignore_index=True)


def _opposite_strands(sheet: Sheet, strength: int) -> None:
    source = sheet.train.iloc[sheet.chosen((0.01, 0.05, 0.2)[strength])]
    table = str.maketrans("ACGT", "TGCA")
    other = source.assign(sequence=[word.translate(table)[::-1] for word in source["sequence"]])
    sheet.test = pd.concat([sheet.test, other], ignore_index=True)


LEAKS: dict[str, tuple[Callable[[Sheet, int], None], tuple[str, ...]]] = {
    "repeated_rows": (_repeated_rows, FORMS),
    "shared_rows": (_shared_rows, FORMS),
    "conflicting_labels": (_conflicting_labels, FORMS),
    "repeated_entities": (_repeated_entities, FORMS),
    "entity_count": (_entity_count, FORMS),
    "label_copy": (_label_copy, FORMS),
    "identifier_tells_label": (_identifier, FORMS),
    "position_tells_label": (_dates, FORMS),
    "missing_tells_label": (_missing, FORMS),
    "batch_tells_label": (_batches, FORMS),
    "overlap_across_files": (_intervals, FORMS),
    "target_drift": (_target_drift, FORMS),
    "feature_drift": (_feature_drift, FORMS),
    "row_order": (_row_order, FORMS),
    "related_sequences": (_related_sequences, ("sequences",)),
    "related_across_files": (_related_across, ("sequences",)),
    "opposite_strands": (_opposite_strands, ("sequences",)),
}
"""What can be planted, by the code of the finding that must come of it."""


def planted(kind: str | None, strength: int, form: str, seed: int, directory: Path) -> Dataset:
    """Write a data set with the leak, or without one, and inspect it."""
    sheet = Sheet(form, seed)
    if kind is not None:
        LEAKS[kind][0](sheet, strength)
    if kind != "row_order":
        sheet.train = sheet.train.sample(frac=1, random_state=seed)
    sheet.train.to_csv(directory / "train.csv", index=False)
    sheet.test.to_csv(directory / "test.csv", index=False)
    return inspect(directory)


def innocent(form: str, seed: int, directory: Path) -> Dataset:
    """Write a data set with all the columns that could give a label away, and none that does."""
    sheet = Sheet(form, seed)
    for part, prefix in (("train", "a"), ("test", "b")):
        frame, rows = getattr(sheet, part), len(getattr(sheet, part))
        start = sheet.generator.integers(0, 90_000_000, rows)
        frame["chr"] = [f"chr{c}" for c in sheet.generator.integers(1, 23, rows)]
        frame["start"], frame["end"] = start, start + 300
        frame["plate"] = [f"plate {p}" for p in sheet.generator.integers(0, 8, rows)]
        frame["sample_id"] = [f"{prefix}{place:05d}" for place in sheet.generator.permutation(rows)]
        day = pd.Timestamp("2020-01-01") + pd.to_timedelta(sheet.generator.integers(0, 400, rows), unit="D")
        frame["measured_on"] = day.strftime("%Y-%m-%d")
        gone = sheet.generator.random(rows) < 0.2
        frame["hdl"] = np.where(gone, np.nan, sheet.generator.normal(size=rows))
    sheet.train.to_csv(directory / "train.csv", index=False)
    sheet.test.to_csv(directory / "test.csv", index=False)
    return inspect(directory)
