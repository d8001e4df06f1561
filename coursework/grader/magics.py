"""What a cell means where there is no IPython: its Python, without magics and shell commands.

It stands beside `worker.py` in the sandbox, and only there is anything of a student's parsed.
"""

import ast
import re

LINE = re.compile(r"^(\s*)(?:[%!?].*|[\w.]+\?{1,2}\s*)$")  # such as %time, !ls or sum?
ASSIGNED = re.compile(r"^(\s*[\w., ]+=\s*)[%!].*$")  # such as t = %timeit -o f()


def parsed(source: str, label: str) -> tuple[ast.Module, list[int]]:
    """Return a cell's code, and the lines left out of it, which only IPython understands.

    Raises
    ------
    SyntaxError
        If what remains is no Python.
    """
    try:
        return ast.parse(source, label), []
    except SyntaxError:
        lines, dropped = _without(source.split("\n"))
    if not dropped:
        return ast.parse(source, label), []
    return ast.parse("\n".join(lines), label), dropped


def _without(lines: list[str]) -> tuple[list[str], list[int]]:
    """Return lines with `pass` or None for what IPython would do, and their numbers."""
    kept: list[str] = []
    dropped: list[int] = []
    goes_on = False  # a shell command's line ended in a backslash
    for number, line in enumerate(lines, start=1):
        plain = LINE.sub(r"\1pass", ASSIGNED.sub(r"\1None", line))
        if goes_on:
            plain = ""
        if plain != line:
            dropped.append(number)
            goes_on = line.rstrip().endswith("\\")
        else:
            goes_on = False
        kept.append(plain)
    return kept, dropped


def binds(node: ast.stmt) -> set[str]:
    """Return the names that a statement at a cell's left margin gives a meaning."""
    match node:
        case ast.Import() | ast.ImportFrom():
            return {(each.asname or each.name).partition(".")[0] for each in node.names}
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return {node.name}
        case ast.Assign() | ast.AnnAssign():
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            return {
                part.id
                for target in targets
                for part in ast.walk(target)
                if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
            }
    return set()


def needed(tree: ast.Module, used: set[str]) -> list[ast.stmt]:
    """Return the statements of a cell that give a meaning to names in use, and what they need."""
    wanted, found = set(used), set[int]()
    while True:
        more = {
            number
            for number, node in enumerate(tree.body)
            if number not in found and binds(node) & wanted
        }
        if not more:
            return [node for number, node in enumerate(tree.body) if number in found]
        found |= more
        for number in more:
            parts = ast.walk(tree.body[number])
            wanted |= {part.id for part in parts if isinstance(part, ast.Name)}
