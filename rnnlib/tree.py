"""Work on all arrays of a record at once: a cell, a readout, a model made of both.

A *record* is a frozen dataclass, or a list or tuple of records and arrays. Its leaves are the
arrays in its fields, those of nested records included, in the order of the fields; anything else
(an activation, a name) is carried along. Gradients are records of the same type, so one function
serves weights and gradients alike.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

import numpy as np

from rnnlib._nodes import collect, equal, is_node, paths, rebuilt
from rnnlib._validate import Array, check_array, check_precision_of, describe, frozen, read_only

Record = TypeVar("Record")


class Immutable:
    """What a record inherits whose arrays cannot be written to: a copy's cannot be either."""

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take over the fields of a copy, or of what another process sent."""
        for name, value in state.items():
            object.__setattr__(self, name, _unwritable(value))


def named_leaves(record: Any) -> list[tuple[str, Array]]:
    """Return each array of `record` with its path, such as ``("layers.0.W_hh", array)``.

    Raises
    ------
    TypeError
        If it is neither an instance of a dataclass nor a list or tuple of such and arrays.
    """
    arrays = leaves(record)
    return list(zip(paths(record), arrays, strict=True))


def leaves(record: Any) -> list[Array]:
    """Return the arrays of `record` in order; ``TypeError`` if it is no record.

    Examples
    --------
    >>> from rnnlib import Readout
    >>> [array.shape for array in leaves(Readout([[1.0, 2.0]], [0.0]))]
    [(1, 2), (1,)]
    """
    parts = record if isinstance(record, (list, tuple)) else ()
    if not is_node(record) or not all(isinstance(p, np.ndarray) or is_node(p) for p in parts):
        raise TypeError(f"record: expected a record of arrays, got {describe(record)}")
    found: list[Array] = []
    collect(record, found)
    return found


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
    return rebuilt(like, iter(given))


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
    return rebuilt(record, itertools.starmap(function, _in_step(record, *others)))


def map_to_several(
    function: Callable[..., Sequence[Array]], record: Record, *others: Record
) -> tuple[Record, ...]:
    """Do what `map_leaves` does with a function of several results: return a record of each.

    Raises
    ------
    TypeError, ValueError
        As `map_leaves`.

    Examples
    --------
    >>> from rnnlib import Readout
    >>> whole, rest = map_to_several(np.divmod, Readout([[7.0]], [9.0]), Readout([[4.0]], [2.0]))
    >>> whole.b_o, rest.b_o
    (array([4.]), array([1.]))
    """
    results = itertools.starmap(function, _in_step(record, *others))
    return tuple(rebuilt(record, iter(column)) for column in zip(*results, strict=True))


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
    return np.concatenate([array.ravel() for array in leaves(record)] or [np.zeros(0)])


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
    leaves(record)
    return equal(record, other)


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

    Of complex numbers it is Re Σ a̅ b, as of their real and imaginary parts: ``inner(a, a)`` is the
    square of `global_norm`. A loss's slope along a step is the inner product of the step with
    `rnnlib.training.steepest`, which for real numbers is the gradient itself.

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
    return bool(np.isfinite(flatten(record)).all())


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


def _in_step(*records: Any) -> Iterator[tuple[Array, ...]]:
    """Return the arrays of several records side by side."""
    columns = [leaves(record) for record in records]
    if len({tuple(array.shape for array in column) for column in columns}) > 1:
        shapes = [[array.shape for array in column] for column in columns]
        raise ValueError(f"others: expected records with arrays of the same shapes, got {shapes}")
    return zip(*columns, strict=True)
