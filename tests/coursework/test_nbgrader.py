"""Our sources in nbgrader itself, unchanged: it releases what we release and gives its points."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from coursework.grader import problem_set as sets

nbgrader_api = pytest.importorskip("nbgrader.api", reason="nbgrader, which Windows cannot import")
STUDENTS = ("reference", "untouched")


COMMANDS = """
import sys
from nbgrader.apps import NbGraderAPI
from traitlets.config import Config
config = Config()
config.CourseDirectory.root = sys.argv[1]
config.IncludeHeaderFooter.enabled = False
api = NbGraderAPI(config=config)
for name in sys.argv[2].split(","):
    results = [api.generate_assignment(name, force=True)]
    results += [api.autograde(name, student) for student in sys.argv[3].split(",")]
    for result in results:
        if not result["success"]:
            sys.exit(result.get("error") or result.get("log"))
"""


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course folder in which nbgrader has released every set and graded two students."""
    folder = tmp_path_factory.mktemp("course")
    shutil.copytree(sets.COURSEWORK / "source", folder / "source")
    for name in sets.names():
        handed_out = nbformat.writes(sets.released(sets.read_source(name, 0)))
        model = folder / "source" / name / f"{name}.ipynb"
        for student in STUDENTS:
            handed_in = folder / "submitted" / student / name
            handed_in.mkdir(parents=True)
            text = model.read_text("utf-8") if student == "reference" else handed_out
            (handed_in / f"{name}.ipynb").write_text(text, "utf-8")
    result = subprocess.run(  # it looks for alembic and jupyter on the PATH
        [sys.executable, "-c", COMMANDS, folder, ",".join(sets.names()), ",".join(STUDENTS)],
        cwd=folder,
        env=os.environ
        | {"PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return folder


def test_the_folder_is_a_course_of_nbgraders(tmp_path):
    """As its commands find it, with our settings."""
    shutil.copytree(sets.COURSEWORK / "source" / "ps1", tmp_path / "source" / "ps1")
    shutil.copy(sets.COURSEWORK / "nbgrader_config.py", tmp_path)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    command = [sys.executable, "-m", "nbgrader", "generate_assignment", "ps1", "--force"]
    result = subprocess.run(
        command, cwd=tmp_path, env=os.environ | {"PATH": path}, capture_output=True, check=False
    )
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "release" / "ps1" / "ps1.ipynb").exists()


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
