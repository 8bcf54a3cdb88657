"""The files of a record as entities of an RO-Crate: what each is, its size and its sha256."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from agentomics_nb.dataset.files import sha256_of
from agentomics_nb.experiment.steps import Step
from agentomics_nb.record.crate_agents import planner_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from agentomics_nb.record.directory import RecordDirectory
    from agentomics_nb.record.facts import Facts

Entity = dict[str, Any]

FORMATS = {
    ".csv": "text/csv",
    ".gz": "application/gzip",
    ".html": "text/html",
    ".ipynb": "application/x-ipynb+json",
    ".json": "application/json",
    ".jsonl": "application/jsonl",
    ".md": "text/markdown",
    ".parquet": "application/vnd.apache.parquet",
    ".png": "image/png",
    ".py": "text/x-python",
    ".svg": "image/svg+xml",
    ".tsv": "text/tab-separated-values",
    ".txt": "text/plain",
    ".lock": "text/plain",
    ".zst": "application/zstd",
}
UNKNOWN_FORMAT = "application/octet-stream"
ROLES = ("training", "validation", "test")


@dataclass(frozen=True)
class CrateFiles:
    """The files of a record, and those that its actions name but that are not part of it.

    Parameters
    ----------
    entities : tuple of dict
        A ``File`` for each, sorted by path.
    outside : tuple of dict
        A ``CreativeWork`` for each file that is known by its sha256 alone.
    named : mapping of str to str
        Id by what a file is to the run: ``training``, ``validation``, ``test`` for the data, ``split/train.csv`` and
        ``split/validation.csv`` for the split, the same of ``predictions``, and names such as ``train.py`` for files of
        the model.
    """

    entities: tuple[Entity, ...]
    outside: tuple[Entity, ...]
    named: Mapping[str, str]

    def ids(self, *names: str) -> list[str]:
        """Return the ids of those files that are known, in the order of `names`, each once."""
        return list(dict.fromkeys(self.named[name] for name in names if name in self.named))


def described_files(directory: RecordDirectory, facts: Facts) -> CrateFiles:
    """Describe all files of a record but the crate itself, the result of a check, and hidden ones."""
    left_out = {directory.crate, directory.verification}
    paths = [
        path
        for path in sorted(directory.path.rglob("*"))
        if path.is_file() and path not in left_out and not _hidden(path.relative_to(directory.path))
    ]
    hashes = {path: sha256_of(path) for path in paths if path != directory.manifest}
    by_hash: dict[str, Path] = {}
    for path, sha256 in hashes.items():
        if path.is_relative_to(directory.data) or sha256 not in by_hash:
            by_hash[sha256] = path
    named, outside = _data(directory, facts, by_hash)
    for path in paths:
        if path.parent == directory.predictions:
            named[f"predictions/{path.name}"] = _id(directory, path)
        if path.is_relative_to(directory.model):
            named[path.relative_to(directory.model).as_posix()] = _id(directory, path)
    if directory.manifest not in paths:
        paths.append(directory.manifest)
    roles = {place: name for name, place in reversed(named.items())}  # what a file was given as comes first
    entities = [_entity(directory, path, hashes.get(path), facts, roles) for path in sorted(paths)]
    return CrateFiles(tuple(entities), tuple(outside), named)


def _data(directory: RecordDirectory, facts: Facts, by_hash: Mapping[str, Path]) -> tuple[dict[str, str], list[Entity]]:
    """Return the ids of the data files and of the split; those that the record lacks with an entity each."""
    named: dict[str, str] = {}
    outside: list[Entity] = []
    wanted = [
        (role, name_of(table.path), table.sha256, table.bytes, f"The {role} data, as they were given.")
        for role, table in facts.files
    ]
    for part in ("train", "validation"):
        kept = facts.run.split / f"{part}.csv"
        if kept.is_file():
            rows = facts.rows(part)
            text = f"The {part} rows of the split" + (f": {rows:,}." if rows else ".")
            wanted.append((f"split/{part}.csv", f"{part}.csv", sha256_of(kept), kept.stat().st_size, text))
    for name, file, sha256, size, text in wanted:
        if sha256 in by_hash:
            named[name] = _id(directory, by_hash[sha256])
            continue
        named[name] = f"#{'split-' if '/' in name else 'data-'}{name.removeprefix('split/').removesuffix('.csv')}"
        outside.append(
            {
                "@id": named[name],
                "@type": "CreativeWork",
                "name": file,
                "description": f"{text} Not part of this record; known by its sha256.",
                "sha256": sha256,
                "size": f"{size} bytes",
            }
        )
    return named, outside


def name_of(path: str) -> str:
    """Return the name of a file without its folders, whichever way its path is written."""
    return path.replace("\\", "/").rpartition("/")[2]


def _entity(
    directory: RecordDirectory, path: Path, sha256: str | None, facts: Facts, roles: Mapping[str, str]
) -> Entity:
    place = _id(directory, path)
    entity: Entity = {
        "@id": place,
        "@type": "File",
        "name": path.relative_to(directory.path).as_posix(),
        "description": _description(directory, path, roles.get(place), facts),
        "encodingFormat": FORMATS.get(path.suffix.lower(), UNKNOWN_FORMAT),
    }
    if sha256 is not None:
        entity |= {"sha256": sha256, "contentSize": str(path.stat().st_size)}
    if path.suffix == ".py":
        entity |= {
            "@type": ["File", "SoftwareSourceCode"],
            "programmingLanguage": f"Python {facts.record.versions.get('python', '')}".strip(),
            "version": f"sha256:{(sha256 or '')[:12]}",
        }
        if path.is_relative_to(directory.model):
            entity["creator"] = {"@id": planner_of(facts, Step.TRAINING)}
    return entity


def _description(directory: RecordDirectory, path: Path, role: str | None, facts: Facts) -> str:
    known = {
        directory.claims: "What the record claims: hashes of the data, metrics with tolerance, versions, hardware.",
        directory.readme: "How to read, to run and to check the record.",
        directory.replay: "The surviving path of the run as a notebook that re-runs with no agent.",
        directory.script: "The same notebook as text.",
        directory.page: "The same notebook as one HTML page.",
        directory.log: "Every cell of the run with its outputs, failures included.",
        directory.card: "The report card: a methods paragraph, DOME, a model card, findings and limits.",
        directory.lock: "The exact versions that the replay needs.",
        directory.manifest: "The sha256 of every other file of the record.",
    }
    if path in known:
        return known[path]
    if role in ROLES:
        return f"The {role} data, as they were given."
    if role is not None and role.startswith("split/"):
        return f"The {role.removeprefix('split/').removesuffix('.csv')} rows of the split."
    if path.is_relative_to(directory.model):
        return _of_model(path.relative_to(directory.model).as_posix(), facts)
    if path.parent == directory.predictions:
        return f"What the model predicted for the {path.stem} rows."
    if path.is_relative_to(directory.binder):
        return "What Binder needs to offer the record to run."
    if path.is_relative_to(directory.data):
        return "A file of the data."
    return "A file of the record."


def _of_model(name: str, facts: Facts) -> str:
    training, inference = facts.answer(Step.TRAINING), facts.answer(Step.INFERENCE)
    known = {
        str(training.get("script", "train.py")): "Trains the model.",
        str(inference.get("script", "inference.py")): "Predicts new rows with the model.",
        str(training.get("artefact", "model.joblib")): "The fitted model.",
        "metrics.json": "The scores of the model, with intervals.",
        "answers.json": "What each step of the iteration delivered.",
        "reflection.md": "The reflection on the iteration.",
        "importance.json": "What the predictions hang on.",
        "requirements.lock": "The exact versions that the model needs.",
        "training.json": "What the training script noted.",
        "training_log.jsonl": "The course of the training.",
    }
    return known.get(name, "A module of the model." if name.endswith(".py") else "A file of the model.")


def _id(directory: RecordDirectory, path: Path) -> str:
    return quote(path.relative_to(directory.path).as_posix())


def _hidden(place: Path) -> bool:
    return any(part.startswith(".") or part == "__pycache__" for part in place.parts)
