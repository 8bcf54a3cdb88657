"""What of the data may reach a language model: enforced on everything that goes out, whatever the model asks for.

``full``: outputs as they are, cut in the middle. ``samples``: short outputs with a few rows. ``schema``: no value
leaves; the model learns whether its code worked, and where it failed. At every level secrets are taken out.

No filter stops a model that is bent on it from encoding single bits, such as in whether its code fails:
``schema`` keeps data from leaving by themselves, not from being smuggled.
"""

from __future__ import annotations

import builtins
import functools
import re
from importlib.resources import files
from typing import TYPE_CHECKING

from agentomics_nb.environment import redact, redact_forms
from agentomics_nb.experiment.tools import OBSERVATION_LIMIT, cut

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from agentomics_nb.dataset import Dataset
    from agentomics_nb.planner.llm.model import Privacy

MOST_ROWS = 20
"""Lines with data in one output, at `samples`."""
MOST_ROWS_A_STEP = 100
SAMPLES_LIMIT = 4000
"""Characters of one output, at `samples`."""
MASK = "[…]"
_LONGEST_LINE = 480
_SEQUENCE = re.compile(r"(?<![A-Za-z])[A-Z*-]{12,}(?![A-Za-z])")
_NUMBER = re.compile(r"(?<![\w.])[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?(?![\w.])")
_CELL = re.compile(r"[^,;\t|]+(?:[,;\t|]|$)")
_LOCATION = re.compile(r'(?:File "|in |line )?([\w./-]+\.py)"?[:,]\s*(?:line )?(\d+)')
_ERROR = re.compile(r"^\s*((?:\w+\.)*(\w+(?:Error|Exception|Warning|Interrupt|Exit)))(?::\s*(.*))?$")
_WORD = re.compile(r"\w+|[^\w\s]|\s+")


class Curtain:
    """Between the data and the model.

    Parameters
    ----------
    level : {"schema", "samples", "full"}
        How much passes.
    dataset : Dataset
        Its column names pass at every level.
    secrets : iterable of str
        Keys and tokens known by value.
    """

    def __init__(self, level: Privacy, dataset: Dataset, secrets: Iterable[str]) -> None:
        self.level = level
        self._secrets = tuple(secrets)
        names = [*dataset.train.columns, dataset.target.name]
        self._names = frozenset(word for name in names for word in re.findall(r"\w+", name))

    def clean(self, text: str) -> str:
        """Return text without secrets, known ones and what looks like one."""
        return redact_forms(redact(text, self._secrets))

    def output(self, text: str, *, ok: bool, source: str, scripts: Mapping[str, str], shown: int) -> str:
        """Return what the model sees of a cell's output.

        Parameters
        ----------
        text : str
            What the cell printed, with its error.
        ok : bool
            Whether it ended well.
        source : str
            The cell's code: words of it are the model's own.
        scripts : mapping of str to str
            Files that the model has written, by name.
        shown : int
            Lines with data that this step has shown before.
        """
        text = self.clean(text)
        match self.level:
            case "full":
                return cut(text, OBSERVATION_LIMIT)
            case "samples":
                return _sampled(text, MOST_ROWS_A_STEP - shown)
            case _:
                return self._outline(text, ok=ok, source=source, scripts=scripts)

    def check(self, text: str) -> str:
        """Return what the model sees of the reason why a check refused its answer."""
        text = self.clean(text)
        if self.level == "schema":
            return self._masked(text, frozenset())
        return cut(text, SAMPLES_LIMIT)

    def words(self, text: str) -> str:
        """Return text of a kind that may hold figures, but no rows, such as an answer of the offline planner."""
        return self._masked(self.clean(text), frozenset()) if self.level == "schema" else self.clean(text)

    def _outline(self, text: str, *, ok: bool, source: str, scripts: Mapping[str, str]) -> str:
        """Return how a cell ended, without any value: how much it printed, the error's type, and where it arose."""
        lines = [line for line in text.splitlines() if line.strip()]
        said = [f"It {'worked' if ok else 'failed'} and printed {_about(len(lines))}; outputs are withheld."]
        if ok:
            return said[0]
        known = frozenset(word for code in (source, *scripts.values()) for word in re.findall(r"\w+", code))
        for line in lines:
            for name, number in _LOCATION.findall(line):
                code = scripts.get(name.rsplit("/", 1)[-1], "").splitlines()
                if 0 < int(number) <= len(code):
                    said.append(f"{name.rsplit('/', 1)[-1]}, line {number}: {code[int(number) - 1].strip()}")
            found = _ERROR.match(line)
            if found and found[2] in _error_names():
                message = self._masked(found[3] or "", known)
                said.append(f"{found[2]}: {message}" if message else found[2])
        return "\n".join(dict.fromkeys(said))

    def _masked(self, text: str, known: frozenset[str]) -> str:
        """Return text in which only common words, names of columns, and `known` words remain."""
        kept = [
            piece if not piece.strip() or not re.match(r"\w", piece) or self._passes(piece, known) else MASK
            for piece in _WORD.findall(text)
        ]
        mask = re.escape(MASK)
        return re.sub(rf"{mask}(?:[\s.,:/'\"-]*{mask})+", MASK, "".join(kept))

    def _passes(self, word: str, known: frozenset[str]) -> bool:
        common = word if len(word) == 1 else word.lower()  # a lone A may be a nucleotide, a lone a is an article
        return word in self._names or word in known or common in _common_words()


def data_lines(text: str) -> int:
    """Return how many lines of a text look like rows of a table or hold a sequence."""
    return sum(map(_holds_data, text.splitlines()))


def _sampled(text: str, left: int) -> str:
    kept: list[str] = []
    room, held_back = max(0, min(MOST_ROWS, left)), 0
    for line in text.splitlines():
        if _holds_data(line):
            if room == 0:
                held_back += 1
                continue
            room -= 1
        kept.append(line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]}…")
    shown = cut("\n".join(kept), SAMPLES_LIMIT)
    if held_back:
        shown += f"\n[{held_back:,} more lines with data are held back; print aggregates instead of rows]"
    return shown


def _holds_data(line: str) -> bool:
    """Whether a line shows a row or a value of the data, as far as its form tells."""
    if _SEQUENCE.search(line):
        return True
    cells = [cell for cell in _CELL.findall(line) if cell.strip(" ,;\t|")]
    numbers = len(_NUMBER.findall(line))
    return len(cells) >= 4 or numbers >= 4


def _about(lines: int) -> str:
    """Return a number of lines in words; the exact one could carry a value."""
    return "nothing" if lines == 0 else "a few lines" if lines < 10 else "some lines" if lines < 200 else "many lines"


@functools.cache
def _error_names() -> frozenset[str]:
    known = {name for name in vars(builtins) if name.endswith(("Error", "Exception", "Warning", "Interrupt", "Exit"))}
    others = {"CalledProcessError", "ParserError", "EmptyDataError", "NotFittedError", "UndefinedMetricWarning"}
    return frozenset(known | others)


@functools.cache
def _common_words() -> frozenset[str]:
    """Return the words that messages of Python and its libraries are made of, and none that a label might be."""
    text = files("agentomics_nb.planner.llm").joinpath("common_words.txt").read_text(encoding="utf-8")
    return frozenset(text.split())
