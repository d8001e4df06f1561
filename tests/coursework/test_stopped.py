"""A cell that stops: what it defines counts all the same, and its own error is the reason told."""

import json

import pytest

from tests.coursework import DOUBLE, FULL, QUICK, RUNNING, cells, code, graded, points, untouched

COUNTS = {
    "an experiment that takes too long": DOUBLE + "while True:\n    pass\n",
    "an experiment that ends Python": DOUBLE + "import os\nos._exit(1)\n",
    "an experiment above": "1 / 0\n" + DOUBLE,
    "sys.exit above": "import sys\nsys.exit()\n" + DOUBLE,
    "a package that is not here": "import torch_for_real\n" + DOUBLE,
    "beside one that is": "import torch_for_real, math\n\n\n"
                          "def double(x):\n    return math.sqrt(4) * x\n",
    "part of a package": "from torch_for_real import nn\n" + DOUBLE,
    "what a definition needs": "open('data.csv')\nTWO: int = 2\nonce, twice = [1, TWO], (1, 2)\n"
                               "once, twice = 1, 2\n\n\nclass Pair:\n    n = 2\n\n\n"
                               "def double(x):\n    return Pair.n // TWO * twice * x\n",
    "a definition that does not work": "1 / 0\n\n\n@undefined\ndef helper():\n    pass\n\n\n"
                                       + DOUBLE,
    "magic": "%time\n1 / 0\n!ls\n" + DOUBLE,
}  # fmt: skip


@pytest.mark.parametrize("source", COUNTS.values(), ids=COUNTS)
def test_what_it_defines_counts(source):
    report = graded(cells(ex1=source), QUICK)
    assert points(report) == FULL
    assert report.flags[0] == "a solution cell does not run: toy-ex1"
    assert len(report.troubles) == 1


def test_a_literal_counts():
    assert points(graded(cells(ex2="1 / 0\nanswer = 42\n"))) == FULL


DOES_NOT_COUNT = {
    "what is calculated": "import os\nos._exit(1)\ndouble = [lambda x: 2 * x][0]\n",
    "what stands in another statement": "1 / 0\nif 1:\n    def double(x):\n        return 2 * x\n",
    "anything beside a syntax error": DOUBLE + "def\n",
    "a definition that is deadly": "import os\nos._exit(1)\n\n\n"
                                   "def helper(x=os._exit(1)):\n    pass\n\n\n" + DOUBLE,
}  # fmt: skip


@pytest.mark.parametrize("source", DOES_NOT_COUNT.values(), ids=DOES_NOT_COUNT)
def test_what_does_not_count(source):
    assert points(graded(cells(ex1=source), QUICK)) == [0.0, *FULL[1:]]


def test_what_has_run_is_not_run_again():
    """It may have been changed since: by a decorator's call, or because it is counted up."""
    source = "half = 1\nhalf = 21\nanswer = 0\nanswer = 2 * half\n1 / 0\n"
    assert points(graded(cells(ex2=source))) == FULL


ANSWER = "your answer to Exercise 1 · Toy"
WHY = {
    "a syntax error": (
        "x = 1\n\ndef double(x)\n    return 2 * x\n",
        f"Your cell stopped: SyntaxError was raised, line 3 of {ANSWER}: expected ':'"),
    "a loop": (
        "while True:\n    pass\ndouble = lambda x: 2 * x\n",
        f"Your cell stopped: it took longer than 1 seconds and was stopped, {ANSWER}"),
    "an import": (
        "from torch_for_real import nn\n\n\ndef double(x):\n    return nn.double(x)\n",
        f"Your cell stopped: ModuleNotFoundError was raised, line 1 of {ANSWER}: "
        "No module named 'torch_for_real'"),
}  # fmt: skip


@pytest.mark.parametrize("strip", [False, True], ids=["", "metadata stripped"])
@pytest.mark.parametrize(("source", "why"), WHY.values(), ids=WHY)
def test_its_own_error_is_the_reason(source, why, strip):
    own = cells(ex1=source)
    own = [{**cell, "metadata": {}} for cell in own] if strip else own
    report = graded(own, QUICK)
    assert report.marks[0].why.removesuffix(" (code cell 2, line 3)") == why
    assert ("a solution cell does not run: toy-ex1" in report.flags) != strip


def test_the_reason_is_that_of_the_cell_that_should_define_it():
    """Not that of a helper's, and not of one that has been mended since."""
    own = cells(ex1="1 / 0\n")
    own.insert(1, code("2 / 'a'\n"))
    assert (
        "ZeroDivisionError was raised, line 1 of your answer to Exercise 1"
        in graded(own).marks[0].why
    )
    own.insert(3, code("def double(x):\n    return undefined\n"))
    assert "NameError was raised, line 2 of cell 1 of your own" in graded(own).marks[0].why


def test_a_function_that_is_there_and_wrong_has_its_own_reason():
    report = graded(cells(ex1="def double(x):\n    return x['a']\n\n\n1 / 0\n"))
    assert report.marks[0].why.startswith(f"IndexError was raised, line 2 of {ANSWER}")


def test_what_was_not_answered_is_said_so():
    report = graded(untouched())
    assert [each.why for each in report.marks] == ["Not answered."] * 3
    assert report.flags == []


def test_a_line_that_was_left_above_the_answer():
    report = graded(cells(ex3="raise NotImplementedError()\n" + RUNNING))
    assert points(report) == FULL
    assert report.flags == ["a solution cell does not run: toy-ex3"]


def test_a_hidden_checks_inputs_are_not_told_as_the_reason():
    spy = "seen = []\n\n\ndef double(x):\n    seen.append(x)\n    return 2 * x\n"
    own = cells(ex1=spy, ex2="raise ValueError(f'told {seen}')\n",
                ex3="def running(xs):\n    raise NameError(f'told {seen}')\n1 / 0\n")  # fmt: skip
    report = graded(own)
    where = "your answer to Exercise 2 · Toy"
    assert report.marks[1].why == f"Your cell stopped: ValueError was raised, {where}"
    assert "told" not in json.dumps([[vars(each) for each in report.marks], report.troubles])
