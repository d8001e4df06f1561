"""``@guards``: a test that checks a numbered equation and proves that it can fail.

    @guards("eq-state", "definition", Mutant("phi twice", "self.act(s)", "self.act(self.act(s))"))
    def test_state():
        ...

becomes one test of rnnlib as it is and one for each mutant: the line of rnnlib that carries the
label is rewritten in memory, and the check must then raise AssertionError. A mutant that crashes,
or that no longer fits its line, is an error: it would prove nothing.
"""

import ast
import importlib
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FunctionType, ModuleType

import pytest

from tools.equations import ROOT, CodeLine, Mutant, code_lines

KINDS = ("definition", "identity", "inequality")


def guards(label: str, kind: str, *mutants: Mutant) -> Callable[[Callable[[], None]], object]:
    """Make a check of the equation `label` into tests: one of the truth, one per mutant."""
    if kind not in KINDS:
        raise ValueError(f"kind: expected one of {KINDS}, got {kind!r}")

    def decorate(check: Callable[[], None]) -> object:
        cases = [None, *mutants]

        @pytest.mark.parametrize("mutant", cases, ids=lambda m: m.name if m else "holds")
        def test(mutant: Mutant | None) -> None:
            if mutant is None:
                check()
                return
            with planted(label, mutant), pytest.raises(AssertionError):
                check()

        return test

    return decorate


@contextmanager
def planted(label: str, mutant: Mutant, root: Path = ROOT) -> Iterator[None]:
    """Run rnnlib with the mutant in place of the line that carries `label`.

    The function's code object is exchanged, so that every module that imported it sees the mutant.
    """
    line = _line_of(label, mutant, root)
    with _planted_on_line(line.path, line.number, mutant, root):
        yield


@contextmanager
def seeded(path: str, mutant: Mutant, root: Path = ROOT) -> Iterator[None]:
    """As `planted`, on the one line of a file that contains the mutant's old text, label or not."""
    lines = (root / path).read_text(encoding="utf-8").splitlines()
    numbers = [number for number, line in enumerate(lines, start=1) if mutant.old in line]
    if len(numbers) != 1:
        raise LookupError(
            f"mutant {mutant.name!r}: expected one line of {path} that contains {mutant.old!r}, "
            f"found {len(numbers)}"
        )
    with _planted_on_line(Path(path), numbers[0], mutant, root):
        yield


def catches(check: Callable[[], None], path: str, mutant: Mutant) -> None:
    """Assert that `check` holds for rnnlib as it is and fails with the mutant in `path`."""
    check()
    with seeded(path, mutant), pytest.raises(AssertionError):
        check()


@contextmanager
def _planted_on_line(path: Path, number: int, mutant: Mutant, root: Path) -> Iterator[None]:
    text = (root / path).read_text(encoding="utf-8").splitlines(keepends=True)
    mutated_line = text[number - 1].replace(mutant.old, mutant.new)
    mutated_text = "".join([*text[: number - 1], mutated_line, *text[number:]])

    module = importlib.import_module(".".join(path.with_suffix("").parts))
    names = _enclosing_function(ast.parse("".join(text)), number)
    original = _function(module, names)
    wrong = _function(_execute(mutated_text, module), names)
    right_code = original.__code__
    original.__code__ = wrong.__code__
    try:
        yield
    finally:
        original.__code__ = right_code


def _line_of(label: str, mutant: Mutant, root: Path) -> CodeLine:
    lines = [line for line in code_lines(root) if line.label == label and mutant.old in line.source]
    if len(lines) != 1:
        raise LookupError(
            f"mutant {mutant.name!r}: expected one line of rnnlib that carries {label} and "
            f"contains {mutant.old!r}, found {len(lines)}"
        )
    return lines[0]


def _enclosing_function(tree: ast.Module, number: int) -> list[str]:
    """Return the names that lead to the outermost function around a line, such as [class, def]."""
    names: list[str] = []
    body: list[ast.stmt] = tree.body
    while True:
        for node in body:
            if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and node.lineno <= number <= (
                node.end_lineno or 0
            ):
                names.append(node.name)
                if isinstance(node, ast.FunctionDef):
                    return names
                body = node.body
                break
        else:
            raise LookupError(f"line {number} carries a label but stands in no function")


def _execute(text: str, module: ModuleType) -> ModuleType:
    copy = ModuleType(module.__name__)
    copy.__dict__.update(__file__=module.__file__, __package__=module.__package__)
    exec(compile(text, str(module.__file__), "exec"), copy.__dict__)
    return copy


def _function(module: ModuleType, names: list[str]) -> FunctionType:
    found: object = module
    for name in names:
        found = inspect.getattr_static(found, name)
    if isinstance(found, property):
        found = found.fget
    if isinstance(found, (classmethod, staticmethod)):
        found = found.__func__
    found = inspect.unwrap(found)
    assert isinstance(found, FunctionType)
    return found
