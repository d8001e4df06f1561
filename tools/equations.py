"""Where each numbered equation stands: in a chapter, on a line of rnnlib, in a check.

A label such as ``eq-state`` joins the three:

- a chapter numbers the equation: ``$$ … $$ (eq-state)``;
- the line of rnnlib that implements it ends in the comment ``# eq-state``;
- a test decorated with ``@guards("eq-state", …)`` checks it.

Everything is read from the files as text, so that the book's appendix can be made without running
a test, and a label that lacks one of the three is found by comparing dictionaries.
"""

import ast
import io
import json
import re
import tokenize
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LABEL = re.compile(r"\beq-[a-z0-9]+(?:-[a-z0-9]+)*\b")
NUMBERED = re.compile(r"\$\$(?P<latex>[^$]+)\$\$\s*\((?P<label>eq-[a-z0-9-]+)\)")


@dataclass(frozen=True)
class Equation:
    """A numbered equation of a chapter."""

    label: str
    latex: str
    chapter: Path


@dataclass(frozen=True)
class CodeLine:
    """A line of rnnlib that implements an equation."""

    label: str
    path: Path
    number: int
    source: str
    """The line without its label comment, stripped."""


@dataclass(frozen=True)
class Mutant:
    """A wrong version of a line of code: `old` replaced by `new`."""

    name: str
    old: str
    new: str


@dataclass(frozen=True)
class Check:
    """A test that guards an equation."""

    label: str
    kind: str
    path: Path
    function: str
    mutants: tuple[Mutant, ...]


def equations(root: Path = ROOT) -> list[Equation]:
    """Every numbered equation, in the order of the chapters."""
    found = []
    for path in sorted((root / "chapters").glob("*.ipynb")):
        if path.name.startswith("_"):
            continue
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "markdown":
                for match in NUMBERED.finditer("".join(cell["source"])):
                    latex = match["latex"].strip()
                    found.append(Equation(match["label"], latex, path.relative_to(root)))
    return found


def title(chapter: Path, root: Path = ROOT) -> str:
    """Return a chapter's title: the first heading of its first cell."""
    first = json.loads((root / chapter).read_text(encoding="utf-8"))["cells"][0]
    return "".join(first["source"]).splitlines()[0].removeprefix("# ")


def code_lines(root: Path = ROOT) -> list[CodeLine]:
    """Every line of rnnlib that carries a label."""
    found = []
    for path in sorted((root / "rnnlib").rglob("*.py")):
        for label, number, source in _labelled(path.read_text(encoding="utf-8")):
            found.append(CodeLine(label, path.relative_to(root), number, source))
    return found


@cache  # each of several hundred tests asks for all lines
def _labelled(text: str) -> tuple[tuple[str, int, str], ...]:
    """Return each label in a module's comments, with its line's number and code."""
    return tuple(
        (label, token.start[0], token.line[: token.start[1]].strip())
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type == tokenize.COMMENT
        for label in LABEL.findall(token.string)
    )


def checks(root: Path = ROOT) -> list[Check]:
    """Every test decorated with ``@guards(label, kind, Mutant(name, old, new), …)``."""
    found = []
    for path in sorted((root / "tests" / "equations").glob("test_*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef):
                for call in node.decorator_list:
                    if isinstance(call, ast.Call) and ast.unparse(call.func) == "guards":
                        found.append(_read_check(call, path.relative_to(root), node.name))
    return found


def _read_check(call: ast.Call, path: Path, function: str) -> Check:
    """Read the decorator's arguments, which are literals, without importing the test."""
    label, kind, *mutants = call.args
    return Check(
        label=ast.literal_eval(label),
        kind=ast.literal_eval(kind),
        path=path,
        function=function,
        mutants=tuple(
            Mutant(*(ast.literal_eval(argument) for argument in mutant.args))
            for mutant in mutants
            if isinstance(mutant, ast.Call)
        ),
    )


def problems(root: Path = ROOT) -> list[str]:
    """Say what is missing or double: an empty list means that every equation is guarded."""
    places = {
        "chapter": [equation.label for equation in equations(root)],
        "line of rnnlib": [line.label for line in code_lines(root)],
        "check": [check.label for check in checks(root)],
    }
    found = []
    for label in sorted(set().union(*places.values())):
        for place, labels in places.items():
            if label not in labels:
                found.append(f"{label} has no {place}")
            elif labels.count(label) > 1 and place != "line of rnnlib":
                found.append(f"{label} has {labels.count(label)} of: {place}")
    for check in checks(root):
        if not check.mutants:
            found.append(f"{check.label}: {check.function} names no mutant that it must catch")
    return found
