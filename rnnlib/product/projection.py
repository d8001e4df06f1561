"""What of a gradient product an error can use: how far errors reach, and what of them adds up.

A large ‖P_{T,k}‖ says that *some* error would arrive large at step k. Descent needs more: that the
errors there are do, and that those of different sequences agree about what to change.
"""

from dataclasses import dataclass
from typing import Any

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
        g P_{T,k}, with g = ∂L/∂h_T of the sequence. T is the sequence's own: an error at a step
        after its end is still g.
    reach : float
        Root mean square length of these errors (of their moduli, if they are complex), relative to
        that of the g: at most the largest norm of a P_{T,k}.
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
    dh : ndarray, shape (B, H) or (B, state_size)
        ∂L/∂h_T, one row for each sequence; not all 0.
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
        If `run` is not of this cell, a shape does not fit, all errors are 0, a sign is not ±1, or
        the step is out of range.

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
    steps = len(run.xs)
    if check_size("step", step, minimum=0) > steps:
        raise ValueError(f"step: expected at most T = {steps}, got {step}")
    size = _root_mean_square(dh)
    if size == 0:
        raise ValueError("dh: expected errors that are not all 0")
    left = np.full(len(dh), steps - step) if run.lengths is None else run.lengths - step
    errors = np.zeros(run.states.shape[1:], np.result_type(run.states, dh))
    errors[:, : dh.shape[1]] = dh
    if left.max() > 0:
        after = unroll(cell, run.xs[step:], run.states[step], lengths=np.maximum(left, 1))
        back = bptt(cell, after, dh, inputs=False).h0  # eq-projected-error
        errors = np.where(left[:, None] > 0, back, errors)
    reach = _root_mean_square(errors) / size  # eq-reach eq-reach-bound
    signal = np.linalg.norm((signs[:, None] * errors).mean(axis=0)) / size  # eq-signal
    return ErrorProjection(errors, float(reach), float(signal))


def _root_mean_square(errors: Array) -> Any:
    """Return the root of the mean over sequences of |error|², of complex errors their modulus."""
    return np.sqrt((np.abs(errors) ** 2).sum(axis=-1).mean())
