"""Points by hand reach the student that they name; no table can start a formula or be misread."""

import csv
import io
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coursework.grader.by_hand import HandMark, HandMarks, read_hand_marks
from coursework.grader.entries import page_names
from coursework.grader.marking import Report
from coursework.grader.submissions import collect
from coursework.grader.table import as_entered, no_formula, read_table, write_table
from tests.coursework import TOY, cells, notebook

FILES = {
    "1001": "1001.ipynb",
    "1002": "1002.ipynb",
    "0010455": "z.ipynb",
    "1004": "",
    "Zo\u00eb": "e",
}
REPORTS = [Report(student, file) for student, file in FILES.items()]
TWO = [*REPORTS, Report("1002", "again.ipynb")]
REACHES = {
    "the student alone, while another is absent": (("1002", ""), "1002"),
    "an absent student": (("1004", ""), "1004"),
    "both": (("1001", "1001.ipynb"), "1001"),
    "a file that has another name now": (("1001", "old.ipynb"), "1001"),
    "an id without its zeros": (("10455", ""), "0010455"),
    "an id in another form": (("ZOE\u0308", "e"), "Zo\u00eb"),
    "a file alone": (("", "z.ipynb"), "0010455"),
    "a student who was called otherwise": (("s-17", "1001.ipynb"), "1001"),
    "student and file of two people": (("1001", "1002.ipynb"), None),
    "nobody": (("", ""), None),
    "somebody who is not there": (("1003", "1003.ipynb"), None),
    "no more than a part": (("100", ""), None),
}


@pytest.mark.parametrize(("line", "owner"), REACHES.values(), ids=REACHES)
def test_points_reach_whom_they_name(line, owner):
    mark = HandMark(*line, "toy-ex3", 2.0)
    hand = HandMarks([mark], REPORTS)
    cell = TOY.exercises[2]
    assert [each.student for each in REPORTS if hand.of(each, cell).entered] == [owner][
        : bool(owner)
    ]
    assert hand.lost == ([] if owner else [mark])


@pytest.mark.parametrize(("file", "found"), [("", []), ("again.ipynb", ["again.ipynb"])])
def test_of_two_files_the_one_that_is_named(file, found):
    hand = HandMarks([HandMark("1002", file, "toy-ex3", 2.0)], TWO)
    cell = TOY.exercises[2]
    assert [each.file for each in TWO if hand.of(each, cell).entered] == found


def test_two_lines_that_say_different_things():
    """The first counts and the other is told; the same line twice is no matter."""
    lines = [HandMark("1001", "", "toy-ex3", points) for points in (2.0, 1.0, 2.0)]
    hand = HandMarks(lines, REPORTS)
    assert hand.of(REPORTS[0], TOY.exercises[2]).points == 2.0
    assert hand.lost == lines[1:2]


TEXT = st.text(st.sampled_from("=+-@\uff1d\t\r\n ,;|\"'1a\x00\x85\u2028"), max_size=12)


def starts_a_formula(text):
    return bool(re.match(r'[\s"]*[=+\-@\uff1d\uff0b\uff0d\uff20]', text)) and not re.fullmatch(
        r"[\s\"]*(-|[-+]?\d+([.,]\d+)?%?)([,;\t|].*)?", text, re.DOTALL
    )  # a number is none, nor is Moodle's dash for no grade, alone or before a separator


@given(st.lists(st.lists(TEXT, min_size=2, max_size=2), min_size=1, max_size=3))
@settings(max_examples=200, deadline=None)
def test_no_cell_starts_a_formula_whatever_the_separator(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("table") / "a.csv"
    write_table(path, rows)
    text = path.read_text(encoding="utf-8")
    for delimiter in ",;\t|":
        for line in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            assert not any(map(starts_a_formula, line)), (delimiter, line)
    again = list(csv.reader(io.StringIO(text, newline="")))
    assert again == [[no_formula(cell) for cell in row] for row in rows]
    assert len(text.splitlines()) == text.count("\n")


@given(TEXT)
@settings(max_examples=200, deadline=None)
def test_escaping_is_undone_and_not_done_twice(text):
    assert no_formula(no_formula(text)) == no_formula(text)
    plain = re.sub(r"[\x00\x85\u2028]", "x", text.replace("\r\n", "\n").replace("\r", "\n"))
    if "'" not in plain:
        assert as_entered(no_formula(plain)) == plain


ODD = [
    "ps1\r=HYPERLINK(1).ipynb",
    "a\n=1+1;b.ipynb",
    "\t-1.ipynb",
    "ada;=1+1;.ipynb",
    "\u202eb.ipynb",
]


def test_a_name_with_control_characters_stops_nobody(tmp_path):
    """The table of points by hand is read again by the next run."""
    for number, name in enumerate(ODD):
        folder = tmp_path / "in" / f"eve{number}" / "toy"
        folder.mkdir(parents=True)
        (folder / name).write_bytes(notebook(cells()))
    found = collect(tmp_path / "in", "toy")
    assert [each.student for each in found] == [f"eve{number}" for number in range(len(ODD))]
    assert all(each.file.isprintable() for each in found)
    reports = [Report(each.student, each.file, written={"toy-why": "x"}) for each in found]
    assert len(set(page_names(reports))) == len(ODD)
    path = tmp_path / "by_hand.csv"
    for _ in range(2):
        marks = read_hand_marks(path, TOY)
        hand = HandMarks(marks, reports)
        assert not hand.lost and len(marks) in (0, len(ODD))
        write_table(path, hand.table(TOY, reports))
    assert len(read_table(path, "t").rows) == 1 + len(ODD)
