"""The factors J_1 … J_T of a gradient product, one after the other.

They come from an array, or out of a run, which makes a few at a time: then no array (T, H, H) is
ever in memory, and where a sequence is over nothing is computed.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from rnnlib._validate import Array, check_array
from rnnlib.time.layer import Layer, LayerRun
from rnnlib.time.unrolling import Unrolled

Jacobians = Array | Unrolled
"""What every function of this room multiplies: an array of J_1 … J_T, or a run that has them."""

AT_ONCE = 32 * 1024
"""Bytes of Jacobians that a run makes at a time, or one step's if those are more."""


@dataclass(frozen=True, eq=False)
class Factors:
    """The step Jacobians of one sequence, or of each sequence of a batch.

    Attributes
    ----------
    make : callable
        Makes the Jacobians of any steps from what `arrays` hold of them.
    arrays : tuple of ndarray
        Time first, then the batch.
    lengths : ndarray of int, shape (...)
        How many steps of each sequence are real; the others' Jacobians are the identity.
    size : int
        S: a Jacobian is an S × S matrix.
    dtype : numpy.dtype
    """

    make: Callable[..., Array]
    arrays: tuple[Array, ...]
    lengths: Array
    size: int
    dtype: Any

    @classmethod
    def of(cls, jacobians: Jacobians) -> Self:
        """Return the factors of an array, shape (T, ..., S, S), or of a run; S is state_size."""
        if isinstance(jacobians, Unrolled):
            run, (steps, batch) = jacobians, jacobians.xs.shape[:2]
            lengths = np.full(batch, steps) if run.lengths is None else run.lengths
            cell, weights, H = run.cell, run.cell.weights(), run.cell.hidden_size

            def make(x: Array, state: Array) -> Array:  # the total inputs too, a few at a time
                return cell.jacobian(weights.apply(state[..., :H], x), state)

            arrays = run.xs, run.states[:-1]
            return cls(make, arrays, lengths, cell.state_size, run.states.dtype)
        refuse_layers(jacobians)
        array = _check_jacobians(jacobians)
        lengths = np.full(array.shape[1:-2], len(array))
        return cls(lambda J: J, (array,), lengths, array.shape[-1], array.dtype)

    @property
    def steps(self) -> int:
        """T."""
        return len(self.arrays[0])

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one step's Jacobians: (..., S, S), the batch first."""
        return (*self.lengths.shape, self.size, self.size)

    def forward(self) -> Iterator[Array]:
        """Yield J_1, J_2, …, J_T, each of shape (..., S, S)."""
        for start, stop in self._chunks():
            yield from self.between(start, stop)

    def backward(self, at_once: int | None = None) -> Iterator[tuple[int, Array]]:
        """Yield (k, J_{k+1}) for k = T − 1, …, 0: what takes P_{T,k+1} to P_{T,k}."""
        for start, stop in reversed(self._chunks(at_once)):
            newest_first = self.between(start, stop)[::-1]
            yield from zip(range(stop - 1, start - 1, -1), newest_first, strict=True)

    def alone(self) -> Iterator[Self]:
        """Yield the factors of each sequence by itself, no longer than it is."""
        for which in np.ndindex(self.lengths.shape):
            steps = slice(int(self.lengths[which]))
            arrays = tuple(array[(steps, *which)] for array in self.arrays)
            yield replace(self, arrays=arrays, lengths=np.asarray(self.lengths[which]))

    def between(self, start: int, stop: int) -> Array:
        """Return J_{start+1} … J_stop, shape (stop − start, ..., S, S)."""
        arrays = [array[start:stop] for array in self.arrays]
        steps = np.arange(start + 1, stop + 1).reshape(-1, *[1] * self.lengths.ndim)
        real = steps <= self.lengths
        if real.all():
            return self.make(*arrays)
        jacobians = np.empty((stop - start, *self.shape), self.dtype)
        jacobians[...] = np.eye(self.size)
        if real.any():
            jacobians[real] = self.make(*(array[real] for array in arrays))
        return jacobians

    def _chunks(self, at_once: int | None = None) -> list[tuple[int, int]]:
        size = max(1, (at_once or AT_ONCE) // (int(np.prod(self.shape)) * self.dtype.itemsize))
        starts = range(0, self.steps, size)
        return [(start, min(start + size, self.steps)) for start in starts]


def array_of(jacobians: Jacobians) -> Array:
    """Return all factors as one array of shape (T, ..., S, S)."""
    factors = Factors.of(jacobians)
    return factors.between(0, factors.steps)


def refuse_layers(jacobians: Any) -> None:
    """Raise ``TypeError`` for a layer or its run: across layers the derivative is no product."""
    if isinstance(jacobians, (Layer, LayerRun)):
        raise TypeError(
            "jacobians: expected matrices or a run of a cell, got a "
            f"{type(jacobians).__name__}; ask the cells in it, with run.runs, or input_products"
        )


def double(A: Array) -> Array:
    """Return an array in double precision, real or complex."""
    return A.astype(np.result_type(A, np.float64), copy=False)


def by_distance(table: Array, lengths: Array) -> Array:
    """Turn round a table by k = 0 … T: entry d is that of k = L − d, L being the length.

    Parameters
    ----------
    table : ndarray, shape (T + 1, ...)
    lengths : ndarray of int, shape (...)

    Returns
    -------
    ndarray, shape (T + 1, ...)
        NaN for d > L, where there is no step any more.
    """
    k = lengths - np.arange(len(table)).reshape(-1, *[1] * lengths.ndim)
    return np.where(k >= 0, np.take_along_axis(table, np.maximum(k, 0), axis=0), np.nan)


def pull_out_power_of_two(A: Array) -> tuple[Array, Array]:
    """Write each matrix as 2^exponent · A', exactly, the largest entry of A' being in [½, 1).

    A product of such matrices stays among the floats, whatever the size of its entries.

    Returns
    -------
    tuple of ndarray
        A' in double precision, shape (..., n, m), and the exponents, shape (...); 0 for A = 0.
    """
    parts = np.ascontiguousarray(A).view(A.real.dtype)  # a complex number's two
    exponents = np.frexp(np.abs(parts).max(axis=(-2, -1)))[1].astype(np.int64)
    half = exponents // 2  # in two factors: for the smallest float one of them is no float itself
    first, second = np.ldexp(1.0, -half), np.ldexp(1.0, half - exponents)
    return A * first[..., None, None] * second[..., None, None], exponents


def flush_denormals(A: Array) -> None:
    """Set to zero, in place, what is near the denormal numbers; with them all is 50 times slower.

    It is what lies below about 1e-300, or 1e-30 in single precision.
    """
    A[np.abs(A) < 1e8 * np.finfo(A.dtype).tiny] = 0


def _check_jacobians(jacobians: Array) -> Array:
    """Return `jacobians` as an array of shape (T, ..., H, H), or raise."""
    jacobians = check_array("jacobians", jacobians)
    shape = jacobians.shape
    if jacobians.ndim > 2 and shape[0] == 0:
        raise ValueError(f"jacobians: expected T >= 1 steps, got shape {shape}")
    if jacobians.ndim < 3 or shape[-1] != shape[-2] or jacobians.size == 0:
        raise ValueError(f"jacobians: expected shape (T, ..., H, H), got {shape}")
    return jacobians
