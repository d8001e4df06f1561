"""Checks of what a caller passes in.

Every message names the argument, what came and what was expected.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]

PRECISIONS = tuple(map(np.dtype, ("float32", "float64", "complex64", "complex128")))
"""What is computed in. Half floats overflow at 65,504, and longer ones have no BLAS."""


class NotFinite(ValueError):
    """An argument holds NaN or infinity: what an overflow leaves behind."""


def check_array(name: str, value: Any, shape: Sequence[int | str] | None = None) -> Array:
    """Return `value` as a finite float (or complex) array of the expected shape.

    Parameters
    ----------
    name : str
        The argument's name, for the message.
    value : array_like
        What the caller passed. Integers become float64; float32, float64 and complex stay;
        half and extended precision, booleans and objects are refused.
    shape : sequence of int or str, optional
        The expected shape. A number must match; a letter such as ``"T"`` stands for any size >= 1,
        the same size wherever it occurs again.

    Returns
    -------
    ndarray
        The caller's array itself where nothing had to be converted: never write into it.

    Raises
    ------
    TypeError
        If `value` is not numeric, or of a precision that is not supported.
    ValueError
        If the shape differs, an axis is empty, or (as `NotFinite`) an entry is NaN or infinite.

    Examples
    --------
    >>> check_array("h", [[1, 2, 3]], ("B", 3)).dtype
    dtype('float64')
    """
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise ValueError(f"{name}: expected a rectangular array, got rows that differ") from error
    if array.dtype.kind in "iu":
        array = array.astype(np.float64)
    if array.dtype.kind not in "fc":
        raise TypeError(f"{name}: expected numbers, got {describe(value)}")
    array = array.astype(array.dtype.newbyteorder("="), copy=False)
    check_precision_of(name, array.dtype)
    if shape is not None:
        check_shape(name, array, shape)
    if not np.isfinite(array).all():
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise NotFinite(f"{name}: expected finite numbers, got {array[where]} at index {where}")
    return array


def frozen(array: Array) -> Array:
    """Return the numbers of `array` where nobody can write: itself, or a copy if somebody could.

    Examples
    --------
    >>> mine = np.zeros(2)
    >>> kept = frozen(mine)
    >>> mine[0] = 1.0
    >>> kept, frozen(kept) is kept
    (array([0., 0.]), True)
    """
    owner: Any = array
    while isinstance(owner, np.ndarray) and not owner.flags.writeable:
        owner = owner.base
    if owner is None:  # read-only down to the memory itself
        return array
    copy = array.copy()
    copy.flags.writeable = False
    return copy


def read_only(array: Array) -> Array:
    """Return a view of `array` that cannot be written to; a number becomes an array of it."""
    view = np.asarray(array).view()
    view.flags.writeable = False
    return view


def check_shape(name: str, array: Array, shape: Sequence[int | str]) -> None:
    """Raise ``ValueError`` unless `array` has the given shape (see `check_array`)."""
    sizes: dict[str, int] = {}
    fits = array.ndim == len(shape) and all(
        actual > 0 and actual == (sizes.setdefault(size, actual) if isinstance(size, str) else size)
        for size, actual in zip(shape, array.shape, strict=True)
    )
    if not fits:
        expected = "(" + ", ".join(map(str, shape)) + ("," if len(shape) == 1 else "") + ")"
        raise ValueError(f"{name}: expected shape {expected}, got {array.shape}")


def check_precision(**arrays: Array) -> None:
    """Raise ``TypeError`` unless all arrays have one precision, complex counting as its parts.

    A float32 array among float64 ones would silently cost the gradient its digits.

    Examples
    --------
    >>> check_precision(W=np.zeros(2), x=np.zeros(2, dtype=complex))
    """
    (first, model), *others = arrays.items()
    for name, array in others:
        if np.finfo(array.dtype).bits != np.finfo(model.dtype).bits:
            raise TypeError(
                f"{name}: expected the precision of {first}, {model.dtype}, got {array.dtype}; "
                "convert an array by .astype, a record by rnnlib.tree.astype"
            )


def check_precision_of(name: str, dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Return `dtype` if it is computed in; others are refused by their name.

    Raises
    ------
    TypeError
        If it is none of float32, float64, complex64 and complex128.

    Examples
    --------
    >>> check_precision_of("W", np.dtype("float32"))
    dtype('float32')
    """
    if dtype not in PRECISIONS:
        raise TypeError(f"{name}: expected float32 or float64, real or complex, got {dtype}")
    return dtype


def check_tokens(name: str, value: Any, vocab_size: int) -> Array:
    """Return `value` as an array of token numbers, each in ``0 .. vocab_size - 1``.

    Raises
    ------
    TypeError
        If `value` does not hold integers.
    ValueError
        If it is empty or a token lies outside the vocabulary.

    Examples
    --------
    >>> check_tokens("targets", [0, 2], vocab_size=3)
    array([0, 2])
    """
    tokens = np.asarray(value)
    if tokens.size == 0:
        raise ValueError(f"{name}: expected at least one token, got shape {tokens.shape}")
    if tokens.dtype.kind not in "iu":
        raise TypeError(f"{name}: expected integer tokens, got {describe(value)}")
    outside = (tokens < 0) | (tokens >= vocab_size)
    if outside.any():
        where = tuple(int(i) for i in np.argwhere(outside)[0])
        raise ValueError(
            f"{name}: expected tokens in 0..{vocab_size - 1}, got {tokens[where]} at index {where}"
        )
    return tokens


def check_size(name: str, value: Any, minimum: int = 1) -> int:
    """Return `value` as an int of at least `minimum`.

    Raises
    ------
    TypeError
        If `value` is not an integer (``True`` and ``3.0`` are not).
    ValueError
        If it is below `minimum`.

    Examples
    --------
    >>> check_size("hidden_size", 8)
    8
    """
    number = as_number(value)
    if isinstance(number, bool) or not isinstance(number, int):
        raise TypeError(f"{name}: expected an integer, got {describe(value)}")
    if number < minimum:
        raise ValueError(f"{name}: expected at least {minimum}, got {number}")
    return number


def check_positive(name: str, value: Any, *, or_zero: bool = False) -> float:
    """Return `value` as a finite float above zero (or not below it, with `or_zero`).

    Raises
    ------
    TypeError
        If `value` is not a real number.
    ValueError
        If it is NaN, infinite, negative, or zero where zero is not allowed.

    Examples
    --------
    >>> check_positive("temperature", 0.5)
    0.5
    """
    number = as_number(value)
    if isinstance(number, bool) or not isinstance(number, (int, float)):
        raise TypeError(f"{name}: expected a number, got {describe(value)}")
    if not math.isfinite(number) or number < 0 or (number == 0 and not or_zero):
        expected = "a finite number >= 0" if or_zero else "a finite number > 0"
        raise ValueError(f"{name}: expected {expected}, got {number}")
    return float(number)


def as_number(value: Any) -> Any:
    """Return Python's number for one of numpy's, or for an array of no axes; else `value` itself.

    Examples
    --------
    >>> as_number(np.float32(0.5)), as_number(np.array(3)), as_number([3])
    (0.5, 3, [3])
    """
    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and value.ndim == 0):
        number = value.item()
        return float(number) if isinstance(number, np.longdouble) else number
    return value


def describe(value: Any) -> str:
    """Say briefly what `value` is, for a message."""
    if isinstance(value, np.ndarray):
        return f"an array of dtype {value.dtype}"
    text = repr(value)
    return f"{type(value).__name__} {text if len(text) <= 40 else text[:37] + '...'}"
