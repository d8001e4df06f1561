"""The problem sets: right answers get every point, each typical wrong one loses some of its own.

Our own answers are graded in this process, what they return passing through the wire; the model
answers, and a right one to every exercise, go through the sandbox.
"""

import ast
import re
from collections import Counter
from importlib import import_module
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from coursework import checking
from coursework.answers import Answer
from coursework.answers.by_numbers import BY_NUMBERS
from coursework.grader import problem_set as sets
from coursework.grader.answered import answered, blank
from coursework.grader.checks import run_check
from coursework.grader.marking import mark
from coursework.grader.sandbox import Limits
from tests.coursework.test_forgeries import Forger

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


def exercises_that_lost(problem_set, report):
    """Return the exercises that lost points in a run without anything odd."""
    assert report.flags == []
    return {problem_set.find(each.grade_id).exercise for each in report.marks if each.why}


def graded(problem_set, submission):
    return exercises_that_lost(problem_set, mark(problem_set, submission, Limits()))


def source_of(problem_set, answer: Answer):
    return answer.source(problem_set.find(answer.exercise).source)


def checks_here(problem_set, exercise, answer=None):
    """Grade one exercise in this process; the model answer, if no other is given."""
    session = Forger(problem_set, lambda array: array)
    if answer:
        exec(source_of(problem_set, answer), session.names)
    cells = next(each for each in problem_set.exercises if each.name == exercise).cells
    return [run_check(problem_set, cell, session, told=False) for cell in cells]


def test_there_are_five():
    assert len(sets.names()) >= 5


@each_set
def test_untouched_gets_nothing(problem_sets, name):
    problem_set = problem_sets[name]
    report = mark(problem_set, blank(problem_set), Limits())
    assert {each.why for each in report.marks} == {"Not answered."}
    assert len(exercises_that_lost(problem_set, report)) == len(problem_set.exercises) - 1


@pytest.mark.parametrize("seed", SEEDS)
@each_set
def test_the_model_answers_get_everything(name, seed):
    problem_set = sets.load(name, seed=seed)
    assert graded(problem_set, answered(problem_set)) == set()


@pytest.mark.parametrize(("name", "answer"), WRONG, **each_answer)
def test_a_wrong_answer_loses_points_of_its_exercise(problem_sets, name, answer):
    """And of no other: it binds no name that another exercise or a given cell does."""
    problem_set = problem_sets[name]
    marks = checks_here(problem_set, answer.exercise, answer)
    assert [each for each in marks if each.why]
    assert all(each.points in (0, each.possible) for each in marks)
    bound = {n.name for n in ast.parse(source_of(problem_set, answer)).body if hasattr(n, "name")}
    others = [c for c in problem_set.of_kind("given", "solution") if c.grade_id != answer.exercise]
    assert not bound & {name for cell in others for name in cell.names}


@pytest.mark.parametrize(("name", "answer"), RIGHT, **each_answer)
def test_a_right_answer_written_differently_loses_nothing(problem_sets, name, answer):
    marks = checks_here(problem_sets[name], answer.exercise, answer)
    assert [each.why for each in marks if each.why] == []


@each_set
def test_right_answers_in_the_sandbox(problem_sets, name):
    """The last right one to every exercise, all in one notebook."""
    problem_set = problem_sets[name]
    last = {answer.exercise: source_of(problem_set, answer) for answer in answers_to(name).RIGHT}
    assert graded(problem_set, answered(problem_set, last)) == set()


@pytest.mark.parametrize("answer", BY_NUMBERS, ids=str)
def test_an_answer_without_a_derivation_earns_nothing(problem_sets, answer):
    """In the sandbox, which counts; a formula's calls of what was given do not reach the number."""
    problem_set = problem_sets[answer.exercise.partition("-")[0]]
    report = mark(
        problem_set, answered(problem_set, {answer.exercise: source_of(problem_set, answer)}),
        Limits(),
    )  # fmt: skip
    own = [m for m in report.marks if problem_set.find(m.grade_id).exercise == answer.exercise]
    assert [each.points for each in own] == [0.0] * len(own)
    said = ("A function that was given was run more often", "A function of rnnlib's was called")
    assert all(each.why.startswith(said) for each in own)
    assert exercises_that_lost(problem_set, report) == {answer.exercise}


TRANSPOSED = [(name, each) for name, each in WRONG if "transpose" in each.name]


@pytest.mark.parametrize(("name", "answer"), TRANSPOSED, **each_answer)
def test_one_transpose_does_not_cost_the_exercise(problem_sets, name, answer):
    assert sum(each.points for each in checks_here(problem_sets[name], answer.exercise, answer)) > 0


@each_set
def test_checks_are_named_and_share_the_points(problem_sets, name):
    for exercise in problem_sets[name].exercises[:-1]:
        assert exercise.points == int(exercise.points)
        assert len({cell.check for cell in exercise.cells}) == len(exercise.cells) > 1
        for number, cell in enumerate(exercise.cells, start=1):
            head = cell.source.partition("\n")[0]
            hidden = ", hidden" if not cell.released.strip().partition("\n")[2] else ""
            points = f"{cell.points:g} point{'' if cell.points == 1 else 's'}"
            assert head == (
                f"# Check {number} of {len(exercise.cells)}{hidden} · {cell.check} ({points})"
            )


@each_set
def test_the_cell_that_says_how_an_answer_differs_is_the_same_in_all(problem_sets, name):
    _, own = Path(checking.__file__).read_text(encoding="utf-8").split("# ---\n")
    assert problem_sets[name].find(f"{name}-checking").source == own.rstrip("\n")


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
    graded_cells = problem_set.exercises
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
        nodes = list(ast.walk(ast.parse(cell.source)))
        asserts = [node for node in nodes if isinstance(node, ast.Assert)]
        assert all(node.msg for node in asserts), cell.grade_id
        assert asserts or [node for node in nodes if isinstance(node, ast.Call)], cell.grade_id


@each_set
def test_each_exercise_names_the_sections_that_it_needs(problem_sets, name):
    """And they are there, under these headings."""
    text = "\n".join(cell.source for cell in sets.read_source(name, 0).cells)
    needs = re.findall(r"^\*Read before: (.+)\.\*$", text, re.M)
    assert len(needs) == len(problem_sets[name].exercises)
    for each in "; ".join(needs).split("; "):
        number = int(re.match(r"chapter (\d+), ", each)[1])
        (path,) = (sets.COURSEWORK.parent / "chapters").glob(f"{number:02}-*.ipynb")
        cells = nbformat.read(path, as_version=4).cells
        headings = re.findall(r"^## (.+?)(?: ★)?$", "\n".join(c.source for c in cells), re.M)
        assert set(re.findall(r"“(.+?)”", each)) <= set(headings), each


@each_set
def test_no_message_asks_a_question(problem_sets, name):
    """A question fits one mistake, and misleads whoever made another."""
    for cell in problem_sets[name].of_kind("test"):
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert "?" not in node.value, cell.grade_id


@each_set
def test_the_notebook_runs_from_top_to_bottom_with_the_model_answers(name):
    notebook = sets.read_source(name, seed=0)
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert not [each for each in outputs if each.get("name") == "stderr"]
    assert [each for each in outputs if "image/png" in each.get("data", {})], "nothing to see"
