"""Rows [h_{t-1}, 1, x_t] of a whole run: one product with all weights makes a step's total inputs.

What the kernels share. The numbers of one gate lie together, as (gates, B, H): elementwise work on
memory in one piece takes half the time. On the way back a row holds all gates, as W_hh takes them.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from rnnlib._validate import Array

Multiply = Callable[..., Any]

WORKING_SET = 2 * 1024 * 1024
"""Bytes of one chunk of time, so that what a chunk writes is still in the cache when it is read."""

FLUSH_EVERY = 8
"""After how many steps back denormal numbers are looked for and set to zero."""


def rows_of(xs: Array, h0: Array, weights: Array) -> Array:
    """Return room for all rows, shape (T + 1, B, H + 1 + I), with h_0 and all inputs in place."""
    (T, B, _), H = xs.shape, h0.shape[-1]
    rows = np.empty((T + 1, B, weights.shape[1]), np.result_type(xs, h0, weights))
    rows[0, :, :H], rows[..., H], rows[:-1, :, H + 1 :], rows[-1, :, H + 1 :] = h0, 1, xs, 0
    return rows


def product_into(gates: Array, rows: Array, weights: Array) -> tuple[Multiply, Array, Array]:
    """Return how to multiply a row: ``multiply(row, factor, out=out)`` for each out of a run.

    Parameters
    ----------
    gates : ndarray, shape (T, G, B, H)
        Where the total inputs go.
    rows : ndarray, shape (T + 1, B, H + 1 + I)
    weights : ndarray, shape (G · H, H + 1 + I)
    """
    T, G, B, H = gates.shape
    if B == 1:  # its gates lie one behind the other, as the columns of one product do
        return np.dot, np.ascontiguousarray(weights.T), gates.reshape(T, 1, G * H)
    by_gate = weights.reshape(G, H, -1).swapaxes(1, 2)
    if not wide(rows, H):
        return np.matmul, np.ascontiguousarray(by_gate), gates
    # What wide inputs contribute, such as words, takes less time as one product for many steps.
    project(rows, weights[:, H + 1 :], gates)
    product = np.empty(gates.shape[1:], gates.dtype)

    def add(row: Array, factor: Array, out: Array) -> None:
        np.matmul(row[:, : H + 1], factor, out=product)
        np.add(out, product, out=out)

    return add, np.ascontiguousarray(by_gate[:, : H + 1]), gates


def wide(rows: Array, H: int) -> bool:
    """Return whether there are so many inputs that they are worth a product of their own."""
    return bool(rows.shape[-1] - H - 1 > 2 * H)


def project(rows: Array, weights: Array, gates: Array) -> None:
    """Write what the last columns of all rows contribute into `gates`."""
    _, G, B, H = gates.shape
    K, first = rows.shape[-1], rows.shape[-1] - weights.shape[1]
    factor = np.ascontiguousarray(weights.T)
    for start, stop in chunks_of_time(gates, rows):
        flat = rows[start:stop].reshape(-1, K)[:, first:] @ factor
        gates[start:stop] = flat.reshape(-1, B, G, H).swapaxes(1, 2)


class Sum:
    """A sum of products over chunks of time, rowsᵀ δ: the gradient of a transposed matrix."""

    def __init__(self) -> None:
        self.total: Any = None
        self.product: Any = None

    def add(self, rows: Array, ds: Array) -> None:
        """Add the product of what some steps heard with their δ, both with one row for each."""
        if self.total is None:
            self.total = rows.T @ ds
        else:
            self.product = np.matmul(rows.T, ds, out=self.product)
            self.total += self.product


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
