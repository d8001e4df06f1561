"""Our sources in nbgrader itself, unchanged: it releases what we release and gives its points."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from coursework.grader import problem_set as sets

nbgrader_api = pytest.importorskip("nbgrader.api", reason="nbgrader, which Windows cannot import")
STUDENTS = ("reference", "untouched")


def nbgrader(course: Path, *arguments: str) -> None:
    """Run a command of nbgrader's; it looks for alembic and jupyter on the PATH."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    result = subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments],
        cwd=course,
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course folder in which nbgrader has released every set and graded two students."""
    folder = tmp_path_factory.mktemp("course")
    shutil.copytree(sets.COURSEWORK / "source", folder / "source")
    shutil.copy(sets.COURSEWORK / "nbgrader_config.py", folder)
    shutil.copytree(sets.COURSEWORK / "release", folder / "release")
    for name in sets.names():
        nbgrader(folder, "generate_assignment", name, "--force")
        handed_out = folder / "release" / name / f"{name}.ipynb"
        model = folder / "source" / name / f"{name}.ipynb"
        for student, notebook in zip(STUDENTS, (model, handed_out), strict=True):
            handed_in = folder / "submitted" / student / name
            handed_in.mkdir(parents=True)
            shutil.copy(notebook, handed_in)
        nbgrader(folder, "autograde", name)
    return folder


@pytest.mark.parametrize("name", sets.names())
def test_nbgrader_releases_the_same_cells(course, name):
    theirs = sets.nbformat.read(course / "release" / name / f"{name}.ipynb", as_version=4)
    ours = sets.released(sets.read_source(name, seed=0))
    assert [cell.source for cell in theirs.cells] == [cell.source for cell in ours.cells]


@pytest.mark.parametrize("name", sets.names())
def test_nbgrader_gives_the_points_that_our_grader_gives(course, name):
    tests = sets.load(name, seed=0).of_kind("test")
    with nbgrader_api.Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        for student in STUDENTS:
            submission = gradebook.find_submission_notebook(name, name, student)
            scores = {grade.name: grade.auto_score for grade in submission.grades}
            for test in tests:
                expected = test.points if student == "reference" else 0
                assert scores[test.grade_id] == expected, test.grade_id
