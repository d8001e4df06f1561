"""One student's notebook under way: cells are run and functions called in a worker.

A worker that ends (by its own doing, or because it took too long) is replaced by a new one, which
runs the cells again; of the one that was deadly only what it defines. So an endless loop in one
exercise costs that exercise, and one below a right answer costs nothing.
"""

import builtins
import contextlib
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from coursework.grader.process import Worker, WorkerEnded
from coursework.grader.sandbox import Limits

OWN, MOST_ENDED = "", 3  # cells that answer nothing, and how often they may end Python
ERRORS = {  # names that say nothing of the student's own
    name
    for name, value in vars(builtins).items()
    if isinstance(value, type) and issubclass(value, BaseException)
} | {"LinAlgError"}
NOT_DERIVED = {
    "TooManyRuns": "A function that was given was run more often than a formula needs, or with "
    "complex numbers: this exercise asks for what is derived, not for differences",
    "Refused": "A function of rnnlib's was called that does what this exercise asks you to write",
}


class StudentError(Exception):
    """What the student's code did instead of answering.

    Attributes
    ----------
    what : str
        In the student's terms, without the message of their exception.
    message : str
        That message: it may hold what the function was called with.
    line : str
        Where, such as "line 3 of your answer to Exercise 2", or nothing.
    """

    def __init__(self, what: str, message: str = "", line: str = ""):
        super().__init__(what, message, line)
        self.what, self.message, self.line = what, message, line


@dataclass
class Budget:
    """Seconds that may be spent; as a context manager it takes the time of what is done in it."""

    left: float

    def __enter__(self) -> float:
        self._began = time.monotonic()
        return self.left

    def __exit__(self, *_: object) -> None:
        self.left -= time.monotonic() - self._began


