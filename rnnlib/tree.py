"""Work on all arrays of a record at once: a cell, a readout, a model made of both.

A *record* is a frozen dataclass. Its leaves are the arrays in its fields, those of nested records
included, in the order of the fields; anything else (an activation, a name) is carried along.
Gradients are records of the same type, so one function serves weights and gradients alike.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar

import numpy as np

from rnnlib._validate import Array, check_array, describe, frozen, read_only

Record = TypeVar("Record")


class Immutable:
    """What a record inherits whose arrays cannot be written to: a copy's cannot be either."""

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take over the fields of a copy, or of what another process sent."""
        for name, value in state.items():
            value = read_only(value) if isinstance(value, np.ndarray) else value
            object.__setattr__(self, name, value)


def named_leaves(record: Any, prefix: str = "") -> Iterator[tuple[str, Array]]:
    """Yield each array of `record` with its path, such as ``("cell.W_hh", array)``.

    Raises
    ------
    TypeError
        If `record` is not an instance of a dataclass.
    """
    if not is_dataclass(record) or isinstance(record, type):
        raise TypeError(f"record: expected a record of arrays, got {describe(record)}")
    for field in fields(record):
        value = getattr(record, field.name)
        if isinstance(value, np.ndarray):
            yield prefix + field.name, value
        elif is_dataclass(value):
            yield from named_leaves(value, f"{prefix}{field.name}.")


def leaves(record: Any) -> list[Array]:
    """Return the arrays of `record` in order.

    Raises
    ------
    TypeError
        If `record` is not an instance of a dataclass.

    Examples
    --------
    >>> from rnnlib import Readout
    >>> [array.shape for array in leaves(Readout([[1.0, 2.0]], [0.0]))]
    [(1, 2), (1,)]
    """
    return [array for _, array in named_leaves(record)]


def build(like: Record, arrays: Iterable[Array]) -> Record:
    """Return a record as `like` with the given arrays, or read-only views of them; unchecked.

    Unchecked because a gradient may overflow: that is for the training loop to find, with the
    gradient in hand, and no reason for a constructor to fail.
    """
    record, arrays = object.__new__(type(like)), iter(arrays)
    for field in fields(like):  # type: ignore[arg-type]
        value = getattr(like, field.name)
        if isinstance(value, np.ndarray):
            value = read_only(next(arrays))
        elif is_dataclass(value) and not isinstance(value, type):
            value = build(value, arrays)
        object.__setattr__(record, field.name, value)
    return record


def map_leaves(function: Callable[..., Array], record: Record, *others: Record) -> Record:
    """Apply `function` to the arrays of one record, or of several of the same shape in step.

    Raises
    ------
    TypeError
        If an argument is not a record.
    ValueError
        If the records do not have the same arrays.

    Examples
    --------
    >>> from rnnlib import Readout
    >>> readout = Readout([[1.0, 2.0]], [0.0])
    >>> map_leaves(np.add, readout, readout).W_ho
    array([[2., 4.]])
    """
    columns = [leaves(record), *(leaves(other) for other in others)]
    if len({tuple(array.shape for array in column) for column in columns}) > 1:
        shapes = [[array.shape for array in column] for column in columns]
        raise ValueError(f"others: expected records with arrays of the same shapes, got {shapes}")
    return build(record, (function(*arrays) for arrays in zip(*columns, strict=True)))


def flatten(record: Any) -> Array:
    """Return all numbers of `record` as one vector.

    Raises
    ------
    TypeError
        If `record` is not a record.

    Examples
    --------
    >>> from rnnlib import Readout
    >>> flatten(Readout([[1.0, 2.0]], [3.0]))
    array([1., 2., 3.])
    """
    return np.concatenate([array.ravel() for array in leaves(record)])


def unflatten(vector: Array, like: Record) -> Record:
    """Return a record as `like` with its numbers taken from `vector`, the inverse of `flatten`.

    Raises
    ------
    TypeError
        If `like` is not a record or `vector` is not numeric.
    ValueError
        If the length does not fit or a number is not finite.

    Examples
    --------
    >>> from rnnlib import Readout
    >>> unflatten(np.array([1.0, 2.0, 3.0]), Readout([[0.0, 0.0]], [0.0])).b_o
    array([3.])
    """
    shapes = [array.shape for array in leaves(like)]
    sizes = [int(np.prod(shape)) for shape in shapes]
    vector = frozen(check_array("vector", vector, (sum(sizes),)))
    parts = np.split(vector, np.cumsum(sizes)[:-1])
    return build(like, (part.reshape(s) for part, s in zip(parts, shapes, strict=True)))


def same(record: Any, other: Any) -> bool:
    """Return whether two records are of one type and hold the same: equal arrays, equal rest.

    Raises
    ------
    TypeError
        If `record` is not a record.

    Examples
    --------
    >>> from rnnlib import Readout
    >>> readout = Readout([[1.0, 2.0]], [0.0])
    >>> same(readout, map_leaves(np.copy, readout)), same(readout, Readout([[1.0, 3.0]], [0.0]))
    (True, False)
    """
    if not is_dataclass(record) or isinstance(record, type):
        raise TypeError(f"record: expected a record of arrays, got {describe(record)}")
    if record is other:
        return True
    if type(record) is not type(other):
        return False
    pairs = ((getattr(record, f.name), getattr(other, f.name)) for f in fields(record))
    return all(_equal(value, its) for value, its in pairs)


def astype(record: Record, dtype: Any) -> Record:
    """Return a record as `record` with all its arrays in another precision.

    Raises
    ------
    TypeError
        If `record` is not a record.

    Examples
    --------
    >>> from rnnlib import Readout
    >>> astype(Readout([[1.0, 2.0]], [0.0]), np.float32).W_ho.dtype
    dtype('float32')
    """
    return map_leaves(lambda array: array.astype(dtype), record)


def inner(record: Record, other: Record) -> float:
    """Return the inner product of all numbers of two records: how far they point the same way.

    Of a loss's gradient with a step it is the slope of the loss along that step.

    Raises
    ------
    TypeError
        If an argument is not a record.
    ValueError
        If the records do not have the same arrays.

    Examples
    --------
    >>> from rnnlib import Readout
    >>> inner(Readout([[3.0, 0.0]], [4.0]), Readout([[1.0, 5.0]], [2.0]))
    11.0
    """
    products = map_leaves(np.multiply, record, other)
    return float(sum(product.sum() for product in leaves(products)))  # eq-descent


def global_norm(record: Any) -> float:
    """Return the Euclidean norm of all numbers of `record` together; it may be inf or NaN.

    Raises
    ------
    TypeError
        If `record` is not a record.

    Examples
    --------
    >>> from rnnlib import Readout
    >>> global_norm(Readout([[3.0, 0.0]], [4.0]))
    5.0
    """
    arrays = [array for array in leaves(record) if array.size]
    largest = float(np.max([np.abs(array).max() for array in arrays], initial=0.0))
    if largest == 0.0 or not np.isfinite(largest):
        return largest
    # Scaled first: a sum of squares would overflow long before the norm does.
    return largest * float(np.linalg.norm([np.linalg.norm(array / largest) for array in arrays]))


def _equal(value: Any, other: Any) -> bool:
    if isinstance(value, np.ndarray):
        return value.dtype == np.asarray(other).dtype and np.array_equal(value, other)
    if is_dataclass(value) and not isinstance(value, type):
        return same(value, other)
    return bool(value == other)
