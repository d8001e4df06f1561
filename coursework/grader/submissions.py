"""What students handed in: which files there are, whose they are, and the cells in them."""

import hashlib
import os
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from coursework.grader.notebooks import TOO_LARGE, StudentCell, read_cells
from coursework.grader.owners import NOT_LISTED, Owners
from coursework.grader.roster import Roster, fold, read_roster
from coursework.grader.table import printable

__all__ = ["StudentCell", "Submission", "absent", "collect", "read_cells", "read_roster"]
LATE = re.compile(r"(?<![A-Za-z0-9])LATE(?![A-Za-z0-9])")  # Canvas's word for it
ATTEMPT = re.compile(r"-(\d{1,2})$")  # Canvas's, too
UNREADABLE = "Your file could not be opened as a notebook; hand in the .ipynb again."
LARGE = (
    "Your file is too large to be opened ({}); clear its outputs, make its pictures smaller, and "
    "hand in the .ipynb again."
)
LINK = "What you handed in is a link, not a file; hand in the .ipynb itself."
NOTHING = "Nothing was handed in."


@dataclass(frozen=True)
class Submission:
    """One file.

    Attributes
    ----------
    student : str
        The student's id.
    file : str
        Its path below the folder of submissions.
    digest : str
        Of its contents.
    cells : tuple of StudentCell
        Empty if it cannot be read as a notebook; `flags` says why.
    flags : tuple of str
        What the teacher should know.
    unreadable : str
        Why there are no cells, in words for the student.
    """

    student: str
    file: str
    digest: str
    cells: tuple[StudentCell, ...] = ()
    flags: tuple[str, ...] = ()
    unreadable: str = ""


def collect(folder: str | Path, problem_set: str, roster: Roster | None = None) -> list[Submission]:
    """Read every file below `folder`, in the order of students' ids.

    A file is an LMS's export (the student's id at the LMS's place, or anywhere in its path: one of
    the roster's or, without a roster, the only number of four or more digits that is neither a date
    nor in all paths, or else the file's name) or stands in nbgrader's layout,
    ``STUDENT/PROBLEM_SET/NAME.ipynb``. Other files of a student who has handed in a notebook are
    left out; several notebooks are all kept.
    """
    folder = Path(folder).expanduser()
    if not folder.is_dir():
        raise ValueError(f"submissions: expected a folder, got {folder}")
    paths = _files(folder, problem_set)
    if not paths:
        raise ValueError(f"submissions: no file in {folder}")
    owners = Owners([_inside(folder, path) for path in paths], problem_set, roster)
    read = {path: _read(folder, path, owners) for path in paths}
    students: dict[str, dict[Path, Submission]] = {}
    for path, each in read.items():
        students.setdefault(each.student, {})[path] = each
    found = [each for own in students.values() for each in _of_one_student(own, problem_set)]
    if roster is not None:
        found = _doubt_roster(found, roster)
    return sorted(found, key=lambda each: (each.student, each.file))


def _of_one_student(own: dict[Path, Submission], problem_set: str) -> list[Submission]:
    """Leave out what lies beside a notebook; of several of this problem set name the newest."""
    if any(each.cells or path.suffix.lower() == ".ipynb" for path, each in own.items()):
        own = {
            path: each
            for path, each in own.items()
            if each.cells or path.suffix.lower() in (".ipynb", ".zip")
        }
    ages = {path: _age(path) for path, each in own.items() if not _of_another(each, problem_set)}
    if len(ages) < 2:
        return list(own.values())
    last = max(ages.values())
    clear = list(ages.values()).count(last) == 1
    found = []
    for path, each in own.items():
        if path in ages:
            which = "this one is the newest" if ages[path] == last else "not the newest"
            which = which if clear or ages[path] != last else "which is the newest is not clear"
            flag = f"{len(ages)} files of this student: {which}"
            each = replace(each, flags=(*each.flags, flag))
        found.append(each)
    return found


