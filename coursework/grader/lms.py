"""Back into the LMS: the teacher's own table with this problem set's column filled, and pages."""

import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from coursework.grader.entries import Entry
from coursework.grader.late import LateRule
from coursework.grader.owners import CANVAS, MOODLE
from coursework.grader.problem_set import ProblemSet
from coursework.grader.roster import Roster, fold, heading
from coursework.grader.table import write_table

KEPT = ("ex", "n/a")  # Canvas: excused, not applicable


@dataclass(frozen=True)
class Gradebook:
    """What is known of the class beside its files.

    Attributes
    ----------
    roster : Roster, optional
    rule : LateRule, optional
    column : str
        The heading of this problem set's column in the roster's table, if the teacher has named it.
    """

    roster: Roster | None = None
    rule: LateRule | None = None
    column: str = ""

    def place(self, problem_set: ProblemSet) -> int | None:
        """Return the column that is to be filled; None for a list in which there is none.

        Raises
        ------
        ValueError
            If it is not clear which, with the columns to choose from.
        """
        if self.roster is None or (self.roster.kind == "list" and not self.column):
            return None
        names = [heading(cell) for cell in self.roster.table.rows[0]]
        if self.roster.kind == "moodle" and not self.column:
            return names.index("grade")
        titles = [re.sub(r" \(\d+\)$", "", name) for name in names]
        if self.column:
            wanted = heading(self.column)
            found = [n for n in range(len(names)) if wanted in (names[n], titles[n])]
        else:
            called = _called(problem_set.name)
            found = [
                n
                for n, name in enumerate(names)
                if n > names.index("section") and name != titles[n] and called.search(titles[n])
            ]
        if len(found) != 1:
            listed = ", ".join(cell for cell in self.roster.table.rows[0] if cell)
            got = f"{self.column!r}" if self.column else f"none or several for {problem_set.name}"
            raise ValueError(f"column: expected one of {listed}, got {got}: say COLUMN=…")
        return found[0]


def _called(name: str) -> re.Pattern[str]:
    """Return what finds "PS1" or "Problem set 1" in an assignment's title, and no "PS10"."""
    letters, digits = re.fullmatch(r"(\D*)(\d*)", name).groups()
    letters = r"(?:ps|pset|problem[ -]?set|problems)" if letters == "ps" else re.escape(letters)
    return re.compile(rf"(?<![^\W_]){letters}[ #.-]*0*{digits}(?!\d)")


def write_back(
    folder: Path, problem_set: ProblemSet, entries: Sequence[Entry], book: Gradebook
) -> list[str]:
    """Write ``for_canvas.csv`` or ``for_moodle.csv``, and a zip of the pages in `folder`.

    Returns
    -------
    list of str
        What the teacher should know: whose cells were left as they are, and why.
    """
    for old in folder.glob("for_*"):
        old.unlink()
    _write_pages(folder, entries, book.roster)
    try:
        place = book.place(problem_set)
    except ValueError as error:
        return [f"nothing was written for the LMS: {error}"]
    if book.roster is None or place is None:
        return []
    return _write_copy(folder, problem_set, entries, book.roster, place)


def _write_copy(
    folder: Path, problem_set: ProblemSet, entries: Sequence[Entry], roster: Roster, place: int
) -> list[str]:
    """Write the table as the teacher has exported it, but for the points in one column."""
    rows = [[*row] for row in roster.table.rows]
    names = [heading(cell) for cell in rows[0]]
    comma = any(re.fullmatch(r"\d+,\d+", cell.strip()) for row in rows for cell in row[1:])
    own: dict[str, list[Entry]] = {}
    for entry in entries:
        own.setdefault(fold(entry.report.student), []).append(entry)
    notes = _possible(problem_set, rows, names, place)
    for student in roster.students:
        row = rows[student.row]
        row += [""] * (place + 1 - len(row))
        entry, why = _that_counts(own.get(fold(student.id), []))
        if entry and heading(row[place]) in KEPT:
            entry, why = None, f"the table says {row[place]}"
        if entry and _of(row, names, "grade can be changed") == "no":
            entry, why = None, "the table says that the grade cannot be changed"
        if entry:
            points = f"{entry.total:g}"
            row[place] = points.replace(".", ",") if comma else points
        elif why:
            notes.append(f"{student.id}: left as it was, {why}")
    if unmarked := sum(entry.unmarked for entry in entries):
        notes.append(f"{unmarked} answers in words are not marked yet: the points are those so far")
    table = roster.table
    write_table(folder / f"for_{roster.kind}.csv", rows, table.delimiter, table.bom)
    return notes


def _that_counts(entries: Sequence[Entry]) -> tuple[Entry | None, str]:
    """Return a student's entry: that of the newest file, if that is clear."""
    marked = [each for each in entries if not each.report.unreadable or each.earned]
    if len(marked) > 1:
        newest = [e for e in marked if any("this one is the newest" in flag for flag in e.flags)]
        marked = newest or marked
    if len(marked) == 1:
        return marked[0], ""
    if marked:
        return None, f"which of {len(marked)} files counts is not clear"
    handed_in = [each for each in entries if each.report.file]
    return None, "what was handed in could not be graded" if handed_in else ""


def _of(row: Sequence[str], names: Sequence[str], name: str) -> str:
    return heading(row[names.index(name)]) if name in names[: len(row)] else ""


def _possible(
    problem_set: ProblemSet, rows: Sequence[Sequence[str]], names: Sequence[str], place: int
) -> list[str]:
    """Say so if the LMS expects another number of points."""
    possible = sum(exercise.points for exercise in problem_set.exercises)
    said = {row[place] for row in rows if row[0].strip() == "Points Possible" and place < len(row)}
    said |= {_of(row, names, "maximum grade") for row in rows[1:]} - {""}
    numbers = {float(each.replace(",", ".")) for each in said if re.fullmatch(r"[\d.,]+", each)}
    return [
        f"the LMS expects {number:g} points, the problem set has {possible:g}: change that there"
        for number in sorted(numbers - {possible})
    ]


def _write_pages(folder: Path, entries: Sequence[Entry], roster: Roster | None) -> None:
    """Write the feedback pages in a zip, each called as the file that it is about."""
    kinds = {"moodle": MOODLE} | ({"canvas": CANVAS} if roster and roster.kind == "canvas" else {})
    for kind, pattern in kinds.items():
        pages: dict[str, str] = {}
        for entry in entries:
            if found := pattern.search(entry.report.file):
                path = PurePosixPath(entry.report.file[found.start() :].lstrip("/"))
                name, number = str(path.with_suffix(".html")), 1
                while name in pages:
                    number += 1
                    name = str(path.with_name(f"{path.stem}-{number}.html"))
                pages[name] = entry.page
        if pages:
            _zip(folder, f"for_{kind}_feedback.zip", pages)


def _zip(folder: Path, name: str, pages: Mapping[str, str]) -> None:
    new = folder / f"{name}.new"
    with zipfile.ZipFile(new, "w", zipfile.ZIP_DEFLATED) as archive:
        for inside, page in pages.items():
            # without a time of its own, so that the same points make the same file
            archive.writestr(zipfile.ZipInfo(inside), (folder / "feedback" / page).read_bytes())
    new.replace(folder / name)
