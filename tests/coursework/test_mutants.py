"""Of a sample of mutants of the model answers none gets full marks that is not the same answer."""

import signal

import pytest

from coursework.grader import problem_set as sets
from tests.coursework.mutants import Bench, equivalents, mutants, survivors

pytestmark = pytest.mark.skipif(
    not hasattr(signal, "setitimer"), reason="timers of the processor, which Windows has not"
)
OF = 16  # python -m tests.coursework.mutants tries all
each_set = pytest.mark.parametrize("name", sets.names())


@each_set
def test_no_mutant_of_a_sample_survives(name):
    assert [found for found in survivors(name, 5, OF) if found not in equivalents()] == []


@each_set
def test_those_that_are_the_same_are_there_and_argued(name):
    problem_set = sets.load(name, seed=0)
    for solution in problem_set.of_kind("solution"):
        listed = {change for exercise, change in equivalents() if exercise == solution.grade_id}
        bench, found = Bench(problem_set, solution), dict(mutants(solution.source))
        assert listed <= found.keys()
        assert [change for change in listed if not bench.lets_through(found[change]())] == []
    assert all(len(why) > 20 for why in equivalents().values())


def test_a_check_that_is_missed_lets_some_through():
    problem_set = sets.load("ps3", seed=0)
    solution = problem_set.find("ps3-ex2")
    bench, found = Bench(problem_set, solution), dict(mutants(solution.source))
    known = {change for _, change in equivalents()}
    del bench.checks[2:]
    alive = [change for change, mutant in found.items() if bench.lets_through(mutant())]
    assert set(alive) - known
