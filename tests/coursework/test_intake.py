"""What an LMS exports: zips, pages beside the notebook, several attempts, late ones."""

import io
import os
import zipfile

import pytest

from coursework.grader import notebooks
from coursework.grader.marking import mark
from coursework.grader.roster import Roster
from coursework.grader.submissions import Submission, absent, collect, read_cells
from tests.coursework import FULL, PATIENT, TOY, cells, code, notebook, points

GOOD = notebook(cells())


def zipped(files, method=zipfile.ZIP_DEFLATED):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", method) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return data.getvalue()


def encrypted():
    """Set the bit in both places that say so."""
    data = bytearray(zipped([("a.ipynb", GOOD)]))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def lying():
    """Return a zip of a notebook too large that says it is small."""
    data = bytearray(zipped([("a.ipynb", b" " * 2**27)]))
    for start in (22, data.index(b"PK\x01\x02") + 24):
        data[start : start + 4] = (1000).to_bytes(4, "little")
    return bytes(data)


ONE = {
    "alone": [("1001.ipynb", GOOD)],
    "in a folder": [("ps1/", b""), ("ps1/my toys.IPYNB", GOOD)],
    "with other files": [("a.ipynb", GOOD), ("a.png", b"x"), ("a.html", b"<p>")],
    "with what macOS adds": [("a.ipynb", GOOD), ("__MACOSX/._a.ipynb", b""), ("._b.ipynb", b"")],
    "with Jupyter's copies": [("a.ipynb", GOOD), (".ipynb_checkpoints/a.ipynb", b"")],
    "a path upwards": [("../../a.ipynb", GOOD)],
    "in a folder called as a notebook": [("ps1.ipynb/", b""), ("ps1.ipynb/a.ipynb", GOOD)],
    "backslashes, and Jupyter's copies": [
        ("a\\b.ipynb", GOOD),
        ("a\\.ipynb_checkpoints\\b.ipynb", GOOD),
    ],
}


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("files", ONE.values(), ids=ONE)
def test_a_zip_with_one_notebook(tmp_path, files, method):
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    (folder / "1001.zip").write_bytes(zipped(files, method))
    (found,) = collect(folder, "toy")
    assert found.cells == read_cells(GOOD)
    assert (found.student, found.file, found.flags) == ("1001", "1001.zip", ())
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["1001.zip"]


BAD = {
    "empty": (zipped([]), "a zip with no notebooks in it"),
    "no notebook": (zipped([("a.py", b"")]), "a zip with no notebooks in it"),
    "two": (zipped([("a.ipynb", GOOD), ("b.ipynb", GOOD)]), "a zip with 2 notebooks in it"),
    "nested": (zipped([("a.zip", zipped([("a.ipynb", GOOD)]))]), "a zip with no notebooks in it"),
    "nested under another name": (zipped([("a.ipynb", zipped([("a.ipynb", GOOD)]))]), "no JSON"),
    "a bomb": (zipped([("a.ipynb", b" " * 2**28)]), "a zip with a notebook of more than 64 MB"),
    "a bomb that lies": (lying(), r"a zip that cannot be opened \(BadZipFile\)"),
    "encrypted": (encrypted(), "a zip with a password"),
    "lzma": (zipped([("a.ipynb", GOOD)], zipfile.ZIP_LZMA), "compressed in an unusual way"),
    "torn": (zipped([("a.ipynb", GOOD)])[:-30], "a zip that cannot be opened"),
    "no notebook's cells": (zipped([("a.ipynb", b"4")]), "no cells"),
    "an empty notebook": (zipped([("a.ipynb", b"")]), "an empty file"),
}  # fmt: skip


@pytest.mark.parametrize(("data", "why"), BAD.values(), ids=BAD)
def test_a_zip_that_is_no_notebook(data, why):
    with pytest.raises(ValueError, match=why):
        read_cells(data)


def test_a_bomb_is_not_unpacked(monkeypatch):
    """What is read of it is bounded."""
    read, sizes = zipfile.ZipExtFile.read, []

    def noting(self, n=-1):
        sizes.append(n)
        return read(self, n)

    monkeypatch.setattr(zipfile.ZipExtFile, "read", noting)
    with pytest.raises(ValueError, match="more than 64 MB"):
        read_cells(BAD["a bomb"][0])
    assert sizes == [notebooks.TOO_LARGE + 1]


def test_other_files_of_a_student_with_a_notebook_are_left_out(tmp_path):
    ada, bob = "Ada_20311_assignsubmission", "Bob_20312_assignsubmission"
    files = {
        f"{ada}_file_/ps1.ipynb": GOOD,
        f"{ada}_file_/scan.pdf": b"%PDF",
        f"{ada}_onlinetext_/onlinetext.html": b"<p>",
        f"{bob}_onlinetext_/onlinetext.html": b"<p>",
        "20313 broken.ipynb": b"",
        "20313 notes.txt": b"",
        "20314.zip": zipped([("a.ipynb", GOOD)]),
        "20314.png": b"x",
        "20315.ipynb.txt": GOOD,
        "20315.pdf": b"%PDF",
    }
    for name, data in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    found = [(each.student, each.file, each.flags[:1]) for each in collect(tmp_path, "ps1")]
    assert found == [
        ("20311", f"{ada}_file_/ps1.ipynb", ()),
        ("20312", f"{bob}_onlinetext_/onlinetext.html",
         ("not a notebook: no JSON (JSONDecodeError)",)),
        ("20313", "20313 broken.ipynb", ("not a notebook: an empty file",)),
        ("20314", "20314.zip", ()),
        ("20315", "20315.ipynb.txt", ()),
    ]  # fmt: skip


