"""A problem set as the grader sees it: its source notebook, and what students get of it."""

import ast
import hashlib
import re
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import nbformat
from nbformat import NotebookNode

import rnnlib
from coursework.grader.excerpt import excerpt, numbers

COURSEWORK = Path(__file__).resolve().parent.parent
SEED_LINE = re.compile(r"^SEED = (\d+)", re.MULTILINE)
TITLE = re.compile(r"^#+ (Exercise \d+ · .+?)\s*\(", re.MULTILINE)
CHECK = re.compile(r"# Check \d+ of \d+(?:, hidden)? · (.+) \([\d.]+ points?\)\n")


@dataclass(frozen=True)
class Cell:
    """A cell of the source that nbgrader knows by an id.

    Attributes
    ----------
    grade_id : str
    kind : str
        ``"given"``, ``"look"`` (shows something, tests nothing), ``"solution"``, ``"test"`` or
        ``"written"``.
    source, released : str
        The teacher's text and the student's.
    points : float
    title : str
        The heading above: "Exercise 2 · The way back".
    exercise : str
        The id of the solution above, or of the cell for an answer in words.
    watched : tuple of (str, int)
        Given functions, and how often a call of a solution may run them.
    refused : tuple of str
        Modules of rnnlib's that do what a solution is to do.
    """

    grade_id: str
    kind: str
    source: str
    released: str
    points: float = 0.0
    title: str = ""
    exercise: str = ""
    watched: tuple[tuple[str, int], ...] = ()
    refused: tuple[str, ...] = ()

    @property
    def check(self) -> str:
        """Return what a test is called: "One step by hand"."""
        found = CHECK.match(self.source)
        return found[1] if found else "All of it"

    @property
    def names(self) -> dict[str, bool]:
        """Return the names that a solution defines, and whether each is a function."""
        return dict(_defined(self.source))

    @property
    def hidden_lines(self) -> range:
        """Return the numbers of the lines that students do not see, in a test."""
        lines = self.source.splitlines()
        ends = [i for i, line in enumerate(lines, start=1) if "HIDDEN TESTS" in line]
        return range(ends[0], ends[-1] + 1) if ends else range(0)


@cache
def _defined(source: str) -> dict[str, bool]:
    found = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef):
            found[node.name] = True
        elif isinstance(node, ast.Assign):
            targets = [leaf for target in node.targets for leaf in ast.walk(target)]
            found |= {leaf.id: False for leaf in targets if isinstance(leaf, ast.Name)}
    return found


@dataclass(frozen=True)
class Exercise:
    """What has points of its own: a solution with its named checks, or an answer in words."""

    name: str
    kind: str  # "test" or "written"
    title: str
    cells: tuple[Cell, ...]

    @property
    def points(self) -> float:
        """Return the most that can be had."""
        return sum(cell.points for cell in self.cells)


@dataclass(frozen=True)
class ProblemSet:
    """The cells of a problem set, for a class's seed."""

    name: str
    title: str
    seed: int
    cells: tuple[Cell, ...]
    others: frozenset[str] = frozenset()  # grade_ids of the other problem sets
    prose: tuple[str, ...] = ()  # the texts between the cells, as students get them

    def of_kind(self, *kinds: str) -> list[Cell]:
        """Return the cells of some kinds, in order."""
        return [cell for cell in self.cells if cell.kind in kinds]

    @property
    def exercises(self) -> list[Exercise]:
        """Return what has points, in order."""
        found: dict[str, list[Cell]] = {}
        for cell in self.of_kind("test", "written"):
            found.setdefault(cell.exercise, []).append(cell)
        return [
            Exercise(name, cells[0].kind, cells[0].title, tuple(cells))
            for name, cells in found.items()
        ]

    def checks_above(self, test: Cell) -> list[Cell]:
        """Return the tests of the same exercise that stand above one."""
        own = [cell for cell in self.of_kind("test") if cell.exercise == test.exercise]
        return own[: own.index(test)]

    def find(self, grade_id: str) -> Cell | None:
        """Return the cell of that id."""
        return next((cell for cell in self.cells if cell.grade_id == grade_id), None)

    @property
    def names(self) -> dict[str, bool]:
        """Return what students define: names, and whether each is a function."""
        found: dict[str, bool] = {}
        for cell in self.of_kind("solution"):
            found |= cell.names
        return found

    @property
    def fingerprint(self) -> str:
        """Return a digest of everything that points depend on but the submission."""
        digest = hashlib.sha256(repr((self.name, self.seed, self.cells, self.prose)).encode())
        digest.update(_digest_of_code())
        return digest.hexdigest()


