"""Write a recipe out as scripts: features.py, model.py, train.py, inference.py."""

from __future__ import annotations

import functools
import keyword
from typing import TYPE_CHECKING

from agentomics_nb.planner.offline import assemble
from agentomics_nb.planner.offline.recipe import Call, Literal, Member, Recipe

if TYPE_CHECKING:
    from collections.abc import Iterable

    import jinja2

    from agentomics_nb.dataset import Dataset

_WIDTH = 96
_LONG_LIST = 6
"""A list of more items that occurs as an argument becomes a constant with a name."""
_NAMES_A_COLUMN = ("column", "first", "second", "target", "guide")
"""Arguments of feature functions that name one column."""
_LISTED = 40
"""Columns up to which a script lists all that it needs; nobody reads 20,000 genes."""
_ListNames = dict[tuple[Literal, ...], str]


def features_script(recipe: Recipe) -> str:
    """Return ``features.py``: the snippets in use and one ``build_features`` function a member."""
    names = _list_names(call for member in recipe.members for call in member.features)
    constants = "".join(f"{name} = {literal(list(items))}\n" for items, name in names.items())
    builders = [_builder(member, names, alone=len(recipe.members) == 1) for member in recipe.members]
    calls = (call for member in recipe.members for call in member.features)
    return assemble.join(
        [constants, *_snippets("features", calls), *builders],
        docstring=docstring_lines(recipe.representation),
        keep="build_",
    )


def model_script(recipe: Recipe, *, classification: bool) -> str:
    """Return ``model.py`` with ``build_model(seed)``: an estimator over the raw rows."""
    alone = len(recipe.members) == 1
    names = ", ".join(_features_name(member, alone=alone) for member in recipe.members)
    imports = f"from sklearn.pipeline import make_pipeline\nfrom features import {names}\n"
    sources = _snippets("models", (member.model for member in recipe.members))
    if alone:
        body = f"    return {_pipeline(recipe.members[0], alone=True, indent=4)}\n"
    else:
        blend = "MeanOfLogits" if classification else "VotingRegressor"
        sources += assemble.sources("models", ["blend"]) if classification else []
        imports += "" if classification else "from sklearn.ensemble import VotingRegressor\n"
        parts = "".join(
            f"            ({literal(member.name)}, {_pipeline(member, alone=False, indent=12)}),\n"
            for member in recipe.members
        )
        body = f"    return {blend}(\n        [\n{parts}        ]\n    )\n"
    words = '"""Return the untrained model; it takes the rows as they are in the file."""'
    build = f"def build_model(seed=0):\n    {words}\n{body}"
    return assemble.join([imports, *sources, build], docstring=docstring_lines(recipe.architecture), keep="build_")


def train_script(
    recipe: Recipe, dataset: Dataset, *, seed: int, threads: int, folds: str | None = None, metric: str = ""
) -> str:
    """Return ``train.py``; `folds` names the scorer of a cross-validation that it can do, for the run's `metric`."""
    text = _used(recipe, dataset, text_columns(dataset))
    if dataset.task == "classification":
        text = [*text, dataset.target.name]
    return template("train.py.j2").render(
        idea=docstring_lines(f"The model: {recipe.idea}"),
        target=literal(dataset.target.name),
        text_columns=literal([*text]),
        seed=seed,
        threads=threads,
        folds=folds,
        metric=metric,
        classification=dataset.task == "classification",
        alone=len(recipe.members) == 1 and not uses_torch(recipe),
        torch=uses_torch(recipe),
    )


def inference_script(recipe: Recipe, dataset: Dataset) -> str:
    """Return ``inference.py``."""
    columns = _used(recipe, dataset, (column.name for column in dataset.columns))
    return template("inference.py.j2").render(
        target_words=docstring_text(dataset.target.name),
        classification=dataset.task == "classification",
        columns=literal([*columns]) if len(columns) <= _LISTED else None,
        text_columns=literal([*_used(recipe, dataset, text_columns(dataset))]),
        torch=uses_torch(recipe),
    )


def _used(recipe: Recipe, dataset: Dataset, names: Iterable[str]) -> list[str]:
    """Return those of some columns that the features of a recipe read."""
    read: set[str] = set()
    for call in (call for member in recipe.members for call in member.features):
        for argument, value in call.arguments.items():
            if argument in _NAMES_A_COLUMN and isinstance(value, str):
                read.add(value)
            elif argument == "columns" and isinstance(value, (list, tuple)):
                read.update(map(str, value))
            elif argument == "leave_out" and isinstance(value, (list, tuple)):
                read.update({column.name for column in dataset.columns} - set(map(str, value)))
    return [name for name in names if name in read]


def text_columns(dataset: Dataset) -> tuple[str, ...]:
    """Return the feature columns that scripts must read as text, whatever their values look like."""
    kinds = ("nucleotide", "protein", "smiles", "categorical", "text", "identifier")
    return tuple(column.name for column in dataset.columns if column.kind in kinds)


