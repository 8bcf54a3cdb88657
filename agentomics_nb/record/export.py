"""Write the record of a run: a folder that anyone can read, run and check, without an agent and without us."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agentomics_nb.dataset.files import sha256_of
from agentomics_nb.errors import InputError, RunError
from agentomics_nb.journal.directory import write_atomically, write_json
from agentomics_nb.journal.state import read_state
from agentomics_nb.model.folder import model_of
from agentomics_nb.record.claims import claims_of, data_of
from agentomics_nb.record.crate import write_crate
from agentomics_nb.record.crate_agents import author_entities, licence_entity
from agentomics_nb.record.directory import RecordDirectory
from agentomics_nb.record.execution import execute
from agentomics_nb.record.manifest import write_manifest
from agentomics_nb.record.notebook import notebook
from agentomics_nb.record.page import page
from agentomics_nb.record.readme import readme
from agentomics_nb.record.redaction import Redaction
from agentomics_nb.record.replay import replay
from agentomics_nb.record.report_card import report_card
from agentomics_nb.record.requirements import as_lock, imported_modules, locked_versions, read_lock
from agentomics_nb.record.script import percent_script
from agentomics_nb.record.surviving_path import surviving_path
from agentomics_nb.record.verification import judged, keep

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from agentomics_nb.journal.directory import RunDirectory, RunRecord
    from agentomics_nb.journal.state import RunState
    from agentomics_nb.record.claims import Claims
    from agentomics_nb.record.execution import Execution
    from agentomics_nb.record.surviving_path import Passage

_OF_THE_RUN = """
## Edits

