"""Run one check, outside of the sandbox, on the student's functions behind proxies."""

import ast
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from types import CodeType
from typing import Any

from coursework.grader.memory import small_memory
from coursework.grader.problem_set import Cell, ProblemSet
from coursework.grader.sandbox import SandboxUnavailable
from coursework.grader.session import Session, StudentError

UNANSWERED = "NotImplementedError"  # what the cells that are handed out raise
DIFFERENT = "What came back was another thing when it was asked for again."


@dataclass(frozen=True)
class Mark:
    """What became of one check.

    Attributes
    ----------
    grade_id : str
    points, possible : float
    why : str
        In the student's terms; empty for full marks.
    hidden : bool
        Whether it was a check that the student does not see.
    name : str
        What the check is called.
    """

    grade_id: str
    points: float
    possible: float
    why: str = ""
    hidden: bool = False
    name: str = "All of it"


def run_check(
    problem_set: ProblemSet,
    test: Cell,
    session: Session,
    told: bool,
    stopped: Mapping[str, str] | None = None,
) -> Mark:
    """Run a check here, after the given cells, with the student's functions behind proxies.

    `stopped` holds, for names that are not there because a cell stopped, what is to be said then.
    What a visible check says may hold what came back. From a student's code that is `told` it is
    not passed on; the same check says it again, to a worker that has only run the cells.
    """
    names: dict[str, Any] = {"__name__": "__main__", "print": lambda *_, **__: None}
    for cell in problem_set.of_kind("given"):
        exec(_compiled(cell), names)
    for cell in problem_set.checks_above(test):
        exec(_compiled(cell, definitions=True), names)
    file, returned = f"<{test.grade_id}>", _Returned()
    session.begin_test()
    solution = problem_set.find(test.exercise)
    rules: dict[str, Any] = {"watched": {}, "refused": ()}
    if solution:
        rules = {"watched": dict(solution.watched), "refused": solution.refused}
    try:
        for name, is_function in problem_set.names.items():
            if is_function:
                call = partial(session.call, **rules) if solution and name in solution.names else (
                    session.call)  # fmt: skip
                names[name] = partial(returned.call, call, name)
            elif name in _mentioned(test):
                names[name] = returned.value(session.value, name)
        with warnings.catch_warnings(), small_memory():
            warnings.simplefilter("ignore")  # about what the student's numbers do to a comparison
            exec(_compiled(test), names)
    except SandboxUnavailable:
        raise  # the machine's fault
    except Exception as error:
        hidden = _line(error, file) in test.hidden_lines
        why = _why(error, hidden, returned)
        unnamed = isinstance(error, StudentError) and error.what.startswith("NameError")
        if unnamed and stopped and returned.asked in stopped:
            why = stopped[returned.asked]
        elif told and not hidden and (isinstance(error, AssertionError) or _message(error)):
            session.close()
            again = run_check(problem_set, test, session, False, stopped)
            why = again.why if again.why and not again.hidden else DIFFERENT
        return Mark(test.grade_id, 0.0, test.points, why, hidden, test.check)
    return Mark(test.grade_id, test.points, test.points, name=test.check)


@cache
def _compiled(cell: Cell, definitions: bool = False) -> CodeType:
    """Return a cell of ours as code, or its functions and imports, which checks below may use."""
    file = f"<{cell.grade_id}>"
    tree = ast.parse(cell.source, file)
    if definitions:
        kinds = (ast.FunctionDef, ast.Import, ast.ImportFrom)
        tree.body = [node for node in tree.body if isinstance(node, kinds)]
    return compile(tree, file, "exec", dont_inherit=True)


@cache
def _mentioned(test: Cell) -> set[str]:
    return {node.id for node in ast.walk(ast.parse(test.source)) if isinstance(node, ast.Name)}


class _Returned:
    """Remembers what was asked and came back last, to be told if a test cannot work with it."""

    asked = kind = sizes = ""

    def keep(self, name: str, value: Any, verb: str) -> Any:
        shape = f" of shape {value.shape}"[:50] if hasattr(value, "shape") else ""
        length = f" of length {len(value)}" if isinstance(value, (list, tuple, dict, str)) else ""
        kind = "None" if value is None else type(value).__name__
        self.kind, self.sizes = f"`{name}` {verb} {kind}", shape + length
        return value

    def call(self, call: Callable[..., Any], name: str, *args: Any, **kwargs: Any) -> Any:
        self.asked, self.kind = name, ""
        return self.keep(name, call(name, args, kwargs), "returned")

    def value(self, get: Callable[[str], Any], name: str) -> Any:
        self.asked, self.kind = name, ""
        return self.keep(name, get(name), "is")


def _line(error: BaseException, file: str) -> int:
    """Return the line of the test's cell at which it failed."""
    traceback, line = error.__traceback__, 0
    while traceback and not line:
        if traceback.tb_frame.f_code.co_filename == file:
            line = traceback.tb_lineno
        traceback = traceback.tb_next
    return line


def _why(error: Exception, hidden: bool, returned: _Returned) -> str:
    """Say it in the student's terms.

    A hidden check's inputs could come back in the message of an exception of the student's own, in
    the number of the line that raises it, or in a shape: of a hidden check only kinds are told.
    """
    match error:
        case StudentError() if error.what.startswith(UNANSWERED):
            return "Not answered."
        case StudentError() if hidden:
            return error.what
        case StudentError():
            line = f", {error.line}" if error.line else ""
            return f"{error.what}{line}{colon(error.message)}"
        case AssertionError():
            first, *more = str(error).strip().splitlines() or ["The value is not what was asked."]
            return "\n".join([first] if hidden else [first, *more])[:600]
    what = returned.kind + ("" if hidden else returned.sizes) if returned.kind else "What came back"
    return f"{what}, which could not be compared with what was asked ({type(error).__name__})"


def _message(error: Exception) -> str:
    return error.message if isinstance(error, StudentError) else ""


def colon(text: str) -> str:
    """Return a message behind its colon, or nothing."""
    return f": {text}" if text else ""
