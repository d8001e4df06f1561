"""Who is in the class: read by the names of columns from what a teacher can export."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from coursework.grader.table import Table, read_table

NO_NUMBER = (
    "roster: {path} has no number that stands in the names of Moodle's zip. Export the grading "
    "worksheet instead (assignment, Submissions, Download grading worksheet), whose column "
    "Identifier has it, or say which column stands in your files' names, such as ID_COLUMN={column}"
)
WHICH = "roster: which column of {path} holds the ids? Say one of ID_COLUMN={columns}"
ID_HEADINGS = (
    r"(student|user|sis( user| login)?|login|matric\w*|matrikel\w*|registration)?"
    r"[ _-]*(id|ids|number|no|nr|nummer|identifier)\.?|identifier|id number|user ?name|login|"
    r"matric\w*|matrikel\w*|kennung|e-?mail( address)?|students?"
)
NAME_HEADINGS = r"(full |student )?names?|student|students"
MOODLES = {"email address", "groups", "institution", "last downloaded from this course"}
TEST_STUDENT = "student, test"  # Canvas's own, which comes last


@dataclass(frozen=True)
class Student:
    """Somebody in the class.

    Attributes
    ----------
    id : str
        As tables and pages call the student.
    others : tuple of str
        More ids that may stand in a file's path.
    name : str
    row : int
        In the table that the teacher has exported.
    expected : bool
        False for the LMS's test student, who need not hand in anything.
    """

    id: str
    others: tuple[str, ...] = ()
    name: str = ""
    row: int = 0
    expected: bool = True


@dataclass(frozen=True)
class Roster:
    """A class.

    Attributes
    ----------
    students : tuple of Student
    kind : str
        ``"list"``, ``"canvas"`` or ``"moodle"``.
    table : Table
        The file that was read.
    chosen : str
        The column of ids, if the teacher has named it.
    """

    students: tuple[Student, ...]
    kind: str = "list"
    table: Table = field(default=Table(Path(), []))
    chosen: str = ""

    @classmethod
    def of(cls, ids: Sequence[str]) -> "Roster":
        """Return a class of which only ids are known."""
        return cls(tuple(Student(each) for each in ids))

    @property
    def ids(self) -> list[str]:
        """Return how tables call the students."""
        return [student.id for student in self.students]


def fold(text: str) -> str:
    """Return a text in one Unicode form and case."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def heading(cell: str) -> str:
    """Return a column's name as it is compared."""
    return " ".join(fold(cell).split())


def read_roster(path: str | Path, id_column: str = "") -> Roster:
    """Read Canvas's gradebook, Moodle's grading worksheet, or a list of ids.

    Parameters
    ----------
    path : path
    id_column : str, optional
        The column of what stands in the files' names, where it cannot be known from the headings.

    Raises
    ------
    ValueError
        If this cannot be a roster, and why.
    """
    table = read_table(path, "roster")
    first = next((n for n, row in enumerate(table.rows) if any(map(str.strip, row))), None)
    if first is None:
        raise ValueError(f"roster: expected a student's id on each line, got none in {table.path}")
    table, first = replace(table, rows=table.rows[first:]), 0
    names = [heading(cell) for cell in table.rows[first]]
    if id_column:
        kind, columns = _kind(names), [_named(names, id_column, table)]
    elif kind := _kind(names):
        wanted = {"canvas": ("id", "sis user id", "sis login id"), "moodle": ("identifier",)}[kind]
        columns = [names.index(each) for each in wanted if each in names]
    else:
        columns, first = _list_column(table, names, first)
    students = _students(table, first, columns)
    if not students:
        raise ValueError(f"roster: expected a student's id on each line, got none in {table.path}")
    return Roster(_once(students, table), kind or "list", table, id_column)


def _kind(names: Sequence[str]) -> str:
    """Return whose export it is."""
    if {"id", "section"} <= set(names) and set(names) & {"student", "lastname"}:
        return "canvas"
    return "moodle" if {"identifier", "grade"} <= set(names) else ""