The person edited cells after the run. The figures of this card are those of the run before; those of the model in this
record stand in `record.json` and at the end of `replay.ipynb`.
"""
NEEDED = {"numpy", "pandas", "sklearn", "scipy", "ipykernel", "nbclient"}
"""What the cells that check import, and what it takes to execute a notebook."""


@dataclass(frozen=True)
class Wishes:
    """What a person wants of a record.

    Parameters
    ----------
    with_data : bool
        Whether it holds the data files; else it says which they are.
    replayed : bool
        Whether the replay is executed once, so that it has its outputs.
    zipped : bool
        Whether it is also written as one file beside the folder.
    author, orcid, licence : str or None
        For the RO-Crate.
    """

    with_data: bool = True
    replayed: bool = True
    zipped: bool = False
    author: str | None = None
    orcid: str | None = None
    licence: str | None = None


def write_record(
    run: RunDirectory,
    directory: Path,
    wishes: Wishes | None = None,
    *,
    edited: Mapping[str, str] | None = None,
    on_cell: Callable[[int, int], None] | None = None,
) -> RecordDirectory:
    """Write the record of a run; what stands there of an earlier one is replaced.

    Parameters
    ----------
    run : RunDirectory
        A run with a model.
    directory : Path
        The folder; it is built beside its place and then renamed into it.
    wishes : Wishes, optional
        What it should hold.
    edited : mapping of str to str, optional
        Cells that the person edited in the notebook, by id.
    on_cell : callable, optional
        Told which cell of how many begins while the replay is executed.

    Raises
    ------
    RunError
        If the run is at work or has no model, a file of it is gone, or the folder is none of a record.
    InputError
        If there are edited cells and the replay is not to be executed: nobody knows the numbers then.
    """
    wishes = wishes or Wishes()
    record, state = run.read_record(), read_state(run)
    if state.best is None or not run.best.is_dir():
        raise RunError(f"{record.run} has no model yet, so there is nothing to record; wait for its first iteration.")
    if run.has_living_engine():
        raise RunError(f"{record.run} is still at work; wait for its end, or stop it, and export it then.")
    if directory.exists() and any(directory.iterdir()) and not RecordDirectory(directory).claims.is_file():
        raise RunError(f"{directory} holds other files; give a new folder.")
    author_entities(wishes.author, wishes.orcid)  # a typing error must be told before the long part
    licence_entity(wishes.licence)
    if edited and not wishes.replayed:
        raise InputError(
            f"{len(edited)} cells were edited after the run, so its numbers may not hold: export without --no-replay."
        )
    draft = RecordDirectory(directory.parent / f".{directory.name}.part")
    shutil.rmtree(draft.path, ignore_errors=True)
    draft.path.mkdir(parents=True)
    try:
        _Writer(run, record, state, draft, wishes, edited or {}).write(on_cell)
        shutil.rmtree(directory, ignore_errors=True)
        draft.path.rename(directory)
        if wishes.zipped:
            shutil.make_archive(str(directory.parent / f"{record.run}-record"), "zip", directory)
    finally:
        shutil.rmtree(draft.path, ignore_errors=True)
    return RecordDirectory(directory)


class _Writer:
    """Writes one record."""

    def __init__(
        self,
        run: RunDirectory,
        record: RunRecord,
        state: RunState,
        draft: RecordDirectory,
        wishes: Wishes,
        edited: Mapping[str, str],
    ) -> None:
        assert state.best is not None  # noqa: S101 - for mypy; who calls this has looked
        self._run = run
        self._record = record
        self._state = state
        self._draft = draft
        self._wishes = wishes
        self._edited = edited
        self._best = state.iterations[state.best]
        self._redaction = Redaction.of(run, record)

    def write(self, on_cell: Callable[[int, int], None] | None) -> None:
        """Write all files, the manifest last."""
        draft, run = self._draft, self._run
        passages = surviving_path(run, self._record, self._state, self._edited)
        self._copy_model()
        versions = self._versions(passages)
        write_atomically(draft.lock, as_lock(versions))
        claims = claims_of(self._run, self._record, self._state, versions, included=self._wishes.with_data)
        if self._edited:
            claims = self._take_over_edits(claims, passages, on_cell)
        made, execution = self._replay(passages, claims), None
        if self._wishes.replayed:
            execution = execute(draft, on_cell=on_cell)
            made = self._without_places(execution)
        write_json(draft.replay, made)
        write_atomically(draft.page, page(made, title=f"{self._record.run}: {claims.target}"))
        write_atomically(draft.script, percent_script(made))
        write_json(draft.claims, claims.model_dump(mode="json"))
        write_json(draft.log, self._redaction.value(notebook(self._record, self._state)))
        write_atomically(draft.readme, readme(claims, self._best, self._state))
        self._write_binder(claims)
        self._describe()
        write_manifest(draft)
        if execution is not None:
            keep(draft, judged(claims, execution))

    def _take_over_edits(
        self, claims: Claims, passages: list[Passage], on_cell: Callable[[int, int], None] | None
    ) -> Claims:
        """Execute the replay with the person's edits, and claim what it gives: model, predictions and metrics."""

        def collect(folder: Path) -> None:
            made = folder / "replay"
            for path in [path for path in draft.model.rglob("*") if path.is_file()]:
                new = made / path.relative_to(draft.model)
                if new.is_file() and not new.is_symlink():
                    shutil.copyfile(new, path)
            for part in ("train", "validation"):
                new = made / "predictions" / f"{part}.csv"
                if not new.is_symlink():
                    shutil.copyfile(new, draft.predictions / f"{part}.csv")

        draft = self._draft
        self._replay(passages, claims)
        execution = execute(draft, on_cell=on_cell, collect=collect)
        if execution.result is None:
            raise RunError(f"With the edited cells the replay fails in cell {execution.cell}: {execution.failed}")
        result = execution.result
        kept = {part: digest for part, digest in result["predictions"].items() if part in claims.predictions}
        new = {
            "metrics": result["metrics"],
            "split": result["split"],
            "predictions": kept,
            "edited": tuple(self._edited),
        }
        return claims.model_copy(update=new)

    def _without_places(self, execution: Execution) -> dict[str, Any]:
        """Return an executed notebook without secrets and places, that of its execution among them."""
        made: dict[str, Any] = Redaction.of(self._run, self._record, {execution.folder: "."}).value(execution.notebook)
        return made

    def _describe(self) -> None:
        """Write what reviewers and repositories ask for, of all files that stand now."""
        run, record, state, wishes = self._run, self._record, self._state, self._wishes
        card = report_card(run, record, state, run.read_audit())
        if self._edited:
            card += _OF_THE_RUN
        write_atomically(self._draft.card, self._redaction.text(card))
        write_crate(self._draft, run, record, state, author=wishes.author, licence=wishes.licence, orcid=wishes.orcid)

    def _write_binder(self, claims: Claims) -> None:
        """Write what Binder reads: the versions, and which Python."""
        write_atomically(self._draft.binder / "requirements.txt", self._draft.lock.read_bytes())
        major, minor = claims.python.split(".")[:2]
        write_atomically(self._draft.binder / "runtime.txt", f"python-{major}.{minor}\n")

    def _replay(self, passages: list[Passage], claims: Claims) -> dict[str, Any]:
        """Write the replay with the outputs of the run, and return it."""
        made: dict[str, Any] = self._redaction.value(
            replay(self._record, self._state, self._run.read_audit(), claims, passages)
        )
        for key, value in (("author", self._wishes.author), ("licence", self._wishes.licence)):
            if value is not None:
                made["metadata"]["agentomics"]["record"][key] = value
        write_json(self._draft.replay, made)
        return made

    def _copy_model(self) -> None:
        """Copy the model, what it predicted, and the data if they are wanted."""
        shutil.copytree(self._run.best, self._draft.model)
        # The best of a run from before models described themselves has no model_description.json.
        model_of(self._run).description.write(self._draft.model)
        for path in self._draft.model.rglob("*"):
            if path.suffix in (".py", ".md", ".json", ".txt", ".lock"):
                self._redact_file(path)
        shutil.copytree(self._run.iteration(self._best.number) / "predictions", self._draft.predictions)
        if self._wishes.with_data:
            self._draft.data.mkdir()
            for path, file in data_of(self._record, self._state, included=True).items():
                self._copy_data(path, self._draft.path / file.path, file.sha256)

    def _redact_file(self, path: Path) -> None:
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            return
        clean = self._redaction.text(text)
        if clean != text:
            path.write_text(clean, encoding="utf-8")

    def _copy_data(self, path: Path, place: Path, sha256: str) -> None:
        try:
            shutil.copyfile(path, place)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise RunError(f"{path} cannot be read ({reason}); put it back, or export with --without-data.") from None
        if sha256_of(place) != sha256:
            raise RunError(f"{path} has changed since the run; put it back as it was, or export with --without-data.")

    def _versions(self, passages: list[Passage]) -> dict[str, str]:
        """Return the versions of what the replay needs; those of the run, where they were noted then."""
        scripts = {p.file: p.source for p in passages if p.kind == "file" and p.file and p.file.endswith(".py")}
        sources = [*scripts.values(), *(p.source for p in passages if p.kind == "python")]
        modules = imported_modules(sources) - {Path(name).stem for name in scripts}
        if any(table.format == "parquet" or table.needs_pyarrow for table in self._record.dataset.tables):
            modules.add("pyarrow")
        noted = read_lock(self._run.best / "requirements.lock")
        return {name: noted.get(name, version) for name, version in locked_versions(modules | NEEDED).items()}
