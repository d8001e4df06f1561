"""Tell whether the function of a sweep is still the one that made its stored results.

What counts is the source of `run`, and of the functions, classes and plain constants that it uses
from its own package, and they in turn: as Python reads it, so that comments, docstrings and line
breaks may change. What other packages do is not looked into: a row has rnnlib's version and a date.
"""

import ast
import functools
import hashlib
import inspect
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from types import CellType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any


def fingerprint(run: Any) -> str:
    """Return 16 hexadecimal digits for `run` and what it uses; "" if its source is not to be had.

    That is so of a lambda, which has no lines of its own, and of what was typed into a terminal.
    """
    bound: list[Any] = []
    while isinstance(run, functools.partial):
        bound += [*run.args, *sorted(run.keywords.items())]
        run = run.func
    run = inspect.unwrap(run.__func__ if isinstance(run, MethodType) else run)
    root = run if isinstance(run, (FunctionType, type)) else type(run)
    if not _is_code(root) or root.__name__ == "<lambda>":
        return ""
    try:
        texts = [f"{_plain(value)}" for value in bound] + list(_used(root))
    except (OSError, SyntaxError):  # no source, or not lines that stand alone
        return ""
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]


def _used(root: Any) -> Iterator[str]:
    """Yield the source of `root` and of all that it reaches in its own package."""
    home = _folder(root)
    waiting, seen = [root], {id(root)}
    while waiting:
        found = waiting.pop(0)
        yield _normal(inspect.getsource(found))
        for name, value in _names_in(found):
            if isinstance(value, _Text):
                yield f"{name} = {value}"
            elif id(value) not in seen and (
                value.__module__ == root.__module__ or (home and _folder(value) == home)
            ):
                seen.add(id(value))
                waiting.append(value)


class _Text(str):
    """A constant, as text."""


def _names_in(found: Any) -> Iterator[tuple[str, Any]]:
    """Yield what the code of a function, or of a class's methods, refers to by name."""
    if isinstance(found, type):
        for part in vars(found).values():
            part = getattr(part, "__func__", getattr(part, "fget", part))
            if (
                isinstance(part, FunctionType)
                and part.__module__ == found.__module__
                and not inspect.unwrap(part).__code__.co_filename.startswith("<")
            ):  # what a dataclass generates follows from its fields, which the class's source has
                yield from _names_in(part)
        yield from ((base.__name__, base) for base in found.__bases__ if _is_code(base))
        return
    names = sorted(_all_names(found.__code__))
    scope = _closure(found)
    yield from _resolved(names, scope, {})
    used = [found.__globals__[name] for name in names if name in found.__globals__]
    home = _folder(found)
    own = [m for m in used if isinstance(m, ModuleType) and home and _folder(m) == home]
    for module in (found.__globals__, *map(vars, own)):
        left = [name for name in names if name in module and name not in scope]
        yield from _resolved(left, module, _assignments(str(module.get("__name__"))))


def _resolved(
    names: list[str], scope: dict[str, Any], assigned: dict[str, str]
) -> Iterator[tuple[str, Any]]:
    for name in names:
        value = inspect.unwrap(scope[name]) if name in scope else None
        text = assigned.get(name) or _plain(value)
        if _is_code(value):
            yield name, value
        elif name in scope and text is not None:
            yield name, _Text(text)


def _all_names(code: CodeType) -> set[str]:
    inner = (const for const in code.co_consts if isinstance(const, CodeType))
    return {*code.co_names, *code.co_freevars}.union(*map(_all_names, inner))


def _closure(function: FunctionType) -> dict[str, Any]:
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    return {name: cell.cell_contents for name, cell in cells if cell != CellType()}


def _is_code(value: Any) -> bool:
    return isinstance(value, (FunctionType, type)) and value.__module__ != "builtins"


def _folder(value: Any) -> Path | None:
    """Return the folder of the outermost package in which something is defined, if it is a file."""
    try:
        path = Path(inspect.getsourcefile(value) or "").resolve()
    except (TypeError, OSError):  # defined in C, or nowhere
        return None
    if not path.is_file():
        return None
    folder = path.parent
    while (folder.parent / "__init__.py").exists():
        folder = folder.parent
    return folder


def _assignments(module: str) -> dict[str, str]:
    """Return how a module assigns its names; what they hold now may have been changed by a run."""
    try:
        body = ast.parse(inspect.getsource(sys.modules[module])).body
    except (KeyError, OSError, TypeError):
        return {}
    found: dict[str, str] = {}
    for statement in body:
        match statement:
            case ast.Assign(targets=targets):
                for target in targets:
                    found |= {
                        n.id: ast.unparse(statement)
                        for n in ast.walk(target)
                        if isinstance(n, ast.Name)
                    }
            case ast.AnnAssign(target=ast.Name(id=name)):
                found[name] = ast.unparse(statement)
    return found


def _normal(source: str) -> str:
    """Return source as Python reads it, without comments and docstrings."""
    parsed = ast.parse(textwrap.dedent(source))
    for node in ast.walk(parsed):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and (
            ast.get_docstring(node, clean=False) is not None
        ):
            node.body[:1] = [] if len(node.body) > 1 else [ast.Pass()]
    return ast.unparse(parsed)


def _plain(value: Any) -> str | None:
    """Write a value that cannot change as text; None for any other."""
    if isinstance(value, tuple):
        parts = [_plain(part) for part in value]
        return None if None in parts else str(parts)
    plain = value is None or type(value) in (bool, int, float, complex, str, bytes)
    return repr(value) if plain else None
