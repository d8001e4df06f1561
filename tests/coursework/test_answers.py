"""Right answers get all points however they are written; no answer gets none."""

from dataclasses import replace
from threading import Thread

import pytest

from coursework.grade import ReferenceFailed, check_reference, grade
from coursework.grader.answered import answered
from coursework.grader.marking import mark
from coursework.grader.submissions import collect
from tests.coursework import (
    DOUBLE,
    FULL,
    GIVEN,
    PATIENT,
    TOY,
    cells,
    code,
    graded,
    graded_together,
    notebook,
    points,
    sandboxed,
    untouched,
    write_class,
)


def test_the_reference_gets_every_point_and_no_remark():
    report = mark(TOY, answered(TOY), PATIENT)
    assert points(report) == FULL
    assert report.written == {"toy-why": "Because.\n"}
    assert not report.flags and not report.troubles
    assert not any(each.why for each in report.marks)


def test_an_untouched_notebook_gets_no_point():
    report = graded(untouched())
    assert points(report) == [0.0, 0.0, 0.0]
    assert not report.flags
    assert report.marks[0].why == "Not answered."


RIGHT = {
    "einsum": {"ex3": "def running(xs):\n    n = len(xs)\n"
               "    return np.einsum('ij,j->i', np.tri(n), np.asarray(xs))\n"},
    "lists": {"ex3": "def running(xs):\n    return [sum(xs[: k + 1]) for k in range(len(xs))]\n"},
    "tuples": {"ex3": "def running(xs):\n    return tuple(np.cumsum(xs))\n"},
    "float32": {"ex3": "def running(xs):\n    return np.cumsum(xs, dtype=np.float32)\n"},
    "column order": {"ex3": "def running(xs):\n    return np.cumsum([xs, xs], 1)[0]\n"},
    "in place": {"ex1": "def double(x):\n    x *= 2\n    return x\n"},
    "a lambda": {"ex1": "double = lambda x: x + x\n"},
    "numpy's scalar": {"ex2": "answer = np.int64(42)\n"},
    "a float": {"ex2": "answer = 42.0\n"},
    "two lines of work": {"ex2": "half = 21\nanswer = 2 * half\n"},
    "an import beside what was given": {"given": "import math\n" + GIVEN,
                                        "ex1": "def double(x):\n    return math.sqrt(4) * x\n"},
    "an import in the cell": {"ex1": "import numpy\n\n" + DOUBLE},
    "rnnlib": {"ex1": "from rnnlib import ElmanCell\n\n" + DOUBLE},
    "magic": {"ex1": "%matplotlib inline\n!ls\n" + DOUBLE + "double?\n    # %timeit\n"},
    "a cell's magic": {"ex1": "%%time\n" + DOUBLE},
    "display": {"ex1": DOUBLE + "display(double(3))\nprint(double(3))\n"},
    "questions in comments": {"ex1": "def double(x):\n    \"\"\"Why twice?\n\n    Because.\"\"\"\n"
                                     "    return 2 * x  # or x + x?\n"},
    "unusual line ends": {"ex1": "# one\u2028two\x0cthree\x85four\n" + DOUBLE},
    "indents of three": {"ex1": "def double(x):\r\n   return 2 * x\r\n"},
    "a helper that yields": {"ex3": "def _sums(xs):\n    s = 0\n"
             "    for x in xs:\n        s += x\n"
                                "        yield s\n\n\n"
                                "def running(xs):\n    return list(_sums(xs))\n"},
    "an error after the answer": {"ex1": DOUBLE + "double()\n"},
    "a thread": {"ex1": "from concurrent.futures import ThreadPoolExecutor\n\n\ndef double(x):\n"
                 "    with ThreadPoolExecutor(2) as pool:\n"
                 "        return sum(pool.map(lambda y: y, [x, x]))\n"},
}  # fmt: skip


@pytest.mark.parametrize("number", [1, 2, 3])
def test_right_answers_written_differently(number):
    """All those to one exercise, in one notebook."""
    ex = f"ex{number}"
    sources = {name: change[ex] for name, change in RIGHT.items() if [*change] == [ex]}
    marks = graded_together(sources, number)
    assert {name: each.why for name, each in marks.items() if each.why} == {}


def test_an_import_beside_what_was_given():
    assert points(graded(cells(**RIGHT["an import beside what was given"]))) == FULL


