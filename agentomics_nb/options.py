"""The options of a run: one definition for the magic, the command line, completion, help and the docs."""

from __future__ import annotations

import argparse
import os
import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NoReturn, cast, get_args

from pydantic import BaseModel, ConfigDict

from agentomics_nb.errors import InputError
from agentomics_nb.evaluation.metrics import METRICS
from agentomics_nb.isolation.confinement import KINDS, Isolation
from agentomics_nb.planner.llm.model import Api, Price, Privacy, parse_price

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

METRIC_NAMES = tuple(METRICS)
_PRIVACY_HELP = "what the model may see of the data: schema, samples or full (samples; full if it runs on this machine)"
Approval = Literal["none", "bash", "step", "plan"]
APPROVALS: tuple[Approval, ...] = get_args(Approval)


class RunOptions(BaseModel):
    """What a person asked for, as given; `run.json` keeps it word for word."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: str
    target: str | None = None
    task: Literal["classification", "regression"] | None = None
    metric: str | None = None
    validation: Path | None = None
    test: Path | None = None
    description: Path | None = None
    split: str | None = None
    iterations: int = 5
    time_limit: float | None = None
    cell_time_limit: float = 3600.0
    memory_limit: int | None = None
    seed: int = 0
    threads: int | None = None
    llm: str | None = None
    base_url: str | None = None
    api: Api | None = None
    budget: float | None = None
    price: Price | None = None
    privacy: Privacy | None = None
    show_prompt: bool = False
    name: str | None = None
    out: Path | None = None
    detach: bool = False
    json_output: bool = False
    instructions: str | None = None
    approve: Approval = "none"
    network: bool = False
    isolation: Isolation | None = None


@dataclass(frozen=True)
class Option:
    """One option: its flag, its help, and how its text becomes a value.

    Parameters
    ----------
    flag : str
        As typed, such as ``--time-limit``.
    help : str
        One line, with the default at the end.
    placeholder : str or None
        Stands for the value in the help; None for a switch.
    parse : callable or None
        Text to value; raises ValueError with the reason.
    choices : tuple of str
        Values offered in completion (and enforced, unless `parse` is given).
    destination : str or None
        Field of `RunOptions`, if it is not the flag's own name.
    """

    flag: str
    help: str
    placeholder: str | None = None
    parse: Callable[[str], Any] | None = None
    choices: tuple[str, ...] = ()
    destination: str | None = None

    @property
    def field(self) -> str:
        """Name of the field of `RunOptions`."""
        return self.destination or self.flag.lstrip("-").replace("-", "_")


def duration(text: str) -> float:
    """Return seconds from ``90``, ``90s``, ``30m``, ``1.5h`` or ``1h30m``."""
    if re.fullmatch(r"\d+(\.\d+)?", text):
        seconds = float(text)
    elif re.fullmatch(r"(\d+(\.\d+)?[smhd])+", text):
        units = {"s": 1, "m": 60, "h": 3600, "d": 86400}
        seconds = sum(float(n) * units[unit] for n, _, unit in re.findall(r"(\d+(\.\d+)?)([smhd])", text))
    else:
        raise ValueError("give a duration such as 90s, 30m or 1h30m")
    if seconds <= 0:
        raise ValueError("give a duration above zero")
    return seconds


def size(text: str) -> int:
    """Return bytes from ``500M``, ``8G`` or a plain number of bytes."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kKmMgGtT]?)i?[bB]?", text)
    if not found or float(found[1]) <= 0:
        raise ValueError("give a size such as 500M or 8G")
    return int(float(found[1]) * 1024 ** " kmgt".index(found[2].lower() or " "))


def _money(text: str) -> float:
    found = re.fullmatch(r"\$?(\d+(?:\.\d+)?)", text.strip())
    if not found or float(found[1]) <= 0:
        raise ValueError("give an amount above zero, such as 2.50")
    return float(found[1])


def _whole(minimum: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not re.fullmatch(r"[+-]?\d+", text) or int(text) < minimum:
            raise ValueError(f"give a whole number, {minimum} or more")
        return int(text)

    return parse


def _split(text: str) -> str:
    if text in {"random", "homology"} or re.fullmatch(r"(group|time)=.+", text):
        return text
    raise ValueError("give random, group=COLUMN, homology or time=COLUMN")


def _run_name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}", text):
        raise ValueError("use letters, digits, '.', '_' and '-', 80 characters at most")
    return text


