"""Data to try everything on: real tumours, and simulated promoters that say that they are simulated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentomics_nb.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import pandas as pd

SEED = 0
TEST_SHARE = 0.25

TUMOURS = """# Wisconsin breast cancer (diagnostic)

Thirty measurements of cell nuclei in images of fine-needle aspirates of breast masses, 569 patients; `diagnosis` is
malignant or benign. Real data, as scikit-learn ships them: W. N. Street, W. H. Wolberg, O. L. Mangasarian, 1993.
A quarter of the patients, drawn at random within each class, is held out in test.csv.
"""

PROMOTERS = """# Simulated promoters

**Simulated data: no sequence here is from an organism.** Each row is {length} bases of DNA. A promoter has its
transcription start at base {start}: three in four have a TATA box (TATAWAAR, one base in eight changed) that begins
29 to 33 bases before it, four in five an initiator (YYANWYY) on it, and upstream they are a little richer in G and C.
The other sequences hold the same motifs as often, at any place, and as much G and C overall: what tells the classes
apart is where a motif stands, not whether it is there.
"""

LENGTH = 120
START = 60
ROWS = 1600
_BASES = "ACGT"
_IUPAC = {"A": "A", "C": "C", "G": "G", "T": "T", "W": "AT", "R": "AG", "Y": "CT", "N": "ACGT"}
_TATA, _TATA_SHARE, _TATA_CHANGED = "TATAWAAR", 0.75, 1 / 8
_INITIATOR, _INITIATOR_SHARE = "YYANWYY", 0.8
_GC_UPSTREAM, _GC_DOWNSTREAM = 0.58, 0.48


def write_tumours(directory: Path) -> Path:
    """Write scikit-learn's breast cancer table as a folder with train, test and description; return the folder."""
    from sklearn.datasets import load_breast_cancer

    bunch = load_breast_cancer(as_frame=True)
    frame = bunch.data.assign(diagnosis=bunch.target.map(dict(enumerate(map(str, bunch.target_names)))))
    return _write(directory / "breast_cancer", frame, "diagnosis", TUMOURS)


def write_promoters(directory: Path) -> Path:
    """Write simulated promoters as a folder with train, test and description; return the folder."""
    return _write(
        directory / "simulated_promoters",
        promoters(ROWS, seed=SEED),
        "label",
        PROMOTERS.format(length=LENGTH, start=START),
    )


def promoters(rows: int, *, seed: int) -> pd.DataFrame:
    """Simulate sequences, half of them promoters.

    Parameters
    ----------
    rows : int
        Number of sequences.
    seed : int
        Equal seeds give equal sequences.

    Returns
    -------
    DataFrame, shape (rows, 2)
        ``sequence`` (`LENGTH` bases) and ``label`` (``promoter`` or ``other``).
    """
    import numpy as np
    import pandas as pd

    generator = np.random.default_rng(seed)
    labels = np.where(generator.permutation(rows) % 2 == 0, "promoter", "other")
    sequences = [_promoter(generator) if label == "promoter" else _other(generator) for label in labels]
    return pd.DataFrame({"sequence": sequences, "label": labels})


def _promoter(generator: np.random.Generator) -> str:
    sequence = _background(generator, _GC_UPSTREAM, START) + _background(generator, _GC_DOWNSTREAM, LENGTH - START)
    if generator.random() < _TATA_SHARE:
        sequence = _planted(sequence, _tata(generator), START - int(generator.integers(29, 34)))
    if generator.random() < _INITIATOR_SHARE:
        sequence = _planted(sequence, _drawn(generator, _INITIATOR), START - 2)
    return "".join(sequence)


def _other(generator: np.random.Generator) -> str:
    sequence = _background(generator, (_GC_UPSTREAM + _GC_DOWNSTREAM) / 2, LENGTH)
    if generator.random() < _TATA_SHARE:
        sequence = _planted(sequence, _tata(generator), int(generator.integers(LENGTH - len(_TATA))))
    if generator.random() < _INITIATOR_SHARE:
        motif = _drawn(generator, _INITIATOR)
        sequence = _planted(sequence, motif, int(generator.integers(LENGTH - len(motif))))
    return "".join(sequence)


def _background(generator: np.random.Generator, gc: float, length: int) -> list[str]:
    shares = [(1 - gc) / 2, gc / 2, gc / 2, (1 - gc) / 2]
    return [str(base) for base in generator.choice(list(_BASES), size=length, p=shares)]


def _tata(generator: np.random.Generator) -> str:
    return "".join(
        str(generator.choice(list(_BASES))) if generator.random() < _TATA_CHANGED else base
        for base in _drawn(generator, _TATA)
    )


def _drawn(generator: np.random.Generator, motif: str) -> str:
    """Return one of the sequences that a motif in IUPAC letters stands for."""
    return "".join(str(generator.choice(list(_IUPAC[letter]))) for letter in motif)


def _planted(sequence: list[str], motif: str, at: int) -> list[str]:
    return [*sequence[:at], *motif, *sequence[at + len(motif) :]]


def _write(folder: Path, frame: pd.DataFrame, target: str, description: str) -> Path:
    from sklearn.model_selection import train_test_split

    train, test = train_test_split(frame, test_size=TEST_SHARE, stratify=frame[target], random_state=SEED)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        train.to_csv(folder / "train.csv", index=False)
        test.to_csv(folder / "test.csv", index=False)
        (folder / "dataset_description.md").write_text(description, encoding="utf-8")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(f"{folder} cannot be written ({reason}); change to another directory.") from None
    return folder
