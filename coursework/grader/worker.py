"""The student's side, alone in the sandbox: run cells, call functions, send plain data back.

Nothing here is trusted by the grader, since the student's code shares this process and may change
all of it. It runs as a script beside `wire.py`; what it needs to know comes as its one argument.
"""

import ast
import contextlib
import json
import os
import sys
import traceback
from collections.abc import Iterator
from types import FunctionType
from typing import Any

from magics import needed, parsed
from wire import pack, read_frame, unpack

REFUSAL = "this exercise asks you to write what this function of rnnlib does"
QUESTION = 2**28  # bytes: what the grader asks is its own affair


def set_limits(limits: dict[str, int]) -> None:
    """Set rlimits that cannot be raised again, where the system has them (Windows has not)."""
    try:
        import resource
    except ImportError:
        return
    for name, value in limits.items():
        with contextlib.suppress(ValueError, OSError):  # a system that lacks one of them
            resource.setrlimit(getattr(resource, name), (value, value))


def private_pipes() -> tuple[int, int]:
    """Keep the grader's pipes to ourselves; what the student prints and reads is nowhere."""
    inbox, outbox = os.dup(0), os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    os.close(nowhere)
    return inbox, outbox


def reader(inbox: int) -> Any:
    """Return a function that reads exactly n bytes, or ends the process with its grader."""

    def read(size: int) -> bytes:
        data = b""
        while len(data) < size:
            more = os.read(inbox, size - len(data))
            if not more:
                os._exit(0)
            data += more
        return data

    return read


class TooManyRuns(Exception):
    """A given function was run more often than a formula needs, or with complex numbers."""


def refuse(*_: object, **__: object) -> None:
    """Stand in for what an exercise asks for."""
    raise RuntimeError("this exercise asks you to write what this function of rnnlib does")


def run_cell(source: str, label: str, names: dict[str, Any]) -> list[int]:
    """Run a cell; return the lines that were left out, which only IPython understands.

    If it stops on the way, what it defines from there on counts all the same.
    """
    tree, dropped = parsed(source, label)
    code = compile(tree, label, "exec", dont_inherit=True)
    try:
        exec(code, names)
    except BaseException as error:
        define(tree, label, names, _line(error, label))
        raise
    return dropped


def run_needed(source: str, label: str, used: set[str], names: dict[str, Any]) -> None:
    """Run what a cell defines or imports and other cells use; what fails is left out."""
    for node in needed(parsed(source, label)[0], used):
        with contextlib.suppress(Exception):
            code = compile(ast.Module([node], type_ignores=[]), label, "exec", dont_inherit=True)
            exec(code, names)


def _line(error: BaseException, label: str) -> int:
    """Return the line at which a cell stopped."""
    traceback = error.__traceback__
    while traceback and traceback.tb_frame.f_code.co_filename != label:
        traceback = traceback.tb_next
    return traceback.tb_lineno if traceback else 0


def define(tree: ast.Module, label: str, names: dict[str, Any], line: int = 0) -> None:
    """Run what a cell defines from a line on, each on its own; what fails is left out."""
    for node in tree.body:
        if node.lineno >= line:
            for part in definitions(node):
                with contextlib.suppress(BaseException):
                    part = ast.Module([part], type_ignores=[])
                    exec(compile(part, label, "exec", dont_inherit=True), names)


def definitions(node: ast.stmt) -> list[ast.stmt]:
    """Return the imports or the definition that a statement is; nothing of one that does work."""
    match node:
        case ast.Import():
            return [ast.copy_location(ast.Import([name]), node) for name in node.names]
        case ast.ImportFrom() | ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return [node]
        case ast.Assign() if _is_literal(node.value):
            parts = [part for target in node.targets for part in ast.walk(target)]
            plain = (ast.Name, ast.Tuple, ast.List, ast.expr_context)
            return [node] if all(isinstance(part, plain) for part in parts) else []
        case ast.AnnAssign(target=ast.Name(), value=ast.expr() as value) if _is_literal(value):
            return [node]
    return []


def _is_literal(value: ast.expr) -> bool:
    try:
        ast.literal_eval(value)
    except Exception:  # whatever it is, it is more than a number, a text or a list of them
        return False
    return True


