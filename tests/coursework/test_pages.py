"""What the teacher and the students read: marks by hand stay, hidden checks stay hidden."""

import csv
import json
import re

import pytest

from coursework.grade import grade
from coursework.grader.entries import page_names
from coursework.grader.marking import Report
from coursework.grader.submissions import collect
from tests.coursework import FULL, TESTS, TOY, cells, code, graded, notebook, points, write_class

pytestmark = pytest.mark.usefixtures("remembered")
HIDDEN = re.compile(r"### BEGIN HIDDEN TESTS\n(.*?)### END HIDDEN TESTS", re.DOTALL)


def run(tmp_path):
    reports = collect(tmp_path / "in", "toy")
    return grade(TOY, reports, tmp_path / "out", jobs=1, progress=False)


def table(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def enter(path, **answers):
    """Enter points and a comment for students, as a teacher does in a spreadsheet."""
    rows = table(path)
    for row in rows[1:]:
        if row[0] in answers:
            row[3:5] = answers[row[0]]
    with open(path, "w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(rows)


def test_marks_given_by_hand_reach_points_and_feedback_and_stay(tmp_path):
    folder, out = tmp_path / "in", tmp_path / "out"
    write_class(folder, 2)
    (folder / "=1+1.ipynb").write_bytes(notebook(cells()))
    run(tmp_path)
    by_hand = table(out / "by_hand.csv")
    assert by_hand[0] == ["student", "file", "exercise", "points", "comment", "answer"]
    assert [row[2:5] for row in by_hand[1:]] == [["toy-why", "", ""]] * 3
    assert [row[-3] for row in table(out / "points.csv")[1:]] == ["", "", ""]
    entered = {"1001": ["2,5", "- <b>good</b>, but why?"], "'=1+1": ["1", ""]}
    enter(out / "by_hand.csv", **entered)
    for _ in range(3):
        (folder / "1003.ipynb").write_bytes(notebook(cells()))
        run(tmp_path)
        rows = {row[0]: row[-3:] for row in table(out / "points.csv")}
        assert rows["1001"] == ["2.5", "11.5", ""] and rows["1002"] == ["", "5", ""]
        assert rows["'=1+1"] == ["1", "10", ""]
        entries = {row[0]: row[3:5] for row in table(out / "by_hand.csv")}
        assert entries["1001"] == ["2.5", "'- <b>good</b>, but why?"]
        assert len(entries) == 5
        page = (out / "feedback" / "1001.html").read_text(encoding="utf-8")
        assert "- &lt;b&gt;good&lt;/b&gt;, but why?" in page and "11.5 of 12 points" in page


def test_points_by_hand_replace_those_of_tests(tmp_path):
    write_class(tmp_path / "in", 2)
    run(tmp_path)
    path = tmp_path / "out" / "by_hand.csv"
    path.write_text(path.read_text() + "1002,1002.ipynb,toy-ex1,1.5,half of it is right,\n")
    for _ in range(2):
        run(tmp_path)
        assert table(tmp_path / "out" / "points.csv")[2][2:] == ["1.5", "3", "2", "", "6.5", ""]
    page = (tmp_path / "out" / "feedback" / "1002.html").read_text(encoding="utf-8")
    assert "1.5 of 4 points, changed by your teacher" in page and "half of it is right" in page


def test_no_mark_given_by_hand_is_lost(tmp_path, capsys):
    """A file with another name, an id without its zeros, a student who is gone."""
    folder, path = tmp_path / "in", tmp_path / "out" / "by_hand.csv"
    for name in ("s_0010455_toy.ipynb", "s_20022_toy-1.ipynb", "s_3003_toy.ipynb"):
        folder.mkdir(exist_ok=True)
        (folder / name).write_bytes(notebook(cells()))
    run(tmp_path)
    enter(path, **{"0010455": ["3", ""], "20022": ["2", ""], "3003": ["1", "fine"]})
    path.write_text(path.read_text(encoding="utf-8").replace("0010455", "10455"))
    (folder / "s_20022_toy-1.ipynb").rename(folder / "s_20022_toy-2.ipynb")
    (folder / "s_3003_toy.ipynb").unlink()
    capsys.readouterr()
    for _ in range(2):
        run(tmp_path)
        assert {row[0]: row[5] for row in table(tmp_path / "out" / "points.csv")[1:]} == {
            "0010455": "3", "20022": "2"}  # fmt: skip
        assert table(path)[-1][:5] == ["3003", "s_3003_toy.ipynb", "toy-why", "1", "fine"]
        assert "1 lines of" in capsys.readouterr().err
        summary = (tmp_path / "out" / "summary.html").read_text(encoding="utf-8")
        assert "Points given to nobody" in summary
    assert not (tmp_path / "out" / "feedback" / "3003.html").exists()


def test_an_answer_that_changed_after_it_was_marked_is_told(tmp_path):
    folder, path = tmp_path / "in", tmp_path / "out" / "by_hand.csv"
    write_class(folder, 1)
    run(tmp_path)
    enter(path, **{"1001": ["3", ""]})
    changed = "Exercise 4 · Why: the answer is another than the one that was marked"
    for why, flags in [("Because.\n", ""), ("I deleted it.", changed), ("Because.", "")]:
        (folder / "1001.ipynb").write_bytes(notebook(cells(why=why)))
        run(tmp_path)
        assert table(tmp_path / "out" / "points.csv")[1][-3:] == ["3", "12", flags]


HEADING = "student,file,exercise,points,comment,answer\n"
BAD = {
    "no number": ("1001,1001.ipynb,toy-why,good,,\n",
                  r"line 2: points: expected a number, got 'good'"),
    "too many points": ("1001,1001.ipynb,toy-why,4,,\n", r"line 2: points: expected 0 to 3, got 4"),
    "negative": ("1001,1001.ipynb,toy-why,-1,,\n", r"line 2: points: expected 0 to 3, got -1"),
    "nan": ("1001,1001.ipynb,toy-why,nan,,\n", r"line 2: points: expected 0 to 3, got nan"),
    "no exercise": ("1001,1001.ipynb,toy-wy,1,,\n",
                    r"line 2: exercise: expected one of toy-ex1, .*toy-why, got 'toy-wy'"),
    "a short line": ("1001,1001.ipynb,toy-why\n", r"line 2: expected 6 columns"),
    "a long line": ("1001,1001.ipynb,toy-why,1,a,b,c\n", r"line 2: expected 6 columns"),
}  # fmt: skip


@pytest.mark.parametrize(("line", "message"), BAD.values(), ids=BAD)
def test_errors_in_marks_given_by_hand_are_told_before_the_work(tmp_path, line, message):
    write_class(tmp_path / "in", 1)
    (tmp_path / "out").mkdir()
    path = tmp_path / "out" / "by_hand.csv"
    path.write_text(HEADING + line)
    with pytest.raises(ValueError, match=message):
        run(tmp_path)
    assert path.read_text().endswith(line)
    assert not (tmp_path / "out" / "journal.jsonl").exists()


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_tables_that_a_spreadsheet_saved_with_other_delimiters(tmp_path, delimiter):
    write_class(tmp_path / "in", 1)
    (tmp_path / "out").mkdir()
    line = "1001,1001.ipynb,toy-why,2:5,good; and short,\n"
    text = (HEADING + line).replace(";", ":").replace(",", delimiter).replace("2:5", "2,5")
    (tmp_path / "out" / "by_hand.csv").write_text(text + delimiter * 5 + "\n")
    run(tmp_path)
    assert table(tmp_path / "out" / "points.csv")[1][-3] == "2.5"


def test_a_table_in_another_encoding(tmp_path):
    write_class(tmp_path / "in", 1)
    (tmp_path / "out").mkdir()
    data = (HEADING + "1,1,toy-why,1,é,\n").encode("cp1252")
    (tmp_path / "out" / "by_hand.csv").write_bytes(data)
    with pytest.raises(ValueError, match=r"by_hand.csv: expected a table saved as CSV in UTF-8"):
        run(tmp_path)
    assert (tmp_path / "out" / "by_hand.csv").read_bytes() == data


def test_no_page_is_called_as_another():
    students = ["a", "A", "a/b", "a b", "", "..", "../..", "x" * 300, "日" * 300, "x" * 301]
    names = page_names([Report(student, "") for student in students])
    assert len({name.lower() for name in names}) == len(students)
    assert all("/" not in name and len(name.encode()) < 200 for name in names)
    assert not any(name.startswith(".") for name in names)


def test_no_line_of_a_hidden_test_is_shown(tmp_path):
    """Whatever goes wrong with it."""
    folder = tmp_path / "in"
    folder.mkdir()
    for number, answer in enumerate(["3 * x", "None", "x + 'a'", "x[:2]", "undefined", "1 / 0"]):
        function = f"def double(x):\n    return {answer}\n"
        late = f"def double(x):\n    return 2 * x if len(x) == 1 else {answer}\n"
        for kind, source in enumerate([function, late]):
            own = cells(ex1=source, ex2="answer = 41", ex3=source.replace("double", "running"))
            (folder / f"{1000 + 10 * number + kind}.ipynb").write_bytes(notebook(own))
    run(tmp_path)
    lines = {
        line.strip()
        for test in TESTS
        for part in HIDDEN.findall(test)
        for line in part.splitlines()
    }
    pages = [path.read_text(encoding="utf-8") for path in (tmp_path / "out").rglob("*.html")]
    assert len(pages) == 14
    for line in lines:
        assert not any(line in page or line.partition(",")[0] in page for page in pages)


SPY = """\
def double(x):
    seen.append(x)
    if len(seen) > 1:
        {0}
    return 2 * x


seen = []
"""


def tells(own):
    """Say whether feedback holds what only hidden checks tell a function: the class's `scale`."""
    report = graded(own)
    text = json.dumps([[vars(each) for each in report.marks], report.troubles, report.flags])
    assert any(each.why for each in report.marks) or report.troubles
    return bool(re.search(r"1\.?230\d", text))  # it is 0.0012301 …


TALK = {
    "in a message": "raise ValueError(str(seen))",
    "in a name": "raise type(f'E{seen[-1][0]:.9f}', (Exception,), {})",
    "in a name of a known kind": "raise type(f'ValueError{seen[-1][0]:.9f}', (ValueError,), {})",
    "in the name of a cell": """exec(compile("1/0", f"code cell {seen[-1][0]:.9f}", "exec"))""",
    "in the place of a line": """exec(compile("\\n" * int(1e7 * seen[-1][0]) + "1/0",
                                 "code cell 2", "exec"))""",
    "in the text of a syntax error": "raise SyntaxError(str(seen), (str(seen), 1, 1, str(seen)))",
}


@pytest.mark.parametrize("talk", TALK.values(), ids=TALK)
def test_an_exception_does_not_tell_what_a_hidden_check_asked(talk):
    assert not tells(cells(ex1=SPY.format(talk)))


@pytest.mark.parametrize("where", ["ex2", "ex3", "numbers", "a cell", "a cell that ends Python"])
def test_what_a_hidden_check_asked_is_not_told_later(where):
    """Not in a visible check of another exercise, and not in another cell."""
    own = cells(ex1=SPY.format("pass"))
    tell = "raise ValueError(str(seen))\n"
    if where == "ex2":
        own[3]["source"] = tell
    elif where == "ex3":
        own[5]["source"] = f"def running(xs):\n    {tell}"
    elif where == "numbers":  # which a visible check shows in its message
        own[5]["source"] = "def running(xs):\n    return [x[0] for x in seen[-3:]]\n"
    else:
        own.insert(
            3, code(tell if where == "a cell" else "import os\nos.execv(str(seen), ['x'])\n")
        )
    assert not tells(own)


def test_messages_of_visible_checks_are_shown():
    """Also after hidden checks of other exercises."""
    report = graded(cells(ex3="def running(xs):\n    raise ValueError('x < 3 & y')\n"))
    assert points(report) == [*FULL[:2], 0.0]
    assert (
        report.marks[2].why
        == "ValueError was raised, line 2 of your answer to Exercise 3 · Toy: x < 3 & y"
    )
    report = graded(cells(ex3="def running(xs):\n    return [1, 2, 3]\n"))
    assert report.marks[2].why == "the last sum is 3.000000000, by hand it is 6"
    assert not report.flags


def test_an_answer_that_is_different_the_next_time():
    odd = "def running(xs):\n    return np.cumsum(xs) if not seen else xs\n"
    report = graded(cells(ex1=SPY.format("pass"), ex3=odd))
    assert points(report) == [*FULL[:2], 0.0]
    assert report.marks[2].why == "What came back was another thing when it was asked for again."


def test_messages_are_shown():
    report = graded(cells(ex1="def double(x):\n    raise ValueError('x < 3 & y')\n"))
    assert points(report) == [0.0, *FULL[1:]]
    assert (
        report.marks[0].why
        == "ValueError was raised, line 2 of your answer to Exercise 1 · Toy: x < 3 & y"
    )


def test_markup_in_messages_is_text_on_the_page(tmp_path):
    (tmp_path / "in").mkdir()
    tag = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    own = cells(ex1=f"def double(x):\n    raise ValueError({tag!r})\n")
    own.append(code(f"raise ValueError({tag!r})\n"))
    own[-2]["source"] = tag
    (tmp_path / "in" / "1001.ipynb").write_bytes(notebook(own))
    run(tmp_path)
    pages = [path.read_text(encoding="utf-8") for path in (tmp_path / "out").rglob("*.html")]
    assert sum("&lt;script&gt;alert(1)" in page for page in pages) == 3
    assert not any("<script" in page or "<img" in page for page in pages)


def test_an_answer_in_words_without_end_is_cut():
    own = cells(why="because " * 10**5)
    report = graded(own)
    assert len(report.written["toy-why"]) == 20_000
    assert report.flags == ["an answer in words of 800,000 characters"]


def test_only_the_first_cells_that_fail_are_listed():
    report = graded(cells() + [code("1 / 0\n")] * 100)
    assert len(report.troubles) == 20
