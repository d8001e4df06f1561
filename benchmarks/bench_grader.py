"""How long the grader takes for a class: 200 submissions of one problem set."""

import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from benchmarks.run import Row
from coursework.grade import grade
from coursework.grader.answered import answered, blank
from coursework.grader.problem_set import ProblemSet, load, names
from coursework.grader.submissions import Submission

STUDENTS = 200


def a_class(problem_set: ProblemSet) -> list[Submission]:
    """Return what a class hands in: right, typically wrong and untouched answers in turn."""
    different = import_module(f"coursework.answers.{problem_set.name}")
    kinds = [answered(problem_set), blank(problem_set)]
    for answer in [*different.WRONG, *different.RIGHT]:
        model = problem_set.find(answer.exercise)
        assert model is not None
        kinds.append(answered(problem_set, {answer.exercise: answer.source(model.source)}))
    return [
        replace(kinds[i % len(kinds)], student=f"{i:04}", file=f"{i:04}.ipynb", digest=f"{i:04}")
        for i in range(STUDENTS)
    ]


def measure() -> Iterator[Row]:
    """Grade a class in each problem set, with two processes, from the start to the last page."""
    for name in names():
        problem_set = load(name, seed=0)
        with tempfile.TemporaryDirectory() as folder:
            start = time.perf_counter()
            grade(problem_set, a_class(problem_set), Path(folder), jobs=2, progress=False)
            seconds = time.perf_counter() - start
        yield Row(f"{name}: {STUDENTS} submissions, two processes", seconds, "s", 60)
