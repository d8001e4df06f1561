"""An exercise's points are shared among named checks; what is said of each does not presume."""

import json
from dataclasses import replace

import numpy as np
import pytest

from coursework.checking import agree
from coursework.grade import grade
from coursework.grader.marking import mark
from coursework.grader.problem_set import Cell, ProblemSet
from coursework.grader.submissions import Submission, collect, read_cells
from tests.coursework import (
    DOUBLE,
    FULL,
    QUICK,
    TOY,
    cells,
    code,
    graded,
    notebook,
    points,
)

CHECKS = {
    "One number": ("def ask(x):\n    return float(double(x))\n\n\n"
                   "assert ask(2) == 4, 'twice 2 is 4'\n", 1.0),
    "Many numbers": ("### BEGIN HIDDEN TESTS\nx = np.arange(3.0)\n"
                     "assert np.shape(double(x)) == (3,), 'three numbers were asked'\n"
                     "assert np.allclose(double(x), 2 * x), 'not twice'\n"
                     "### END HIDDEN TESTS\n", 1.5),
    "Below zero": ("### BEGIN HIDDEN TESTS\nassert ask(-1) == -2, 'wrong below 0'\n"
                   "### END HIDDEN TESTS\n", 1.5),
}  # fmt: skip


def in_parts(problem_set: ProblemSet) -> ProblemSet:
    """Return the toys with three checks for the first exercise."""
    found: list[Cell] = []
    for cell in problem_set.cells:
        if cell.grade_id != "toy-ex1-test":
            found.append(cell)
            continue
        for number, (name, (source, share)) in enumerate(CHECKS.items(), start=1):
            head = f"# Check {number} of 3 · {name} ({share:g} points)\n"
            shown = head + source.partition("### BEGIN")[0]
            new = {"grade_id": f"toy-ex1-check{number}", "source": head + source, "points": share}
            found.append(replace(cell, released=shown, **new))
    return replace(problem_set, cells=tuple(found))


PARTS = in_parts(TOY)
SHARES = {
    "right": (DOUBLE, [1.0, 1.5, 1.5]),
    "single numbers only": ("def double(x):\n    return 2 * float(x)\n", [1.0, 0.0, 1.5]),
    "nothing below zero": ("def double(x):\n    return 2 * abs(x)\n", [1.0, 1.5, 0.0]),
    "wrong": ("def double(x):\n    return 3 * x\n", [0.0, 0.0, 0.0]),
    "not there": ("", [0.0, 0.0, 0.0]),
}


def own(source):
    """Return the cells handed in, the checks among them."""
    return [c for c in cells(ex1=source) if c["metadata"]["nbgrader"]["grade_id"] != "toy-ex1-test"]


