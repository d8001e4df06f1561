"""`python -m coursework.grade`, and what it says."""

import sys
from dataclasses import replace
from types import SimpleNamespace

import pytest

from coursework import grade as command
from coursework.grade import grade
from coursework.grader.marking import mark
from coursework.grader.submissions import Submission, collect, read_cells
from tests.coursework import FULL, PATIENT, TOY, cells, notebook, points, write_class


@pytest.fixture
def toy_by_name(monkeypatch):
    monkeypatch.setattr(command, "load_released", lambda name, seed: TOY)


def test_the_command(toy_by_name, tmp_path, capsys):
    write_class(tmp_path / "in", 2)
    (tmp_path / "roster.csv").write_text("1001\n1002\n1003\n")
    options = [f"--out={tmp_path / 'out'}", f"--roster={tmp_path / 'roster.csv'}", "--jobs=1"]
    command.main(["toy", str(tmp_path / "in"), *options])
    said = capsys.readouterr()
    assert said.out == f"3 submissions, 1 to be looked at: {tmp_path / 'out' / 'summary.html'}\n"
    assert "warning" not in said.err and "2/3" not in said.err.splitlines()[-1]
    table = (tmp_path / "out" / "points.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in table] == ["student", "1001", "1002", "1003"]
    assert table[3].endswith("nothing handed in")


@pytest.mark.parametrize("system", ["linux", "darwin"])
def test_unsafe_works_with_a_warning(toy_by_name, tmp_path, monkeypatch, capsys, system):
    there = SimpleNamespace(**vars(sys) | {"platform": system})  # for the sandbox alone
    monkeypatch.setattr("coursework.grader.sandbox.sys", there)
    write_class(tmp_path / "in", 3)
    asked = ["toy", str(tmp_path / "in"), f"--out={tmp_path / 'out'}", "--jobs=1"]
    if system != "linux":
        with pytest.raises(SystemExit, match="no sandbox on darwin"):
            command.main(asked)
    command.main([*asked, "--unsafe"])
    assert "warning: --unsafe runs what students handed in" in capsys.readouterr().err
    table = (tmp_path / "out" / "points.csv").read_text()
    assert [line.split(",")[-2] for line in table.splitlines()[1:]] == ["9", "5", "0"]


def test_a_class_that_carries_another_seed_is_not_graded(toy_by_name, tmp_path):
    """Nothing is written, so that what was graded with the right seed stays."""
    write_class(tmp_path / "in", 3)
    for path in (tmp_path / "in").iterdir():
        path.write_text(path.read_text().replace("SEED = 7", "SEED = 8"))
    with pytest.raises(SystemExit, match=r"3 of 3 notebooks carry SEED = 8.*say SEED=8"):
        command.main(["toy", str(tmp_path / "in"), f"--out={tmp_path / 'out'}"])
    assert not (tmp_path / "out").exists()


def test_unsafe_ends_endless_loops(tmp_path):
    own = read_cells(notebook(cells(ex1="def double(x):\n    while True:\n        pass\n")))
    limits = replace(PATIENT, call_seconds=1)
    report = mark(TOY, Submission("1", "1", "", own), limits, unsafe=True)
    assert points(report) == [0.0, *FULL[1:]]


def test_results_without_the_sandbox_do_not_count_as_results_with_it(tmp_path):
    write_class(tmp_path / "in", 1)
    submissions, journal = collect(tmp_path / "in", "toy"), tmp_path / "out" / "journal.jsonl"
    lines = []
    for unsafe in (True, False, True):
        grade(TOY, submissions, tmp_path / "out", jobs=1, unsafe=unsafe, progress=False)
        lines.append(len(journal.read_bytes().splitlines()))
    assert lines == [1, 2, 2]


@pytest.mark.parametrize("what", ["submissions", "roster"])
def test_errors_are_messages(toy_by_name, tmp_path, what):
    write_class(tmp_path / "in", 1)
    (tmp_path / "class.csv").write_text("1001\n")
    paths = {"submissions": tmp_path / "in", "roster": tmp_path / "class.csv"}
    paths[what] = tmp_path / "nowhere"
    with pytest.raises(SystemExit, match=r"Error: .*nowhere"):
        command.main(["toy", str(paths["submissions"]), f"--roster={paths['roster']}"])


@pytest.mark.parametrize("out", ["in", "in/grades"])
def test_results_do_not_go_where_submissions_are(toy_by_name, tmp_path, out):
    """The next run would take them for submissions."""
    write_class(tmp_path / "in", 1)
    with pytest.raises(SystemExit, match="out: expected a folder outside that of submissions"):
        command.main(["toy", str(tmp_path / "in"), f"--out={tmp_path / out}"])
