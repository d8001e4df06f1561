"""What is handed out holds no answers: the release, its scan, the website."""

import ast
import builtins
import json
import re

import pytest

from coursework import release as releasing
from coursework.grader import problem_set as sets
from coursework.grader.answered import answered
from coursework.grader.marking import mark
from coursework.grader.sandbox import Limits

each_set = pytest.mark.parametrize("name", sets.names())


@each_set
def test_the_stored_release_is_that_of_the_source(name, tmp_path):
    made = releasing.release(name, sets.released_seed(name), tmp_path)
    assert made.read_text() == sets.release_path(name).read_text(), f"make release PS={name}"


@each_set
def test_another_seed_changes_the_seed_and_no_more(name, tmp_path):
    old = sets.release_path(name).read_text().splitlines()
    new = releasing.release(name, 31, tmp_path).read_text().splitlines()
    changed = [line for before, line in zip(old, new, strict=True) if before != line]
    assert any("SEED = 31" in line for line in changed)
    assert all("SEED = 31" in line or '"checksum"' in line for line in changed)


@each_set
def test_there_are_secrets_and_none_is_released(name):
    assert len(releasing.secrets(name)) > 20
    assert releasing.scan([sets.release_path(name)], sets.names()) == []


@pytest.mark.parametrize("kind", ["solution", "test", "written"])
@each_set
def test_a_planted_leak_is_found(name, kind, tmp_path):
    """A cell of the source that is handed out as it is, in a notebook and in a web page."""
    source = next(
        c.source for c in sets.load(name).of_kind(kind) if kind != "test" or c.hidden_lines
    )
    (tmp_path / "planted.ipynb").write_text(json.dumps({"source": source.splitlines(True)}))
    escaped = source.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    (tmp_path / "planted.html").write_text(escaped.replace("(", '<span class="p">(</span>'))
    for path in tmp_path.iterdir():
        assert releasing.scan([path], [name]), path.name


def test_a_leak_is_not_released(tmp_path, monkeypatch):
    """As if nbgrader left hidden tests in: the scan does not ask it what is hidden."""
    monkeypatch.setattr(releasing, "released", lambda source: source)
    with pytest.raises(releasing.Leak, match="nothing was released"):
        releasing.release(sets.names()[0], 0, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_another_name_is_refused():
    with pytest.raises(ValueError, match=r"expected one of ps1.*got 'ps99'"):
        releasing.release("ps99")


def unbound(notebook):
    """Return the names that a notebook's cells read and none of them binds."""
    trees = [ast.parse(cell.source) for cell in notebook.cells if cell.cell_type == "code"]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    read = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    bound = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    bound |= {n.name for n in nodes if isinstance(n, ast.FunctionDef | ast.ExceptHandler)}
    bound |= {n.arg for n in nodes if isinstance(n, ast.arg)}
    bound |= {(n.asname or n.name).partition(".")[0] for n in nodes if isinstance(n, ast.alias)}
    return read - bound - set(dir(builtins))


def routes():
    """Return the excerpts that the teacher's guide names."""
    text = (sets.COURSEWORK / "README.md").read_text(encoding="utf-8")
    return re.findall(r"`make release PS=(ps\d) EXERCISES=([\d,]+)`", text)


@pytest.mark.parametrize(("name", "numbers"), routes())
def test_a_shorter_route_needs_nothing_that_it_leaves_out(name, numbers):
    """What a cell of an exercise imports or defines is not there for another, handed out alone."""
    exercises = [int(each) for each in numbers.split(",")]
    assert unbound(sets.read_source(name, 0, exercises)) == set()


def test_a_route_that_needs_more_is_found():
    assert unbound(sets.read_source("ps5", 0, [1, 6])) == {"circle_bptt"}
    assert len(routes()) >= 3


@each_set
def test_some_exercises_are_handed_out_and_graded(name, tmp_path, monkeypatch):
    """Those that the two-week route takes, among others."""
    path = releasing.release(name, 3, tmp_path, [1, 2])
    monkeypatch.setattr(sets, "release_path", lambda name: path)
    assert sets.released_exercises(name) == [1, 2] and sets.released_seed(name) == 3
    whole, part = sets.load(name, 3), sets.load(name, 3, sets.released_exercises(name))
    assert part.exercises == whole.exercises[:2]
    assert part.of_kind("given") == whole.of_kind("given")
    text = "\n".join(part.prose)
    points = sum(exercise.points for exercise in part.exercises)
    assert f"| **Total** | **{points:g}** | **" in text and "\n| 3 " not in text
    assert "## Exercise 2 · " in text and "## Exercise 3 · " not in text
    report = mark(part, answered(part), Limits())
    assert [each.points for each in report.marks] == [each.possible for each in report.marks]
    assert report.flags == []


def test_exercises_that_are_not_there():
    with pytest.raises(ValueError, match="exercises: expected some of 1, 2, 3, 4, 5, got 9"):
        releasing.release("ps1", 0, exercises=[1, 9])
