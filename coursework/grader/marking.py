"""Mark one submission: run its cells in the sandbox and, at their places, the tests outside it."""

import re
from dataclasses import dataclass, field
from functools import partial

from coursework.grader import sandbox
from coursework.grader.checks import UNANSWERED, Mark, colon, run_check
from coursework.grader.problem_set import Cell, ProblemSet
from coursework.grader.recognise import (
    Known,
    differences,
    elsewhere,
    of_another_set,
    plain,
    recognise,
    spoken,
    steps,
    used_names,
)
from coursework.grader.sandbox import Limits
from coursework.grader.session import Session, StudentError
from coursework.grader.submissions import Submission
from coursework.grader.written import cut, remarks, written

MOST_TROUBLES = 20
NOT_ANSWERED = "Not answered."


@dataclass
class Report:
    """What became of a submission.

    Attributes
    ----------
    student, file : str
    marks : list of Mark
    written : dict of str to str
        The answers to be marked by hand, by their cells' ids.
    troubles : list of str
        Cells that stopped, in the student's terms.
    flags : list of str
        What the teacher should look at, in the teacher's terms.
    unreadable : str
        Why the file was not graded at all, in the student's terms; empty if it was.
    prose : list of str
        All other texts of the student's own in the notebook.
    notes : list of str
        What the student should know beside the points.
    """

    student: str
    file: str
    marks: list[Mark] = field(default_factory=list)
    written: dict[str, str] = field(default_factory=dict)
    troubles: list[str] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)
    unreadable: str = ""
    prose: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def points(self) -> float:
        """Return the sum over the exercises that tests mark."""
        return sum(mark.points for mark in self.marks)


def mark(
    problem_set: ProblemSet, submission: Submission, limits: Limits, unsafe: bool = False
) -> Report:
    """Return the report on a submission, whatever is in it."""
    report = Report(submission.student, submission.file, flags=list(submission.flags))
    report.unreadable = submission.unreadable
    if of_another_set(problem_set, submission):
        report.flags.append("the notebook of another problem set")
        report.unreadable = f"This is not the notebook of {problem_set.title}; hand in that one."
    elif submission.cells:
        session = Session(partial(sandbox.start, limits, unsafe), limits)
        try:
            _run(problem_set, submission, session, report)
        finally:
            session.close()
        if session.deaths:
            report.flags.append(f"its code ended or outlasted Python {session.deaths} times")
    marked = {each.grade_id for each in report.marks}
    for test in problem_set.of_kind("test"):
        if test.grade_id not in marked:
            why = "There was nothing to be graded."
            report.marks.append(Mark(test.grade_id, 0.0, test.points, why, name=test.check))
    report.marks.sort(key=lambda each: [c.grade_id for c in problem_set.cells].index(each.grade_id))
    return report


def _run(problem_set: ProblemSet, submission: Submission, session: Session, report: Report) -> None:
    """Go through the notebook from top to bottom.

    Once a hidden check has run, the student's code knows what it asks: it is `told`, and could pass
    that on in the message of any exception.
    """
    known = recognise(problem_set, submission)
    report.flags += differences(problem_set, submission, known)
    answers, prose = written(problem_set, submission, known)
    report.flags += remarks(problem_set, submission, answers, prose)
    report.written, report.prose = cut(answers, prose)
    names, used = spoken(problem_set, submission, known), used_names(submission, known)
    told, stopped, broken = False, dict[str, str](), dict[str, None]()
    for label, step in steps(problem_set, submission, known):
        if label.startswith("look"):
            session.run_needed(label, step.source, used)
            continue
        if isinstance(step, Cell) and step.kind == "test":
            session.run_needed(step.grade_id, step.released, used)
            mark = run_check(problem_set, step, session, told, stopped)
            report.marks.append(mark)
            told |= bool(step.hidden_lines) and (mark.hidden or not mark.why)
            continue
        meant = _meant(problem_set, step.grade_id, step.source)
        error = session.run_cell(label, step.source, names[label], min(meant, default=""))
        for name in meant:
            stopped.pop(name, None)
            if error:
                stopped[name] = _why_stopped(error, names[label], told)
        if error:
            where = names[label] if told else error.line or names[label]
            message = "" if told else colon(error.message)
            if len(report.troubles) < MOST_TROUBLES:
                report.troubles.append(f"{where}: {error.what}{message}")
            solution = problem_set.find(step.grade_id)
            if solution and plain(step.source) != plain(solution.released):
                broken |= {step.grade_id: None} if solution.kind == "solution" else {}
    if broken:
        report.flags.append(f"a solution cell does not run: {', '.join(broken)}")
    if session.dropped:
        left = ", ".join(dict.fromkeys(session.dropped))
        report.notes.append(f"Lines that only IPython understands were left out of {left}.")
    _tell_where(problem_set, submission, known, report)


def _tell_where(
    problem_set: ProblemSet, submission: Submission, known: Known, report: Report
) -> None:
    """Say of an exercise that has no answer in its cell whether there is one elsewhere."""
    untouched = {
        cell.grade_id
        for cell, own in zip(known, submission.cells, strict=True)
        if cell and cell.kind == "solution" and plain(cell.released) == plain(own.source)
    }
    there = {cell.grade_id for cell in known if cell}
    for exercise in problem_set.exercises:
        solution = problem_set.find(exercise.name)
        checks = [m for m in report.marks if m.grade_id in {c.grade_id for c in exercise.cells}]
        lost = [mark for mark in checks if mark.why]
        if not solution or solution.kind != "solution" or not lost:
            continue
        if exercise.name in there - untouched:
            continue
        places = {n: elsewhere(problem_set, submission, known, n) for n in solution.names}
        for name, place in list({n: place for n, place in places.items() if place}.items())[:1]:
            report.flags.append(f"{exercise.name}: `{name}` stands in {place}, not in its cell")
            report.notes.append(
                f"{exercise.title}: `{name}` stands in {place}, and not in the exercise's own cell "
                "above its checks, where it would be graded. Ask your teacher."
            )
        if exercise.name not in there and known and not any(places.values()):
            note = f"{exercise.title}: the cell for the answer is not in your notebook."
            report.notes.append(note)


def _meant(problem_set: ProblemSet, grade_id: str, source: str) -> set[str]:
    """Return the names that a cell is to define: by its id, or by what stands in it."""
    cell = problem_set.find(grade_id)
    names = set(cell.names) if cell and cell.kind == "solution" else set()
    for name in problem_set.names:
        if re.search(rf"^(def +{name}\b|{name} *=(?!=))", source, re.MULTILINE):
            names.add(name)
    return names


def _why_stopped(error: StudentError, name: str, told: bool) -> str:
    """Return what is said of an exercise that is not there because its cell stopped."""
    if error.what.startswith(UNANSWERED):
        return NOT_ANSWERED
    if told:
        return f"Your cell stopped: {error.what}, {name}"
    return f"Your cell stopped: {error.what}, {error.line or name}{colon(error.message)}"
