"""Whole runs: any number of workers, interrupted and gone on with, one at a time."""

import contextlib
import os
import signal
import subprocess
import sys

import pytest

from coursework import grade as command
from coursework.grade import grade
from coursework.grader.journal import Journal
from coursework.grader.submissions import collect
from tests.coursework import (
    FULL,
    PATIENT,
    RUNNING,
    TOY,
    cells,
    notebook,
    points,
    sandboxed,
    write_class,
)
from tests.sweeps.runs import wait_until
from tools.equations import ROOT

STUDENTS = 6
CALL = """
import sys
from pathlib import Path
from coursework.grade import grade
from coursework.grader.sandbox import Limits
from coursework.grader.submissions import collect
from tests.coursework import TOY
folder, out, jobs, disk = *map(Path, sys.argv[1:3]), int(sys.argv[3]), int(sys.argv[4])
grade(TOY, collect(folder, "toy"), out, jobs=jobs, limits=Limits(disk=disk), progress=False)
"""


@pytest.fixture(scope="module")
def handed_in(tmp_path_factory):
    folder = tmp_path_factory.mktemp("class") / "in"
    write_class(folder, STUDENTS)
    # long enough for a test that waits for those before to see them stored
    slow = "import time\ntime.sleep(3)\n" + RUNNING
    (folder / "1004.ipynb").write_bytes(notebook(cells(ex3=slow)))
    (folder / "1100.ipynb").write_bytes(notebook(cells(ex3="import os\nos._exit(1)\n")))
    return folder


def run(folder, out, **options):
    return grade(TOY, collect(folder, "toy"), out, limits=PATIENT, progress=False, **options)


def results(out):
    """Return everything that a run writes but its journal, whose order is that of arrival."""
    paths = [p for p in sorted(out.rglob("*")) if p.is_file()]
    assert not [path for path in paths if path.suffix == ".new"]
    return {
        str(path.relative_to(out)): path.read_bytes()
        for path in paths
        if path.name not in ("journal.jsonl", ".lock")
    }


@pytest.fixture(scope="module")
def expected(handed_in, tmp_path_factory):
    out = tmp_path_factory.mktemp("one")
    reports = run(handed_in, out, jobs=1)
    assert [points(each) for each in reports[:3]] == [FULL, [0.0, *FULL[1:]], [0.0] * 3]
    return results(out)


@pytest.mark.parametrize("jobs", [2, 3])
def test_results_do_not_depend_on_the_number_of_workers(handed_in, expected, tmp_path, jobs):
    run(handed_in, tmp_path, jobs=jobs)
    assert results(tmp_path) == expected


def started(folder, out, jobs):
    """Start a run in a process group of its own."""
    disk = PATIENT.disk
    return subprocess.Popen(
        [sys.executable, "-c", CALL, folder, out, str(jobs), str(disk)],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # a shell's background job, as CI may run this in, ignores Ctrl-C and bequeaths that
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def wait_for_lines(process, out, number):
    journal = out / "journal.jsonl"
    wait_until(lambda: journal.exists() and journal.read_bytes().count(b"\n") >= number)
    assert process.poll() is None


@pytest.mark.parametrize(
    ("number", "jobs"),
    [("SIGINT", 1), ("SIGINT", 2), ("SIGKILL", 2)],
    ids=["Ctrl-C", "Ctrl-C, two workers", "kill -9"],
)
def test_a_run_that_is_ended_goes_on(handed_in, expected, tmp_path, number, jobs):
    process = started(handed_in, tmp_path, jobs)
    with process:
        wait_for_lines(process, tmp_path, 3)
        os.killpg(process.pid, getattr(signal, number))
        process.wait(timeout=60)
        with contextlib.suppress(ProcessLookupError):  # workers that have lost their parent
            os.killpg(process.pid, signal.SIGKILL)
    kept = (tmp_path / "journal.jsonl").read_bytes().splitlines()
    assert 3 <= len(kept) < STUDENTS
    run(handed_in, tmp_path, jobs=2)
    assert results(tmp_path) == expected
    lines = (tmp_path / "journal.jsonl").read_bytes().splitlines()
    assert len(lines) - STUDENTS - 1 in (0, 1)  # one may have been torn
    assert lines[: len(kept) - 1] == kept[:-1]


@pytest.mark.usefixtures("needs_sandbox")
def test_a_killed_grader_takes_hostile_code_with_it(tmp_path):
    """What is under way ends, too, also if it would run for ever."""
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    (folder / "1001.ipynb").write_bytes(notebook(cells()))
    (folder / "1002.ipynb").write_bytes(notebook(cells(ex1="while True:\n    pass\n")))
    with started(folder, out, 1) as process:
        wait_for_lines(process, out, 1)
        wait_until(sandboxed)
        process.kill()
    # conftest's fixture sees that none is left


TORN = {
    "half a line": lambda line: line[: len(line) // 2],
    "half a character": lambda line: line + b"\xc3",
    "zeros, as after a power cut": lambda line: line + b"\0" * 100,
    "a number": lambda line: line + b"17",
    "of another version": lambda line: line + b'{"key": "x", "report": {"marks": [], "odd": 1}}',
    "a list": lambda line: line + b"[]\n\n\n",
}


@pytest.mark.parametrize("tear", TORN.values(), ids=TORN)
def test_a_torn_line_is_graded_again(tmp_path, tear):
    write_class(tmp_path / "in", 3)
    out = tmp_path / "out"
    run(tmp_path / "in", out, jobs=1)
    before = results(out)
    journal = out / "journal.jsonl"
    *whole, last = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(whole) + tear(last))
    assert len(Journal(journal).reports) in (2, 3)
    run(tmp_path / "in", out, jobs=1)
    assert results(out) == before
    assert len(Journal(journal).reports) == 3


def test_what_has_been_graded_is_not_graded_again(tmp_path, monkeypatch):
    write_class(tmp_path / "in", 3)
    run(tmp_path / "in", tmp_path / "out", jobs=1)
    (tmp_path / "in" / "1002.ipynb").write_bytes(notebook(cells()))
    graded = []
    mark = command.mark

    def noting(problem_set, submission, *rest):
        graded.append(submission.student)
        return mark(problem_set, submission, *rest)

    monkeypatch.setattr(command, "mark", noting)
    reports = run(tmp_path / "in", tmp_path / "out", jobs=1)
    assert graded == ["reference", "1002"]
    assert points(reports[1]) == FULL


@pytest.mark.usefixtures("needs_sandbox")
def test_two_graders_at_once(tmp_path, handed_in):
    with started(handed_in, tmp_path, 1) as process:
        wait_for_lines(process, tmp_path, 1)
        with pytest.raises(ValueError, match=r"out: another grader is writing to"):
            run(handed_in, tmp_path)
        process.kill()
    run(handed_in, tmp_path, jobs=1)


def test_a_submission_that_the_machine_fails_on_is_reported_after_all_others(tmp_path, monkeypatch):
    write_class(tmp_path / "in", 3)
    mark = command.mark

    def failing(problem_set, submission, *rest):
        if submission.student == "1002":
            raise OSError("no space left")
        return mark(problem_set, submission, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(command, "mark", failing)
        with pytest.raises(RuntimeError, match=r"1 of 3 submissions could not be graded.*\n.*1002"):
            run(tmp_path / "in", tmp_path / "out", jobs=1)
    assert (tmp_path / "out" / "points.csv").read_text().count("\n") == 3
    assert len(run(tmp_path / "in", tmp_path / "out", jobs=1)) == 3
