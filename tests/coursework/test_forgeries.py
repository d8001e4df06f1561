"""No exercise can be had with an answer of the right structure and nothing in it.

`np.allclose` of no numbers with any number is true, as is `all` of nothing, and not-a-number is
not larger than any tolerance: tests have to look at shapes, and ask for what should be so.
"""

from copy import deepcopy

import numpy as np
import pytest

from coursework.grader.checks import run_check
from coursework.grader.problem_set import load, names
from coursework.grader.wire import pack, unpack
from tests.coursework import TOY


class Forger:
    """A session whose student answers with what `forge` makes of each number of the model's."""

    def __init__(self, problem_set, forge):
        self.names, self.forge = {"print": lambda *_, **__: None}, forge
        for cell in problem_set.of_kind("given", "solution"):
            exec(cell.source, self.names)

    def begin_test(self):
        """Take all the time."""

    def call(self, name, args, kwargs, watched=None, refused=()):
        return self.value_of(self.names[name](*deepcopy(args), **deepcopy(kwargs)))

    def value(self, name):
        return self.value_of(self.names[name])

    def value_of(self, answer):
        return unpack(pack(self.forged(answer))[4:])

    def forged(self, answer):
        if isinstance(answer, dict):
            return {key: self.forged(each) for key, each in answer.items()}
        if isinstance(answer, (list, tuple)):
            return type(answer)(self.forged(each) for each in answer)
        return self.forge(np.asarray(answer))


FORGERIES = {
    "no numbers": lambda a: np.empty((0, *a.shape[1:])),
    "no numbers, one axis more": lambda a: np.empty((0, *a.shape)),
    "no numbers, no axes": lambda a: np.empty(0),
    "an empty list": lambda a: [],
    "not a number": lambda a: np.full(a.shape, np.nan),
    "infinity": lambda a: np.full(a.shape, np.inf),
    "huge": lambda a: np.full(a.shape, 1e300),
    "nothing": lambda a: None,
    "truth": lambda a: np.full(a.shape, True),
    "zero": lambda a: np.zeros(a.shape),
    "zero for all": lambda a: 0.0,
}
SETS = ["toy", *names()]


def problem_set_of(name):
    return TOY if name == "toy" else load(name, seed=0)


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES)
def test_hollow_answers_get_nothing(name, forge):
    problem_set = problem_set_of(name)
    forger = Forger(problem_set, forge)
    with np.errstate(all="ignore"):
        marks = [
            run_check(problem_set, each, forger, False) for each in problem_set.of_kind("test")
        ]
    assert [each.grade_id for each in marks if each.points] == []


@pytest.mark.parametrize("name", SETS)
def test_full_answers_get_everything(name):
    """Otherwise the other test could not fail."""
    problem_set = problem_set_of(name)
    forger = Forger(problem_set, lambda a: a)
    marks = [run_check(problem_set, each, forger, False) for each in problem_set.of_kind("test")]
    assert [each.grade_id for each in marks if not each.points] == []
