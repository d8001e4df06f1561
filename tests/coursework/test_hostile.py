"""What hostile code does costs its own exercise, gains nothing, and leaves nothing running."""

from dataclasses import replace

import pytest

from coursework.grader.marking import mark
from coursework.grader.submissions import Submission, read_cells
from tests.coursework import (
    DOUBLE,
    FULL,
    QUICK,
    TOY,
    cells,
    code,
    graded,
    graded_together,
    notebook,
    points,
)

WRONG = "def double(x):\n    return 3 * x\n"
LOSES_ITS_OWN = {
    "an endless loop in a function": "def double(x):\n    while True:\n        pass\n",
    "an endless loop in a cell": "while True:\n    pass\n",
    "sleep that cannot be interrupted": """
import signal, time
for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
    signal.signal(number, signal.SIG_IGN)
def double(x):
    while True:
        try:
            time.sleep(100)
        except BaseException:
            pass
""",
    "fork bomb": """
import os
for _ in range(1000):
    try:
        while True:
            os.fork()
    except OSError:
        pass
""" + WRONG,
    "threads without end": """
import threading, time
try:
    while True:
        threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
except RuntimeError:
    pass
""" + WRONG,
    "memory": "hog = []\nwhile True:\n    hog.append(bytearray(10**8))\n",
    "memory that no array holds": """
import ctypes, mmap
hog = []
while True:
    hog.append(mmap.mmap(-1, 2**28))
    hog[-1].write(b"x" * 2**28)
""",
    "recursion": "def double(x):\n    return double(x)\n",
    "a crash of the interpreter": "import ctypes\ndouble = ctypes.CDLL(None).abort\n",
    "disk": """
number = 0
while True:
    with open(f"/tmp/{number}", "wb") as file:
        file.write(b"x" * 2**20)
    number += 1
""",
    "a flood of output": """
import os, sys
for _ in range(3000):
    print("x" * 10000)
    os.write(1, b"y" * 10000)
    os.write(2, b"z" * 10000)
    sys.__stdout__.write("w" * 10000)
""" + WRONG,
    "sys.exit in a cell": "import sys\nsys.exit(0)\n",
    "sys.exit in a function": "import sys\n\n\ndef double(x):\n    sys.exit(0)\n",
    "os._exit in a cell": "import os\nos._exit(0)\n",
    "os._exit in a function": "import os\n\n\ndef double(x):\n    os._exit(0)\n",
    "killing the parent": """
import os, signal
def double(x):
    for target in (os.getppid(), 1, 0, -1, os.getpid()):
        os.kill(target, signal.SIGKILL)
""",
    "input": "answer = input('?')\n",
    "an exception that cannot be printed": """
class Odd(BaseException):
    def __str__(self):
        raise self
def double(x):
    raise Odd
""",
    "a message of a gigabyte": "def double(x):\n    raise ValueError('x' * 3 * 10**8)\n",
    "names of the test": """
__builtins__ = {}
got, x, np_, after = None, None, None, lambda f, x: 2 * x
np.shape = lambda *a: (3,)
scale = 0.0
""" + WRONG,
    "a test of one's own": "def toy_ex1_test():\n    pass\n\n\n" + WRONG,
}  # fmt: skip


@pytest.mark.parametrize("source", LOSES_ITS_OWN.values(), ids=LOSES_ITS_OWN)
def test_loses_its_own_exercise_and_no_other(source):
    assert points(graded(cells(ex1=source), QUICK)) == [0.0, *FULL[1:]]


GAINS_NOTHING = {
    "patched numpy": """
import numpy
numpy.allclose = numpy.isclose = numpy.array_equal = lambda *a, **k: True
numpy.asarray = numpy.testing.assert_allclose = lambda *a, **k: numpy.zeros(3)
numpy.ndarray = object
""",
    "patched builtins": """
import builtins, sys
builtins.AssertionError = type("Nothing", (Exception,), {})
builtins.abs = builtins.sum = lambda *a: 0
builtins.all = builtins.any = lambda *a: True
sys.settrace(lambda *a: None)
""",
    "patched worker": """
import sys
main = sys.modules["__main__"]
main.describe = lambda error: {}
main.answer = lambda question, names: 42
""",
    "json.dumps": "import json\njson.dumps = lambda *a, **k: '{\"value\": 42}'\n",
    "os.write": "import os\nos.write = lambda *a: 1\n",
    "wire.pack": "import sys\nsys.modules['__main__'].pack = lambda value: b'\\0\\0\\0\\4true'\n",
    "wire.to_json": "import wire\nwire.to_json = lambda value: {'value': None}\n",
    "the worker's loop": "import sys\nsys._getframe(1).f_globals['pack'] = None\n",
    "all modules gone": "import sys\nsys.modules.clear()\n",
    "answers sent before they are asked for": """
import os, struct
for body in (b'{"dict": [["value", null]]}', b'{"dict": [["value", 7]]}') * 5:
    for number in range(3, 20):
        try:
            os.write(number, struct.pack(">I", len(body)) + body)
        except OSError:
            pass
""",
    "a frame that never ends": """
import os
for number in range(3, 20):
    try:
        os.write(number, b"\\0\\0\\xff\\xff1")
    except OSError:
        pass
""",
    "a frame of four gigabytes": """
import os
for number in range(3, 20):
    try:
        os.write(number, b"\\xff\\xff\\xff\\xff1")
    except OSError:
        pass
""",
    "questions stolen": """
import os, threading
def steal():
    os.read(3, 10**6)
threading.Thread(target=steal, daemon=True).start()
""",
    "pipes closed": "import os\nos.closerange(0, 100)\n",
}  # fmt: skip


