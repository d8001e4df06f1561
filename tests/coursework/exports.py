"""What Canvas and Moodle export of a small class, and reports on it."""

import csv

from coursework.grader.checks import Mark
from coursework.grader.marking import Report

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
