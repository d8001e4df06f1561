"""Out of the LMS and back: rosters as Canvas and Moodle export them, grades, pages, late work."""

import csv
import io
import zipfile
from dataclasses import replace
from datetime import timedelta

import pytest

from coursework import grade as command
from coursework.grader.checks import Mark
from coursework.grader.late import LateRule, read_rule
from coursework.grader.lms import Gradebook
from coursework.grader.marking import Report
from coursework.grader.report import write_all
from coursework.grader.roster import read_roster
from coursework.grader.submissions import collect
from tests.coursework import TOY, cells, notebook, write_class

CANVAS = '''\
\ufeffStudent,ID,SIS User ID,SIS Login ID,Section,Quiz 1 (470),toy (4711),toy2 (4712),Current Score
,,,,,Manual Posting,Manual Posting,,
    Points Possible,,,,,10,12,12,(read only)
"Lovelace, Ada",20123,u-1,alovelace,CS-01 and CS-02,7,,3,70.5
"Babbage, Charles",20124,u-2,cbabbage,CS-01,,EX,N/A,
"=""Odd""",20125,u-3,odd,CS-01,,1,,
"Noether, Emmy",20126,u-4,enoether,CS-01,,4,,
"Student, Test",20199,,0123456789abcdef0123456789abcdef01234567,CS-01,,,,
'''
MOODLE = """\
Identifier,"Full name","Email address",Status,Grade,"Maximum grade","Grade can be changed",\
"Last modified (submission)","Last modified (grade)","Feedback comments"
"Participant 8880001","Ada Lovelace",ada@example.org,\
"Submitted for grading - 3 hours 31 mins late",,12.00,\
Yes,"Monday, 2 March 2026, 3:30 AM",-,
"Participant 8880002","Ada Byron",byron@example.org,"Submitted for grading",5.00,12.00,No,\
"Sunday, 1 March 2026, 11:00 PM",-,
"Participant 8880003","=1+1",odd@example.org,"No submission",,12.00,Yes,-,-,
"Participant 8880004","Emmy Noether",emmy@example.org,\
"Submitted for grading - 2 days 1 hour late",,\
12.00,Yes,"Wednesday, 4 March 2026, 1:00 AM",-,
"""


@pytest.fixture
def canvas(tmp_path):
    (tmp_path / "canvas.csv").write_text(CANVAS, encoding="utf-8")
    return read_roster(tmp_path / "canvas.csv")


@pytest.fixture
def moodle(tmp_path):
    (tmp_path / "moodle.csv").write_text(MOODLE, encoding="utf-8")
    return read_roster(tmp_path / "moodle.csv")


