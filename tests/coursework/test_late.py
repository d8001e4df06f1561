"""Late work by the teacher's rule: whose times count, and what is lost."""

from datetime import timedelta

import pytest

from coursework.grader.late import LateRule, read_rule
from coursework.grader.lms import Gradebook
from coursework.grader.report import write_all
from coursework.grader.roster import read_roster
from tests.coursework import TOY
from tests.coursework.exports import MOODLE, reports_of, rows_of

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
