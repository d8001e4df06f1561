"""What a record is made of: nodes, which are dataclasses, lists and tuples, and arrays for leaves.

`rnnlib.tree` has the public functions, and its own checks. A training step walks over a record a
dozen times, so what is known of a type is looked up once.
"""

from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any

import numpy as np

from rnnlib._validate import Array, read_only


def is_node(value: Any) -> bool:
    """Whether there may be leaves below: words in a tuple are carried along like any value."""
    if isinstance(value, (list, tuple)):
        return any(isinstance(part, np.ndarray) or is_node(part) for part in value)
    return _fields(value.__class__) is not None


def collect(node: Any, found: list[Array]) -> None:
    """Append the leaves of a node to those found."""
    for value in _values(node):
        if isinstance(value, np.ndarray):
            found.append(value)
        elif is_node(value):
            collect(value, found)


def paths(node: Any, prefix: str = "") -> Iterator[str]:
    """Yield the path to each leaf, in the order of `collect`."""
    for name, value in zip(_names(node), _values(node), strict=True):
        if isinstance(value, np.ndarray):
            yield f"{prefix}{name}"
        elif is_node(value):
            yield from paths(value, f"{prefix}{name}.")


def rebuilt(like: Any, arrays: Iterator[Array]) -> Any:
    """Return a node as `like` with the next of the arrays, read-only, in each leaf's place."""
    values: list[Any] = []
    for value in _values(like):
        if isinstance(value, np.ndarray):
            values.append(read_only(next(arrays)))
        else:
            values.append(rebuilt(value, arrays) if is_node(value) else value)
    if isinstance(like, (list, tuple)):
        return getattr(like, "_make", type(like))(values)  # of a named tuple
    record = object.__new__(type(like))
    for name, value in zip(_names(like), values, strict=True):
        object.__setattr__(record, name, value)
    return record


def equal(value: Any, other: Any) -> bool:
    """Whether two nodes, or what lies in them, are of one type and hold the same."""
    if value is other:
        return True
    if isinstance(value, np.ndarray):
        return value.dtype == np.asarray(other).dtype and np.array_equal(value, other)
    if not is_node(value):
        return bool(value == other)
    if type(value) is not type(other):
        return False
    mine, its = list(_values(value)), list(_values(other))
    return len(mine) == len(its) and all(map(equal, mine, its))


@cache
def _fields(kind: Any) -> tuple[str, ...] | None:
    """Return the names of a dataclass's fields; None for another type."""
    return tuple(field.name for field in fields(kind)) if is_dataclass(kind) else None


def _names(node: Any) -> Iterable[Any]:
    return range(len(node)) if isinstance(node, (list, tuple)) else _fields(node.__class__) or ()


def _values(node: Any) -> Iterable[Any]:
    if isinstance(node, (list, tuple)):
        return node
    return [getattr(node, name) for name in _fields(node.__class__) or ()]
