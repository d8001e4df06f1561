"""Time: one function that unrolls any cell over a sequence."""

from dataclasses import dataclass

import numpy as np

from rnnlib._validate import Array, check_array
from rnnlib.cells import ElmanCell


@dataclass(frozen=True, eq=False)
class Unrolled:
    """What a network did over T steps.

    Attributes
    ----------
    hs : ndarray, shape (T + 1, B, hidden_size)
        The states; ``hs[t]`` is h_t, so ``hs[0]`` is the initial state and ``hs[-1]`` is h_T.
    pre : ndarray, shape (T, B, hidden_size)
        The total inputs; ``pre[t - 1]`` is s_t (there is no s_0).
    """

    hs: Array
    pre: Array


def unroll(cell: ElmanCell, xs: Array, h0: Array | None = None) -> Unrolled:
    """Apply the same cell at every step: h_t = F(h_{t-1}, x_t) for t = 1 … T.

    Parameters
    ----------
    cell : ElmanCell
        The function F and its weights.
    xs : ndarray, shape (T, B, input_size)
        The inputs, time first; ``xs[t - 1]`` is x_t.
    h0 : ndarray, shape (B, hidden_size), optional
        The initial state; zeros if left out.

    Returns
    -------
    Unrolled
        All states and all total inputs.

    Raises
    ------
    ValueError, TypeError
        If a shape does not fit, the sequence is empty, or an entry is not a finite number.

    Examples
    --------
    >>> cell = ElmanCell.random(2, 3, np.random.default_rng(0))
    >>> run = unroll(cell, np.ones((5, 1, 2)))
    >>> run.hs.shape, run.pre.shape
    ((6, 1, 3), (5, 1, 3))
    """
    xs = check_array("xs", xs, ("T", "B", cell.input_size))
    steps, batch = xs.shape[:2]
    if h0 is None:
        h0 = np.zeros((batch, cell.hidden_size), dtype=xs.dtype)
    h0 = check_array("h0", h0, (batch, cell.hidden_size))

    # What the inputs contribute needs no state: one matrix product for all steps, before the loop.
    pre = cell.project_input(xs).astype(np.result_type(xs, h0, cell.W_hh), copy=False)
    hs = np.empty((steps + 1, *h0.shape), dtype=pre.dtype)
    hs[0] = h0
    W_hh_T = np.ascontiguousarray(cell.W_hh.T)
    for t in range(1, steps + 1):
        pre[t - 1] += hs[t - 1] @ W_hh_T
        hs[t] = cell.activation(pre[t - 1])  # eq-unrolled eq-linear-memory
    return Unrolled(hs=hs, pre=pre)
