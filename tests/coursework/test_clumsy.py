"""Clumsy submissions are graded or flagged; none of them stops the others' being graded."""

import csv
import os

import pytest

from coursework.grade import grade
from coursework.grader.roster import Roster
from coursework.grader.submissions import collect, read_cells
from tests.coursework import FULL, TOY, cells, code, graded, notebook, points


def without(*grade_ids):
    return [c for c in cells() if c["metadata"]["nbgrader"]["grade_id"] not in grade_ids]


def stripped(own):
    return [{**cell, "metadata": {}} for cell in own]


def edited(grade_id, source):
    own = cells()
    (cell,) = [c for c in own if c["metadata"]["nbgrader"]["grade_id"] == grade_id]
    cell["source"] = source
    return own


CELLS = {
    "test cells deleted": (
        without("toy-ex1-test", "toy-ex3-test"), FULL, ["missing: toy-ex1-test, toy-ex3-test"]),
    "a test cell edited": (
        edited("toy-ex1-test", "assert True\n"), FULL, ["edited: toy-ex1-test"]),
    "a test cell duplicated": (cells() + cells()[2:3], FULL, ["doubled: toy-ex1-test"]),
    "an answer duplicated": (cells()[:2] + cells()[1:], FULL, ["doubled: toy-ex1"]),
    "everything twice": (cells() + cells(), FULL, [
        "doubled: toy-ex1, toy-ex1-test, toy-ex2, toy-ex2-test, toy-ex3, toy-ex3-test, toy-given, "
        "toy-why"]),
    "in another order": (cells()[:1] + cells()[:0:-1], FULL, []),
    "the given cell deleted": (without("toy-given"), FULL, ["missing: toy-given"]),
    "the given cell edited": (
        edited("toy-given", "import numpy as np\nSEED = 1\nscale = 0\n"),
        FULL, ["edited: toy-given", "its SEED is 1"]),
    "an answer deleted": (without("toy-ex2"), [4.0, 0.0, 2.0], ["missing: toy-ex2"]),
    "metadata stripped": (
        stripped(cells()), FULL, ["missing: toy-ex1, toy-ex2, toy-ex3, toy-why"]),
    "metadata stripped, tests deleted": (
        stripped([cells()[k] for k in (1, 3, 5)]), FULL, [
        "missing: toy-ex1, toy-ex1-test, toy-ex2, toy-ex2-test, toy-ex3, toy-ex3-test, "
        "toy-given, toy-why", "no written answer found"]),
    "odd metadata": (
        [{**c, "metadata": {"nbgrader": ["toy-ex1"]}} for c in cells()], FULL,
        ["missing: toy-ex1, toy-ex2, toy-ex3, toy-why"]),
    "sources as lists of lines": (
        [{**c, "source": c["source"].splitlines(keepends=True)} for c in cells()], FULL, []),
}  # fmt: skip


@pytest.mark.parametrize(("own", "expected", "flags"), CELLS.values(), ids=CELLS)
def test_cells(own, expected, flags):
    report = graded(own)
    assert points(report) == expected
    assert report.flags == flags


def test_a_teachers_test_is_run_and_not_the_students():
    own = edited("toy-ex1-test", "def double(x):\n    return 2 * x\n")
    own[1]["source"] = "def double(x):\n    return 3 * x\n"
    assert points(graded(own)) == [0.0, *FULL[1:]]


def test_another_problem_set_is_not_graded():
    report = graded([code("other = 1\n", "other-ex1"), code("answer = 42\n")])
    assert points(report) == [0.0, 0.0, 0.0]
    assert report.flags == ["the notebook of another problem set"]


OLD = b"""{"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""}, "worksheets":
[{"metadata": {}, "cells": [{"cell_type": "code", "input": ["answer = 42"], "language": "python",
"metadata": {}, "outputs": []}]}]}"""

FILES = {
    "empty": (b"", "an empty file"),
    "blank": (b" \n\n ", "an empty file"),
    "not JSON": (b"answer = 42\n", "no JSON"),
    "a PDF": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "no JSON"),
    "a zip": (b"PK\x03\x04\x14\x00", r"a zip that cannot be opened \(BadZipFile\)"),
    "half a file": (notebook(cells())[:1000], "no JSON"),
    "with marks of a conflict": (b"<<<<<<< HEAD\n" + notebook(cells()), "no JSON"),
    "depth": (b"[" * 10**6, "no JSON"),
    "UTF-16": (notebook(cells()).decode().encode("utf-16"), "no JSON"),
    "a list": (b"[]", "no cells"),
    "a number": (b"4", "no cells"),
    "no cells": (b"{}", "no cells"),
    "cells of another kind": (b'{"cells": [1, 2]}', "no cells"),
    "a format of words": (b'{"nbformat": "4", "cells": []}', "no cells"),
    "a format of the future": (b'{"nbformat": 99, "cells": []}', "no code"),
    "a format of the past": (b'{"nbformat": -1, "cells": []}', "no cells"),
    "a source of numbers": (b'{"cells": [{"cell_type": "code", "source": [1]}]}', "no cells"),
    "prose only": (notebook([{"cell_type": "markdown", "source": "x", "metadata": {}}]), "no code"),
}  # fmt: skip