@pytest.mark.usefixtures("remembered")
@pytest.mark.parametrize(("source", "shares"), SHARES.values(), ids=SHARES)
def test_each_check_has_its_share(tmp_path, source, shares):
    """What one check defines, the next may use, also if the first fails."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "1001.ipynb").write_bytes(notebook(own(source)))
    found = collect(tmp_path / "in", "toy")
    (report,) = grade(PARTS, found, tmp_path / "out", jobs=1, progress=False)
    assert [each.points for each in report.marks[:3]] == shares
    assert [each.name for each in report.marks[:3]] == list(CHECKS)
    assert not any("NameError" in each.why for each in report.marks[1:3]) or not source
    row = (tmp_path / "out" / "points.csv").read_text().splitlines()[1].split(",")
    assert row[2] == f"{sum(shares):g}"
    page = (tmp_path / "out" / "feedback" / "1001.html").read_text(encoding="utf-8")
    assert f"{sum(shares):g} of 4 points" in page
    summary = (tmp_path / "out" / "summary.html").read_text(encoding="utf-8")
    if 0 < sum(shares) < 4:
        assert "Below zero: " in page and "Below zero: " in summary
        for name, share in zip(CHECKS, shares, strict=True):
            assert f"{name}: {share:g} of {CHECKS[name][1]:g}" in page


ASKED = np.arange(12.0).reshape(3, 4) - 5
WRONG = {
    "sign": (-ASKED, "would be right with the other sign"),
    "twice": (2 * ASKED, "would be right if it were divided by 2"),
    "a mean": (ASKED / 7, "would be right if it were multiplied by B"),
    "reversed": (ASKED[::-1], "would be right in the opposite order along its first axis"),
    "too early": (np.roll(ASKED, -1, axis=0), "would be right one place later"),
    "no numbers": ([["a"] * 4] * 3, "is no array of numbers"),
    "ragged": ([[1], [1, 2]], "is no array of numbers"),
    "nan": (np.where(ASKED > 5, np.nan, ASKED), "has nan or infinite entries"),
    "nothing": (0 * ASKED, "is 0 everywhere"),
    "turned": (ASKED.T, "has the axes of (3, 4) in another order"),
    "too long": (np.zeros((5, 4)), "does not have the shape (3, 4): axis 0 is too long"),
    "an axis more": (ASKED[None], "has 3 axes, and the shape (3, 4) was asked"),
    "its start right": (ASKED + np.array([[0], [1], [2]]), "right at the start of its first axis"),
    "a little": (ASKED * 1.01, "none of its signs are turned; its size is about that asked"),
    "large": (ASKED * 99, "its size is more than ten times that asked"),
}  # fmt: skip


@pytest.mark.parametrize(("got", "said"), WRONG.values(), ids=WRONG)
def test_how_an_answer_differs_is_said_in_properties(got, said):
    with pytest.raises(AssertionError) as error:
        agree("three steps", "hs", got, ASKED, {"B": 7})
    assert str(error.value).startswith("three steps: hs ") and said in str(error.value)


def test_a_square_that_is_transposed():
    square = ASKED[:, :3]
    with pytest.raises(AssertionError, match="would be right with its last two axes exchanged"):
        agree("a step", "W_hh", square.T, square)


@pytest.mark.parametrize("dtype", ["f4", "f8", "g"])
@pytest.mark.parametrize("size", [1e-9, 1.0, 1e9])
def test_what_agrees_is_let_through(dtype, size):
    agree("a step", "h", np.asarray(size * ASKED, dtype).tolist(), size * ASKED)
    with pytest.raises(AssertionError):
        agree("a step", "h", size * (ASKED + 0.01), size * ASKED)


def test_infinities_that_were_asked():
    agree("a step", "logs", [-np.inf, 1.0], [-np.inf, 1.0])
    with pytest.raises(AssertionError):
        agree("a step", "logs", [-1e9, 1.0], [-np.inf, 1.0])


TELLS = {
    "in a shape": "return np.zeros((0, int(1e7 * seen[-1][0])))",
    "in the number of axes": "return np.zeros((1,) * int(1e4 * seen[-1][0]))",
    "in a length": "return [0] * int(1e7 * seen[-1][0])",
    "in a line": "exec(compile('\\n' * int(1e4 * seen[-1][0]) + '1/0', 'code cell 2', 'exec'))",
    "in a line of the cell": "getattr(sys.modules[__name__], f'at{int(1e4 * seen[-1][0])}')()",
    "in numbers": "return [1e9 * seen[-1][0]] * 3",
}
SPY = "import sys\nseen = []\n{0}\n\n\ndef double(x):\n    seen.append(x)\n    {1}\n"


@pytest.mark.parametrize("tell", TELLS.values(), ids=TELLS)
def test_no_hidden_input_is_told(tell):
    """The class's scale is 0.0012301 …; 200 functions stand each on a line of their own."""
    lines = "\n".join(f"def at{n}(): return 1 / 0" for n in range(200))
    source = SPY.format(lines, "if len(seen) > 1:\n        " + tell + "\n    return 2 * x")
    report = graded(cells(ex1=source))
    text = json.dumps([[vars(each) for each in report.marks], report.troubles, report.notes])
    assert report.marks[0].hidden and report.marks[0].why
    assert not any(told in text for told in ("1230", "12301", "line "))