def hand_in(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(notebook(cells()))
    return folder


def test_canvas_gradebook(canvas, tmp_path):
    assert canvas.kind == "canvas"
    assert canvas.ids == ["20123", "20124", "20125", "20126", "20199"]
    assert [each.expected for each in canvas.students] == [True] * 4 + [False]
    folder = hand_in(
        tmp_path / "in",
        "lovelaceada_LATE_20123_20124_u-4.ipynb",  # the attachment has another student's number
        "babbagecharles_20124_98_ps1-1.ipynb",
        "my enoether.ipynb",
        "nobody_20777_99_20123.ipynb",
    )
    found = {each.file: (each.student, each.flags) for each in collect(folder, "toy", canvas)}
    assert found == {
        "lovelaceada_LATE_20123_20124_u-4.ipynb": ("20123", ("late",)),
        "babbagecharles_20124_98_ps1-1.ipynb": ("20124", ()),
        "my enoether.ipynb": ("20126", ()),
        "nobody_20777_99_20123.ipynb": ("20777", ("not on the roster",)),
    }


@pytest.mark.parametrize("drop", ["SIS User ID", "SIS Login ID", "Current Score"])
def test_canvas_without_a_column(tmp_path, drop):
    rows = list(csv.reader(io.StringIO(CANVAS.removeprefix("\ufeff"))))
    keep = [n for n, cell in enumerate(rows[0]) if cell != drop]
    with open(tmp_path / "a.csv", "w", newline="") as file:
        csv.writer(file, delimiter=";").writerows([[row[n] for n in keep] for row in rows])
    roster = read_roster(tmp_path / "a.csv")
    assert (roster.kind, len(roster.students)) == ("canvas", 5)


def test_moodles_worksheet(moodle, tmp_path):
    assert (moodle.kind, moodle.ids) == ("moodle", [f"888000{n}" for n in (1, 2, 3, 4)])
    folder = hand_in(
        tmp_path / "in",
        "Ada Lovelace_8880001_assignsubmission_file_/8880002.ipynb",
        "Ada Byron_8880002_assignsubmission_file_ps1.ipynb",
        "Jo_8880009_assignsubmission_file/8880001.ipynb",
    )
    found = {each.student: each.flags for each in collect(folder, "toy", moodle)}
    assert found == {"8880001": (), "8880002": (), "8880009": ("not on the roster",)}


REFUSED = {
    "Moodle's participants": (
        '"First name","Last name","Email address",Groups\nAda,Lovelace,ada@example.org,\n',
        "has no number that stands in the names of Moodle's zip. Export the grading worksheet"),
    "older ones": (
        '"First name",Surname,"ID number","Email address"\nAda,Lovelace,17,ada@example.org\n',
        "grading worksheet.*ID_COLUMN=.ID number"),
    "Moodle's gradebook": (
        '"First name","Last name","ID number",Institution,"Assignment: PS1 (Real)",'
        '"Last downloaded from this course"\nAda,Lovelace,17,,5,1\n', "grading worksheet"),
    "another language": (
        "Vorname;Nachname;E-Mail-Adresse\nAda;Lovelace;ada@example.org\n",
        'which column of .* holds the ids. Say one of ID_COLUMN="Vorname", "Nachname"'),
    "an id of two people": ("id,name\n17,Ada\n18,Bob\n17,Eve\n", "'17' stands on lines 2 and 4"),
    "two columns of ids": ("Student ID,Username\n17,ada\n", "which column"),
    "names and numbers without headings": ("Ada,17\nBob,18\n", "which column"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "why"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_a_roster_is_refused_with_the_reason(tmp_path, text, why):
    (tmp_path / "a.csv").write_text("\ufeff" + text, encoding="utf-8")
    with pytest.raises(ValueError, match=f"(?s)roster: .*{why}"):
        read_roster(tmp_path / "a.csv")


NAMED = {
    "another language": ("Vorname;Kennzahl\nAda;17\nBob;18\n", "kennzahl", ["17", "18"]),
    "participants": (REFUSED["older ones"][0], "ID number", ["17"]),
    "Moodle's in German": (
        "Identifikator;Bewertung\nTeilnehmer/in 8880001;\nTeilnehmer/in 8880002;\n",
        "Identifikator", ["8880001", "8880002"]),
    "Canvas's login": (CANVAS, "SIS Login ID", ["alovelace", "cbabbage"]),
}  # fmt: skip


@pytest.mark.parametrize(("text", "column", "ids"), NAMED.values(), ids=NAMED)
def test_a_column_that_the_teacher_names(tmp_path, text, column, ids):
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    assert read_roster(tmp_path / "a.csv", column).ids[: len(ids)] == ids
    with pytest.raises(ValueError, match=r"id column: expected one of the columns of .* got 'no'"):
        read_roster(tmp_path / "a.csv", "no")


def reports_of(**files):
    """Return reports on students by id, each with 7.5 of 9 points."""
    found = []
    for student, file in files.items():
        marks = [
            Mark("toy-ex1-test", 4, 4),
            Mark("toy-ex2-test", 1.5, 3, "x"),
            Mark("toy-ex3-test", 2, 2),
        ]
        marks = marks if file else []
        unreadable = "" if file else "Nothing was handed in."
        found.append(Report(student.strip("_"), file, marks, unreadable=unreadable))
    return found


def rows_of(path):
    with open(path, encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def test_canvas_gets_its_file_back(canvas, tmp_path):
    handed_in = ["lovelaceada_LATE_20123_98_ps1-1", "b_20124_99_a", "odd_20125_97_a"]
    files = [f"{each}.ipynb" for each in handed_in]
    reports = reports_of(_20123=files[0], _20124=files[1], _20125=files[2], _20126="")
    notes = write_all(tmp_path / "out", TOY, reports, book=Gradebook(canvas))
    before, after = rows_of(tmp_path / "canvas.csv"), rows_of(tmp_path / "out" / "for_canvas.csv")
    assert before[4][0] == "Babbage, Charles" and before[5][0] == '="Odd"'
    before[3][6], before[5][6], before[5][0] = "7.5", "7.5", "'" + before[5][0]
    assert after == before
    assert (tmp_path / "out" / "for_canvas.csv").read_text(encoding="utf-8").startswith("\ufeff")
    assert notes == [
        "20124: left as it was, the table says EX",
        "3 answers in words are not marked yet: the points are those so far",
    ]
    again = read_roster(tmp_path / "out" / "for_canvas.csv")
    assert again.ids == canvas.ids
    with zipfile.ZipFile(tmp_path / "out" / "for_canvas_feedback.zip") as archive:
        pages = archive.namelist()
        assert pages == [f"{each}.html" for each in handed_in]
        assert b"20123" in archive.read(pages[0])


def test_moodle_gets_its_file_back(moodle, tmp_path):
    files = {n: f"x_888000{n}_assignsubmission_file_/ps1.ipynb" for n in (1, 2)}
    reports = reports_of(_8880001=files[1], _8880002=files[2], _8880003="")
    notes = write_all(tmp_path / "out", TOY, reports, book=Gradebook(moodle))
    before, after = rows_of(tmp_path / "moodle.csv"), rows_of(tmp_path / "out" / "for_moodle.csv")
    before[1][4], before[3][1] = "7.5", "'=1+1"
    assert after == before
    assert notes[0] == "8880002: left as it was, the table says that the grade cannot be changed"
    with zipfile.ZipFile(tmp_path / "out" / "for_moodle_feedback.zip") as archive:
        assert archive.namelist() == [file.replace(".ipynb", ".html") for file in files.values()]


def test_decimal_commas_and_a_column_of_the_teachers(tmp_path):
    (tmp_path / "a.csv").write_text(
        "Identifikator;Bewertung;Bestwertung\nTeilnehmer/in 17;;12,00\nTeilnehmer/in 18;3,5;12,00\n"
    )
    roster = read_roster(tmp_path / "a.csv", "Identifikator")
    reports = reports_of(_17="17.ipynb")
    assert write_all(tmp_path / "none", TOY, reports, book=Gradebook(roster)) == []
    assert not (tmp_path / "none" / "for_list.csv").exists()
    write_all(tmp_path / "out", TOY, reports, book=Gradebook(roster, column="Bewertung"))
    text = (tmp_path / "out" / "for_list.csv").read_text().splitlines()
    assert text[1:] == ["Teilnehmer/in 17;7,5;12,00", "Teilnehmer/in 18;3,5;12,00"]


TITLES = {
    "by the set's name": ("toy", "", 6),
    "named, with its number": ("other", "Quiz 1 (470)", 5),
    "named": ("other", "toy2", 7),
    "not there": ("other", "", None),
    "named and not there": ("toy", "toy3", None),
}


@pytest.mark.parametrize(("name", "column", "place"), TITLES.values(), ids=TITLES)
def test_which_column_is_filled(canvas, name, column, place):
    problem_set = replace(TOY, name=name)
    if place is None:
        with pytest.raises(ValueError, match=r"column: expected one of Student, .*COLUMN="):
            Gradebook(canvas, column=column).place(problem_set)
    else:
        assert Gradebook(canvas, column=column).place(problem_set) == place


def test_another_maximum_is_told(canvas, tmp_path):
    notes = write_all(
        tmp_path / "o", TOY, reports_of(_20123="a"), book=Gradebook(canvas, column="quiz 1")
    )
    assert notes[0] == "the LMS expects 10 points, the problem set has 12: change that there"


def test_of_several_files_the_newest_counts(canvas, tmp_path):
    reports = reports_of(_20123="old", __20123="new", _20126="a", __20126="b")
    reports[0].flags = ["2 files of this student: not the newest"]
    reports[1].flags = ["2 files of this student: this one is the newest"]
    reports[1].marks = reports[1].marks[:1]
    notes = write_all(tmp_path / "out", TOY, reports, book=Gradebook(canvas))
    rows = rows_of(tmp_path / "out" / "for_canvas.csv")
    assert [row[6] for row in rows[3:7]] == ["4", "EX", "1", "4"]
    assert notes[0] == "20126: left as it was, which of 2 files counts is not clear"


RULE = {"due": "2026-03-01T23:59", "share": 0.1, "times": None, "extensions": None}


def test_late_work_by_the_worksheets_times(moodle, tmp_path):
    rule = read_rule(moodle, **RULE)
    days = {student: rule.of(student)[0] for student in moodle.ids}
    assert [each and each.days for each in days.values()] == [1, None, None, 3]
    assert rule.of("8880003")[1] == "it is not known when it was handed in"
    reports = reports_of(_8880001="a", _8880002="b", _8880004="c")
    reports += reports_of(_8880003="")
    write_all(tmp_path, TOY, reports, book=Gradebook(moodle, rule))
    rows = rows_of(tmp_path / "points.csv")
    assert rows[0][-4:-1] == ["days late", "points lost", "total (of 12)"]
    assert [row[-4:-1] for row in rows[1:4]] == [
        ["1", "0.75", "6.75"],
        ["0", "0", "7.5"],
        ["3", "2.25", "5.25"],
    ]
    assert [row[4] for row in rows_of(tmp_path / "for_moodle.csv")[1:]] == [
        "6.75",
        "5.00",
        "",
        "5.25",
    ]
    page = (tmp_path / "feedback" / "8880004.html").read_text(encoding="utf-8")
    assert "3 days late" in page and "30 % of the 7.5 points" in page and "5.25 of 12" in page


def test_late_work_by_the_worksheets_own_word(moodle):
    rule = read_rule(moodle, **{**RULE, "due": ""})
    assert [rule.of(each)[0] and rule.of(each)[0].by for each in moodle.ids] == [
        timedelta(hours=3, minutes=31), None, None, timedelta(days=2, hours=1)]  # fmt: skip


def test_times_and_extensions_of_the_teachers(canvas, tmp_path):
    (tmp_path / "times.csv").write_text(
        "id,time\n20123,2026-03-02 00:00\nu-2,2026-03-04T00:00\n"
        "20125,2026-03-01 23:59\n20126,05.03.2026 12:00\n"
    )
    (tmp_path / "more.csv").write_text("20124,2026-03-03T23:59\n20126,none\n")
    rule = read_rule(
        canvas, **{**RULE, "times": tmp_path / "times.csv", "extensions": tmp_path / "more.csv"}
    )
    assert [rule.of(each)[0] and rule.of(each)[0].days for each in canvas.ids[:4]] == [
        1,
        1,
        None,
        None,
    ]


BAD = {
    "no date": ({"due": "soon"}, "", "due expected a time such as 2026-03-01T23:59, got 'soon'"),
    "no share": ({"share": 10}, "", "late: expected a share of the points, 0 to 1, got 10"),
    "no due date": ({"due": ""}, "17,2026-03-01", "due: expected the due date"),
    "no time": ({}, "20123,soon\n", "line 1: .*got 'soon'"),
    "no id": ({}, "17,2026-03-01\n", "line 1: expected an id of the roster's, got '17'"),
    "one column": ({}, "17\n", "line 1: expected an id and a time"),
}


@pytest.mark.parametrize(("options", "times", "why"), BAD.values(), ids=BAD)
def test_rules_that_cannot_be_read(canvas, tmp_path, options, times, why):
    (tmp_path / "t.csv").write_text(times)
    path = tmp_path / "t.csv" if times else None
    with pytest.raises(ValueError, match=why):
        read_rule(canvas, **{**RULE, "times": path, **options})


def test_a_time_in_another_language_is_told(tmp_path):
    (tmp_path / "m.csv").write_text(MOODLE.replace("Sunday, 1 March", "Sonntag, 1. M\u00e4rz"))
    roster = read_roster(tmp_path / "m.csv")
    late, flag = read_rule(roster, **RULE).of("8880002")
    assert late is None and flag.startswith("its time cannot be read: Sonntag")


def test_canvas_says_no_more_than_late(canvas, tmp_path):
    reports = reports_of(_20123="a_LATE_20123_1_a.ipynb", _20124="b_20124_2_a.ipynb")
    reports[0].flags = ["late"]
    write_all(tmp_path, TOY, reports, book=Gradebook(canvas, read_rule(canvas, **RULE)))
    flags = [row[-1] for row in rows_of(tmp_path / "points.csv")[1:]]
    assert flags == ["late; it is not known when it was handed in", ""]


def test_nothing_is_lost_without_a_rule(canvas):
    assert read_rule(canvas, due="", share=0, times=None, extensions=None) is None
    assert LateRule(share=0.5).of("1") == (None, "it is not known when it was handed in")


def test_the_command_goes_the_whole_way(tmp_path, monkeypatch, canvas):
    monkeypatch.setattr(command, "load_released", lambda name, seed: TOY)
    write_class(tmp_path / "in", 1)
    (tmp_path / "in" / "1001.ipynb").rename(tmp_path / "in" / "lovelaceada_20123_98_toy.ipynb")
    asked = ["toy", str(tmp_path / "in"), f"--out={tmp_path / 'out'}", "--jobs=1"]
    asked += [f"--roster={tmp_path / 'canvas.csv'}"]
    with pytest.raises(SystemExit, match="column: expected one of Student"):
        command.main([*asked, "--column=PS9"])
    command.main([*asked, "--column=toy", "--due=2026-03-01", "--late=0.1"])
    assert rows_of(tmp_path / "out" / "for_canvas.csv")[3][6] == "9"
