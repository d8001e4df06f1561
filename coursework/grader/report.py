"""What the teacher and the students read: tables as CSV, pages as HTML."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from statistics import mean
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from coursework.grader.by_hand import HandMarks, read_hand_marks
from coursework.grader.entries import Entry, entries_of
from coursework.grader.lms import Gradebook, write_back
from coursework.grader.marking import Report
from coursework.grader.problem_set import ProblemSet
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


def write_all(
    folder: Path,
    problem_set: ProblemSet,
    reports: Sequence[Report],
    unsafe: bool = False,
    book: Gradebook | None = None,
) -> list[str]:
    """Write tables and pages; what stood there before is replaced, but for marks given by hand.

    Returns
    -------
    list of str
        What the teacher should know about the tables.
    """
    hand = HandMarks(read_hand_marks(folder / BY_HAND, problem_set), reports)
    (folder / "feedback").mkdir(parents=True, exist_ok=True)
    book = book or Gradebook()
    entries = entries_of(problem_set, reports, hand, book.rule)
    write_table(folder / BY_HAND, hand.table(problem_set, reports))
    write_table(folder / "points.csv", points_table(problem_set, entries, bool(book.rule)))
    for old in (folder / "feedback").glob("*.html"):  # of a run that knew other files
        old.unlink()
    for entry in entries:
        _write_page(folder / "feedback" / entry.page, "feedback.html", problem_set, entry=entry)
    summary = {"statistics": exercise_statistics(problem_set, entries), "unsafe": unsafe}
    notes = write_back(folder, problem_set, entries, book)
    shared = {"entries": entries, "lost": hand.lost, "by_hand": BY_HAND, "notes": notes}
    _write_page(folder / "summary.html", "summary.html", problem_set, **shared, **summary)
    cells = problem_set.of_kind("written")
    _write_page(folder / "written.html", "written.html", problem_set, **shared, cells=cells)
    if hand.lost:
        told = "belong to no submission or to several: see the summary"
        notes = [f"{len(hand.lost)} lines of {folder / BY_HAND} {told}", *notes]
    return notes


def _write_page(path: Path, template: str, problem_set: ProblemSet, **values: Any) -> None:
    possible = sum(exercise.points for exercise in problem_set.exercises)
    page = TEMPLATES.get_template(template)
    write_text(path, page.render(problem_set=problem_set, possible=possible, **values))


def points_table(
    problem_set: ProblemSet, entries: Sequence[Entry], timed: bool = False
) -> list[list[str]]:
    """Return the CSV's lines: one for each file that was handed in."""
    exercises = problem_set.exercises
    columns = [f"{each.title} (of {each.points:g})" for each in exercises]
    total = f"total (of {sum(each.points for each in exercises):g})"
    late = ["days late", "points lost"] if timed else []
    rows = [["student", "file", *columns, *late, total, "flags"]]
    for entry in entries:
        whose = [entry.report.student, entry.report.file]
        marks = ["" if line.points is None else f"{line.points:g}" for line in entry.lines]
        if timed:
            days = entry.late.days if entry.late else 0
            marks += [f"{days}", f"{round(entry.earned - entry.total, 2):g}"]
        rows.append([*whose, *marks, f"{entry.total:g}", "; ".join(entry.flags)])
    return rows


def exercise_statistics(problem_set: ProblemSet, entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """Return how each exercise's points are distributed and what went wrong most often.

    Only submissions that could be graded count.
    """
    statistics = []
    for place, exercise in enumerate(problem_set.exercises):
        lines = [entry.lines[place] for entry in entries if not entry.report.unreadable]
        points = [line.points for line in lines if line.points is not None]
        checks = [check for line in lines for check in line.checks]
        reasons = Counter(check.why for check in checks if check.why)
        statistics.append(
            {
                "exercise": exercise,
                "full": sum(each == exercise.points for each in points),
                "none": sum(each == 0 for each in points),
                "marked": len(points),
                "mean": mean(points) if points else None,
                "checks": [
                    (cell.check, mean([each.points / each.possible for each in own]))
                    for cell in exercise.cells
                    if (own := [each for each in checks if each.grade_id == cell.grade_id])
                ],
                "reasons": reasons.most_common(3),
            }
        )
    return statistics
