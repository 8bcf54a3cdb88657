"""Write the record of a run: a folder that anyone can read, run and check, without an agent and without us."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agentomics_nb import __version__
from agentomics_nb import markdown as md
from agentomics_nb.errors import InputError, RunError
from agentomics_nb.evaluation.metrics import METRICS
from agentomics_nb.experiment.archive import SPLIT_FILES
from agentomics_nb.journal.directory import write_atomically, write_json
from agentomics_nb.journal.state import read_state
from agentomics_nb.record.claims import Claims, DataFile, Role, fingerprint, sha256_of
from agentomics_nb.record.crate import write_crate
from agentomics_nb.record.crate_agents import author_entities, licence_entity
from agentomics_nb.record.directory import RecordDirectory
from agentomics_nb.record.execution import execute
from agentomics_nb.record.manifest import write_manifest
from agentomics_nb.record.notebook import notebook
from agentomics_nb.record.page import page
from agentomics_nb.record.redaction import Redaction
from agentomics_nb.record.replay import environment, replay
from agentomics_nb.record.report_card import report_card
from agentomics_nb.record.requirements import as_lock, imported_modules, locked_versions, read_lock
from agentomics_nb.record.script import percent_script
from agentomics_nb.record.surviving_path import DATA, names_of, surviving_path
from agentomics_nb.record.verification import judged, keep

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from agentomics_nb.journal.directory import RunDirectory, RunRecord
    from agentomics_nb.journal.state import RunState
    from agentomics_nb.record.execution import Execution
    from agentomics_nb.record.surviving_path import Passage

_OF_THE_RUN = """
## Edits

The person edited cells after the run. The figures of this card are those of the run before; those of the model in this
record stand in `record.json` and at the end of `replay.ipynb`.
"""
TO_EXECUTE = ("ipykernel", "nbclient")
"""What a notebook needs to be executed, besides what its cells import."""


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
        If the run has no model, a file of it is gone, or the folder is none of a record.
    InputError
        If there are edited cells and the replay is not to be executed: nobody knows the numbers then.
    """
    wishes = wishes or Wishes()
    record, state = run.read_record(), read_state(run)
    if state.best is None or not run.best.is_dir():
        raise RunError(f"{record.run} has no model yet, so there is nothing to record; wait for its first iteration.")
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
        claims = self._claims(versions)
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
        self._write_readme(claims)
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
        return claims.model_copy(update={"metrics": result["metrics"], "split": result["split"], "predictions": kept})

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

    def _write_readme(self, claims: Claims) -> None:
        from agentomics_nb.experiment.steps import Inference, Step

        scores, metric = self._best.scores or {}, claims.metric
        intervals = {"validation": scores["validation"]["intervals"], "test": (self._state.test or {}).get("intervals")}
        shown = [
            (
                part,
                md.with_interval(dict((found or {}).get(metric) or {}) | {"value": claims.metrics[part].get(metric)}),
            )
            for part, found in intervals.items()
            if part in claims.metrics
        ]
        absent = [file for file in claims.data if not file.included]
        text = (
            environment()
            .get_template("readme.md.j2")
            .render(
                name=md.escape(claims.run),
                idea=md.escape(f"{self._best.idea[:1].upper()}{self._best.idea[1:].rstrip('.')}."),
                target=md.code(claims.target),
                version=claims.version,
                planner=md.escape(claims.planner),
                created=claims.created[:10],
                metric=METRICS[metric].label,
                results=shown,
                inference=Inference.model_validate(self._best.answer(Step.INFERENCE)).script,
                data_words="what must be put there, see below" if absent else "the data as they were",
                absent=absent,
            )
        )
        write_atomically(self._draft.readme, text)

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
        for path in self._draft.model.rglob("*"):
            if path.suffix in (".py", ".md", ".json", ".txt", ".lock"):
                self._redact_file(path)
        shutil.copytree(self._run.iteration(self._best.number) / "predictions", self._draft.predictions)
        if self._wishes.with_data:
            self._draft.data.mkdir()
            for path, name in self._data().items():
                self._copy_data(path, name)

    def _redact_file(self, path: Path) -> None:
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            return
        clean = self._redaction.text(text)
        if clean != text:
            path.write_text(clean, encoding="utf-8")

    def _copy_data(self, path: Path, name: str) -> None:
        expected = {Path(table.path): table.sha256 for _, table in _tables(self._record)}
        try:
            shutil.copyfile(path, self._draft.data / name)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise RunError(f"{path} cannot be read ({reason}); put it back, or export with --without-data.") from None
        if sha256_of(self._draft.data / name) != expected[path]:
            raise RunError(f"{path} has changed since the run; put it back as it was, or export with --without-data.")

    def _data(self) -> dict[Path, str]:
        return names_of([Path(table.path) for _, table in _tables(self._record)])

    def _versions(self, passages: list[Passage]) -> dict[str, str]:
        """Return the versions of what the replay needs; those of the run, where they were noted then."""
        own = {Path(p.file).stem for p in passages if p.kind == "file" and p.file and p.file.endswith(".py")}
        sources = [p.source for p in passages if p.kind == "python"]
        sources += [p.source for p in passages if p.kind == "file" and p.file and p.file.endswith(".py")]
        ours = {"numpy", "pandas", "sklearn", "scipy", *(["pyarrow"] if self._has_parquet() else [])}
        versions = locked_versions((imported_modules(sources) - own) | ours | set(TO_EXECUTE))
        noted = read_lock(self._run.best / "requirements.lock")
        return {name: noted.get(name, version) for name, version in versions.items()}

    def _has_parquet(self) -> bool:
        return any(table.format == "parquet" or table.needs_pyarrow for _, table in _tables(self._record))

    def _claims(self, versions: dict[str, str]) -> Claims:
        record, scores = self._record, self._best.scores or {}
        metrics = {part: dict(scores[part]["metrics"]) for part in ("train", "validation")}
        if self._state.test is not None:
            metrics["test"] = dict(self._state.test["metrics"])
        names = self._data()
        return Claims(
            run=record.run,
            planner=record.planner,
            version=__version__,
            created=record.created,
            iteration=self._best.number,
            task=record.dataset.task,
            target=record.dataset.target.name,
            metric=record.metric,
            seed=record.seed,
            threads=record.threads,
            data=tuple(
                DataFile(
                    role=role,
                    path=f"{DATA}/{names[Path(table.path)]}",
                    sha256=table.sha256,
                    bytes=table.bytes,
                    rows=table.rows,
                    included=self._wishes.with_data,
                )
                for role, table in _tables(record)
                if role != "test" or self._state.test is not None
            ),
            split={name: sha256_of(self._run.split / name) for name in SPLIT_FILES},
            metrics=metrics,
            predictions={
                part: fingerprint(self._draft.predictions / f"{part}.csv") for part in ("train", "validation")
            },
            python=record.versions["python"],
            packages=versions,
            hardware=record.hardware,
            edited=tuple(self._edited),
        )


def _tables(record: RunRecord) -> list[tuple[Role, Any]]:
    dataset = record.dataset
    found: list[tuple[Role, Any]] = [("train", dataset.train)]
    if dataset.validation is not None:
        found.append(("validation", dataset.validation))
    if dataset.test is not None:
        found.append(("test", dataset.test))
    return found
