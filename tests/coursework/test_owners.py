"""Whose a file is: with a roster as spreadsheets save it, or by what an LMS calls the file."""

import os

import pytest

from coursework.grader.roster import Roster, read_roster
from coursework.grader.submissions import absent, collect
from tests.coursework import cells, code, notebook


def hand_in(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(notebook(cells()))


LMS = {
    "Canvas": "lovelaceada_20311_4711_ps1-2.ipynb",
    "Moodle": "Ada Lovelace_20311_assignsubmission_file_/ps1.ipynb",
    "Blackboard": "PS 1_20311_attempt_2026-02-03-23-59-01_final.ipynb",
    "a folder for each": "20311/ps1.ipynb",
}


@pytest.mark.parametrize("name", LMS.values(), ids=LMS)
@pytest.mark.parametrize("roster", [None, Roster.of(["311", "2031", "20311"])])
def test_names_that_an_lms_gives(tmp_path, name, roster):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_bytes(notebook(cells()))
    (found,) = collect(tmp_path, "ps1", roster)
    assert found.student == "20311"


@pytest.mark.parametrize("ids", [["4001", "4002"], ["4002", "4001"], None])
def test_a_file_that_may_be_of_two(tmp_path, ids):
    """It is nobody's, and those who have nothing else are told apart from who is absent."""
    hand_in(tmp_path, "4001_ps1_of_4002.ipynb", "4003.ipynb")
    roster = Roster.of([*ids, "4003"]) if ids else None
    found = collect(tmp_path, "ps1", roster)
    found += absent(found, roster)
    (unclear,) = [each for each in found if each.file.startswith("4001_")]
    assert unclear.student not in ("4001", "4002")
    assert unclear.flags == ("whose it is is not clear: 4001 or 4002",)
    missed = {each.student: each.flags for each in found if not each.file}
    note = ("nothing handed in", f"unless {unclear.file} is")
    assert missed == ({"4001": note, "4002": note} if ids else {})


def test_a_roster(tmp_path):
    (tmp_path / "roster.csv").write_bytes(
        '\ufeffStudent ID,Name\r\nada-1,Ada\r\n\r\nbob,"B, Bob"\r\neve,Eve\r\n'.encode()
    )
    roster = read_roster(tmp_path / "roster.csv")
    assert roster.ids == ["ada-1", "bob", "eve"]
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("Lovelace (ada-1).ipynb", "bobby.ipynb", "eve.ipynb"):
        (folder / name).write_bytes(notebook(cells()))
    found = collect(folder, "toy", roster)
    found += absent(found, roster)
    assert [(each.student, each.flags) for each in found] == [
        ("ada-1", ()),
        ("bobby.ipynb", ("not on the roster",)),
        ("eve", ()),
        ("bob", ("nothing handed in",)),
    ]


@pytest.mark.parametrize("text", ["", "student\n", "\n\n"])
def test_a_roster_without_students(tmp_path, text):
    (tmp_path / "roster.csv").write_text(text)
    with pytest.raises(ValueError, match="a student's id on each line"):
        read_roster(tmp_path / "roster.csv")


GUESSED = {
    "a course's number": {"CS4711/s_12345.ipynb": "12345", "CS4711/s_12346.ipynb": "12346"},
    "a course's number alone": {"PS 4711/s12345.ipynb": "12345", "PS 4711/s12346.ipynb": "12346"},
    "a course's number and names": {"4711/ada.ipynb": "ada", "4711/bob.ipynb": "bob"},
    "a year": {"Cara Diaz_2024_final.ipynb": "Cara Diaz_2024_final", "1999_4712.ipynb": "4712"},
    "a year with letters": {"ws2024_s4711.ipynb": "4711", "ws2024_s4712.ipynb": "4712"},
    "letters before it": {"s12345/ps1.ipynb": "12345", "s12346/ps1.ipynb": "12346"},
    "Canvas": {"lovelaceada_20311_4711_ps1.ipynb": "20311", "babbage_LATE_20312_4712_ps1.ipynb":
               "20312"},
    "folders with names": {"ada/ps1.ipynb": "ada", "bob/ps1.ipynb": "bob"},
    "names": {"ada.ipynb": "ada", "sub/bob.ipynb": "bob"},
}  # fmt: skip


@pytest.mark.parametrize("files", GUESSED.values(), ids=GUESSED)
def test_an_id_is_guessed(tmp_path, files):
    hand_in(tmp_path, *files)
    assert {each.file: each.student for each in collect(tmp_path, "ps1")} == files


TABLES = {
    "commas": "1001,Ada\n1002,Bob\n",
    "semicolons": "1001;Lovelace, Ada\n1002;Babbage, Bob\n",
    "tabs": "1001\tAda\n1002\tBob, B.\n",
    "one column": "1001\n1002\n",
    "twice the same": "1001\n1002\n1001\n",
    "ID number": "ID number;Name\n1001;Ada\n1002;Bob\n",
    "Student number": "Student number\n1001\n1002\n",
    "a heading of another language": "Kennung;Nachname\n1001;Ada\n1002;Bob\n",
    "a role": "1001,Ada,Student\n1002,Bob,Student\n",
}


@pytest.mark.parametrize("text", TABLES.values(), ids=TABLES)
def test_tables_of_a_roster(tmp_path, text):
    (tmp_path / "roster.csv").write_text(text)
    assert read_roster(tmp_path / "roster.csv").ids == ["1001", "1002"]


NAMED = {
    "without a heading": ("ada\ndavid\n", ["ada", "david"]),
    "with one": ("name\nada\ndavid\n", ["ada", "david"]),
    "Matrikelnummer": ("Matrikelnummer\nada\n", ["ada"]),
    "addresses": ("ada@student.example.org\nbob@student.example.org\n",
                  ["ada@student.example.org", "bob@student.example.org"]),
    "the word in ids": ("student1\nstudent2\n", ["student1", "student2"]),
}  # fmt: skip


@pytest.mark.parametrize(("text", "ids"), NAMED.values(), ids=NAMED)
def test_ids_that_are_names(tmp_path, text, ids):
    (tmp_path / "roster.csv").write_text(text)
    assert read_roster(tmp_path / "roster.csv").ids == ids


@pytest.mark.parametrize("encoding", ["utf-16", "cp1252"])
def test_a_roster_in_another_encoding(tmp_path, encoding):
    (tmp_path / "roster.csv").write_text("1001;Zoë\n", encoding=encoding)
    with pytest.raises(
        ValueError, match=r"roster: expected a table saved as CSV in UTF-8, got .*r"
    ):
        read_roster(tmp_path / "roster.csv")


def test_a_roster_that_is_no_table(tmp_path):
    (tmp_path / "roster.csv").write_text("x" * 200_000)
    with pytest.raises(ValueError, match="roster: expected a table, got"):
        read_roster(tmp_path / "roster.csv")


DOUBT = "nor are most files: is it the id in their names that the roster was read for?"


@pytest.mark.parametrize(
    ("roster", "doubted"),
    [(["ada", "bob", "eve"], True), (["1001", "bob", "eve"], True), (["1001"], False),
     (["1001", "1002", "eve"], False)],
)  # fmt: skip
def test_a_roster_of_other_ids(tmp_path, roster, doubted):
    hand_in(tmp_path, "1001.ipynb", "1002.ipynb", "1003.ipynb")
    found = [
        each for each in collect(tmp_path, "toy", Roster.of(roster)) if each.student not in roster
    ]
    assert all(each.flags[0] == "not on the roster" for each in found)
    assert all((DOUBT in each.flags) == doubted for each in found) and found


def test_a_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    hand_in(tmp_path / "in", "1001.ipynb")
    (tmp_path / "roster.csv").write_text("1001\n")
    (found,) = collect("~/in", "toy", read_roster("~/roster.csv"))
    assert (found.student, found.flags) == ("1001", ())


def owners(tmp_path, roster, *names):
    hand_in(tmp_path / "in", *names)
    found = collect(tmp_path / "in", "ps1", roster)
    return {each.file: (each.student, *each.flags) for each in found}


JOSE = "Jos\u00e9 \u00d1u\u00f1ez"
READ = {
    "accents apart": (JOSE, "Jose\u0301 N\u0303un\u0303ez.ipynb"),
    "accents in one, the roster's apart": ("Jose\u0301 N\u0303un\u0303ez", f"{JOSE}.ipynb"),
    "capitals": ("ada-1", "ps1 ADA-1.ipynb"),
    "sharp s": ("gro\u00df", "PS1_GROSS.ipynb"),
    "wide digits": ("1001", "\uff11\uff10\uff10\uff11.ipynb"),
    "underscores for spaces": ("Ada Lovelace", "ps1_ada_lovelace.ipynb"),
    "a prefix": ("1001", "s1001_ps1.ipynb"),
    "a prefix on the roster": ("s1001", "1001_ps1.ipynb"),
    "zeros dropped by a spreadsheet": ("1001", "0001001.ipynb"),
    "a date before": ("1001", "2026-02-03_1001.ipynb"),
    "a date after": ("1001", "1001 20260203.ipynb"),
    "a German date": ("1001", "03.02.2026-s1001.ipynb"),
    "an id that is a year": ("2026", "2026.ipynb"),
    "a date that is an id": ("20260203", "20260203.ipynb"),
    "an e-mail address": ("ada@example.org", "Ada@Example.org_ps1.ipynb"),
    "a part of a longer one": ("ada-1", "ada-1.ipynb"),
}


@pytest.mark.parametrize(("student", "file"), READ.values(), ids=READ)
def test_ids_in_any_form(tmp_path, student, file):
    others = ["ada", "2025", "1002", "10", "zo\u00eb"]
    (found,) = owners(tmp_path, Roster.of([*others, student]), file).values()
    assert found == (student if student != JOSE else JOSE,)


UNCLEAR = {
    "a prefix": ["s1001_of_1002.ipynb"],
    "a date and an id": ["20260203_1001.ipynb"],
    "as Canvas's, without Canvas's roster": ["ada_1001_1002_ps1.ipynb"],
    "zeros": ["x_007001_y_0001001.ipynb"],
    "two cases of one id": ["ab.ipynb"],
}


@pytest.mark.parametrize("files", UNCLEAR.values(), ids=UNCLEAR)
def test_two_readings_are_flagged(tmp_path, files):
    roster = Roster.of(["1001", "1002", "20260203", "7001", "Ab", "aB"])
    ((student, flag),) = owners(tmp_path, roster, *files).values()
    assert student == files[0] and flag.startswith("whose it is is not clear: ")


def test_the_place_where_the_lms_writes_the_id_decides(tmp_path):
    found = owners(
        tmp_path,
        Roster.of(["1001", "1002"]),
        "Ada_1001_assignsubmission_file_/from 1002.ipynb",
        "Bob_1003_assignsubmission_file_/1002.ipynb",
        "1002/ps1/1001.ipynb",
        "1009/ps1/1001.ipynb",
    )
    assert {student for student, *flags in found.values() if not flags} == {"1001", "1002"}
    assert found["1009/ps1/1001.ipynb"] == ("1009", "not on the roster")
    assert found["Bob_1003_assignsubmission_file_/1002.ipynb"][0] == "1002"


def test_a_name_counts_if_no_id_is_there(tmp_path):
    (tmp_path / "class.csv").write_text(
        "Student ID,Last name,First name\n1,Lovelace,Ada\n2,Byron,Ada\n"
        "3,\u00d1u\u00f1ez,Jos\u00e9\n4,King,Ada\n5,King,Ada\n"
    )
    found = owners(
        tmp_path,
        read_roster(tmp_path / "class.csv"),
        "Ada Lovelace ps1.ipynb",
        "byronada_final.ipynb",
        "nunez-jose.ipynb",
        "Ada.ipynb",
        "king_ada.ipynb",
    )
    note = "found by the name, no id stands there"
    assert found == {
        "Ada Lovelace ps1.ipynb": ("1", note),
        "byronada_final.ipynb": ("2", note),
        "nunez-jose.ipynb": ("3", note),
        "Ada.ipynb": ("Ada.ipynb", "not on the roster"),
        "king_ada.ipynb": ("king_ada.ipynb", "whose it is is not clear: 4 or 5"),
    }


def test_a_notebook_of_another_problem_set_is_not_the_newest(tmp_path):
    hand_in(tmp_path, "1001 toy.ipynb", "1002.ipynb")
    (tmp_path / "1001 other.ipynb").write_bytes(notebook([code("x = 1\n", "other-ex1")]))
    os.utime(tmp_path / "1001 toy.ipynb", (0, 0))
    assert [each.flags for each in collect(tmp_path, "toy")] == [(), (), ()]
    hand_in(tmp_path, "1001 toy 2.ipynb")
    flags = {each.file: each.flags for each in collect(tmp_path, "toy")}
    assert flags["1001 other.ipynb"] == ()
    assert flags["1001 toy 2.ipynb"] == ("2 files of this student: this one is the newest",)
