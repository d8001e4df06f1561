"""What of a gradient product an error can use: how far errors reach, and what of them adds up.

A large ‖P_{T,k}‖ says that *some* error would arrive large at step k. Descent needs more: that the
errors there are do, and that those of different sequences agree about what to change.
"""

from dataclasses import dataclass

import numpy as np

from rnnlib._validate import Array, check_array, check_size
from rnnlib.cells.cell import Cell
from rnnlib.time.backpropagation import bptt, check_dhs
from rnnlib.time.unrolling import Unrolled, unroll


@dataclass(frozen=True, eq=False)
class ErrorProjection:
    """The errors of a batch, carried back from the last step to an earlier one.

    Attributes
    ----------
    errors : ndarray, shape (B, state_size)
        g P_{T,k}, with g = ∂L/∂h_T of the sequence.
    reach : float
        Root mean square length of these errors, relative to that of the g: at most the largest
        norm of a P_{T,k}.
    signal : float
        Length of their signed mean, relative to the same: at most `reach`, and about reach/√B for
        errors that have nothing in common.
    """

    errors: Array
    reach: float
    signal: float


def error_projection(
    cell: Cell, run: Unrolled, dh: Array, signs: Array, *, step: int = 1
) -> ErrorProjection:
    """Carry the errors of a batch back to one step, and see what is left of them.

    Parameters
    ----------
    cell : Cell
    run : Unrolled
        What `unroll` returned.
    dh : ndarray, shape (B, H)
        ∂L/∂h_T, one row for each sequence.
    signs : ndarray, shape (B,)
        Which of two classes a sequence is of, +1 or −1: what the weights should learn to tell.
    step : int
        k, from 0 to T.

    Returns
    -------
    ErrorProjection

    Raises
    ------
    ValueError, TypeError
        If `run` is not of this cell or has lengths, a shape does not fit, a sign is not ±1, or the
        step is out of range.

    Examples
    --------
    >>> from rnnlib import ElmanCell, unroll
    >>> cell = ElmanCell([[0.5]], [[1.0]], [0.0], activation="identity")
    >>> run = unroll(cell, np.ones((3, 2, 1)))
    >>> found = error_projection(cell, run, dh=[[1.0], [1.0]], signs=[1, -1])  # they cancel
    >>> found.reach, found.signal
    (0.25, 0.0)
    """
    dh = check_dhs(cell, run, dh)[-1]
    signs = check_array("signs", signs, (dh.shape[0],))
    if not np.isin(signs, (-1, 1)).all():
        raise ValueError(f"signs: expected +1 or -1, got {signs[~np.isin(signs, (-1, 1))][0]}")
    if run.lengths is not None:
        raise ValueError("run: expected sequences of one length, got a run with lengths")
    if check_size("step", step, minimum=0) > run.xs.shape[0]:
        raise ValueError(f"step: expected at most T = {run.xs.shape[0]}, got {step}")
    errors = dh
    if step < len(run.xs):
        after = unroll(cell, run.xs[step:], run.states[step])
        errors = bptt(cell, after, dh, inputs=False).h0  # eq-projected-error
    size = np.sqrt((dh**2).sum(axis=-1).mean())
    reach = np.sqrt((errors**2).sum(axis=-1).mean()) / size  # eq-reach eq-reach-bound
    signal = np.linalg.norm((signs[:, None] * errors).mean(axis=0)) / size  # eq-signal
    return ErrorProjection(errors, float(reach), float(signal))
