"""Late work: a share of the points lost for each day that has begun, by the teacher's rule."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from coursework.grader.roster import ID_HEADINGS, Roster, fold, heading
from coursework.grader.table import read_table

DAY = timedelta(days=1)
FORMATS = (  # Moodle's in English, and what spreadsheets make of a date
    "%A, %d %B %Y, %I:%M %p", "%A, %d %B %Y, %H:%M", "%d %B %Y, %I:%M %p", "%d %B %Y, %H:%M",
    "%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M:%S",
)  # fmt: skip
UNITS = {"year": 365 * DAY, "week": 7 * DAY, "day": DAY, "hour": DAY / 24, "hr": DAY / 24,
         "min": DAY / 1440, "sec": DAY / 86400}  # fmt: skip
LATE_BY = re.compile(r"((?:\d+ (?:year|week|day|hour|hr|min|sec)\w* )+)late", re.IGNORECASE)
EXCUSED = ("", "none", "excused")


@dataclass(frozen=True)
class Lateness:
    """How late somebody was; `lost` is a share of the points, between 0 and 1."""

    by: timedelta
    days: int
    lost: float


@dataclass(frozen=True)
class LateRule:
    """The teacher's rule, and what is known of times.

    Attributes
    ----------
    share : float
        Lost for each day that has begun.
    due : datetime, optional
        Without it a worksheet's own word ("3 hours late") counts.
    extensions : dict of str to datetime or None
        Other due dates, by folded ids; None for a student who is never late.
    handed_in : dict of str to datetime
    late_by : dict of str to timedelta
    unread : dict of str to str
        Times that could not be read.
    """

    share: float = 0.0
    due: datetime | None = None
    extensions: Mapping[str, datetime | None] = field(default_factory=dict)
    handed_in: Mapping[str, datetime] = field(default_factory=dict)
    late_by: Mapping[str, timedelta] = field(default_factory=dict)
    unread: Mapping[str, str] = field(default_factory=dict)

    @property
    def knows_times(self) -> bool:
        """Say whether anything is known of times; Canvas's zip says no more than LATE."""
        return bool(self.handed_in or self.late_by or self.unread)

    def of(self, student: str) -> tuple[Lateness | None, str]:
        """Return how late a student was (None: in time, or not known) and a flag."""
        key = fold(student)
        due = self.extensions.get(key, self.due)
        if key in self.extensions and due is None:
            return None, ""
        if key in self.unread:
            return None, f"its time cannot be read: {self.unread[key]}"
        if due and key in self.handed_in:
            by = self.handed_in[key] - due
        elif key in self.late_by and key not in self.extensions:
            by = self.late_by[key]
        else:
            return None, "it is not known when it was handed in"
        if by <= timedelta():
            return None, ""
        days = math.ceil(by / DAY)
        return Lateness(by, days, min(1.0, days * self.share)), ""


def read_rule(
    roster: Roster | None, *, due: str, share: float, times: Path | None, extensions: Path | None
) -> LateRule | None:
    """Return the rule that options give, None if they give none.

    Raises
    ------
    ValueError
        With the file, the line, what was expected and what came.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"late: expected a share of the points, 0 to 1, got {share}")
    if not due and (not share or times or extensions):
        if share or times or extensions:
            raise ValueError("due: expected the due date, such as 2026-03-01T23:59, got none")
        return None
    on_sheet, late_by, unread = _from_worksheet(roster)
    handed_in = _read_times(times, roster, "times") if times else {}
    return LateRule(
        share,
        _time(due, "due") if due else None,
        _read_times(extensions, roster, "extensions", EXCUSED) if extensions else {},
        on_sheet | {student: time for student, time in handed_in.items() if time},
        late_by,
        {student: text for student, text in unread.items() if student not in handed_in},
    )


def _from_worksheet(
    roster: Roster | None,
) -> tuple[dict[str, datetime], dict[str, timedelta], dict[str, str]]:
    """Return what Moodle's grading worksheet says of times, by folded ids."""
    times: dict[str, datetime] = {}
    late_by: dict[str, timedelta] = {}
    unread: dict[str, str] = {}
    if roster is None or roster.kind != "moodle":
        return times, late_by, unread
    names = [heading(cell) for cell in roster.table.rows[0]]
    for student in roster.students:
        row = dict(zip(names, roster.table.rows[student.row], strict=False))
        key, status = fold(student.id), row.get("status", "")
        if said := LATE_BY.search(status):
            late_by[key] = _duration(said[1])
        elif status.casefold().startswith("submitted"):
            late_by[key] = timedelta()
        text = row.get("last modified (submission)", "").strip()
        if text not in ("", "-"):
            try:
                times[key] = _time(text, "")
            except ValueError:
                unread[key] = text
    return times, late_by, unread


def _duration(text: str) -> timedelta:
    total = timedelta()
    for number, unit in re.findall(r"(\d+) ([a-z]+?)s? ", text.lower() + " "):
        total += int(number) * next(size for name, size in UNITS.items() if unit.startswith(name))
    return total


def _read_times(
    path: Path, roster: Roster | None, what: str, none: tuple[str, ...] = ()
) -> dict[str, datetime | None]:
    """Return the times in a table of two columns, an id and a time, with or without headings."""
    known = {fold(each): fold(s.id) for s in roster.students for each in (s.id, *s.others)} if (
        roster) else {}  # fmt: skip
    found: dict[str, datetime | None] = {}
    for number, row in enumerate(read_table(path, what).rows, start=1):
        if not any(map(str.strip, row)):
            continue
        where = f"{what}: {path}, line {number}"
        if len(row) < 2:
            raise ValueError(f"{where}: expected an id and a time, got {row}")
        if number == 1 and re.fullmatch(ID_HEADINGS, heading(row[0])):
            continue
        student, text = fold(row[0].strip()), row[1].strip()
        if known and student not in known:
            raise ValueError(f"{where}: expected an id of the roster's, got {row[0]!r}")
        found[known.get(student, student)] = (
            None if text.casefold() in none else _time(text, f"{where}: ")
        )
    return found


def _time(text: str, what: str) -> datetime:
    """Return a time of this machine's clock."""
    try:
        time = datetime.fromisoformat(text)
        return time.astimezone().replace(tzinfo=None) if time.tzinfo else time
    except ValueError:
        pass
    for form in FORMATS:
        try:
            return datetime.strptime(text.replace("\u202f", " "), form)
        except ValueError:
            continue
    raise ValueError(f"{what} expected a time such as 2026-03-01T23:59, got {text!r}")
