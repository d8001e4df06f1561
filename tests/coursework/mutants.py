"""Mutants of the model answers: whatever is changed in one, some check has to see it.

``python -m tests.coursework.mutants`` tries all of them and lists the survivors (some minutes);
`test_mutants.py` tries a sample. A survivor that computes the same is in `equivalents.csv`, argued.
"""

import ast
import contextlib
import copy
import csv
import itertools
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from coursework.grader import problem_set as sets
from coursework.grader.problem_set import Cell, ProblemSet

EQUIVALENTS = Path(__file__).with_name("equivalents.csv")
SWAPS = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult}
COMPARED = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq}


def others(node: ast.AST, names: list[str]) -> Iterator[ast.AST]:
    """Yield what may stand in the place of a node by mistake."""
    match node:
        case ast.Name(ctx=ast.Load()) if node.id in names:
            yield from (ast.Name(each, ast.Load()) for each in names if each != node.id)
        case ast.BinOp():
            yield from (node.left, node.right)
            if type(node.op) in SWAPS:
                yield ast.BinOp(node.left, SWAPS[type(node.op)](), node.right)
            if isinstance(node.op, ast.MatMult):
                for left, right in (("T", ""), ("", "T")):
                    turned = [
                        ast.Attribute(each, "T", ast.Load()) if turn else each
                        for each, turn in ((node.left, left), (node.right, right))
                    ]
                    yield ast.BinOp(turned[0], node.op, turned[1])
        case ast.UnaryOp(op=ast.USub()):
            yield node.operand
        case ast.Attribute(attr="T"):
            yield node.value
        case ast.Constant(value=bool()):
            yield ast.Constant(not node.value)
        case ast.Constant(value=int()) | ast.Constant(value=float()):
            yield from (ast.Constant(node.value + step) for step in (1, -1))
        case ast.Compare(ops=[op]) if type(op) in COMPARED:
            yield ast.Compare(node.left, [COMPARED[type(op)]()], node.comparators)
        case ast.Slice():
            if node.step is not None:
                yield ast.Slice(node.lower, node.upper, None)
            if node.lower is not None:
                yield ast.Slice(None, node.upper, node.step)
            if node.upper is not None:
                yield ast.Slice(node.lower, None, node.step)
        case ast.IfExp():
            yield from (node.body, node.orelse)
        case ast.AugAssign() | ast.Expr(value=ast.Call()):
            yield ast.Pass()


def names_in(tree: ast.Module) -> list[str]:
    """Return the arguments and variables of an answer."""
    found = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    found |= {
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    return sorted(found)


def mutants(source: str) -> Iterator[tuple[str, Callable[[], str]]]:
    """Yield what is changed, as a text, and what returns the mutant's source."""
    tree = ast.parse(source)
    names, lines, often = names_in(tree), source.split("\n"), Counter[str]()
    for place, node in enumerate(ast.walk(tree)):
        before = lines[node.lineno - 1].strip() if hasattr(node, "lineno") else ""
        for other in others(node, names):
            what, instead = ast.unparse(node), ast.unparse(other)
            if what != instead:
                change = f"{what} → {instead} in {before}"
                often[change] += 1
                change += f" (place {often[change]})" if often[change] > 1 else ""
                yield change, partial(changed, tree, place, other)


def changed(tree: ast.Module, place: int, other: ast.AST) -> str:
    """Return the source of a tree in which another node stands at a place."""
    new = copy.deepcopy(tree)
    target = next(itertools.islice(ast.walk(new), place, None))
    for parent in ast.walk(new):
        for field, value in ast.iter_fields(parent):
            if value is target:
                setattr(parent, field, copy.deepcopy(other))
            elif isinstance(value, list):
                for number, each in enumerate(value):
                    if each is target:
                        value[number] = copy.deepcopy(other)
    return ast.unparse(ast.fix_missing_locations(new))


@contextlib.contextmanager
def processor_seconds(most: float) -> Iterator[None]:
    """End what takes longer than that of the processor: a loop over a list that it appends to."""

    def stop(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, most)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


class Bench:
    """The checks of one exercise, with the model answers beside them, without a sandbox."""

    def __init__(self, problem_set: ProblemSet, solution: Cell):
        self.solution = solution
        self.student: dict[str, Any] = {"print": lambda *_, **__: None}
        for cell in problem_set.of_kind("given", "solution"):
            exec(cell.source, self.student)
        self.teacher = dict(self.student)
        for cell in problem_set.of_kind("given"):
            exec(cell.source, self.teacher)
        tests = [c for c in problem_set.of_kind("test") if c.exercise == solution.grade_id]
        self.checks = [compile(cell.source, cell.grade_id, "exec") for cell in tests]

    def lets_through(self, source: str) -> bool:
        """Say whether an answer gets every point."""
        own = dict(self.student)
        try:
            with np.errstate(all="ignore"), processor_seconds(0.5):
                exec(compile(source, "<mutant>", "exec", dont_inherit=True), own)
                self.teacher.update({name: own[name] for name in self.solution.names})
                for check in self.checks:
                    exec(check, self.teacher)
        except Exception:  # whatever is raised, by the mutant or by a check: it is dead
            return False
        return True


def survivors(name: str, part: int = 1, of: int = 1) -> Iterator[tuple[str, str]]:
    """Yield the exercise and the change of each mutant that lives, in every so-manieth of all."""
    problem_set, number = sets.load(name, seed=0), 0
    for solution in problem_set.of_kind("solution"):
        bench = Bench(problem_set, solution)
        assert bench.lets_through(solution.source), solution.grade_id
        for change, mutant in mutants(solution.source):
            number += 1
            if number % of == part % of and bench.lets_through(mutant()):
                yield solution.grade_id, change


def equivalents() -> dict[tuple[str, str], str]:
    """Return the argument for each mutant that computes the same as the model answer."""
    with open(EQUIVALENTS, encoding="utf-8", newline="") as file:
        return {(row["exercise"], row["change"]): row["why"] for row in csv.DictReader(file)}


if __name__ == "__main__":
    known = equivalents() if EQUIVALENTS.exists() else {}
    for each_set in sys.argv[1:] or sets.names():
        for found in survivors(each_set):
            if found not in known:
                print(*found, sep=" | ", flush=True)