@functools.cache
def environment() -> jinja2.Environment:
    """Return the Jinja environment of the offline planner's templates."""
    import jinja2

    return jinja2.Environment(
        loader=jinja2.PackageLoader("agentomics_nb.planner.offline", "templates"),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701 - the templates are Python scripts; values enter as literals
    )


def template(name: str) -> jinja2.Template:
    """Return a template of the offline planner by file name."""
    return environment().get_template(name)


def literal(value: Literal, *, indent: int = 0) -> str:
    """Return a Python literal, wrapped as a formatter would if the line gets too long."""
    text = _one_line(value)
    if len(text) + indent <= _WIDTH or not isinstance(value, (list, tuple)):
        return text
    pad = " " * (indent + 4)
    opening, closing = ("[", "]") if isinstance(value, list) else ("(", ")")
    lines, line = [], ""
    for item in value:
        piece = f"{_one_line(item)}, "
        if line and len(pad) + len(line) + len(piece) > _WIDTH:
            lines.append(pad + line.rstrip())
            line = ""
        line += piece
    lines.append(pad + line.rstrip())
    return "\n".join([opening, *lines, " " * indent + closing])


def _one_line(value: Literal) -> str:
    """Return ``repr``, with double quotes where no escape is needed."""
    if isinstance(value, str):
        text = repr(value)
        plain = text[0] == "'" and '"' not in text and "\\" not in text
        return f'"{text[1:-1]}"' if plain else text
    if isinstance(value, list):
        return f"[{', '.join(map(_one_line, value))}]"
    if isinstance(value, tuple):
        return f"({', '.join(map(_one_line, value))}{',' if len(value) == 1 else ''})"
    return repr(value)


def call_source(call: Call, *, indent: int, leading: str = "", extra: str = "", names: _ListNames | None = None) -> str:
    """Return the call as source, one argument a line where it is long; lists with `names` go by these."""
    arguments = [leading] if leading else []
    for name, value in call.arguments.items():
        known = (names or {}).get(tuple(value)) if isinstance(value, (list, tuple)) else None
        arguments.append(f"{name}={known or literal(value, indent=indent + 4)}")
    arguments += [extra] if extra else []
    line = f"{call.function}({', '.join(arguments)})"
    if len(line) + indent <= 96 and "\n" not in line:
        return line
    pad = " " * (indent + 4)
    return f"{call.function}(\n" + "".join(f"{pad}{a},\n" for a in arguments) + " " * indent + ")"


def _pipeline(member: Member, *, alone: bool, indent: int) -> str:
    features = f"{_features_name(member, alone=alone)}()"
    model = call_source(member.model, indent=indent + 4, extra="seed=seed")
    line = f"make_pipeline({features}, {model})"
    if len(line) + indent <= 96 and "\n" not in line:
        return line
    pad = " " * (indent + 4)
    return f"make_pipeline(\n{pad}{features},\n{pad}{model},\n{' ' * indent})"


def _builder(member: Member, names: _ListNames, *, alone: bool) -> str:
    words = '"""Return the transformer from the rows of the file to numbers."""'
    head = f"def {_features_name(member, alone=alone)}():\n    {words}\n"
    if len(member.features) == 1:
        return head + f"    return {call_source(member.features[0], indent=4, names=names)}\n"
    parts = "".join(f"        {call_source(call, indent=8, names=names)},\n" for call in member.features)
    return f"from sklearn.pipeline import make_union\n{head}    return make_union(\n{parts}    )\n"


def _list_names(calls: Iterable[Call]) -> _ListNames:
    """Name the long lists among the arguments, each once, however many calls share it."""
    names: _ListNames = {}
    for call in calls:
        for argument, value in call.arguments.items():
            if isinstance(value, (list, tuple)) and len(value) > _LONG_LIST and tuple(value) not in names:
                base = argument.upper()
                same = sum(name.startswith(base) for name in names.values())
                names[tuple(value)] = f"{base}_{same + 1}" if same else base
    return names


def _features_name(member: Member, *, alone: bool) -> str:
    if not member.name.isidentifier() or keyword.iskeyword(member.name):
        raise ValueError(f"{member.name!r} cannot name a Python function")
    return "build_features" if alone else f"build_{member.name}_features"


def _snippets(kind: str, calls: Iterable[Call]) -> list[str]:
    return assemble.sources(kind, (call.snippet for call in calls))


def docstring_lines(text: str) -> str:
    """Return a sentence for a docstring, in lines that fit."""
    import textwrap

    return "\n".join(textwrap.wrap(docstring_text(f"{text.rstrip('.')}."), 98))


def docstring_text(text: str) -> str:
    """Return text that cannot end the docstring it stands in: names in it may come from the data."""
    return " ".join(text.replace("\\", "").replace('"', "'").split())


def uses_torch(recipe: Recipe) -> bool:
    """Return whether a model of the recipe is a network."""
    return any("import torch" in source for source in _snippets("models", (m.model for m in recipe.members)))
