"""Time: one function that unrolls any cell over a sequence."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from rnnlib._validate import Array, check_array, check_precision
from rnnlib.cell import Cell

WORKING_SET = 2 * 1024 * 1024
"""Bytes of one chunk of time, so that what a chunk writes is still in the cache when it is read."""


@dataclass(frozen=True, eq=False)
class Unrolled:
    """What a network did over T steps.

    Attributes
    ----------
    states : ndarray, shape (T + 1, B, state_size)
        ``states[t]`` is the state after step t, so ``states[0]`` is the initial one.
    pre : ndarray, shape (T, B, columns of s)
        The total inputs; ``pre[t - 1]`` is s_t (there is no s_0).
    xs : ndarray, shape (T, B, input_size)
        The inputs.
    hidden_size : int
    lengths : ndarray of int, shape (B,), or None
        After its length a sequence's state stays as it is.
    """

    states: Array
    pre: Array
    xs: Array
    hidden_size: int
    lengths: Array | None = None

    @property
    def hs(self) -> Array:
        """The hidden states, shape (T + 1, B, hidden_size): ``hs[t]`` is h_t, ``hs[-1]`` is h_T."""
        return self.states[..., : self.hidden_size]

    @property
    def cs(self) -> Array:
        """What the state holds beside h, shape (T + 1, B, state_size − H): c_t of an LSTM."""
        return self.states[..., self.hidden_size :]


def unroll(
    cell: Cell, xs: Array, h0: Array | None = None, *, lengths: Array | None = None
) -> Unrolled:
    """Apply the same cell at every step: h_t = F(h_{t-1}, x_t) for t = 1 … T.

    Parameters
    ----------
    cell : Cell
        The function F and its weights.
    xs : ndarray, shape (T, B, input_size)
        The inputs, time first; ``xs[t - 1]`` is x_t.
    h0 : ndarray, shape (B, state_size), optional
        The initial state; zeros if left out.
    lengths : ndarray of int, shape (B,), optional
        How many steps of each sequence count. Afterwards its state is carried on unchanged, so
        that ``hs[-1]`` holds the last real state of every sequence.

    Returns
    -------
    Unrolled
        All states and all total inputs.

    Raises
    ------
    ValueError, TypeError
        If a shape does not fit, the sequence is empty, an entry is not a finite number, a length is
        not an integer in 1 … T, or the arrays differ in precision from the cell's.

    Examples
    --------
    >>> from rnnlib import ElmanCell
    >>> cell = ElmanCell.random(2, 3, np.random.default_rng(0))
    >>> run = unroll(cell, np.ones((5, 1, 2)))
    >>> run.hs.shape, run.pre.shape
    ((6, 1, 3), (5, 1, 3))
    """
    xs = check_array("xs", xs, ("T", "B", cell.input_size))
    steps, batch = xs.shape[:2]
    if h0 is None:
        h0 = np.zeros((batch, cell.state_size), dtype=xs.dtype)
    h0 = check_array("h0", h0, (batch, cell.state_size))
    check_precision(cell=cell.W_xh, xs=xs, h0=h0)
    lengths = check_lengths(lengths, steps, batch)

    weights, H = cell.weights(), cell.hidden_size
    pre = np.empty((steps, batch, weights.b.size), np.result_type(xs, h0, weights.W_hh, weights.b))
    states = np.empty((steps + 1, *h0.shape), dtype=pre.dtype)
    states[0] = h0
    hs = states[..., :H]
    for start, stop in chunks_of_time(pre, states):
        # What the inputs contribute needs no state: one matrix product for many steps.
        weights.project(xs[start:stop], out=pre[start:stop])
        for t in range(start + 1, stop + 1):
            s = weights.add_recurrent(hs[t - 1], out=pre[t - 1])
            states[t] = cell.transition(states[t - 1], s)  # eq-unrolled eq-linear-memory
            if lengths is not None:
                np.copyto(states[t], states[t - 1], where=(lengths < t)[:, None])
    return Unrolled(states, pre, xs, H, lengths)


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


def check_lengths(lengths: Any, steps: int, batch: int) -> Array | None:
    """Return `lengths` as integers of shape (B,), each in 1 … T; None stays None."""
    if lengths is None:
        return None
    array = np.asarray(lengths)
    if array.dtype.kind not in "iu":
        raise TypeError(f"lengths: expected integers, got dtype {array.dtype}")
    if array.shape != (batch,):
        raise ValueError(f"lengths: expected shape {(batch,)}, got {array.shape}")
    if array.min() < 1 or array.max() > steps:
        raise ValueError(f"lengths: expected 1..{steps}, got {array.min()}..{array.max()}")
    return array