TWICE = {
    "by time": (["1001 b.ipynb", "1001 a.ipynb"], "1001 a.ipynb"),
    "by Canvas's number": (["x_1001_77_1-2.ipynb", "x_1001_76_1-1.ipynb", "x_1001_75_1.ipynb"],
                           "x_1001_77_1-2.ipynb"),
    "of ten": (["x_1001_77_ps1-10.ipynb", "x_1001_76_ps1-9.ipynb"], "x_1001_77_ps1-10.ipynb"),
}  # fmt: skip


@pytest.mark.parametrize(("names", "newest"), TWICE.values(), ids=TWICE)
def test_the_newest_of_several_is_told(tmp_path, names, newest):
    for time, name in enumerate(names):
        (tmp_path / name).write_bytes(GOOD)
        os.utime(tmp_path / name, (time, time))
    (tmp_path / "2002.ipynb").write_bytes(GOOD)
    flags = {each.file: each.flags for each in collect(tmp_path, "toy")}
    several = f"{len(names)} files of this student: "
    expected = {name: (several + "not the newest",) for name in names}
    expected |= {newest: (several + "this one is the newest",), "2002.ipynb": ()}
    assert flags == expected


def test_two_of_the_same_time(tmp_path):
    for name in ("1001 a.ipynb", "1001 b.ipynb", "1002.ipynb"):
        (tmp_path / name).write_bytes(GOOD)
        os.utime(tmp_path / name, (0, 0))
    flags = [each.flags for each in collect(tmp_path, "toy")]
    assert flags == [("2 files of this student: which is the newest is not clear",)] * 2 + [()]


@pytest.mark.parametrize(
    ("name", "late"),
    [("ada_LATE_20311_4711_ps1.ipynb", True), ("ada_20311_LATER.ipynb", False),
     ("PLATE_20311.ipynb", False), ("late excuse 20311.ipynb", False)],
)  # fmt: skip
def test_late(tmp_path, name, late):
    (tmp_path / name).write_bytes(GOOD)
    assert collect(tmp_path, "ps1")[0].flags == (("late",) if late else ())


@pytest.mark.parametrize("hidden", [None, ".DS_Store"])
def test_an_empty_folder(tmp_path, hidden):
    if hidden:
        (tmp_path / hidden).write_bytes(b"")
    with pytest.raises(ValueError, match=f"submissions: no file in {tmp_path}"):
        collect(tmp_path, "toy")


def test_why_a_file_was_not_graded_is_said_to_the_student(tmp_path, monkeypatch):
    monkeypatch.setattr("coursework.grader.submissions.TOO_LARGE", 2**14)
    (tmp_path / "1001.ipynb").write_bytes(GOOD)
    (tmp_path / "1002.ipynb").write_bytes(b"")
    (tmp_path / "1003.ipynb").write_bytes(b" " * 2**20)
    (tmp_path / "1004.ipynb").symlink_to("1001.ipynb")
    (tmp_path / "1005.ipynb").write_bytes(notebook([code("other = 1\n", "other-ex1")]))
    found = collect(tmp_path, "toy")
    found += absent(found, Roster.of(["1006"]))
    reports = {each.student: mark(TOY, each, PATIENT) for each in found}
    assert {student: report.unreadable for student, report in reports.items()} == {
        "1001": "",
        "1002": "Your file could not be opened as a notebook; hand in the .ipynb again.",
        "1003": "Your file is too large to be opened (1 MB); clear its outputs, make its pictures "
                "smaller, and hand in the .ipynb again.",
        "1004": "What you handed in is a link, not a file; hand in the .ipynb itself.",
        "1005": "This is not the notebook of Problem set 0 · Toys; hand in that one.",
        "1006": "Nothing was handed in.",
    }  # fmt: skip
    assert points(reports.pop("1001")) == FULL
    for report in reports.values():
        assert points(report) == [0.0] * 3 and len(report.flags) == 1
        assert {each.why for each in report.marks} == {"There was nothing to be graded."}


def test_photos_and_large_outputs_are_left_aside():
    """Twenty megabytes of them, and metadata that are null."""
    own = cells()
    photo = {"attachments": {"scan.png": {"image/png": "A" * 2**22}}}
    own = [{**cell, **photo, "metadata": cell["metadata"] or None} for cell in own]
    own.append({"cell_type": "code", "metadata": None, "source": "1", "outputs": ["x" * 2**20]})
    data = notebook(own)
    assert len(data) > 20 * 2**20
    assert points(mark(TOY, Submission("1", "1", "", read_cells(data)), PATIENT)) == FULL


def test_a_graded_one_has_no_such_reason():
    assert mark(TOY, Submission("1", "1", "", read_cells(GOOD)), PATIENT).unreadable == ""