class Session:
    """A notebook that is run from top to bottom, as far as its code allows.

    Each answer, each test, and all other cells together have budgets of their own, so that a slow
    answer costs one exercise and an experiment none: beyond the budget, or when they have ended
    Python too often, the other cells' definitions count, and the rest is not run. `deaths` counts
    the workers that ended.
    """

    def __init__(self, start: Callable[[], subprocess.Popen[bytes]], limits: Limits):
        self.start, self.limits = start, limits
        self.worker: Worker | None = None
        self.done: list[dict[str, Any]] = []
        self.answers: set[int] = set()  # the ids of questions that answer an exercise
        self.ended: Counter[str] = Counter()  # workers, by the function that ended them
        self.dropped: list[str] = []  # lines that only IPython understands
        self.lines: dict[str, int] = {}  # of each cell
        self.names: dict[str, str] = {}  # of each cell, in the student's terms
        self.deaths = 0
        self.cells_budget = Budget(limits.notebook_seconds)
        self.again_budget = Budget(limits.again_seconds)
        self.definitions_budget = Budget(limits.notebook_seconds)
        self.answer_budgets: dict[str, Budget] = {}
        self.test_budget = Budget(limits.test_seconds)

    def run_cell(
        self, label: str, source: str, name: str = "", answers: str = ""
    ) -> StudentError | None:
        """Run a cell; return what went wrong, if anything did.

        The student knows it by its `name`. If it `answers` something, then in the time for that.
        """
        question = {"do": "cell", "label": label, "source": source}
        self.lines[label], self.names[label] = source.count("\n") + 1, name or label
        budget = self.cells_budget
        if answers:
            budget = self.answer_budgets.setdefault(answers, Budget(2 * self.limits.cell_seconds))
            self.answers.add(id(question))
        try:
            if not answers and self.ended[OWN] > MOST_ENDED:
                raise WorkerEnded("was not run: cells like it had ended Python too often")
            lines = self._ask(question, budget, self.limits.cell_seconds, answers or OWN)
        except WorkerEnded as end:
            self._define({**question, "do": "definitions"})
            return StudentError(f"it {end}", line=name or label)
        except StudentError as error:
            self.done.append(question)  # it may have defined something before it failed
            return error
        self.done.append(question)
        if isinstance(lines, list) and lines:
            self.dropped.append(name or label)
        return None

    def run_needed(self, label: str, source: str, used: set[str]) -> None:
        """Run what a look or check cell defines that other cells use."""
        self._define(
            {"do": "needed", "label": label, "source": source, "used": " ".join(sorted(used))}
        )

    def _define(self, question: dict[str, Any]) -> None:
        """Run what a cell defines; if that ends a worker, it is left."""
        with contextlib.suppress(WorkerEnded, StudentError):
            self._ask(question, self.definitions_budget, self.limits.cell_seconds, OWN)
            self.done.append(question)

    def begin_test(self) -> None:
        """Say that what is asked from now on is another test's."""
        self.test_budget = Budget(self.limits.test_seconds)

    def call(
        self,
        name: str,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        watched: Mapping[str, int] | None = None,
        refused: Sequence[str] = (),
    ) -> Any:
        """Call the student's function, with copies of the arguments.

        Meanwhile the given functions in `watched` may be run so many times, and modules of rnnlib's
        that are `refused` not at all.
        """
        question = {"do": "call", "name": name, "args": list(args), "kwargs": kwargs}
        question |= {"watched": dict(watched or {}), "refused": list(refused)}
        if self.ended[name] > 1:
            raise StudentError(
                f"`{name}` had ended Python or its time twice, and was not asked again"
            )
        try:
            return self._ask(question, self.test_budget, self.limits.call_seconds, name)
        except WorkerEnded as end:
            raise StudentError(f"`{name}` {end}") from None

    def value(self, name: str) -> Any:
        """Return what a name of the student's stands for."""
        question = {"do": "get", "name": name}
        try:
            return self._ask(question, self.test_budget, self.limits.call_seconds, name)
        except WorkerEnded as end:
            raise StudentError(f"`{name}`: the notebook {end}") from None

    def close(self) -> None:
        """End what still runs. What is asked next is asked of a new worker with the same cells."""
        if self.worker:
            self.worker.end()
            self.worker = None

    def _ask(self, question: Mapping[str, Any], budget: Budget, seconds: float, whose: str) -> Any:
        self.worker = self.worker or self._revive()
        self._check(budget)
        try:
            with budget as left:
                answer = self.worker.ask(question, min(seconds, left))
        except WorkerEnded:
            self.worker = None
            self.deaths += 1
            self.ended[whose] += 1
            raise
        return self._value_of(answer)

    def _revive(self) -> Worker:
        """Start a worker that has run all cells so far, without those that end it."""
        while True:
            if self.deaths > self.limits.restarts:
                raise WorkerEnded("ended Python too often to be tried again")
            worker = Worker(self.start(), self.limits.answer)
            for question in list(self.done):
                left = self.again_budget.left
                asked = question
                if left <= 0 and question["do"] == "cell" and id(question) not in self.answers:
                    asked = {**question, "do": "definitions"}
                if left < -self.limits.again_seconds:
                    worker.end()
                    raise WorkerEnded("had used up its time")
                try:
                    with self.again_budget:
                        worker.ask(asked, self.limits.cell_seconds)
                except WorkerEnded:
                    worker.end()
                    self.deaths += 1
                    self.done.remove(question)
                    break
            else:
                return worker

    def _check(self, budget: Budget) -> None:
        if budget.left <= 0:
            raise WorkerEnded("had used up its time")

    def _value_of(self, answer: Any) -> Any:
        """Return the value in an answer, or raise the error in it.

        The student's code may have forged the error to show what it was asked. So its message is
        kept apart, and the rest can say but few things.
        """
        match answer:
            case {"value": value}:
                return value
            case {
                "error": {
                    "type": str(kind),
                    "message": str(message),
                    "cell": str(cell),
                    "line": line,
                }
            }:
                if kind in NOT_DERIVED:
                    raise StudentError(NOT_DERIVED[kind])
                name = kind if kind in ERRORS else "An exception of its own"
                known = type(line) is int and 0 < line <= self.lines.get(cell, 0)
                where = f"line {line} of {self.names[cell]}" if known else ""
                raise StudentError(f"{name} was raised", message[:400], where)
        raise StudentError("something came back that is no answer")
