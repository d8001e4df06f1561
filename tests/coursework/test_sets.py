"""The problem sets: right answers get every point, each typical wrong one loses its exercise's."""

import re
from collections import Counter
from importlib import import_module

import nbformat
import pytest
from nbclient import NotebookClient

from coursework.answers import Answer
from coursework.grader import problem_set as sets
from coursework.grader.answered import answered, blank
from coursework.grader.marking import mark
from coursework.grader.sandbox import Limits

SEEDS = (0, 1, 2)


def answers_to(name):
    return import_module(f"coursework.answers.{name}")


WRONG = [(name, answer) for name in sets.names() for answer in answers_to(name).WRONG]
RIGHT = [(name, answer) for name in sets.names() for answer in answers_to(name).RIGHT]
each_set = pytest.mark.parametrize("name", sets.names())
each_answer = {"ids": lambda value: str(value).replace(" ", "-")}


@pytest.fixture(scope="module")
def problem_sets():
    return {name: sets.load(name, seed=0) for name in sets.names()}


def graded(problem_set, submission):
    """Mark a submission; return the exercises that lost points, and why."""
    report = mark(problem_set, submission, Limits())
    assert report.flags == []
    return {each.grade_id.removesuffix("-test"): each.why for each in report.marks if each.why}


def with_answer(problem_set, answer: Answer):
    reference = problem_set.find(answer.exercise).source
    return answered(problem_set, {answer.exercise: answer.source(reference)})


def test_there_are_four():
    assert len(sets.names()) >= 4


@each_set
def test_untouched_gets_nothing(problem_sets, name):
    lost = graded(problem_sets[name], blank(problem_sets[name]))
    assert len(lost) == len(problem_sets[name].of_kind("test"))


@pytest.mark.parametrize("seed", SEEDS)
@each_set
def test_the_model_answers_get_everything(name, seed):
    problem_set = sets.load(name, seed=seed)
    assert graded(problem_set, answered(problem_set)) == {}


@pytest.mark.parametrize(("name", "answer"), WRONG, **each_answer)
def test_a_wrong_answer_loses_its_exercise_and_no_other(problem_sets, name, answer):
    lost = graded(problem_sets[name], with_answer(problem_sets[name], answer))
    assert lost.keys() == {answer.exercise}


@pytest.mark.parametrize(("name", "answer"), RIGHT, **each_answer)
def test_a_right_answer_written_differently_loses_nothing(problem_sets, name, answer):
    assert graded(problem_sets[name], with_answer(problem_sets[name], answer)) == {}


@each_set
def test_every_exercise_has_four_wrong_answers_and_a_right_one(problem_sets, name):
    exercises = [cell.grade_id for cell in problem_sets[name].of_kind("solution")]
    assert 3 <= len(exercises) <= 5
    wrong = Counter(answer.exercise for answer in answers_to(name).WRONG)
    right = Counter(answer.exercise for answer in answers_to(name).RIGHT)
    assert wrong.keys() == right.keys() == set(exercises)
    assert min(wrong.values()) >= 4


@each_set
def test_points_stand_in_the_headings_and_in_the_table(problem_sets, name):
    problem_set = problem_sets[name]
    graded_cells = problem_set.of_kind("test", "written")
    assert sum(cell.points for cell in graded_cells) == 20
    assert len(problem_set.of_kind("written")) == 1
    text = "\n".join(cell.source for cell in sets.read_source(name, 0).cells)
    for number, cell in enumerate(graded_cells, start=1):
        assert cell.title.startswith(f"Exercise {number} · ")
        points = re.escape(f"{cell.points:g}")
        assert re.search(
            rf"^## {re.escape(cell.title)} \({points} points?, about \d+ minutes\)", text, re.M
        )
        assert re.search(rf"^\| {number}[^|]*\| {points} \| \d+ min", text, re.M), cell.title


@each_set
def test_the_source_is_stored_without_outputs(name):
    for cell in nbformat.read(sets.source_path(name), as_version=4).cells:
        assert not cell.get("outputs") and cell.get("execution_count") is None


@each_set
def test_every_check_says_what_is_wrong(problem_sets, name):
    """A bare assert would tell a student nothing."""
    for cell in problem_sets[name].of_kind("test"):
        tree = sets.ast.parse(cell.source)
        asserts = [node for node in sets.ast.walk(tree) if isinstance(node, sets.ast.Assert)]
        assert asserts and all(node.msg for node in asserts), cell.grade_id


@each_set
def test_the_notebook_runs_from_top_to_bottom_with_the_model_answers(name):
    notebook = sets.read_source(name, seed=0)
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert not [each for each in outputs if each.get("name") == "stderr"]
    assert [each for each in outputs if "image/png" in each.get("data", {})], "nothing to see"