OPTIONS: tuple[Option, ...] = (
    Option("--target", "label column (found by name: target, class, label, y …)", "COL"),
    Option("--task", "classification or regression (inferred)", "TASK", choices=("classification", "regression")),
    Option("--metric", f"{', '.join(METRIC_NAMES)} (auroc; rmse)", "METRIC", parse=str, choices=METRIC_NAMES),
    Option("--validation", "file that the agent sees as validation data (split from DATA)", "FILE", parse=Path),
    Option("--test", "file that the agent never sees; scored once, at the end", "FILE", parse=Path),
    Option("--description", "text about the data for the agent (dataset_description.md beside it)", "FILE", parse=Path),
    Option("--split", "random, group=COL, homology or time=COL (chosen by the audit)", "CONTRACT", parse=_split),
    Option("--iterations", "how many rounds of the experiment (5)", "N", parse=_whole(1)),
    Option("--time-limit", "end cleanly after this time, such as 30m (none)", "TIME", parse=duration),
    Option("--cell-time-limit", "end a single cell after this time (1h)", "TIME", parse=duration),
    Option("--memory-limit", "end a cell that uses more memory, such as 8G (80 %% of the machine)", "SIZE", parse=size),
    Option("--llm", "language model that plans: gpt-5-mini, ollama:qwen3:8b, a profile, replay:RUN (none)", "NAME"),
    Option("--base-url", "address of an OpenAI-compatible endpoint (api.openai.com)", "URL"),
    Option("--api", "chat or responses (responses at api.openai.com, else chat)", "API", choices=("chat", "responses")),
    Option("--budget", "spend no more on the language model than this, such as 2.50 (none)", "USD", parse=_money),
    Option("--price", "USD per million tokens: INPUT[/CACHED]/OUTPUT (list price)", "PRICE", parse=parse_price),
    Option("--privacy", _PRIVACY_HELP, "LEVEL", choices=("schema", "samples", "full")),
    Option("--show-prompt", "show what the model would be sent and what it may cost; send nothing"),
    Option("--approve", "what waits for your yes: none, bash, step or plan (none)", "WHAT", choices=APPROVALS),
    Option("--network", "let the agent's programs reach the network (they cannot, where isolation works)"),
    Option("--isolation", "bubblewrap, landlock or none (the best that works here; see doctor)", "KIND", choices=KINDS),
    Option("--seed", "seed of everything random (0)", "N", parse=_whole(0)),
    Option("--threads", "threads of every computation (the processors available)", "N", parse=_whole(1)),
    Option("--name", "name of the run (the data set's name and 8 hex digits)", "RUN", parse=_run_name),
    Option("--out", "directory for the run (agentomics_runs)", "DIR", parse=Path),
    Option("--detach", "go on when the notebook's kernel or the terminal ends"),
    Option("--json", "print one JSON object last on stdout", destination="json_output"),
)  # fmt: skip


def read_limit(text: str) -> tuple[Literal["iterations", "time_limit", "budget"], float] | None:
    """Return name and value of a limit such as ``iterations=8``, ``time_limit=30m`` or ``budget=2.50``.

    Returns
    -------
    tuple or None
        The value as its option understands it: a number, seconds, or USD; None for no limit that can be changed.
    """
    name, _, value = text.partition("=")
    name = name.strip().removeprefix("--").replace("-", "_")
    parsers: dict[str, Callable[[str], float]] = {"iterations": _whole(1), "time_limit": duration, "budget": _money}
    if name not in parsers:
        return None
    try:
        return cast("Literal['iterations', 'time_limit', 'budget']", name), parsers[name](value.strip())
    except ValueError:
        return None


class Parser(argparse.ArgumentParser):
    """An argument parser that raises `InputError` instead of ending the process."""

    def error(self, message: str) -> NoReturn:
        """Raise the message of a usage error as one sentence."""
        raise InputError(f"{message[:1].upper()}{message[1:]}; see `{self.prog} --help`.")


