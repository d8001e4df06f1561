"""What has been graded so far, kept on disk line by line, so that an interrupted run goes on."""

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from coursework.grader.checks import Mark
from coursework.grader.marking import Report
from coursework.grader.problem_set import ProblemSet
from coursework.grader.submissions import Submission


def key_of(problem_set: ProblemSet, submission: Submission, unsafe: bool = False) -> str:
    """Return what identifies a result; another file, other tests or another grader make another."""
    parts = (
        problem_set.fingerprint,
        unsafe,
        submission.student,
        submission.file,
        submission.digest,
    )
    parts += submission.flags
    return hashlib.sha256(repr(parts).encode("utf-8", "replace")).hexdigest()


class Journal:
    """Reports by key, in a file of one JSON object a line."""

    def __init__(self, path: Path):
        self.path = path
        self.reports: dict[str, Report] = {}
        lines = path.read_bytes().split(b"\n") if path.exists() else []
        for line in lines:  # one that was torn when the power went is graded again
            with contextlib.suppress(ValueError, KeyError, TypeError):
                entry = json.loads(line)
                self.reports[entry["key"]] = from_dict(entry["report"])
        if lines and lines[-1]:
            with open(path, "ab") as file:
                file.write(b"\n")

    def append(self, key: str, report: Report) -> None:
        """Keep a report, on disk before this returns."""
        line = json.dumps({"key": key, "report": asdict(report)}) + "\n"
        with open(self.path, "a", encoding="ascii") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
        self.reports[key] = report


def from_dict(entry: dict) -> Report:
    """Return the report that `dataclasses.asdict` was given."""
    return Report(**{**entry, "marks": [Mark(**each) for each in entry["marks"]]})


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold the folder of results for this process, where the system can lock files."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        import fcntl
    except ImportError:  # Windows
        yield
        return
    with open(folder / ".lock", "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ValueError(f"out: another grader is writing to {folder}") from None
        yield