def _of_another(submission: Submission, problem_set: str) -> bool:
    """Say whether a notebook has ids, and none of this problem set's."""
    ids = {cell.grade_id for cell in submission.cells} - {""}
    return bool(ids) and not any(each.startswith(f"{problem_set}-") for each in ids)


def _age(path: Path) -> tuple[int, int]:
    """Return what is larger for a newer file: Canvas's number of the attempt, then the time."""
    attempt = ATTEMPT.search(path.stem)
    return int(attempt[1]) if attempt else 0, path.lstat().st_mtime_ns


def _doubt_roster(found: list[Submission], roster: Roster) -> list[Submission]:
    """Flag all files that are nobody's if most are, and most of the roster has none."""
    nobodys = [each for each in found if NOT_LISTED in each.flags]
    missed = set(roster.ids) - {each.student for each in found}
    if 2 * len(nobodys) <= len(found) or 2 * len(missed) <= len(roster.ids):
        return found
    doubt = "nor are most files: is it the id in their names that the roster was read for?"
    return [
        replace(each, flags=(*each.flags, doubt)) if each in nobodys else each for each in found
    ]


def absent(submissions: Sequence[Submission], roster: Roster | None) -> list[Submission]:
    """Return an empty submission for each student on the roster who has handed in nothing.

    If a file may be the student's, that is said.
    """
    present = {fold(each.student) for each in submissions}
    found = []
    for student in roster.students if roster else ():
        if fold(student.id) in present or not student.expected:
            continue
        unclear = [each.file for each in submissions if _may_be(student.id, each)]
        flags = ("nothing handed in", *(f"unless {file} is" for file in unclear))
        found.append(Submission(student.id, "", "nothing", flags=flags, unreadable=NOTHING))
    return found


def _may_be(student: str, submission: Submission) -> bool:
    of = [each.partition(": ")[2] for each in submission.flags if each.startswith("whose it is")]
    return any(student in each.split(" or ") for each in of)


def _files(folder: Path, problem_set: str) -> list[Path]:
    """List what was handed in; in nbgrader's layout only notebooks of this problem set."""
    found = []
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder).parts
        if any(part.startswith((".", "__MACOSX")) for part in inside):
            continue
        if path.is_dir() and not path.is_symlink():
            continue
        nbgraders = len(inside) == 3 and path.suffix == ".ipynb"
        if len(inside) == 3 and (folder / inside[0] / problem_set).is_dir():
            if not nbgraders or inside[1] != problem_set:
                continue
        found.append(path)
    return found


def _read(folder: Path, path: Path, owners: Owners) -> Submission:
    """Read a file. What is wrong with it is told to the teacher in a flag, to the student apart."""
    inside = _inside(folder, path)
    student, flags = owners.of(inside)
    if LATE.search(inside.as_posix()):
        flags.append("late")

    def failed(digest: str, flag: str, unreadable: str) -> Submission:
        return Submission(student, file, digest, (), (*flags, flag), unreadable)

    file = inside.as_posix()
    if path.is_symlink() or not path.is_file():
        return failed("link", "a link, not a file", LINK)
    try:
        size = path.stat().st_size
        data = path.read_bytes() if size <= TOO_LARGE else b""
    except OSError as error:
        return failed("unread", f"cannot be read: {error.strerror}", UNREADABLE)
    if size > TOO_LARGE:
        megabytes = f"{size / 2**20:.0f} MB"
        return failed(f"{size} bytes", f"too large: {megabytes}", LARGE.format(megabytes))
    digest = hashlib.sha256(data).hexdigest()
    try:
        cells = read_cells(data)
    except ValueError as error:
        return failed(digest, f"not a notebook: {error}", UNREADABLE)
    return Submission(student, file, digest, cells, tuple(flags))


def _inside(folder: Path, path: Path) -> Path:
    r"""Return a path in the folder as tables show it: ``\xff`` for bytes that are no UTF-8."""
    text = os.fsencode(path.relative_to(folder)).decode("utf-8", "backslashreplace")
    return Path(printable(unicodedata.normalize("NFC", text)))
