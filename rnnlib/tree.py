"""Work on all arrays of a record at once: a cell, a readout, a model made of both.

A *record* is a frozen dataclass, or a list or tuple of records and arrays. Its leaves are the
arrays in its fields, those of nested records included, in the order of the fields; anything else
(an activation, a name) is carried along. Gradients are records of the same type, so one function
serves weights and gradients alike.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar

import numpy as np

from rnnlib._validate import Array, check_array, check_precision_of, describe, frozen, read_only

Record = TypeVar("Record")


class Immutable:
    """What a record inherits whose arrays cannot be written to: a copy's cannot be either."""

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take over the fields of a copy, or of what another process sent."""
        for name, value in state.items():
            object.__setattr__(self, name, _unwritable(value))


def named_leaves(record: Any, prefix: str = "") -> Iterator[tuple[str, Array]]:
    """Yield each array of `record` with its path, such as ``("layers.0.W_hh", array)``.

    Raises
    ------
    TypeError
        If it is neither an instance of a dataclass nor a list or tuple of such and arrays.
    """
    _check_record(record)
    yield from _walk(record, prefix)


def leaves(record: Any) -> list[Array]:
    """Return the arrays of `record` in order; ``TypeError`` if it is no record.

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

    Raises
    ------
    TypeError
        If `like` is not a record.
    ValueError
        If there are more or fewer arrays than leaves.

    Examples
    --------
    >>> from rnnlib import Readout
    >>> build(Readout([[0.0, 0.0]], [0.0]), [np.array([[1.0, 2.0]]), np.array([3.0])]).b_o
    array([3.])
    """
    given, expected = list(arrays), len(leaves(like))
    if len(given) != expected:
        raise ValueError(f"arrays: expected {expected}, one for each leaf, got {len(given)}")
    return _rebuilt(like, iter(given))


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
    _check_record(record)
    return _equal(record, other)


def astype(record: Record, dtype: Any) -> Record:
    """Return a record as `record` with all its arrays in another precision.

    Complex arrays stay complex: float32 makes complex64 of them.

    Raises
    ------
    TypeError
        If `record` is not a record, or `dtype` none of float32, float64, complex64, complex128.

    Examples
    --------
    >>> from rnnlib import Readout
    >>> astype(Readout([[1.0, 2.0]], [0.0]), np.float32).W_ho.dtype
    dtype('float32')
    """
    wanted = check_precision_of("dtype", np.dtype(dtype))
    as_complex = np.result_type(wanted, np.complex64)
    return map_leaves(
        lambda array: array.astype(as_complex if np.iscomplexobj(array) else wanted), record
    )


def inner(record: Record, other: Record) -> float:
    """Return the inner product of all numbers of two records: how far they point the same way.

    Of a loss's gradient with a step it is the slope of the loss along that step. Of complex numbers
    it is Re Σ a̅ b, as of their real and imaginary parts.

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
    products = map_leaves(lambda a, b: (a.conj() * b).real, record, other)
    return float(sum(product.sum() for product in leaves(products)))  # eq-descent


def is_finite(record: Any) -> bool:
    """Return whether every number of `record` is finite; ``TypeError`` if it is no record.

    Examples
    --------
    >>> is_finite([np.ones(2)]), is_finite([np.ones(2), np.array([np.inf])])
    (True, False)
    """
    return all(np.isfinite(array).all() for array in leaves(record))


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


def _unwritable(value: Any) -> Any:
    if type(value) is tuple:
        return tuple(_unwritable(part) for part in value)
    return read_only(value) if isinstance(value, np.ndarray) else value


def _check_record(value: Any) -> None:
    if isinstance(value, (list, tuple)):
        fits = value and all(isinstance(part, np.ndarray) or _is_node(part) for part in value)
    else:
        fits = _is_node(value)
    if not fits:
        raise TypeError(f"record: expected a record of arrays, got {describe(value)}")


def _is_node(value: Any) -> bool:
    """Whether there may be leaves below: words in a tuple are carried along like any value."""
    if isinstance(value, (list, tuple)):
        return any(isinstance(part, np.ndarray) or _is_node(part) for part in value)
    return is_dataclass(value) and not isinstance(value, type)


def _walk(node: Any, prefix: str) -> Iterator[tuple[str, Array]]:
    for name, value in _children(node):
        if isinstance(value, np.ndarray):
            yield prefix + name, value
        elif _is_node(value):
            yield from _walk(value, f"{prefix}{name}.")


def _children(node: Any) -> list[tuple[str, Any]]:
    if isinstance(node, (list, tuple)):
        return [(str(index), part) for index, part in enumerate(node)]
    return [(field.name, getattr(node, field.name)) for field in fields(node)]


def _rebuilt(like: Any, arrays: Iterator[Array]) -> Any:
    if isinstance(like, np.ndarray):
        return read_only(next(arrays))
    if not _is_node(like):
        return like
    values = {name: _rebuilt(value, arrays) for name, value in _children(like)}
    if isinstance(like, (list, tuple)):
        make = getattr(like, "_make", type(like))  # of a named tuple
        return make(values.values())
    record = object.__new__(type(like))
    for name, value in values.items():
        object.__setattr__(record, name, value)
    return record


def _equal(value: Any, other: Any) -> bool:
    if value is other:
        return True
    if isinstance(value, np.ndarray):
        return value.dtype == np.asarray(other).dtype and np.array_equal(value, other)
    if not _is_node(value):
        return bool(value == other)
    if type(value) is not type(other):
        return False
    mine, its = _children(value), _children(other)
    return len(mine) == len(its) and all(
        _equal(a, b) for (_, a), (_, b) in zip(mine, its, strict=True)
    )