@pytest.mark.parametrize("source", GAINS_NOTHING.values(), ids=GAINS_NOTHING)
def test_meddling_with_the_worker_gains_nothing(source):
    """It breaks what the student's other answers need, so that these may be lost, too."""
    report = graded(cells(ex1=source + WRONG), replace(QUICK, restarts=1))
    assert points(report)[0] == 0
    assert len(report.marks) == 3


def test_a_worker_that_does_not_listen_does_not_stop_the_grader():
    """The next question is larger than a pipe holds."""
    deaf = """
import sys, time
sys.modules["__main__"].read_frame = lambda *args: time.sleep(1000)
"""
    own = [code(deaf), code("#" + "x" * 10**6), *cells()]
    report = graded(own, replace(QUICK, restarts=1))
    assert points(report) == [0.0, 0.0, 0.0]
    assert "took longer" in report.troubles[0]


def test_a_slow_answer_costs_one_exercise():
    """A test's calls have a time of their own, however many the test makes."""
    slow = "import time\n\n\ndef double(x):\n    time.sleep(0.7)\n    return 2 * x\n"
    report = graded(cells(ex1=slow), QUICK)
    assert points(report) == [0.0, *FULL[1:]]


@pytest.mark.parametrize("end", ["pass", "import os\nos._exit(0)"], ids=["once", "again"])
def test_cells_have_a_time_for_all_of_them(end):
    """Also for being run again after a worker has ended; the answers have their own."""
    limits = replace(QUICK, notebook_seconds=2.0, again_seconds=2.0)
    own = [code("import time\ntime.sleep(0.7)\n"), code(end)] * 4 + cells()
    report = graded(own, limits)
    assert points(report) == FULL
    assert "had used up its time" in report.troubles[-1]


def test_endless_loops_in_all_exercises_take_bounded_time():
    loop = "def {0}(*args):\n    while True:\n        pass\n"
    own = cells(
        ex1=loop.format("double"), ex2="while True:\n    pass\n", ex3=loop.format("running")
    )
    assert points(graded(own, QUICK)) == [0.0, 0.0, 0.0]


def test_cells_that_end_python_again_and_again_are_not_run_any_more():
    own = [code("import os\nhalf = 21\nos._exit(1)\n")] * 30 + cells(ex2="answer = 2 * half\n")
    report = graded(own, QUICK)
    assert points(report) == FULL
    assert report.flags == ["its code ended or outlasted Python 4 times"]
    assert "cells like it had ended Python too often" in report.troubles[-1]


def test_a_function_that_is_never_done_is_not_asked_in_every_check():
    """With a dozen checks for it, the others' answers are graded all the same."""
    sources = {
        str(number): "def double(x):\n    while True:\n        pass\n" for number in range(9)
    }
    marks = graded_together(sources | {"right": DOUBLE}, 1, QUICK)
    assert [each.points for each in marks.values()] == [0.0] * 9 + [4.0]


def test_too_many_deaths_end_a_notebook_not_the_grader():
    report = graded(cells(ex1="import os\nos._exit(1)\n"), replace(QUICK, restarts=0))
    assert points(report) == [0.0, 0.0, 0.0]
    assert report.flags[-1] == "its code ended or outlasted Python 1 times"


def test_the_next_student_is_graded_as_if_nothing_had_been():
    assert points(graded(cells(ex1="import os\nos._exit(1)\n" + WRONG), QUICK))[0] == 0
    submission = Submission("1002", "1002.ipynb", "", read_cells(notebook(cells())))
    report = mark(TOY, submission, QUICK)
    assert points(report) == FULL
    assert not report.flags
