"""Points that the teacher gives by hand: a table that is read before grading and written after it.

It has a line for each answer in words. Lines for other exercises may be added, whose points then
replace the tests'. What has been entered is never dropped: a line whose submission is no longer
there is kept, and told.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from coursework.grader.marking import Report
from coursework.grader.problem_set import Exercise, ProblemSet
from coursework.grader.roster import fold
from coursework.grader.table import as_entered, read_table

COLUMNS = ("student", "file", "exercise", "points", "comment", "answer")


@dataclass(frozen=True)
class HandMark:
    """A line of the table; `answer` is a digest of the text that was marked."""

    student: str
    file: str
    exercise: str
    points: float | None = None
    comment: str = ""
    answer: str = ""

    @property
    def entered(self) -> bool:
        """Say whether the teacher has written something here."""
        return self.points is not None or bool(self.comment)


def digest(text: str) -> str:
    """Return what tells one answer from another, with a letter so that no spreadsheet rounds it."""
    return "t" + hashlib.sha256(text.strip().encode("utf-8", "replace")).hexdigest()[:8]


def read_hand_marks(path: Path, problem_set: ProblemSet) -> list[HandMark]:
    """Read the table, as it was written here or as a spreadsheet saves it.

    Raises
    ------
    ValueError
        With the file, the line, what was expected and what came.
    """
    if not path.exists():
        return []
    most = {exercise.name: exercise.points for exercise in problem_set.exercises}
    return [
        HandMark(
            row["student"],
            row["file"],
            _exercise(row["exercise"], most, where),
            _points(row["points"], most[row["exercise"]], where),
            row["comment"],
            row["answer"],
        )
        for where, row in _lines(path)
    ]


def _lines(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the place and the columns of each line that is not empty."""
    heading, *rows = read_table(path, str(path)).rows or [[]]
    if missing := [name for name in COLUMNS if name not in heading]:
        raise ValueError(f"{path}: no column {', '.join(missing)}")
    for number, row in enumerate(rows, start=2):
        where = f"{path}, line {number}"
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != len(heading):
            raise ValueError(f"{where}: expected {len(heading)} columns, got {len(row)}")
        yield where, dict(zip(heading, map(as_entered, row), strict=True))


def _exercise(name: str, most: dict[str, float], where: str) -> str:
    if name not in most:
        raise ValueError(f"{where}: exercise: expected one of {', '.join(most)}, got {name!r}")
    return name


def _points(text: str, most: float, where: str) -> float | None:
    """Return the number in a cell, None if it is empty."""
    if not text.strip():
        return None
    try:
        points = float(text.replace(",", "."))
    except ValueError:
        raise ValueError(f"{where}: points: expected a number, got {text!r}") from None
    if not 0 <= points <= most:
        raise ValueError(f"{where}: points: expected 0 to {most:g}, got {text}")
    return points


class HandMarks:
    """The table's lines, each with the submission that it belongs to."""

    def __init__(self, marks: Sequence[HandMark], reports: Sequence[Report]):
        self.lost: list[HandMark] = []
        self._of: dict[tuple[int, str], HandMark] = {}
        for mark in marks:
            owner = _owner(mark, reports)
            before = self._of.get((id(owner), mark.exercise)) if owner else None
            if owner is None or (before and before.entered and mark.entered):
                self.lost += [mark] if mark.entered and mark != before else []
            elif mark.entered or before is None:
                self._of[id(owner), mark.exercise] = mark

    def of(self, report: Report, exercise: Exercise) -> HandMark:
        """Return the line of an exercise; one that is not there is empty."""
        text = report.written.get(exercise.name, "")
        new = HandMark(report.student, report.file, exercise.name)
        mark = self._of.get((id(report), exercise.name), new)
        if exercise.kind == "written" and not (mark.entered and mark.answer):
            mark = replace(mark, answer=digest(text))
        return mark

    def changed(self, report: Report, exercise: Exercise) -> bool:
        """Say whether an answer in words is another than the one that was marked."""
        mark = self.of(report, exercise)
        text = report.written.get(exercise.name, "")
        marked = exercise.kind == "written" and mark.points is not None
        return marked and mark.answer != digest(text)

    def table(self, problem_set: ProblemSet, reports: Sequence[Report]) -> list[list[str]]:
        """Return the table for the teacher, with what has been entered already."""
        marks = []
        for report in reports:
            for exercise in problem_set.exercises:
                mark = self.of(report, exercise)
                if mark.entered or (exercise.kind == "written" and not report.unreadable):
                    marks.append(replace(mark, student=report.student, file=report.file))
        rows = [list(COLUMNS)]
        for mark in [*marks, *self.lost]:
            points = "" if mark.points is None else f"{mark.points:g}"
            rows.append([mark.student, mark.file, mark.exercise, points, mark.comment, mark.answer])
        return rows


def _owner(mark: HandMark, reports: Sequence[Report]) -> Report | None:
    """Return whose line it is; None where that is not clear.

    The student whom it names decides, though a spreadsheet dropped zeros, and the file only among
    his or hers. Where nobody is called so the file does: without a roster, a student may have been
    called otherwise when the line was written.
    """
    own = _of_student(mark.student, reports)
    same = [report for report in reports if mark.file and report.file == mark.file]
    if own:
        both = [report for report in own if report in same]
        if len(both) == 1:
            return both[0]
        return own[0] if len(own) == 1 and not same else None
    return same[0] if len(same) == 1 else None


def _of_student(name: str, reports: Sequence[Report]) -> list[Report]:
    """Return the reports on a student by the strictest reading that finds any."""
    readings = (str, fold, lambda text: fold(text).lstrip("0"))
    for reading in readings if name else ():
        found = [report for report in reports if reading(report.student) == reading(name)]
        if len({report.student for report in found}) == 1:
            return found
    return []