def test_helpers_in_cells_of_their_own_and_cells_that_fail():
    own = cells(ex1="def double(x):\n    return times(2, x)\n")
    own.insert(1, code("def times(n, x):\n    return n * x\n"))
    own.insert(4, code("1 / 0\n"))
    own.append(code("import antigravity_for_real\n"))
    report = graded(own)
    assert points(report) == FULL
    assert report.troubles == [
        "cell 1 of your own in Exercise 1 · Toy: ZeroDivisionError was raised",
        "cell 1 of your own in Exercise 3 · Toy: ModuleNotFoundError was raised",
    ]


def test_an_answer_that_is_mended_further_down():
    own = cells(ex1="def double(x):\n    return x\n")
    own.insert(2, code(DOUBLE))
    assert points(graded(own)) == FULL


@pytest.mark.parametrize("kernel", ["julia-1.10", "conda-env-my env-py", None])
def test_name_of_notebook_and_kernel(tmp_path, kernel):
    folder = tmp_path / "handed in"
    folder.mkdir()
    data = notebook(cells(), kernelspec={"name": kernel, "display_name": "?"})
    (folder / "My final version (3) 1001 - Kopie.ipynb").write_bytes(data)
    (report,) = grade(TOY, collect(folder, "toy"), tmp_path / "out", jobs=1, progress=False)
    assert (report.student, points(report), report.flags) == ("1001", FULL, [])


WRONG = {
    "double": ({"ex1": "def double(x):\n    return x ** 2\n"}, [0.0, 3.0, 2.0]),
    "answer": ({"ex2": "answer = 41\n"}, [4.0, 0.0, 2.0]),
    "running": ({"ex3": "def running(xs):\n    return np.cumsum(xs)[:-1]\n"}, [4.0, 3.0, 0.0]),
    "syntax": ({"ex1": "def double(x)\n    return 2 * x\n"}, [0.0, 3.0, 2.0]),
    "another name": ({"ex2": "Answer = 42\n"}, [4.0, 0.0, 2.0]),
    "too few arguments": ({"ex1": "def double():\n    return 2\n"}, [0.0, 3.0, 2.0]),
    "a function for a value": ({"ex2": "def answer():\n    return 42\n"}, [4.0, 0.0, 2.0]),
    "a value for a function": ({"ex1": "double = 2\n"}, [0.0, 3.0, 2.0]),
}


@pytest.mark.parametrize(("changes", "expected"), WRONG.values(), ids=WRONG)
def test_a_wrong_answer_loses_its_exercise_only(changes, expected):
    report = graded(cells(**changes))
    assert points(report) == expected
    assert [bool(each.why) for each in report.marks] == [each == 0 for each in expected]


def test_what_went_wrong_is_said_in_the_students_terms():
    own = cells(ex1="def double(x):\n    return x.missing\n", ex2="answer = -1\n",
                ex3="def running(xs):\n    return [[1], [2, 3]]\n")  # fmt: skip
    assert [each.why for each in graded(own).marks] == [
        "AttributeError was raised, line 2 of your answer to Exercise 1 · Toy: "
        "'numpy.ndarray' object has no attribute 'missing'",
        "answer should be positive",
        "`running` returned list of length 2, which could not be compared with what was asked "
        "(ValueError)",
    ]


@pytest.mark.parametrize("source", [DOUBLE.replace("2", "3"), "raise RuntimeError\n"])
def test_a_reference_that_fails_stops_the_run(tmp_path, source):
    broken = replace(
        TOY, cells=tuple(replace(c, source=source) if c.source == DOUBLE else c for c in TOY.cells)
    )
    write_class(tmp_path / "in", 2)
    with pytest.raises(ReferenceFailed, match=r"answers of toy fail:\n  toy-ex1-test: "):
        grade(broken, collect(tmp_path / "in", "toy"), tmp_path / "out", progress=False)
    assert not (tmp_path / "out" / "points.csv").exists()
    assert not (tmp_path / "out" / "journal.jsonl").exists()


def test_the_reference_passes():
    check_reference(TOY, PATIENT, unsafe=False)


@pytest.mark.usefixtures("needs_sandbox")
def test_sandboxes_are_seen_while_they_run():
    """Otherwise the check that none is left could not fail."""
    own = cells(ex1="import time\ntime.sleep(1.5)\n" + DOUBLE)
    thread = Thread(target=graded, args=(own,))
    thread.start()
    seen = set()
    while thread.is_alive():
        seen |= sandboxed()
    assert len(seen) >= 1
