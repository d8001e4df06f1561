"""What the teacher and the students read: tables as CSV, pages as HTML."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from coursework.grader.by_hand import HandMark, HandMarks, read_hand_marks
from coursework.grader.marking import Report
from coursework.grader.problem_set import Cell, ProblemSet
from coursework.grader.table import write_table, write_text

TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
TEMPLATES.filters["short"] = lambda points: f"{points:g}"
BY_HAND = "by_hand.csv"


@dataclass(frozen=True)
class Line:
    """An exercise of one submission; points are None for an answer in words not yet marked."""

    cell: Cell
    points: float | None
    why: str
    hidden: bool
    by_hand: bool
    comment: str


@dataclass(frozen=True)
class Entry:
    """A submission with all its points, by tests and by hand."""

    report: Report
    page: str
    lines: tuple[Line, ...]
    flags: tuple[str, ...]

    @property
    def total(self) -> float:
        """Return the points so far."""
        return sum(line.points or 0.0 for line in self.lines)

    @property
    def unmarked(self) -> bool:
        """Say whether an answer in words is still to be marked."""
        return any(line.points is None for line in self.lines)


def write_all(
    folder: Path, problem_set: ProblemSet, reports: Sequence[Report], unsafe: bool = False
) -> list[HandMark]:
    """Write tables and pages; what stood there before is replaced, but for marks given by hand.

    Returns
    -------
    list of HandMark
        Marks that were given to no submission that is there.
    """
    hand = HandMarks(read_hand_marks(folder / BY_HAND, problem_set), reports)
    pages = page_names(reports)
    entries = [
        _entry(problem_set, report, page, hand) for report, page in zip(reports, pages, strict=True)
    ]
    write_table(folder / BY_HAND, hand.table(problem_set, reports))
    write_table(folder / "points.csv", points_table(problem_set, entries))
    (folder / "feedback").mkdir(exist_ok=True)
    for old in (folder / "feedback").glob("*.html"):  # of a run that knew other files
        old.unlink()
    for entry in entries:
        _write_page(folder / "feedback" / entry.page, "feedback.html", problem_set, entry=entry)
    summary = {"statistics": exercise_statistics(problem_set, entries), "unsafe": unsafe}
    shared = {"entries": entries, "lost": hand.lost, "by_hand": BY_HAND}
    _write_page(folder / "summary.html", "summary.html", problem_set, **shared, **summary)
    cells = problem_set.of_kind("written")
    _write_page(folder / "written.html", "written.html", problem_set, **shared, cells=cells)
    return hand.lost


def _entry(problem_set: ProblemSet, report: Report, page: str, hand: HandMarks) -> Entry:
    """Bring together what tests and teacher say."""
    tested = {mark.grade_id: mark for mark in report.marks}
    lines, flags = [], list(report.flags)
    for cell in problem_set.of_kind("test", "written"):
        mark, test = hand.of(report, cell), tested.get(cell.grade_id)
        by_hand = mark.points is not None
        points = mark.points if by_hand else test.points if test else None
        if report.unreadable and points is None:
            points = 0.0  # there is no answer to be marked
        why, hidden = (test.why, test.hidden) if test else ("", False)
        lines.append(Line(cell, points, why, hidden, by_hand, mark.comment))
        if hand.changed(report, cell):
            flags.append(f"{cell.title}: the answer is another than the one that was marked")
    return Entry(report, page, tuple(lines), tuple(flags))


def _write_page(path: Path, template: str, problem_set: ProblemSet, **values: Any) -> None:
    possible = sum(cell.points for cell in problem_set.of_kind("test", "written"))
    page = TEMPLATES.get_template(template)
    write_text(path, page.render(problem_set=problem_set, possible=possible, **values))


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


def points_table(problem_set: ProblemSet, entries: Sequence[Entry]) -> list[list[str]]:
    """Return the CSV's lines: one for each file that was handed in."""
    cells = problem_set.of_kind("test", "written")
    columns = [f"{cell.title} (of {cell.points:g})" for cell in cells]
    total = f"total (of {sum(cell.points for cell in cells):g})"
    rows = [["student", "file", *columns, total, "flags"]]
    for entry in entries:
        whose = [entry.report.student, entry.report.file]
        marks = ["" if line.points is None else f"{line.points:g}" for line in entry.lines]
        rows.append([*whose, *marks, f"{entry.total:g}", "; ".join(entry.flags)])
    return rows


def exercise_statistics(problem_set: ProblemSet, entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """Return how each exercise's points are distributed and what went wrong most often.

    Only submissions that could be graded count.
    """
    statistics = []
    for place, cell in enumerate(problem_set.of_kind("test", "written")):
        lines = [entry.lines[place] for entry in entries if not entry.report.unreadable]
        points = [line.points for line in lines if line.points is not None]
        reasons = Counter(line.why for line in lines if line.why and not line.by_hand)
        statistics.append(
            {
                "cell": cell,
                "full": sum(each == cell.points for each in points),
                "none": sum(each == 0 for each in points),
                "marked": len(points),
                "mean": mean(points) if points else None,
                "reasons": reasons.most_common(3),
            }
        )
    return statistics
