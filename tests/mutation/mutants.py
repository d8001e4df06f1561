"""Every small change that could be made to rnnlib's code: one operator, number or transpose."""

import ast
from dataclasses import dataclass
from pathlib import Path

from tools.equations import ROOT

OPERATORS = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "/"),
    ast.Div: ("/", "*"),
    ast.FloorDiv: ("//", "/"),
    ast.Mod: ("%", "//"),
    ast.Pow: ("**", "*"),
    ast.BitAnd: ("&", "|"),
    ast.BitOr: ("|", "&"),
    ast.Lt: ("<", "<="),
    ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="),
    ast.GtE: (">=", ">"),
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.Is: ("is", "is not"),
    ast.IsNot: ("is not", "is"),
    ast.In: ("in", "not in"),
    ast.NotIn: ("not in", "in"),
    ast.And: ("and", "or"),
    ast.Or: ("or", "and"),
}


@dataclass(frozen=True)
class Mutant:
    """A piece of a file, from byte `start` to `end`, and what stands there instead."""

    path: str
    line: int
    start: int
    end: int
    new: str

    def source(self, text: bytes) -> bytes:
        return text[: self.start] + self.new.encode() + text[self.end :]

    def describe(self, text: bytes) -> str:
        """The line before and after: what `equivalent.toml` knows a mutant by."""
        first = text.rfind(b"\n", 0, self.start) + 1
        last = text.find(b"\n", self.end)
        head, tail = text[first : self.start].decode(), text[self.end : last].decode()
        old = text[self.start : self.end].decode()
        return f"{head}⟦{old} → {self.new}⟧{tail}".strip()


def mutants(root: Path = ROOT) -> list[Mutant]:
    """Return every mutant of rnnlib, in the order of the files and lines."""
    found = []
    for path in sorted((root / "rnnlib").rglob("*.py")):
        text = path.read_bytes()
        name = path.relative_to(root).as_posix()
        changes = _Changes(text)
        changes.visit(ast.parse(text))
        found += [Mutant(name, *change) for change in sorted(set(changes.found))]
    return found


class _Changes(ast.NodeVisitor):
    """Collect (line, start, end, new) for what can be changed in a file."""

    def __init__(self, text: bytes) -> None:
        self.text = text
        self.found: list[tuple[int, int, int, str]] = []
        self.starts = [0]
        for line in text.splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(line))

    def span(self, node: ast.expr) -> tuple[int, int]:
        assert node.end_lineno is not None and node.end_col_offset is not None
        start = self.starts[node.lineno - 1] + node.col_offset
        return start, self.starts[node.end_lineno - 1] + node.end_col_offset

    def change(self, start: int, end: int, new: str) -> None:
        self.found.append((self.text.count(b"\n", 0, start) + 1, start, end, new))

    def source(self, node: ast.expr) -> str:
        start, end = self.span(node)
        return self.text[start:end].decode()

    def operator(self, left: ast.expr, kind: ast.AST, right: ast.expr) -> None:
        """Exchange an operator, which stands somewhere between its operands."""
        old, new = OPERATORS.get(type(kind), ("", ""))
        start, end = self.span(left)[1], self.span(right)[0]
        at = self.text.find(old.encode(), start, end)
        if old and at >= 0:
            self.change(at, at + len(old), new)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        self.operator(node.left, node.op, node.right)
        if isinstance(node.op, ast.MatMult):
            left, right = self.source(node.left), self.source(node.right)
            if "\n" not in left + right:
                self.change(*self.span(node), f"({right}) @ ({left})")
                self.change(*self.span(node.right), f"({right}).T")
        self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        old, new = OPERATORS.get(type(node.op), ("", ""))
        start, end = self.span(node.target)[1], self.span(node.value)[0]
        at = self.text.find(f"{old}=".encode(), start, end)
        if old and at >= 0:
            self.change(at, at + len(old), new)
        self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> None:
        operands = [node.left, *node.comparators]
        for left, kind, right in zip(operands, node.ops, node.comparators, strict=False):
            self.operator(left, kind, right)
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        for left, right in zip(node.values, node.values[1:], strict=False):
            self.operator(left, node.op, right)
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        """Remove a `not`, a minus, a tilde."""
        start = self.span(node)[0]
        self.change(start, start + (3 if isinstance(node.op, ast.Not) else 1), "")
        self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if node.attr in ("T", "mT"):
            self.change(self.span(node.value)[1], self.span(node)[1], "")
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, bool):
            self.change(*self.span(node), str(not node.value))
        elif isinstance(node.value, int):
            for new in (node.value + 1, node.value - 1):
                self.change(*self.span(node), str(new) if new >= 0 else f"({new})")
        elif isinstance(node.value, float):
            self.change(*self.span(node), repr(node.value + 1.0))

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """Messages are left alone."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        """Leave annotations and decorators alone; defaults count."""
        for default in [*node.args.defaults, *node.args.kw_defaults]:
            if default is not None:
                self.visit(default)
        for statement in node.body:
            self.visit(statement)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        for statement in node.body:
            self.visit(statement)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)