MOVED = {
    "below its checks": (3, DOUBLE, "`double` stands in cell 1 of your own in Exercise 1"),
    "in a cell of text": (3, DOUBLE, "`double` stands in a cell of text"),
    "a value": (5, "answer = 42\n", "`answer` stands in cell 1 of your own in Exercise 2"),
}


@pytest.mark.parametrize(("place", "source", "said"), MOVED.values(), ids=MOVED)
def test_an_answer_in_another_cell_is_told(place, source, said):
    handed_in = cells()
    handed_in[place - 2]["source"] = "raise NotImplementedError()\n"
    handed_in.insert(place, code(source))
    if "text" in said:
        handed_in[place]["cell_type"] = "markdown"
    report = graded(handed_in)
    number = 0 if "double" in said else 1
    assert points(report) == [0.0 if n == number else full for n, full in enumerate(FULL)]
    assert any(said in note for note in report.notes)
    assert any(f"toy-ex{number + 1}: {said}" in flag for flag in report.flags)


def test_an_answer_in_the_next_exercises_cell_is_told():
    handed_in = cells(ex1="raise NotImplementedError()\n", ex2="answer = 42\n" + DOUBLE)
    report = graded(handed_in)
    assert points(report) == [0.0, *FULL[1:]]
    assert "`double` stands in your answer to Exercise 2 · Toy" in report.notes[0]
    assert report.flags == [
        "toy-ex1: `double` stands in your answer to Exercise 2 · Toy, not in its cell"
    ]


def test_an_answer_whose_cell_was_deleted_is_told():
    report = graded([c for c in cells() if c["metadata"]["nbgrader"]["grade_id"] != "toy-ex2"])
    assert report.notes == ["Exercise 2 · Toy: the cell for the answer is not in your notebook."]


LOOK = """\
from copy import deepcopy


def twice(x):
    return TWO * x


TWO = np.add(1, 1)
while True:
    pass
"""
ABOVE = "import math\n\nHALF = 0.5\n"


def with_a_look_cell() -> ProblemSet:
    """Return the toys with a cell that shows something, and a check that imports something."""
    found = [*TOY.cells]
    check = found[2]
    found[2] = replace(check, source=ABOVE + check.source, released=ABOVE + check.released)
    found.insert(5, Cell("toy-look", "look", LOOK, LOOK, 0.0, "Exercise 2 · Toy"))
    return replace(TOY, cells=tuple(found))


LOOKING = with_a_look_cell()


@pytest.mark.parametrize("ex3", [
    "def running(xs):\n    return np.cumsum(deepcopy(xs))\n",
    "def running(xs):\n    return twice(np.cumsum(xs)) / 2\n",
    "def running(xs):\n    return np.cumsum(xs) * math.sqrt(4) * HALF\n",
], ids=["an import of a look cell", "a function of one", "of a check cell"])  # fmt: skip
def test_what_look_and_check_cells_define_is_there(ex3):
    handed_in = cells(ex3=ex3)
    handed_in.insert(5, code(LOOK, "toy-look"))
    submission = Submission("1", "1", "", read_cells(notebook(handed_in)))
    report = mark(LOOKING, submission, QUICK)
    assert points(report) == FULL
    assert not any("stopped" in each for each in report.troubles)


SLOW = "import time\ntime.sleep(0.7)\n"


def test_slow_cells_of_ones_own_cost_no_exercise():
    """Also those above everything, beyond the time for all of them, and one that is wrong."""
    limits = replace(QUICK, notebook_seconds=1.5, again_seconds=1.0)
    helper = code(SLOW + "def times(n, x):\n    return n * x\n")
    handed_in = cells(ex1="def double(x):\n    return times(2, x)\n",
                      ex3="def running(xs):\n    return [9.0, 9.0, 9.0]\n")  # fmt: skip
    handed_in = [handed_in[0], *[code(SLOW)] * 4, helper, *handed_in[1:]]
    submission = Submission("1", "1", "", read_cells(notebook(handed_in)))
    report = mark(TOY, submission, limits)
    assert points(report) == [*FULL[:2], 0.0]
    assert any("had used up its time" in each for each in report.troubles)
