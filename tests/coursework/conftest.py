"""The grader's tests use its sandbox, as grading does; without one, what needs it is skipped."""

import copy
import functools
import time
from dataclasses import replace

import pytest

from coursework import grade as command
from coursework.grader import sandbox
from coursework.grader.roster import read_roster
from coursework.grader.sandbox import SandboxUnavailable, check_available
from tests.coursework import sandboxed
from tests.coursework.exports import CANVAS, MOODLE
from tools.provision import sandbox_trouble

trouble = functools.cache(sandbox_trouble)


@pytest.fixture
def needs_sandbox():
    """For a test that starts a grader in a process of its own."""
    if trouble():
        pytest.skip(f"the grader's sandbox: {trouble()}")


@pytest.fixture(scope="session", autouse=True)
def skipped_at_the_sandbox():
    """Without a sandbox a test is skipped where it would start one, and not before."""

    def refuse(*_, **__):
        pytest.skip(f"the grader's sandbox: {trouble()}")

    def check(limits):
        try:
            check_available(limits)
        except SandboxUnavailable as error:
            if trouble() in str(error):
                refuse()
            raise  # of another trouble, which a test has made

    with pytest.MonkeyPatch.context() as patch:
        if trouble():
            patch.setattr(sandbox, "run_inside", refuse)
            patch.setattr(sandbox, "check_available", check)
        yield


@pytest.fixture
def canvas(tmp_path):
    (tmp_path / "canvas.csv").write_text(CANVAS, encoding="utf-8")
    return read_roster(tmp_path / "canvas.csv")


@pytest.fixture
def moodle(tmp_path):
    (tmp_path / "moodle.csv").write_text(MOODLE, encoding="utf-8")
    return read_roster(tmp_path / "moodle.csv")


REMEMBERED: dict = {}


@pytest.fixture
def remembered(monkeypatch):
    """For tests of tables and pages: the same cells are run in a sandbox once, for all of them."""
    mark = command.mark

    def again(problem_set, submission, limits, unsafe=False):
        key = (problem_set.fingerprint, submission.cells, submission.unreadable, unsafe)
        if key not in REMEMBERED:
            plain = replace(submission, flags=())
            REMEMBERED[key] = mark(problem_set, plain, limits, unsafe)
        report = copy.deepcopy(REMEMBERED[key])
        report.flags = [*submission.flags, *report.flags]
        return replace(report, student=submission.student, file=submission.file)

    monkeypatch.setattr(command, "mark", again)


@pytest.fixture(autouse=True)
def nothing_left():
    """Whatever a test does, no process of a sandbox is there after it."""
    before = sandboxed()
    yield
    deadline = time.monotonic() + 10  # the kernel takes a moment to end what was killed
    while (left := sandboxed() - before) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not left