def _checked(option: Option) -> Callable[[str], Any]:
    parse = option.parse or str

    def convert(text: str) -> Any:
        if option.choices and option.parse is None and text not in option.choices:
            raise argparse.ArgumentTypeError(f"{text!r} is not one of {', '.join(option.choices)}")
        try:
            return parse(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(f"{text!r} cannot be used: {error}") from None

    return convert


RECORD_COMMANDS: dict[str, tuple[Option, ...]] = {
    "export": (
        Option("--output", "folder of the record (record/ in the run)", "DIR", parse=Path),
        Option("--without-data", "leave the data out; the record says which files it needs"),
        Option("--no-replay", "do not execute the replay now: quick, without its newest outputs"),
        Option("--zip", "write the record as one file, too", destination="zipped"),
        Option("--notebook", "where the run's cells are, with your edits (found beside the run)", "FILE", parse=Path),
        Option("--author", "who answers for it, for the RO-Crate", "NAME"),
        Option("--orcid", "the author's ORCID", "ID"),
        Option("--licence", "under which it may be used, such as CC-BY-4.0", "SPDX"),
    ),
    "verify": (
        Option("--manifest", "only whether a byte was changed; execute nothing"),
        Option("--fresh", "in a new environment, made from requirements.lock"),
        Option("--python", "with this interpreter (the one that runs)", "FILE", parse=Path),
        Option("--any-versions", "judge the numbers alone, whatever versions are installed"),
        Option("--json", "print one JSON object last on stdout", destination="json_output"),
    ),
}
"""What is done with the record of a run, and the options of that."""
_RECORD_HELP = {
    "export": ("run", "RUN", "name or directory of the run (the newest)"),
    "verify": ("record", "RECORD", "folder or zip of a record, or a run (the newest)"),
}

MODEL_FLAGS = ("--llm", "--base-url", "--api")
AUDIT_FLAGS = ("--target", "--task", "--validation", "--test", "--split", "--json")


def add_model_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that name a language model; ``--llm`` without a name takes AGENTOMICS_LLM."""
    for option in OPTIONS:
        if option.flag in MODEL_FLAGS:
            may_be_alone: dict[str, Any] = {"nargs": "?", "const": ""} if option.flag == "--llm" else {}
            parser.add_argument(
                option.flag,
                dest=option.field,
                metavar=option.placeholder,
                type=_checked(option),
                help=option.help,
                **may_be_alone,
            )


def model_options(namespace: argparse.Namespace) -> RunOptions | None:
    """Return the model that the arguments of `add_model_options` name; None if they name none."""
    if namespace.llm is None:
        return None
    return RunOptions(data="", llm=namespace.llm or None, base_url=namespace.base_url, api=namespace.api)


_DATA_HELP = (
    "csv, tsv or parquet (also .gz, .zst), a folder with train[, validation][, test] files, "
    "or, in a notebook, the name of a DataFrame"
)


def add_record_command(parser: argparse.ArgumentParser, name: str) -> None:
    """Add the argument and options of a command of `RECORD_COMMANDS`."""
    field, placeholder, words = _RECORD_HELP[name]
    parser.add_argument(field, metavar=placeholder, nargs="?", help=words)
    _add(parser, RECORD_COMMANDS[name])


def add_audit_options(parser: argparse.ArgumentParser) -> None:
    """Add what an audit takes: the data, or a run, and which files and columns are which."""
    parser.add_argument("data", metavar="DATA", help=f"{_DATA_HELP}; or the name of a run")
    _add(parser, [option for option in OPTIONS if option.flag in AUDIT_FLAGS])


MODEL_COMMANDS: dict[str, tuple[Option, ...]] = {
    "predict": (Option("--output", "csv to write (DATA.predictions.csv)", "FILE", parse=Path),),
    "retrain": (Option("--output", "folder of the new model (RUN-retrained)", "DIR", parse=Path),),
}
"""What is done with a trained model and a table, and the options of that."""
_MODEL_DATA_HELP = {
    "predict": "csv, tsv or parquet (also .gz, .zst), with the columns of the training table",
    "retrain": "the same with the target column: new labelled rows",
}


def add_model_command(parser: argparse.ArgumentParser, name: str) -> None:
    """Add the arguments and options of a command of `MODEL_COMMANDS`."""
    what = "run, folder of a record or of a model" if name == "predict" else "run"
    parser.add_argument("model", metavar="RUN", help=f"name or directory of a {what}")
    parser.add_argument("data", metavar="DATA", help=f"{_MODEL_DATA_HELP[name]}; in a notebook, also a DataFrame")
    _add(parser, MODEL_COMMANDS[name])


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the data argument and all options of a run to an argument parser."""
    parser.add_argument("data", metavar="DATA", help=_DATA_HELP)
    _add(parser, OPTIONS)


def _add(parser: argparse.ArgumentParser, options: Sequence[Option]) -> None:
    for option in options:
        if option.placeholder is None:
            parser.add_argument(option.flag, dest=option.field, action="store_true", default=None, help=option.help)
        else:
            parser.add_argument(
                option.flag,
                dest=option.field,
                metavar=option.placeholder,
                type=_checked(option),
                default=None,
                help=option.help,
            )


def run_parser(prog: str) -> argparse.ArgumentParser:
    """Return the parser of ``DATA [options]``; its errors are `InputError`."""
    parser = Parser(prog=prog, description="Run an autonomous experiment on a labelled table.", allow_abbrev=False)
    add_options(parser)
    return parser


def from_namespace(namespace: argparse.Namespace) -> RunOptions:
    """Return the options from parsed arguments, defaults filled in."""
    fields = {name for name in RunOptions.model_fields if getattr(namespace, name, None) is not None}
    return RunOptions(**{name: getattr(namespace, name) for name in fields})


def parse(arguments: str | Sequence[str], *, prog: str = "%agentomics") -> RunOptions:
    """Parse ``DATA [options]``.

    Raises
    ------
    InputError
        If an option is unknown or its value cannot be used; the sentence names it.
    """
    try:
        words = shlex.split(arguments) if isinstance(arguments, str) else list(arguments)
    except ValueError:
        raise InputError("A quotation mark in the options is not closed.") from None
    return from_namespace(run_parser(prog).parse_args(words))


def available_threads() -> int:
    """Return the number of processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return os.cpu_count() or 1


def options_table(options: Sequence[Option] = OPTIONS) -> str:
    """Return options as a Markdown table, for the README."""
    rows = [
        f"| `{o.flag}{' ' + o.placeholder if o.placeholder else ''}` | {o.help.replace('%%', '%')} |" for o in options
    ]
    return "\n".join(["| option | meaning (default) |", "|---|---|", *rows])