@cache
def _digest_of_code() -> bytes:
    """Return a digest of the grader's code and of rnnlib's, which students' code may use."""
    digest = hashlib.sha256()
    for package in (Path(__file__).parent, Path(rnnlib.__file__).parent):
        for path in sorted(package.rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.digest()


def source_path(name: str) -> Path:
    """Return where a problem set's source notebook is."""
    path = COURSEWORK / "source" / name / f"{name}.ipynb"
    if not path.exists():
        raise ValueError(f"problem set: expected one of {', '.join(names())}, got {name!r}")
    return path


def release_path(name: str) -> Path:
    """Return where the students' notebook is."""
    return COURSEWORK / "release" / name / f"{name}.ipynb"


def names() -> list[str]:
    """List the problem sets."""
    return sorted(path.stem for path in (COURSEWORK / "source").glob("*/*.ipynb"))


def read_source(name: str, seed: int, exercises: Sequence[int] = ()) -> NotebookNode:
    """Return the source notebook with the class's seed in its given cell.

    If exercises are chosen, it has no other ones.
    """
    notebook = nbformat.read(source_path(name), as_version=4)
    if exercises:
        notebook = excerpt(notebook, exercises)
    found = 0
    for cell in notebook.cells:
        if kind_of(cell) == "given":
            cell.source, count = SEED_LINE.subn(f"SEED = {seed}", cell.source)
            found += count
    if found != 1:
        raise ValueError(f"{name}: expected one line SEED = … in a given cell, got {found}")
    return notebook


def released(source: NotebookNode) -> NotebookNode:
    """Return what students get: nbgrader's own steps, on a copy."""
    from nbgrader import preprocessors as steps

    notebook, resources = deepcopy(source), {}
    for step in (
        steps.ClearSolutions,
        steps.LockCells,
        steps.ClearOutput,
        steps.CheckCellMetadata,
        steps.ClearHiddenTests,
        steps.ClearMarkScheme,
        steps.ComputeChecksums,
    ):
        notebook, resources = step().preprocess(notebook, resources)
    return notebook


def kind_of(cell: NotebookNode) -> str:
    """Return the kind of a source's cell, or nothing for prose."""
    mark = cell.metadata.get("nbgrader")
    if not mark:
        return ""
    if cell.cell_type == "markdown":
        return "written"
    if mark["solution"]:
        return "solution"
    if mark["grade"]:
        return "test"
    return "look" if "look" in cell.metadata.get("tags", []) else "given"


def load(name: str, seed: int | None = None, exercises: Sequence[int] = ()) -> ProblemSet:
    """Read a problem set; without a seed, for that of the release that was made last."""
    if seed is None:
        seed = released_seed(name)
    source = read_source(name, seed, exercises)
    cells, prose, title, heading, exercise = [], [], name, "", ""
    for full, shown in zip(source.cells, released(source).cells, strict=True):
        kind = kind_of(full)
        if not kind:
            headings = re.findall(r"^# (.+)$", full.source, re.MULTILINE)
            title = headings[0] if headings and title == name else title
            heading = ([heading, *TITLE.findall(full.source)])[-1]
            prose.append(shown.source)
            continue
        mark = full.metadata.nbgrader
        points = float(mark.get("points", 0))
        exercise = mark.grade_id if kind in ("solution", "written") else exercise
        rules = full.metadata.get("coursework", {})
        watched, refused = tuple(rules.get("watched", {}).items()), tuple(rules.get("refused", []))
        texts = full.source, shown.source
        cells.append(Cell(mark.grade_id, kind, *texts, points, heading, exercise, watched, refused))
    others = {grade_id for other in names() if other != name for grade_id in grade_ids(other)}
    return ProblemSet(name, title, seed, tuple(cells), frozenset(others), tuple(prose))


def released_seed(name: str) -> int:
    """Return the seed in the notebook that was handed out, 0 if there is none."""
    path = release_path(name)
    if not path.exists():
        return 0
    found = SEED_LINE.search("\n".join(cell.source for cell in nbformat.read(path, 4).cells))
    return int(found[1]) if found else 0


def released_exercises(name: str) -> list[int]:
    """Return the exercises in the notebook that was handed out; none, which is all, without one."""
    path = release_path(name)
    return numbers(nbformat.read(path, 4)) if path.exists() else []


def grade_ids(name: str) -> list[str]:
    """Return nbgrader's ids of a source notebook's cells."""
    cells = nbformat.read(source_path(name), as_version=4).cells
    return [cell.metadata.nbgrader.grade_id for cell in cells if "nbgrader" in cell.metadata]
