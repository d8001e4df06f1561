"""A submission with all its points: by tests, by hand, and what was lost by being late."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from coursework.grader.by_hand import HandMarks
from coursework.grader.checks import Mark
from coursework.grader.late import Lateness, LateRule
from coursework.grader.marking import Report
from coursework.grader.problem_set import Exercise, ProblemSet


@dataclass(frozen=True)
class Line:
    """An exercise of one submission; points are None for an answer in words not yet marked."""

    exercise: Exercise
    points: float | None
    checks: tuple[Mark, ...]
    by_hand: bool
    comment: str


@dataclass(frozen=True)
class Entry:
    """A submission with all its points."""

    report: Report
    page: str
    lines: tuple[Line, ...]
    flags: tuple[str, ...]
    late: Lateness | None = None

    @property
    def earned(self) -> float:
        """Return the points so far, before those that are lost by being late."""
        return sum(line.points or 0.0 for line in self.lines)

    @property
    def total(self) -> float:
        """Return the points so far."""
        return round(self.earned * (1 - (self.late.lost if self.late else 0.0)), 2)

    @property
    def unmarked(self) -> bool:
        """Say whether an answer in words is still to be marked."""
        return any(line.points is None for line in self.lines)


def entries_of(
    problem_set: ProblemSet, reports: Sequence[Report], hand: HandMarks, rule: LateRule | None
) -> list[Entry]:
    """Bring together what tests, teacher and clock say."""
    pages = page_names(reports)
    return [
        _entry(problem_set, report, page, hand, rule)
        for report, page in zip(reports, pages, strict=True)
    ]


def _entry(
    problem_set: ProblemSet, report: Report, page: str, hand: HandMarks, rule: LateRule | None
) -> Entry:
    lines, flags = [], list(report.flags)
    for exercise in problem_set.exercises:
        mark = hand.of(report, exercise)
        ids = [cell.grade_id for cell in exercise.cells]
        checks = tuple(each for each in report.marks if each.grade_id in ids)
        by_hand = mark.points is not None
        points = mark.points if by_hand else sum(each.points for each in checks) if checks else None
        if report.unreadable and points is None:
            points = 0.0  # there is no answer to be marked
        lines.append(Line(exercise, points, checks, by_hand, mark.comment))
        if hand.changed(report, exercise):
            flags.append(f"{exercise.title}: the answer is another than the one that was marked")
    late = None
    if rule and report.file:
        late, flag = rule.of(report.student)
        if flag and (rule.knows_times or "late" in flags):
            flags.append(flag)
    return Entry(report, page, tuple(lines), tuple(flags), late)


def page_names(reports: Sequence[Report]) -> list[str]:
    """Return a feedback page's file name for each report, no two alike."""
    often = Counter(report.student for report in reports)
    names: list[str] = []
    for report in reports:
        whose = report.student if often[report.student] == 1 else f"{report.student} {report.file}"
        stem = re.sub(r"[^\w.-]+", "_", whose).strip("._")[:50] or "student"
        name, number = f"{stem}.html", 1
        while name.lower() in (taken.lower() for taken in names):
            number += 1
            name = f"{stem}-{number}.html"
        names.append(name)
    return names