def _named(names: Sequence[str], wanted: str, table: Table) -> int:
    if names.count(heading(wanted)) != 1:
        listed = ", ".join(table.rows[0])
        raise ValueError(
            f"id column: expected one of the columns of {table.path} ({listed}), got {wanted!r}"
        )
    return names.index(heading(wanted))


def _list_column(table: Table, names: Sequence[str], first: int) -> tuple[list[int], int]:
    """Return the column of ids, and the row of the headings (−1: there are none)."""
    below = [row for row in table.rows[first + 1 :] if any(map(str.strip, row))]
    if "first name" in names and {"last name", "surname"} & set(names) and MOODLES & set(names):
        column = "ID number" if "id number" in names else "Email address"
        raise ValueError(NO_NUMBER.format(path=table.path, column=f'"{column}"'))
    numbered = bool(below) and all(re.search(r"[\d@]", row[0]) for row in below)
    if re.search(r"[\d@]", names[0]):
        if numbered or not below:
            return [0], -1
    elif found := [n for n, name in enumerate(names) if re.fullmatch(ID_HEADINGS, name)]:
        exact = [n for n in found if not re.fullmatch(r"e-?mail.*|students?", names[n])]
        return _only(exact or found, table), first
    elif numbered:
        return [0], first
    elif max(map(len, table.rows)) == 1:
        return [0], first if re.fullmatch(NAME_HEADINGS, names[0]) else -1
    listed = ", ".join(f'"{each.strip()}"' for each in table.rows[first])
    raise ValueError(WHICH.format(path=table.path, columns=listed[:300]))


def _only(columns: list[int], table: Table) -> list[int]:
    """Return the column if it is one."""
    if len(columns) > 1:
        listed = ", ".join(f'"{table.rows[0][n].strip()}"' for n in columns)
        raise ValueError(WHICH.format(path=table.path, columns=listed[:300]))
    return columns


def _students(table: Table, first: int, columns: Sequence[int]) -> list[Student]:
    """Return the students in the rows below the headings."""
    names = [heading(cell) for cell in table.rows[first]] if first >= 0 else []
    kind, found = _kind(names), []
    for number, row in enumerate(table.rows[first + 1 :], start=first + 1):
        cells = [cell.strip() for cell in row] + [""] * (max(columns) + len(names) + 1 - len(row))
        ids = [unicodedata.normalize("NFC", cells[n]) for n in columns]
        person = _name(cells, names)
        if not ids[0] or (kind == "canvas" and person == "Points Possible"):
            continue
        expected = not (kind == "canvas" and heading(person) == TEST_STUDENT)
        others = tuple(dict.fromkeys(each for each in ids[1:] if each and each != ids[0]))
        found.append(Student(ids[0], others, person, number, expected))
    return _numbered(found)


def _numbered(students: list[Student]) -> list[Student]:
    """Return Moodle's "Participant 8880001" by the number, which stands alone in its zip."""
    parts = [re.fullmatch(r"([^\W\d_]\D{2,} )(\d+)", student.id) for student in students]
    if not all(parts) or len({part[1] for part in parts if part}) != 1:
        return students
    return [replace(s, id=part[2]) for s, part in zip(students, parts, strict=True) if part]


def _name(cells: Sequence[str], names: Sequence[str]) -> str:
    at = {name: cell for name, cell in zip(names, cells, strict=False) if cell}
    for one in ("full name", "student", "name", "student name"):
        if at.get(one):
            return re.sub(r'^="(.*)"$', r"\1", at[one])
    first = at.get("first name") or at.get("firstname") or ""
    last = at.get("last name") or at.get("lastname") or at.get("surname") or ""
    return f"{last}, {first}" if first and last else first or last


def _once(students: Sequence[Student], table: Table) -> tuple[Student, ...]:
    """Leave out lines that say the same again; refuse an id of two people."""
    found: dict[str, Student] = {}
    for student in students:
        other = found.setdefault(fold(student.id), student)
        if [*map(fold, table.rows[other.row])] != [*map(fold, table.rows[student.row])]:
            raise ValueError(
                f"roster: {student.id!r} stands on lines {other.row + 1} and {student.row + 1} of "
                f"{table.path}, of different students: say another column, ID_COLUMN=…"
            )
    return tuple(found.values())