def answer(question: dict[str, Any], names: dict[str, Any]) -> Any:
    """Do what is asked with the notebook's names."""
    match question["do"]:
        case "cell":
            return run_cell(question["source"], question["label"], names)
        case "definitions":
            tree, _ = parsed(question["source"], question["label"])
            return define(tree, question["label"], names)
        case "needed":
            used = set(question["used"].split())
            return run_needed(question["source"], question["label"], used, names)
    if question["name"] not in names:
        raise NameError(f"{question['name']} is not defined")
    value = names[question["name"]]
    if question["do"] == "call":
        with watched(question["watched"], names), refused(question["refused"]):
            return value(*question["args"], **question["kwargs"])
    return value


def is_complex(value: Any) -> bool:
    """Say whether a number, an array, or one in a list or a dictionary is complex."""
    if isinstance(value, (list, tuple, dict)):
        return any(map(is_complex, value.values() if isinstance(value, dict) else value))
    return isinstance(value, complex) or getattr(getattr(value, "dtype", None), "kind", "") == "c"


@contextlib.contextmanager
def watched(most: dict[str, int], names: dict[str, Any]) -> Iterator[None]:
    """Count the calls of given functions; TooManyRuns if there are more, or with complex numbers.

    No formula needs either; differentiating by numbers does.
    """
    given = {name: names[name] for name in most if callable(names.get(name))}
    count = dict.fromkeys(given, 0)

    def counting(name: str) -> Any:
        def run(*args: Any, **kwargs: Any) -> Any:
            count[name] += 1 + most[name] * is_complex([*args, *kwargs.values()])
            return given[name](*args, **kwargs)

        return run

    names.update({name: counting(name) for name in given})
    try:
        yield
    finally:
        for name, function in given.items():
            names[name] = function
    for name, times in count.items():
        if times > most[name]:
            raise TooManyRuns(name)


def functions_in(value: Any) -> list[FunctionType]:
    """Return a function, or a class's methods."""
    if isinstance(value, type):
        parts = vars(value).values()
        found = [getattr(each, "fget", getattr(each, "func", each)) for each in parts]
    else:
        found = [value]
    return [each for each in found if isinstance(each, FunctionType)]


@contextlib.contextmanager
def refused(modules: list[str]) -> Iterator[None]:
    """Let functions of some of rnnlib's modules refuse to run, whatever they are called by now."""
    functions = {
        function
        for name, module in list(sys.modules.items())
        if any(name == each or name.startswith(f"{each}.") for each in modules)
        for value in list(vars(module).values())
        for function in functions_in(value)
        if function.__closure__ is None
        and any((function.__module__ or "").startswith(each) for each in modules)
    }
    codes = {function: function.__code__ for function in functions}
    for function in functions:
        function.__code__ = refuse.__code__
    try:
        yield
    finally:
        for function, code in codes.items():
            function.__code__ = code


def describe(error: BaseException) -> dict[str, Any]:
    """Say what was raised, and where in the student's cells: line 5 of code cell 3."""
    where = [
        (frame.filename, frame.lineno)
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename.startswith("code cell ")
    ]
    if isinstance(error, SyntaxError) and str(error.filename).startswith("code cell "):
        where.append((error.filename, error.lineno))
    cell, line = where[-1] if where else ("", 0)
    message = str(error)[:1000]
    kind = "Refused" if message == REFUSAL else type(error).__name__
    return {"type": kind, "message": message, "cell": cell, "line": line or 0}


def serve(read: Any, outbox: int) -> None:
    """Answer one question after the other, each as it would be in a notebook."""
    names: dict[str, Any] = {"__name__": "__main__", "display": print}
    os.write(outbox, pack("ready"))
    while True:
        question = unpack(read_frame(read, QUESTION))
        try:
            frame = pack({"value": answer(question, names)})
        except BaseException as error:  # SystemExit and KeyboardInterrupt are the student's, too
            frame = pack({"error": describe(error)})
        while frame:
            frame = frame[os.write(outbox, frame) :]


if __name__ == "__main__":
    set_limits(json.loads(sys.argv[1]))
    pipes = private_pipes()
    sys.argv = [""]
    serve(reader(pipes[0]), pipes[1])
