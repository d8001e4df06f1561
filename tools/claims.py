"""Where each claim stands: in a chapter, on a check, and behind it an experiment's protocol.

A claim says something of trained networks or random draws. Its label joins the three, as an
equation's does:

- a line of a chapter, its sentence, ends in ``{claim}`claim-…` ``;
- a test decorated with ``@supports("claim-…", kind, "experiment", …)`` checks it against the stored
  results;
- the function `run` of that experiment stands under ``@protocol(…)``.

Everything is read from the files as text, as in `tools.equations`.
"""

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.equations import ROOT

MARK = re.compile(r"\{claim\}`(?P<label>[^`]*)`")
LINE = re.compile(
    r"^(?P<sentence>\S(?:(?!\{claim\}).)*) \{claim\}`(?P<label>claim-[a-z0-9]+(?:-[a-z0-9]+)*)`$"
)
# A sentence with one of these gives a cause.
CAUSE = re.compile(
    r"\b(because|since|why|hence|therefore|evidently|cannot|due to|owing to|thanks to|so that|"
    r"causes?|caused|helps?|helped|brings?|mends?|mended|cures?|cured)\b",
    re.IGNORECASE,
)
KINDS = ("count", "cause")
LEAST_SEEDS = 20


@dataclass(frozen=True)
class Claim:
    """A labelled sentence of a chapter."""

    label: str
    sentence: str
    chapter: Path


@dataclass(frozen=True)
class Check:
    """A test that holds a claim against the stored results of an experiment.

    Attributes
    ----------
    counters : tuple of str
        What would refute the claim: results with which the test must fail.
    """

    label: str
    kind: str
    experiment: str
    path: Path
    function: str
    counters: tuple[str, ...]


@dataclass(frozen=True)
class ProtocolText:
    """What a protocol says of itself, as far as it can be read without running it."""

    experiment: str
    has_control: bool
    seeds: int


def _texts(root: Path) -> Iterator[tuple[Path, str]]:
    """Yield the Markdown of the book's pages."""
    for path in sorted((root / "chapters").iterdir()):
        if path.suffix == ".md":
            yield path.relative_to(root), path.read_text(encoding="utf-8")
        elif path.suffix == ".ipynb" and not path.name.startswith("_"):
            for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
                if cell["cell_type"] == "markdown":
                    yield path.relative_to(root), "".join(cell["source"])


def _marked_lines(root: Path) -> Iterator[tuple[Path, str]]:
    for path, text in _texts(root):
        yield from ((path, line) for line in text.splitlines() if MARK.search(line))


def claims(root: Path = ROOT) -> list[Claim]:
    """Every labelled sentence, in the order of the chapters."""
    return [
        Claim(match["label"], match["sentence"], path)
        for path, line in _marked_lines(root)
        if (match := LINE.match(line))
    ]


def checks(root: Path = ROOT) -> list[Check]:
    """Every test decorated with ``@supports(label, kind, experiment, Counter(name, …), …)``."""
    found = []
    for path in sorted((root / "tests" / "claims").glob("test_*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            for call in _decorators(node, "supports"):
                label, kind, experiment, *counters = call.args
                found.append(
                    Check(
                        label=ast.literal_eval(label),
                        kind=ast.literal_eval(kind),
                        experiment=ast.literal_eval(experiment),
                        path=path.relative_to(root),
                        function=node.name,  # type: ignore[attr-defined]
                        counters=tuple(
                            ast.literal_eval(counter.args[0])
                            for counter in counters
                            if isinstance(counter, ast.Call)
                        ),
                    )
                )
    return found


def protocols(root: Path = ROOT) -> list[ProtocolText]:
    """Every function under ``@protocol(…)`` in `experiments/`."""
    found = []
    for path in sorted((root / "experiments").glob("[!_]*.py")):
        body = ast.parse(path.read_text(encoding="utf-8")).body
        constants = {
            ast.unparse(node.targets[0]): node.value
            for node in body
            if isinstance(node, ast.Assign)
        }
        for node in body:
            for call in _decorators(node, "protocol"):
                given = {keyword.arg: keyword.value for keyword in call.keywords}
                seeds = _number_of(constants.get(ast.unparse(given["seeds"]), given["seeds"]))
                found.append(ProtocolText(path.stem, "control" in given, seeds))
    return found


def _decorators(node: ast.stmt, name: str) -> Iterator[ast.Call]:
    if isinstance(node, ast.FunctionDef):
        for call in node.decorator_list:
            if isinstance(call, ast.Call) and ast.unparse(call.func) == name:
                yield call


def _number_of(seeds: Any) -> int:
    """Return how many seeds an expression names: a number, a list or a range of numbers."""
    match seeds:
        case ast.Call(func=ast.Name(id="range"), args=bounds):
            return len(range(*map(ast.literal_eval, bounds)))
        case ast.Constant(value=int(number)):
            return number
        case ast.List() | ast.Tuple():
            return len(seeds.elts)
    raise ValueError(f"seeds: expected a number, a list or a range, got {ast.unparse(seeds)}")


def problems(root: Path = ROOT) -> list[str]:
    """Say what is missing or double: an empty list means that every claim is supported."""
    return [*_loose_marks(root), *_gaps(root), *_weak_checks(root)]


def _loose_marks(root: Path) -> Iterator[str]:
    for path, line in _marked_lines(root):
        if not LINE.match(line):
            label = MARK.search(line)["label"]  # type: ignore[index]
            yield f"{path.name}: expected a sentence and {{claim}}`claim-…` at its end: {label!r}"


def _gaps(root: Path) -> Iterator[str]:
    places = {
        "sentence": [claim.label for claim in claims(root)],
        "check": [check.label for check in checks(root)],
    }
    for label in sorted(set().union(*places.values())):
        for place, labels in places.items():
            if label not in labels:
                yield f"{label} has no {place}"
            elif labels.count(label) > 1:
                yield f"{label} has {labels.count(label)} of: {place}"


def _weak_checks(root: Path) -> Iterator[str]:
    known = {each.experiment: each for each in protocols(root)}
    sentences = {claim.label: claim.sentence for claim in claims(root)}
    for check in checks(root):
        protocol = known.get(check.experiment)
        if check.kind not in KINDS:
            yield f"{check.label}: expected a kind of {KINDS}, got {check.kind!r}"
        if not check.counters:
            yield f"{check.label}: {check.function} names no result that would refute it"
        if not protocol:
            yield f"{check.label} has no protocol: experiments/{check.experiment}.py"
            continue
        if check.kind == "cause" and not protocol.has_control:
            yield f"{check.label} gives a cause, and experiments/{check.experiment} has no control"
        if protocol.seeds < LEAST_SEEDS:
            yield f"{check.label} rests on {protocol.seeds} seeds, expected {LEAST_SEEDS}"
        word = CAUSE.search(sentences.get(check.label, ""))
        if word and check.kind != "cause":
            yield f"{check.label} says {word[0]!r} and is checked as a {check.kind}, not a cause"
