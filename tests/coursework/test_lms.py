"""Out of the LMS and back: rosters as Canvas and Moodle export them, grades, pages, late work."""

import csv
import io
import zipfile
from dataclasses import replace

import pytest

from coursework import grade as command
from coursework.grader.lms import Gradebook
from coursework.grader.report import write_all
from coursework.grader.roster import read_roster
from coursework.grader.submissions import collect
from tests.coursework import TOY, cells, notebook, write_class
from tests.coursework.exports import CANVAS, reports_of, rows_of


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
