"""The tools that a language model works with in one step: one clear contract each, whatever it sends."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agentomics_nb.experiment.steps import ANSWERS, Plan, Step
from agentomics_nb.experiment.tools import printed_text
from agentomics_nb.planner.llm import repair
from agentomics_nb.planner.llm.conversation import Done
from agentomics_nb.planner.llm.privacy import data_lines
from agentomics_nb.planner.llm.tool_schemas import eased, specs
from agentomics_nb.planner.offline import cells
from agentomics_nb.planner.offline.planner import recipes, written_out

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from agentomics_nb.experiment.tools import Observation, Tools
    from agentomics_nb.journal.state import CellState, RunState
    from agentomics_nb.planner.llm.conversation import Call, Conversation, Outcome
    from agentomics_nb.planner.llm.privacy import Curtain
    from agentomics_nb.planner.port import Brief

MOST_LINES = 400
MOST_HITS = 8
_AROUND_HIT = 160
_SCRIPTS = (".py", ".md", ".sh", ".toml", ".cfg", ".json", ".txt", ".log")

_SPLIT_RECIPE = "split: split.py, which divides the rows as the contract asks. Run it with: python split.py"


class MisuseError(Exception):
    """A call that cannot be carried out as it stands; the text says what to do instead."""


class _Arguments(BaseModel):
    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)


class _Bash(_Arguments):
    command: str = Field(min_length=1)


class _Python(_Arguments):
    source: str = Field(min_length=1)


class _WriteFile(_Arguments):
    path: str
    text: str


class _ReplaceInFile(_Arguments):
    path: str
    old: str
    new: str


class _ReadFile(_Arguments):
    path: str
    offset: int = Field(default=0, ge=0)
    limit: int = Field(default=200, ge=1)


class _LookAtFigure(_Arguments):
    cell: str


class _Recipe(_Arguments):
    name: str | None = None
    write: bool = False


class _SearchHistory(_Arguments):
    query: str = Field(min_length=1)


class Toolbox:
    """The tools of one step.

    Parameters
    ----------
    brief : Brief
        The step.
    tools : Tools
        Runs cells and takes the answer.
    curtain : Curtain
        What the model may see.
    state : RunState
        The run so far.
    conversation : Conversation
        What was said before in this step.
    vision : bool
        Whether figures can be shown.
    """

    def __init__(
        self,
        brief: Brief,
        tools: Tools,
        curtain: Curtain,
        state: RunState,
        conversation: Conversation,
        *,
        vision: bool,
    ) -> None:
        self._brief = brief
        self._tools = tools
        self._curtain = curtain
        self._state = state
        self._conversation = conversation
        with_figures = vision and curtain.level != "schema"
        self.specs = specs(brief.step, with_figures=with_figures)
        self._schemas: dict[str, Mapping[str, Any]] = {spec.name: spec.schema for spec in self.specs}
        self._actions: dict[str, tuple[type[_Arguments], Callable[[Any], tuple[str, Outcome]]]] = {
            "bash": (_Bash, lambda a: self._seen(self._tools.bash(a.command), a.command)),
            "python": (_Python, lambda a: self._seen(self._tools.python(a.source), a.source)),
            "write_file": (_WriteFile, self._write_file),
            "replace_in_file": (_ReplaceInFile, self._replace_in_file),
            "read_file": (_ReadFile, self._read_file),
            "look_at_figure": (_LookAtFigure, self._look_at_figure),
            "recipe": (_Recipe, self._recipe),
            "search_history": (_SearchHistory, self._search_history),
        }
        self._picture: str | None = None

    @property
    def schemas(self) -> Mapping[str, Mapping[str, Any]]:
        """Schema of each tool's arguments."""
        return self._schemas

    @property
    def made(self) -> int:
        """Cells that the step has made so far."""
        return self._tools.made

    def carry_out(self, call: Call) -> Done:
        """Carry out a call, however it is written; an error is told, not raised.

        Raises
        ------
        StepFailed
            If the step's answer has been refused too often.
        Interruption
            If the run must end.
        """
        self._picture = None
        name = repair.match_tool(call.name, self._schemas) or call.name
        try:
            text, outcome = self._carry_out(name, call.arguments)
        except MisuseError as misuse:
            text, outcome = str(misuse), "misuse"
        except (ValueError, OSError) as error:
            text, outcome = f"{name}: {error}", "misuse"
        text = self._curtain.clean(text)
        return Done(call=call.id, name=name, text=text, outcome=outcome, cells=self._tools.made, picture=self._picture)

    def _carry_out(self, name: str, text: str) -> tuple[str, Outcome]:
        if name not in self._schemas:
            raise MisuseError(f"There is no tool {name[:60]!r}. The tools are: {', '.join(self._schemas)}.")
        given = repair.parse_object(text) if text.strip() else {}
        if given is None:
            wanted = ", ".join(self._schemas[name].get("properties", {}))
            raise MisuseError(f"The arguments of {name} are no JSON object. Send an object with: {wanted}.")
        given = repair.match_arguments(given, self._schemas[name])
        if name == "finish":
            return self._finish(given)
        model, action = self._actions[name]
        try:
            arguments = model.model_validate(given)
        except ValidationError as error:
            raise MisuseError(f"{name}: {_in_words(error)}") from None
        return action(arguments)

    def _seen(self, seen: Observation, source: str) -> tuple[str, Outcome]:
        shown = self._curtain.output(
            seen.text,
            ok=seen.ok,
            source=source,
            scripts=self._own_files(),
            shown=sum(data_lines(turn.text) for turn in self._conversation.turns if isinstance(turn, Done)),
        )
        status = "ok" if seen.ok else "failed"
        figure = " It drew a figure." if self._figure_of(seen.cell) and "look_at_figure" in self._schemas else ""
        return f"[{seen.cell}] {status}.{figure}\n{shown}".rstrip(), "ok" if seen.ok else "error"

    def _write_file(self, arguments: _WriteFile) -> tuple[str, Outcome]:
        seen = self._tools.write_file(arguments.path, _with_end(arguments.text))
        return self._written(seen, arguments.path)

    def _replace_in_file(self, arguments: _ReplaceInFile) -> tuple[str, Outcome]:
        seen = self._tools.replace_in_file(arguments.path, arguments.old, arguments.new)
        return self._written(seen, arguments.path)

    def _written(self, seen: Observation, path: str) -> tuple[str, Outcome]:
        if not seen.ok:
            return self._seen(seen, "")
        lines = len(self._tools.read(path).splitlines())
        return f"[{seen.cell}] ok. {path} has {lines} lines.", "ok"

    def _read_file(self, arguments: _ReadFile) -> tuple[str, Outcome]:
        text = self._file(arguments.path)
        lines = text.splitlines()
        end = min(len(lines), arguments.offset + min(arguments.limit, MOST_LINES))
        page = "\n".join(lines[arguments.offset : end])
        more = f"; go on with offset {end}" if end < len(lines) else ""
        shown = (
            self._curtain.output(page, ok=True, source="", scripts={}, shown=0) if _is_data(arguments.path) else page
        )
        return f"{arguments.path}, lines {arguments.offset + 1}-{end} of {len(lines)}{more}\n{shown}", "ok"

    def _file(self, path: str) -> str:
        """Return a file that the model may read."""
        workspace = self._brief.workspace_directory
        run = workspace.parent
        path = path.removeprefix(f"{self._brief.workspace}/").removeprefix("./")
        places = [workspace / path]
        if path.startswith(("iterations/", "outputs/")):
            places.insert(0, run / path)
        if path == self._brief.data:
            places.insert(0, self._data_file())
        allowed = [workspace.resolve(), (run / "iterations").resolve(), (run / "outputs").resolve()]
        for place in places:
            real = place.resolve()
            inside = any(real.is_relative_to(root) for root in allowed) or place == self._data_file()
            if inside and real.is_file():
                if self._curtain.level == "schema" and not self._is_own(path):
                    raise MisuseError(f"{path} may hold data, and outputs are withheld (privacy: schema).")
                try:
                    return real.read_text(encoding="utf-8")
                except UnicodeDecodeError:
                    raise MisuseError(f"{path} holds no text.") from None
        raise MisuseError(f"{path} is no file that you may read; look with bash: ls.")

    def _data_file(self) -> Path:
        return Path(self._brief.dataset.train.path)

    def _is_own(self, path: str) -> bool:
        """Whether a file holds what was written into it as a file, and nothing that a program has put there."""
        if path.startswith("iterations/"):
            return path.endswith(".py")
        return path in self._own_files()

    def _own_files(self) -> dict[str, str]:
        """Return the files of the workspace that still hold what a file cell wrote, by name."""
        found: dict[str, str] = {}
        for cell in self._state.cells.values():
            if cell.role == "file" and cell.iteration == self._brief.iteration and cell.status == "ok":
                head, _, text = cell.source.partition("\n")
                path = head.removeprefix("%%writefile ").strip('"').removeprefix(f"{self._brief.workspace}/")
                found[path] = text
        return found

    def _look_at_figure(self, arguments: _LookAtFigure) -> tuple[str, Outcome]:
        cell = next(
            (
                c
                for c in reversed(self._state.cells.values())
                if c.id.endswith(arguments.cell) and self._figure_of(c.id)
            ),
            None,
        )
        if cell is None:
            raise MisuseError(f"No cell {arguments.cell} has drawn a figure.")
        self._picture = self._figure_of(cell.id)
        return f"The figure of {cell.id} follows.", "ok"

    def _figure_of(self, cell: str) -> str | None:
        outputs = self._state.cells[cell].outputs if cell in self._state.cells else []
        for output in reversed(outputs):
            picture = output.get("data", {}).get("image/png")
            if isinstance(picture, str):
                return picture.replace("\n", "")
        return None

    def _recipe(self, arguments: _Recipe) -> tuple[str, Outcome]:
        known = recipes(self._brief)
        if not arguments.name:
            lines = [f"{key}: {recipe.idea}. {recipe.why}" for key, recipe in known.items()]
            lines += [_SPLIT_RECIPE] if self._brief.step is Step.SPLIT else []
            return "\n".join(lines), "ok"
        if arguments.name == "split":
            return self._delivered("split", cells.split_files(self._brief), "python split.py", write=arguments.write)
        recipe = known.get(arguments.name) or known.get(_nearest(arguments.name, known))
        if recipe is None:
            raise MisuseError(f"There is no recipe {arguments.name[:60]!r}. There are: {', '.join(known)}.")
        scripts = written_out(recipe, self._brief)
        use = (
            f"python train.py --seed {self._brief.seed} --threads {self._brief.threads} reads train.csv and writes "
            "model.joblib; python inference.py --input X.csv --output P.csv."
        )
        return self._delivered(recipe.key, scripts, use, write=arguments.write)

    def _delivered(self, name: str, scripts: dict[str, str], use: str, *, write: bool) -> tuple[str, Outcome]:
        """Write tested scripts into the workspace, or show them."""
        if write:
            seen = [self._tools.write_file(file, text) for file, text in scripts.items()]
            failed = next((one for one in seen if not one.ok), None)
            if failed is not None:
                return self._seen(failed, "")
            return f"{name} is in the workspace: {', '.join(scripts)}. {use}", "ok"
        return "\n\n".join(f"# file: {file}\n{text}" for file, text in scripts.items()) + f"\n\n{use}", "ok"

    def _search_history(self, arguments: _SearchHistory) -> tuple[str, Outcome]:
        query = arguments.query.lower()
        hits: list[str] = []
        withheld = self._curtain.level == "schema"
        for cell in reversed(self._state.cells.values()):
            if withheld and (cell.cell_type != "code" or cell.planner == "offline"):
                continue  # what we write for the person names labels and figures
            text = cell.source if withheld else f"{cell.source}\n{printed_text(cell.outputs)}"
            place = text.lower().find(query)
            if place >= 0:
                excerpt = text[max(0, place - _AROUND_HIT) : place + _AROUND_HIT]
                hits.append(f"[{cell.id}] {_where(cell)}, {cell.status}: …{excerpt}…")
            if len(hits) == MOST_HITS:
                break
        for iteration in self._state.iterations.values():
            for step, state in iteration.steps.items():
                text = str(state.answer) if state.answer and state.fell_back is None else ""
                if query in text.lower():
                    place = text.lower().find(query)
                    around = text[max(0, place - _AROUND_HIT) : place + _AROUND_HIT]
                    hits.append(f"iteration {iteration.number}, answer of {step}: …{around}…")
        if not hits:
            return f"Nothing in this run mentions {arguments.query!r}.", "ok"
        shown = "\n".join(hits[-2 * MOST_HITS :])
        if self._curtain.level == "samples":
            shown = self._curtain.output(shown, ok=True, source="", scripts={}, shown=0)
        return shown, "ok"

    def _finish(self, given: dict[str, Any]) -> tuple[str, Outcome]:
        model = ANSWERS[self._brief.step]
        try:
            answer = model.model_validate(eased(given, self._schemas["finish"]))
        except ValidationError as error:
            raise MisuseError(f"finish: {_in_words(error)}") from None
        if isinstance(answer, Plan):
            answer = answer.model_copy(
                update={"recipe": self._known_recipe(answer.recipe), "parent": self._parent(answer)}
            )
        refused = self._tools.finish(answer)
        if refused is not None:
            return f"The answer is refused: {self._curtain.check(refused)}", "error"
        return "Accepted.", "accepted"

    def _known_recipe(self, name: str | None) -> str | None:
        known = recipes(self._brief)
        return None if not name else name if name in known else _nearest(name, known) or None

    def _parent(self, plan: Plan) -> int | None:
        return plan.parent if plan.parent is not None and plan.parent < self._brief.iteration else None


def _in_words(error: ValidationError) -> str:
    """Return what is wrong with arguments, one field each, without repeating the values."""
    told = [f"{'.'.join(map(str, one['loc'])) or 'the whole'}: {one['msg'].lower()}" for one in error.errors()[:5]]
    return "; ".join(told)


def _with_end(text: str) -> str:
    return text if text.endswith("\n") else f"{text}\n"


def _is_data(path: str) -> bool:
    return not path.endswith(_SCRIPTS) or path.startswith("outputs/")


def _nearest(name: str, known: Mapping[str, Any]) -> str:
    import difflib

    return next(iter(difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)), "")


def _where(cell: CellState) -> str:
    return f"iteration {cell.iteration}, {cell.step}" if cell.iteration is not None else "report"