@pytest.mark.parametrize(("data", "why"), FILES.values(), ids=FILES)
def test_files_that_are_no_notebook(data, why):
    with pytest.raises(ValueError, match=why):
        read_cells(data)


@pytest.mark.parametrize("lead", [b"", b"\xef\xbb\xbf"], ids=["", "byte order mark"])
def test_files_that_are_one(lead):
    assert len(read_cells(lead + notebook(cells()))) == len(TOY.cells)


def test_a_notebook_of_format_3():
    (cell,) = read_cells(OLD)
    assert cell.source == "answer = 42"


def test_a_folder_of_everything(tmp_path):
    """One student after the other gets a line, and the good one the points."""
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    (folder / "1001.ipynb").write_bytes(notebook(cells()))
    (folder / "1002.ipynb").write_bytes(b"")
    with open(folder / "1003.ipynb", "wb") as file:
        file.truncate(200 * 2**20)
    (folder / "1004.ipynb").symlink_to("/etc/passwd")
    (folder / "1005.ipynb").symlink_to(tmp_path)
    (folder / "1006.ipynb").symlink_to(folder / "1006.ipynb")
    os.mkfifo(folder / "1007.ipynb")
    (folder / "1008 first.ipynb").write_bytes(notebook(cells()))
    (folder / "1008 second.ipynb").write_bytes(notebook(cells(ex2="answer = 1\n")))
    os.utime(folder / "1008 first.ipynb", (0, 0))
    (folder / "1009.ipynb").write_bytes(OLD)
    (folder / os.fsdecode(b"1010 \xff\xfe.ipynb")).write_bytes(notebook(cells()))
    (folder / ("x" * 255)).write_bytes(notebook(cells()))
    (folder / "=HYPERLINK(1).ipynb").write_bytes(notebook(cells()))
    (folder / "<script>alert(1)<").write_bytes(b"")
    (folder / "__MACOSX").mkdir()
    (folder / "__MACOSX" / "._1001.ipynb").write_bytes(b"")
    (folder / ".DS_Store").write_bytes(b"")
    reports = grade(TOY, collect(folder, "toy"), out, jobs=2, progress=False)
    found = {report.file: (report.student, report.points, report.flags) for report in reports}
    link, two = ["a link, not a file"], "2 files of this student: "
    assert found == {
        "1001.ipynb": ("1001", 9, []),
        "1002.ipynb": ("1002", 0, ["not a notebook: an empty file"]),
        "1003.ipynb": ("1003", 0, ["too large: 200 MB"]),
        "1004.ipynb": ("1004", 0, link),
        "1005.ipynb": ("1005", 0, link),
        "1006.ipynb": ("1006", 0, link),
        "1007.ipynb": ("1007", 0, link),
        "1008 first.ipynb": ("1008", 9, [two + "not the newest"]),
        "1008 second.ipynb": ("1008", 6, [two + "this one is the newest"]),
        "1009.ipynb": ("1009", 3, [
            "missing: toy-ex1, toy-ex1-test, toy-ex2, toy-ex2-test, toy-ex3, toy-ex3-test, "
            "toy-given, toy-why", "no written answer found"]),
        r"1010 \xff\xfe.ipynb": ("1010", 9, []),
        "x" * 255: ("x" * 255, 9, []),
        "=HYPERLINK(1).ipynb": ("=HYPERLINK(1)", 9, []),
        "<script>alert(1)<": ("<script>alert(1)<", 0, ["not a notebook: an empty file"]),
    }  # fmt: skip
    with open(out / "points.csv", encoding="utf-8", newline="") as file:
        table = list(csv.reader(file))
    assert len(table) == 1 + len(found)
    assert not [row for row in table if row[0].startswith("=") or row[1].startswith("=")]
    pages = sorted(path.name for path in (out / "feedback").iterdir())
    assert len(pages) == len(found)
    for page in out.rglob("*.html"):
        assert "<script" not in page.read_text(encoding="utf-8")


def test_a_file_that_cannot_be_read(tmp_path, monkeypatch):
    """Root may read everything, so that it is refused here by hand."""
    (tmp_path / "1001.ipynb").write_bytes(notebook(cells()))

    def refuse(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.read_bytes", refuse)
    (found,) = collect(tmp_path, "toy")
    assert (found.cells, found.flags) == ((), ("cannot be read: Permission denied",))


def test_nbgraders_layout(tmp_path):
    for student, name in [("ada", "toy.ipynb"), ("bob", "my toy.ipynb")]:
        (tmp_path / student / "toy").mkdir(parents=True)
        (tmp_path / student / "toy" / name).write_bytes(notebook(cells()))
        (tmp_path / student / "toy" / "timestamp.txt").write_text("2026-01-01")
        (tmp_path / student / "other").mkdir()
        (tmp_path / student / "other" / "other.ipynb").write_bytes(notebook(cells()))
    found = [
        (each.student, each.file, each.flags)
        for each in collect(tmp_path, "toy", Roster.of(["ada"]))
    ]
    assert found == [
        ("ada", "ada/toy/toy.ipynb", ()),
        ("bob", "bob/toy/my toy.ipynb", ("not on the roster",)),
    ]


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(ValueError, match=r"submissions: expected a folder, got .*nowhere"):
        collect(tmp_path / "nowhere", "toy")
