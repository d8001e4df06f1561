"""Rows [h_{t-1}, 1, x_t] of a whole run: one product with all weights makes a step's total inputs.

What the kernels share. The numbers of one gate lie together, as (gates, B, H): elementwise work on
memory in one piece takes half the time. On the way back a row holds all gates, as W_hh takes them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from rnnlib import tree
from rnnlib._validate import Array, frozen, read_only

Multiply = Callable[..., Any]

WORKING_SET = 2 * 1024 * 1024
"""Bytes of one chunk of time, so that what a chunk writes is still in the cache when it is read."""

FLUSH_EVERY = 8
"""After how many steps back denormal numbers are looked for and set to zero."""


@dataclass(frozen=True, eq=False)
class Kept(tree.Immutable):
    """What is kept of a run, by every kernel.

    Attributes
    ----------
    cell : Cell
    rows : ndarray, shape (T + 1, B, H + 1 + I)
        [h_{t-1}, 1, x_t]; without x_t where the inputs are wide.
    wide : ndarray, shape (T, B, I), or None
        Wide inputs, such as words: a product of their own for many steps takes less time than a
        part of every step's, and so they need not be copied if nobody can write to them.
    """

    cell: Any
    rows: Array
    wide: Array | None

    @property
    def xs(self) -> Array:
        """As of `Unrolled`."""
        joined = self.rows[:-1, :, self.cell.hidden_size + 1 :]
        return read_only(joined if self.wide is None else self.wide)

    @property
    def hs(self) -> Array:
        """As of `Unrolled`."""
        return read_only(self.rows[..., : self.cell.hidden_size])

    @property
    def states(self) -> Array:
        """As of `Unrolled`."""
        return self.hs

    @cached_property
    def pre(self) -> Array:
        """As of `Unrolled`."""
        return read_only(self.cell.weights().apply(self.hs[:-1], self.xs))

    def heard(self, start: int, stop: int) -> list[Array]:
        """Return what some steps were the product of, one row for each step and sequence."""
        parts = [self.rows] if self.wide is None else [self.rows, self.wide]
        return [part[start:stop].reshape(-1, part.shape[-1]) for part in parts]


def all_weights(cell: Any) -> Array:
    """Return [W_hh, b_h, W_xh], which multiplies a row."""
    return np.concatenate([cell.W_hh, cell.b_h[:, None], cell.W_xh], axis=1)


def rows_of(xs: Array, h0: Array, weights: Array) -> tuple[Array, Array | None, Array]:
    """Return `rows` and `wide` of a run that is to be, and the weights in its precision.

    In place are h_0, the ones and the inputs.
    """
    (T, B, I), H = xs.shape, h0.shape[-1]  # noqa: E741
    apart = frozen(xs) if I > 2 * H else None
    columns = weights.shape[1] if apart is None else H + 1
    rows = np.empty((T + 1, B, columns), np.result_type(xs, h0, weights))
    rows[0, :, :H], rows[..., H] = h0, 1
    if apart is None:
        rows[:-1, :, H + 1 :] = xs
    return rows, apart, weights.astype(rows.dtype, copy=False)


def product_into(
    gates: Array, rows: Array, wide: Array | None, weights: Array
) -> tuple[Multiply, Array, Array]:
    """Return how to multiply a row: ``multiply(row, factor, out=out)`` for each out of a run.

    Parameters
    ----------
    gates : ndarray, shape (T, G, B, H)
        Where the total inputs go.
    rows, wide : ndarray
        As of `Kept`.
    weights : ndarray, shape (G · H, H + 1 + I)
    """
    T, G, B, H = gates.shape
    multiply: Multiply = np.matmul
    outs, used = gates, weights[:, : rows.shape[-1]]
    if B == 1:  # its gates lie one behind the other, as the columns of one product do
        multiply, outs, factor = np.dot, gates.reshape(T, 1, G * H), used.T
    else:
        factor = used.reshape(G, H, -1).swapaxes(1, 2)
    factor = np.ascontiguousarray(factor)
    if wide is None:
        return multiply, factor, outs
    project(wide, weights[:, H + 1 :], gates)
    product = np.empty(outs.shape[1:], outs.dtype)

    def add(row: Array, factor: Array, out: Array) -> None:
        multiply(row, factor, out=product)
        np.add(out, product, out=out)

    return add, factor, outs


def project(xs: Array, W_xh: Array, gates: Array, b: Array | None = None) -> None:
    """Write what the inputs contribute to all steps, and a bias, into `gates`."""
    _, G, B, H = gates.shape
    factor = np.ascontiguousarray(W_xh.T)
    for start, stop in chunks_of_time(gates, xs):
        flat = xs[start:stop].reshape(-1, xs.shape[-1]) @ factor
        if b is not None:
            flat += b
        gates[start:stop] = flat.reshape(-1, B, G, H).swapaxes(1, 2)


def asked_for(
    run: Kept, ds: int, dtype: Any, inputs: bool, deltas: bool
) -> tuple[Array | None, Array | None]:
    """Return room for ∂L/∂x_t and for δ_t, of which a step has `ds`, as far as they are wanted."""
    T, B, size_in = run.xs.shape
    dxs = np.empty((T, B, size_in), dtype) if inputs else None
    return dxs, np.empty((T, B, ds), dtype) if deltas else None


class Sum:
    """A sum of products over chunks of time, rowsᵀ δ: the gradient of a transposed matrix."""

    def __init__(self) -> None:
        self.parts: list[Array] = []
        self.products: list[Any] = []

    def add(self, ds: Array, *rows: Array) -> None:
        """Add the products of what some steps heard, one part or two, with their δ."""
        if not self.parts:
            self.parts = [part.T @ ds for part in rows]
            self.products = [None for _ in rows]
            return
        for k, part in enumerate(rows):
            self.products[k] = np.matmul(part.T, ds, out=self.products[k])
            self.parts[k] += self.products[k]

    @property
    def total(self) -> Array:
        """The sum, the parts one below the other."""
        return self.parts[0] if len(self.parts) == 1 else np.concatenate(self.parts)


def chunks_of_time(*arrays: Array) -> Iterator[tuple[int, int]]:
    """Yield (start, stop) that cut T steps into chunks of about `WORKING_SET` bytes.

    A chunk is written and read again before it leaves the cache, which is all that chunks are for:
    the numbers do not depend on them.

    Parameters
    ----------
    *arrays : ndarray
        What is touched, time first; the first one has T steps.
    """
    steps = arrays[0].shape[0]
    bytes_per_step = sum(array[0].nbytes for array in arrays)
    size = max(1, min(steps, WORKING_SET // bytes_per_step))
    for start in range(0, steps, size):
        yield start, min(start + size, steps)


def flush_denormals(a: Array) -> None:
    """Set what is about to underflow to zero in place.

    A vanishing gradient passes through the denormal numbers, on which a processor is many times
    slower. What is set to zero is far below the rounding error of any weight's gradient.
    """
    a[np.abs(a) < 1e8 * np.finfo(a.dtype).tiny] = 0
