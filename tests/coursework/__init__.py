"""A problem set of three small exercises, and submissions of it, to try the grader on."""

import json
import os
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from coursework.grader.marking import Report, mark
from coursework.grader.problem_set import Cell, ProblemSet
from coursework.grader.sandbox import Limits
from coursework.grader.submissions import Submission, read_cells

# No other grader on this machine has this size of /tmp: its sandboxes are known by it.
DISK = 2**24 + 2**12 * (os.getpid() % 2**12)
QUICK = Limits(disk=DISK, cell_seconds=1, call_seconds=1, test_seconds=1.5, memory=2**29)
PATIENT = Limits(disk=DISK)

GIVEN = """\
import numpy as np

SEED = 7  # your class's number
scale = float(np.random.default_rng(SEED).normal())


def after(f, x):
    return f(x + 1)
"""
DOUBLE = """\
def double(x):
    return 2 * x
"""
ANSWER = "answer = 42\n"
RUNNING = """\
def running(xs):
    return np.cumsum(xs)
"""
TESTS = [
    """\
assert np.shape(double(np.ones(3))) == (3,), "double of three numbers should be three numbers"
### BEGIN HIDDEN TESTS
x = np.arange(3.0) + scale
got = np.asarray(double(x), dtype=float)
assert got.shape == x.shape, "double changes the shape of an array"
assert np.allclose(got, x + x), "double of an array is not twice the array"
assert np.allclose(after(double, x), 2 * x + 2), "double of another array is not twice that"
### END HIDDEN TESTS
""",
    """\
assert answer > 0, "answer should be positive"
### BEGIN HIDDEN TESTS
assert answer == 42, "answer is not what was asked for"
### END HIDDEN TESTS
""",
    """\
got = np.asarray(running([1.0, 2.0, 3.0]), dtype=float)
assert got.shape == (3,), "three sums were expected"
assert np.allclose(got, [1, 3, 6]), f"the last sum is {got[-1]:.9f}, by hand it is 6"
### BEGIN HIDDEN TESTS
numbers = scale + np.arange(5.0)
sums = np.asarray(running(numbers), dtype=float)
assert sums.shape == (5,), "five sums were expected"
assert np.allclose(sums, np.cumsum(numbers)), "running does not return the sums so far"
### END HIDDEN TESTS
""",
]


def _released(test: str) -> str:
    before, _, rest = test.partition("### BEGIN HIDDEN TESTS\n")
    return before + rest.partition("### END HIDDEN TESTS\n")[2]


def _exercise(number: int, solution: str, points: float) -> list[Cell]:
    name, title, test = f"toy-ex{number}", f"Exercise {number} · Toy", TESTS[number - 1]
    return [
        Cell(name, "solution", solution, "raise NotImplementedError()\n", 0.0, title, name),
        Cell(f"{name}-test", "test", test, _released(test), points, title, name),
    ]


TOY = ProblemSet(
    "toy",
    "Problem set 0 · Toys",
    7,
    (
        Cell("toy-given", "given", GIVEN, GIVEN),
        *_exercise(1, DOUBLE, 4.0),
        *_exercise(2, ANSWER, 3.0),
        *_exercise(3, RUNNING, 2.0),
        Cell(
            "toy-why", "written", "Because.\n", "Your answer.\n", 3.0, "Exercise 4 · Why", "toy-why"
        ),
    ),
    frozenset({"other-ex1"}),
)
FULL = [4.0, 3.0, 2.0]


def code(source: str, grade_id: str = "") -> dict:
    """Return a code cell as it stands in a notebook file."""
    metadata = {"nbgrader": {"grade_id": grade_id}} if grade_id else {}
    return {"cell_type": "code", "metadata": metadata, "source": source, "outputs": []}


def cells(**answers: str) -> list[dict]:
    """Return the cells that a student hands in: `ex1="..."` instead of the model answer."""
    found = []
    for cell in TOY.cells:
        source = cell.source if cell.kind in ("solution", "written") else cell.released
        source = answers.get(cell.grade_id.removeprefix("toy-"), source)
        entry = code(source, cell.grade_id)
        if cell.kind == "written":
            entry["cell_type"] = "markdown"
        found.append(entry)
    return found


def untouched() -> list[dict]:
    """Return the cells as they were handed out."""
    return [{**each, "source": own.released} for each, own in zip(cells(), TOY.cells, strict=True)]


def notebook(own: Sequence[dict], **metadata: object) -> bytes:
    """Return a notebook's file."""
    return json.dumps(
        {"cells": own, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    ).encode()


def graded(own: Sequence[dict], limits: Limits = PATIENT) -> Report:
    """Return the report on a notebook of these cells."""
    return mark(TOY, Submission("1001", "1001.ipynb", "", read_cells(notebook(own))), limits)


def graded_together(sources: Mapping[str, str], number: int, limits: Limits = PATIENT) -> dict:
    """Return the mark of each source as the answer to one of the toys, all in one notebook.

    Each has an exercise of its own, in which its function or number has a name of its own; so one
    sandbox serves them all.
    """
    solution, test = TOY.cells[2 * number - 1], TOY.cells[2 * number]
    (name,) = solution.names
    problem_set, own = [TOY.cells[0]], [code(GIVEN, "toy-given")]
    for place, source in enumerate(sources.values()):
        new = f"{name}{place}"

        def renamed(text: str, new: str = new) -> str:
            return re.sub(rf"\b{name}\b", new, text)

        grade_id, title = f"toy-ex{place}", f"Exercise {place} · Toy"
        ids = {"title": title, "exercise": grade_id}
        problem_set.append(
            replace(solution, grade_id=grade_id, source=renamed(solution.source), **ids)
        )
        texts = {"source": renamed(test.source), "released": renamed(test.released)}
        problem_set.append(replace(test, grade_id=f"{grade_id}-test", **texts, **ids))
        own.append(code(renamed(source), grade_id))
    toys = replace(TOY, cells=tuple(problem_set))
    cells_read = read_cells(notebook(own))
    report = mark(toys, Submission("1001", "1001.ipynb", "", cells_read), limits)
    return dict(zip(sources, report.marks, strict=True))


def points(report: Report) -> list[float]:
    """Return the points of each exercise."""
    return [each.points for each in report.marks]


def write_class(folder: Path, students: int) -> list[str]:
    """Fill a folder with right, wrong and untouched notebooks; return the students' ids."""
    kinds = [cells(), cells(ex1="def double(x):\n    return 3 * x\n"), untouched()]
    ids = [str(1001 + number) for number in range(students)]
    folder.mkdir(parents=True, exist_ok=True)
    for number, student in enumerate(ids):
        (folder / f"{student}.ipynb").write_bytes(notebook(kinds[number % len(kinds)]))
    return ids


def sandboxed() -> set[int]:
    """Return the processes on this machine that have our /tmp."""
    size, found = f"size={DISK // 1024}k", set()
    for name in os.listdir("/proc") if sys.platform.startswith("linux") else ():
        if not name.isdigit():
            continue
        try:
            mounts = Path("/proc", name, "mountinfo").read_text()
        except OSError:  # it has just ended, or is not ours
            continue
        if any(" /tmp " in line and size in line for line in mounts.splitlines()):
            found.add(int(name))
    return found
