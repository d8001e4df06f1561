"""Backpropagation through time: one function for any cell, the mirror image of `unroll`."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from rnnlib import tree
from rnnlib._validate import Array, check_array, check_precision, check_size
from rnnlib.cell import Cell, pull_through
from rnnlib.unrolling import Unrolled, chunks_of_time

FLUSH_EVERY = 8
"""After how many steps back denormal numbers are looked for and set to zero."""


@dataclass(frozen=True, eq=False)
class Gradients:
    """The gradients of a loss L with respect to everything a network was given.

    Attributes
    ----------
    cell : Cell
        ∂L/∂W for every weight and bias: a record of the cell's own type.
    h0 : ndarray, shape (B, state_size)
        ∂L/∂h_0.
    xs : ndarray, shape (T, B, input_size), or None
        ∂L/∂x_t, unless left out.
    deltas : ndarray, shape (T, B, columns of s), or None
        δ_t = ∂L/∂s_t, if asked for.
    """

    cell: Any
    h0: Array
    xs: Array | None
    deltas: Array | None


def bptt(
    cell: Cell,
    run: Unrolled,
    dhs: Array,
    *,
    window: int | None = None,
    inputs: bool = True,
    deltas: bool = False,
) -> Gradients:
    """Pull the gradient of a loss back through every step of a run.

    Parameters
    ----------
    cell : Cell
        The cell that was unrolled.
    run : Unrolled
        What `unroll` returned.
    dhs : ndarray, shape (T, B, H) or (B, H)
        The *immediate* derivative of the loss with respect to each h_t, as the readout gives it
        (``dhs[t - 1]`` for h_t); with two axes, of a loss on the last state only. The last axis may
        also have state_size columns, for a loss that sees the whole state.
    window : int, optional
        Cut time into chunks of this many steps and let no gradient pass from one to the one before
        (truncated BPTT); by default none is cut.
    inputs, deltas : bool
        Whether to return ∂L/∂x_t and δ_t.

    Returns
    -------
    Gradients

    Raises
    ------
    ValueError, TypeError
        If `run` is not of this cell, a shape does not fit, an entry is not a finite number, the
        precisions differ, or `window` is not an integer >= 1.

    References
    ----------
    Goodfellow, Bengio & Courville (2016), Deep Learning, section 10.2.2; truncation: Williams &
    Peng (1990), Neural Computation 2, 490-501.

    Examples
    --------
    >>> from rnnlib import ElmanCell, unroll
    >>> cell = ElmanCell([[2.0]], [[1.0]], [0.0], activation="identity")
    >>> run = unroll(cell, np.ones((10, 1, 1)))
    >>> bptt(cell, run, dhs=np.ones((1, 1))).h0  # 2^10
    array([[1024.]])
    """
    dhs = check_dhs(cell, run, dhs)
    window = run.pre.shape[0] if window is None else check_size("window", window)
    weights, H = cell.weights(), cell.hidden_size
    dtype = np.result_type(run.pre, dhs)
    dxs = np.empty(run.xs.shape, dtype) if inputs else None
    all_ds = np.empty(run.pre.shape, dtype) if deltas else None
    dW = tree.map_leaves(lambda array: np.zeros(array.shape, dtype), weights)

    dh = np.zeros(run.states.shape[1:], dtype)
    columns = dhs.shape[-1]
    for start, stop in reversed(list(chunks_of_time(run.pre, run.states, run.pre))):
        h_prev, xs = run.states[start:stop], run.xs[start:stop]
        slopes = cell.slopes(h_prev, run.pre[start:stop], run.states[start + 1 : stop + 1])
        ds = np.empty(run.pre[start:stop].shape, dtype) if all_ds is None else all_ds[start:stop]
        for t in range(stop, start, -1):
            if t % window == 0:
                dh = np.zeros_like(dh)  # h_t begins the next chunk: nothing comes back from there
            elif t % FLUSH_EVERY == 0:
                flush_denormals(dh)
            # Two sources meet at h_t: its own loss, and everything later.
            dh[:, :columns] += dhs[t - 1]  # eq-two-sources
            k = t - 1 - start
            ds[k], dh_prev = pull_through(cell, weights, dh, [slope[k] for slope in slopes])
            if run.lengths is not None:
                over = (run.lengths < t)[:, None]  # the state was carried on as it was
                ds[k] *= ~over
                np.copyto(dh_prev, dh, where=over)
            dh = dh_prev
        # The same weights act at every step, so their gradient is a sum over time.
        summed = weights.gradient(h_prev[..., :H], xs, ds)  # eq-copies
        dW = tree.map_leaves(np.add, dW, summed)
        if dxs is not None:
            dxs[start:stop] = weights.pull_to_x(ds)
    return Gradients(cell.from_weights(dW), dh, dxs, all_ds)  # eq-gradient-inputs


def check_dhs(cell: Cell, run: Unrolled, dhs: Any) -> Array:
    """Return `dhs` with a time axis, after checking that it and `run` belong to `cell`."""
    if not isinstance(run, Unrolled):
        raise TypeError(f"run: expected what unroll returns, got {type(run).__name__}")
    steps, batch = run.pre.shape[:2]
    if run.states.shape[-1] != cell.state_size or run.hidden_size != cell.hidden_size:
        raise ValueError(
            f"run: expected states of {cell.state_size} numbers, as the cell's, "
            f"got {run.states.shape[-1]}"
        )
    dhs = check_array("dhs", dhs)
    check_precision(run=run.pre, dhs=dhs)
    for columns in (cell.hidden_size, cell.state_size):
        if dhs.shape == (steps, batch, columns):
            return dhs
        if dhs.shape == (batch, columns):
            last_only = np.zeros((steps, batch, columns), dhs.dtype)
            last_only[-1] = dhs
            return last_only
    expected = (steps, batch, cell.hidden_size)
    raise ValueError(f"dhs: expected shape {expected} or {expected[1:]}, got {dhs.shape}")


def flush_denormals(a: Array) -> None:
    """Set what is about to underflow to zero, in place.

    A vanishing gradient passes through the denormal numbers, on which a processor is many times
    slower. What is set to zero is far below the rounding error of any weight's gradient.
    """
    a[np.abs(a) < np.finfo(a.dtype).tiny * 1e8] = 0
