"""The record of a run: a folder that stands alone, and where each of its files stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class RecordDirectory:
    """Paths of one record; everything in it is found relative to it, and nothing points outside.

    Parameters
    ----------
    path : Path
        The folder.
    """

    path: Path

    @property
    def claims(self) -> Path:
        """What the record claims, for `verify`: data hashes, metrics with tolerance, versions, hardware."""
        return self.path / "record.json"

    @property
    def readme(self) -> Path:
        """How to read, to run and to check the record."""
        return self.path / "README.md"

    @property
    def replay(self) -> Path:
        """The surviving path as a notebook that re-runs with no agent."""
        return self.path / "replay.ipynb"

    @property
    def script(self) -> Path:
        """The same as text, for jupytext and for diffs."""
        return self.path / "replay.py"

    @property
    def page(self) -> Path:
        """The same as one HTML page that needs nothing else."""
        return self.path / "replay.html"

    @property
    def log(self) -> Path:
        """Every cell of the run with its outputs, failures included."""
        return self.path / "log.ipynb"

    @property
    def card(self) -> Path:
        """The report card: DOME, model card, and a paragraph for a methods section."""
        return self.path / "report_card.md"

    @property
    def lock(self) -> Path:
        """The exact versions that the replay needs."""
        return self.path / "requirements.lock"

    @property
    def data(self) -> Path:
        """Copies of the data files, where they may and can be part of the record."""
        return self.path / "data"

    @property
    def model(self) -> Path:
        """The best iteration's scripts and fitted model, as the run left them."""
        return self.path / "model"

    @property
    def predictions(self) -> Path:
        """What the best model predicted for the training and validation rows."""
        return self.path / "predictions"

    @property
    def binder(self) -> Path:
        """What Binder needs to offer the record to run."""
        return self.path / "binder"

    @property
    def crate(self) -> Path:
        """The RO-Crate's metadata."""
        return self.path / "ro-crate-metadata.json"

    @property
    def manifest(self) -> Path:
        """The sha256 of every other file."""
        return self.path / "manifest.json"

    @property
    def verification(self) -> Path:
        """What came of the latest `verify`; no part of the manifest."""
        return self.path / "verification.json"
